"""Whether a port can be listened on, told in one line before a server is started."""

import errno
import socket

from provider.cli.output import Failed


def require_free_port(host: str, port: int, option: str) -> None:
    """Raise Failed where somebody listens there already, or nobody may."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        reason = (
            "is in use"
            if error.errno == errno.EADDRINUSE
            else f"can not be used ({error.strerror})"
        )
        raise Failed(f"port {port} on {host} {reason}. Choose another with {option}.") from None

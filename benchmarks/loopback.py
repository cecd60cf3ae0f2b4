"""Where a provider under load listens on this machine, and whether it answers there yet."""

import socket
import urllib.error
import urllib.request


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Return whether `url` answers with status 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - http on loopback
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False

"""Serves one of the two applications on a production WSGI server until it is told to stop."""

import sys
from collections.abc import Callable

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from client_demo.settings import SettingsError, listening_address


def serve(module: str, own_address: Callable[[], str]) -> None:
    """Serve `module`'s `create_from_environment` where its settings say it is reached."""
    try:
        address, port = listening_address(own_address())
    except SettingsError as error:
        sys.exit(f"{module} cannot start: {error}")
    Server(
        f"{module}:create_from_environment",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=4,
        log_level=LogLevels.warning,
    ).serve()

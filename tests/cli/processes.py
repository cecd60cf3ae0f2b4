"""What tests of the command line share: asking a server, and looking whether one is there."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing

from click.testing import Result

Signet = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]


def fetch(url: str, within: float = 20.0) -> bytes:
    """Return what a URL answers, as soon as it does."""
    deadline = time.monotonic() + within
    while True:
        try:
            with closing(urllib.request.urlopen(url, timeout=5)) as response:  # noqa: S310
                return bytes(response.read())
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""Descriptors of a worker of `signet serve`: each connection is one, files and the database need
some. A worker that has none left accepts nobody, yet the kernel goes on giving it a share of new
connections, which would wait for as long as others stay idle. So the limit is raised as far as it
may be, and a worker that stays without makes way for a new one: what it is answering it answers,
whoever waits is refused at once and asks again, and the other workers serve on."""

import errno
import os
import signal
import sys
import threading
import time

from provider.context import log

EVERY = 0.5
"""Seconds between two looks."""

PATIENCE = 3
"""Looks in a row that find none, until the worker makes way."""

GRACE = 1.5
"""Seconds for what is being answered. A stop alone would wait for connections that are idle."""


def raise_limit() -> None:
    """Let this process and its workers have as many as the system allows it."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Watch(threading.Thread):
    """Looks whether the worker could open something, and ends it when it could not."""

    def __init__(self) -> None:
        super().__init__(name="descriptors", daemon=True)

    def run(self) -> None:
        """Look until there is none."""
        missed = 0
        while missed < PATIENCE:
            time.sleep(EVERY)
            missed = 0 if _is_one_left() else missed + 1
        log.error("out_of_descriptors", reason="this worker makes way for a new one")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)


def _is_one_left() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno not in (errno.EMFILE, errno.ENFILE)
    return True

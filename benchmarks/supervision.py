"""Programs that end with the benchmark, however it ends. A shell keeps watch through a pipe:
when the pipe closes, even by SIGKILL, the program is stopped and its folder removed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import processor

START_WITHIN = 30.0
_BEGUN_WITHIN = 2.0
_STOP_WITHIN = 25.0

_WATCH = """
folder=$1 signal=$2; shift 2
trap '' INT TERM HUP
( trap - INT TERM HUP; exec "$@" ) >"$folder/log" 2>&1 </dev/null &
program=$!
read -r _
kill -s "$signal" "$program" 2>/dev/null
( sleep 15; kill -s KILL "$program" 2>/dev/null ) >/dev/null 2>&1 &
wait "$program"
cd /
rm -rf "$folder"
kill -s KILL 0
"""
# The last line ends what the program left behind in its process group, and the shell with it: a
# server that is stopped while it starts can leave a worker.


class DidNotStart(Exception):
    """A program ended or stayed silent; the text is the end of its log."""


class Supervised:
    """A program that runs in a folder of its own."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.folder = folder
        self._pid = pid

    def pids(self) -> set[int]:
        """Return the processes of the program."""
        return processor.tree(self._pid) - {self._pid}

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until the program is ready. Raises DidNotStart."""
        began = time.monotonic()
        deadline = began + START_WITHIN
        time.sleep(0.02)
        while not ready():
            has_ended = time.monotonic() > began + _BEGUN_WITHIN and not self.pids()
            if has_ended or time.monotonic() > deadline:
                log = self.folder / "log"
                said = log.read_text(errors="replace") if log.exists() else ""
                raise DidNotStart(said[-2000:].strip() or "without a word")
            time.sleep(0.02)


@contextmanager
def folder(prefix: str, account: pwd.struct_passwd | None = None) -> Iterator[Path]:
    """Make a folder, of another account where one is given; it goes with the block."""
    path = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        if account is not None:
            os.chown(path, account.pw_uid, account.pw_gid)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def supervised(
    command: Sequence[str],
    home: Path,
    *,
    signal: str = "TERM",
    environment: Mapping[str, str] | None = None,
    account: pwd.struct_passwd | None = None,
) -> Iterator[Supervised]:
    """Run a program for the length of the block; `signal` is how it is asked to stop."""
    watch = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "watch", str(home), signal, *command],
        stdin=subprocess.PIPE,
        cwd=home,
        env=environment,
        start_new_session=True,
        **identity(account),
    )
    try:
        yield Supervised(home, watch.pid)
    finally:
        try:
            watch.communicate(timeout=_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            watch.kill()
            watch.wait()


def identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return what makes a subprocess run as this account."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

"""The command `signet`; what it can do is in `commands`. It needs what the extra `server` brings;
where only the kit for APIs is installed, it says so. Exit codes: 0 done, 1 failed, 2 called
wrongly, 3 settings refused; what went wrong is said in one line each on standard error, never
as a traceback of ours."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def main() -> None:
    """Run the command line. Files it makes are for their owner only."""
    os.umask(0o077)
    try:
        with without_collecting():
            from provider.cli.commands import cli
    except ModuleNotFoundError as error:
        sys.exit(what_to_install(error))
    cli(prog_name="signet")


@contextmanager
def without_collecting() -> Iterator[None]:
    """While something is imported or built that stays, look for no garbage in it: that would be
    a tenth of the time it takes."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def what_to_install(error: ModuleNotFoundError) -> str:
    """Return what to tell people where a package is missing."""
    return (
        f"signet: this command runs the provider, and the package {error.name} is not installed. "
        "Install what it needs: pip install 'signet[server]'"
    )

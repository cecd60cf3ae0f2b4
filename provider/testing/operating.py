"""What a test does as an operator would: one transaction, one `now`, and the same audit trail."""

from collections.abc import Iterator
from contextlib import contextmanager

from provider.context import Context, Provider
from provider.http import Request

ADDRESS = "test"
"""Where the audit trail says that it came from."""


@contextmanager
def operating(provider: Provider, address: str = ADDRESS) -> Iterator[Context]:
    """Open a context; the work is kept if the block ends well."""
    ctx = provider.open(Request(method="", path="", address=address))
    try:
        yield ctx
        ctx.keep()
    finally:
        ctx.work.close()

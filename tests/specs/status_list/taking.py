"""Taking places as requests do, kept or undone."""

from collections.abc import Iterator
from contextlib import contextmanager

from provider.context import Context, Provider
from provider.credentials import token_status
from provider.http import Request
from provider.model.status import StatusPlace


@contextmanager
def request(provider: Provider) -> Iterator[Context]:
    ctx = provider.open(Request(method="", path=""))
    try:
        yield ctx
    finally:
        ctx.work.close()


def take(provider: Provider, *, keeps: bool = True) -> StatusPlace:
    with request(provider) as ctx:
        place = token_status.new_place(ctx)
        if keeps:
            ctx.keep()
        else:
            ctx.undo()
    return place

"""Tells somebody of each statement as it runs. Used by `tracing` where that is on."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from provider.store.unit_of_work import Engine

Ended = Callable[[], None]
Begun = Callable[[str], Ended]


def listen(engine: Engine, begun: Begun) -> None:
    """Call `begun` with the first words of each statement, never with its values; what it
    returns is called when the statement has ended, well or not."""

    def before(
        _connection: Any, _cursor: Any, statement: str, _values: Any, ctx: Any, _m: Any
    ) -> None:
        ctx.signet_ended = begun(" ".join(statement.split(None, 3)[:3]))

    def after(
        _connection: Any, _cursor: Any, _statement: str, _values: Any, ctx: Any, _m: Any
    ) -> None:
        ctx.signet_ended()

    def failed(context: Any) -> None:
        if (ended := getattr(context.execution_context, "signet_ended", None)) is not None:
            ended()

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    sa.event.listen(engine, "handle_error", failed)

"""A connection to PostgreSQL that waits for no answer longer than a request may. psycopg and libpq
wait without an end, and a server that was stopped, or whose line is swallowed, says nothing and
closes nothing. Who waited too long is left without the connection, because nobody knows what it
would say next. Choice: nothing is ever cancelled. A closed connection undoes what it had begun;
and a COMMIT that was sent may be kept by now and wait for a standby alone, where cancelling it
would leave it to be seen and lost later."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import generators, waiting
from psycopg.pq import TransactionStatus

from provider.patience import CONCLUSION, PATIENCE, for_an_answer

SILENCE: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
}
"""After how long a line counts as dead, in libpq's words: seconds to connect to one host, seconds
of silence until it is asked for a sign of life, how often, and milliseconds for what was sent."""

_INTERVAL = 0.1
"""Seconds after which psycopg looks whether the process was interrupted."""


class PatientConnection(psycopg.Connection[Any]):
    """`usual`: seconds for an answer, where no request says what is left."""

    usual = PATIENCE
    _least = 0.0

    def wait(self, gen: Any, interval: float = _INTERVAL, timeout: float | None = None) -> Any:
        """Run a generator of psycopg's to its end. Raises OperationalError where it takes too
        long, and before anything is sent where nothing is left to wait."""
        seconds = self._left() if timeout is None else min(timeout, self._left())
        try:
            self.require_time()
            return waiting.wait(gen, self.pgconn.socket, interval=interval, timeout=seconds)
        except BaseException as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.close()
            if isinstance(error, psycopg.OperationalError):
                message = "the database did not answer in time"
                raise psycopg.OperationalError(message) from error
            raise

    def answer(self) -> Any:
        """Return the result of what was sent by libpq. Raises OperationalError."""
        return self.wait(generators.execute(self.pgconn))[-1]

    def require_time(self) -> None:
        """Raise OperationalError where nothing is left to wait, so that nothing is sent."""
        if not self._left():
            raise psycopg.OperationalError("the request waited too long")

    def _left(self) -> float:
        return max(self._least, for_an_answer(self.usual))

    def commit(self) -> None:
        """Keep what was done."""
        self.conclude(super().commit)

    def rollback(self) -> None:
        """Undo what was done."""
        self.conclude(super().rollback)

    def conclude(self, end: Any) -> Any:
        """End a transaction. It has some time for that even where nothing else is left."""
        self._least = CONCLUSION
        try:
            return end()
        finally:
            self._least = 0.0


def unless_given(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a URL with this query does not say about silence."""
    return {name: limit for name, limit in SILENCE.items() if name not in query}


def connect(
    _dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any], *, usual: float
) -> PatientConnection:
    """Open a connection whose answers take as long as is `usual` (seconds), as SQLAlchemy asks."""
    made = PatientConnection.connect(*arguments, **named)
    made.usual = usual
    return made

"""What can be counted. This one counts nothing: the price of metrics that are off."""

from collections.abc import Iterable


class Metrics:
    """Counts nothing. Asked by `context` after the verdict, so that only what stayed counts."""

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count an answer, and how long it took."""

    def issued(self, grant: str, credentials: Iterable[str]) -> None:
        """Count credentials that were issued by a grant."""

    def refused(self, path: str, error: str, reason: str) -> None:
        """Count a refusal by its registered code, and by our reason where it has one."""

    def happened(self, event: str) -> None:
        """Count an event of the audit trail."""

    def told(self, outcome: str) -> None:
        """Count an attempt to tell a client of a logout: delivered, failed or given_up."""

    def removed(self, table: str, rows: int) -> None:
        """Count expired rows that housekeeping removed."""


NOTHING = Metrics()

"""The audiences as this process knows them, so that issuing a token reads no row for it: what
an operator changes holds in every process within a second."""

from collections.abc import Mapping

from provider.ambient import Clock
from provider.glance import Glance
from provider.keys.keyring import OpenTransaction
from provider.model.audience import Audience
from provider.store import audiences
from provider.store.unit_of_work import Transaction


class Audiences:
    """What each audience wants. Safe to use from several threads."""

    def __init__(self, transactions: OpenTransaction, clock: Clock) -> None:
        self._glance = Glance(transactions, clock, _read)

    def find(self, identifier: str) -> Audience | None:
        """Return the record of an audience, or None. Raises StorageUnavailable."""
        return self._glance.known().get(identifier)


def _read(
    tx: Transaction, _now: int, _before: Mapping[str, Audience] | None
) -> Mapping[str, Audience]:
    return {one.identifier: one for one in audiences.list_all(tx)}

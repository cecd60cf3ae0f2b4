"""What is not counted but looked up when somebody asks: the age of keys and what waits in
the database. A count ends at a bound, so that asking stays cheap however much waits; a
database that does not answer is a value as well."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from provider.context import Provider
from provider.keys import lifecycle
from provider.store import expiry, logout_deliveries
from provider.store.unit_of_work import StorageUnavailable, transaction

MOST = 10_000
"""Where counting what waits ends."""


class Gauges(Collector):
    """Asks one provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield what is true now."""
        now = self._provider.clock.now()
        try:
            with transaction(self._provider.engine, read_only=True) as tx:
                expired = expiry.waiting(tx, now=now, limit=MOST)
                untold = logout_deliveries.count_pending(tx, limit=MOST)
            found = [*self._keys(now), *_waiting(expired, untold)]
        except StorageUnavailable:
            found = []
        yield GaugeMetricFamily(
            "signet_database_up", "Whether the database answers.", value=1 if found else 0
        )
        yield from found

    def _keys(self, now: int) -> Iterator[GaugeMetricFamily]:
        ages = GaugeMetricFamily(
            "signet_key_age_seconds",
            "How long the key in use has been, by purpose and algorithm.",
            labels=["purpose", "alg"],
        )
        rows = [key.row for key in self._provider.keyring.snapshot(now).source]
        for purpose, alg in sorted({(row.purpose, row.alg) for row in rows}):
            used = lifecycle.chosen(lifecycle.family_of(rows, purpose, alg), now)
            if used is not None:
                ages.add_metric([purpose, alg], now - used.activates_at)
        yield ages


def _waiting(expired: dict[str, int], untold: int) -> Iterator[GaugeMetricFamily]:
    rows = GaugeMetricFamily(
        "signet_expired_rows",
        f"Expired rows that housekeeping has not removed yet, counted up to {MOST}.",
        labels=["table"],
    )
    for table, number in expired.items():
        rows.add_metric([table], number)
    yield rows
    yield GaugeMetricFamily(
        "signet_logout_deliveries_pending",
        f"Logouts that clients have still to be told of, counted up to {MOST}.",
        value=untold,
    )

"""Clients that a process keeps in memory: a change made anywhere is seen within a second."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from provider.model.client import Client
from provider.store import changes, clients
from provider.store.client_cache import ClientCache
from provider.store.schema import client as table
from provider.store.unit_of_work import Engine, Transaction, UnitOfWork, open_engine, transaction
from tests.store.arrange import NOW, a_secret, add_client

CHANGES: dict[str, Callable[[Transaction], object]] = {
    "disabled": lambda tx: clients.disable(tx, "app", NOW),
    "enabled": lambda tx: clients.enable(tx, "off"),
    "replaced": lambda tx: clients.replace(tx, Client(client_id="app", client_name="New"), NOW),
    "given a secret": lambda tx: clients.add_secret(tx, "app", a_secret("new")),
    "secrets ended": lambda tx: clients.expire_secrets(tx, "app", except_id="", expires_at=NOW),
    "removed": lambda tx: clients.remove(tx, "app", now=NOW),
}


class Process:
    """What one process has of its own: an engine and what it keeps of clients."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self.cache = ClientCache()

    def find(self, now: int, client_id: str = "app") -> Client | None:
        work = UnitOfWork(self.engine, read_only=False)
        try:
            return self.cache.find(work, client_id, now)
        finally:
            work.close()

    def known(self, now: int) -> list[Client | None]:
        return [self.find(now, client_id) for client_id in ("app", "off")]


@pytest.fixture
def processes(engine: Engine) -> Iterator[list[Process]]:
    url = engine.url.render_as_string(hide_password=False)
    found = [Process(url), Process(url)]
    with transaction(engine) as tx:
        add_client(tx, "app", secrets=(a_secret("first"),))
        add_client(tx, "off")
        clients.disable(tx, "off", NOW - 1)
    yield found
    for process in found:
        process.engine.dispose()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_at_once_here_and_within_a_second_elsewhere(
    processes: list[Process], change: str
) -> None:
    here, elsewhere = processes
    before = here.known(NOW)
    assert None not in before
    assert elsewhere.known(NOW) == before
    with transaction(here.engine) as tx:
        CHANGES[change](tx)
    after = here.known(NOW)
    assert after != before
    assert elsewhere.known(NOW + 1) == after


def test_a_client_is_read_once_while_nothing_changes(processes: list[Process]) -> None:
    run: list[str] = []
    here, _ = processes
    here.find(NOW)
    sa.event.listen(here.engine, "before_cursor_execute", lambda *about: run.append(about[2]))
    assert here.find(NOW) is here.find(NOW)
    assert run == []
    here.find(NOW + 1)
    assert len(run) == 1
    assert "change_count" in run[0]


def test_a_new_client_is_known_at_once_everywhere(processes: list[Process]) -> None:
    here, elsewhere = processes
    assert elsewhere.find(NOW, "new") is None
    with transaction(here.engine) as tx:
        add_client(tx, "new")
    assert elsewhere.find(NOW, "new") is not None


def test_a_change_that_is_undone_changes_nothing(processes: list[Process]) -> None:
    here, elsewhere = processes
    before = here.find(NOW)
    work = UnitOfWork(here.engine, read_only=False)
    clients.remove(work.tx, "app", now=NOW)
    work.close()
    assert here.find(NOW) == before
    assert elsewhere.find(NOW + 1) == before
    with transaction(here.engine) as tx:
        assert changes.count(tx, clients.CHANGES) == 1


def test_a_change_that_nobody_noted_is_seen_within_a_minute(processes: list[Process]) -> None:
    here, _ = processes
    before = here.known(NOW)
    with transaction(here.engine) as tx:
        tx.execute(sa.update(table).values(disabled_at=NOW))
    assert here.known(NOW + 59) == before
    assert [one and one.disabled_at for one in here.known(NOW + 60)] == [NOW, NOW]


def test_no_secret_is_kept_in_clear(processes: list[Process]) -> None:
    here, _ = processes
    client = here.find(NOW)
    assert client is not None
    (secret,) = client.secrets
    assert set(vars(secret)) == {"id", "digest", "sealed", "created_at", "expires_at"}
    assert secret.digest == a_secret("first").digest
    assert replace(secret, sealed=None) == secret

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from provider.store import seen_jtis
from provider.store.migration import migrate
from provider.store.unit_of_work import (
    Engine,
    StorageUnavailable,
    Transaction,
    UnitOfWork,
    open_engine,
    outages,
    transaction,
)
from tests.store.arrange import HOUR, NOW, digest
from tests.support import postgres as postgresql
from tests.support.postgres import PostgresServer

AT_ONCE = 0.02


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold the database as another process would."""
    with closing(sqlite3.connect(str(sa.make_url(url).database))) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.rollback()


@pytest.fixture
def impatient(sqlite_url: str) -> Iterator[Engine]:
    """An engine that hardly waits for a lock."""
    engine = open_engine(sqlite_url, patience=AT_ONCE)
    yield engine
    engine.dispose()


@pytest.fixture
def doomed_url(postgres: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database that the test may break."""
    url = postgres.create_database(migrate)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def doomed(doomed_url: str) -> Iterator[Engine]:
    """An engine of a PostgreSQL database that the test may break."""
    engine = open_engine(doomed_url)
    yield engine
    engine.dispose()


def _use(tx: Transaction, name: str = "jti") -> bool:
    return seen_jtis.use(tx, digest(name), NOW + HOUR)


def _cut(url: str) -> None:
    """End every connection to a database, as a restart of the server does."""
    address = sa.make_url(url)
    cutter = sa.create_engine(address.set(database="postgres"), poolclass=sa.NullPool)
    ask = sa.text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :n"
    )
    with cutter.connect() as connection:
        connection.execute(ask, {"n": address.database})


def _cut_within(engine: Engine, url: str, then: Callable[[Transaction], object]) -> None:
    with transaction(engine) as tx:
        _use(tx)
        _cut(url)
        then(tx)


def _begin_all(works: list[UnitOfWork]) -> None:
    for work in works:
        _ = work.tx


def test_a_locked_database_is_an_outage(impatient: Engine, sqlite_url: str) -> None:
    with locked(sqlite_url), pytest.raises(StorageUnavailable), transaction(impatient):
        pytest.fail("the transaction began")


def test_a_locked_database_still_answers_who_only_reads(
    impatient: Engine, sqlite_url: str
) -> None:
    with locked(sqlite_url), transaction(impatient, read_only=True) as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM seen_jti")).scalar_one() == 0


def test_a_reader_that_writes_into_a_locked_database_meets_an_outage(
    impatient: Engine, sqlite_url: str
) -> None:
    with (
        locked(sqlite_url),
        pytest.raises(StorageUnavailable),
        transaction(impatient, read_only=True) as tx,
    ):
        _use(tx)


def test_every_try_at_a_locked_database_is_an_outage_until_it_is_free(
    impatient: Engine, sqlite_url: str
) -> None:
    work = UnitOfWork(impatient, read_only=False)
    with locked(sqlite_url):
        for _ in range(3):
            with pytest.raises(StorageUnavailable):
                _ = work.tx
    assert _use(work.tx)
    work.commit()
    work.close()


def test_outages_use_up_no_connections(impatient: Engine, sqlite_url: str) -> None:
    with locked(sqlite_url):
        for _ in range(20):
            with pytest.raises(StorageUnavailable), transaction(impatient):
                pytest.fail("the transaction began")
    assert isinstance(impatient.pool, sa.QueuePool)
    assert impatient.pool.checkedout() == 0


def test_a_pool_without_a_free_connection_is_an_outage(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url, patience=AT_ONCE)
    works = [UnitOfWork(engine, read_only=True) for _ in range(100)]
    with pytest.raises(StorageUnavailable):
        _begin_all(works)
    for work in works:
        work.close()
    engine.dispose()


def test_a_database_file_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/missing/signet.db")
    with pytest.raises(StorageUnavailable), transaction(engine):
        pytest.fail("the transaction began")


@pytest.mark.spec("FT-12")
@pytest.mark.needs("proc")
def test_no_descriptor_for_a_connection_is_an_outage(database_url: str) -> None:
    engine = open_engine(database_url)
    with transaction(engine) as tx:
        assert _use(tx)
    engine.dispose()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 1, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for left in range(6):
            work = UnitOfWork(engine, read_only=False)
            with _descriptors_left(left), suppress(StorageUnavailable):
                _use(work.tx, f"with {left}")
            work.close()
    with transaction(engine) as tx:
        assert _use(tx, "when there are some again")
    engine.dispose()


@pytest.mark.spec("FT-12")
def test_want_of_memory_is_an_outage_and_not_a_bug() -> None:
    with pytest.raises(StorageUnavailable), outages():
        bytearray(1 << 60)


@contextmanager
def _descriptors_left(number: int) -> Iterator[None]:
    """Take up every descriptor but so many."""
    with ExitStack() as stack:
        taken = []
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        for one in taken[:number]:
            os.close(one)
        for one in taken[number:]:
            stack.callback(os.close, one)
        yield


def test_a_mistake_of_ours_is_not_an_outage(tx: Transaction) -> None:
    _use(tx)
    with pytest.raises(sa.exc.IntegrityError), outages(), tx.begin_nested():
        tx.execute(sa.text("INSERT INTO seen_jti SELECT * FROM seen_jti"))


def test_an_outage_names_what_happened_and_no_value(impatient: Engine, sqlite_url: str) -> None:
    with locked(sqlite_url), pytest.raises(StorageUnavailable) as raised, transaction(impatient):
        pytest.fail("the transaction began")
    assert str(raised.value) == "OperationalError"


def test_a_server_that_is_not_there_is_an_outage(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql+psycopg://signet@/signet?host={tmp_path}")
    with pytest.raises(StorageUnavailable), transaction(engine):
        pytest.fail("the transaction began")
    engine.dispose()


def test_a_connection_cut_within_a_transaction_is_an_outage(
    doomed: Engine, doomed_url: str
) -> None:
    with pytest.raises(StorageUnavailable):
        _cut_within(doomed, doomed_url, lambda tx: _use(tx, "another"))


def test_a_connection_cut_before_the_commit_is_an_outage_and_nothing_was_done(
    doomed: Engine, doomed_url: str
) -> None:
    with pytest.raises(StorageUnavailable):
        _cut_within(doomed, doomed_url, lambda tx: None)
    with transaction(doomed) as tx:
        assert _use(tx)


def test_a_verdict_is_not_lost_because_the_connection_was_cut(
    doomed: Engine, doomed_url: str
) -> None:
    def refuse(tx: Transaction) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        _cut_within(doomed, doomed_url, refuse)
    assert isinstance(doomed.pool, sa.QueuePool)
    assert doomed.pool.checkedout() == 0


def test_connections_cut_while_nobody_used_them_heal_by_themselves(
    doomed: Engine, doomed_url: str
) -> None:
    with transaction(doomed) as tx:
        assert _use(tx)
    _cut(doomed_url)
    with transaction(doomed) as tx:
        assert not _use(tx)


@pytest.mark.needs("postgresql")
def test_a_stopped_server_is_an_outage(tmp_path: Path) -> None:
    binaries = postgresql.find()
    assert binaries is not None
    with postgresql.cluster(binaries) as url:
        engine = open_engine(url.set(drivername="postgresql+psycopg").render_as_string())
        with transaction(engine) as tx:
            tx.execute(sa.text("SELECT 1"))
        work = UnitOfWork(engine, read_only=False)
        work.tx.execute(sa.text("SELECT 1"))
    with pytest.raises(StorageUnavailable):
        work.commit()
    work.close()
    with pytest.raises(StorageUnavailable), transaction(engine):
        pytest.fail("the transaction began")
    engine.dispose()

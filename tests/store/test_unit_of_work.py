import pytest
import sqlalchemy as sa

from provider.store import seen_jtis
from provider.store.unit_of_work import (
    Engine,
    StorageUnavailable,
    Transaction,
    UnitOfWork,
    open_engine,
    transaction,
)
from tests.store.arrange import HOUR, NOW, digest


def _use(tx: Transaction) -> bool:
    return seen_jtis.use(tx, digest("jti"), NOW + HOUR)


def _use_and_raise(engine: Engine) -> None:
    with transaction(engine) as tx:
        _use(tx)
        raise LookupError


def _connections(engine: Engine) -> int:
    assert isinstance(engine.pool, sa.QueuePool)
    return engine.pool.checkedout()


def test_work_that_ends_well_is_kept(engine: Engine) -> None:
    with transaction(engine) as tx:
        _use(tx)
    with transaction(engine) as tx:
        assert not _use(tx)


def test_work_that_raises_is_undone_and_the_exception_comes_through(engine: Engine) -> None:
    with pytest.raises(LookupError):
        _use_and_raise(engine)
    with transaction(engine) as tx:
        assert _use(tx)


def test_work_that_is_closed_without_a_commit_is_undone(engine: Engine) -> None:
    work = UnitOfWork(engine, read_only=False)
    _use(work.tx)
    work.close()
    with transaction(engine) as tx:
        assert _use(tx)


def test_no_connection_is_taken_before_the_first_use(engine: Engine) -> None:
    work = UnitOfWork(engine, read_only=False)
    work.commit()
    work.close()
    assert _connections(engine) == 0
    assert work.tx is work.tx
    assert _connections(engine) == 1
    work.close()
    work.close()


def test_a_connection_is_kept_for_the_next_work(engine: Engine) -> None:
    for _ in range(3):
        with transaction(engine) as tx:
            _use(tx)
        assert _connections(engine) == 1
    engine.dispose()
    assert _connections(engine) == 0


@pytest.mark.parametrize("read_only", [True, False])
def test_what_lies_idle_keeps_nobody_waiting(postgres_engine: Engine, read_only: bool) -> None:
    idle = [UnitOfWork(postgres_engine, read_only=read_only) for _ in range(16)]
    for work in idle:
        assert work.tx is not None
    for work in idle:
        work.close()
    wanted = [UnitOfWork(postgres_engine, read_only=not read_only) for _ in range(16)]
    for work in wanted:
        assert work.tx is not None
    for work in wanted:
        work.close()


def test_what_is_read_outside_of_a_transaction_is_what_is_committed(engine: Engine) -> None:
    count = sa.text("SELECT count(*) FROM seen_jti")
    work = UnitOfWork(engine, read_only=False)
    assert work.reading.execute(count).scalar_one() == 0
    with transaction(engine) as tx:
        _use(tx)
    work.close()
    assert work.reading.execute(count).scalar_one() == 1
    seen_jtis.use(work.tx, digest("another"), NOW + HOUR)
    assert work.reading is work.tx
    assert work.reading.execute(count).scalar_one() == 2
    work.close()


def test_work_after_an_undo_begins_a_transaction_of_its_own(engine: Engine) -> None:
    work = UnitOfWork(engine, read_only=False)
    _use(work.tx)
    work.close()
    assert _use(work.tx)
    work.commit()
    work.close()
    with transaction(engine) as tx:
        assert not _use(tx)


def test_nobody_sees_work_before_it_is_kept(engine: Engine) -> None:
    count = sa.text("SELECT count(*) FROM seen_jti")
    with transaction(engine) as writing:
        _use(writing)
        with transaction(engine, read_only=True) as reading:
            assert reading.execute(count).scalar_one() == 0
    with transaction(engine, read_only=True) as reading:
        assert reading.execute(count).scalar_one() == 1


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2)]
)
def test_sqlite_writes_ahead_checks_references_and_commits_durably(
    sqlite_url: str, pragma: str, value: object
) -> None:
    engine = open_engine(sqlite_url)
    with transaction(engine) as tx:
        assert tx.execute(sa.text(f"PRAGMA {pragma}")).scalar_one() == value
    engine.dispose()


def test_a_row_never_refers_to_a_client_or_account_that_is_not_there(engine: Engine) -> None:
    orphan = sa.text(
        "INSERT INTO consent (account_id, client_id, scope, resource, granted_at)"
        " VALUES ('nobody', 'nothing', '', '[]', 0)"
    )
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as tx:
        tx.execute(orphan)


def test_a_connection_whose_commit_failed_is_not_used_as_it_is(engine: sa.Engine) -> None:
    def fail(_connection: sa.Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, Exception("disk full"))

    sa.event.listen(engine, "commit", fail)
    with pytest.raises(StorageUnavailable), transaction(engine) as tx:
        tx.execute(sa.select(sa.literal(1)))
    sa.event.remove(engine, "commit", fail)
    with transaction(engine) as tx:
        assert tx.execute(sa.select(sa.literal(1))).scalar_one() == 1


def test_what_is_written_alone_is_kept_at_once(engine: Engine) -> None:
    work = UnitOfWork(engine, read_only=False)
    assert work.reading.execute(sa.text("SELECT count(*) FROM seen_jti")).scalar_one() == 0
    assert _use(work.alone)
    with transaction(engine) as tx:
        assert not _use(tx)
    work.close()
    with transaction(engine) as tx:
        assert not _use(tx)


def test_what_is_written_alone_in_an_open_transaction_is_part_of_it(engine: Engine) -> None:
    work = UnitOfWork(engine, read_only=False)
    assert work.alone is not work.tx
    assert work.alone is work.tx
    assert _use(work.alone)
    work.close()
    with transaction(engine) as tx:
        assert _use(tx)


def test_work_that_only_reads_writes_nothing_alone(engine: Engine) -> None:
    work = UnitOfWork(engine, read_only=True)
    with pytest.raises(ValueError, match="reads"):
        _ = work.alone
    work.close()

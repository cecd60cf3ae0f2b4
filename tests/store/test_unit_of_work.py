import pytest
import sqlalchemy as sa

from provider.store import seen_jtis
from provider.store.unit_of_work import Engine, Transaction, UnitOfWork, open_engine, transaction
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
    assert _connections(engine) == 0


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

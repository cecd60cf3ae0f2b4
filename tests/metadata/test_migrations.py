"""The migrations build exactly the schema the store speaks, and can be walked both ways."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from migrations import revisions
from provider.store import migration, schema
from provider.store.revision import State, inspect
from provider.store.unit_of_work import StorageUnavailable, open_engine, transaction
from tests.support.postgres import PostgresServer


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/signet.sqlite"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.create_database()
    yield address
    server.drop_database(address)


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    opened = open_engine(url)
    yield opened
    opened.dispose()


def state(engine: sa.Engine) -> State:
    with transaction(engine, read_only=True) as tx:
        return inspect(tx).state


def names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_the_newest_revision_is_the_schema_of_the_store(url: str, engine: sa.Engine) -> None:
    assert migration.migrate(url) == (None, revisions()[-1])
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, schema.metadata) == []
    assert names(engine) == {*schema.metadata.tables, "alembic_version"}


def test_constraints_and_indexes_carry_the_names_of_the_convention(
    url: str, engine: sa.Engine
) -> None:
    migration.migrate(url)
    found = sa.inspect(engine)
    for table in schema.metadata.tables.values():
        expected = {constraint.name for constraint in table.constraints}
        expected |= {index.name for index in table.indexes}
        present = {found.get_pk_constraint(table.name)["name"]}
        present |= {one["name"] for one in found.get_unique_constraints(table.name)}
        present |= {one["name"] for one in found.get_foreign_keys(table.name)}
        present |= {one["name"] for one in found.get_indexes(table.name)}
        assert expected == present


def test_every_step_can_be_walked_down_and_up_again(url: str, engine: sa.Engine) -> None:
    migration.migrate(url)
    for step in reversed(("base", *revisions()[:-1])):
        migration.migrate(url, step)
    assert state(engine) is State.EMPTY
    assert names(engine) <= {"alembic_version"}
    for step in revisions():
        migration.migrate(url, step)
    assert state(engine) is State.CURRENT


def test_a_second_run_does_nothing(url: str) -> None:
    migration.migrate(url)
    assert migration.migrate(url) == (revisions()[-1], revisions()[-1])


def test_two_at_the_same_time_do_it_once(url: str, engine: sa.Engine) -> None:
    with ThreadPoolExecutor(2) as pool:
        walked = list(pool.map(migration.migrate, [url, url]))
    assert sorted(before or "" for before, _ in walked) == ["", revisions()[-1]]
    assert state(engine) is State.CURRENT


@pytest.mark.spec("FT-07")
@pytest.mark.needs("postgresql")
def test_a_walk_steps_back_from_requests_that_are_in_its_way(postgres: PostgresServer) -> None:
    """A table that a request reads can not be changed; meanwhile others must not wait behind the
    walk, and that request may still ask for what the walk has changed already."""
    url = postgres.create_database(migration.migrate)
    engine = open_engine(url)
    waiting = sa.text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE datname = current_database() AND NOT granted"
    )
    with ThreadPoolExecutor(1) as pool, engine.connect() as busy, engine.connect() as other:
        busy.execute(sa.select(schema.client))
        walked = pool.submit(migration.migrate, url, "base")
        while not other.execute(waiting).scalar():
            assert not walked.done()
        other.execute(sa.select(schema.client))
        other.rollback()
        for table in schema.metadata.sorted_tables:
            busy.execute(sa.select(table).limit(1))
        busy.rollback()
        assert walked.result(60) == (revisions()[-1], None)
    engine.dispose()
    postgres.drop_database(url)


def test_a_step_that_fails_leaves_the_schema_as_it_was(url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE session (id TEXT)"))
    with pytest.raises((migration.StepFailed, StorageUnavailable)):
        migration.migrate(url)
    assert names(engine) == {"session"}
    assert state(engine) is State.EMPTY


@pytest.mark.spec("FT-07")
@pytest.mark.parametrize(
    ("oldest", "expected", "serves"),
    [(revisions()[-1], State.NEWER, True), ("9999", State.AHEAD, False)],
    ids=["expanded", "contracted"],
)
def test_a_database_ahead_of_the_code_is_recognised_and_left_alone(
    url: str, engine: sa.Engine, oldest: str, expected: State, *, serves: bool
) -> None:
    migration.migrate(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        raised = sa.text("UPDATE schema_support SET oldest_revision = :oldest")
        connection.execute(raised, {"oldest": oldest})
    with transaction(engine, read_only=True) as tx:
        found = inspect(tx)
    assert found.state is expected
    assert found.serves is serves
    with pytest.raises(migration.UnknownRevision, match="9999"):
        migration.migrate(url)


def test_an_unknown_revision_before_ours_is_not_taken_for_a_later_one(
    url: str, engine: sa.Engine
) -> None:
    migration.migrate(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    assert state(engine) is State.AHEAD


def test_an_unknown_revision_is_refused(url: str) -> None:
    with pytest.raises(migration.UnknownRevision, match="0000"):
        migration.migrate(url, "0000")


def test_the_files_names_are_alembics_order() -> None:
    script = ScriptDirectory.from_config(migration.configuration())
    walked = [step.revision for step in reversed(list(script.walk_revisions()))]
    assert walked == list(revisions())
    assert script.get_heads() == [revisions()[-1]]


def test_sqlite_keeps_the_rows_that_refer_to_a_table_under_change(tmp_path: Path) -> None:
    """SQLite changes a table by dropping its old copy, which must not cascade."""
    url = f"sqlite:///{tmp_path}/signet.sqlite"
    migration.migrate(url)
    with migration.migration_connection(url) as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 0
        connection.rollback()
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def test_sqlite_runs_in_wal_mode(tmp_path: Path) -> None:
    migration.migrate(f"sqlite:///{tmp_path}/signet.sqlite")
    connection = sqlite3.connect(tmp_path / "signet.sqlite")
    try:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    finally:
        connection.close()

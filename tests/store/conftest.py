"""The store suite runs on a SQLite file and on PostgreSQL, always on a migrated schema.

Every test has a database of its own: on SQLite a copy of a migrated file, on PostgreSQL one
migrated database for each test process that is emptied before the test, because copying one there
takes longer than the test.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from provider.store.migration import migrate
from provider.store.schema import metadata
from provider.store.unit_of_work import Engine, Transaction, open_engine, transaction
from tests.store.racing import Between
from tests.support.postgres import PostgresServer

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy."""
    file = tmp_path_factory.mktemp("migrated") / "signet.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a migrated SQLite file for this test alone."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'signet.db')}"


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    url = postgres.create_database(migrate)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def postgres_url(migrated_database: str) -> str:
    """The URL of a migrated PostgreSQL database in which nothing is left of other tests."""
    engine = sa.create_engine(migrated_database, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return migrated_database


@pytest.fixture(params=["sqlite", POSTGRESQL])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database, once of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine of a migrated, empty database, once of each kind."""
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def tx(engine: Engine) -> Iterator[Transaction]:
    """A transaction of the test's own."""
    with transaction(engine) as opened:
        yield opened


@pytest.fixture
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    """An engine of a migrated, empty PostgreSQL database."""
    opened = open_engine(postgres_url)
    yield opened
    opened.dispose()


@pytest.fixture
def between(postgres_url: str, postgres_engine: Engine) -> Iterator[Between]:
    """Lets another process act between two statements of one transaction."""
    other = open_engine(postgres_url)
    yield Between(postgres_engine, other)
    other.dispose()

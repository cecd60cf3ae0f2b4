"""Faults (FT-01 to FT-15): each on a database of its own and on servers that really run. Short
here; `make faults SECONDS=1800` goes on for longer."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.deployment import Deployment, deployed, prepare


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database to copy."""
    path = tmp_path_factory.mktemp("faults") / "signet.sqlite"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture
def deployment(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Deployment]:
    """A database with an account, and no node yet."""
    if database_kind == "sqlite":
        path = tmp_path / "signet.sqlite"
        shutil.copyfile(request.getfixturevalue("prepared_file"), path)
        with deployed(f"sqlite:///{path}", tmp_path) as found:
            yield found
        return
    server = request.getfixturevalue("postgres")
    url = server.create_database(prepare)
    with deployed(url, tmp_path) as found:
        yield found
    server.drop_database(url)

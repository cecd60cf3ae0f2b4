"""Copies of an SQLite database, made while it is in use: SQLite copies pages within one read
transaction, so that the copy is the database at one moment, and writers go on meanwhile. A
copy is checked before it gets its name, and never takes the name of another file. Asked by
`signet backup` and `signet restore`; for PostgreSQL there are `pg_dump` and `pg_restore`."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


class Damaged(Exception):
    """The file is no SQLite database, or not a sound one."""


def companions(file: Path) -> list[Path]:
    """Return the files that SQLite keeps beside a database in use."""
    return [Path(f"{file}{ending}") for ending in ("-wal", "-shm", "-journal")]


def copy(source: Path, target: Path) -> None:
    """Copy the database in `source` to the new file `target`.

    Raises Damaged; FileExistsError where there is such a file; OSError.
    """
    with _new_file(target) as new:
        try:
            with _opened(source) as old, closing(sqlite3.connect(new)) as made:
                old.backup(made)
                made.execute("PRAGMA journal_mode=DELETE")
                _check(made)
        except sqlite3.DatabaseError as error:
            raise Damaged(str(error)) from error


def _opened(file: Path) -> closing[sqlite3.Connection]:
    """Open a database that is there; SQLite would make one otherwise."""
    return closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True))


def _check(database: sqlite3.Connection) -> None:
    """Raise Damaged unless every page, index and reference is as it should be."""
    found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise Damaged(found[0])
    if (broken := database.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        raise Damaged(f"a row of {broken[0]} refers to nothing")


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which becomes `target` when it is complete and on the disk."""
    if target.exists():
        raise FileExistsError(target)
    with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        new = Path(folder) / target.name
        yield new
        with new.open("rb") as written:
            os.fsync(written.fileno())
        target.hardlink_to(new)

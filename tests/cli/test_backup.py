"""`signet backup` and `signet restore` (FT-10): a sound copy made under load, never over another
file; and after a restore nothing that was used or revoked since the copy comes back (I6)."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.settings import Settings
from provider.store.unit_of_work import open_engine, transaction
from tests.cli.processes import Signet
from tests.support import postgres as postgresql
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.postgres import PostgresServer
from tests.support.relying_party import RelyingParty, refusal
from tests.support.watching import events, row_counts


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Where the copy goes."""
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept" / "copy.sqlite"


@pytest.fixture
def move_away(settings: Settings, provider: Provider) -> Callable[[], None]:
    """Lose the database, as an operator does before a restore."""

    def away() -> None:
        provider.engine.dispose()
        assert settings.database_file is not None
        for file in settings.database_file.parent.glob(f"{settings.database_file.name}*"):
            file.unlink()

    return away


def sealed(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.spec("FT-10", "I6")
def test_what_was_revoked_or_used_since_the_copy_does_not_come_back(
    operator: Signet,
    relying_party: RelyingParty,
    signed_in: Browser,
    provider: Provider,
    copy: Path,
    move_away: Callable[[], None],
) -> None:
    used = relying_party.sign_in(signed_in).refresh_token
    revoked = relying_party.sign_in(signed_in).refresh_token
    pending = relying_party.authorize(signed_in)
    assert operator("backup", str(copy)).exit_code == 0
    current = relying_party.refresh(used).refresh_token
    relying_party.revoke(revoked)
    relying_party.redeem(pending)
    move_away()
    result = operator("restore", str(copy))
    assert result.exit_code == 0, result.stderr
    assert "everybody signs in again" in result.stdout
    for token in (used, current, revoked):
        refusal(relying_party.refresh_raw(token), "invalid_grant")
    refusal(relying_party.redeem_raw(pending), "invalid_grant")
    signed_in.come(f"{relying_party.issuer}/account")
    assert signed_in.url.endswith("/account/login")
    (event,) = events(provider, "restored")
    assert event.detail["access"] == "ended"


@pytest.mark.spec("FT-10", "I8")
def test_a_copy_after_which_nothing_happened_can_go_on(
    operator: Signet,
    relying_party: RelyingParty,
    signed_in: Browser,
    provider: Provider,
    copy: Path,
    move_away: Callable[[], None],
) -> None:
    token = relying_party.sign_in(signed_in).refresh_token
    before = row_counts(provider)
    operator("backup", str(copy))
    move_away()
    assert operator("restore", str(copy), "--keep-access").exit_code == 0
    assert {**row_counts(provider), "event": before["event"]} == before
    assert relying_party.refresh(token).refresh_token != token


@pytest.mark.spec("FT-10")
def test_a_copy_made_while_others_write_is_one_moment_of_the_database(
    operator: Signet, relying_party: RelyingParty, signed_in: Browser, copy: Path
) -> None:
    """Of each authorization the copy has its event as well: they are one transaction."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            relying_party.authorize(signed_in)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        results = [operator("backup", f"{copy}.{number}") for number in range(5)]
    finally:
        stop.set()
        writer.join(20)
    assert [result.exit_code for result in results] == [0] * 5
    counted = []
    for number in range(5):
        engine = open_engine(f"sqlite:///{copy}.{number}")
        with transaction(engine, read_only=True) as tx:
            rows = tx.scalar(sa.text("SELECT count(*) FROM authorization"))
            named = sa.text("SELECT count(*) FROM event WHERE name = 'authorization_granted'")
            assert rows == tx.scalar(named)
            counted.append(rows)
        engine.dispose()
    assert counted[-1] > 0
    assert counted == sorted(counted)


def test_a_copy_is_one_file_for_its_owner_alone(operator: Signet, copy: Path) -> None:
    before = os.umask(0o077)
    try:
        said = operator("backup", str(copy)).stdout
    finally:
        os.umask(before)
    assert "secret_key" in said
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    assert sealed(copy) == 0o600


def test_no_file_is_ever_overwritten(operator: Signet, settings: Settings, copy: Path) -> None:
    copy.write_text("something else")
    result = operator("backup", str(copy))
    assert result.exit_code == 1
    assert "not overwritten" in result.stderr
    assert copy.read_text() == "something else"
    copy.unlink()
    operator("backup", str(copy))
    assert settings.database_file is not None
    before = settings.database_file.read_bytes()
    result = operator("restore", str(copy))
    assert result.exit_code == 1
    assert "not overwritten" in result.stderr
    assert settings.database_file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"x" * 5000])
def test_what_is_no_sound_database_is_refused_and_leaves_nothing(
    operator: Signet,
    settings: Settings,
    copy: Path,
    move_away: Callable[[], None],
    content: bytes,
) -> None:
    copy.write_bytes(content)
    move_away()
    result = operator("restore", str(copy))
    assert settings.database_file is not None
    assert result.exit_code == 1
    assert ("can not be copied" if content else "no database of Signet") in result.stderr
    assert not settings.database_file.exists()


def test_a_damaged_database_is_not_copied(
    operator: Signet, settings: Settings, provider: Provider, copy: Path
) -> None:
    """A copy of what is broken would be found out on the day it is needed."""
    provider.engine.dispose()
    assert settings.database_file is not None
    content = bytearray(settings.database_file.read_bytes())
    content[8192:16384] = os.urandom(8192)
    settings.database_file.write_bytes(content)
    result = operator("backup", str(copy))
    assert result.exit_code == 1
    assert not copy.exists()
    assert list(copy.parent.iterdir()) == []


def test_a_copy_under_another_secret_key_is_refused_and_leaves_nothing(
    operator: Signet, settings: Settings, copy: Path, move_away: Callable[[], None]
) -> None:
    operator("backup", str(copy))
    move_away()
    os.environ["SIGNET_SECRET_KEY"] = "YW5vdGhlciBtYXN0ZXIga2V5LCBmb3IgdGVzdHMgb2YgU2lnbmV0"
    result = operator("restore", str(copy))
    assert result.exit_code == 1
    assert "the keys in it can not be used" in result.stderr
    assert settings.database_file is not None
    assert not settings.database_file.exists()


def test_there_has_to_be_a_database_to_copy(
    operator: Signet, copy: Path, move_away: Callable[[], None]
) -> None:
    move_away()
    result = operator("backup", str(copy))
    assert result.exit_code == 1
    assert not copy.exists()
    assert operator("restore").exit_code == 2


@pytest.mark.needs("postgresql")
def test_on_postgresql_the_way_is_named(operator: Signet, postgres: PostgresServer) -> None:
    os.environ["SIGNET_DATABASE_URL"] = postgres.create_database()
    for arguments in (("backup", "x"), ("restore", "x")):
        result = operator(*arguments)
        assert result.exit_code == 1
        assert "pg_restore" in result.stderr


@pytest.mark.spec("FT-10", "I6")
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.needs("postgresql")
def test_postgresql_is_dumped_under_load_and_restored_as_the_readme_says(
    operator: Signet,
    make_relying_party: MakeParty,
    signed_in: Browser,
    settings: Settings,
    provider: Provider,
    postgres: PostgresServer,
    tmp_path: Path,
) -> None:
    party = make_relying_party()
    token = party.sign_in(signed_in).refresh_token
    found = postgresql.find()
    assert found is not None
    binaries = (found / "postgres").resolve().parent
    address = sa.make_url(settings.database_url).set(drivername="postgresql")
    plain = address.render_as_string(hide_password=False)
    dump = tmp_path / "signet.dump"
    _run(binaries / "pg_dump", "--format=custom", f"--file={dump}", plain)
    assert party.refresh(token).refresh_token != token
    before = row_counts(provider)
    empty = postgres.create_database()
    target = sa.make_url(empty).set(drivername="postgresql")
    _run(
        binaries / "pg_restore",
        "--no-owner",
        "--exit-on-error",
        f"--dbname={target.render_as_string(hide_password=False)}",
        dump,
    )
    os.environ["SIGNET_DATABASE_URL"] = empty
    assert operator("migrate", "--check").exit_code == 0
    assert operator("restore", input="n\n").exit_code == 1
    assert operator("restore", "--yes").exit_code == 0
    engine = open_engine(empty)
    with transaction(engine, read_only=True) as tx:
        live = tx.scalar(sa.text('SELECT count(*) FROM "authorization" WHERE ended_at IS NULL'))
        sessions = tx.scalar(sa.text("SELECT count(*) FROM session WHERE ended_at IS NULL"))
        keys = tx.scalar(sa.text("SELECT count(*) FROM key"))
    engine.dispose()
    assert (live, sessions, keys) == (0, 0, before["key"])


def _run(program: Path, *arguments: object) -> None:
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


def test_a_copy_of_an_older_version_is_brought_to_this_schema(
    operator: Signet, tmp_path: Path, copy: Path, move_away: Callable[[], None]
) -> None:
    operator("backup", str(copy))
    move_away()
    older = tmp_path / "older.sqlite"
    shutil.copyfile(copy, older)
    now = os.environ["SIGNET_DATABASE_URL"]
    os.environ["SIGNET_DATABASE_URL"] = f"sqlite:///{older}"
    operator("migrate", "--revision", "0005", "--yes")
    os.environ["SIGNET_DATABASE_URL"] = now
    assert operator("restore", str(older)).exit_code == 0
    assert operator("migrate", "--check").exit_code == 0

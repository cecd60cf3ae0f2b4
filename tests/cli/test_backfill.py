"""A step that fills many rows does it a few at a time, while the version before serves, and goes
on where it was interrupted."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from migrations import revisions
from provider.settings import Settings
from provider.store import seen_jtis
from provider.store.revision import State, inspect
from provider.store.unit_of_work import Transaction, open_engine, transaction
from tests.cli.conftest import CHECKOUT
from tests.cli.processes import Signet
from tests.store.arrange import NOW, digest

STEP = '''"""{purpose}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
{backfill}

def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    pass
'''
EXPAND = """op.add_column("seen_jti", sa.Column("added", sa.Text()))
    op.create_index("ix_seen_jti_added", "seen_jti", ["added"], unique=True)"""
BACKFILL = '''
BACKFILL = """
UPDATE seen_jti SET added = CAST(expires_at AS TEXT) WHERE digest IN (
  SELECT digest FROM seen_jti WHERE added IS NULL ORDER BY expires_at LIMIT :limit)
"""
'''
ROWS = 2500

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def later(operator: Signet, tmp_path: Path) -> Command:
    """Run a command of a later version, which has two steps more: one expands, one fills."""
    del operator
    folder = tmp_path / "later"
    shutil.copytree(CHECKOUT / "migrations", folder / "migrations")
    for revision, before, backfill, upgrade in (
        ("9998", revisions()[-1], "", EXPAND),
        ("9999", "9998", BACKFILL, "pass"),
    ):
        text = STEP.format(
            purpose="Later", revision=revision, before=before, backfill=backfill, upgrade=upgrade
        )
        (folder / "migrations" / "versions" / f"{revision}_later.py").write_text(text)

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "provider.cli", *arguments],
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{CHECKOUT}"},
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
        )

    return run


def column(tx: Transaction) -> list[str | None]:
    """Return what the rows were given."""
    ask = "SELECT added FROM seen_jti ORDER BY expires_at, digest"
    return list(tx.execute(sa.text(ask)).scalars())


@pytest.mark.spec("FT-07")
@pytest.mark.both_databases
def test_a_backfill_that_was_interrupted_goes_on_where_it_ended(
    later: Command, settings: Settings
) -> None:
    """Of 2,500 rows two in the third thousand can not both have what they are to be given."""
    expected: list[str | None] = [str(NOW + number) for number in range(ROWS)]
    engine = open_engine(settings.database_url)
    with transaction(engine) as tx:
        for number in range(ROWS):
            seen_jtis.use(tx, digest(str(number)), NOW + number)
        seen_jtis.use(tx, digest("twice"), NOW + ROWS - 1)
    failed = later("migrate")
    assert failed.returncode == 1
    assert failed.stderr.startswith("signet: a step was not taken: ")
    assert failed.stderr.count("\n") == 1
    with transaction(engine) as tx:
        assert column(tx) == [*expected[:2000], *[None] * (ROWS - 2000 + 1)]
        assert inspect(tx).revision == "9998"
        assert inspect(tx).state is State.NEWER
        tx.execute(sa.text("DELETE FROM seen_jti WHERE digest = :one"), {"one": digest("twice")})
        tx.execute(
            sa.text("UPDATE seen_jti SET added = 'kept' WHERE expires_at = :at"), {"at": NOW}
        )
    done = later("migrate")
    assert done.returncode == 0, done.stderr
    with transaction(engine, read_only=True) as tx:
        assert column(tx) == ["kept", *expected[1:]]
        assert inspect(tx).revision == "9999"
    engine.dispose()


@pytest.mark.both_databases
def test_the_plan_tells_a_backfill_from_what_holds_others_up(
    later: Command, settings: Settings
) -> None:
    engine = open_engine(settings.database_url)
    with transaction(engine) as tx:
        for number in range(3):
            seen_jtis.use(tx, digest(str(number)), NOW)
    engine.dispose()
    expanding, filling = json.loads(later("migrate", "--plan", "--json").stdout)
    assert not any(work["in_batches"] for work in expanding["work"])
    (work,) = filling["work"]
    assert (work["table"], work["rows"], work["in_batches"]) == ("seen_jti", 3, True)
    said = later("migrate", "--plan").stdout
    assert "fills rows of seen_jti: 3 rows" in said
    assert "goes on where it ended" in said

"""`signet migrate --plan`: what a migration will do to this database, told before it is done."""

import json
import os
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa

from migrations import revisions
from provider.settings import Settings
from provider.store import migration_plan
from provider.store.unit_of_work import open_engine, transaction
from tests.cli.processes import Signet


@pytest.mark.both_databases
def test_nothing_pending_is_said(operator: Signet) -> None:
    assert operator("migrate", "--plan").stdout == "There is nothing to do.\n"
    assert json.loads(operator("migrate", "--plan", "--json").stdout) == []


@pytest.mark.both_databases
def test_the_plan_of_all_steps_names_every_table_and_changes_nothing(
    operator: Signet, settings: Settings
) -> None:
    operator("migrate", "--revision", "base", "--yes")
    steps = json.loads(operator("migrate", "--plan", "--json").stdout)
    assert [step["revision"] for step in steps] == list(revisions())
    made = {work["table"] for step in steps for work in step["work"] if "creates" in work["does"]}
    assert {"client", "account", "authorization", "event", "logout_delivery"} <= made
    assert all(step["purpose"] for step in steps)
    engine = open_engine(settings.database_url)
    with transaction(engine, read_only=True) as tx:
        assert set(sa.inspect(tx).get_table_names()) <= {"alembic_version"}
    engine.dispose()


@pytest.mark.both_databases
def test_rows_and_who_waits_are_those_of_this_database(
    operator: Signet, settings: Settings
) -> None:
    """Revision 0003 makes an index on clients, 0004 adds columns to waiting requests."""
    for name in ("one", "two", "three"):
        operator("client", "add", name, "--redirect-uri", f"https://{name}.example/cb")
    operator("migrate", "--revision", "0002", "--yes")
    steps = json.loads(operator("migrate", "--plan", "--json").stdout)
    work = [one for step in steps for one in step["work"]]
    indexes = [one for one in work if one["does"] == "makes an index" and one["table"] == "client"]
    assert {one["rows"] for one in indexes} == {3}
    added = [one for one in work if one["does"] == "adds a column"]
    assert "authorization_request" in {one["table"] for one in added}
    assert all(one["rows"] == 0 for one in added)
    if settings.uses_sqlite:
        assert {one["waits"] for one in work} == {"all writers"}
    else:
        assert {one["waits"] for one in indexes} == {"writers of the table"}
    said = operator("migrate", "--plan").stdout
    assert "makes an index client: 3 rows" in said
    assert "One transaction of about" in said


def test_every_statement_of_our_steps_is_understood(operator: Signet, settings: Settings) -> None:
    operator("migrate", "--revision", "base", "--yes")
    for step in migration_plan.plan(settings.database_url):
        for work in step.work:
            assert work.table, work


@pytest.mark.parametrize(
    ("statement", "does"),
    [
        ("ALTER TABLE client ALTER COLUMN metadata TYPE JSONB", "rewrites the table"),
        ("ALTER TABLE client ALTER COLUMN metadata SET NOT NULL", "reads it all"),
        ("ALTER TABLE client ADD CONSTRAINT x CHECK (true)", "checks a constraint"),
        ("INSERT INTO _alembic_tmp_client (a) SELECT client.a FROM client", "copies the rows"),
        ('UPDATE "client" SET metadata = NULL', "changes rows"),
        ("DROP TABLE client", "drops the table"),
        ("CREATE UNIQUE INDEX ix ON client (a)", "makes an index"),
    ],
)
def test_what_a_statement_does_is_told_by_its_form(
    settings: Settings, statement: str, does: str
) -> None:
    engine = open_engine(settings.database_url)
    with transaction(engine, read_only=True) as tx:
        work = migration_plan._work(tx, statement)
    engine.dispose()
    assert work is not None
    assert (work.does, work.table) == (does, "client")


def test_a_database_of_another_version_has_no_plan(operator: Signet, settings: Settings) -> None:
    with closing(sqlite3.connect(str(settings.database_file))) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    result = operator("migrate", "--plan")
    assert result.exit_code == 1
    assert "9999" in result.stderr


def test_a_database_that_is_not_there_has_no_plan(operator: Signet) -> None:
    os.environ["SIGNET_DATABASE_URL"] = "sqlite:///elsewhere.sqlite"
    result = operator("migrate", "--plan")
    assert result.exit_code == 1
    assert "no database" in result.stderr

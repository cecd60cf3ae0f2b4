"""`signet audit`: the trail for people and for scripts, filtered and followed."""

import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from provider.settings import Settings
from provider.store import events
from provider.store.events import Event
from provider.store.unit_of_work import open_engine, transaction
from tests.cli.processes import Signet, Start

NOW = int(datetime.now(UTC).timestamp())


def write(settings: Settings, *names: str, **about: object) -> None:
    """Add events to the trail."""
    engine = open_engine(settings.database_url)
    with transaction(engine) as tx:
        for name in names:
            facts = {"at": NOW, "address": "198.51.100.7", "expires_at": NOW + 1000, **about}
            events.add(tx, [Event(name=name, **facts)])  # type: ignore[arg-type]
    engine.dispose()


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.both_databases
def test_a_command_says_what_it_did_and_who_was_at_it(operator: Signet) -> None:
    operator("user", "add", "alex", "--password-stdin", input="a long enough passphrase\n")
    (line,) = lines(operator("audit", "--user", "alex", "--json").stdout)
    assert line["event"] == "account_added"
    assert line["username"] == "alex"
    assert line["address"] == "command line"
    assert isinstance(line["detail"], dict)
    assert line["detail"]["operator"]


@pytest.mark.both_databases
def test_events_are_shown_oldest_first_and_only_the_wanted(
    operator: Signet, settings: Settings
) -> None:
    write(settings, "one", "two", client_id="app")
    write(settings, "three", client_id="other")
    write(settings, "old", client_id="app", at=NOW - 7200)
    shown = lines(operator("audit", "--client", "app", "--json").stdout)
    assert [line["event"] for line in shown] == ["one", "two", "old"]
    shown = lines(operator("audit", "--client", "app", "--since", "1h", "--json").stdout)
    assert [line["event"] for line in shown] == ["one", "two"]
    since = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    shown = lines(operator("audit", "--since", since, "--event", "three", "--json").stdout)
    assert [line["event"] for line in shown] == ["three"]
    shown = lines(operator("audit", "--limit", "1", "--json").stdout)
    assert [line["event"] for line in shown] == ["old"]


def test_a_line_says_who_what_which_client_from_where_and_why(
    operator: Signet, settings: Settings
) -> None:
    write(
        settings,
        "client_authentication_failed",
        client_id="app",
        detail={"reason": "unknown client or wrong secret"},
    )
    said = operator("audit", "--client", "app").stdout
    assert said.split("  ")[1:] == [
        "client_authentication_failed",
        "client=app",
        "from=198.51.100.7",
        'reason="unknown client or wrong secret"\n',
    ]
    assert said[:20] == datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%d %H:%M:%S ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "yesterday"), "--since yesterday"),
        (("--limit", "0"), "--limit"),
        (("--user", "nobody"), "there is no account nobody"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    operator: Signet, arguments: tuple[str, ...], words: str
) -> None:
    result = operator("audit", *arguments)
    assert result.exit_code in (1, 2)
    assert words in result.stderr


def test_nothing_found_is_said(operator: Signet) -> None:
    assert operator("audit", "--client", "nobody").stdout == "There are no such events.\n"
    assert operator("audit", "--client", "nobody", "--json").stdout == ""


def test_reading_the_trail_changes_nothing(operator: Signet, settings: Settings) -> None:
    write(settings, "one")
    with closing(sqlite3.connect(str(settings.database_file))) as database:
        before = database.execute("SELECT * FROM event").fetchall()
        operator("audit")
        assert database.execute("SELECT * FROM event").fetchall() == before


@pytest.mark.both_databases
def test_following_shows_what_is_added_also_when_it_comes_late(
    operator: Signet, settings: Settings, start: Start
) -> None:
    """Of two transactions the one that began first, and got the lower number, ends last."""
    del operator
    write(settings, "before")
    process = start("audit", "--follow", "--json")
    assert process.stdout is not None
    seen: list[str] = []
    arrived = threading.Semaphore(0)

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if (name := json.loads(line)["event"]) in ("before", "early", "late"):
                seen.append(name)
                arrived.release()

    reader = threading.Thread(target=read)
    reader.start()
    assert arrived.acquire(timeout=20)
    if settings.uses_sqlite:
        write(settings, "early", "late")
    else:
        engine = open_engine(settings.database_url)
        with transaction(engine) as tx:
            events.add(tx, [Event(name="late", at=NOW, address="", expires_at=NOW + 1000)])
            write(settings, "early")
            assert arrived.acquire(timeout=20)
        engine.dispose()
        arrived.release()
    assert arrived.acquire(timeout=20)
    assert arrived.acquire(timeout=20)
    process.terminate()
    process.wait(20)
    reader.join(20)
    assert seen == ["before", "early", "late"]

from dataclasses import replace
from typing import Any

from provider.store import clients, events
from provider.store.events import Event
from provider.store.unit_of_work import Transaction
from tests.store.arrange import DAY, NOW, add_client


def _event(name: str, **changes: Any) -> Event:
    event = Event(
        at=NOW,
        name=name,
        address="2001:db8::1",
        expires_at=NOW + DAY,
        account_id="alice",
    )
    return replace(event, **changes)


NAMES = ("1", "2", "3", "of bob", "of nobody")


def _listed(tx: Transaction, limit: int = 10) -> list[str]:
    return [event.name for event in events.list_for(tx, "alice", NAMES, limit=limit)]


def test_an_event_comes_back_as_it_was_written(tx: Transaction) -> None:
    written = _event(
        "1",
        client_id="app",
        authorization_id="authorization",
        session_id="session",
        detail={"generation": 3, "words": "뜻 \"'"},
    )
    events.add(tx, [written])
    assert events.list_for(tx, "alice", NAMES, limit=1) == [written]


def test_events_of_an_account_are_listed_newest_first_up_to_the_limit(tx: Transaction) -> None:
    events.add(tx, [_event("1"), _event("2")])
    events.add(tx, [_event("of bob", account_id="bob"), _event("of nobody", account_id=None)])
    events.add(tx, [_event("3", at=NOW + 1)])
    assert _listed(tx) == ["3", "2", "1"]
    assert _listed(tx, limit=2) == ["3", "2"]


def test_events_with_different_facts_are_written_together(tx: Transaction) -> None:
    events.add(tx, [_event("1", client_id="app"), _event("2", session_id="session")])
    assert _listed(tx) == ["2", "1"]


def test_writing_no_events_writes_nothing(tx: Transaction) -> None:
    events.add(tx, [])
    assert _listed(tx) == []


def test_events_outlive_what_they_are_about(tx: Transaction) -> None:
    add_client(tx)
    events.add(tx, [_event("1", client_id="app")])
    clients.remove(tx, "app", now=NOW)
    assert _listed(tx) == ["1"]

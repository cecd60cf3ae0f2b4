"""One request of the fuzzer as plain data, so that it can be drawn, spoilt, written down and sent
again. A value is text (a lone surrogate stands for a byte that is not UTF-8), `Times` of a text,
or `Live`: a credential that the provider under test has just given, taken from the `World` when
the request is sent, whole or damaged."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import quote_from_bytes

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True)
class Live:
    """A live credential by its name in the world; `damage` names what is done to it."""

    live: str
    before: str = ""
    damage: str = ""
    by: Any = None


@dataclass(frozen=True)
class Times:
    """A text many times over."""

    times: int
    text: str


Value = str | Live | Times
Fields = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Case:
    """One request. `raw` is the body where it is neither a form nor JSON; `tail` is put behind
    the encoded parameters as it is."""

    route: str
    method: str = "GET"
    path: tuple[Value, ...] = ()
    query: Fields = ()
    form: Fields | None = None
    document: Any = None
    raw: Value | None = None
    tail: str = ""
    headers: Fields = ()
    address: str = "203.0.113.7"
    wait: int = 0

    def changed(self, **changes: Any) -> "Case":
        """Return the request with something replaced."""
        return replace(self, **changes)

    def written(self) -> str:
        """Return it as one line."""
        facts = {name: one for name, one in asdict(self).items() if one not in ((), "", None, 0)}
        return json.dumps(facts, separators=(",", ":"))

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "Case":
        """Return what was written down."""
        for name in ("query", "form", "headers"):
            if facts.get(name) is not None:
                facts[name] = tuple((key, _value(value)) for key, value in facts[name])
        facts["path"] = tuple(_value(value) for value in facts.get("path", ()))
        facts["raw"] = _value(facts.get("raw"))
        facts["document"] = _inside(facts.get("document"))
        return cls(**facts)

    def live(self) -> "list[Live]":
        """Return every live credential it takes along."""
        pairs = (*self.query, *(self.form or ()), *self.headers)
        found = [*(value for _, value in pairs), *self.path, self.raw, *_leaves(self.document)]
        return [value for value in found if isinstance(value, Live)]


@dataclass(frozen=True)
class Sent:
    """What went over the wire, and of what it was made."""

    case: Case
    url: str
    headers: list[tuple[str, str]]
    body: bytes


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list."""
    return tuple(text.split())


def encoded(pairs: list[tuple[str, str]], tail: str) -> str:
    """Return parameters in the form encoding, and behind them what is not."""
    each = (f"{quote_from_bytes(as_bytes(n))}={quote_from_bytes(as_bytes(v))}" for n, v in pairs)
    written = "&".join(each) + tail
    return written.encode("utf-8", "surrogateescape").decode("latin-1")


def as_bytes(text: str) -> bytes:
    """Return the bytes that a text of ours stands for."""
    return text.encode("utf-8", "surrogateescape")


def _value(read: Any) -> Any:
    if isinstance(read, dict):
        return Live(**read) if "live" in read else Times(**read)
    return read


def _inside(read: Any) -> Any:
    if isinstance(read, dict):
        if set(read) in ({"live", "before", "damage", "by"}, {"times", "text"}):
            return _value(read)
        return {name: _inside(value) for name, value in read.items()}
    return [_inside(value) for value in read] if isinstance(read, list) else read


def _leaves(document: Any) -> list[Any]:
    if isinstance(document, dict):
        return [leaf for value in document.values() for leaf in _leaves(value)]
    if isinstance(document, list):
        return [leaf for value in document for leaf in _leaves(value)]
    return [document]

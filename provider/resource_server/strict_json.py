"""JSON from strangers, read so that two readers cannot differ (RFC 8725 §2.4): a member that comes
twice, NaN, Infinity and bottomless nesting are errors, all of them ValueError. Called wherever
the kit reads JSON.
"""

import json
from collections.abc import Callable
from json.scanner import make_scanner
from typing import Any, cast

Object = dict[str, Any]


def _once(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member comes twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


Scan = Callable[[str, int], tuple[Any, int]]


def _scanner(**hooks: Any) -> tuple[Scan, json.JSONDecoder]:
    decoder = json.JSONDecoder(parse_constant=_no_number, **hooks)
    return make_scanner(cast("Any", decoder)), decoder


_strict = _scanner(object_pairs_hook=_once)
_last_counts = _scanner()


def parse_object(content: bytes) -> Object:
    """Return the JSON object that `content` is, in UTF-8. Raises ValueError."""
    return _parse(content, *_strict)


def parse_vouched(content: bytes) -> Object:
    """Return the same for what the issuer signed. Raises ValueError.

    Choice: of a member that comes twice the last counts, as RFC 7519 §4 allows; nobody but the
    issuer can have written it, and looking for it in every token is a third of the work.
    """
    return _parse(content, *_last_counts)


def _parse(content: bytes, scan: Scan, decoder: json.JSONDecoder) -> Object:
    text = content.decode()
    try:
        found, end = scan(text, 0)
        if end != len(text):
            found = decoder.decode(text)
    except StopIteration:
        raise ValueError("JSON ends early") from None
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None
    if type(found) is not dict:
        raise ValueError("JSON is not an object")
    return found

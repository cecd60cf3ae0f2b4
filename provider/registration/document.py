"""The client metadata document of RFC 7591 §2: read from JSON with its types checked and the
defaults of the specifications, and written back whole. Members nobody here knows, or that
belong to something discovery does not offer, are ignored and not echoed (RFC 7591 §2)."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any, get_type_hints

import orjson

from provider.context import Context
from provider.errors import InvalidRequest, ProtocolError
from provider.http import Request
from provider.model import localized
from provider.model import response_type as response_types
from provider.model.client import STATE, Client
from provider.registration import algorithms, statement
from provider.registration.problem import REDIRECT_URI, NotRegistrable

MOST_VALUES = 50
LONGEST_VALUE = 2048
_OURS = {*STATE, "policy", "localized"}
_FIELDS = {name: hint for name, hint in get_type_hints(Client).items() if name not in _OURS}
_OFFERED_BY = {
    "frontchannel_logout_uri": "frontchannel_logout_supported",
    "frontchannel_logout_session_required": "frontchannel_logout_supported",
    "backchannel_logout_uri": "backchannel_logout_supported",
    "backchannel_logout_session_required": "backchannel_logout_supported",
}


def members(request: Request) -> dict[str, Any]:
    """Return the JSON object a client sent. Raises InvalidRequest.

    Read twice: by the parser that keeps to RFC 8259 and bounds depth, and by the one that
    tells of every member.
    """
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise InvalidRequest("Send the client metadata as application/json.")
    try:
        orjson.loads(request.body)
        document = json.loads(request.body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise InvalidRequest("The body is not a JSON object.")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Stricter: RFC 8259 §4 leaves open what a member means that stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def read(ctx: Context, document: Mapping[str, Any], client_id: str) -> Client:
    """Return the client a document describes. Null counts as left out (RFC 7592 §2.2).

    Choice: a client without a name is called as it says in its first language, else by its id;
    one that names only its response types gets the grant types they need. Raises
    NotRegistrable.
    """
    metadata = ctx.provider.metadata
    vouched = statement.claims(ctx, document)
    values = {
        name: value
        for name, value in known({**_not_overruled(document, vouched), **vouched}).items()
        if metadata.get(_OFFERED_BY.get(name, "issuer"))
    }
    if vouched:
        values[statement.MEMBER] = document[statement.MEMBER]
    _complete(values)
    values["scope"] = _scope(ctx, values.get("scope"))
    values.setdefault("client_name", _first_name(values["localized"]) or client_id)
    return algorithms.with_default_enc(Client(client_id=client_id, **values))


def known(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members we know, as the client's fields have them. Raises NotRegistrable.

    A software statement is none of them: who verified it adds it.
    """
    found = {
        name: _typed(name, hint, document[name])
        for name, hint in _FIELDS.items()
        if document.get(name) is not None and name != statement.MEMBER
    }
    return {**found, "localized": _localized(document)}


def written(client: Client) -> dict[str, Any]:
    """Return everything registered about a client, the defaults included."""
    values = {name: getattr(client, name) for name in _FIELDS}
    plain = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if (value is not None and value != ()) or name in ("grant_types", "response_types")
    }
    return {**plain, **client.localized}


def refused(error: NotRegistrable) -> ProtocolError:
    """Return the refusal for the client: the registered code, and the field, not its value."""
    ours = ProtocolError(
        f"{error.field} can not be registered as given.", reason=error.for_the_log
    )
    ours.error = error.code
    return ours


def _localized(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the members for people that say their language, under the names that were sent."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for name, value in document.items():
        member = localized.member_of(name)
        if member is None or value is None:
            continue
        tag = name.partition(localized.MARK)[2]
        if not localized.is_well_formed(tag):
            raise NotRegistrable(f"{name} does not end with a language tag", member)
        if name.lower() in seen or len(found) >= MOST_VALUES:
            raise NotRegistrable(f"{member} is said twice in one language, or too often", member)
        seen.add(name.lower())
        found[name] = _typed(name, str, value)
    return found


def _not_overruled(document: Mapping[str, Any], vouched: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without what a software statement says (RFC 7591 §2.3), in whatever
    language: a client does not give another name to what somebody vouched for."""
    said = {localized.member_of(name) or name for name in vouched}
    return {
        name: value
        for name, value in document.items()
        if (localized.member_of(name) or name) not in said
    }


def _first_name(names: Mapping[str, str]) -> str | None:
    return next((names[one] for one in names if localized.member_of(one) == "client_name"), None)


def _complete(values: dict[str, Any]) -> None:
    if "response_types" in values:
        asked = dict.fromkeys(map(response_types.canonical, values["response_types"]))
        values["response_types"] = tuple(asked)
        if "grant_types" not in values:
            needed = {grant for one in asked for grant in response_types.grant_types(one)}
            values["grant_types"] = tuple(sorted(needed))
    elif "authorization_code" not in values.get("grant_types", ("authorization_code",)):
        values["response_types"] = ()


def _scope(ctx: Context, asked: str | None) -> str:
    """Return what the client may have: of what it asks for, what the settings allow."""
    allowed = ctx.settings.registration.scopes
    wanted = allowed if asked is None else tuple(dict.fromkeys(asked.split()))
    return " ".join(name for name in wanted if name in allowed)


def _typed(name: str, hint: Any, value: Any) -> Any:
    code = {"code": REDIRECT_URI} if name == "redirect_uris" else {}
    wrong = NotRegistrable(f"{name} has the wrong type or is too long", name, **code)
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or len(value) > MOST_VALUES:
            raise wrong
        if not all(_is_text(one) for one in value):
            raise wrong
        return tuple(dict.fromkeys(value))
    if hint is bool:
        fits = isinstance(value, bool)
    elif hint == int | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    elif hint == dict[str, Any] | None:
        fits = isinstance(value, dict)
    else:
        fits = _is_text(value)
    if not fits:
        raise wrong
    return value


def _is_text(value: Any) -> bool:
    """No text of a registration has control characters: it is shown, and written to logs."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= LONGEST_VALUE
        and not any(unicodedata.category(one) == "Cc" for one in value)
    )

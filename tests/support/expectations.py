"""What no answer may break, whatever was asked and by whom: the general expectations G1 to G3 of
the catalogue of security requirements (RFC 6749 §5.2, RFC 9110 §15, CWE-209). `tests.support.wire`
holds every single answer of the whole suite to them, so that each test is a test of these too.
"""

import json
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

REGISTERED = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client",
    "unsupported_grant_type", "invalid_scope", "access_denied", "unsupported_response_type",
    "server_error", "temporarily_unavailable",
    "interaction_required", "login_required", "account_selection_required", "consent_required",
    "invalid_request_uri", "invalid_request_object", "request_not_supported",
    "request_uri_not_supported", "registration_not_supported",
    "invalid_token", "insufficient_scope", "unsupported_token_type", "invalid_target",
    "invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement",
    "unapproved_software_statement", "unmet_authentication_requirements",
})  # fmt: skip
"""The error codes of the registry that a provider of ours may use."""

TOKENS = frozenset({"access_token", "refresh_token", "id_token", "code", "client_secret"})
_OURSELVES = re.compile(
    rb"Traceback \(most recent|File \"/|site-packages|\.py\b|"
    rb"sqlalchemy|psycopg|sqlite3|werkzeug|granian|authlib|joserfc|orjson|pydantic|"
    rb"SELECT .{1,80} FROM |INSERT INTO |UPDATE .{1,40} SET |PRAGMA ",
    re.IGNORECASE,
)
"""How a failure looks that tells how we work."""


def hold(
    method: str, status: int, fields: Iterable[tuple[str, str]], body: bytes, note: str = ""
) -> None:
    """Hold one answer to what no answer may break; `note` is what the server wrote beside it."""
    headers = {name.lower(): value for name, value in fields}
    is_outage = status == 503 and "retry-after" in headers
    is_meant = is_outage or status == 501
    assert status < 500 or is_meant, f"{status} {body[:500]!r} {note}"
    for name, value in fields:
        assert not set(name + value) & set("\r\n\0"), f"{name} can be split"
    if method == "HEAD" or status in (204, 304):
        assert body == b""
    told = headers.get("server", "") + headers.get("x-powered-by", "")
    assert not told, f"a banner: {told}"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if status >= 400:
        found = _OURSELVES.search(body)
        assert found is None, f"{status} says how we work: {found}"
        if kind == "application/json" and not is_outage:
            _refusal(json.loads(body or b"{}"), headers)
    if error := _sent_on(headers.get("location", "")):
        assert error in REGISTERED, error


def _refusal(document: object, headers: dict[str, str]) -> None:
    """Hold a refusal for a machine to RFC 6749 §5.2."""
    assert isinstance(document, dict)
    assert not TOKENS & set(document), f"a refusal that gives something: {sorted(document)}"
    assert "no-store" in headers.get("cache-control", ""), headers
    if "error" in document:
        assert document["error"] in REGISTERED, document


def _sent_on(location: str) -> str | None:
    parts = urlsplit(location)
    told = dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
    return told.get("error")

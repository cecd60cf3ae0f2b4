"""Whatever arrives, the answer is a proper one: never a 5xx but 503, never a trace. What is
tried is drawn at random from the parameters each endpoint knows and from text that breaks
parsers; `tests.support.wire` holds every answer to the law."""

import json
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import jwt, wire
from tests.support.arrival import MakeParty
from tests.support.relying_party import RelyingParty, basic
from tests.support.request_objects import claims_for, sent, signed, signer

PARAMETERS = [
    "grant_type", "response_type", "response_mode", "client_id", "client_secret", "redirect_uri",
    "scope", "state", "nonce", "code", "code_verifier", "code_challenge", "code_challenge_method",
    "refresh_token", "token", "token_type_hint", "resource", "prompt", "max_age", "id_token_hint",
    "login_hint", "ui_locales", "request", "request_uri", "handle", "client_assertion",
    "client_assertion_type", "post_logout_redirect_uri", "access_token",
]  # fmt: skip

names = st.sampled_from(PARAMETERS) | st.text(max_size=10)
known = st.sampled_from(
    ["authorization_code", "refresh_token", "client_credentials", "code", "S256", "none login"]
)
hostile = st.sampled_from(
    [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"%", b"{" * 300, b"9" * 400, b"-1", b"a.b.c"]
)
values = known.map(str.encode) | hostile | st.binary(max_size=60)
forms = st.lists(st.tuples(names, values), max_size=8)
unhurried = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _encoded(fields: list[tuple[str, bytes]]) -> str:
    return "&".join(
        f"{quote_from_bytes(name.encode('utf-8', 'replace'))}={quote_from_bytes(value)}"
        for name, value in fields
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke", "/userinfo", "/authorize"])
@unhurried
@given(fields=forms, authenticated=st.booleans())
def test_any_form_is_answered(
    relying_party: RelyingParty, path: str, fields: list[tuple[str, bytes]], authenticated: bool
) -> None:
    headers = {"Content-Type": wire.FORM}
    if authenticated:
        headers["Authorization"] = basic(relying_party.client_id, relying_party.secret or "")
    url = relying_party.issuer + path
    wire.send(relying_party.app, "POST", url, headers=headers, body=_encoded(fields).encode())


@pytest.mark.parametrize("path", ["/authorize", "/logout", "/userinfo", "/account/login", "/"])
@unhurried
@given(fields=forms)
def test_any_query_is_answered(
    relying_party: RelyingParty, path: str, fields: list[tuple[str, bytes]]
) -> None:
    beginning = urlencode({
        "client_id": relying_party.client_id, "redirect_uri": relying_party.redirect_uri,
    })  # fmt: skip
    address = f"{relying_party.issuer}{path}?"
    for query in (_encoded(fields), f"{beginning}&{_encoded(fields)}"):
        wire.get(relying_party.app, address + query)


@pytest.mark.both_databases
@unhurried
@given(
    credentials=st.binary(max_size=80) | st.sampled_from([b"Basic ", b"Bearer ", b"basic AA=="])
)
def test_any_authorization_header_is_answered(
    relying_party: RelyingParty, credentials: bytes
) -> None:
    header = credentials.decode("latin-1").replace("\r", "").replace("\n", "")
    for path in ("/token", "/userinfo"):
        headers = {"Content-Type": wire.FORM, "Authorization": header}
        url = relying_party.issuer + path
        wire.send(relying_party.app, "POST", url, headers=headers, body=b"grant_type=x")


members = names | st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "jti", "sub", "claims"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
contents = st.dictionaries(members, anything, max_size=6)


@pytest.mark.both_databases
@pytest.mark.settings(profile="certification", test_issuer=True)
@unhurried
@given(
    inside=st.dictionaries(members, anything, max_size=6), head=anything, is_signed=st.booleans()
)
def test_any_request_object_is_answered(
    make_relying_party: MakeParty, inside: dict[str, Any], head: Any, is_signed: bool
) -> None:
    party = signer(make_relying_party)
    attempt = party.start()
    claims = {**claims_for(party, attempt), **inside}
    made = signed(party, claims) if is_signed else jwt.unsigned(claims)
    odd = ".".join([jwt.encode(json.dumps(head).encode()), *made.split(".")[1:]])
    outside = {name: str(value) for name, value in attempt.parameters.items()}
    for token in (made, odd):
        for beside in ({}, outside):
            wire.get(party.app, sent(party, attempt, **beside, request=token).url)

"""TK and JW: JSON Web Tokens at every door that takes one (RFC 8725, RFC 7515, RFC 9068)."""

import json
import re
from collections.abc import Callable
from time import thread_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provider.context import Provider
from provider.credentials import opaque
from tests.support import jwt, wire
from tests.support.arrival import MakeParty
from tests.support.assertions import present
from tests.support.browser import Browser
from tests.support.registering import Registrar, metadata
from tests.support.relying_party import RelyingParty, Tokens, refusal
from tests.support.request_objects import by_value, refusal_of

Door = Callable[[str], None]
DOORS = ("userinfo", "introspection", "revocation", "assertion", "hint", "logout", "request")
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(token_endpoint_auth_method="private_key_jwt")


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in)


@pytest.fixture
def knock(party: RelyingParty, tokens: Tokens, signed_in: Browser) -> Callable[[str, str], None]:
    """Present a JWT at a door and be turned away, whatever it is."""

    def at(door: str, token: str) -> None:
        if door == "userinfo":
            answer = party.userinfo_raw(token.encode().decode("latin-1"))
            assert answer.status in (400, 401)
        elif door == "introspection":
            answer = party.post("introspection", {"token": token})
            assert answer.status == 400 or answer.json == {"active": False}
        elif door == "revocation":
            assert party.post("revocation", {"token": token}).status in (200, 400)
        elif door == "assertion":
            assert present(party, token).status in (400, 401, 413)
        elif door == "hint":
            refused = party.start(id_token_hint=token, prompt="none")
            signed_in.come(refused.url)
            told = dict(signed_in.left.parameters) if signed_in.left else {}
            assert "code" not in told
        elif door == "logout":
            signed_in.come(
                f"{party.endpoint('end_session')}?{wire.encode({'id_token_hint': token})}"
            )
            assert signed_in.left is None
        else:
            assert refusal_of(signed_in, party, by_value(party, lambda _claims: token))

    return at


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
heads = st.dictionaries(
    st.sampled_from(["alg", "kid", "typ", "crit", "b64", "zip", "jwk", "jku", "x5c", "x5u", "cty"])
    | st.text(max_size=6),
    anything,
    max_size=5,
)


@pytest.mark.parametrize("door", DOORS)
@quick
@given(head=heads, over=st.booleans())
def test_tk_01_to_04_no_header_talks_its_way_in(
    knock: Callable[[str, str], None], tokens: Tokens, door: str, head: dict[str, Any], over: bool
) -> None:
    """TK-10 and TK-15 as well: alg, kid, embedded keys, crit, b64, compression."""
    header, claims, signature = tokens.id_token.split(".")
    told = {**jwt.header_of(tokens.id_token), **head} if over else head
    changed = jwt.encode(json.dumps(told).encode())
    if changed == header or told == jwt.header_of(tokens.id_token):
        return
    knock(door, f"{changed}.{claims}.{signature}")


@pytest.mark.parametrize("door", DOORS)
def test_tk_07_no_token_of_another_kind_opens_a_door(
    party: RelyingParty, tokens: Tokens, signed_in: Browser,
    knock: Callable[[str, str], None], door: str,
) -> None:  # fmt: skip
    """TK-06 as well. What belongs at a door is left out."""
    kinds = {
        "access token": tokens.access_token, "refresh token": tokens.refresh_token,
        "id token": tokens.id_token, "code": party.authorize(signed_in).code,
        "assertion": party.assertion(), "nonsense": "a.b.c", "": "",
    }  # fmt: skip
    own = {
        "userinfo": ("access token",), "introspection": ("access token", "refresh token"),
        "revocation": tuple(kinds), "assertion": ("assertion",), "hint": ("id token", ""),
        "logout": ("id token", ""), "request": ("",),
    }  # fmt: skip
    for kind, token in kinds.items():
        if kind not in own[door]:
            knock(door, token)
    for grant_type, name in (("refresh_token", "refresh_token"), ("authorization_code", "code")):
        for kind, token in kinds.items():
            if (grant_type, kind) in (
                ("refresh_token", "refresh token"),
                ("authorization_code", "code"),
            ):
                continue
            sent = {"grant_type": grant_type, name: token or None, "code_verifier": "v" * 43}
            answer = party.post("token", {**sent, "redirect_uri": party.redirect_uri})
            refusal(answer, "invalid_grant" if token else "invalid_request")
    assert party.is_accepted(tokens.access_token)


def test_tk_11_an_access_token_says_no_more_than_its_scope(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    for scope in ("openid", "openid email", "notes:read", "openid profile address phone"):
        tokens = relying_party.sign_in(signed_in, scope=scope)
        claims, header = jwt.claims_of(tokens.access_token), jwt.header_of(tokens.access_token)
        assert header["typ"] == "at+jwt"
        assert claims["exp"] - claims["iat"] <= 600
        assert {"iss", "aud", "sub", "client_id", "jti", "exp", "iat"} <= set(claims)
        text = json.dumps(claims)
        assert not re.search(r"tester|@example|Account|Street", text)


def test_tk_12_an_id_token_tells_the_truth(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    """`verify_id_token` holds it to `aud`, `nonce`, `at_hash` and its times."""
    claims = relying_party.sign_in(signed_in, max_age="10", nonce="n-ü-" + "x" * 200).claims
    assert type(claims["auth_time"]) is int
    assert claims["amr"] == ["pwd"]
    assert claims["nonce"] == "n-ü-" + "x" * 200


def test_tk_14_a_thousand_opaque_values_are_random_and_can_be_found(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser
) -> None:
    for prefix in (opaque.CODE, opaque.CLIENT_SECRET, opaque.SESSION, opaque.BROWSER):
        made = {opaque.new(provider.entropy, prefix) for _ in range(1000)}
        assert len(made) == 1000
        assert all(re.fullmatch(rf"{prefix}[A-Za-z0-9_-]{{43}}", one) for one in made)
        assert prefix.startswith("signet_")
    refreshed = {relying_party.sign_in(signed_in).refresh_token for _ in range(20)}
    assert len(refreshed) == 20
    assert all(one.startswith("signet_") for one in refreshed)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("bomb", ["p2c", "zip", "segment", "dots", "deep", "wide", "numbers"])
def test_jw_01_and_02_no_input_costs_much(
    knock: Callable[[str, str], None], tokens: Tokens, door: str, bomb: str
) -> None:
    """Generous, because a busy machine is slow and honest work is not what is measured."""
    head = {"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2**31 - 1, "p2s": "c2FsdHNhbHQ"}
    packed = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "zip": "DEF"}
    header, claims, signature = tokens.id_token.split(".")
    deep = b'{"a":' * 1500 + b"1" + b"}" * 1500
    wide = json.dumps(dict.fromkeys(map(str, range(900)), 1)).encode()
    numbers = b'{"alg":' + b"9" * 9000 + b"}"
    made = {
        "p2c": jwt.encode(json.dumps(head).encode()) + ".AA.AA.AA.AA",
        "zip": jwt.encode(json.dumps(packed).encode()) + ".AA.AA." + "A" * 12_000 + ".AA",
        "segment": f"{header}.{'A' * 14_000}.{signature}",
        "dots": "." * 14_000,
        "deep": f"{jwt.encode(deep)}.{claims}.{signature}",
        "wide": f"{header}.{jwt.encode(wide)}.x",
        "numbers": f"{jwt.encode(numbers)}.{claims}.{signature}",
    }
    started = thread_time()
    knock(door, made[bomb])
    assert thread_time() - started < 2


@pytest.mark.settings(registration={"mode": "open", "per_hour": 10_000})
def test_jw_03_a_weak_key_is_neither_registered_nor_used(
    registrar: Registrar, make_relying_party: MakeParty
) -> None:
    good = dict(jwt.key_for("RS256").as_dict(private=False))
    ec = dict(jwt.key_for("ES256").as_dict(private=False))
    low = {**good, "n": good["n"][: len(good["n"]) // 2]}
    odd = [
        low, {**good, "n": good["n"] * 3}, {**good, "e": "Aw"}, {**good, "e": "AQ"},
        {**good, "e": "AQAC"}, {**good, "n": ""}, {**ec, "x": ec["y"]}, {**ec, "y": "AA"},
        {**ec, "crv": "P-521"}, {**ec, "crv": "secp256k1"}, {"kty": "oct", "k": "c2VjcmV0"},
        {**good, "d": "AQAB"}, {**ec, "d": ec["x"]}, {**good, "alg": "RS1"},
        {**good, "alg": "none"}, {**good, "kty": "EC"}, {"kty": "RSA"},
        {"kty": "OKP", "crv": "Ed448", "x": "AA"},
    ]  # fmt: skip
    for jwk in odd:
        asked = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [jwk]}}
        answer = registrar.post(metadata(**asked))
        assert (answer.status, answer.json["error"]) == (400, "invalid_client_metadata"), jwk
        party = make_relying_party(
            token_endpoint_auth_method="private_key_jwt", jwks={"keys": [jwk]}
        )
        party.key = jwt.key_for("RS256")
        refusal(party.post("token", {"grant_type": "client_credentials"}), "invalid_client")

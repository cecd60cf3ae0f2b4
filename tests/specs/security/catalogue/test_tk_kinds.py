"""TK: what a client signs with its own key is still of one kind, written in one way, and for us
(RFC 7515 §4.1, §5.2, RFC 7519 §7.2, RFC 8725 §3.11, §3.12): assertions and request objects."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from provider.context import Provider
from tests.specs.security.catalogue.conftest import Nothing
from tests.support import jwe, jwt, request_objects
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, refusal

OWN = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
ASSERTION, REQUEST = "client-authentication+jwt", request_objects.TYPE
KINDS = (
    "at+jwt", "logout+jwt", "statuslist+jwt", "token-introspection+jwt", "dpop+jwt",
    "secevent+jwt", "jwt", "", ASSERTION.upper(), ASSERTION + " ", REQUEST + "+jwt",
)  # fmt: skip
HEADERS: tuple[dict[str, Any], ...] = (
    {"crit": []}, {"b64": True}, {"kid": ""}, {"kid": "k" * 300}, {"kid": "../x"},
    *({"typ": kind} for kind in KINDS),
)  # fmt: skip
PAYLOADS = (
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"{}",
    b"\xff",
    b'{"a":NaN}',
    b"[" * 2000,
    b'{"iss":"\\ud800"}',
)
TIMES: tuple[Any, ...] = (0, -1, True, "x", 1e300, 2**63, 10**18, [1], {})


def written_otherwise(token: str) -> Iterator[str]:
    """The same token, in ways that are not the compact one."""
    head, payload, signature = token.split(".")
    yield from (f"{head}=.{payload}.{signature}", f"{token}==", f"{token}\n", f" {token}")
    yield from (f"Bearer {token}", f"{head}.{payload}.", f"{head}..{signature}", token + ".")
    yield json.dumps({"protected": head, "payload": payload, "signature": signature})
    one = {"protected": head, "signature": signature}
    yield json.dumps({"payload": payload, "signatures": [one]})


def spoiled(party: RelyingParty, claims: dict[str, Any], kind: str) -> Iterator[str]:
    """Tokens under the right key that are nevertheless none; `kind` is the `typ` to have."""
    key, now = party.key, party.clock.now()
    assert key is not None
    yield from written_otherwise(jwt.sign(key, claims, typ=kind))
    for header in HEADERS:
        yield jwt.sign(key, claims, **{"typ": kind, **header})
    yield jwt.sign(key, claims, typ=REQUEST if kind == ASSERTION else ASSERTION)
    about = {"alg": key.get("alg"), "kid": key.get("kid"), "typ": kind}
    for payload in PAYLOADS:
        yield jwt.compact(about, payload, key)
    us = party.issuer
    audiences: tuple[Any, ...] = ("", [], {}, [7], us + "/", us.upper(), [["x"]], "https://x")
    wrong: list[dict[str, Any]] = [{"exp": time} for time in TIMES]
    wrong += [{"iat": time} for time in ("x", now + 61, True)]
    wrong += [{"nbf": time} for time in ("x", now + 61, 1e300)]
    wrong += [{"exp": now - 61}, {"exp": now + 400 * 86400}]
    wrong += [{"jti": one} for one in ("", 7, ["a"])]
    wrong += [{"iss": one} for one in ("", "x", party.issuer, [party.client_id], 7)]
    wrong += [{"aud": one} for one in audiences]
    for change in wrong:
        yield jwt.sign(key, {**claims, **change}, typ=kind)


@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_tk_10_and_ca_06_an_assertion_is_an_assertion(
    make_relying_party: MakeParty, nothing_left: Nothing, endpoint: str
) -> None:
    party = request_objects.signer(
        make_relying_party, token_endpoint_auth_method="private_key_jwt"
    )
    now = party.clock.now()
    who = {"iss": party.client_id, "sub": party.client_id, "aud": party.issuer}
    claims = {**who, "jti": "one", "iat": now, "exp": now + 60}
    with nothing_left():
        for token in (
            *spoiled(party, claims, ASSERTION),
            jwt.sign(party.key, {**claims, "sub": "other"}, typ=ASSERTION),  # type: ignore[arg-type]
            jwt.sign(party.key, {**claims, "aud": party.endpoint(endpoint)}, typ=ASSERTION),  # type: ignore[arg-type]
        ):
            fields = {**OWN, "client_assertion": token, "token": "x"}
            refusal(party.post_raw(endpoint, fields), "invalid_client")
    assert party.client_credentials().access_token


@pytest.mark.parametrize("profile", [pytest.param(one, marks=pytest.mark.settings(profile=one))
                                     for one in ("oauth21", "openid")])  # fmt: skip
def test_tk_10_and_pa_04_a_request_object_is_a_request_object(
    make_relying_party: MakeParty, signed_in: Browser, nothing_left: Nothing, provider: Provider,
    profile: str,
) -> None:  # fmt: skip
    assert provider.settings.profile == profile
    party = request_objects.signer(make_relying_party)
    attempt = party.start(prompt="none")
    claims = request_objects.claims_for(party, attempt, jti="one")
    with nothing_left():
        for token in (
            *(one for one in spoiled(party, claims, REQUEST) if jwt_says_something(one)),
            jwt.sign(party.key, {**claims, "sub": party.client_id}, typ=REQUEST),  # type: ignore[arg-type]
            jwt.sign(party.key, {**claims, "client_id": "bystander"}, typ=REQUEST),  # type: ignore[arg-type]
        ):
            outside = {"redirect_uri": party.redirect_uri, "state": attempt.state}
            sent = request_objects.sent(party, attempt, request=token, **outside)
            told = request_objects.refusal_of(signed_in, party, sent)
            assert told == "invalid_request_object", token[:200]


def jwt_says_something(token: str) -> bool:
    """Where OpenID Connect Core §6.1 merges, an empty object is one that adds nothing."""
    return ".e30." not in token


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "dir", "enc": "A128GCM"}, {"alg": "RSA1_5", "enc": "A128GCM"}, {},
        {"alg": 7, "enc": 7}, {"alg": "ECDH-ES", "enc": "A128GCM"},
        {"alg": "RSA-OAEP-256", "enc": "A256GCM", "zip": "DEF"},
        {"alg": "RSA-OAEP-256", "enc": "A256GCM", "crit": ["x"]},
        {"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"kty": "EC", "x": "AA", "y": "AA"}},
        {"alg": "ECDH-ES+A128KW", "enc": "A128GCM", "epk": 7, "apu": [1]},
        {"alg": "PBES2-HS512+A256KW", "enc": "A128GCM", "p2c": 10**9, "p2s": "AAAA"},
    ],
)  # fmt: skip
def test_jw_01_whatever_is_encrypted_in_an_odd_way_is_neither_hint_nor_request(
    relying_party: RelyingParty, signed_in: Browser, header: dict[str, Any]
) -> None:
    ours = next(one for one in relying_party.jwks["keys"] if one.get("use") == "enc")
    for kid in (ours["kid"], None, "x", 7):
        about = jwt.encode(json.dumps({**header, "kid": kid}).encode())
        for rest in (
            "...",
            "AA.AA.AA.AA",
            f"{jwt.encode(bytes(256))}.AA.{jwt.encode(bytes(40))}.AA",
        ):
            token = f"{about}.{rest}" if rest != "..." else f"{about}...."
            refused = relying_party.refused(signed_in, id_token_hint=token)
            assert refused.error == "invalid_request"
            refused = relying_party.refused(signed_in, request=token)
            assert refused.error == "invalid_request_object"


def test_jw_01_what_is_encrypted_to_us_proves_nobody(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    """Anybody can encrypt to a public key; what is inside must still be signed by us."""
    tokens = relying_party.sign_in(signed_in)
    keys = relying_party.jwks["keys"]
    ours = next(one for one in keys if (one["use"], one["kty"]) == ("enc", "RSA"))
    for inside in (jwt.unsigned(tokens.claims), jwt.tampered(tokens.id_token, sub="x"), "{}"):
        token = jwe.encrypted(inside, ours, alg="RSA-OAEP-256", enc="A256GCM", cty="JWT")
        assert relying_party.refused(signed_in, id_token_hint=token).error == "invalid_request"

"""RFC 9701: introspection answers as signed JWTs, for the caller that registered an algorithm or
asks by `Accept`; and that JWT is good for nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from provider.model.account import Account
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, public
from tests.support.relying_party import RelyingParty, Tokens, basic, refusal
from tests.support.wire import Answer

pytestmark = pytest.mark.spec("RFC9701-5")

MakeParty = Callable[..., RelyingParty]
SIGNED = "application/token-introspection+jwt"
INACTIVE = {"active": False}


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party()


@pytest.fixture
def api(make_relying_party: MakeParty) -> RelyingParty:
    """A resource server that registered RS256."""
    return make_api(make_relying_party, introspection_signed_response_alg="RS256")


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in, resource=API, scope="openid notes:read offline_access")


def make_api(make: MakeParty, **changes: Any) -> RelyingParty:
    about = {"grant_types": ("client_credentials",), "redirect_uris": ()}
    return make(policy={"audiences": (API,)}, **about, **changes)


def ask(party: RelyingParty, token: str, accept: str | None = None) -> Answer:
    fields, headers = party.credentials()
    told = {**headers, **({"Accept": accept} if accept is not None else {})}
    return party.post_raw("introspection", {**fields, "token": token}, headers=told)


def opened(party: RelyingParty, answer: Answer, alg: str = "RS256") -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert answer.header("Content-Type") == SIGNED
    header = jwt.header_of(answer.text)
    assert (header["alg"], header["typ"]) == (alg, "token-introspection+jwt")
    return jwt.verified(answer.text, party.jwks, algorithms=[alg])


@pytest.mark.spec("RFC9701-6")
@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_the_answer_is_signed_with_the_algorithm_registered(
    make_relying_party: MakeParty, tokens: Tokens, alg: str
) -> None:
    api = make_api(make_relying_party, introspection_signed_response_alg=alg)
    answer = ask(api, tokens.access_token)
    assert opened(api, answer, alg)["token_introspection"]["active"] is True
    assert answer.is_no_store


def test_it_says_who_made_it_for_whom_and_when(
    api: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(5)
    claims = opened(api, ask(api, tokens.access_token))
    assert set(claims) == {"iss", "aud", "iat", "token_introspection"}
    assert claims["iss"] == api.issuer
    assert claims["aud"] == api.client_id
    assert claims["iat"] == clock.now()


@pytest.mark.spec("RFC9701-5", "RFC7662-2.2")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_it_says_what_plain_json_says(party: RelyingParty, tokens: Tokens, kind: str) -> None:
    told = opened(party, ask(party, tokens.body[kind], SIGNED))["token_introspection"]
    assert told == party.introspect(tokens.body[kind])
    assert told["active"] is True
    assert told["sub"] == tokens.claims["sub"]


@pytest.mark.parametrize(
    "value", ["unknown", "a.b.c", "an ID token", "expired", "revoked", "for another"]
)
def test_of_what_is_not_active_it_says_no_more(
    make_relying_party: MakeParty,
    party: RelyingParty,
    api: RelyingParty,
    tokens: Tokens,
    clock: SettableClock,
    value: str,
) -> None:
    token = tokens.id_token if value == "an ID token" else tokens.access_token
    if value == "revoked":
        party.revoke(token)
    elif value == "expired":
        clock.advance(86400)
    elif value == "for another":
        api = make_relying_party(introspection_signed_response_alg="RS256")
    elif value in ("unknown", "a.b.c"):
        token = value
    assert opened(api, ask(api, token))["token_introspection"] == INACTIVE


@pytest.mark.spec("RFC9701-4", "RFC9701-6")
@pytest.mark.parametrize(
    "accept",
    [
        SIGNED,
        SIGNED.upper(),
        f"{SIGNED};q=0.5",
        f" {SIGNED} ; q=1.000",
        f"application/json, {SIGNED}",
        f"{SIGNED}, application/json;q=0.9",
        f"application/json;q=0.1,{SIGNED};q=0.2, */*;q=0.1",
        f"{SIGNED};q=nonsense",
    ],
)
def test_who_asks_by_accept_gets_rs256(party: RelyingParty, tokens: Tokens, accept: str) -> None:
    claims = opened(party, ask(party, tokens.access_token, accept))
    assert claims["token_introspection"]["active"] is True


@pytest.mark.spec("RFC9701-4")
@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        ",;,=;",
        "*/*",
        "application/*",
        "application/json",
        "application/jwt",
        f"{SIGNED};q=0",
        f"{SIGNED};q=0.000, */*",
        f"{SIGNED};q=0.5, application/json",
        SIGNED + "x",
        f"x{SIGNED}",
        "token-introspection+jwt",
        "," * 5000,
    ],
)
def test_who_does_not_gets_json(party: RelyingParty, tokens: Tokens, accept: str | None) -> None:
    answer = ask(party, tokens.access_token, accept)
    assert answer.header("Content-Type") == "application/json"
    assert answer.json["active"] is True
    assert "token_introspection" not in answer.json


@pytest.mark.spec("RFC9701-6")
@pytest.mark.parametrize("accept", ["application/json", f"{SIGNED};q=0", "*/*", SIGNED])
def test_who_registered_it_gets_nothing_unsigned(
    api: RelyingParty, tokens: Tokens, accept: str
) -> None:
    assert opened(api, ask(api, tokens.access_token, accept))["token_introspection"]["active"]


@pytest.mark.spec("RFC9701-6")
def test_accept_does_not_change_the_algorithm_registered(
    make_relying_party: MakeParty, tokens: Tokens
) -> None:
    api = make_api(make_relying_party, introspection_signed_response_alg="EdDSA")
    opened(api, ask(api, tokens.access_token, SIGNED), "EdDSA")


@pytest.mark.spec("RFC9701-4", "RFC7662-2.3")
@pytest.mark.parametrize("wrong", ["nothing", "a wrong secret", "a bearer token"])
def test_the_caller_must_authenticate_and_a_refusal_is_json(
    api: RelyingParty, tokens: Tokens, wrong: str
) -> None:
    headers = {"Accept": SIGNED}
    if wrong == "a wrong secret":
        headers["Authorization"] = basic(api.client_id, "wrong")
    if wrong == "a bearer token":
        headers["Authorization"] = f"Bearer {tokens.access_token}"
    answer = api.post_raw("introspection", {"token": tokens.access_token}, headers=headers)
    refusal(answer, "invalid_client")


@pytest.mark.spec("RFC9701-4")
def test_a_public_client_may_not_ask_this_way_either(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public(introspection_signed_response_alg="RS256"))
    token = party.sign_in(signed_in).access_token
    refusal(ask(party, token, SIGNED), "invalid_client")


@pytest.mark.spec("RFC9701-4")
def test_a_request_without_a_token_is_invalid(api: RelyingParty) -> None:
    refusal(ask(api, "", SIGNED), "invalid_request")


# -- for nothing else ----------------------------------------------------------


@pytest.fixture
def signed(party: RelyingParty, tokens: Tokens) -> str:
    """A genuine answer about a live access token, for the client it was issued to."""
    return ask(party, tokens.access_token, SIGNED).text


@pytest.mark.spec("RFC9701-8.1", "RFC8725-3.12")
def test_it_is_no_access_token(party: RelyingParty, signed: str) -> None:
    answer = party.userinfo_raw(signed)
    assert answer.status == 401
    assert 'error="invalid_token"' in (answer.header("WWW-Authenticate") or "")
    assert party.introspect(signed) == INACTIVE


@pytest.mark.spec("RFC9701-8.1", "RFC8725-3.12")
def test_it_is_no_id_token_hint(party: RelyingParty, signed_in: Browser, signed: str) -> None:
    refused = party.refused(signed_in, prompt="none", id_token_hint=signed)
    assert refused.error == "invalid_request"
    signed_in.come(f"{party.endpoint('end_session')}?{wire.encode({'id_token_hint': signed})}")
    assert signed_in.left is None


@pytest.mark.spec("RFC9701-8.1", "RFC7523-3")
def test_it_authenticates_no_client(party: RelyingParty, signed: str) -> None:
    asserted = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed,
    }
    refusal(party.post_raw("token", asserted), "invalid_client")


@pytest.mark.spec("RFC9701-5", "RFC9701-8.1")
def test_it_has_neither_subject_nor_expiry_of_its_own(
    party: RelyingParty, account: Account, signed: str
) -> None:
    claims = jwt.verified(signed, party.jwks)
    assert {"sub", "exp", "client_id", "jti"}.isdisjoint(claims)
    assert claims["token_introspection"]["sub"] == account.id


# -- discovery -----------------------------------------------------------------


@pytest.mark.spec("RFC9701-7")
def test_the_algorithms_are_listed(party: RelyingParty) -> None:
    listed = party.metadata["introspection_signing_alg_values_supported"]
    assert listed[0] == "RS256"
    assert sorted(listed) == sorted(jwt.ALGORITHMS)


@pytest.mark.spec("RFC9701-7")
@pytest.mark.settings(keys={"id_token_algorithms": ["RS256"]})
def test_only_what_there_are_keys_for_is_listed(party: RelyingParty) -> None:
    listed = party.metadata["introspection_signing_alg_values_supported"]
    assert listed == ["RS256", "ES256"]

"""RFC 9068 §4, RFC 8725: what must be wrong with an access token for our own resource to refuse
it. Everything here is signed by ourselves unless it says otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from provider.context import Provider
from provider.keys import material
from provider.keys.lifecycle import chosen
from provider.keys.purposes import ACCESS_TOKEN
from provider.store import keys as stored_keys
from provider.store.unit_of_work import transaction
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9068-4")

Sign = Callable[..., str]


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


@pytest.fixture
def sign(provider: Provider, tokens: Tokens, clock: SettableClock) -> Sign:
    """Sign the claims of a genuine access token, some of them changed; None leaves one out."""

    def signed(**changes: Any) -> str:
        claims = {**jwt.claims_of(tokens.access_token), **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return provider.keyring.sign(ACCESS_TOKEN, claims, clock.now())

    return signed


def refused(party: RelyingParty, token: str) -> None:
    answer = party.userinfo_raw(token)
    refusal(answer, "invalid_token", 401)
    challenge = answer.header("WWW-Authenticate") or ""
    assert challenge.startswith(f'Bearer realm="{party.issuer}", error="invalid_token"')
    assert token not in answer.text


def test_the_genuine_one_is_accepted(relying_party: RelyingParty, sign: Sign) -> None:
    assert relying_party.is_accepted(sign())


def test_one_that_expired_is_refused(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(599)
    assert relying_party.is_accepted(tokens.access_token)
    clock.advance(1)
    refused(relying_party, tokens.access_token)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": "https://op.example/"},
        {"aud": API},
        {"aud": "https://other.example"},
        {"aud": ["https://other.example", API]},
        {"aud": "https://op.example.attacker.example"},
        {"aud": []},
        {"client_id": "nobody"},
        {"client_id": ""},
        {"jti": "unknown.authorization"},
        {"exp": "tomorrow"},
        {"exp": True},
        {"sub": 7},
        {"scope": ["openid"]},
        *({name: None} for name in ("iss", "sub", "aud", "client_id", "iat", "exp", "jti")),
    ],
    ids=str,
)
def test_one_with_wrong_claims_is_refused(
    relying_party: RelyingParty, sign: Sign, changes: dict[str, Any]
) -> None:
    refused(relying_party, sign(**changes))


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_one_from_the_future_is_refused(
    relying_party: RelyingParty, sign: Sign, clock: SettableClock, claim: str
) -> None:
    refused(relying_party, sign(**{claim: clock.now() + 61}))


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused(
    make_relying_party: Callable[..., RelyingParty], signed_in: Browser, forgery: str, alg: str
) -> None:
    party = make_relying_party(policy={"access_token_alg": alg})
    genuine = party.sign_in(signed_in).access_token
    by_kid = {key["kid"]: key for key in party.jwks["keys"]}
    refused(party, FORGERIES[forgery](genuine, by_kid[jwt.header_of(genuine)["kid"]]))


@pytest.mark.spec("RFC8725-3.11")
@pytest.mark.parametrize("typ", ["JWT", "jwt", "", "at", "AT+JWT ", "logout+jwt", "dpop+jwt"])
def test_one_of_another_type_is_refused_although_we_signed_it(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, typ: str
) -> None:
    key = _signing_key(provider, "ES256")
    refused(relying_party, key.sign(typ, jwt.claims_of(tokens.access_token)))


@pytest.mark.spec("RFC8725-3.11")
def test_the_type_may_have_its_prefix(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens
) -> None:
    key = _signing_key(provider, "ES256")
    token = key.sign("application/at+jwt", jwt.claims_of(tokens.access_token))
    assert relying_party.is_accepted(token)


@pytest.mark.spec("RFC8725-3.1")
def test_one_key_signs_by_one_algorithm(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens
) -> None:
    key = _signing_key(provider, "RS256")
    claims = jwt.claims_of(tokens.access_token)
    assert relying_party.is_accepted(key.sign("at+jwt", claims))
    other = type(key)(_private_key(provider, "RS256"), "PS256")
    assert other.kid == key.kid
    refused(relying_party, other.sign("at+jwt", claims))


@pytest.mark.spec("RFC8725-3.12")
@pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
def test_a_token_of_another_kind_is_refused(
    relying_party: RelyingParty, tokens: Tokens, kind: str
) -> None:
    refused(relying_party, tokens.body[kind])


@pytest.mark.spec("RFC8725-3.12")
def test_a_code_is_refused(relying_party: RelyingParty, signed_in: Browser) -> None:
    refused(relying_party, relying_party.authorize(signed_in).code)


@pytest.mark.spec("RFC8725-3.12")
def test_a_client_assertion_is_refused(
    make_relying_party: Callable[..., RelyingParty],
) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    refused(party, party.assertion(header={"typ": "at+jwt"}))


@pytest.mark.parametrize(
    "token",
    ["x", "..", "a.b", "a.b.c", "a.b.c.d.e", "e30.e30.", "e30.e30.AA", "A" * 15_000, "%00", '"'],
    ids=lambda token: token[:10],
)
def test_what_is_no_token_is_refused(relying_party: RelyingParty, token: str) -> None:
    answer = relying_party.userinfo_raw(token)
    refusal(answer, "invalid_token", 401)


def _signing_key(provider: Provider, alg: str) -> Any:
    return provider.keyring.snapshot(provider.clock.now()).signing[alg]


def _private_key(provider: Provider, alg: str) -> Any:
    """Return the private key, which nobody outside this test gets."""
    with transaction(provider.engine, read_only=True) as tx:
        rows = [row for row in stored_keys.all_keys(tx) if row.alg == alg]
    row = chosen(rows, provider.clock.now())
    assert row is not None
    sealed = provider.vault.open(row.sealed, f"key {row.purpose} {row.alg} {row.kid}")
    return material.read(sealed)

"""OpenID Connect Core §10.1, §16.19, RFC 7518 §3.2: what a client wishes to have under its own
secret is so, and what is under a secret is believed of that one client alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from provider.context import Provider
from provider.credentials import client_secret
from provider.http import Request
from provider.keys import shared_secret
from provider.keys.purposes import ID_TOKEN_BY_SECRET
from provider.model.account import Account
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import front_channel, public
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = [pytest.mark.spec("OIDCC-10.1"), pytest.mark.settings(profile="openid")]

MakeParty = Callable[..., RelyingParty]
HS256: dict[str, Any] = {
    "id_token_signed_response_alg": "HS256",
    "userinfo_signed_response_alg": "HS256",
    "introspection_signed_response_alg": "HS256",
}
FORGERIES_OF_A_MAC = [
    name
    for name in FORGERIES
    if not {"stranger", "header", "address", "kid", "kid:", "MB"} & {*name.split()}
]
"""Without those that a stranger signs with a key of its own, that a `kid` is about, or that are
too long for a URL."""


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(**HS256)


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in)


def rotate(provider: Provider, party: RelyingParty, *, overlap: int = 86400) -> None:
    """Give a client a new secret, and the relying party that is it as well."""
    now = provider.clock.now()
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
        assert client is not None
        value, kept = client_secret.new(provider.entropy, provider.vault, client, now)
        clients.add_secret(tx, client.client_id, kept)
        clients.expire_secrets(tx, client.client_id, except_id=kept.id, expires_at=now + overlap)
    party.secret = value


def register(provider: Provider, party: RelyingParty, **changes: Any) -> None:
    """Change what is registered about a client; its secrets stay."""
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
        assert client is not None
        metadata = {**client.to_metadata(), **changes}
        client = type(client).from_metadata(client.client_id, metadata)
        clients.replace(tx, client, provider.clock.now())


def as_hint(party: RelyingParty, browser: Browser, hint: str) -> str:
    """Return what silent sign-in with a hint comes to: an error, or "recognised"."""
    attempt = party.start(prompt="none", id_token_hint=hint)
    browser.come(attempt.url)
    assert browser.left is not None
    return dict(browser.left.parameters).get("error", "recognised")


def log_out(party: RelyingParty, browser: Browser, hint: str) -> None:
    browser.come(f"{party.endpoint('end_session')}?{wire.encode({'id_token_hint': hint})}")


def is_signed_in(party: RelyingParty, browser: Browser) -> bool:
    return "account" in browser.visit(f"{party.issuer}/account").url.rpartition("/")[2]


# -- signing -----------------------------------------------------------------


def test_id_token_userinfo_and_introspection_are_under_the_secret(
    party: RelyingParty, tokens: Tokens
) -> None:
    assert jwt.header_of(tokens.id_token) == {"alg": "HS256", "typ": "JWT"}
    assert tokens.claims["at_hash"] == jwt.half_hash("HS256", tokens.access_token)
    answer = party.userinfo_raw(tokens.access_token)
    assert answer.content_type == "application/jwt"
    assert party.read(answer.text, "HS256")["sub"] == tokens.claims["sub"]
    answer = party.post("introspection", {"token": tokens.access_token})
    assert party.read(answer.text, "HS256")["token_introspection"]["active"] is True


def test_a_refreshed_id_token_is_under_it_too(party: RelyingParty, tokens: Tokens) -> None:
    assert party.refresh(tokens.refresh_token).claims["sub"] == tokens.claims["sub"]


def test_the_access_token_never_is(party: RelyingParty, tokens: Tokens) -> None:
    assert jwt.header_of(tokens.access_token)["alg"] == "ES256"


@pytest.mark.spec("OIDCC-3.3.2.11")
def test_an_id_token_of_the_authorization_endpoint_is_under_it(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**front_channel(**HS256))
    grant = party.authorize(signed_in, response_type="code id_token token")
    assert jwt.header_of(grant.tokens.id_token)["alg"] == "HS256"
    for name, value in (("c_hash", grant.code), ("s_hash", str(grant.attempt.state))):
        assert grant.tokens.claims[name] == jwt.half_hash("HS256", value)


def test_a_client_that_proves_itself_by_a_key_may_have_a_secret_for_this(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt", **HS256)
    assert party.sign_in(signed_in).claims["sub"]


@pytest.mark.both_databases
def test_the_newest_secret_signs_during_a_rotation(
    provider: Provider, party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    old = party.secret
    clock.advance(1)
    rotate(provider, party)
    assert party.secret != old
    assert party.sign_in(signed_in).claims["sub"]


@pytest.mark.settings(profile="certification", test_issuer=True)
def test_the_profile_certification_has_it(party: RelyingParty, tokens: Tokens) -> None:
    assert jwt.header_of(tokens.id_token)["alg"] == "HS256"


def test_a_secret_that_is_no_key_is_not_kept(
    provider: Provider, relying_party: RelyingParty, party: RelyingParty
) -> None:
    with transaction(provider.engine) as tx:
        found = [clients.find(tx, one.client_id) for one in (relying_party, party)]
    kept = [secret.sealed for client in found if client for secret in client.secrets]
    assert [sealed is None for sealed in kept] == [True, False]


def test_a_new_master_key_opens_what_the_one_before_it_sealed(
    provider: Provider, party: RelyingParty
) -> None:
    new, old = b"n" * 32, provider.settings.master_keys[0]
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
    assert client is not None
    (kept,) = client.secrets
    vault = type(provider.vault)((new, old), provider.entropy)
    opened = vault.open(kept.sealed or b"", f"client secret {kept.id}")
    assert opened.decode() == party.secret


def test_a_retired_secret_is_no_key_even_before_its_row_is_gone(
    provider: Provider, party: RelyingParty, clock: SettableClock
) -> None:
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
    assert client is not None
    (kept,) = client.secrets
    retiring = replace(client, secrets=(replace(kept, expires_at=clock.now() + 1),))
    found = []
    for _ in range(2):
        ctx = provider.open(Request(method="GET", path="/"))
        found.append(
            (client_secret.values(ctx, retiring), client_secret.has_key(retiring, ctx.now))
        )
        ctx.work.close()
        clock.advance(1)
    assert found == [([str(party.secret).encode()], True), ([], False)]


# -- not to be had -----------------------------------------------------------


@pytest.mark.settings(profile="oauth21")
def test_the_profile_oauth21_does_not_sign_so(party: RelyingParty, signed_in: Browser) -> None:
    assert party.refused(signed_in).error == "unauthorized_client"
    answer = party.post("introspection", {"token": "any"})
    refusal(answer, "unauthorized_client")


def test_a_public_client_has_no_secret_to_sign_with(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public(**HS256))
    assert party.refused(signed_in).error == "unauthorized_client"


def test_a_secret_from_before_it_was_a_key_can_not_sign_and_a_new_one_can(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    register(provider, relying_party, id_token_signed_response_alg="HS256")
    relying_party.id_token_alg = "HS256"
    assert relying_party.refused(signed_in).error == "unauthorized_client"
    clock.advance(1)
    rotate(provider, relying_party)
    assert relying_party.sign_in(signed_in).claims["sub"]


def test_without_a_live_secret_nothing_is_signed(
    provider: Provider, party: RelyingParty, tokens: Tokens, signed_in: Browser
) -> None:
    with transaction(provider.engine) as tx:
        clients.expire_secrets(
            tx, party.client_id, except_id="none", expires_at=provider.clock.now()
        )
    assert party.refused(signed_in).error == "unauthorized_client"
    refusal(party.userinfo_raw(tokens.access_token), "unauthorized_client")


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_other_macs_are_not_offered(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=alg)
    assert alg not in party.metadata["id_token_signing_alg_values_supported"]
    assert party.refused(signed_in).error == "unauthorized_client"


# -- as a hint ---------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_it_is_recognised_when_it_comes_back(
    party: RelyingParty, tokens: Tokens, signed_in: Browser, clock: SettableClock
) -> None:
    assert as_hint(party, signed_in, tokens.id_token) == "recognised"
    clock.advance(3600)
    assert as_hint(party, signed_in, tokens.id_token) == "recognised", "although it expired"


@pytest.mark.spec("OIDCRPL-2")
def test_it_signs_out_whom_it_names(
    party: RelyingParty, tokens: Tokens, signed_in: Browser
) -> None:
    log_out(party, signed_in, tokens.id_token)
    assert not is_signed_in(party, signed_in)


def test_during_a_rotation_those_under_the_old_secret_are_recognised_and_then_no_more(
    provider: Provider,
    party: RelyingParty,
    tokens: Tokens,
    signed_in: Browser,
    clock: SettableClock,
) -> None:
    clock.advance(1)
    rotate(provider, party, overlap=60)
    assert as_hint(party, signed_in, tokens.id_token) == "recognised"
    clock.advance(60)
    assert as_hint(party, signed_in, tokens.id_token) == "invalid_request"
    log_out(party, signed_in, tokens.id_token)
    assert is_signed_in(party, signed_in)


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize(
    "key", ["", "guessed", "its client id", "its digest", "the secret of another", "its issuer"]
)
def test_nothing_but_its_secret_makes_one(
    provider: Provider,
    make_relying_party: MakeParty,
    party: RelyingParty,
    tokens: Tokens,
    signed_in: Browser,
    key: str,
) -> None:
    other = make_relying_party(**HS256)
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
    assert client is not None
    secret = {
        "its client id": party.client_id.encode(),
        "its issuer": party.issuer.encode(),
        "its digest": client.secrets[0].digest,
        "the secret of another": (other.secret or "").encode(),
    }.get(key, key.encode())
    forged = jwt.keyed_with(secret, tokens.claims)
    assert as_hint(party, signed_in, forged) == "invalid_request"
    log_out(party, signed_in, forged)
    assert is_signed_in(party, signed_in)


def test_a_client_can_not_make_one_for_another(
    make_relying_party: MakeParty, party: RelyingParty, tokens: Tokens, signed_in: Browser
) -> None:
    """What one client writes under its own secret is never taken for another's."""
    other = make_relying_party(**HS256)
    other.sign_in(signed_in)
    assert other.secret
    own = {**tokens.claims, "aud": other.client_id}
    assert as_hint(party, signed_in, jwt.keyed_with(other.secret.encode(), own)) == (
        "invalid_request"
    )
    several = {**tokens.claims, "aud": [party.client_id, other.client_id]}
    for claims in (several, {**tokens.claims, "aud": [party.client_id]}):
        forged = jwt.keyed_with(other.secret.encode(), claims)
        assert as_hint(party, signed_in, forged) == "invalid_request"


@pytest.mark.spec("RFC8725-2.1")
@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("key", ["its secret", *[name for name in FORGERIES if "HS256" in name]])
def test_a_client_that_registered_a_signature_is_never_hinted_at_with_a_mac(
    make_relying_party: MakeParty, signed_in: Browser, alg: str, key: str
) -> None:
    """Although this one has a secret that is a key, for UserInfo."""
    party = make_relying_party(
        id_token_signed_response_alg=alg, userinfo_signed_response_alg="HS256"
    )
    tokens = party.sign_in(signed_in)
    by_kid = {one["kid"]: one for one in party.jwks["keys"]}
    if key == "its secret":
        forged = jwt.keyed_with((party.secret or "").encode(), tokens.claims)
    else:
        public_key = by_kid[jwt.header_of(tokens.id_token)["kid"]]
        forged = FORGERIES[key](tokens.id_token, public_key)
    assert as_hint(party, signed_in, forged) == "invalid_request"
    log_out(party, signed_in, forged)
    assert is_signed_in(party, signed_in)


@pytest.mark.spec("RFC8725-2.1")
@pytest.mark.parametrize("forgery", FORGERIES_OF_A_MAC)
def test_a_forgery_of_one_under_the_secret_is_refused(
    party: RelyingParty, tokens: Tokens, signed_in: Browser, forgery: str
) -> None:
    forged = FORGERIES[forgery](tokens.id_token, party.jwks["keys"][0])
    assert as_hint(party, signed_in, forged) == "invalid_request"
    log_out(party, signed_in, forged)
    assert is_signed_in(party, signed_in)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"sub": None},
        {"iat": None},
        {"exp": None},
        {"aud": None},
        {"aud": "nobody"},
        {"aud": []},
        {"iat": "x"},
    ],
    ids=str,
)
def test_one_with_wrong_claims_is_refused_although_it_is_under_the_secret(
    party: RelyingParty, tokens: Tokens, signed_in: Browser, changes: dict[str, Any]
) -> None:
    claims = {
        name: value for name, value in {**tokens.claims, **changes}.items() if value is not None
    }
    forged = jwt.keyed_with((party.secret or "").encode(), claims)
    assert as_hint(party, signed_in, forged) == "invalid_request"


@pytest.mark.spec("RFC8725-3.12")
def test_userinfo_introspection_and_assertion_under_the_secret_are_no_hints(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(token_endpoint_auth_method="client_secret_jwt", **HS256)
    tokens = party.sign_in(signed_in)
    for token in (
        party.userinfo_raw(tokens.access_token).text,
        party.post("introspection", {"token": tokens.access_token}).text,
        party.assertion(),
    ):
        assert jwt.header_of(token)["alg"] == "HS256"
        assert as_hint(party, signed_in, token) == "invalid_request"


def test_one_from_before_the_client_changed_its_algorithm_is_recognised_by_its_own(
    provider: Provider, party: RelyingParty, tokens: Tokens, signed_in: Browser
) -> None:
    register(provider, party, id_token_signed_response_alg="RS256")
    party.id_token_alg = "RS256"
    assert as_hint(party, signed_in, tokens.id_token) == "invalid_request"
    signed = party.sign_in(signed_in).id_token
    register(provider, party, id_token_signed_response_alg="HS256")
    assert as_hint(party, signed_in, signed) == "recognised", "our key signed it"


@pytest.mark.settings(profile="oauth21")
def test_the_profile_oauth21_recognises_none(
    provider: Provider,
    make_relying_party: MakeParty,
    signed_in: Browser,
    account: Account,
    clock: SettableClock,
) -> None:
    party = make_relying_party(**HS256)
    now = clock.now()
    claims = {"iss": party.issuer, "sub": account.id, "aud": party.client_id, "iat": now}
    secret = (party.secret or "").encode()
    hint = shared_secret.sign(ID_TOKEN_BY_SECRET, {**claims, "exp": now + 60}, secret)
    assert as_hint(party, signed_in, hint) == "invalid_request"
    log_out(party, signed_in, hint)
    assert is_signed_in(party, signed_in)


def test_the_secret_is_in_no_answer_and_no_log(
    party: RelyingParty, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    assert party.secret
    seen = capsys.readouterr()
    assert party.secret not in seen.out + seen.err
    assert party.secret not in str(tokens.body)

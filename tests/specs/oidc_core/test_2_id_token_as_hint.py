"""OpenID Connect Core §2, §3.1.2.1, RP-Initiated Logout §2: an ID token comes back as a hint of
who is meant. Only a genuine one, of this client, counts; it may have expired."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from provider.context import Provider
from provider.keys.purposes import ID_TOKEN
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import already_signed_in, make_account
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, Tokens

pytestmark = pytest.mark.spec("OIDCC-2", "OIDCC-3.1.2.1")

LONGEST = 16 * 1024
"""Characters of a URL past which the way in refuses before any hint is read."""


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


def forged(party: RelyingParty, tokens: Tokens, forgery: str) -> str:
    by_kid = {key["kid"]: key for key in party.jwks["keys"]}
    return FORGERIES[forgery](tokens.id_token, by_kid[jwt.header_of(tokens.id_token)["kid"]])


def log_out(party: RelyingParty, browser: Browser, hint: str) -> None:
    browser.come(f"{party.endpoint('end_session')}?{urlencode({'id_token_hint': hint})}")


def is_signed_in(party: RelyingParty, browser: Browser) -> bool:
    return "account" in browser.visit(f"{party.issuer}/account").url.rpartition("/")[2]


def test_a_genuine_hint_is_accepted(
    relying_party: RelyingParty, tokens: Tokens, signed_in: Browser
) -> None:
    hint = tokens.id_token
    assert relying_party.sign_in(signed_in, prompt="none", id_token_hint=hint).id_token


def test_an_expired_hint_is_accepted(
    relying_party: RelyingParty, tokens: Tokens, signed_in: Browser, clock: SettableClock
) -> None:
    clock.advance(3600)
    hint = tokens.id_token
    assert relying_party.sign_in(signed_in, prompt="none", id_token_hint=hint).id_token


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_hint_is_refused(
    relying_party: RelyingParty, tokens: Tokens, signed_in: Browser, forgery: str
) -> None:
    hint = forged(relying_party, tokens, forgery)
    attempt = relying_party.start(prompt="none", id_token_hint=hint)
    signed_in.come(attempt.url)
    if len(attempt.url) > LONGEST:
        assert signed_in.left is None
        assert signed_in.status == 413
    else:
        refused = relying_party.refused(signed_in, prompt="none", id_token_hint=hint)
        assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCRPL-2", "RFC8725-3.1")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_hint_signs_nobody_out_unasked(
    relying_party: RelyingParty, tokens: Tokens, signed_in: Browser, forgery: str
) -> None:
    log_out(relying_party, signed_in, forged(relying_party, tokens, forgery))
    assert signed_in.left is None
    assert is_signed_in(relying_party, signed_in)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_of_another_kind_is_no_hint(
    relying_party: RelyingParty, tokens: Tokens, signed_in: Browser, kind: str
) -> None:
    hint = tokens.body[kind]
    refused = relying_party.refused(signed_in, prompt="none", id_token_hint=hint)
    assert refused.error == "invalid_request"
    log_out(relying_party, signed_in, hint)
    assert is_signed_in(relying_party, signed_in)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "nobody"},
        {"aud": []},
        {"sub": None},
        {"iat": "x"},
    ],
    ids=str,
)
def test_a_hint_with_wrong_claims_is_refused_although_we_signed_it(
    provider: Provider,
    relying_party: RelyingParty,
    tokens: Tokens,
    signed_in: Browser,
    changes: dict[str, Any],
) -> None:
    claims = {**tokens.claims, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    hint = provider.keyring.sign(ID_TOKEN, claims, provider.clock.now())
    refused = relying_party.refused(signed_in, prompt="none", id_token_hint=hint)
    assert refused.error == "invalid_request"


def test_another_clients_hint_is_refused(
    make_relying_party: Callable[..., RelyingParty], tokens: Tokens, signed_in: Browser
) -> None:
    other = make_relying_party()
    other.sign_in(signed_in)
    refused = other.refused(signed_in, prompt="none", id_token_hint=tokens.id_token)
    assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCC-3.1.2.6")
def test_a_hint_of_another_person_is_not_answered_with_this_one(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens
) -> None:
    elsewhere = Browser(relying_party.app, relying_party.issuer)
    already_signed_in(provider, elsewhere, make_account(provider, "someone"))
    relying_party.sign_in(elsewhere)
    hint = tokens.id_token
    refused = relying_party.refused(elsewhere, prompt="none", id_token_hint=hint)
    assert refused.error == "login_required"


@pytest.mark.spec("OIDCRPL-2")
def test_a_hint_of_another_person_signs_nobody_out_unasked(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens
) -> None:
    elsewhere = Browser(relying_party.app, relying_party.issuer)
    already_signed_in(provider, elsewhere, make_account(provider, "someone"))
    log_out(relying_party, elsewhere, tokens.id_token)
    assert is_signed_in(relying_party, elsewhere)

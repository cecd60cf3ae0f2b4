"""RFC 7009 §2.2: the answer is 200 whether or not there was such a token, because then the client
has what it wanted. It says nothing about whose token it was."""

from collections.abc import Callable

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, Tokens

pytestmark = pytest.mark.spec("RFC7009-2.2")


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


def test_the_answer_is_empty_and_never_stored(relying_party: RelyingParty, tokens: Tokens) -> None:
    answer = relying_party.post("revocation", {"token": tokens.refresh_token})
    assert (answer.status, answer.body) == (200, b"")
    assert answer.is_no_store


@pytest.mark.parametrize(
    "value",
    ["unknown", "signet_rt_", "a.b.c", "..", "é" * 40, "\u202e", "x" * 50_000, "' OR 1=1 --"],
    ids=lambda value: value[:12],
)
@pytest.mark.both_databases
def test_what_is_no_token_is_answered_alike(relying_party: RelyingParty, value: str) -> None:
    answer = relying_party.post("revocation", {"token": value})
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_access_token_is_answered_alike_and_revokes_nothing(
    relying_party: RelyingParty, tokens: Tokens, forgery: str
) -> None:
    by_kid = {key["kid"]: key for key in relying_party.jwks["keys"]}
    public = by_kid[jwt.header_of(tokens.access_token)["kid"]]
    forged = FORGERIES[forgery](tokens.access_token, public)
    answer = relying_party.post("revocation", {"token": forged})
    assert answer.status == (413 if len(forged) > 60_000 else 200)
    assert relying_party.is_accepted(tokens.access_token)


def test_an_expired_token_is_answered_alike(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(15 * 86400)
    relying_party.revoke(tokens.access_token)
    relying_party.revoke(tokens.refresh_token)


def test_another_clients_token_is_answered_as_an_unknown_one(
    make_relying_party: Callable[..., RelyingParty], tokens: Tokens
) -> None:
    other = make_relying_party()
    seen = {
        (answer.status, answer.body, answer.fields)
        for token in (tokens.refresh_token, tokens.access_token, "unknown")
        for answer in (other.post("revocation", {"token": token}),)
    }
    assert len(seen) == 1


@pytest.mark.parametrize("kind", ["id_token", "code"])
def test_what_cannot_be_revoked_is_left_alone(
    relying_party: RelyingParty, tokens: Tokens, signed_in: Browser, kind: str
) -> None:
    grant = relying_party.authorize(signed_in)
    relying_party.revoke(grant.code if kind == "code" else tokens.id_token)
    assert relying_party.redeem(grant).access_token
    assert relying_party.is_accepted(tokens.access_token)

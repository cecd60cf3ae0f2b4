"""RFC 9700 §4.14: what is not a refresh token of ours is refused before the database is asked
about it, and costs its owner nothing."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import pytest

from provider.context import Provider
from tests.support import watching
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9700-4.14.2", "RFC6749-10.4")

Change = Callable[[str], str]
PREFIX = "signet_rt_"


def _content(token: str) -> bytes:
    encoded = token.partition(".")[2]
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _with_content(token: str, content: bytes) -> str:
    kept = token.partition(".")[0]
    return f"{kept}.{urlsafe_b64encode(content).rstrip(b'=').decode()}"


def _flip(position: int) -> Change:
    def change(token: str) -> str:
        content = bytearray(_content(token))
        content[position] ^= 1
        return _with_content(token, bytes(content))

    return change


def _next_generation(token: str) -> str:
    content = _content(token)
    following = int.from_bytes(content[16:20], "big") + 1
    return _with_content(token, content[:16] + following.to_bytes(4, "big") + content[20:])


FORGED: dict[str, Change] = {
    "an invented string": lambda _: "tGzv3JOkF0XG5Qx2TlKWIA",
    "the prefix alone": lambda _: PREFIX,
    "the prefix and a dot": lambda _: f"{PREFIX}.",
    "a foreign product's token": lambda _: "ory_rt_" + "A" * 80,
    "an authorization code": lambda _: "signet_code_" + "A" * 43,
    "one byte of the family changed": _flip(0),
    "one bit of the generation changed": _flip(19),
    "one byte of the seal changed": _flip(-1),
    "the next generation guessed": _next_generation,
    "the last character cut": lambda token: token[:-1],
    "half of it cut": lambda token: token[: len(token) // 2],
    "a character too many": lambda token: token + "A",
    "padding added": lambda token: token + "=",
    "its prefix missing": lambda token: token.removeprefix(PREFIX),
    "its prefix in capitals": lambda token: token.replace(PREFIX, PREFIX.upper()),
    "another key named": lambda token: PREFIX + "A" * 22 + "." + token.partition(".")[2],
    "no key named": lambda token: PREFIX + "." + token.partition(".")[2],
    "no family named": lambda token: token.partition(".")[0],
    "the seal missing": lambda token: _with_content(token, _content(token)[:20]),
    "an empty seal": lambda token: _with_content(token, _content(token)[:20] + bytes(32)),
    "a space inside": lambda token: token[:40] + " " + token[41:],
    "a line break behind": lambda token: token + "\n",
    "characters outside ASCII": lambda token: token[:-1] + "é",
    "60 kB of letters": lambda token: PREFIX + "A" * 60_000,
    "SQL": lambda _: "' OR generation = 0 --",
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_refresh_token_is_refused_without_asking_the_database_about_it(
    provider: Provider, party: RelyingParty, tokens: Tokens, forged: str
) -> None:
    value = FORGED[forged](tokens.refresh_token)
    assert value != tokens.refresh_token
    with watching.statements(provider) as run:
        answer = party.refresh_raw(value)
    body = refusal(answer, "invalid_grant", 400)
    assert body["error_uri"] == f"{party.issuer}/errors/unknown_token"
    assert value not in answer.text
    assert watching.tables_of(run) <= {"client", "client_secret"}
    assert all(statement.startswith("SELECT") for statement in run)
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.parametrize("forged", ["an invented string", "one byte of the seal changed"])
@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_a_forged_refresh_token_costs_no_look_up_elsewhere_either(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, forged: str, endpoint: str
) -> None:
    value = FORGED[forged](tokens.refresh_token)
    with watching.statements(provider) as run:
        answer = relying_party.post(endpoint, {"token": value})
    assert answer.status == 200
    assert watching.tables_of(run) <= {"client", "client_secret"}


def test_the_first_refresh_is_told_from_forgeries_by_its_statements(
    provider: Provider, party: RelyingParty, tokens: Tokens
) -> None:
    with watching.statements(provider) as run:
        party.refresh_raw(tokens.refresh_token)
    assert "authorization" in watching.tables_of(run), "the count sees what it must see"


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_a_token_of_another_kind_is_no_refresh_token(
    provider: Provider, party: RelyingParty, tokens: Tokens, kind: str
) -> None:
    with watching.statements(provider) as run:
        answer = party.refresh_raw(tokens.body[kind])
    refusal(answer, "invalid_grant")
    assert watching.tables_of(run) <= {"client", "client_secret"}


def test_a_code_is_no_refresh_token(party: RelyingParty, signed_in: Browser) -> None:
    grant = party.authorize(signed_in)
    refusal(party.refresh_raw(grant.code), "invalid_grant")
    assert party.redeem(grant).access_token


def test_a_refresh_token_is_no_code(party: RelyingParty, tokens: Tokens) -> None:
    fields = {"grant_type": "authorization_code", "redirect_uri": party.redirect_uri}
    sent = {**fields, "code": tokens.refresh_token, "code_verifier": "v" * 43}
    refusal(party.post("token", sent), "invalid_grant")
    assert party.refresh(tokens.refresh_token).access_token


def test_a_refresh_token_is_no_access_token(party: RelyingParty, tokens: Tokens) -> None:
    assert party.userinfo_raw(tokens.refresh_token).status == 401


def test_a_request_without_a_refresh_token_is_invalid(party: RelyingParty) -> None:
    refusal(party.post("token", {"grant_type": "refresh_token"}), "invalid_request")


def test_an_empty_refresh_token_is_none(party: RelyingParty) -> None:
    refusal(party.refresh_raw(""), "invalid_request")


def test_a_refresh_token_twice_is_refused_and_costs_nothing(
    party: RelyingParty, tokens: Tokens
) -> None:
    twice = [tokens.refresh_token] * 2
    answer = party.post("token", {"grant_type": "refresh_token", "refresh_token": twice})
    refusal(answer, "invalid_request")
    assert party.refresh(tokens.refresh_token).access_token


def test_a_token_of_another_provider_is_not_ours(party: RelyingParty, tokens: Tokens) -> None:
    """Same family and generation, sealed under a key that another installation would have."""
    content = _content(tokens.refresh_token)
    seal = hmac.digest(b"another key" * 3, b"refresh_token" + content[:20], "sha256")
    refusal(
        party.refresh_raw(_with_content(tokens.refresh_token, content[:20] + seal)),
        "invalid_grant",
    )
    assert party.refresh(tokens.refresh_token).access_token

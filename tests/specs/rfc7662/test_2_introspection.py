"""RFC 7662 §2: a client asks whether a token is active. It may know of its own tokens, an API of
those that are for it; all others get the same three words."""

from collections.abc import Callable

import pytest

from provider.model.account import Account
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, public
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, Tokens, basic, refusal

pytestmark = pytest.mark.spec("RFC7662-2.2")

MakeParty = Callable[..., RelyingParty]
INACTIVE = {"active": False}


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party()


@pytest.fixture
def api(make_relying_party: MakeParty) -> RelyingParty:
    """A resource server that introspects what is for it."""
    return make_relying_party(
        policy={"audiences": (API,)}, grant_types=("client_credentials",), redirect_uris=()
    )


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in, resource=API, scope="openid notes:read offline_access")


def test_an_access_token_is_described_to_its_api(
    party: RelyingParty, api: RelyingParty, tokens: Tokens, account: Account, clock: SettableClock
) -> None:
    described = api.introspect(tokens.access_token)
    claims = jwt.claims_of(tokens.access_token)
    assert described == {"active": True, "token_type": "Bearer", **claims}
    assert described["iss"] == party.issuer
    assert described["client_id"] == party.client_id
    assert described["sub"] == account.id
    assert described["scope"].split() == ["openid", "notes:read", "offline_access"]
    assert API in described["aud"]
    assert described["exp"] == clock.now() + 600
    assert described["iat"] == clock.now()


def test_an_access_token_is_described_to_its_client(party: RelyingParty, tokens: Tokens) -> None:
    assert party.introspect(tokens.access_token)["client_id"] == party.client_id


def test_a_refresh_token_is_described_to_its_client_without_looking_like_an_access_token(
    party: RelyingParty, tokens: Tokens, account: Account, clock: SettableClock
) -> None:
    assert party.introspect(tokens.refresh_token) == {
        "active": True,
        "iss": party.issuer,
        "client_id": party.client_id,
        "sub": account.id,
        "scope": "openid notes:read offline_access",
        "exp": clock.now() + 14 * 86400,
    }


def test_an_access_token_of_a_client_itself_is_described(
    party: RelyingParty, api: RelyingParty
) -> None:
    token = party.client_credentials(resource=API, scope="notes:read").access_token
    described = api.introspect(token)
    assert described["sub"] == described["client_id"] == party.client_id
    assert described["aud"] == API


def test_asking_costs_no_rotation(party: RelyingParty, tokens: Tokens) -> None:
    for _ in range(3):
        assert party.introspect(tokens.refresh_token)["active"] is True
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC7662-4")
def test_a_refresh_token_is_nothing_to_an_api(api: RelyingParty, tokens: Tokens) -> None:
    assert api.introspect(tokens.refresh_token) == INACTIVE


@pytest.mark.spec("RFC7662-4")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_clients_token_is_nothing_to_a_client(
    make_relying_party: MakeParty, tokens: Tokens, kind: str
) -> None:
    assert make_relying_party().introspect(tokens.body[kind]) == INACTIVE


@pytest.mark.spec("RFC7662-4")
def test_a_token_for_another_api_is_nothing_to_an_api(
    make_relying_party: MakeParty, tokens: Tokens
) -> None:
    other = make_relying_party(policy={"audiences": (f"{API}/", "https://api.example")})
    assert other.introspect(tokens.access_token) == INACTIVE


@pytest.mark.spec("RFC7662-4")
def test_that_a_client_may_ask_for_an_api_does_not_make_it_that_api(
    make_relying_party: MakeParty, tokens: Tokens
) -> None:
    other = make_relying_party(policy={"resources": (API,)})
    assert other.introspect(tokens.access_token) == INACTIVE


def test_an_expired_access_token_is_inactive(
    party: RelyingParty, api: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(599)
    assert api.introspect(tokens.access_token)["active"] is True
    clock.advance(1)
    assert api.introspect(tokens.access_token) == INACTIVE
    assert party.introspect(tokens.access_token) == INACTIVE


def test_an_expired_refresh_token_is_inactive(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(14 * 86400)
    assert party.introspect(tokens.refresh_token) == INACTIVE


def test_a_rotated_refresh_token_is_inactive_and_asking_is_no_reuse(
    party: RelyingParty, tokens: Tokens
) -> None:
    successor = party.refresh(tokens.refresh_token)
    assert party.introspect(tokens.refresh_token) == INACTIVE
    assert party.introspect(successor.refresh_token)["active"] is True


def test_a_revoked_token_is_inactive(party: RelyingParty, tokens: Tokens) -> None:
    party.revoke(tokens.refresh_token)
    for kind in ("refresh_token", "access_token"):
        assert party.introspect(tokens.body[kind]) == INACTIVE


@pytest.mark.parametrize("kind", ["id_token", "code"])
def test_what_is_no_token_for_an_api_is_inactive(
    party: RelyingParty, tokens: Tokens, signed_in: Browser, kind: str
) -> None:
    value = party.authorize(signed_in).code if kind == "code" else tokens.id_token
    assert party.introspect(value) == INACTIVE


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "value",
    ["unknown", "signet_rt_", "a.b.c", "..", "é" * 40, "x" * 50_000, "' OR 1=1 --"],
    ids=lambda value: value[:12],
)
def test_what_is_malformed_is_inactive(party: RelyingParty, value: str) -> None:
    assert party.introspect(value) == INACTIVE


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_access_token_is_inactive(
    party: RelyingParty, tokens: Tokens, forgery: str
) -> None:
    by_kid = {key["kid"]: key for key in party.jwks["keys"]}
    public_key = by_kid[jwt.header_of(tokens.access_token)["kid"]]
    forged = FORGERIES[forgery](tokens.access_token, public_key)
    answer = party.post("introspection", {"token": forged})
    if len(forged) > 60_000:
        assert answer.status == 413
    else:
        assert (answer.status, answer.json) == (200, INACTIVE)


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.spec("RFC7662-2.1")
def test_a_wrong_hint_does_not_hinder(
    party: RelyingParty, tokens: Tokens, kind: str, hint: str
) -> None:
    assert party.introspect(tokens.body[kind], token_type_hint=hint)["active"] is True


@pytest.mark.spec("RFC7662-2.1", "RFC7662-2.3")
@pytest.mark.parametrize("wrong", ["nothing", "the id alone", "a wrong secret", "a bearer token"])
def test_the_caller_must_authenticate(party: RelyingParty, tokens: Tokens, wrong: str) -> None:
    fields = {"token": tokens.access_token}
    headers = {}
    if wrong == "the id alone":
        fields["client_id"] = party.client_id
    if wrong == "a wrong secret":
        headers["Authorization"] = basic(party.client_id, "wrong")
    if wrong == "a bearer token":
        headers["Authorization"] = f"Bearer {tokens.access_token}"
    answer = party.post_raw("introspection", fields, headers=headers)
    refusal(answer, "invalid_client")
    assert "active" not in answer.json


@pytest.mark.spec("RFC7662-2.1")
def test_a_public_client_may_not_ask(make_relying_party: MakeParty, signed_in: Browser) -> None:
    party = make_relying_party(**public())
    tokens = party.sign_in(signed_in)
    refusal(party.post("introspection", {"token": tokens.access_token}), "invalid_client")


@pytest.mark.spec("RFC7662-2.1")
def test_a_request_without_a_token_is_invalid(party: RelyingParty) -> None:
    refusal(party.post("introspection", {}), "invalid_request")


@pytest.mark.spec("RFC7662-2.1")
def test_a_token_twice_is_refused(party: RelyingParty, tokens: Tokens) -> None:
    answer = party.post("introspection", {"token": [tokens.access_token, "other"]})
    refusal(answer, "invalid_request")


@pytest.mark.spec("RFC7662-2.1")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_post_asks(party: RelyingParty, tokens: Tokens, method: str) -> None:
    url = f"{party.endpoint('introspection')}?{wire.encode({'token': tokens.access_token})}"
    answer = wire.send(party.app, method, url, headers=party.credentials()[1])
    assert answer.status == 405
    assert answer.header("Allow") == "POST"
    assert b"active" not in answer.body


@pytest.mark.spec("RFC7662-2.1")
def test_a_token_in_the_query_does_not_count(party: RelyingParty, tokens: Tokens) -> None:
    url = f"{party.endpoint('introspection')}?{wire.encode({'token': tokens.access_token})}"
    answer = wire.post(party.app, url, {}, headers=party.credentials()[1])
    refusal(answer, "invalid_request")


def test_no_browser_script_may_read_the_answer(party: RelyingParty, tokens: Tokens) -> None:
    _, headers = party.credentials()
    told = {**headers, "Origin": "https://rp.example"}
    answer = party.post_raw("introspection", {"token": tokens.access_token}, headers=told)
    assert answer.status == 200
    assert answer.header("Access-Control-Allow-Origin") is None

"""RFC 7009 §2.1: a client gives back a token of its own. A refresh token takes everything of its
authorization along, an access token only itself."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import watching, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, public
from tests.support.relying_party import RelyingParty, Tokens, basic, refusal

pytestmark = pytest.mark.spec("RFC7009-2.1")

MakeParty = Callable[..., RelyingParty]


@pytest.fixture(params=["confidential", "public"])
def party(request: pytest.FixtureRequest, make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(**(public() if request.param == "public" else {}))


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in)


def test_a_revoked_refresh_token_is_refused_with_its_reason(
    party: RelyingParty, tokens: Tokens
) -> None:
    party.revoke(tokens.refresh_token)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/revoked_by_client"


def test_a_revoked_refresh_token_takes_its_access_tokens_along(
    party: RelyingParty, tokens: Tokens
) -> None:
    second = party.refresh(tokens.refresh_token)
    party.revoke(second.refresh_token)
    assert not party.is_accepted(tokens.access_token)
    assert not party.is_accepted(second.access_token)


def test_a_refresh_token_that_was_rotated_takes_its_successors_along(
    party: RelyingParty, tokens: Tokens
) -> None:
    second = party.refresh(tokens.refresh_token)
    third = party.refresh(second.refresh_token)
    party.revoke(tokens.refresh_token)
    refusal(party.refresh_raw(third.refresh_token), "invalid_grant")
    assert not party.is_accepted(third.access_token)


def test_a_revocation_reaches_the_api_by_introspection_at_once(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party, api = make_relying_party(), make_relying_party(policy={"audiences": (API,)})
    tokens = party.sign_in(signed_in, resource=API)
    assert api.introspect(tokens.access_token)["active"] is True
    party.revoke(tokens.refresh_token)
    assert api.introspect(tokens.access_token) == {"active": False}


def test_a_revoked_access_token_is_dead_at_once(party: RelyingParty, tokens: Tokens) -> None:
    party.revoke(tokens.access_token)
    assert not party.is_accepted(tokens.access_token)


def test_a_revoked_access_token_is_inactive_at_introspection(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in)
    relying_party.revoke(tokens.access_token)
    assert relying_party.introspect(tokens.access_token) == {"active": False}


def test_a_revoked_access_token_leaves_the_refresh_token_and_later_access_tokens(
    party: RelyingParty, tokens: Tokens
) -> None:
    party.revoke(tokens.access_token)
    second = party.refresh(tokens.refresh_token)
    assert party.is_accepted(second.access_token)
    assert party.refresh(second.refresh_token).access_token


def test_a_revoked_access_token_takes_along_those_that_share_its_place_in_the_list(
    party: RelyingParty, tokens: Tokens
) -> None:
    second = party.refresh(tokens.refresh_token)
    party.revoke(tokens.access_token)
    assert not party.is_accepted(second.access_token)
    third = party.refresh(second.refresh_token)
    party.revoke(second.access_token)
    party.revoke(tokens.access_token)
    assert party.is_accepted(third.access_token)


def test_an_access_token_of_the_client_itself_can_be_revoked(relying_party: RelyingParty) -> None:
    access_token = relying_party.client_credentials().access_token
    assert relying_party.introspect(access_token)["active"] is True
    relying_party.revoke(access_token)
    assert relying_party.introspect(access_token) == {"active": False}


def test_what_was_revoked_stays_so_until_it_would_have_expired(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    party.revoke(tokens.access_token)
    for _ in range(12):
        clock.advance(55)
        assert not party.is_accepted(tokens.access_token)


def test_revoking_one_sign_in_leaves_another(
    party: RelyingParty, tokens: Tokens, signed_in: Browser
) -> None:
    other = party.sign_in(signed_in)
    party.revoke(tokens.refresh_token)
    assert party.is_accepted(other.access_token)
    assert party.refresh(other.refresh_token).access_token


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_clients_token_stays(
    make_relying_party: MakeParty, party: RelyingParty, tokens: Tokens, kind: str
) -> None:
    for other in (make_relying_party(), make_relying_party(**public())):
        other.revoke(tokens.body[kind])
    assert party.is_accepted(tokens.access_token)
    assert party.refresh(tokens.refresh_token).access_token


def test_an_api_cannot_revoke_the_tokens_it_receives(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party, api = make_relying_party(), make_relying_party(policy={"audiences": (API,)})
    tokens = party.sign_in(signed_in, resource=API)
    api.revoke(tokens.access_token)
    assert api.introspect(tokens.access_token)["active"] is True


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "nonsense"])
def test_a_wrong_hint_does_not_hinder(
    party: RelyingParty, tokens: Tokens, kind: str, hint: str
) -> None:
    party.revoke(tokens.body[kind], token_type_hint=hint)
    assert not party.is_accepted(tokens.access_token)


@pytest.mark.parametrize("wrong", ["nothing", "the id alone", "a wrong secret"])
def test_a_confidential_client_must_authenticate(
    relying_party: RelyingParty, signed_in: Browser, wrong: str
) -> None:
    tokens = relying_party.sign_in(signed_in)
    fields = {"token": tokens.refresh_token}
    headers = {}
    if wrong == "the id alone":
        fields["client_id"] = relying_party.client_id
    if wrong == "a wrong secret":
        headers["Authorization"] = basic(relying_party.client_id, "wrong")
    answer = relying_party.post_raw("revocation", fields, headers=headers)
    refusal(answer, "invalid_client")
    assert relying_party.is_accepted(tokens.access_token)


def test_a_public_client_names_itself(public_party: RelyingParty, signed_in: Browser) -> None:
    tokens = public_party.sign_in(signed_in)
    fields = {"token": tokens.refresh_token}
    refusal(public_party.post_raw("revocation", fields), "invalid_client")
    assert public_party.is_accepted(tokens.access_token)


def test_a_request_without_a_token_is_invalid(party: RelyingParty) -> None:
    refusal(party.post("revocation", {}), "invalid_request")


def test_a_token_in_the_query_does_not_count(party: RelyingParty, tokens: Tokens) -> None:
    credentials, headers = party.credentials()
    url = f"{party.endpoint('revocation')}?{wire.encode({'token': tokens.refresh_token})}"
    refusal(wire.post(party.app, url, credentials, headers=headers), "invalid_request")
    assert party.is_accepted(tokens.access_token)


def test_a_token_twice_is_refused(party: RelyingParty, tokens: Tokens) -> None:
    answer = party.post("revocation", {"token": [tokens.refresh_token, tokens.access_token]})
    refusal(answer, "invalid_request")
    assert party.is_accepted(tokens.access_token)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_another_kind_of_body_is_refused(
    party: RelyingParty, tokens: Tokens, content_type: str
) -> None:
    _, headers = party.credentials()
    told = {**headers, "Content-Type": content_type}
    answer = party.post_raw("revocation", {"token": tokens.access_token}, headers=told)
    refusal(answer, "invalid_request")
    assert party.is_accepted(tokens.access_token)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_only_post_revokes(party: RelyingParty, tokens: Tokens, method: str) -> None:
    url = f"{party.endpoint('revocation')}?{wire.encode({'token': tokens.access_token})}"
    answer = wire.send(party.app, method, url, headers=party.credentials()[1])
    assert answer.status == 405
    assert "POST" in (answer.header("Allow") or "")
    assert party.is_accepted(tokens.access_token)


def test_giving_back_access_is_recorded_without_the_token(
    provider: Provider, party: RelyingParty, tokens: Tokens, account: Account
) -> None:
    party.revoke(tokens.refresh_token)
    (seen,) = watching.events(provider, "authorization_ended")
    assert (seen.client_id, seen.account_id) == (party.client_id, account.id)
    assert seen.detail == {"reason": "revoked_by_client"}
    assert "signet_rt_" not in repr(seen)


def test_a_second_revocation_changes_nothing_more(
    provider: Provider, party: RelyingParty, tokens: Tokens
) -> None:
    for _ in range(3):
        party.revoke(tokens.refresh_token)
        party.revoke(tokens.access_token)
    assert len(watching.events(provider, "authorization_ended")) == 1


def test_the_first_reason_stays(party: RelyingParty, tokens: Tokens, signed_in: Browser) -> None:
    signed_in.visit(f"{party.issuer}/account").press(party.client_id)
    party.revoke(tokens.refresh_token)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/revoked_by_user"

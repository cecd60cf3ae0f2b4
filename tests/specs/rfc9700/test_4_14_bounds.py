"""RFC 9700 §4.14.2, RFC 6749 §6: a refresh is for the client, scope and resources of its grant.
The scope may be narrowed and later widened back to what was granted, never beyond; a request
that is refused for such a reason costs no rotation."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from provider.context import Provider
from provider.model.client import Client
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.factories import API, public
from tests.support.relying_party import RelyingParty, Tokens, basic, refusal

pytestmark = pytest.mark.spec("RFC6749-6", "RFC9700-4.14.2")

MakeParty = Callable[..., RelyingParty]
GRANTED = {"openid", "profile", "email", "offline_access"}
TWO_APIS = {"resources": (API, "https://api.example/mail")}


def change_client(provider: Provider, client_id: str, **changes: Any) -> None:
    with transaction(provider.engine) as tx:
        found = clients.find(tx, client_id)
        assert found is not None
        values: Mapping[str, Any] = {**vars(found), **changes}
        fields = {name: values[name] for name in Client.__dataclass_fields__}
        clients.replace(tx, Client(**fields), provider.clock.now())


def test_without_a_scope_the_answer_is_for_all_that_was_granted(
    party: RelyingParty, tokens: Tokens
) -> None:
    assert party.refresh(tokens.refresh_token).scope == GRANTED


def test_a_refresh_can_ask_for_less(party: RelyingParty, tokens: Tokens) -> None:
    less = party.refresh(tokens.refresh_token, scope="openid email")
    assert less.scope == {"openid", "email"}
    assert set(jwt.claims_of(less.access_token)["scope"].split()) == {"openid", "email"}


def test_the_access_token_of_a_narrowed_refresh_reveals_less(
    party: RelyingParty, tokens: Tokens
) -> None:
    assert "name" in party.userinfo(tokens)
    less = party.refresh(tokens.refresh_token, scope="openid")
    assert set(party.userinfo(less)) == {"sub"}


def test_a_narrowed_refresh_does_not_narrow_the_next(party: RelyingParty, tokens: Tokens) -> None:
    less = party.refresh(tokens.refresh_token, scope="openid")
    more = party.refresh(less.refresh_token, scope="openid email")
    assert more.scope == {"openid", "email"}
    assert party.refresh(more.refresh_token).scope == GRANTED


def test_a_refresh_narrowed_to_no_sign_in_has_no_id_token(
    party: RelyingParty, tokens: Tokens
) -> None:
    assert "id_token" not in party.refresh(tokens.refresh_token, scope="email").body


@pytest.mark.parametrize("scope", ["openid address", "notes:write", "openid unknown", "OPENID"])
def test_a_scope_that_was_not_granted_is_refused(
    party: RelyingParty, tokens: Tokens, scope: str
) -> None:
    refusal(party.refresh_raw(tokens.refresh_token, scope=scope), "invalid_scope")


def test_a_scope_is_not_widened_by_a_detour(party: RelyingParty, tokens: Tokens) -> None:
    less = party.refresh(tokens.refresh_token, scope="openid")
    refusal(party.refresh_raw(less.refresh_token, scope="openid notes:read"), "invalid_scope")


def test_a_refused_scope_costs_no_rotation(party: RelyingParty, tokens: Tokens) -> None:
    refusal(party.refresh_raw(tokens.refresh_token, scope="notes:write"), "invalid_scope")
    second = party.refresh(tokens.refresh_token)
    third = party.refresh(second.refresh_token)
    assert party.is_accepted(third.access_token)


def test_a_scope_the_client_lost_since_is_still_bounded_by_the_grant(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in)
    change_client(provider, relying_party.client_id, scope="openid notes:write")
    answer = relying_party.refresh_raw(tokens.refresh_token, scope="openid notes:write")
    refusal(answer, "invalid_scope")


@pytest.mark.spec("RFC8707-2.2")
def test_the_resources_of_the_grant_stay(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy=TWO_APIS)
    tokens = party.sign_in(signed_in, resource=list(TWO_APIS["resources"]))
    audience = jwt.claims_of(party.refresh(tokens.refresh_token).access_token)["aud"]
    assert set(audience) == {*TWO_APIS["resources"], party.issuer}


@pytest.mark.spec("RFC8707-2.2")
def test_a_refresh_can_be_for_one_of_several_resources_and_then_for_the_other(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy=TWO_APIS)
    tokens = party.sign_in(signed_in, resource=list(TWO_APIS["resources"]))
    for resource in TWO_APIS["resources"]:
        tokens = party.refresh(tokens.refresh_token, resource=resource)
        assert set(jwt.claims_of(tokens.access_token)["aud"]) == {resource, party.issuer}


@pytest.mark.spec("RFC8707-2.2")
@pytest.mark.parametrize("resource", [API, "https://elsewhere.example", "notes", f"{API}#part"])
def test_a_resource_that_was_not_granted_is_refused_and_costs_no_rotation(
    party: RelyingParty, tokens: Tokens, resource: str
) -> None:
    refusal(party.refresh_raw(tokens.refresh_token, resource=resource), "invalid_target")
    second = party.refresh(tokens.refresh_token)
    assert party.refresh(second.refresh_token).access_token


def test_another_client_cannot_use_the_token_and_the_owner_still_can(
    make_relying_party: MakeParty, party: RelyingParty, tokens: Tokens
) -> None:
    for other in (make_relying_party(), make_relying_party(**public())):
        body = refusal(other.refresh_raw(tokens.refresh_token), "invalid_grant")
        assert body["error_description"] == "The refresh token is not one of ours for this client."
        assert body["error_uri"] == f"{party.issuer}/errors/unknown_token"
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.parametrize("missing", ["everything", "the secret", "the right secret"])
def test_a_confidential_client_cannot_refresh_without_proving_itself(
    relying_party: RelyingParty, signed_in: Browser, missing: str
) -> None:
    tokens = relying_party.sign_in(signed_in)
    fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    headers = {}
    if missing == "the secret":
        fields["client_id"] = relying_party.client_id
    if missing == "the right secret":
        headers["Authorization"] = basic(relying_party.client_id, "wrong")
    refusal(relying_party.post_raw("token", fields, headers=headers), "invalid_client")
    second = relying_party.refresh(tokens.refresh_token)
    assert relying_party.refresh(second.refresh_token).access_token


def test_a_public_client_that_does_not_name_itself_is_refused(
    public_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = public_party.sign_in(signed_in)
    fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    refusal(public_party.post_raw("token", fields), "invalid_client")
    assert public_party.refresh(tokens.refresh_token).access_token


def test_a_client_that_became_confidential_must_prove_itself(
    provider: Provider, public_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = public_party.sign_in(signed_in)
    change_client(
        provider, public_party.client_id, token_endpoint_auth_method="client_secret_basic"
    )
    refusal(public_party.refresh_raw(tokens.refresh_token), "invalid_client")


def test_a_client_that_lost_the_grant_is_refused(
    provider: Provider, party: RelyingParty, tokens: Tokens
) -> None:
    change_client(provider, party.client_id, grant_types=("authorization_code",))
    refusal(party.refresh_raw(tokens.refresh_token), "unauthorized_client")


def test_a_client_that_got_the_grant_back_can_go_on(
    provider: Provider, party: RelyingParty, tokens: Tokens
) -> None:
    change_client(provider, party.client_id, grant_types=("authorization_code",))
    refusal(party.refresh_raw(tokens.refresh_token), "unauthorized_client")
    back = ("authorization_code", "refresh_token")
    change_client(provider, party.client_id, grant_types=back)
    assert party.refresh(tokens.refresh_token).access_token

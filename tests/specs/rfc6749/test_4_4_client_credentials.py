"""RFC 6749 §4.4: a client acts for itself; there is no person in its tokens."""

from collections.abc import Callable

import pytest

from tests.support import jwt
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.relying_party import RelyingParty, refusal

MakeParty = Callable[..., RelyingParty]
GRANT = {"grant_type": "client_credentials"}


@pytest.mark.spec("RFC6749-4.4.2")
@pytest.mark.both_databases
def test_a_client_gets_a_token_for_itself(
    relying_party: RelyingParty, clock: SettableClock
) -> None:
    tokens = relying_party.client_credentials(scope="notes:read", resource=API)
    claims = jwt.verified(tokens.access_token, relying_party.jwks)
    assert claims["sub"] == claims["client_id"] == relying_party.client_id
    assert claims["aud"] == API
    assert claims["scope"] == "notes:read"
    assert claims["exp"] - clock.now() == tokens.body["expires_in"]
    assert not {"auth_time", "amr", "acr"} & {*claims}


@pytest.mark.spec("RFC6749-4.4.3")
def test_there_is_no_refresh_token_and_no_id_token(relying_party: RelyingParty) -> None:
    tokens = relying_party.client_credentials(scope="openid offline_access notes:read")
    assert tokens.scope == {"notes:read"}


@pytest.mark.spec("RFC6749-4.4.2")
@pytest.mark.parametrize("scope", ["openid", "openid profile", "nope", "notes:admin"])
def test_scopes_about_a_person_or_of_others_are_refused(
    relying_party: RelyingParty, scope: str
) -> None:
    refusal(relying_party.post("token", {**GRANT, "scope": scope}), "invalid_scope")


@pytest.mark.spec("RFC6749-4.4.2")
def test_without_a_scope_the_client_gets_what_it_registered(relying_party: RelyingParty) -> None:
    assert relying_party.client_credentials().scope == {"notes:read", "notes:write"}


@pytest.mark.spec("RFC6749-4.4", "RFC6749-2.1")
def test_a_public_client_can_not_act_for_itself(make_relying_party: MakeParty) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="none", grant_types=("client_credentials",)
    )
    refusal(party.post("token", GRANT), "invalid_client")


@pytest.mark.spec("RFC6749-5.2")
def test_a_client_without_the_grant_type_is_refused(make_relying_party: MakeParty) -> None:
    party = make_relying_party(grant_types=("authorization_code",))
    refusal(party.post("token", GRANT), "unauthorized_client")


@pytest.mark.spec("RFC6749-4.4.2", "RFC8707-2")
@pytest.mark.parametrize("resource", ["https://foreign.example", "nope", API + "/", API + "#f"])
def test_a_resource_the_client_was_not_allowed_is_refused(
    relying_party: RelyingParty, resource: str
) -> None:
    refusal(relying_party.post("token", {**GRANT, "resource": resource}), "invalid_target")
    both = [API, resource]
    refusal(relying_party.post("token", {**GRANT, "resource": both}), "invalid_target")


@pytest.mark.spec("RFC6749-4.4.3")
def test_the_token_opens_nothing_that_is_about_a_person(relying_party: RelyingParty) -> None:
    tokens = relying_party.client_credentials(scope="openid notes:read")
    answer = relying_party.userinfo_raw(tokens.access_token)
    assert answer.status in (401, 403)

"""RFC 8707 §2: a client says for which API a token is to be, at the authorization endpoint, at the
token endpoint, or both; it gets what the operator allowed it and no more."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.client import ClientPolicy
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import change_client
from tests.support.relying_party import RelyingParty, refusal

pytestmark = pytest.mark.spec("RFC8707-2")

NOTES, MAIL = "https://api.example/notes", "https://api.example/mail?v=1"
MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(policy={"resources": (NOTES, MAIL)}, asks="notes:read")


def audience(token: str) -> set[str]:
    found = jwt.claims_of(token)["aud"]
    return {found} if isinstance(found, str) else set(found)


NOT_ALLOWED = {
    "another API": "https://api.example/other",
    "with a slash": f"{NOTES}/",
    "a part of it": "https://api.example",
    "in capitals": NOTES.upper(),
    "with a fragment": f"{NOTES}#part",
    "with an empty fragment": f"{NOTES}#",
    "relative": "notes",
    "a path": "/notes",
    "no scheme": "//api.example/notes",
    "not a URI": "https://[",
    "outside ASCII": "https://api.example/é",
    "two in one": f"{NOTES} {MAIL}",
}


@pytest.mark.spec("RFC8707-2.1")
def test_the_token_is_for_the_resource_that_was_asked_for(
    party: RelyingParty, signed_in: Browser
) -> None:
    tokens = party.sign_in(signed_in, resource=NOTES)
    assert audience(tokens.access_token) == {NOTES}


@pytest.mark.spec("RFC8707-2.1")
def test_the_token_can_be_for_several_resources(party: RelyingParty, signed_in: Browser) -> None:
    tokens = party.sign_in(signed_in, resource=[NOTES, MAIL])
    assert audience(tokens.access_token) == {NOTES, MAIL}


@pytest.mark.spec("RFC8707-2.1")
def test_a_resource_named_twice_counts_once(party: RelyingParty, signed_in: Browser) -> None:
    tokens = party.sign_in(signed_in, resource=[NOTES, NOTES])
    assert jwt.claims_of(tokens.access_token)["aud"] == NOTES


@pytest.mark.spec("RFC8707-2.1")
def test_userinfo_stays_an_audience_of_a_sign_in(party: RelyingParty, signed_in: Browser) -> None:
    tokens = party.sign_in(signed_in, resource=NOTES, scope="openid notes:read")
    assert audience(tokens.access_token) == {NOTES, party.issuer}
    assert party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC8707-2.1")
def test_a_token_for_an_api_alone_does_not_open_userinfo(
    party: RelyingParty, signed_in: Browser
) -> None:
    tokens = party.sign_in(signed_in, resource=NOTES)
    assert not party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC8707-2.1")
@pytest.mark.parametrize("resource", NOT_ALLOWED)
def test_the_authorization_endpoint_refuses_another_resource(
    party: RelyingParty, signed_in: Browser, resource: str
) -> None:
    refused = party.refused(signed_in, resource=NOT_ALLOWED[resource])
    assert refused.error == "invalid_target"


@pytest.mark.spec("RFC8707-2.1")
def test_one_wrong_resource_among_right_ones_is_refused(
    party: RelyingParty, signed_in: Browser
) -> None:
    refused = party.refused(signed_in, resource=[NOTES, "https://api.example/other"])
    assert refused.error == "invalid_target"


@pytest.mark.spec("RFC8707-2.2")
def test_a_code_can_be_redeemed_for_some_of_its_resources(
    party: RelyingParty, signed_in: Browser
) -> None:
    grant = party.authorize(signed_in, resource=[NOTES, MAIL])
    assert audience(party.redeem(grant, resource=MAIL).access_token) == {MAIL}


@pytest.mark.spec("RFC8707-2.2")
def test_narrowing_at_redemption_does_not_narrow_the_refresh(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        policy={"resources": (NOTES, MAIL)}, asks="notes:read offline_access"
    )
    grant = party.authorize(signed_in, resource=[NOTES, MAIL])
    tokens = party.redeem(grant, resource=MAIL)
    assert audience(party.refresh(tokens.refresh_token).access_token) == {NOTES, MAIL}


@pytest.mark.spec("RFC8707-2.2")
def test_a_resource_that_was_taken_from_a_client_ends_with_its_next_token(
    make_relying_party: MakeParty, signed_in: Browser, provider: Provider, clock: SettableClock
) -> None:
    """And where none is left there is no token, rather than one for the default audience."""
    party = make_relying_party(
        policy={"resources": (NOTES, MAIL)}, asks="notes:read offline_access"
    )
    grant, tokens = (
        party.authorize(signed_in, resource=[NOTES, MAIL]),
        party.sign_in(signed_in, resource=[NOTES, MAIL]),
    )
    change_client(provider, party.client_id, policy=ClientPolicy(resources=(MAIL,)))
    clock.advance(2)
    assert audience(party.redeem(grant).access_token) == {MAIL}
    tokens = party.refresh(tokens.refresh_token)
    assert audience(tokens.access_token) == {MAIL}
    refusal(party.refresh_raw(tokens.refresh_token, resource=NOTES), "invalid_target")
    change_client(provider, party.client_id, policy=ClientPolicy())
    clock.advance(2)
    refusal(party.refresh_raw(tokens.refresh_token), "invalid_target")


@pytest.mark.spec("RFC8707-2.2")
@pytest.mark.parametrize("resource", [MAIL, *NOT_ALLOWED.values()])
def test_a_code_cannot_be_redeemed_for_another_resource_and_is_not_spent_by_it(
    party: RelyingParty, signed_in: Browser, resource: str
) -> None:
    grant = party.authorize(signed_in, resource=NOTES)
    refusal(party.redeem_raw(grant, resource=resource), "invalid_target")
    assert audience(party.redeem(grant).access_token) == {NOTES}


@pytest.mark.spec("RFC8707-2.2")
def test_a_code_without_resources_is_not_widened_at_redemption(
    party: RelyingParty, signed_in: Browser
) -> None:
    grant = party.authorize(signed_in)
    refusal(party.redeem_raw(grant, resource=NOTES), "invalid_target")


@pytest.mark.spec("RFC8707-2.2")
def test_a_client_gets_a_token_of_its_own_for_a_resource(party: RelyingParty) -> None:
    assert audience(party.client_credentials(resource=NOTES).access_token) == {NOTES}
    several = party.client_credentials(resource=[NOTES, MAIL])
    assert audience(several.access_token) == {NOTES, MAIL}


@pytest.mark.spec("RFC8707-2.2")
@pytest.mark.parametrize("resource", NOT_ALLOWED)
def test_a_client_gets_no_token_of_its_own_for_another_resource(
    party: RelyingParty, resource: str
) -> None:
    fields = {"grant_type": "client_credentials", "resource": NOT_ALLOWED[resource]}
    refusal(party.post("token", fields), "invalid_target")


@pytest.mark.spec("RFC8707-2.2")
def test_an_empty_resource_is_none(party: RelyingParty) -> None:
    assert audience(party.client_credentials(resource="").access_token) == {party.issuer}


@pytest.mark.spec("RFC8707-2.1")
def test_consent_to_one_resource_is_no_consent_to_another(
    party: RelyingParty, signed_in: Browser
) -> None:
    party.sign_in(signed_in, resource=NOTES)
    assert party.refused(signed_in, resource=MAIL, prompt="none").error == "consent_required"
    tokens = party.sign_in(signed_in, resource=NOTES, prompt="none")
    assert audience(tokens.access_token) == {NOTES}


ROOT = "https://api.example"


@pytest.mark.parametrize("registered", [ROOT, ROOT + "/"])
@pytest.mark.parametrize(
    "asked", [ROOT, ROOT + "/", "https://API.example", "HTTPS://Api.Example/"]
)
def test_case_of_the_host_and_an_empty_path_do_not_matter(
    make_relying_party: MakeParty, signed_in: Browser, registered: str, asked: str
) -> None:
    party = make_relying_party(policy={"resources": (registered,)}, asks="notes:read")
    grant = party.authorize(signed_in, resource=asked)
    assert audience(party.redeem(grant, resource=asked).access_token) == {registered}


@pytest.mark.parametrize(
    "asked",
    ["https://api.example/Notes", "https://api.example/notes/", "https://api.example:443/notes",
     "https://api.example/notes?", "https://api.example/%6eotes", "http://api.example/notes",
     "https://user@api.example/notes"],
)  # fmt: skip
def test_nothing_else_is_normalised(party: RelyingParty, signed_in: Browser, asked: str) -> None:
    assert party.refused(signed_in, resource=asked).error == "invalid_target"


def test_two_spellings_of_one_resource_are_one(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"resources": (ROOT + "/",)}, asks="notes:read")
    grant = party.authorize(signed_in, resource=[ROOT, "https://API.EXAMPLE/"])
    assert audience(party.redeem(grant, resource=ROOT).access_token) == {ROOT + "/"}


def test_consent_is_remembered_for_the_resource_however_it_was_written(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"resources": (ROOT + "/",)}, asks="notes:read")
    party.authorize(signed_in, resource=ROOT)
    assert party.authorize(signed_in, resource=ROOT + "/", prompt="none").code

"""OAuth 2.0 Multiple Response Type Encoding Practices §2 to §5: how each response type travels,
what the query must never carry, and the response type that returns nothing."""

import pytest

from provider.context import Provider
from tests.support import watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.factories import PASSWORD, RESPONSE_TYPES, front_channel, public
from tests.support.relying_party import RelyingParty

pytestmark = [pytest.mark.spec("OAUTH-MRT-2.1"), pytest.mark.settings(profile="openid")]

IN_FRAGMENT = tuple(one for one in RESPONSE_TYPES if one not in ("code", "none"))


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(**front_channel())


def mode_of(browser: Browser) -> str:
    assert browser.left is not None
    return browser.left.mode


@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
def test_each_response_type_has_its_default(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    party.authorize(signed_in, response_type=response_type)
    assert mode_of(signed_in) == ("fragment" if response_type in IN_FRAGMENT else "query")


@pytest.mark.spec("FORMPOST-2", "OAUTH-MRT-3")
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
@pytest.mark.parametrize("mode", ["fragment", "form_post"])
def test_every_response_type_may_choose_fragment_or_form_post(
    party: RelyingParty, signed_in: Browser, response_type: str, mode: str
) -> None:
    grant = party.authorize(signed_in, response_type=response_type, response_mode=mode)
    assert mode_of(signed_in) == mode
    if mode == "form_post":
        addresses = [str(one.header("Location")) for one in signed_in.visited]
        secrets = [grant.code, *map(str, grant.tokens.body.values())]
        assert not any(one in at for at in addresses for one in secrets if len(one) > 20)
        assert signed_in.visited[-1].is_no_store


@pytest.mark.spec("OAUTH-MRT-5", "MX-04")
@pytest.mark.parametrize("response_type", IN_FRAGMENT)
@pytest.mark.parametrize("mode", ["query", "nonsense", "jwt"])
def test_tokens_never_travel_in_the_query_and_the_refusal_does_not_either(
    party: RelyingParty, signed_in: Browser, response_type: str, mode: str
) -> None:
    refused = party.refused(signed_in, response_type=response_type, response_mode=mode)
    assert refused.error == "invalid_request"
    assert mode_of(signed_in) == "fragment"


@pytest.mark.parametrize("response_type", [None, "", "nonsense", "code none", "CODE"])
def test_where_no_tokens_are_asked_for_errors_are_in_the_query(
    party: RelyingParty, signed_in: Browser, response_type: str | None
) -> None:
    refused = party.refused(signed_in, response_type=response_type)
    assert refused.error in ("invalid_request", "unsupported_response_type")
    assert mode_of(signed_in) == "query"


@pytest.mark.spec("FORMPOST-2")
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
def test_errors_arrive_by_form_post_as_well(
    party: RelyingParty, user_agent: Browser, response_type: str
) -> None:
    sent = {"response_mode": "form_post", "prompt": "none", "response_type": response_type}
    assert party.refused(user_agent, **sent).error == "login_required"
    assert mode_of(user_agent) == "form_post"


@pytest.mark.spec("MX-01", "MX-02", "RFC9207-2")
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
@pytest.mark.parametrize("state", ["&=#%+ ?", "한국어 ☂", "x" * 2048, None])
@pytest.mark.parametrize("refused", [True, False])
def test_state_is_echoed_and_the_issuer_named(
    party: RelyingParty, signed_in: Browser, response_type: str, state: str | None, refused: bool
) -> None:
    if refused:
        sent = party.refused(signed_in, response_type=response_type, state=state, scope="nope")
        assert sent.parameters["iss"] == party.issuer
        assert sent.parameters.get("state") == state
    else:
        party.authorize(signed_in, response_type=response_type, state=state)
        assert signed_in.left is not None
        assert dict(signed_in.left.parameters)["iss"] == party.issuer


@pytest.mark.spec("MX-03", "MX-05")
@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
def test_the_redirect_is_a_303_that_is_not_stored_and_names_no_referrer(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    party.authorize(signed_in, response_type=response_type)
    answer = signed_in.visited[-1]
    assert answer.status == 303
    assert answer.is_no_store
    assert answer.header("Referrer-Policy") == "no-referrer"


@pytest.mark.spec("OIDCC-3.2.2.5")
@pytest.mark.parametrize("response_type", IN_FRAGMENT)
def test_the_query_of_a_redirect_uri_stays(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    uri = "https://rp.example/cb?tenant=1"
    party = make_relying_party(**front_channel(redirect_uris=(uri,)))
    party.authorize(signed_in, response_type=response_type)
    assert signed_in.left is not None
    assert signed_in.left.url.startswith(uri + "#")


@pytest.mark.settings(profile="oauth21")
@pytest.mark.parametrize("response_type", [one for one in RESPONSE_TYPES if one != "code"])
def test_in_oauth_2_1_there_is_only_the_code(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    assert party.metadata["response_types_supported"] == ["code"]
    refused = party.refused(signed_in, response_type=response_type)
    assert refused.error == "unsupported_response_type"
    refused = party.refused(signed_in, response_mode="fragment")
    assert refused.error == "invalid_request"


# -- none --------------------------------------------------------------------


@pytest.mark.spec("OAUTH-MRT-4")
def test_none_asks_the_person_and_issues_nothing(
    make_relying_party: MakeParty, user_agent: Browser, account: object, provider: Provider
) -> None:
    party = make_relying_party(**public(response_types=("none",), grant_types=(), use_pkce=False))
    attempt = party.start(response_type="none")
    user_agent.come(attempt.url)
    user_agent.sign_in("tester", PASSWORD).allow()
    assert user_agent.left is not None
    told = {name for name, _ in user_agent.left.parameters}
    assert told == {"state", "iss", "session_state"}
    assert party.receive(attempt, user_agent.left).tokens.body == {}
    assert watching.row_counts(provider)["authorization"] == 0
    assert watching.row_counts(provider)["consent"] == 1


@pytest.mark.spec("OAUTH-MRT-4")
def test_none_is_refused_as_any_other(
    party: RelyingParty, make_relying_party: MakeParty, user_agent: Browser
) -> None:
    refused = party.refused(user_agent, response_type="none", prompt="none")
    assert refused.error == "login_required"
    assert mode_of(user_agent) == "query"
    other = make_relying_party()
    assert other.refused(user_agent, response_type="none").error == "unauthorized_client"

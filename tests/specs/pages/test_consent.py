"""Consent: asked once per person, client and scope, remembered and widened, and what the page must
tell (OpenID Connect Core §3.1.2.4; RFC 8252 §8.6)."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import consents
from provider.store.unit_of_work import transaction
from tests.support.arrival import PASSWORD, MakeParty, another_browser, at_account, at_consent
from tests.support.browser import Browser
from tests.support.factories import API, make_account, native, public
from tests.support.relying_party import Refused, RelyingParty
from tests.support.watching import events, row_counts


def is_asked(browser: Browser, party: RelyingParty, **changes: str | None) -> bool:
    """Send a request and return whether the person was asked."""
    browser.come(party.start(**changes).url)
    asked = browser.left is None
    assert not asked or browser.at == "consent"
    return asked


@pytest.mark.spec("CN-01")
def test_the_page_names_the_client_where_it_leads_and_each_scope(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(client_name="Wonderful Notes")
    at_consent(
        signed_in, party, scope="openid profile email address phone offline_access notes:read",
        resource=API,
    )  # fmt: skip
    text = signed_in.page.text
    for expected in (
        "Wonderful Notes", "You will be sent to rp.example", "Recognise you", "See your profile",
        "See your email address", "See your postal address", "See your phone number",
        "Stay connected while you are away", "Read your notes", API, "Test Account", "tester",
    ):  # fmt: skip
        assert expected in text


@pytest.mark.spec("CN-01")
def test_a_scope_the_client_may_not_have_is_not_shown(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(scope="openid email")
    at_consent(signed_in, party, scope="openid email phone notes:write")
    assert "See your email address" in signed_in.page.text
    assert "phone" not in signed_in.page.text
    assert "Change your notes" not in signed_in.page.text


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_consent_is_asked_once(relying_party: RelyingParty, signed_in: Browser) -> None:
    assert is_asked(signed_in, relying_party)
    signed_in.allow()
    assert not is_asked(signed_in, relying_party)


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_less_than_was_allowed_is_not_asked_about(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in, scope="openid profile email")
    assert not is_asked(signed_in, relying_party, scope="openid email")


@pytest.mark.spec("CN-01", "OIDCC-3.1.2.4")
def test_more_than_was_allowed_is_asked_about_and_marked_as_new(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in, scope="openid profile")
    assert is_asked(signed_in, relying_party, scope="openid profile email")
    assert "See your email address New" in signed_in.page.text
    assert "See your profile New" not in signed_in.page.text


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_consent_grows_by_what_is_added(relying_party: RelyingParty, signed_in: Browser) -> None:
    relying_party.authorize(signed_in, scope="openid profile")
    relying_party.authorize(signed_in, scope="openid email")
    assert not is_asked(signed_in, relying_party, scope="openid profile email")


@pytest.mark.spec("OIDCC-3.1.2.4", "RFC8707-2")
def test_another_resource_is_asked_about(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"resources": (API, "https://api.example/mail")})
    party.authorize(signed_in, resource=API)
    assert not is_asked(signed_in, party, resource=API)
    assert is_asked(signed_in, party, resource="https://api.example/mail")


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_consent_is_for_one_client(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in)
    assert is_asked(signed_in, make_relying_party())


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_consent_is_of_one_account(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    make_account(provider, "second")
    relying_party.authorize(signed_in)
    other = another_browser(signed_in)
    other.come(relying_party.start().url)
    other.sign_in("second", PASSWORD)
    assert other.at == "consent"


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_consent_counts_in_every_browser(relying_party: RelyingParty, signed_in: Browser) -> None:
    relying_party.authorize(signed_in)
    other = another_browser(signed_in)
    other.come(relying_party.start().url)
    other.sign_in("tester", PASSWORD)
    assert other.left is not None


@pytest.mark.spec("CN-02", "RFC6749-4.1.2.1")
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_declining_tells_the_client_access_denied_and_leaves_nothing(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, mode: str
) -> None:
    attempt = at_consent(signed_in, relying_party, response_mode=mode)
    before = row_counts(provider)
    signed_in.deny()
    with pytest.raises(Refused) as refused:
        relying_party.receive(attempt, signed_in.left)
    assert refused.value.error == "access_denied"
    assert set(refused.value.parameters) == {"error", "error_description", "state", "iss"}
    after = row_counts(provider)
    for table in ("consent", "authorization", "refresh_token"):
        assert after.get(table) == before.get(table)
    assert len(events(provider, "consent_denied")) == 1


@pytest.mark.spec("CN-02")
def test_declining_keeps_what_was_allowed_before(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in, scope="openid")
    at_consent(signed_in, relying_party, scope="openid email")
    signed_in.deny()
    assert not is_asked(signed_in, relying_party, scope="openid")
    assert is_asked(signed_in, relying_party, scope="openid email")


@pytest.mark.spec("CN-02")
@pytest.mark.parametrize("action", [None, "", "yes", "ALLOW", "allow "])
def test_anything_but_allow_does_not_allow(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, action: str | None
) -> None:
    attempt = at_consent(signed_in, relying_party)
    signed_in.press("consent-allow", action=action)
    with pytest.raises(Refused, match="access_denied"):
        relying_party.receive(attempt, signed_in.left)
    assert row_counts(provider)["consent"] == 0


@pytest.mark.spec("CN-05", "RFC8252-8.6")
@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1:5000/cb", "com.example.app:/cb"])
def test_a_public_native_client_is_asked_about_again(
    make_relying_party: MakeParty, signed_in: Browser, redirect_uri: str
) -> None:
    party = make_relying_party(**native())
    party.authorize(signed_in, redirect_uri=redirect_uri)
    assert is_asked(signed_in, party, redirect_uri=redirect_uri)


@pytest.mark.spec("CN-05", "RFC8252-8.6", "OIDCC-3.1.2.6")
def test_a_public_native_client_gets_nothing_silently(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**native())
    party.authorize(signed_in, redirect_uri="http://127.0.0.1:5000/cb")
    refused = party.refused(signed_in, redirect_uri="http://127.0.0.1:5000/cb", prompt="none")
    assert refused.error == "consent_required"


@pytest.mark.spec("CN-05", "RFC8252-8.6")
def test_a_public_client_whose_address_proves_it_is_asked_about_once(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public())
    party.authorize(signed_in)
    assert not is_asked(signed_in, party)


@pytest.mark.spec("OIDCC-3.1.2.4")
@pytest.mark.parametrize(("policy", "expected"), [("always", True), ("implied", False)])
def test_the_operator_may_have_it_asked_always_or_never(
    make_relying_party: MakeParty, signed_in: Browser, policy: str, expected: bool
) -> None:
    party = make_relying_party(policy={"consent": policy})
    if policy == "always":
        party.authorize(signed_in)
    assert is_asked(signed_in, party) is expected


@pytest.mark.spec("CN-06")
def test_after_withdrawing_it_is_asked_again_and_the_tokens_are_dead(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in)
    assert relying_party.is_accepted(tokens.access_token)
    at_account(signed_in)
    signed_in.press(relying_party.client_id)
    assert not relying_party.is_accepted(tokens.access_token)
    refused = relying_party.refresh_raw(tokens.refresh_token)
    assert refused.json["error"] == "invalid_grant"
    assert refused.json["error_uri"].endswith("/errors/revoked_by_user")
    assert is_asked(signed_in, relying_party)


@pytest.mark.spec("CN-06", "RT-11")
def test_withdrawing_from_one_application_leaves_the_others(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    other = make_relying_party()
    relying_party.sign_in(signed_in)
    tokens = other.sign_in(signed_in)
    at_account(signed_in)
    signed_in.press(relying_party.client_id)
    assert other.is_accepted(tokens.access_token)
    assert not is_asked(signed_in, other)


def test_what_was_allowed_is_what_the_code_carries(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid email")
    assert tokens.scope == {"openid", "email"}
    with transaction(provider.engine) as tx:
        kept = consents.find(tx, account.id, relying_party.client_id)
    assert kept is not None
    assert kept.scopes == {"openid", "email"}

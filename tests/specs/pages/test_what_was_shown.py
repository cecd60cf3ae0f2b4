"""What a page showed is what its answer grants (OpenID Connect Core §3.1.2.4, RFC 7592 §2.2): a
client may change at any moment, so each form of ours states what it shows, and an answer to
something else decides nothing and is shown the page anew. What takes away is never held up."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.model.account import Account
from provider.store.schema import authorization_request
from provider.store.unit_of_work import transaction
from tests.support.arrival import (
    PASSWORD,
    MakeParty,
    at_account,
    at_consent,
    at_login,
    signed_in_elsewhere,
)
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, change_client
from tests.support.registering import Registrar, at_work, metadata
from tests.support.relying_party import Attempt, RelyingParty
from tests.support.watching import events, row_counts

WIDE = "openid profile email phone address offline_access notes:write"
REGISTRATION = {"mode": "open", "logo_check": "off", "scopes": WIDE.split(), "resources": [API]}
GRANTS = ["authorization_code", "refresh_token"]
CLAIMS = json.dumps({"userinfo": {"phone_number": None}})
SAID = {
    "a name": {"client_name": "Your bank"},
    "a name in another language": {"client_name#ko": "은행"},
    "a logo": {"logo_uri": "https://rp.example/other.png"},
    "a privacy policy": {"policy_uri": "https://rp.example/other-policy"},
    "terms of use": {"tos_uri": "https://rp.example/other-terms"},
}
pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.settings(profile="openid", registration=REGISTRATION),
]


@pytest.fixture
def registered(registrar: Registrar) -> dict[str, Any]:
    """A client that registered itself for as little as there is."""
    return registrar.register(scope="openid", grant_types=GRANTS)


@pytest.fixture
def party(registrar: Registrar, registered: dict[str, Any], clock: SettableClock) -> RelyingParty:
    return at_work(registrar, clock, registered)


@pytest.fixture
def change(registrar: Registrar, registered: dict[str, Any]) -> Callable[..., None]:
    """Change what the client registered, as it may do itself."""

    def put(**changes: Any) -> None:
        about = {"client_id": registered["client_id"], "grant_types": GRANTS, "scope": "openid"}
        answer = registrar.manage("PUT", registered, metadata(**{**about, **changes}))
        assert answer.status == 200, answer.body

    return put


Change = Callable[..., None]


class Meanwhile:
    """An application before which something happens, once, when a browser comes back with the
    handle of its request."""

    def __init__(self, app: Any, act: Callable[[], None]) -> None:
        self._app, self._acts = app, [act]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._acts and environ["QUERY_STRING"].startswith("handle="):
            self._acts.pop()()
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


def is_shown_anew(browser: Browser, page: str = "consent") -> bool:
    """Return whether the person is told that something changed and asked again."""
    assert browser.left is None
    assert browser.status == 200
    return browser.at == page and "has changed since this page was shown" in browser.page.text


def granted(party: RelyingParty, attempt: Attempt, browser: Browser) -> set[str]:
    return set(party.redeem(party.receive(attempt, browser.left)).scope)


# -- consent --


@pytest.mark.spec("OIDCC-3.1.2.4", "RFC7592-2.2", "CN-01")
def test_a_client_that_widens_its_scope_while_the_page_is_open_gets_no_more_for_it(
    party: RelyingParty, change: Change, provider: Provider, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, party, scope=WIDE)
    assert "See your postal address" not in signed_in.page.text
    change(scope=WIDE)
    signed_in.allow()
    assert is_shown_anew(signed_in)
    assert {row_counts(provider)[name] for name in ("consent", "authorization")} == {0}
    assert events(provider, "consent_granted") == []
    assert "See your postal address" in signed_in.page.text
    signed_in.allow()
    assert granted(party, attempt, signed_in) == set(WIDE.split())


@pytest.mark.spec("OIDCC-5.5", "CN-01")
def test_a_claim_that_the_page_did_not_name_is_not_given(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, party, scope="openid", claims=CLAIMS)
    change(scope="openid phone")
    signed_in.allow()
    assert is_shown_anew(signed_in)
    assert "Your phone number" in signed_in.page.text
    signed_in.allow()
    tokens = party.redeem(party.receive(attempt, signed_in.left))
    assert "phone_number" in party.userinfo(tokens)


@pytest.mark.spec("CN-01")
@pytest.mark.parametrize("said", SAID)
def test_who_calls_itself_otherwise_meanwhile_is_looked_at_again(
    party: RelyingParty, change: Change, signed_in: Browser, said: str
) -> None:
    attempt = at_consent(signed_in, party, scope="openid")
    change(**SAID[said])
    signed_in.allow()
    assert is_shown_anew(signed_in)
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid"}


@pytest.mark.spec("CN-01")
def test_what_an_operator_changes_is_looked_at_again(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser
) -> None:
    party = make_relying_party(scope="openid")
    attempt = at_consent(signed_in, party, scope="openid email")
    change_client(provider, party.client_id, scope="openid email")
    signed_in.allow()
    assert is_shown_anew(signed_in)
    assert "See your email address" in signed_in.page.text
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid", "email"}


@pytest.mark.spec("CN-01")
def test_less_than_was_shown_is_shown_too(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    change(scope="openid email")
    attempt = at_consent(signed_in, party, scope="openid email")
    change(scope="openid")
    signed_in.allow()
    assert is_shown_anew(signed_in)
    assert "See your email address" not in signed_in.page.text
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid"}


@pytest.mark.spec("OIDCC-3.1.2.4", "CN-01")
@pytest.mark.parametrize("prompt", [None, "consent"])
def test_a_change_between_allowing_and_issuing_is_asked_about(
    party: RelyingParty, change: Change, signed_in: Browser, prompt: str | None
) -> None:
    attempt = at_consent(signed_in, party, scope=WIDE, prompt=prompt)
    late = Browser(Meanwhile(party.app, lambda: change(scope=WIDE)), party.issuer, signed_in.jar)
    late.visit(signed_in.url).allow()
    assert is_shown_anew(late)
    late.allow()
    assert granted(party, attempt, late) == set(WIDE.split())


@pytest.mark.spec("OIDCC-5.5", "CN-01")
def test_a_claim_that_becomes_possible_after_allowing_is_asked_about(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    at_consent(signed_in, party, scope="openid", claims=CLAIMS)
    wider = Meanwhile(party.app, lambda: change(scope="openid phone"))
    late = Browser(wider, party.issuer, signed_in.jar)
    late.visit(signed_in.url).allow()
    assert is_shown_anew(late)


def test_what_was_taken_away_after_allowing_is_issued_without_another_question(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    change(scope="openid email")
    attempt = at_consent(signed_in, party, scope="openid email")
    narrower = Meanwhile(party.app, lambda: change(scope="openid"))
    late = Browser(narrower, party.issuer, signed_in.jar)
    late.visit(signed_in.url).allow()
    assert granted(party, attempt, late) == {"openid"}


@pytest.mark.spec("CD-08", "CN-01")
def test_an_answer_is_to_the_showing_it_comes_from_and_not_to_the_last_one(
    party: RelyingParty, change: Change, provider: Provider, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, party, scope="openid email")
    change(scope="openid email")
    other = signed_in.tab().visit(signed_in.url)
    assert "See your email address" in other.page.text
    signed_in.allow()
    assert is_shown_anew(signed_in)
    assert row_counts(provider)["consent"] == 0
    other.allow()
    assert granted(party, attempt, other) == {"openid", "email"}


@pytest.mark.spec("CD-08", "CN-01")
def test_a_showing_that_holds_again_may_be_answered_and_the_one_between_may_not(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, party, scope="openid email")
    change(scope="openid email")
    other = signed_in.tab().visit(signed_in.url)
    change()
    other.allow()
    assert is_shown_anew(other)
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid"}


def test_where_nothing_changed_one_answer_is_enough_in_whatever_language(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    change(**{"client_name#ko": "노트"})
    attempt = at_consent(signed_in, party, scope="openid")
    korean = signed_in.tab().visit(f"{signed_in.url}?lang=ko")
    assert "노트" in korean.page.text
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid"}


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_the_request_keeps_what_was_allowed_and_the_consent_no_more_than_that(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser
) -> None:
    party = make_relying_party(client_name="Notes", policy_uri="https://rp.example/policy")
    at_consent(signed_in, party, scope="openid email unheard:of", resource=API, claims=CLAIMS)
    signed_in.allow()
    with transaction(provider.engine, read_only=True) as tx:
        kept = tx.execute(sa.select(authorization_request.c.shown)).scalar_one()
    assert kept == {
        "client": {
            "client_id": party.client_id,
            "client_name": "Notes",
            "policy_uri": "https://rp.example/policy",
        },
        "destination": "https://rp.example/cb",
        "scopes": ["openid", "email"],
        "claims": ["phone_number"],
        "resources": [API],
        "is_unchecked": False,
    }
    (event,) = events(provider, "consent_granted")
    assert event.detail == {"scope": "openid email claim:phone_number"}


@pytest.mark.spec("CN-02")
def test_who_changes_can_still_be_declined(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    at_consent(signed_in, party, scope="openid email")
    change(scope="email", client_name="Another")
    signed_in.deny()
    assert signed_in.left is not None
    assert dict(signed_in.left.parameters)["error"] == "access_denied"


def test_another_account_can_be_chosen_whatever_changed(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    at_consent(signed_in, party, scope="openid")
    change(client_name="Another")
    signed_in.press("switch")
    assert signed_in.at == "login"


# -- an older version that serves beside this one --


def test_a_page_of_an_older_version_is_shown_anew(
    party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, party, scope="openid")
    signed_in.press("consent-allow", shown=None)
    assert is_shown_anew(signed_in)
    assert row_counts(provider)["consent"] == 0
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid"}


def test_what_an_older_version_had_allowed_is_asked_again(
    party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    """It notes who agreed and not to what, and so it may have been anything."""
    attempt = at_consent(signed_in, party, scope="openid", prompt="consent")
    session_id = signed_in.page.form_with("consent-allow").fields["csrf_token"].partition(".")[0]
    with transaction(provider.engine) as tx:
        tx.execute(authorization_request.update().values(consented_session_id=session_id))
    signed_in.visit(f"{party.issuer}/authorize?handle={signed_in.url.split('/')[-2]}")
    assert is_shown_anew(signed_in)
    signed_in.allow()
    assert granted(party, attempt, signed_in) == {"openid"}


@pytest.mark.parametrize("forged", ["", "AAAA", "not base64 %", "한"])
def test_a_statement_that_is_not_ours_is_none(
    party: RelyingParty, provider: Provider, signed_in: Browser, forged: str
) -> None:
    at_consent(signed_in, party, scope="openid")
    signed_in.press("consent-allow", shown=forged)
    assert is_shown_anew(signed_in)
    assert row_counts(provider)["consent"] == 0


# -- signing in --


@pytest.mark.parametrize("said", SAID)
def test_nobody_signs_in_for_who_calls_itself_otherwise_meanwhile(
    party: RelyingParty,
    change: Change,
    provider: Provider,
    user_agent: Browser,
    account: Account,
    said: str,
) -> None:
    attempt = at_login(user_agent, party, scope="openid")
    change(**SAID[said])
    user_agent.sign_in("tester", "not the password")
    assert is_shown_anew(user_agent, "login")
    assert events(provider, "sign_in_failed") == []
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.at == "consent"
    user_agent.allow()
    assert granted(party, attempt, user_agent) == {"openid"}


def test_what_the_sign_in_page_does_not_show_may_change(
    party: RelyingParty, change: Change, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, party, scope="openid email")
    change(scope="openid email")
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.at == "consent"
    assert "has changed" not in user_agent.page.text
    assert "See your email address" in user_agent.page.text


def test_to_sign_in_can_be_declined_whatever_changed(
    party: RelyingParty, change: Change, user_agent: Browser
) -> None:
    at_login(user_agent, party, scope="openid")
    change(client_name="Another", scope="email")
    user_agent.press("login-cancel")
    assert user_agent.left is not None
    assert dict(user_agent.left.parameters)["error"] == "access_denied"


# -- signing out --

AFTER = "https://rp.example/signed-out"


def asked_to_sign_out(browser: Browser, party: RelyingParty, **more: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in more.items())
    browser.come(f"{party.endpoint('end_session')}?client_id={party.client_id}&{query}")
    assert browser.page.has("logout-confirm")


def is_signed_in(browser: Browser) -> bool:
    return browser.tab().visit(browser.issuer + "/account").at == "account"


@pytest.mark.spec("OIDCRPL-2", "LO-01")
@pytest.mark.parametrize(
    ("before", "after", "leads_to"),
    [
        ({}, {"client_name": "Another"}, "signed-out page"),
        ({}, {"logo_uri": "https://rp.example/x.png"}, "signed-out page"),
        ({}, {"post_logout_redirect_uris": [AFTER]}, AFTER),
        ({"post_logout_redirect_uris": [AFTER]}, {}, "signed-out page"),
    ],
    ids=["another name", "another logo", "an address is added", "an address is taken away"],
)
def test_who_asks_to_sign_out_and_changes_meanwhile_is_looked_at_again(
    party: RelyingParty,
    change: Change,
    signed_in: Browser,
    before: dict[str, Any],
    after: dict[str, Any],
    leads_to: str,
) -> None:
    change(**before)
    asked_to_sign_out(signed_in, party, post_logout_redirect_uri=AFTER)
    change(**after)
    signed_in.press("logout-confirm")
    assert is_shown_anew(signed_in, "logout")
    assert is_signed_in(signed_in)
    signed_in.press("logout-confirm")
    if leads_to == AFTER:
        assert signed_in.left is not None
        assert signed_in.left.url == AFTER
    else:
        assert "signed out" in signed_in.page.text
    assert not is_signed_in(signed_in)


@pytest.mark.spec("OIDCRPL-2")
def test_an_address_that_is_registered_while_the_person_is_asked_is_not_gone_to_unseen(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    """A genuine hint would else be enough now, without another question."""
    tokens = party.sign_in(signed_in, scope="openid")
    asked_to_sign_out(
        signed_in, party, id_token_hint=tokens.id_token, post_logout_redirect_uri=AFTER
    )
    change(post_logout_redirect_uris=[AFTER])
    signed_in.press("logout-confirm")
    assert is_shown_anew(signed_in, "logout")
    assert is_signed_in(signed_in)


def test_to_sign_out_is_one_answer_where_nothing_changed(
    party: RelyingParty, signed_in: Browser
) -> None:
    asked_to_sign_out(signed_in, party, ui_locales="ko")
    signed_in.press("logout-confirm")
    assert not is_signed_in(signed_in)


def test_to_stay_signed_in_needs_no_second_look(
    party: RelyingParty, change: Change, signed_in: Browser
) -> None:
    asked_to_sign_out(signed_in, party)
    change(client_name="Another")
    signed_in.press("logout-cancel")
    assert signed_in.at == "account"


# -- the account page --


@pytest.mark.spec("CN-06")
def test_access_is_withdrawn_at_once_whatever_the_application_became(
    party: RelyingParty, change: Change, provider: Provider, signed_in: Browser
) -> None:
    tokens = party.sign_in(signed_in, scope="openid")
    at_account(signed_in)
    change(scope=WIDE, client_name="Your bank")
    party.sign_in(signed_in.tab(), scope=WIDE)
    signed_in.press(party.client_id)
    assert "Access withdrawn" in signed_in.page.text
    assert not party.is_accepted(tokens.access_token)
    assert row_counts(provider)["consent"] == 0


@pytest.mark.parametrize(
    ("button", "named"),
    [("sign_out", {}), ("{client}", {"client_id": "another"}), ("{client}", {"shown": ""})],
    ids=["the form of another act", "another application", "a page of an older version"],
)
def test_nothing_is_taken_away_that_the_form_does_not_state(
    party: RelyingParty,
    provider: Provider,
    signed_in: Browser,
    button: str,
    named: dict[str, str],
) -> None:
    tokens = party.sign_in(signed_in, scope="openid")
    at_account(signed_in)
    other = signed_in.page.form_with(party.client_id).fields["shown"]
    stated = {"shown": other} if button == "sign_out" else named
    signed_in.press(button.format(client=party.client_id), **stated)
    assert "Nothing was done" in signed_in.page.text
    assert is_signed_in(signed_in)
    assert party.is_accepted(tokens.access_token)
    assert events(provider, "consent_withdrawn") == []


def test_a_session_that_the_page_did_not_name_is_not_ended(
    provider: Provider, signed_in: Browser, account: Account
) -> None:
    signed_in_elsewhere(provider, signed_in, account)
    at_account(signed_in)
    later = signed_in_elsewhere(provider, signed_in, account)
    (named,) = [form for form in signed_in.page.forms if form.action.endswith("/sessions/end")]
    fresh = signed_in.tab()
    at_account(fresh)
    forms = [form for form in fresh.page.forms if form.action.endswith("/sessions/end")]
    known, unknown = named.buttons[0].value, {form.buttons[0].value for form in forms}
    signed_in.press(known, session_id=(unknown - {known}).pop())
    assert "Nothing was done" in signed_in.page.text
    assert is_signed_in(later)


def test_every_other_session_ends_whichever_the_page_named(
    provider: Provider, signed_in: Browser, account: Account
) -> None:
    """The button says everywhere else, so one that began meanwhile ends as well."""
    signed_in_elsewhere(provider, signed_in, account)
    at_account(signed_in)
    later = signed_in_elsewhere(provider, signed_in, account)
    signed_in.press("end_others")
    assert not is_signed_in(later)
    assert is_signed_in(signed_in)

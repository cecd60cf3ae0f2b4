"""OpenID Connect Core §3.1.2.3, §3.1.2.4: the person signs in and agrees, on pages that cannot be
forged, framed or mixed up between tabs."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import accounts
from provider.store.unit_of_work import transaction
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD, native, public
from tests.support.relying_party import Refused, RelyingParty

MakeParty = Callable[..., RelyingParty]
MakeAccount = Callable[..., Account]


@pytest.mark.spec("OIDCC-3.1.2.3")
@pytest.mark.parametrize(
    "login", ["tester", "TESTER", " tester ", "ｔester", "tester@example.com"]
)
def test_a_person_signs_in_by_name_or_address(
    relying_party: RelyingParty, user_agent: Browser, account: Account, login: str
) -> None:
    tokens = relying_party.redeem(relying_party.authorize(user_agent, username=login))
    assert tokens.claims["sub"] == account.id
    assert tokens.claims["amr"] == ["pwd"]


@pytest.mark.spec("OIDCC-3.1.2.3")
@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("tester", "wrong"),
        ("tester", PASSWORD + " "),
        ("tester", PASSWORD.upper()),
        ("tester", PASSWORD[:-1]),
        ("tester", ""),
        ("", PASSWORD),
        ("nobody", PASSWORD),
        ("tester\u200b", PASSWORD),
        ("%", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
)
def test_wrong_credentials_get_nothing_and_all_read_the_same(
    relying_party: RelyingParty,
    user_agent: Browser,
    account: object,
    username: str,
    password: str,
) -> None:
    user_agent.come(relying_party.start().url).sign_in("somebody", "something")
    same = user_agent.page.text_of("login-error")
    user_agent.sign_in(username, password)
    assert user_agent.at == "login"
    assert user_agent.status == 400
    assert user_agent.page.text_of("login-error") == same
    assert user_agent.jar.get("signet_session") is None


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_a_disabled_account_reads_like_a_wrong_password(
    provider: Provider, relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    with transaction(provider.engine) as tx:
        accounts.set_disabled(tx, account.id, provider.clock.now())
    user_agent.come(relying_party.start().url).sign_in("tester", "wrong")
    wrong = user_agent.page.text_of("login-error")
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.page.text_of("login-error") == wrong


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_after_a_wrong_password_the_right_one_still_leads_back(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = relying_party.start()
    user_agent.come(attempt.url).sign_in("tester", "wrong").sign_in("tester", PASSWORD).allow()
    assert relying_party.receive(attempt, user_agent.left).code


@pytest.mark.spec("OIDCC-3.1.2.6", "RFC6749-4.1.2.1")
def test_a_person_who_would_not_sign_in_is_sent_back(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    attempt = relying_party.start()
    user_agent.come(attempt.url).press("login-cancel")
    with pytest.raises(Refused, match="access_denied"):
        relying_party.receive(attempt, user_agent.left)


@pytest.mark.spec("OIDCC-3.1.2.4", "RFC6749-4.1.2.1")
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_person_who_declines_is_sent_back_and_nothing_is_remembered(
    relying_party: RelyingParty, signed_in: Browser, mode: str
) -> None:
    attempt = relying_party.start(response_mode=mode)
    signed_in.come(attempt.url).deny()
    with pytest.raises(Refused, match="access_denied"):
        relying_party.receive(attempt, signed_in.left)
    assert relying_party.refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_the_consent_page_says_who_asks_for_what_and_where_it_leads(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        client_name="Notes <b>App</b>",
        logo_uri="https://rp.example/logo.png",
        policy_uri="https://rp.example/policy",
        tos_uri="javascript:alert(1)",
    )
    page = signed_in.come(party.start(scope="openid email notes:read").url).page
    assert "Notes <b>App</b>" in page.text
    assert "<b>App" not in page.html
    assert "rp.example" in page.text_of("destination")
    assert "Read your notes" in page.text
    assert "Change your notes" not in page.text
    assert page.elements["client-logo"].attributes["src"] == "https://rp.example/logo.png"
    assert page.elements["client-policy"].attributes["href"] == "https://rp.example/policy"
    assert not page.has("client-tos")


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_the_sign_in_page_shows_the_client_as_well(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party(
        logo_uri="https://rp.example/logo.png",
        policy_uri="https://rp.example/policy",
        tos_uri="https://rp.example/terms",
    )
    page = user_agent.come(party.start().url).page
    assert page.elements["client-logo"].attributes["src"] == "https://rp.example/logo.png"
    assert page.elements["client-policy"].attributes["href"] == "https://rp.example/policy"
    assert page.elements["client-tos"].attributes["href"] == "https://rp.example/terms"
    for element in ("username", "password", "login-submit", "login-cancel"):
        assert page.has(element)


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_what_was_agreed_is_not_asked_again_and_what_is_new_is(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in, scope="openid email")
    for scope in ("openid", "email openid"):
        signed_in.come(relying_party.start(scope=scope).url)
        assert signed_in.left is not None
    signed_in.come(relying_party.start(scope="openid email phone").url)
    assert signed_in.at == "consent"


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_consent_given_to_one_client_counts_for_no_other(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    assert make_relying_party().refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("RFC8252-8.6")
@pytest.mark.parametrize(("kind", "asks"), [(public, False), (native, True)])
def test_a_public_client_is_trusted_again_only_where_its_redirect_uri_proves_it(
    make_relying_party: MakeParty, signed_in: Browser, kind: MakeParty, asks: bool
) -> None:
    party = make_relying_party(**kind())  # type: ignore[arg-type]
    party.authorize(signed_in)
    signed_in.come(party.start().url)
    assert (signed_in.left is None) == asks


# -- pages can not be forged -------------------------------------------------


@pytest.mark.spec("RFC6749-10.12", "OIDCC-3.1.2.3")
@pytest.mark.parametrize("forged", [None, "", "x", "A" * 44, "é"])
def test_a_sign_in_without_the_pages_own_token_is_refused(
    relying_party: RelyingParty, user_agent: Browser, account: object, forged: str | None
) -> None:
    user_agent.come(relying_party.start().url).fill(username="tester", password=PASSWORD)
    user_agent.press("login-submit", csrf_token=forged)
    assert user_agent.status in (400, 403)
    assert user_agent.jar.get("signet_session") is None


@pytest.mark.spec("RFC6749-10.12", "OIDCC-3.1.2.4")
@pytest.mark.parametrize("forged", [None, "", "x"])
def test_a_consent_without_the_pages_own_token_is_refused(
    relying_party: RelyingParty, signed_in: Browser, forged: str | None
) -> None:
    signed_in.come(relying_party.start().url).press("consent-allow", csrf_token=forged)
    assert signed_in.status in (400, 403)
    assert signed_in.left is None
    assert relying_party.refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("RFC6749-10.12")
def test_a_token_of_another_browser_or_of_another_page_is_refused(
    relying_party: RelyingParty, signed_in: Browser, make_account: MakeAccount
) -> None:
    make_account("other")
    other = Browser(relying_party.app, relying_party.issuer)
    other.come(relying_party.start().url).sign_in("other", PASSWORD)
    foreign = other.page.form_with("consent-allow").fields["csrf_token"]
    second = signed_in.tab().come(relying_party.start().url)
    own = second.page.form_with("consent-allow").fields["csrf_token"]
    for token in (foreign, own):
        signed_in.come(relying_party.start().url).press("consent-allow", csrf_token=token)
        assert signed_in.status in (400, 403)
    assert relying_party.refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("RFC6749-10.12")
@pytest.mark.parametrize("page", ["login", "consent"])
def test_a_form_of_another_site_changes_nothing(
    relying_party: RelyingParty, user_agent: Browser, account: object, page: str
) -> None:
    user_agent.come(relying_party.start().url)
    if page == "consent":
        user_agent.sign_in("tester", PASSWORD)
    button = f"{page}-submit" if page == "login" else "consent-allow"
    form = user_agent.page.form_with(button)
    pressed = form.button(button)
    assert pressed is not None
    fields = {**form.fields, "username": "tester", "password": PASSWORD, "action": pressed.value}
    user_agent.come_with(form.action, fields)
    assert user_agent.status in (400, 403)
    assert user_agent.left is None


@pytest.mark.spec("OIDCC-3.1.2.4")
@pytest.mark.parametrize("query", ["?action=allow", "?action=allow&csrf_token=x"])
def test_a_consent_is_never_given_by_get(
    relying_party: RelyingParty, signed_in: Browser, query: str
) -> None:
    signed_in.come(relying_party.start().url)
    signed_in.visit(signed_in.url + query)
    assert signed_in.left is None
    assert relying_party.refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("RFC6749-10.13")
@pytest.mark.parametrize("page", ["login", "consent", "problem"])
def test_no_page_can_be_framed_or_kept_or_made_to_run_anything(
    relying_party: RelyingParty, signed_in: Browser, user_agent: Browser, page: str
) -> None:
    browser = signed_in if page == "consent" else Browser(relying_party.app, relying_party.issuer)
    changes = {"client_id": "nobody"} if page == "problem" else {}
    answer = browser.come(relying_party.start(**changes).url).answer
    assert answer is not None
    policy = str(answer.header("Content-Security-Policy"))
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert browser.page.scripts == []
    assert answer.header("X-Frame-Options") == "DENY"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.is_no_store
    assert str(answer.header("Strict-Transport-Security")).startswith("max-age=")
    assert answer.header("Server") is None
    assert answer.header("Access-Control-Allow-Origin") is None


# -- sessions ----------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_cookies_are_opaque_and_bound_to_the_host(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    relying_party.authorize(user_agent)
    names = {name for _, name in user_agent.jar.cookies}
    assert names == {"__Host-signet_session", "__Host-signet_browser"}
    for cookie in user_agent.jar.cookies.values():
        assert cookie.secure
        assert cookie.http_only
        assert cookie.same_site in ("lax", "strict")
        assert "tester" not in cookie.value
        assert account.id not in cookie.value


@pytest.mark.spec("OIDCC-3.1.2.3")
@pytest.mark.settings(issuer="http://localhost:8000")
def test_on_plain_localhost_the_cookies_work_without_the_prefix(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    relying_party.sign_in(user_agent)
    names = {name for _, name in user_agent.jar.cookies}
    assert names == {"signet_session", "signet_browser"}
    assert relying_party.authorize(user_agent, prompt="none").code


@pytest.mark.spec("OIDCC-3.1.2.3")
@pytest.mark.settings(issuer="https://op.example/tenant/one")
def test_an_issuer_with_a_path_serves_the_whole_journey(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    tokens = relying_party.sign_in(user_agent)
    assert tokens.claims["iss"] == "https://op.example/tenant/one"
    assert relying_party.userinfo(tokens)["name"] == "Test Account"
    assert relying_party.authorize(user_agent, prompt="none").code


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_signing_in_renews_the_session_and_the_old_cookie_is_worthless(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    old = dict(signed_in.jar.cookies)
    relying_party.authorize(signed_in, prompt="login")
    fixed = Browser(relying_party.app, relying_party.issuer)
    fixed.jar.cookies |= old
    assert relying_party.refused(fixed, prompt="none").error == "login_required"
    assert relying_party.authorize(signed_in, prompt="none").code


@pytest.mark.spec("OIDCC-3.1.2.3")
@pytest.mark.parametrize("value", ["x", "signet_session_", "signet_session_" + "A" * 43, ""])
def test_a_session_can_not_be_fixed_or_made_up(
    relying_party: RelyingParty, signed_in: Browser, account: object, value: str
) -> None:
    relying_party.sign_in(signed_in)
    cookie = signed_in.jar.get("signet_session")
    assert cookie is not None
    cookie.value = value
    assert relying_party.refused(signed_in, prompt="none").error == "login_required"
    relying_party.authorize(signed_in)
    renewed = signed_in.jar.get("signet_session")
    assert renewed is not None
    assert renewed.value != value


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_a_disabled_account_is_signed_out_at_once(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, account: Account
) -> None:
    relying_party.sign_in(signed_in)
    with transaction(provider.engine) as tx:
        accounts.set_disabled(tx, account.id, provider.clock.now())
    assert relying_party.refused(signed_in, prompt="none").error == "login_required"


# -- tabs --------------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_two_tabs_that_were_opened_side_by_side_both_finish(
    relying_party: RelyingParty,
    make_relying_party: MakeParty,
    user_agent: Browser,
    account: object,
) -> None:
    parties = relying_party, make_relying_party()
    tabs = user_agent, user_agent.tab()
    attempts = [
        party.start(scope=f"openid {scope}")
        for party, scope in zip(parties, ("email", "phone"), strict=True)
    ]
    for tab, attempt in zip(tabs, attempts, strict=True):
        tab.come(attempt.url)
    for tab in tabs:
        tab.sign_in("tester", PASSWORD)
    for party, tab, attempt in zip(parties, tabs, attempts, strict=True):
        if tab.left is None:
            tab.allow()
        tokens = party.redeem(party.receive(attempt, tab.left))
        assert tokens.scope == {*str(attempt.parameters["scope"]).split()}


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_two_tabs_at_consent_both_finish_in_either_order(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    first, second = relying_party.start(), relying_party.start()
    other = signed_in.tab()
    signed_in.come(first.url)
    other.come(second.url)
    other.allow()
    signed_in.allow()
    for attempt, tab in ((first, signed_in), (second, other)):
        assert relying_party.redeem(relying_party.receive(attempt, tab.left)).access_token


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_signing_in_again_in_one_tab_does_not_disturb_a_consent_in_another(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    attempt = relying_party.start()
    signed_in.come(attempt.url)
    relying_party.authorize(signed_in.tab(), prompt="login", scope="openid")
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_a_code_carries_the_person_who_signed_in_for_it(
    relying_party: RelyingParty, user_agent: Browser, account: Account, make_account: MakeAccount
) -> None:
    other = make_account("other")
    mine, theirs = relying_party.start(), relying_party.start(prompt="login")
    tab = user_agent.tab()
    user_agent.come(mine.url).sign_in("tester", PASSWORD)
    tab.come(theirs.url).sign_in("other", PASSWORD)
    tab.allow()
    tokens = relying_party.redeem(relying_party.receive(theirs, tab.left))
    assert tokens.claims["sub"] == other.id
    user_agent.allow()
    if user_agent.left is None:
        assert user_agent.at in ("login", "consent")
    else:
        grant = relying_party.receive(mine, user_agent.left)
        assert relying_party.redeem(grant).claims["sub"] == account.id


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_another_browser_can_not_answer_a_request(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    user_agent.come(relying_party.start().url)
    stranger = Browser(relying_party.app, relying_party.issuer)
    stranger.come(relying_party.start().url)
    stranger.visit(user_agent.url)
    assert stranger.problem()
    stranger.visit("https://op.example/authorize?handle=" + user_agent.url.split("/")[-2])
    assert stranger.problem()


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_a_request_is_answered_once(relying_party: RelyingParty, signed_in: Browser) -> None:
    attempt = relying_party.start()
    signed_in.come(attempt.url)
    page = signed_in.url
    fields = signed_in.page.form_with("consent-allow").fields
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code
    signed_in.visit(page)
    assert signed_in.left is None
    assert 400 <= signed_in.status < 500
    assert fields


@pytest.mark.spec("OIDCC-3.1.2.3")
@pytest.mark.parametrize("after", [1799, 1800, 100_000])
def test_a_page_that_was_open_for_too_long_leads_to_an_explanation(
    relying_party: RelyingParty,
    user_agent: Browser,
    account: object,
    clock: SettableClock,
    after: int,
) -> None:
    attempt = relying_party.start()
    user_agent.come(attempt.url)
    clock.advance(after)
    user_agent.sign_in("tester", PASSWORD)
    if after < 1800:
        user_agent.allow()
        assert relying_party.receive(attempt, user_agent.left).code
    else:
        assert user_agent.problem()


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_reloading_a_page_changes_nothing(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = relying_party.start()
    user_agent.come(attempt.url).reload().sign_in("tester", PASSWORD).reload().allow()
    assert relying_party.receive(attempt, user_agent.left).code


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_going_back_to_the_sign_in_page_after_signing_in_leads_on(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = relying_party.start()
    user_agent.come(attempt.url)
    page = user_agent.url
    user_agent.sign_in("tester", PASSWORD).visit(page)
    assert user_agent.at == "consent"
    user_agent.allow()
    assert relying_party.receive(attempt, user_agent.left).code


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_a_person_may_use_another_account_from_the_consent_page(
    relying_party: RelyingParty, signed_in: Browser, make_account: MakeAccount
) -> None:
    other = make_account("other")
    attempt = relying_party.start()
    signed_in.come(attempt.url).press("switch")
    assert signed_in.at == "login"
    signed_in.sign_in("other", PASSWORD).allow()
    tokens = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert tokens.claims["sub"] == other.id

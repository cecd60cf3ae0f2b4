"""What the client may want asked: `prompt`, `max_age`, `id_token_hint` (OpenID Connect Core
§3.1.2.1, §3.1.2.3, §3.1.2.6)."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import jwt
from tests.support.arrival import PASSWORD, MakeParty, at_consent
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import make_account
from tests.support.relying_party import Refused, RelyingParty


@pytest.mark.spec("OIDCC-3.1.2.6", "CN-04")
def test_silence_without_a_session_is_login_required(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    refused = relying_party.refused(user_agent, prompt="none", state="s" * 128)
    assert refused.error == "login_required"
    assert set(refused.parameters) == {"error", "error_description", "state", "iss"}
    assert all(answer.status == 303 for answer in user_agent.visited)


@pytest.mark.spec("OIDCC-3.1.2.6", "CN-04")
def test_silence_without_consent_is_consent_required(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("OIDCC-3.1.2.6", "CN-04")
def test_silence_about_wider_access_is_consent_required(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in, scope="openid")
    refused = relying_party.refused(signed_in, scope="openid email", prompt="none")
    assert refused.error == "consent_required"


@pytest.mark.spec("OIDCC-3.1.2.6", "CN-04")
@pytest.mark.parametrize(("idle", "error"), [(12 * 3600, "login_required"), (10, None)])
def test_silence_needs_a_live_session(
    relying_party: RelyingParty,
    signed_in: Browser,
    clock: SettableClock,
    idle: int,
    error: str | None,
) -> None:
    before = relying_party.sign_in(signed_in)
    clock.advance(idle)
    if error:
        assert relying_party.refused(signed_in, prompt="none").error == error
        return
    after = relying_party.sign_in(signed_in, prompt="none")
    assert after.claims["sub"] == before.claims["sub"]
    assert after.claims["auth_time"] == before.claims["auth_time"]


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    "prompt", ["none login", "none consent", "none none login", "create", "LOGIN", "login,consent"]
)
def test_a_prompt_that_contradicts_itself_or_is_unknown_is_refused(
    relying_party: RelyingParty, signed_in: Browser, prompt: str
) -> None:
    assert relying_party.refused(signed_in, prompt=prompt).error == "invalid_request"


@pytest.mark.spec("OIDCC-3.1.2.1", "MF-08")
@pytest.mark.parametrize("prompt", ["login", "select_account", "login select_account"])
def test_the_person_is_asked_to_sign_in_again(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, prompt: str
) -> None:
    before = relying_party.sign_in(signed_in)
    clock.advance(2)
    attempt = relying_party.start(prompt=prompt)
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    assert signed_in.page.has("login-reason")
    signed_in.sign_in("tester", PASSWORD)
    after = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert after.claims["auth_time"] == before.claims["auth_time"] + 2


@pytest.mark.spec("OIDCC-3.1.2.1", "MF-08")
def test_signing_in_again_can_not_be_skipped_by_coming_back(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    signed_in.come(relying_party.start(prompt="login").url)
    page = signed_in.url.partition("?")[0]
    signed_in.visit(page)
    assert signed_in.left is None
    assert signed_in.at == "login"
    handle = page.split("/")[-2]
    signed_in.come(f"{relying_party.endpoint('authorization')}?handle={handle}")
    assert signed_in.left is None
    assert signed_in.at == "login"


@pytest.mark.spec("OIDCC-3.1.2.1", "MF-08")
def test_signing_in_again_for_one_request_does_not_count_for_another(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    first, second = signed_in, signed_in.tab()
    first.come(relying_party.start(prompt="login").url)
    second.come(relying_party.start(prompt="login").url)
    first.sign_in("tester", PASSWORD)
    assert first.left is not None
    second.reload()
    assert second.left is None
    assert second.at == "login"


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_consent_is_asked_again_where_the_client_wants_it(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    attempt = at_consent(signed_in, relying_party, prompt="consent")
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_signing_in_and_consent_are_both_asked_for(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    attempt = relying_party.start(prompt="login consent")
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    assert signed_in.at == "consent"
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("OIDCC-3.1.2.1", "MF-08")
@pytest.mark.parametrize(("age", "asked"), [(59, False), (60, False), (61, True)])
def test_max_age_counts_whole_seconds(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, age: int, asked: bool
) -> None:
    before = relying_party.sign_in(signed_in)
    clock.advance(age)
    attempt = relying_party.start(max_age="60")
    signed_in.come(attempt.url)
    assert (signed_in.left is None) is asked
    if asked:
        assert signed_in.page.has("login-reason")
        signed_in.sign_in("tester", PASSWORD)
    after = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert after.claims["auth_time"] == before.claims["auth_time"] + (age if asked else 0)


@pytest.mark.spec("OIDCC-3.1.2.1", "MF-08")
def test_max_age_zero_asks_in_the_very_second_of_the_sign_in(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    attempt = relying_party.start(max_age="0")
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCC-3.1.2.6")
@pytest.mark.parametrize("max_age", ["0", "1"])
def test_silence_with_a_session_that_is_too_old_is_login_required(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, max_age: str
) -> None:
    relying_party.sign_in(signed_in)
    clock.advance(2)
    refused = relying_party.refused(signed_in, prompt="none", max_age=max_age)
    assert refused.error == "login_required"


@pytest.mark.spec("HP-09", "OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    "max_age",
    ["-1", "1e99", "9" * 30, "\u0661\u0660", "1.5", " 10", "+10", "0x10", "ten", "1_000", "NaN"],
)
def test_a_max_age_that_is_no_number_of_seconds_is_refused(
    relying_party: RelyingParty, signed_in: Browser, max_age: str
) -> None:
    assert relying_party.refused(signed_in, max_age=max_age).error == "invalid_request"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("max_age", ["9999999999", "0000000060", "86400"])
def test_a_large_max_age_is_a_number_too(
    relying_party: RelyingParty, signed_in: Browser, max_age: str
) -> None:
    assert relying_party.authorize(signed_in, max_age=max_age).code


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_default_max_age_of_the_client_counts_where_none_is_sent(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(default_max_age=60)
    party.sign_in(signed_in)
    clock.advance(61)
    signed_in.come(party.start().url)
    assert signed_in.at == "login"
    signed_in.come(party.start(max_age="100").url)
    assert signed_in.left is not None


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCC-3.1.2.6")
def test_a_hint_for_who_is_signed_in_is_answered_silently(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    before = relying_party.sign_in(signed_in)
    clock.advance(3600)
    after = relying_party.sign_in(signed_in, prompt="none", id_token_hint=before.id_token)
    assert after.claims["sub"] == before.claims["sub"]
    assert after.claims["auth_time"] == before.claims["auth_time"]


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCC-3.1.2.6")
def test_a_hint_for_somebody_else_is_login_required(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, user_agent: Browser
) -> None:
    make_account(provider, "second")
    other = Browser(user_agent._app, user_agent.issuer)
    tokens = _sign_in_as(relying_party, other, "second")
    relying_party.sign_in(signed_in)
    refused = relying_party.refused(signed_in, prompt="none", id_token_hint=tokens)
    assert refused.error == "login_required"


def _sign_in_as(party: RelyingParty, browser: Browser, username: str) -> str:
    grant = party.authorize(browser, username=username)
    return party.redeem(grant).id_token


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_hint_for_somebody_else_asks_for_that_account(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    second = make_account(provider, "second")
    other = Browser(signed_in._app, signed_in.issuer)
    hint = _sign_in_as(relying_party, other, "second")
    attempt = relying_party.start(id_token_hint=hint)
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("second", PASSWORD)
    tokens = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert tokens.claims["sub"] == second.id


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_hint_is_not_answered_with_another_account(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    make_account(provider, "second")
    hint = _sign_in_as(relying_party, Browser(user_agent._app, user_agent.issuer), "second")
    attempt = relying_party.start(id_token_hint=hint)
    user_agent.come(attempt.url)
    user_agent.sign_in("tester", PASSWORD)
    with pytest.raises(Refused, match="login_required"):
        relying_party.receive(attempt, user_agent.left)


@pytest.mark.spec("TK-01", "TK-02", "OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    "forged", ["x", "a.b.c", "unsigned", "tampered", "access token", "foreign"]
)
def test_a_hint_that_is_not_our_id_token_for_this_client_is_refused(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser, forged: str
) -> None:
    tokens = relying_party.sign_in(signed_in)
    hint = {
        "unsigned": jwt.unsigned(tokens.claims),
        "tampered": jwt.tampered(tokens.id_token, sub="somebody"),
        "access token": tokens.access_token,
        "foreign": make_relying_party().sign_in(signed_in).id_token,
    }.get(forged, forged)
    assert relying_party.refused(signed_in, id_token_hint=hint).error == "invalid_request"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    "harmless",
    [
        {"display": "page"}, {"display": "popup"}, {"display": "x"}, {"claims_locales": "se"},
        {"ui_locales": "se"}, {"acr_values": "1 2"}, {"login_hint": "buffy@op.example"},
    ],
)  # fmt: skip
def test_what_only_hints_breaks_nothing(
    relying_party: RelyingParty, signed_in: Browser, harmless: dict[str, str]
) -> None:
    assert relying_party.authorize(signed_in, **harmless).code

"""OpenID Connect Core §3.1.2.1, §3.1.2.2: the parameters of an authentication request."""

from collections.abc import Callable

import pytest

from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD
from tests.support.relying_party import Refused, RelyingParty

MakeParty = Callable[..., RelyingParty]


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_without_the_scope_openid_there_is_no_id_token(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="profile notes:read")
    assert "id_token" not in tokens.body
    answer = relying_party.userinfo_raw(tokens.access_token)
    assert answer.status in (401, 403)


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_may_come_by_get_or_post(
    relying_party: RelyingParty, user_agent: Browser, account: object, method: str
) -> None:
    attempt = relying_party.start()
    if method == "GET":
        user_agent.come(attempt.url)
    else:
        user_agent.come_with(relying_party.endpoint("authorization"), attempt.parameters)
    user_agent.sign_in("tester", PASSWORD).allow()
    tokens = relying_party.redeem(relying_party.receive(attempt, user_agent.left))
    assert tokens.claims["nonce"] == attempt.nonce


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_post_from_a_client_sees_the_session(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    attempt = relying_party.start(prompt="none")
    signed_in.come_with(relying_party.endpoint("authorization"), attempt.parameters)
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_a_post_of_anything_but_a_form_is_refused(
    relying_party: RelyingParty, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    url = relying_party.endpoint("authorization")
    answer = wire.send(relying_party.app, "POST", url, headers=headers, body=b"{}")
    assert answer.status == 400
    assert answer.header("Location") is None


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("nonce", [None, "n", "x" * 512, "päth & more=1 한"])
def test_the_nonce_is_echoed_and_may_be_left_out(
    relying_party: RelyingParty, signed_in: Browser, nonce: str | None
) -> None:
    assert relying_party.sign_in(signed_in, nonce=nonce).claims.get("nonce") == nonce


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("display", "page"),
        ("display", "popup"),
        ("display", "wap"),
        ("ui_locales", "se"),
        ("ui_locales", "fr-CA fr en"),
        ("ui_locales", "../../etc/passwd"),
        ("ui_locales", "{{7*7}}"),
        ("claims_locales", "se"),
        ("acr_values", "1 2"),
        ("login_hint", "buffy@op.example"),
        ("login_hint", '"><svg onload=x>'),
        ("display", "hologram"),
        ("display", "touch"),
        ("id_token_hint", ""),
    ],
)
def test_a_wish_we_need_not_grant_disturbs_nothing(
    relying_party: RelyingParty, user_agent: Browser, account: object, name: str, value: str
) -> None:
    grant = relying_party.authorize(user_agent, **{name: value})
    assert relying_party.redeem(grant).claims["acr"]
    for answer in user_agent.visited:
        assert "<svg" not in answer.text


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_the_login_hint_is_filled_in_and_shown_as_text(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    hint = '"><b>{{7*7}}'
    user_agent.come(relying_party.start(login_hint=hint).url)
    assert user_agent.page.form_with("login-submit").fields["username"] == hint
    assert "<b>{{" not in user_agent.page.html


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_the_pages_speak_the_language_that_was_asked_for(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    user_agent.come(relying_party.start(ui_locales="ko").url)
    assert user_agent.answer is not None
    assert user_agent.answer.header("Content-Language") == "ko"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("name", ["acr_values", "prompt"])
def test_what_discovery_lists_is_understood(
    relying_party: RelyingParty, signed_in: Browser, name: str
) -> None:
    listed = {
        "acr_values": relying_party.metadata["acr_values_supported"],
        "prompt": relying_party.metadata["prompt_values_supported"],
    }[name]
    relying_party.sign_in(signed_in)
    for value in listed:
        grant = relying_party.authorize(signed_in, **{name: value})
        tokens = relying_party.redeem(grant)
        assert tokens.claims["acr"] in relying_party.metadata["acr_values_supported"]


# -- prompt ------------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCC-3.1.2.6")
def test_prompt_none_without_a_session_shows_no_page(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    refused = relying_party.refused(user_agent, prompt="none", state="x" * 128)
    assert refused.error == "login_required"
    assert [answer.status for answer in user_agent.visited] == [303]


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCC-3.1.2.6")
def test_prompt_none_without_consent_shows_no_page(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.refused(signed_in, prompt="none").error == "consent_required"


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_prompt_none_answers_at_once_where_nothing_need_be_asked(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    first = relying_party.sign_in(signed_in)
    clock.advance(100)
    again = relying_party.sign_in(signed_in, prompt="none")
    assert [answer.status for answer in signed_in.visited] == [303]
    assert again.claims["sub"] == first.claims["sub"]
    assert again.claims["auth_time"] == first.claims["auth_time"]


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_prompt_none_with_a_wider_scope_asks_for_consent(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in, scope="openid")
    refused = relying_party.refused(signed_in, prompt="none", scope="openid phone")
    assert refused.error == "consent_required"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("lifetime", ["session_idle", "session_absolute"])
def test_prompt_none_with_a_session_that_is_over_asks_for_sign_in(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, lifetime: str
) -> None:
    relying_party.sign_in(signed_in)
    step = 12 * 3600 if lifetime == "session_idle" else 10 * 3600
    for _ in range(1 if lifetime == "session_idle" else 71):
        clock.advance(step)
        signed_in.come(relying_party.start(prompt="none").url)
    if lifetime == "session_absolute":
        assert relying_party.authorize(signed_in, prompt="none").code
        clock.advance(step)
    assert relying_party.refused(signed_in, prompt="none").error == "login_required"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("with_it", ["login", "consent", "select_account"])
def test_prompt_none_stands_alone(
    relying_party: RelyingParty, signed_in: Browser, with_it: str
) -> None:
    refused = relying_party.refused(signed_in, prompt=f"none {with_it}")
    assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("prompt", ["nope", "NONE", "login,consent", "create"])
def test_an_unknown_prompt_is_refused(
    relying_party: RelyingParty, signed_in: Browser, prompt: str
) -> None:
    assert relying_party.refused(signed_in, prompt=prompt).error == "invalid_request"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
def test_prompt_login_really_asks_again(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, prompt: str
) -> None:
    first = relying_party.sign_in(signed_in)
    clock.advance(2)
    attempt = relying_party.start(prompt=prompt)
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    if signed_in.left is None:
        signed_in.allow()
    again = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert again.claims["auth_time"] == first.claims["auth_time"] + 2
    assert again.claims["sub"] == first.claims["sub"]


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_prompt_consent_asks_again_for_what_was_agreed(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    signed_in.come(relying_party.start(prompt="consent").url)
    assert signed_in.at == "consent"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("policy", ["implied", "remembered"])
def test_prompt_consent_asks_whatever_the_clients_policy(
    make_relying_party: MakeParty, signed_in: Browser, policy: str
) -> None:
    party = make_relying_party(policy={"consent": policy})
    signed_in.come(party.start(prompt="consent").url)
    assert signed_in.at == "consent"


# -- max_age -----------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    ("max_age", "elapsed", "asks"),
    [("10", 10, False), ("10", 11, True), ("0", 0, True), ("0", 1, True), ("1", 2, True)],
)
def test_max_age_is_counted_in_whole_seconds_and_zero_always_asks(
    relying_party: RelyingParty,
    signed_in: Browser,
    clock: SettableClock,
    max_age: str,
    elapsed: int,
    asks: bool,
) -> None:
    first = relying_party.sign_in(signed_in)
    clock.advance(elapsed)
    attempt = relying_party.start(max_age=max_age)
    signed_in.come(attempt.url)
    assert (signed_in.left is None) == asks
    if asks:
        assert signed_in.at == "login"
        signed_in.sign_in("tester", PASSWORD)
    again = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    moved = elapsed if asks else 0
    assert again.claims["auth_time"] == first.claims["auth_time"] + moved


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_max_age_and_prompt_none_together_ask_for_sign_in(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    relying_party.sign_in(signed_in)
    clock.advance(100)
    refused = relying_party.refused(signed_in, prompt="none", max_age="60")
    assert refused.error == "login_required"


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_the_default_max_age_of_a_client_counts(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(default_max_age=60)
    party.sign_in(signed_in)
    clock.advance(61)
    assert party.refused(signed_in, prompt="none").error == "login_required"
    assert party.authorize(signed_in, prompt="none", max_age="1000").code


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    "value", ["-1", "1e99", "9" * 30, "\u0661\u0660", "1.5", "abc", " 10", "+10", "0x10", "1_000"]
)
def test_a_max_age_that_is_no_number_is_refused(
    relying_party: RelyingParty, signed_in: Browser, value: str
) -> None:
    assert relying_party.refused(signed_in, max_age=value).error == "invalid_request"


# -- id_token_hint -----------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCC-3.1.2.2")
@pytest.mark.parametrize("later", [0, 86_000])
def test_a_hint_that_names_the_person_signed_in_changes_nothing(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, later: int
) -> None:
    first = relying_party.sign_in(signed_in)
    for _ in range(2):
        clock.advance(later // 2)
        again = relying_party.sign_in(signed_in, prompt="none", id_token_hint=first.id_token)
    assert again.claims["sub"] == first.claims["sub"]
    assert again.claims["auth_time"] == first.claims["auth_time"]


@pytest.mark.spec("OIDCC-3.1.2.2")
def test_a_hint_that_names_somebody_else_never_gets_this_persons_tokens(
    relying_party: RelyingParty, signed_in: Browser, make_account: Callable[..., object]
) -> None:
    make_account("other")
    other = Browser(relying_party.app, relying_party.issuer)
    hint = relying_party.redeem(relying_party.authorize(other, username="other")).id_token
    relying_party.sign_in(signed_in)
    refused = relying_party.refused(signed_in, prompt="none", id_token_hint=hint)
    assert refused.error == "login_required"
    attempt = relying_party.start(id_token_hint=hint)
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    with pytest.raises(Refused, match="login_required"):
        relying_party.receive(attempt, signed_in.left)


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("kind", ["garbage", "none", "tampered", "foreign key", "hmac", "access"])
def test_a_hint_that_we_did_not_issue_is_refused(
    relying_party: RelyingParty, signed_in: Browser, kind: str
) -> None:
    tokens = relying_party.sign_in(signed_in)
    claims = tokens.claims
    public_key = str(relying_party.jwks["keys"][0]["kid"]).encode()
    hint = {
        "garbage": "x.y.z",
        "none": jwt.unsigned(claims),
        "tampered": jwt.tampered(tokens.id_token, sub="somebody"),
        "foreign key": jwt.sign(jwt.key_for("RS256"), claims),
        "hmac": jwt.keyed_with(public_key, claims),
        "access": tokens.access_token,
    }[kind]
    refused = relying_party.refused(signed_in, prompt="none", id_token_hint=hint)
    assert refused.error in ("invalid_request", "login_required")


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_hint_made_for_another_client_is_refused(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    hint = make_relying_party().sign_in(signed_in).id_token
    refused = relying_party.refused(signed_in, id_token_hint=hint)
    assert refused.error in ("invalid_request", "login_required")


# -- what is not supported ---------------------------------------------------


@pytest.mark.spec("OIDCC-7.2.1", "OIDCC-3.1.2.6")
def test_registration_by_request_is_refused_by_its_name(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    refused = relying_party.refused(signed_in, registration="{}")
    assert refused.error == "registration_not_supported"

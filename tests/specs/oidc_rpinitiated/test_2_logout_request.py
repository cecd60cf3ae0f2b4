"""OpenID Connect RP-Initiated Logout §2, §3: who may end a session without asking, where the
browser may go afterwards, and what ends with the session."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.arrival import MakeParty, another_browser, directives
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import make_account
from tests.support.relying_party import RelyingParty, Tokens

AFTER = "https://rp.example/signed-out"
WITH_QUERY = "https://rp.example/bye?tenant=1"
STATE = "s" * 128


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(post_logout_redirect_uris=(AFTER, WITH_QUERY))


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in, scope="openid")


def sign_out(party: RelyingParty, browser: Browser, **parameters: str | None) -> Browser:
    return browser.come(f"{party.endpoint('end_session')}?{wire.encode(parameters)}")


def is_signed_in(party: RelyingParty, browser: Browser) -> bool:
    tab = browser.tab()
    tab.visit(party.issuer + "/account")
    return tab.at == "account"


def asked_first(party: RelyingParty, browser: Browser) -> bool:
    """Return whether the person is being asked, and nothing has happened yet."""
    assert browser.left is None
    assert browser.status == 200
    return browser.page.has("logout-confirm") and is_signed_in(party, browser)


@pytest.mark.spec("OIDCRPL-2", "OIDCRPL-3")
def test_a_genuine_hint_signs_out_and_returns_with_state_and_nothing_else(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    sign_out(
        party, signed_in, id_token_hint=tokens.id_token, post_logout_redirect_uri=AFTER,
        state=STATE,
    )  # fmt: skip
    assert signed_in.left is not None
    assert signed_in.left.url == f"{AFTER}?state={STATE}"
    assert not is_signed_in(party, signed_in)


@pytest.mark.spec("OIDCRPL-3")
def test_without_state_none_returns(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    sign_out(party, signed_in, id_token_hint=tokens.id_token, post_logout_redirect_uri=AFTER)
    assert signed_in.left is not None
    assert signed_in.left.url == AFTER


@pytest.mark.spec("OIDCRPL-3")
@pytest.mark.parametrize("state", ["a&b=c#d", "한국어", '"><svg>', "x y+z", "%26"])
def test_state_returns_as_it_came_after_a_query_that_is_kept(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, state: str
) -> None:
    sign_out(
        party, signed_in, id_token_hint=tokens.id_token, post_logout_redirect_uri=WITH_QUERY,
        state=state,
    )  # fmt: skip
    assert signed_in.left is not None
    assert parse_qsl(urlsplit(signed_in.left.url).query) == [("tenant", "1"), ("state", state)]
    assert urlsplit(signed_in.left.url).fragment == ""


@pytest.mark.spec("OIDCRPL-2")
def test_a_request_by_post_counts_as_well(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    parameters = {"id_token_hint": tokens.id_token, "post_logout_redirect_uri": AFTER}
    signed_in.come_with(party.endpoint("end_session"), parameters)
    assert signed_in.left is not None
    assert signed_in.left.url == AFTER
    assert not is_signed_in(party, signed_in)


@pytest.mark.spec("OIDCRPL-2", "LO-04")
def test_an_expired_hint_of_ours_counts(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(6 * 3600)
    sign_out(party, signed_in, id_token_hint=tokens.id_token, post_logout_redirect_uri=AFTER)
    assert signed_in.left is not None
    assert not is_signed_in(party, signed_in)


@pytest.mark.spec("OIDCRPL-2", "LO-01")
@pytest.mark.parametrize(
    "parameters",
    [
        {}, {"state": STATE}, {"ui_locales": "ko"}, {"logout_hint": "tester"}, {"unknown": "x"},
        {"client_id": "own"}, {"client_id": "nobody"},
        {"client_id": "own", "post_logout_redirect_uri": AFTER},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_hint_the_person_is_asked(
    party: RelyingParty, signed_in: Browser, parameters: dict[str, str], method: str
) -> None:
    sent = {
        name: party.client_id if value == "own" else value for name, value in parameters.items()
    }
    if method == "get":
        sign_out(party, signed_in, **sent)
    else:
        signed_in.come_with(party.endpoint("end_session"), sent)
    assert asked_first(party, signed_in)


@pytest.mark.spec("OIDCRPL-2")
@pytest.mark.parametrize("parameters", [{}, {"state": STATE}, {"client_id": "own"}], ids=str)
def test_having_confirmed_the_person_sees_that_it_is_done(
    party: RelyingParty, signed_in: Browser, parameters: dict[str, str]
) -> None:
    sent = {name: value.replace("own", party.client_id) for name, value in parameters.items()}
    sign_out(party, signed_in, **sent)
    signed_in.press("logout-confirm")
    assert signed_in.page.has("logout-success")
    assert not is_signed_in(party, signed_in)
    assert signed_in.jar.get("signet_session") is None


@pytest.mark.spec("OIDCRPL-2")
def test_staying_signed_in_is_possible(party: RelyingParty, signed_in: Browser) -> None:
    sign_out(party, signed_in)
    signed_in.press("logout-cancel")
    assert signed_in.at == "account"
    assert is_signed_in(party, signed_in)


@pytest.mark.spec("OIDCRPL-3")
def test_a_client_named_without_a_hint_gets_the_person_back_after_confirming(
    party: RelyingParty, signed_in: Browser
) -> None:
    sign_out(
        party, signed_in, client_id=party.client_id, post_logout_redirect_uri=AFTER, state=STATE
    )
    assert signed_in.answer is not None
    assert "https://rp.example" in directives(signed_in.answer)["form-action"]
    signed_in.press("logout-confirm")
    assert signed_in.left is not None
    assert signed_in.left.url == f"{AFTER}?state={STATE}"


@pytest.mark.spec("OIDCRPL-3", "OR-03")
def test_a_registered_address_without_hint_or_client_leads_nowhere(
    party: RelyingParty, signed_in: Browser
) -> None:
    sign_out(party, signed_in, post_logout_redirect_uri=AFTER, state=STATE)
    assert asked_first(party, signed_in)
    signed_in.press("logout-confirm")
    assert signed_in.left is None
    assert signed_in.page.has("logout-success")


@pytest.mark.spec("OIDCRPL-3", "OR-02")
@pytest.mark.parametrize("session", [True, False])
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "https://rp.example/signed-out/",
        "https://rp.example/signed-out?x=1",
        "https://rp.example/bye",
        "https://rp.example/bye?tenant=2",
        "https://rp.example/bye?tenant=1&x=1",
        "https://rp.example/cb",
        "https://rp.example/Signed-out",
        "http://rp.example/signed-out",
        "https://rp.example:443/signed-out",
        "https://rp.example@evil.example/signed-out",
        "//rp.example/signed-out",
        "javascript:alert(1)",
        " https://rp.example/signed-out",
        "https://rp.example/signed-out#x",
    ],
)
def test_an_address_that_is_not_registered_is_never_gone_to(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, address: str, session: bool
) -> None:
    browser = signed_in if session else another_browser(signed_in)
    sign_out(
        party, browser, id_token_hint=tokens.id_token, client_id=party.client_id,
        post_logout_redirect_uri=address,
    )  # fmt: skip
    if session:
        assert asked_first(party, browser)
        browser.press("logout-confirm")
    assert browser.left is None
    assert browser.page.has("logout-success")
    assert not any(link.startswith(address) for link in browser.page.links)


@pytest.mark.spec("OIDCRPL-2", "LO-04", "TK-01", "TK-02")
@pytest.mark.parametrize(
    "forged", ["unsigned", "tampered", "stranger", "access token", "refresh token", "x", "a.b.c"]
)
@pytest.mark.parametrize("named", [True, False])
def test_a_forged_hint_signs_nobody_out_and_leads_nowhere(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, forged: str, named: bool
) -> None:
    header = jwt.header_of(tokens.id_token)
    hint = {
        "unsigned": jwt.unsigned(tokens.claims),
        "tampered": jwt.tampered(tokens.id_token, nonce="other"),
        "stranger": jwt.sign(jwt.key_for("RS256", "stranger"), tokens.claims, kid=header["kid"]),
        "access token": tokens.access_token,
        "refresh token": tokens.refresh_token,
    }.get(forged, forged)
    sign_out(
        party, signed_in, id_token_hint=hint, post_logout_redirect_uri=AFTER,
        client_id=party.client_id if named else None,
    )  # fmt: skip
    assert asked_first(party, signed_in)
    signed_in.press("logout-confirm")
    assert signed_in.left is None


@pytest.mark.spec("OIDCRPL-2")
def test_a_hint_for_somebody_else_asks_first(
    party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    make_account(provider, "second")
    other = another_browser(signed_in)
    foreign = party.redeem(party.authorize(other, username="second"))
    sign_out(party, signed_in, id_token_hint=foreign.id_token, post_logout_redirect_uri=AFTER)
    assert asked_first(party, signed_in)


@pytest.mark.spec("OIDCRPL-2")
def test_a_client_id_that_contradicts_the_hint_makes_the_request_worthless(
    party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser, tokens: Tokens
) -> None:
    other = make_relying_party(post_logout_redirect_uris=("https://other.example/",))
    for address in (AFTER, "https://other.example/"):
        sign_out(
            party, signed_in, id_token_hint=tokens.id_token, client_id=other.client_id,
            post_logout_redirect_uri=address,
        )  # fmt: skip
        assert asked_first(party, signed_in)


@pytest.mark.spec("OIDCRPL-3")
def test_the_address_of_another_client_is_not_this_clients(
    party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser, tokens: Tokens
) -> None:
    make_relying_party(post_logout_redirect_uris=("https://other.example/",))
    sign_out(
        party, signed_in, id_token_hint=tokens.id_token,
        post_logout_redirect_uri="https://other.example/",
    )  # fmt: skip
    assert asked_first(party, signed_in)


@pytest.mark.spec("OIDCRPL-3")
def test_a_disabled_client_gets_nobody_back(
    party: RelyingParty, provider: Provider, signed_in: Browser, tokens: Tokens
) -> None:
    with transaction(provider.engine) as tx:
        clients.disable(tx, party.client_id, provider.clock.now())
    sign_out(party, signed_in, id_token_hint=tokens.id_token, post_logout_redirect_uri=AFTER)
    assert asked_first(party, signed_in)
    signed_in.press("logout-confirm")
    assert signed_in.left is None


@pytest.mark.spec("OIDCRPL-2")
def test_somebody_who_is_signed_out_already_is_sent_on(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    for _ in range(2):
        sign_out(party, signed_in, id_token_hint=tokens.id_token, post_logout_redirect_uri=AFTER)
        assert signed_in.left is not None
        assert signed_in.left.url == AFTER


@pytest.mark.spec("OIDCRPL-2")
def test_somebody_who_is_signed_out_already_and_came_alone_sees_that(
    party: RelyingParty, user_agent: Browser
) -> None:
    sign_out(party, user_agent)
    assert user_agent.page.has("logout-success")


@pytest.mark.spec("OIDCRPL-2", "LO-02", "RT-04")
@pytest.mark.parametrize("confirmed", [True, False])
def test_what_hangs_on_the_session_ends_with_it(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, confirmed: bool
) -> None:
    staying = party.sign_in(signed_in, scope="openid offline_access")
    if confirmed:
        sign_out(party, signed_in)
        signed_in.press("logout-confirm")
    else:
        sign_out(party, signed_in, id_token_hint=tokens.id_token)
    assert not party.is_accepted(tokens.access_token)
    assert party.introspect(tokens.access_token) == {"active": False}
    refused = party.refresh_raw(tokens.refresh_token).json
    assert refused["error"] == "invalid_grant"
    assert refused["error_uri"].endswith("/errors/session_ended")
    assert party.is_accepted(staying.access_token)
    assert party.refresh(staying.refresh_token).access_token


@pytest.mark.spec("OIDCRPL-2", "OIDCC-3.1.2.6")
def test_after_signing_out_silence_is_login_required(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    sign_out(party, signed_in, id_token_hint=tokens.id_token)
    assert signed_in.page.has("logout-success")
    assert party.refused(signed_in, prompt="none").error == "login_required"


@pytest.mark.spec("OIDCRPL-2", "HP-01")
@pytest.mark.parametrize(
    "name", ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]
)
def test_a_parameter_that_stands_twice_is_refused(
    party: RelyingParty, signed_in: Browser, name: str
) -> None:
    signed_in.come(f"{party.endpoint('end_session')}?{name}=a&{name}=b")
    assert signed_in.problem() == "invalid_request"
    assert is_signed_in(party, signed_in)


@pytest.mark.spec("OIDCRPL-2")
def test_the_page_that_asks_names_the_client(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(client_name="Wonderful <Notes>")
    sign_out(party, signed_in, client_id=party.client_id)
    assert "Wonderful <Notes> asks to sign you out" in signed_in.page.text


@pytest.mark.spec("OIDCRPL-2")
def test_signing_out_in_one_browser_leaves_the_other(
    party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    from tests.support.arrival import signed_in_elsewhere

    other = signed_in_elsewhere(provider, signed_in, account)
    tokens = party.sign_in(other, scope="openid")
    sign_out(party, signed_in)
    signed_in.press("logout-confirm")
    assert is_signed_in(party, other)
    assert party.is_accepted(tokens.access_token)


@pytest.mark.spec("OIDCRPL-2.1", "OIDCD-3")
def test_discovery_names_the_endpoint(party: RelyingParty) -> None:
    assert party.metadata["end_session_endpoint"] == "https://op.example/logout"

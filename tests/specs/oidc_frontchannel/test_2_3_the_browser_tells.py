"""OpenID Connect Front-Channel Logout §2, §3: the page after a logout loads what each client that
took part registered, and then goes on; `sid` is the same there and in the ID token."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support import wire
from tests.support.arrival import MakeParty, directives
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, Tokens

HEARS = "https://rp.example/front?a=1"
AFTER = "https://rp.example/signed-out"


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(
        frontchannel_logout_uri=HEARS,
        frontchannel_logout_session_required=True,
        post_logout_redirect_uris=(AFTER,),
    )


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in)


def sign_out(party: RelyingParty, browser: Browser, tokens: Tokens) -> str:
    parameters = {
        "id_token_hint": tokens.id_token, "post_logout_redirect_uri": AFTER, "state": "s",
    }  # fmt: skip
    browser.come(f"{party.endpoint('end_session')}?{wire.encode(parameters)}")
    assert browser.answer is not None
    return browser.answer.body.decode()


def frames(html: str) -> list[str]:
    parts = html.split('<iframe src="')[1:]
    return [part.split('"')[0].replace("&amp;", "&") for part in parts]


@pytest.mark.spec("OIDCFC-3")
def test_discovery_says_that_it_is_supported(relying_party: RelyingParty) -> None:
    assert relying_party.metadata["frontchannel_logout_supported"] is True
    assert relying_party.metadata["frontchannel_logout_session_supported"] is True


@pytest.mark.spec("OIDCFC-2")
def test_the_page_loads_the_address_with_exactly_iss_and_sid_of_the_id_token(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    (address,) = frames(sign_out(party, signed_in, tokens))
    assert parse_qsl(urlsplit(address).query) == [
        ("a", "1"), ("iss", party.issuer), ("sid", tokens.claims["sid"]),
    ]  # fmt: skip
    assert address.startswith("https://rp.example/front?")


@pytest.mark.spec("OIDCFC-2")
def test_only_the_clients_may_be_framed_and_only_the_script_of_the_page_may_run(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    html = sign_out(party, signed_in, tokens)
    assert signed_in.answer is not None
    policy = directives(signed_in.answer)
    assert policy["frame-src"] == ["https://rp.example"]
    (nonce,) = policy["script-src"]
    assert f'<script nonce="{nonce[7:-1]}">' in html
    assert policy["frame-ancestors"] == ["'none'"]


@pytest.mark.spec("OIDCFC-2", "OIDCRPL-3")
def test_a_link_leads_on_where_scripts_are_off(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    sign_out(party, signed_in, tokens)
    assert signed_in.page.has("logout-continue")
    assert f"{AFTER}?state=s" in signed_in.page.links
    assert signed_in.jar.get("signet_session") is None


@pytest.mark.spec("OIDCFC-2")
def test_all_clients_of_the_session_are_told_and_each_has_a_sid_of_its_own(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, make_relying_party: MakeParty
) -> None:
    other = make_relying_party(frontchannel_logout_uri="https://other.example/front")
    theirs = other.sign_in(signed_in)
    told = frames(sign_out(party, signed_in, tokens))
    sids = [dict(parse_qsl(urlsplit(one).query))["sid"] for one in told]
    assert sids == [tokens.claims["sid"], theirs.claims["sid"]]
    assert sids[0] != sids[1]


@pytest.mark.spec("OIDCFC-2")
def test_a_client_that_took_no_part_is_not_told(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, make_relying_party: MakeParty
) -> None:
    make_relying_party(frontchannel_logout_uri="https://other.example/front")
    assert len(frames(sign_out(party, signed_in, tokens))) == 1


@pytest.mark.spec("OIDCFC-3")
def test_sid_is_the_same_after_a_refresh_and_for_a_second_sign_in_in_the_session(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    assert party.refresh(tokens.refresh_token).claims["sid"] == tokens.claims["sid"]
    assert party.sign_in(signed_in).claims["sid"] == tokens.claims["sid"]


@pytest.mark.spec("OIDCFC-3")
def test_a_client_that_does_not_hear_of_logouts_gets_no_sid_and_no_page(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    plain = make_relying_party(post_logout_redirect_uris=(AFTER,))
    tokens = plain.sign_in(signed_in)
    assert "sid" not in tokens.claims
    sign_out(plain, signed_in, tokens)
    assert signed_in.left is not None
    assert signed_in.left.url == f"{AFTER}?state=s"


@pytest.mark.spec("OIDCFC-2")
def test_after_confirming_they_are_told_and_the_way_leads_to_our_own_page(
    party: RelyingParty, signed_in: Browser, tokens: Tokens
) -> None:
    del tokens
    signed_in.come(party.endpoint("end_session"))
    signed_in.press("logout-confirm")
    assert signed_in.answer is not None
    assert len(frames(signed_in.answer.body.decode())) == 1
    assert party.issuer + "/signed-out" in signed_in.page.links

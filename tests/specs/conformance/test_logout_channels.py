"""The modules of front-channel and back-channel logout and of session management. What a browser
with scripts sees of the last is proven in Chromium, under tests/journeys."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from provider.context import Provider
from provider.logout.delivery import deliver_due
from tests.specs.conformance import baseline
from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import AFTER_LOGOUT, LONG_STATE, Module, Outcome
from tests.specs.conformance.test_logout import confirm
from tests.support import jwt, wire
from tests.support.arrival import directives
from tests.support.relying_party import RelyingParty
from tests.support.site import Site

FRONT_CHANNEL = "https://suite.example/test/a/signet/frontchannel_logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
AFTERWARDS = f"{AFTER_LOGOUT}?state={LONG_STATE}"


def sign_out(module: Module, outcome: Outcome) -> None:
    """Send the request to sign out that every module of logout sends."""
    module.sign_out(
        {
            "id_token_hint": outcome.id_token,
            "post_logout_redirect_uri": AFTER_LOGOUT,
            "state": LONG_STATE,
        }
    )
    confirm(module)


@pytest.mark.parametrize("kind", ["frontchannel", "backchannel"])
def test_a_01_a_session_is_named_for_clients_that_registered_logout(
    make_module: MakeModule, kind: str
) -> None:
    uri = FRONT_CHANNEL if kind == "frontchannel" else "https://suite.example/backchannel"
    told = make_module(Run("code"), **{f"{kind}_logout_uri": uri}).authorize()
    assert told.claims["sid"]
    assert "sid" not in make_module(Run("code")).authorize().claims


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(
    relying_party: RelyingParty,
) -> None:
    metadata = relying_party.metadata
    assert urlsplit(metadata["end_session_endpoint"]).scheme == "https"
    assert metadata["frontchannel_logout_supported"] is True
    assert metadata["frontchannel_logout_session_supported"] is True


def test_oidcc_backchannel_logout_discovery_endpoint_verification(
    relying_party: RelyingParty,
) -> None:
    metadata = relying_party.metadata
    assert urlsplit(metadata["end_session_endpoint"]).scheme == "https"
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True


def test_oidcc_session_management_logout_discovery_endpoint_verification(
    relying_party: RelyingParty,
) -> None:
    assert urlsplit(relying_party.metadata["end_session_endpoint"]).scheme == "https"
    assert urlsplit(relying_party.metadata["check_session_iframe"]).scheme == "https"


def frames(module: Module) -> list[str]:
    """Return what the page on display loads in frames."""
    found = re.findall(r'<iframe[^>]* src="([^"]*)"', module.browser.page.html)
    return [html.unescape(address) for address in found]


def signed_out_by_front_channel(make_module: MakeModule, run: Run) -> tuple[Module, Outcome]:
    """Take a person to the page that tells the clients."""
    module = make_module(
        run,
        post_logout_redirect_uris=(AFTER_LOGOUT,),
        frontchannel_logout_uri=FRONT_CHANNEL,
        frontchannel_logout_session_required=True,
    )
    outcome = module.authorize()
    sign_out(module, outcome)
    assert module.browser.left is None
    assert module.browser.status == 200
    return module, outcome


def test_oidcc_frontchannel_rp_initiated_logout(make_module: MakeModule, run: Run) -> None:
    module, outcome = signed_out_by_front_channel(make_module, run)
    (address,) = frames(module)
    assert address.partition("?")[0] == FRONT_CHANNEL
    pairs = parse_qsl(urlsplit(address).query)
    wanted = {"iss": module.party.issuer, "sid": outcome.claims["sid"]}
    assert sorted(pairs) == sorted(wanted.items())
    assert module.browser.answer is not None
    assert "https://suite.example" in directives(module.browser.answer)["frame-src"]
    ((about, script),) = module.browser.page.scripts
    assert f"'nonce-{about['nonce']}'" in directives(module.browser.answer)["script-src"]
    assert "location" in script
    assert module.is_signed_out()


def test_b_05_the_page_that_tells_clients_goes_on_without_a_script(
    make_module: MakeModule,
) -> None:
    module, _ = signed_out_by_front_channel(make_module, Run("code"))
    link = module.browser.page.elements["logout-continue"]
    assert link.tag == "a"
    assert link.attributes["href"] == AFTERWARDS
    ((_, script),) = module.browser.page.scripts
    assert not re.search(r"=>|\b(?:let|const|class|await)\b|`", script)


def test_oidcc_backchannel_rp_initiated_logout(
    make_module: MakeModule, run: Run, site: Site, provider: Provider
) -> None:
    site.serve("/backchannel_logout", "")
    module = make_module(
        run,
        post_logout_redirect_uris=(AFTER_LOGOUT,),
        backchannel_logout_uri=site.url("/backchannel_logout"),
        backchannel_logout_session_required=True,
    )
    outcome = module.authorize()
    sign_out(module, outcome)
    assert module.browser.left is not None
    assert module.browser.left.url == AFTERWARDS
    deliver_due(provider)
    (request,) = site.received
    assert (request.method, request.path) == ("POST", "/backchannel_logout")
    ((name, token),) = parse_qsl(request.body.decode())
    assert name == "logout_token"
    check_logout_token(module, outcome, token)
    assert module.is_signed_out()


def check_logout_token(module: Module, outcome: Outcome, token: str) -> None:
    """Hold a logout token to OpenID Connect Back-Channel Logout §2.4, §2.6."""
    claims = jwt.verified(token, module.party.jwks, algorithms=["RS256"])
    assert claims["iss"] == module.party.issuer
    assert claims["aud"] in (module.party.client_id, [module.party.client_id])
    assert abs(claims["iat"] - module.clock.now()) <= 60
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert claims["sid"] == outcome.claims["sid"]
    assert claims.get("sub") in (None, outcome.claims["sub"])
    assert "nonce" not in claims
    baseline.check_keys(module.party.jwks)


def test_oidcc_session_management_rp_initiated_logout(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, post_logout_redirect_uris=(AFTER_LOGOUT,))
    outcome = module.authorize()
    assert module.browser.left is not None
    first = dict(module.browser.left.parameters)["session_state"]
    assert first
    assert " " not in first
    answer = wire.get(module.party.app, module.party.metadata["check_session_iframe"])
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert answer.header("X-Frame-Options") is None
    assert "frame-ancestors" not in directives(answer)
    sign_out(module, outcome)
    assert module.browser.left is not None
    assert module.browser.left.url == AFTERWARDS
    assert module.is_signed_out()

"""OpenID Connect Session Management §3.2, §3.3: the page that clients frame. It is the one page
that any site may frame, runs its own script and nothing else, and depends on nobody's session."""

import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import urlsplit

import pytest

from tests.support import wire
from tests.support.arrival import at_account, directives
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.settings(profile="openid")


@pytest.fixture
def frame(relying_party: RelyingParty) -> wire.Answer:
    return wire.get(relying_party.app, relying_party.metadata["check_session_iframe"])


@pytest.mark.spec("OIDCSM-3.3", "OIDCD-3")
def test_discovery_names_it_on_our_own_origin(relying_party: RelyingParty) -> None:
    address = urlsplit(relying_party.metadata["check_session_iframe"])
    assert f"{address.scheme}://{address.netloc}" == relying_party.issuer


@pytest.mark.spec("OIDCSM-3.2")
def test_any_site_may_frame_it(frame: wire.Answer) -> None:
    assert (frame.status, frame.content_type) == (200, "text/html")
    assert frame.header("X-Frame-Options") is None
    assert "frame-ancestors" not in directives(frame)


@pytest.mark.spec("OIDCSM-3.2")
def test_no_other_page_may_be_framed(relying_party: RelyingParty, signed_in: Browser) -> None:
    at_account(signed_in)
    assert signed_in.answer is not None
    assert directives(signed_in.answer)["frame-ancestors"] == ["'none'"]
    assert signed_in.answer.header("X-Frame-Options") == "DENY"


@pytest.mark.spec("OIDCSM-3.2")
def test_only_its_own_script_may_run_and_nothing_is_loaded(frame: wire.Answer) -> None:
    policy = directives(frame)
    (script,) = re.findall(r"<script>(.*?)</script>", frame.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == [f"'sha256-{digest}'"]
    assert policy["default-src"] == ["'none'"]
    assert policy["form-action"] == policy["base-uri"] == ["'none'"]


@pytest.mark.spec("OIDCSM-3.2")
def test_it_is_the_same_for_everybody_and_may_be_kept(
    relying_party: RelyingParty, signed_in: Browser, frame: wire.Answer
) -> None:
    address = relying_party.metadata["check_session_iframe"]
    cookies = signed_in.jar.header(address, method="GET", same_site=True)
    known = wire.get(relying_party.app, address, headers={"Cookie": cookies})
    assert known.body == frame.body
    assert known.headers("Set-Cookie") == []
    assert frame.header("Cache-Control") == "public, max-age=3600"


@pytest.mark.spec("OIDCSM-3.2")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_takes_nothing(relying_party: RelyingParty, method: str) -> None:
    address = relying_party.metadata["check_session_iframe"]
    assert wire.send(relying_party.app, method, address).status == 405

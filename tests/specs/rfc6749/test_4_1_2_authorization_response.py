"""RFC 6749 §4.1.2, RFC 9207, RFC 9700 §4.4: what travels back to the client, and how."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, refusal

MakeParty = Callable[..., RelyingParty]
STATES = [
    "a&b=c#d%e",
    "%26%3D%23",
    "with spaces + and plus",
    "x" * 2048,
    "한국어 état 𝄞",
    '"><svg onload=alert(1)>',
    "{{7*7}}${7*7}",
    "\u202eright to left",
    "0",
    "a" * 128,
]


@pytest.mark.spec("RFC6749-4.1.2", "RFC9207-2")
@pytest.mark.parametrize(
    ("mode", "state"),
    [
        *[("query", state) for state in [*STATES, "line\nbreak\r\n\ttab"]],
        *[("form_post", state) for state in STATES],
    ],
)
def test_state_returns_byte_for_byte_with_a_code_and_with_an_error(
    relying_party: RelyingParty, signed_in: Browser, state: str, mode: str
) -> None:
    assert relying_party.authorize(signed_in, state=state, response_mode=mode).code
    refused = relying_party.refused(signed_in, state=state, response_mode=mode, scope="nope")
    assert refused.parameters["state"] == state


@pytest.mark.spec("RFC6749-4.1.2")
@pytest.mark.parametrize("state", [None, ""])
def test_where_no_state_came_none_returns(
    relying_party: RelyingParty, signed_in: Browser, state: str | None
) -> None:
    relying_party.authorize(signed_in, state=None)
    assert signed_in.left is not None
    assert {name for name, _ in signed_in.left.parameters} == {"code", "iss"}


@pytest.mark.spec("RFC6749-4.1.2.1")
def test_a_state_beyond_all_bounds_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.refused(signed_in, state="x" * 2049).error == "invalid_request"


@pytest.mark.spec("RFC9207-2", "RFC9207-3")
def test_every_response_names_the_issuer_and_discovery_says_so(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.metadata["authorization_response_iss_parameter_supported"] is True
    relying_party.authorize(signed_in)
    assert signed_in.left is not None
    assert dict(signed_in.left.parameters)["iss"] == "https://op.example"
    for changes in ({"scope": "nope"}, {"prompt": "none", "scope": "openid phone"}):
        refused = relying_party.refused(signed_in, **changes)
        assert refused.parameters["iss"] == "https://op.example"


@pytest.mark.spec("RFC6749-4.1.2", "RFC9700-4.12", "RFC9700-4.2.4")
def test_a_code_travels_by_303_and_leaves_no_trace(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in)
    answer = signed_in.visited[-1]
    assert answer.status == 303
    assert answer.is_no_store
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.body == b""
    assert not urlsplit(str(answer.header("Location"))).fragment


@pytest.mark.spec("RFC9700-4.12")
def test_every_redirect_on_the_way_is_a_303(
    relying_party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = relying_party.start()
    user_agent.come_with(relying_party.endpoint("authorization"), attempt.parameters)
    seen = list(user_agent.visited)
    seen += user_agent.sign_in("tester", "a password for tests").visited
    seen += user_agent.allow().visited
    assert relying_party.receive(attempt, user_agent.left).code
    assert {answer.status for answer in seen} == {200, 303}


@pytest.mark.spec("RFC6749-4.1.2")
@pytest.mark.parametrize("uri", ["https://rp.example/cb?tenant=1&x=%2F", "https://rp.example/?a"])
def test_a_query_of_the_redirect_uri_is_kept(
    make_relying_party: MakeParty, signed_in: Browser, uri: str
) -> None:
    party = make_relying_party(redirect_uris=(uri,))
    signed_in.come(party.start(state="s", redirect_uri=uri).url).allow()
    assert signed_in.left is not None
    assert signed_in.left.url.startswith(uri + "&")


@pytest.mark.spec("RFC6749-4.1.2", "RFC9700-4.1.3")
def test_an_answer_by_form_post_is_a_page_that_runs_nothing_else(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    state = '"><svg onload=alert(1)>'
    assert relying_party.authorize(signed_in, state=state, response_mode="form_post").code
    answer = signed_in.visited[-1]
    policy = str(answer.header("Content-Security-Policy"))
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert answer.is_no_store
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert len(re.findall(r"'nonce-[^']{16,}'", policy)) == 1
    assert "<svg" not in answer.text
    assert "code" not in urlsplit(str(signed_in.left and signed_in.left.url)).query


@pytest.mark.spec("RFC6749-4.1.2")
def test_script_nonces_of_form_post_pages_differ(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    policies = set()
    for _ in range(3):
        relying_party.authorize(signed_in, response_mode="form_post")
        policies.add(signed_in.visited[-1].header("Content-Security-Policy"))
    assert len(policies) == 3


@pytest.mark.spec("RFC6749-4.1.2")
@pytest.mark.parametrize("mode", ["fragment", "jwt", "web_message", "QUERY", "query form_post"])
def test_a_code_never_travels_by_a_mode_we_do_not_speak(
    relying_party: RelyingParty, signed_in: Browser, mode: str
) -> None:
    assert relying_party.refused(signed_in, response_mode=mode).error == "invalid_request"
    assert signed_in.left is not None
    assert "#" not in signed_in.left.url
    assert mode not in relying_party.metadata["response_modes_supported"]


@pytest.mark.spec("RFC6749-4.1.2", "RFC9700-4.5")
@pytest.mark.parametrize(("after", "works"), [(0, True), (59, True), (60, False), (3600, False)])
def test_a_code_lives_for_sixty_seconds(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, after: int, works: bool
) -> None:
    grant = relying_party.authorize(signed_in)
    clock.advance(after)
    if works:
        assert relying_party.redeem(grant).access_token
    else:
        refusal(relying_party.redeem_raw(grant), "invalid_grant")


@pytest.mark.spec("RFC6749-10.10")
def test_codes_are_random_and_kept_as_digests(
    make_relying_party: MakeParty, signed_in: Browser, tmp_path: Path
) -> None:
    party = make_relying_party(policy={"consent": "implied"})
    codes = [party.authorize(signed_in).code for _ in range(60)]
    random_part = [code.removeprefix("signet_code_") for code in codes]
    assert len({*codes}) == len(codes)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", part) for part in random_part)
    for position in range(42):
        assert len({part[position] for part in random_part}) > 20
    at_rest = b"".join(path.read_bytes() for path in tmp_path.rglob("signet.sqlite*"))
    assert party.client_id.encode() in at_rest
    assert not any(part.encode() in at_rest for part in random_part)

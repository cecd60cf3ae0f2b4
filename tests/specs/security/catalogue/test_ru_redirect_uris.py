"""RU: where an answer may go (RFC 9700 §2.1, §4.1; RFC 8252 §7)."""

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provider.context import Provider
from provider.model.client import Client
from provider.registration import rules
from provider.registration.problem import NotRegistrable
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.specs.security.catalogue.conftest import Nothing
from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.factories import native
from tests.support.registering import Registrar, metadata
from tests.support.relying_party import RelyingParty

HOME = "https://rp.example/cb"
SPELLINGS = (
    "https://rp.example/cb/", "https://rp.example/CB", "https://rp.example/cb?x=1",
    "https://rp.example/cb?", "https://rp.example:443/cb", "http://rp.example/cb",
    "HTTPS://rp.example/cb", "https://RP.example/cb", "https://rp.example./cb",
    "https:rp.example/cb", "https:/rp.example/cb", "https:///rp.example/cb",
    "https://rp.example:0443/cb", "https://rp.example:/cb", "https://rp.example/%63b",
    "https://rp.example/c%62", "https://ｒｐ.example/cb", "https://rp%2eexample/cb",
    "https://rp.example/cb%00", "https://rp.example/cb%20", "https://rp.example//cb",
    "https://rp.example/cb/.", "https://rp.example/cb;x", "https://rp.example\u3002evil.example/cb",
    "https://rp.example\u00ad/cb", "https://xn--rp-.example/cb",
)  # fmt: skip
DOTS = (
    "https://rp.example/cb/../x", "https://rp.example/cb/..%2fx", "https://rp.example/cb%2f..",
    "https://rp.example/./cb", "https://rp.example/a/../cb", "https://rp.example/a/%2e%2e/cb",
    "https://rp.example/%2e/cb", "https://rp.example/cb/..;/x", "https://rp.example/..%5ccb",
    "https://rp.example/cb%252f..", "https://rp.example/cb\\..\\x",
)  # fmt: skip
FRAGMENTS = (
    "https://rp.example/cb#", "https://rp.example/cb#f", "https://rp.example/cb%23f",
    "https://rp.example/cb?#", "https://rp.example/cb#?x=1", "https://rp.example/#/cb",
)  # fmt: skip
USERINFO = (
    "https://rp.example@evil.example/cb", "https://evil.example@rp.example/cb",
    "http://localhost:80@evil.example/", "https://rp.example:443@evil.example/cb",
    "https://a:b@rp.example/cb", "https://@rp.example/cb", "https://rp.example%40evil.example/cb",
    "https://rp.example\\@evil.example/cb", "https://evil.example\\.rp.example/cb",
    "https://[rp.example]@evil.example/cb",
)  # fmt: skip
DANGEROUS = (
    "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "\tjavascript:alert(1)",
    "java\tscript:alert(1)", "javascript://rp.example/%0aalert(1)", "data:text/html,<b>",
    "DATA:,x",
    "vbscript:x", "VBScript:x", "file:///etc/passwd", "FILE:///x", "about:blank", "About:blank",
    "blob:https://rp.example/x", "filesystem:https://rp.example/x", "view-source:https://x",
    "ws://rp.example/", "ftp://rp.example/", "mailto:a@b", "tel:1", "intent://x#Intent;end",
)  # fmt: skip
PATTERNS = (
    "https://*.rp.example/cb", "https://rp.example/*", "https://*/cb", "https://rp.example:*/cb",
    "*", ".*", "https://rp.example/.*", "^https://rp.example/cb$", "https://rp.example/cb{,/x}",
    "https://{tenant}.example/cb", "https://rp.example/[a-z]+", "https://(a|b).example/cb",
    "https://rp.example/cb*", "https://rp.example/**", "*://rp.example/cb", "https://rp.example/cb|x",
)  # fmt: skip
quick = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def assert_own_page(party: RelyingParty, browser: Browser, uri: str, **more: str | None) -> None:
    """The provider's own page, 400, and no Location on any of the answers."""
    assert party.stopped(browser, redirect_uri=uri, **more) == "invalid_request"
    assert browser.status == 400
    assert not any(one.header("Location") for one in browser.visited)


def of_native() -> dict[str, Any]:
    """Return what makes the applicant a native application."""
    return {"application_type": "native", "token_endpoint_auth_method": "none"}


def registrable(provider: Provider, uri: str, **about: Any) -> bool:
    """Return whether anybody, an operator included, can register the URI."""
    client = Client(client_id="applicant", client_name="Applicant", redirect_uris=(uri,), **about)
    try:
        rules.check(client, provider)
    except NotRegistrable:
        return False
    return True


@pytest.mark.spec("RFC9700-4.1.3")
def test_ru_01_only_the_registered_bytes_are_a_redirect_uri(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing
) -> None:
    with nothing_left():
        for uri in SPELLINGS:
            assert_own_page(relying_party, signed_in, uri)


@pytest.mark.spec("RFC9700-4.1.3")
@quick
@given(
    at=st.integers(0, len(HOME)),
    cut=st.integers(0, 2),
    put=st.text(alphabet=string.printable + "é/\u202e", max_size=3),
)
def test_ru_01_no_edit_of_the_registered_uri_is_one(
    relying_party: RelyingParty, signed_in: Browser, at: int, cut: int, put: str
) -> None:
    edited = HOME[:at] + put + HOME[at + cut :]
    if edited in (HOME, ""):
        return
    signed_in.come(relying_party.start(redirect_uri=edited).url)
    assert signed_in.left is None
    assert signed_in.problem() == "invalid_request"


@pytest.mark.spec("RFC9700-4.1.3")
def test_ru_02_paths_are_never_resolved(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing
) -> None:
    with nothing_left():
        for uri in DOTS:
            assert_own_page(relying_party, signed_in, uri)


@pytest.mark.spec("RFC6749-3.1.2")
def test_ru_03_a_fragment_is_refused_at_both_places(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    for uri in FRAGMENTS:
        assert_own_page(relying_party, signed_in, uri)
        assert "#" not in uri or not registrable(provider, uri), uri


@pytest.mark.spec("RFC9700-4.1.3")
def test_ru_04_userinfo_is_refused_at_both_places(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    for uri in USERINFO:
        assert_own_page(relying_party, signed_in, uri)
        assert not registrable(provider, uri), uri
        assert not registrable(provider, uri, **of_native()), uri


@pytest.mark.settings(registration={"mode": "open", "per_hour": 10_000})
def test_ru_05_what_could_run_or_leak_is_not_registered_by_anybody(
    registrar: Registrar, provider: Provider, nothing_left: Nothing
) -> None:
    """RU-10 and RU-03, RU-04 as well, through the front door."""
    with nothing_left():
        for uri in (*DANGEROUS, *PATTERNS, *FRAGMENTS[:2], *USERINFO, "", "cb", "//x"):
            for about in ({}, {"application_type": "native"}):
                for uris in ([uri], [HOME, uri]):
                    answer = registrar.post(metadata(redirect_uris=uris, **about))
                    assert (answer.status, answer.json["error"]) == (
                        400, "invalid_redirect_uri",
                    ), uri  # fmt: skip
            assert not registrable(provider, uri), uri


@pytest.mark.parametrize("uri", DANGEROUS[:6])
def test_ru_05_a_stored_one_never_becomes_a_link(
    make_relying_party: MakeParty, signed_in: Browser, uri: str
) -> None:
    """Even where somebody wrote it into the database: pages link to the web only."""
    party = make_relying_party(
        client_uri=uri, logo_uri=uri, policy_uri=uri, tos_uri=uri,
        post_logout_redirect_uris=("https://rp.example/bye",),
    )  # fmt: skip
    signed_in.come(party.start().url)
    assert all(link.startswith("https://") for link in signed_in.page.links)
    assert "alert(1)" not in signed_in.page.html


@pytest.mark.spec("RFC8252-7.3")
@pytest.mark.parametrize("port", [1024, 8080, 49152, 65535])
def test_ru_06_only_the_port_of_a_loopback_literal_is_free(
    make_relying_party: MakeParty, signed_in: Browser, port: int
) -> None:
    party = make_relying_party(**native())
    grant = party.authorize(signed_in, redirect_uri=f"http://127.0.0.1:{port}/cb")
    assert grant.code
    for uri in (
        f"http://localhost:{port}/cb", f"http://[::1]:{port}/cb", f"http://127.0.0.1:{port}/cb?x=1",
        f"http://127.0.0.1:{port}/other", f"https://127.0.0.1:{port}/cb",
        f"http://127.0.0.2:{port}/cb", f"http://127.1:{port}/cb", f"http://2130706433:{port}/cb",
        f"http://127.0.0.1.evil.example:{port}/cb", f"http://127.0.0.1:{port}@evil.example/cb",
        f"http://[::ffff:127.0.0.1]:{port}/cb", f"http://0:{port}/cb", f"http://0x7f.1:{port}/cb",
        f"http://127.0.0.1:{port}/cb#", f"http://127.0.0.1:{port}/CB", f"HTTP://127.0.0.1:{port}/cb",
    ):  # fmt: skip
        assert_own_page(party, signed_in, uri)


@pytest.mark.spec("RFC8252-7.3")
def test_ru_06_what_is_no_port_is_refused(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**native())
    for written in ("65536", "-1", "0x50", "+80", "8 0", "٨٠", "80:80", "", "1e3", "8_0"):
        assert_own_page(party, signed_in, f"http://127.0.0.1:{written}/cb")


@pytest.mark.spec("RFC8252-7.3")
def test_ru_06_a_web_client_never_gains_loopback_ports(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(redirect_uris=("http://127.0.0.1/cb",))
    assert_own_page(party, signed_in, "http://127.0.0.1:8080/cb")


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("scope", ["openid profile", "profile", "openid", None])
@pytest.mark.parametrize("uris", [(HOME,), (HOME, "https://rp.example/second")])
def test_ru_07_a_missing_redirect_uri_is_never_filled_in(
    make_relying_party: MakeParty, signed_in: Browser, uris: tuple[str, ...], scope: str | None
) -> None:
    party = make_relying_party(redirect_uris=uris)
    for missing in (None, ""):
        assert party.stopped(signed_in, redirect_uri=missing, scope=scope) == "invalid_request"


WRONG: tuple[dict[str, str | None], ...] = (
        {"response_type": "nope"}, {"response_type": None}, {"response_type": "token"},
        {"response_type": "id_token", "nonce": None},
        {"response_type": "code token", "scope": "x"},
        {"response_type": "id_token token", "scope": "profile"}, {"response_mode": "nope"},
        {"response_mode": "fragment"}, {"scope": "nope"}, {"scope": None},
        {"prompt": "none login"},
        {"max_age": "-1"}, {"code_challenge": None}, {"code_challenge": "x"},
        {"code_challenge_method": "plain"}, {"request": "x.y.z"}, {"request_uri": "https://x/y"},
        {"claims": "{"}, {"id_token_hint": "x"}, {"resource": "nope"}, {"registration": "{}"},
        {"prompt": "none"}, {"ui_locales": "x" * 900}, {"state": "x" * 5000},
)  # fmt: skip


@pytest.mark.spec("RFC6749-4.1.2.1")
@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("stranger", ["client", "uri", "both"])
def test_ru_08_and_09_client_and_uri_come_before_any_error_that_redirects(
    make_relying_party: MakeParty,
    signed_in: Browser,
    nothing_left: Nothing,
    stranger: str,
) -> None:
    party = make_relying_party()
    with nothing_left():
        for wrong in WRONG:
            changes = dict(wrong)
            if stranger in ("client", "both"):
                changes["client_id"] = "nobody"
            if stranger in ("uri", "both"):
                changes["redirect_uri"] = "https://evil.example/cb"
            signed_in.come(party.start(**changes).url)
            assert signed_in.left is None, wrong
            assert signed_in.problem(), wrong
            assert all(link.startswith(party.issuer) for link in signed_in.page.links), wrong


@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token"])
def test_ru_09_without_openid_in_scope_a_foreign_uri_gets_nothing(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    party = make_relying_party(
        response_types=(response_type,), grant_types=("authorization_code", "implicit")
    )
    for scope in ("profile", "", None):
        evil = {"redirect_uri": "https://evil.example/cb", "scope": scope}
        signed_in.come(party.start(response_type=response_type, **evil).url)
        assert signed_in.left is None
        assert signed_in.problem() == "invalid_request"


def test_ru_10_there_is_no_pattern_language(
    make_relying_party: MakeParty, signed_in: Browser, provider: Provider
) -> None:
    for uri in PATTERNS:
        assert not registrable(provider, uri), uri
        assert not registrable(provider, uri, **of_native()), uri
    party = make_relying_party(redirect_uris=PATTERNS)
    assert_own_page(party, signed_in, HOME)
    assert_own_page(party, signed_in, "https://a.rp.example/cb")


@pytest.mark.spec("RFC8252-7.1")
def test_ru_11_a_custom_scheme_is_matched_exactly(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**native())
    for uri in (
        "com.example.app.evil:/cb", "com.example.appevil:/cb", "com.example:/cb", "myapp://cb",
        "COM.example.app:/cb", "com.example.app:/CB", "com.example.app://cb", "com.example.app:cb",
        "com.example.app:/cb/", "com.example.app:/cb?x", "com.example.app:/cb#x",
        "com.example.app:8080/cb", "com-example-app:/cb", "com.example.app%3A/cb",
    ):  # fmt: skip
        assert_own_page(party, signed_in, uri)


@pytest.mark.spec("RFC8252-7.1")
def test_ru_11_a_scheme_without_a_reversed_domain_is_not_registered(provider: Provider) -> None:
    for uri in ("myapp://cb", "myapp:/cb", "app:/cb", "localhost:/cb", "x-y:/cb", ".app:/cb"):
        assert not registrable(provider, uri, **of_native()), uri
    assert registrable(provider, "com.example.app:/cb", **of_native())


@pytest.mark.spec("RFC9700-4.11.2")
@pytest.mark.parametrize("state", ["disabled", "removed"])
@pytest.mark.parametrize("wrong", [{}, {"scope": "nope"}, {"prompt": "none"}])
def test_ru_12_who_is_gone_gets_no_redirect(
    relying_party: RelyingParty,
    signed_in: Browser,
    provider: Provider,
    state: str,
    wrong: dict[str, str],
) -> None:
    attempt = relying_party.start(**wrong)
    with transaction(provider.engine) as tx:
        if state == "disabled":
            clients.disable(tx, relying_party.client_id, provider.clock.now())
        else:
            clients.remove(tx, relying_party.client_id, now=provider.clock.now())
    signed_in.come(attempt.url)
    assert signed_in.problem() in ("invalid_client", "unauthorized_client", "invalid_request")


@pytest.mark.spec("RFC6749-4.1.2.1")
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scope": "nope"}, "invalid_scope"), ({"response_mode": "nope"}, "invalid_request"),
        ({"response_type": "nope"}, "unsupported_response_type"),
        ({"prompt": "none login"}, "invalid_request"), ({"max_age": "x"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"), ({"claims": "["}, "invalid_request"),
        ({"resource": "https://foreign.example"}, "invalid_target"),
        ({"request": "x"}, "invalid_request_object"),
        ({"request_uri": "https://foreign.example/x"}, "invalid_request_uri"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
)  # fmt: skip
def test_ru_13_everything_else_is_told_at_the_registered_uri(
    relying_party: RelyingParty, signed_in: Browser, wrong: dict[str, str | None], error: str
) -> None:
    """`refused` holds the answer to error, description, state and iss, and nothing else."""
    assert relying_party.refused(signed_in, **wrong).error == error
    assert signed_in.left is not None
    assert signed_in.left.url.startswith(HOME + "?")


def test_ru_13_a_request_beyond_all_bounds_is_our_page(relying_party: RelyingParty) -> None:
    url = relying_party.start(state="x" * 20_000).url
    answer = wire.get(relying_party.app, url)
    assert answer.status in (400, 413, 414)
    assert answer.header("Location") is None

"""The hybrid flow, a claims request, and a sign-in that somebody else began."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from client_demo.settings import Settings as DemoSettings
from tests.client_demo.conftest import APP
from tests.client_demo.visitor import Pairs, Visitor


def asked(visitor: Visitor, path: str) -> str:
    visitor.app.visit(APP + path)
    assert visitor.app.left is not None, visitor.app.page.text
    return visitor.app.left.url


def posted(visitor: Visitor, parameters: Pairs) -> None:
    """Bring a response as the provider's page posts it: from another site."""
    visitor.app.come_with(f"{APP}/callback", dict(parameters))


@pytest.mark.spec("OIDCC-3.3")
def test_the_hybrid_flow_signs_in(visitor: Visitor) -> None:
    posted(visitor, visitor.answer(asked(visitor, "/sign-in?flow=hybrid")))
    assert visitor.app.url == f"{APP}/profile", visitor.app.page.text
    assert visitor.is_signed_in


@pytest.mark.spec("OIDCC-3.3.2.11")
@pytest.mark.parametrize("wrong", ["code", "id_token", "state"])
def test_a_hybrid_response_that_was_changed_is_refused(visitor: Visitor, wrong: str) -> None:
    first = dict(visitor.answer(asked(visitor, "/sign-in?flow=hybrid")))
    second = dict(visitor.answer(asked(visitor, "/sign-in?flow=hybrid")))
    posted(visitor, list({**first, wrong: second[wrong]}.items()))
    assert not visitor.is_signed_in
    assert visitor.app.status == 400


@pytest.mark.spec("RFC9700-4.7")
def test_a_posted_response_counts_once_and_only_in_the_browser_that_asked(
    visitor: Visitor, stranger: Visitor
) -> None:
    parameters = visitor.answer(asked(visitor, "/sign-in?flow=hybrid"))
    posted(stranger, parameters)
    assert not stranger.is_signed_in
    posted(visitor, parameters)
    assert visitor.is_signed_in
    visitor.app.reload()
    posted(visitor, parameters)
    assert visitor.app.status == 400


def test_a_handle_that_is_not_ours_is_refused(visitor: Visitor) -> None:
    visitor.app.come(f"{APP}/callback?posted=invented")
    visitor.refused("already used, or came too late")


@pytest.mark.spec("OIDCC-5.5")
def test_single_claims_are_asked_for_instead_of_scopes(visitor: Visitor) -> None:
    request = parse_qs(urlsplit(asked(visitor, "/sign-in?ask=claims")).query)
    assert "profile" not in request["scope"][0].split()
    assert '"auth_time": {"essential": true}' in request["claims"][0]


@pytest.mark.spec("OIDCC-4")
@pytest.mark.parametrize("target", [None, f"{APP}/notes"])
def test_somebody_else_may_begin_the_sign_in(
    visitor: Visitor, demo_settings: DemoSettings, target: str | None
) -> None:
    told = {"iss": demo_settings.issuer, "login_hint": "tester"}
    if target:
        told["target_link_uri"] = target
    request = asked(visitor, f"/initiate-login?{urlencode(told)}")
    assert parse_qs(urlsplit(request).query)["login_hint"] == ["tester"]
    visitor.arrive(visitor.answer(request))
    assert visitor.app.url == (target or f"{APP}/profile")


@pytest.mark.spec("OIDCC-4")
@pytest.mark.parametrize(
    "path", ["//evil.example/phish", "///evil.example", "/\\evil.example", "//@evil.example/"]
)
def test_no_page_of_ours_is_the_address_of_another_site(
    visitor: Visitor, demo_settings: DemoSettings, path: str
) -> None:
    told = {"iss": demo_settings.issuer, "target_link_uri": APP + path}
    request = asked(visitor, f"/initiate-login?{urlencode(told)}")
    visitor.arrive(visitor.answer(request))
    assert visitor.app.left is None
    assert visitor.app.url.startswith(APP + "/")


@pytest.mark.spec("OIDCC-4")
@pytest.mark.parametrize(
    "told",
    [
        {},
        {"iss": "https://elsewhere.example"},
        {"target_link_uri": "https://elsewhere.example/"},
        {"target_link_uri": "//elsewhere.example/"},
        {"target_link_uri": "javascript:alert(1)"},
        {"target_link_uri": f"{APP}.elsewhere.example/"},
        {"target_link_uri": "/notes"},
    ],
)
def test_but_not_for_another_provider_or_to_another_site(
    visitor: Visitor, demo_settings: DemoSettings, told: dict[str, str]
) -> None:
    known = {"iss": demo_settings.issuer} if "target_link_uri" in told else {}
    visitor.app.visit(f"{APP}/initiate-login?{urlencode({**known, **told})}")
    assert visitor.app.left is None
    assert visitor.app.status == 400

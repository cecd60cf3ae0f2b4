"""RFC 6749 §3.1: what the authorization endpoint reads, and how."""

from urllib.parse import quote

import pytest

from provider.context import Provider
from tests.support import wire
from tests.support.browser import Browser, origin_of
from tests.support.factories import make_client
from tests.support.relying_party import RelyingParty

ONCE = ("response_type", "scope", "nonce", "code_challenge", "prompt", "max_age", "ui_locales")


@pytest.mark.spec("RFC6749-3.1")
def test_get_is_supported(relying_party: RelyingParty, signed_in: Browser) -> None:
    assert relying_party.authorize(signed_in).code


@pytest.mark.spec("RFC6749-3.1")
def test_post_is_supported(relying_party: RelyingParty, signed_in: Browser) -> None:
    attempt = relying_party.start()
    signed_in.come_with(relying_party.endpoint("authorization"), attempt.parameters)
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("RFC6749-3.1")
def test_post_with_parameters_in_the_query_as_well_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    attempt = relying_party.start()
    url = f"{relying_party.endpoint('authorization')}?scope=openid"
    signed_in.come_with(url, attempt.parameters)
    assert signed_in.problem() == "invalid_request"


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "HEAD", "OPTIONS", "FOO"])
def test_other_methods_are_refused(relying_party: RelyingParty, method: str) -> None:
    answer = wire.send(relying_party.app, method, relying_party.start().url)
    assert answer.status == 405
    assert {"GET", "POST"} <= {*str(answer.header("Allow")).split(", ")}


@pytest.mark.spec("RFC6749-3.1")
def test_unknown_parameters_are_ignored(relying_party: RelyingParty, signed_in: Browser) -> None:
    unknown = {"foo": "bar", "ünknown": "x", "audience": "https://x", "handle": "x", "lang": "x"}
    assert relying_party.authorize(signed_in, **unknown).code


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize("name", ["prompt", "max_age", "login_hint", "nonce", "resource"])
def test_a_parameter_without_a_value_counts_as_left_out(
    relying_party: RelyingParty, signed_in: Browser, name: str
) -> None:
    attempt = relying_party.start(**{name: ""})
    signed_in.come(attempt.url).allow()
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize("name", ONCE)
def test_a_parameter_that_stands_twice_is_refused(
    relying_party: RelyingParty, signed_in: Browser, name: str
) -> None:
    refused = relying_party.refused(signed_in, **{name: ["openid", "openid"]})
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "response_mode"])
def test_where_to_answer_must_not_be_said_twice(
    relying_party: RelyingParty, signed_in: Browser, name: str
) -> None:
    value = {
        "client_id": relying_party.client_id,
        "redirect_uri": relying_party.redirect_uri,
        "state": "s",
        "response_mode": "query",
    }[name]
    assert relying_party.stopped(signed_in, **{name: [value, value]}) == "invalid_request"


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize(
    "raw", ["%ff", "%c3%28", "%ed%a0%80", "a%00b", "\x00", "%f5%80%80%80", "\xe9"]
)
def test_text_that_is_not_utf_8_is_refused(
    relying_party: RelyingParty, signed_in: Browser, raw: str
) -> None:
    url = relying_party.start(state=None).url + "&state="
    answer = wire.get(relying_party.app, url + raw)
    assert answer.status == 400
    assert answer.header("Location") is None


@pytest.mark.spec("RFC6749-3.1")
def test_marks_that_turn_text_around_do_no_harm(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    assert relying_party.stopped(user_agent, client_id="\u202eevil") == "invalid_request"


@pytest.mark.spec("RFC6749-3.1")
def test_a_request_beyond_all_bounds_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    url = relying_party.start().url
    too_long = wire.get(relying_party.app, url + "&x=" + "a" * 17_000)
    too_many = wire.get(relying_party.app, url + "".join(f"&p{n}=1" for n in range(1_000)))
    assert too_long.status in (413, 414, 400)
    assert too_many.status in (413, 414, 400)
    body = {"x": "a" * 70_000}
    too_big = wire.post(relying_party.app, relying_party.endpoint("authorization"), body)
    assert too_big.status == 413


@pytest.mark.spec("RFC6749-3.1.1")
def test_a_request_without_a_response_type_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.refused(signed_in, response_type=None).error == "invalid_request"


@pytest.mark.spec("RFC6749-3.1.1", "RFC9700-2.1.2")
@pytest.mark.parametrize(
    "response_type",
    ["token", "id_token", "code token", "code id_token", "none", "CODE", "code code", "nope"],
)
def test_only_the_code_is_a_response_type(
    relying_party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    refused = relying_party.refused(signed_in, response_type=response_type)
    assert refused.error == "unsupported_response_type"
    assert relying_party.metadata["response_types_supported"] == ["code"]


@pytest.mark.spec("RFC6749-3.1.1")
def test_a_client_that_did_not_register_the_code_flow_is_refused(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser
) -> None:
    other = make_client(provider, grant_types=("client_credentials",))
    relying_party.client_id = other.client.client_id
    assert relying_party.refused(signed_in).error == "unauthorized_client"


@pytest.mark.spec("RFC6749-10.15")
@pytest.mark.parametrize("name", ["error_uri", "redirect", "return_to", "next", "handle"])
def test_no_parameter_leads_anywhere_else(
    relying_party: RelyingParty, user_agent: Browser, name: str
) -> None:
    target = "https://evil.example/" + quote("\r\nX-Evil: 1")
    user_agent.come(relying_party.start(**{name: target}).url)
    assert user_agent.left is None
    for answer in user_agent.visited:
        assert origin_of(answer.header("Location") or answer.url) == "https://op.example"
    assert {origin_of(link) for link in user_agent.page.links} == {"https://op.example"}

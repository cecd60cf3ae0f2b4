"""RFC 6749 §3.2: the token endpoint reads forms in the body of a POST and nothing else."""

from urllib.parse import quote

import pytest

from tests.support import wire
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, basic, refusal
from tests.support.wire import Answer

PARAMETERS = (
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "client_id",
    "scope",
    "unknown",
)


def raw(party: RelyingParty, body: bytes, content_type: str | None = wire.FORM) -> Answer:
    headers = {"Authorization": basic(party.client_id, str(party.secret))}
    if content_type is not None:
        headers["Content-Type"] = content_type
    return wire.send(party.app, "POST", party.endpoint("token"), headers=headers, body=body)


@pytest.mark.spec("RFC6749-3.2")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "FOO"])
def test_only_post_is_answered_and_the_code_survives_anything_else(
    relying_party: RelyingParty, signed_in: Browser, method: str
) -> None:
    grant = relying_party.authorize(signed_in)
    fields = {
        "grant_type": "authorization_code",
        "code": grant.code,
        "redirect_uri": relying_party.redirect_uri,
        "code_verifier": grant.attempt.verifier,
    }
    url = f"{relying_party.endpoint('token')}?{wire.encode(fields)}"
    header = {"Authorization": basic(relying_party.client_id, str(relying_party.secret))}
    answer = wire.send(relying_party.app, method, url, headers=header)
    assert answer.status == 405
    assert "POST" in str(answer.header("Allow")).split(", ")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-3.2")
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_stands_twice_is_refused(
    relying_party: RelyingParty, signed_in: Browser, name: str
) -> None:
    grant = relying_party.authorize(signed_in)
    value = {
        "grant_type": "authorization_code",
        "code": grant.code,
        "redirect_uri": relying_party.redirect_uri,
        "code_verifier": str(grant.attempt.verifier),
        "client_id": relying_party.client_id,
    }.get(name, "x")
    refusal(relying_party.redeem_raw(grant, **{name: [value, value]}), "invalid_request")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-3.2")
@pytest.mark.parametrize("name", ["grant_type", "code", "code_verifier", "scope"])
def test_the_query_never_counts(
    relying_party: RelyingParty, signed_in: Browser, name: str
) -> None:
    grant = relying_party.authorize(signed_in)
    fields = {
        "grant_type": "authorization_code",
        "code": grant.code,
        "redirect_uri": relying_party.redirect_uri,
        "code_verifier": str(grant.attempt.verifier),
    }
    moved = {name: fields.pop(name, "openid")}
    url = f"{relying_party.endpoint('token')}?{wire.encode(moved)}"
    header = {"Authorization": basic(relying_party.client_id, str(relying_party.secret))}
    refusal(wire.post(relying_party.app, url, fields, headers=header), "invalid_request")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-3.2")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"grant_type":"client_credentials"}'),
        ("text/plain", b"grant_type=client_credentials"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--"),
        ("", b"grant_type=client_credentials"),
        (None, b"grant_type=client_credentials"),
        ("application/x-www-form-urlencodedx", b"grant_type=client_credentials"),
        ("\x80", b"grant_type=client_credentials"),
    ],
)
def test_only_forms_are_read(
    relying_party: RelyingParty, content_type: str | None, body: bytes
) -> None:
    answer = raw(relying_party, body, content_type)
    assert answer.status in (400, 415)
    assert answer.json["error"] == "invalid_request"


@pytest.mark.spec("RFC6749-3.2", "RFC6749-B")
@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"],
)
def test_a_form_may_name_its_character_set(relying_party: RelyingParty, content_type: str) -> None:
    assert raw(relying_party, b"grant_type=client_credentials", content_type).status == 200


@pytest.mark.spec("RFC6749-3.2")
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*", "*/*;q=0"])
def test_the_answer_is_json_whatever_is_asked_for(
    relying_party: RelyingParty, accept: str
) -> None:
    header = {"Authorization": basic(relying_party.client_id, "wrong"), "Accept": accept}
    fields = {"grant_type": "client_credentials"}
    refusal(relying_party.post_raw("token", fields, headers=header), "invalid_client")
    header["Authorization"] = basic(relying_party.client_id, str(relying_party.secret))
    assert relying_party.post_raw("token", fields, headers=header).json["access_token"]


@pytest.mark.spec("RFC6749-3.2")
def test_unknown_parameters_are_ignored(relying_party: RelyingParty) -> None:
    assert relying_party.client_credentials(foo="bar", response_type="token").access_token


@pytest.mark.spec("RFC6749-3.2")
def test_a_parameter_without_a_value_counts_as_left_out(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    grant = relying_party.authorize(signed_in)
    assert relying_party.redeem(grant, scope="", resource="").access_token
    refusal(relying_party.post("token", {"grant_type": ""}), "invalid_request")
    fields = {"grant_type": "authorization_code", "code": ""}
    refusal(relying_party.post("token", fields), "invalid_request")


@pytest.mark.spec("RFC6749-5.2")
def test_a_request_without_a_grant_type_is_refused(relying_party: RelyingParty) -> None:
    refusal(relying_party.post("token", {}), "invalid_request")
    refusal(raw(relying_party, b""), "invalid_request")


@pytest.mark.spec("RFC6749-5.2", "RFC9700-2.4")
@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "nope",
        "AUTHORIZATION_CODE",
        "authorization_code ",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ],
)
def test_a_grant_type_that_is_not_offered_is_refused(
    relying_party: RelyingParty, grant_type: str
) -> None:
    fields = {"grant_type": grant_type, "username": "tester", "password": "x"}
    refusal(relying_party.post("token", fields), "unsupported_grant_type")
    assert grant_type not in relying_party.metadata["grant_types_supported"]


@pytest.mark.spec("RFC6749-3.2")
@pytest.mark.parametrize("value", ["%ff", "%c3%28", "%ed%a0%80", "a%00b"])
@pytest.mark.parametrize("name", ["grant_type", "code", "refresh_token", "client_id", "scope"])
def test_text_that_is_not_utf_8_is_refused(
    relying_party: RelyingParty, name: str, value: str
) -> None:
    refusal(raw(relying_party, f"{name}={value}".encode()), "invalid_request")


@pytest.mark.spec("RFC6749-3.2")
def test_text_beyond_ascii_is_a_value_like_any_other(relying_party: RelyingParty) -> None:
    value = quote("日本語 𝄞 \u202e")
    body = f"grant_type=refresh_token&refresh_token={value}"
    refusal(raw(relying_party, body.encode()), "invalid_grant")
    body = f"grant_type=authorization_code&redirect_uri=x&code={value}"
    refusal(raw(relying_party, body.encode()), "invalid_grant")
    refusal(raw(relying_party, b"grant_type=\xe9"), "invalid_request")


@pytest.mark.spec("RFC6749-3.2")
def test_a_request_beyond_all_bounds_is_refused(relying_party: RelyingParty) -> None:
    too_big = raw(relying_party, b"grant_type=client_credentials&x=" + b"a" * 70_000)
    refusal(too_big, "invalid_request", 413)
    too_many = raw(relying_party, b"grant_type=client_credentials" + b"&a=1" * 1_000)
    refusal(too_many, "invalid_request")


@pytest.mark.spec("RFC6749-5.1")
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_no_answer_of_the_back_channel_may_be_kept(
    relying_party: RelyingParty, endpoint: str
) -> None:
    good = relying_party.post(endpoint, {"grant_type": "client_credentials", "token": "x"})
    bad = relying_party.post_raw(endpoint, {})
    for answer in (good, bad):
        assert answer.is_no_store
        assert answer.header("Pragma") == "no-cache"
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.headers("Set-Cookie") == []

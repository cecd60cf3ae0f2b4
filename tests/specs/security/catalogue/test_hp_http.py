"""HP: what arrives (RFC 9110, RFC 6749 §3.1, §3.2, RFC 3629 §10)."""

from base64 import b64encode
from time import thread_time
from typing import Any

import pytest

from provider.context import Provider
from tests.specs.security.catalogue.conftest import Nothing
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.registering import Registrar, metadata
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, refusal

KNOWN = (
    "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "response_mode", "prompt", "max_age", "display", "ui_locales", "claims_locales",
    "id_token_hint", "login_hint", "acr_values", "claims", "request", "request_uri",
    "registration", "dpop_jkt", "audience", "custom",
)  # fmt: skip
AT_TOKEN = (
    "grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret", "scope",
    "refresh_token", "client_assertion", "client_assertion_type", "custom", "username",
)  # fmt: skip
NO_TEXT = (
    b"%ff", b"%00", b"%c3%28", b"%ed%a0%80", b"%ed%bf%bf", b"%f8%88%80%80%80", b"%c0%80",
    b"%f4%90%80%80", b"\xff", b"\xe2\x28\xa1", b"a%00b", b"%80",
)  # fmt: skip


def test_hp_01_no_parameter_of_a_request_may_stand_twice(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing
) -> None:
    with nothing_left():
        for name in KNOWN:
            same = relying_party.start().parameters.get(name, "x")
            for values in ([str(same), str(same)], [str(same), "other"], ["", str(same), "x"]):
                attempt = relying_party.start(**{name: values})
                signed_in.come(attempt.url)
                if signed_in.left is None:
                    assert signed_in.problem() == "invalid_request", name
                else:
                    told = dict(signed_in.left.parameters)
                    assert told["error"] == "invalid_request", name
                    assert told["iss"] == relying_party.issuer
        for name in ("client_id", "redirect_uri"):
            attempt = relying_party.start(**{name: [relying_party.client_id, "x"]})
            signed_in.come(attempt.url)
            assert signed_in.problem() == "invalid_request", name


@pytest.mark.parametrize("endpoint", ["token", "revocation", "introspection"])
def test_hp_02_no_field_of_a_form_may_stand_twice_or_in_the_query(
    relying_party: RelyingParty, nothing_left: Nothing, endpoint: str
) -> None:
    _, headers = relying_party.credentials()
    sent = {"grant_type": "client_credentials", "token": "x"}
    with nothing_left():
        for name in (*AT_TOKEN, "token", "token_type_hint"):
            for second in ("x", sent.get(name, "x")):
                pairs = [*sent.items(), (name, "x"), (name, second)]
                answer = relying_party.post_raw(endpoint, pairs, headers=headers)
                refusal(answer, "invalid_request")
        for name in AT_TOKEN if endpoint == "token" else ():
            url = f"{relying_party.endpoint(endpoint)}?{name}=x"
            answer = wire.post(relying_party.app, url, sent, headers=headers)
            assert answer.status == 400
            refusal(answer, "invalid_request")


@pytest.mark.parametrize("endpoint", ["token", "revocation", "introspection"])
def test_hp_03_only_forms_are_read(
    relying_party: RelyingParty, nothing_left: Nothing, endpoint: str
) -> None:
    _, own = relying_party.credentials()
    form = b"grant_type=client_credentials&token=x"
    json_body = b'{"grant_type":"client_credentials","token":"x"}'
    multipart = b'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\nx\r\n--b--\r\n'
    with nothing_left():
        for kind, body in (
            ("application/json", json_body), ("application/json", form), ("text/plain", form),
            ("multipart/form-data; boundary=b", multipart), ("multipart/form-data", form),
            ("", form), ("application/xml", b"<x/>"), ("application/octet-stream", form),
            ("application/x-www-form-urlencoded+json", form), (",", form), ("\u00ff", form),
            ("application/x-www-form-urlencodedx", form), ("text/html; " + "a" * 4000, form),
        ):  # fmt: skip
            headers = {**own, "Content-Type": kind}
            url = relying_party.endpoint(endpoint)
            answer = wire.send(relying_party.app, "POST", url, headers=headers, body=body)
            assert answer.status in (400, 415), kind
            assert answer.json["error"] == "invalid_request"


@pytest.mark.settings(registration={"mode": "open"})
def test_hp_04_what_is_too_large_is_refused_at_once(relying_party: RelyingParty) -> None:
    big, many = b"a=" + b"x" * 70_000, "&".join(f"p{number}=x" for number in range(1000))
    paths = ("/token", "/revoke", "/introspect", "/userinfo", "/authorize", "/logout", "/register")
    started = thread_time()
    for path in paths:
        for kind in (wire.FORM, "application/json", "text/plain"):
            url = relying_party.issuer + path
            headers = {"Content-Type": kind}
            answer = wire.send(relying_party.app, "POST", url, headers=headers, body=big)
            assert answer.status in (400, 413), path
            answer = wire.send(relying_party.app, "POST", url, headers=headers, body=many.encode())
            assert answer.status in (400, 401), path
    for path in ("/authorize", "/logout"):
        for query in (many, "x=" + "y" * 20_000):
            answer = wire.get(relying_party.app, f"{relying_party.issuer}{path}?{query}")
            assert answer.status in (400, 413, 414)
    for name in ("Authorization", "Cookie", "Accept-Language", "User-Agent", "Origin", "X-Y"):
        for path in (*paths[:4], "/account"):
            headers = {"Content-Type": wire.FORM, name: "x" * 20_000}
            answer = wire.post(relying_party.app, relying_party.issuer + path, {}, headers=headers)
            assert answer.status < 500
    assert thread_time() - started < 30


@pytest.mark.both_databases
def test_hp_05_what_is_no_text_is_a_bad_request_on_every_database(
    relying_party: RelyingParty, nothing_left: Nothing
) -> None:
    _, own = relying_party.credentials()
    with nothing_left():
        for odd in NO_TEXT:
            for known in (b"code", b"refresh_token", b"scope", b"token", b"resource", b"x"):
                body = b"grant_type=authorization_code&token=x&" + known + b"y=" + odd
                for path in ("/token", "/revoke", "/introspect"):
                    answer = wire.send(
                        relying_party.app, "POST", relying_party.issuer + path, body=body,
                        headers={**own, "Content-Type": wire.FORM},
                    )  # fmt: skip
                    assert answer.status == 400, (path, odd)
        for name in ("client_id", "redirect_uri", "state", "scope", "login_hint", "resource"):
            for text in (
                "\x00",
                "a\x00",
                "\ud7ff\u202e\u2066",
                "\ufeff",
                "\x7f\x1b[31m",
                "\U0010ffff",
            ):
                url = relying_party.start(**{name: text}).url
                assert wire.get(relying_party.app, url).status in (200, 303, 400)


@pytest.mark.both_databases
@pytest.mark.settings(registration={"mode": "open"})
def test_hp_05_what_is_no_text_is_nobody_wherever_a_name_can_stand(
    relying_party: RelyingParty, nothing_left: Nothing
) -> None:
    """In credentials, assertions, cookies, paths and JSON in parameters: no database is asked."""
    app, issuer = relying_party.app, relying_party.issuer
    own = {"grant_type": "client_credentials", "token": "x"}
    names = (b"a\x00b", b"a%00b", b"%ed%a0%80", b"\xff", "\u202e".encode(), b"", b"x" * 5000)
    with nothing_left():
        for name in names:
            value = f"Basic {b64encode(name + b':x').decode()}"
            for endpoint in ("token", "introspection", "revocation"):
                answer = relying_party.post_raw(endpoint, own, headers={"Authorization": value})
                refusal(answer, "invalid_client")
        subjects: tuple[Any, ...] = ("a\x00b", "\u202e", "", 7, None, ["a"], {"a": 1})
        for subject in subjects:
            claims = {
                "iss": subject,
                "sub": subject,
                "aud": issuer,
                "jti": "x",
                "exp": 2_000_000_000,
            }
            token = jwt.sign(jwt.key_for("ES256"), claims)
            fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}
            refusal(relying_party.post_raw("token", {**own, **fields}), "invalid_client")
        for odd in ("%00", "a%00", "%ff", "%ed%a0%80", "%0d%0aX:y", "..%2f.."):
            for path in ("interaction/{}/login", "interaction/{}/consent", "register/{}",
                         "errors/{}", "{}", "static/{}", "status-lists/{}"):  # fmt: skip
                headers = {"Authorization": "Bearer signet_registration_x"}
                url = f"{issuer}/{path.format(odd)}"
                assert wire.get(app, url, headers=headers).status in (400, 401, 404), url
        for cookie in ("\x00", "a\x00", "\xff", "==", "signet_session_\x00"):
            headers = {"Cookie": f"__Host-signet_session={cookie}; __Host-signet_browser={cookie}"}
            assert wire.get(app, f"{issuer}/account", headers=headers).status == 303
            assert wire.get(app, f"{issuer}/logout", headers=headers).status == 200


@pytest.mark.settings(registration={"mode": "open"})
@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PATCH", "CONNECT", "BREW", "GETS"])
def test_hp_06_a_wrong_method_names_the_right_ones_and_does_nothing(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing, method: str
) -> None:
    own = {"Cookie": signed_in.jar.header(relying_party.issuer, method="GET", same_site=True)}
    with nothing_left():
        for path in (
            "/token", "/authorize", "/userinfo", "/introspect", "/revoke", "/logout", "/jwks",
            "/register", "/.well-known/openid-configuration", "/account", "/account/sign-out",
            "/account/sessions/end-others", "/", "/signed-out", "/health/ready",
        ):  # fmt: skip
            answer = wire.send(relying_party.app, method, relying_party.issuer + path, headers=own)
            assert answer.status == 405, path
            assert answer.header("Allow"), path


JSON = (
    b"[" * 10_000, b"{" * 10_000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"redirect_uris":["https://rp.example/cb"],"redirect_uris":["https://evil.example/cb"]}',
    b'{"redirect_uris":["https://rp.example/cb"],"jwks":{"keys":[],"keys":[{}]}}',
    b'{"redirect_uris":["https://rp.example/cb"],"x":NaN}',
    b'{"redirect_uris":["https://rp.example/cb"],"default_max_age":Infinity}',
    b'{"redirect_uris":["https://rp.example/cb"],"default_max_age":-Infinity}',
    b'{"redirect_uris":["https://rp.example/cb"],}', b'{"redirect_uris":["\\ud800"]}',
    b'{"redirect_uris":["https://rp.example/cb"]}x', b"{'redirect_uris':[]}", b"\xef\xbb\xbf{",
    b'{"redirect_uris":["https://rp.example/cb"],"client_name":"a\x00b"}', b"true",
    b"1e999", b'"x"',
    b'{"redirect_uris":["https://rp.example/cb"] /* no */}', b"", b"[]", b"[{}]", b"null",
)  # fmt: skip


ODD_VALUES: tuple[Any, ...] = (
    7, 1.5, True, {}, {"a": []}, [[]], [None], [7], "x\x00", 2**63,
)  # fmt: skip
FITTING = [("default_max_age", 7), ("require_auth_time", True)]


@pytest.mark.settings(registration={"mode": "open", "per_hour": 10_000})
def test_hp_07_odd_json_is_a_bad_request(
    registrar: Registrar, provider: Provider, nothing_left: Nothing
) -> None:
    with nothing_left():
        for body in JSON:
            answer = registrar.post(body)
            assert answer.status == 400, body[:60]
        for name in (
            "redirect_uris", "grant_types", "response_types", "client_name", "scope", "jwks",
            "jwks_uri", "contacts", "default_max_age", "require_auth_time", "subject_type",
            "token_endpoint_auth_method", "application_type", "id_token_signed_response_alg",
        ):  # fmt: skip
            for value in ODD_VALUES:
                if (name, value) in FITTING:
                    continue
                answer = registrar.post(metadata(**{name: value}))
                assert answer.status == 400, (name, value)


@pytest.mark.settings(registration={"mode": "open"})
def test_hp_07_a_change_is_read_as_strictly(registrar: Registrar) -> None:
    registered = registrar.register()
    for body in JSON:
        answer = registrar.manage("PUT", registered, body)
        assert answer.status == 400, body[:60]
    assert registrar.manage("GET", registered).json["redirect_uris"] == [
        registered["redirect_uris"][0]
    ]


def test_hp_08_what_nobody_knows_is_ignored(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    odd = {"foo": "bar", "x" * 200: "y" * 2000, "ü": "ü", "<b>": "<b>", "__proto__": "1", "_": ""}
    tokens = relying_party.redeem(relying_party.authorize(signed_in, **odd), **odd)
    assert relying_party.refresh(tokens.refresh_token, **odd).access_token
    relying_party.revoke(tokens.refresh_token, **odd)


NO_SECONDS = (
    "-1", "-0", "+1", "1e99", "1.5", "1,5", "0x10", "1_000", " 1", "1 ", "\u0661\u0662", "１２",
    "NaN", "Infinity", "true", "null", "'", "1;2", "9" * 30, "9" * 4000, "²", "٣", "1\u200b",
)  # fmt: skip


def test_hp_09_a_number_is_written_in_digits_and_has_bounds(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    for odd in NO_SECONDS:
        signed_in.come(relying_party.start(max_age=odd, prompt="none").url)
        if signed_in.left is None:
            assert signed_in.problem() == "invalid_request", odd
            continue
        told = dict(signed_in.left.parameters)
        assert told["error"] == "invalid_request", odd

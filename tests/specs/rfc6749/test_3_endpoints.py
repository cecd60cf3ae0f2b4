"""RFC 6749 §3, RFC 9110 §15.5.6: every protocol endpoint answers its own methods only, in bounds,
and says nothing of what serves it."""

import pytest

from tests.support import wire
from tests.support.relying_party import RelyingParty

METHODS = {
    "authorization": {"GET", "POST"},
    "token": {"POST"},
    "userinfo": {"GET", "POST"},
    "introspection": {"POST"},
    "revocation": {"POST"},
    "jwks_uri": {"GET", "HEAD"},
}
OTHERS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "FOO", "get"]


@pytest.mark.spec("RFC6749-3.1", "RFC6749-3.2")
@pytest.mark.parametrize("endpoint", METHODS)
def test_a_wrong_method_is_told_the_right_ones(relying_party: RelyingParty, endpoint: str) -> None:
    url = relying_party.endpoint(endpoint)
    for method in OTHERS:
        if method in METHODS[endpoint]:
            continue
        answer = wire.send(relying_party.app, method, url)
        assert answer.status == 405, method
        allowed = {one.strip() for one in str(answer.header("Allow")).split(",")}
        assert allowed - {"OPTIONS"} == METHODS[endpoint], method


@pytest.mark.spec("RFC6749-3.1", "RFC6749-3.2")
@pytest.mark.parametrize("endpoint", METHODS)
def test_no_answer_says_what_serves_it(relying_party: RelyingParty, endpoint: str) -> None:
    for method in ("GET", "POST"):
        answer = wire.send(relying_party.app, method, relying_party.endpoint(endpoint))
        assert answer.header("Server") is None
        assert answer.header("X-Powered-By") is None
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert str(answer.header("Strict-Transport-Security")).startswith("max-age=")


@pytest.mark.spec("RFC6749-3.1.2.1", "RFC9700-2.6")
@pytest.mark.parametrize("origin", ["https://rp.example", "https://evil.example", "null"])
def test_the_authorization_endpoint_can_not_be_read_across_origins(
    relying_party: RelyingParty, origin: str
) -> None:
    for method in ("GET", "OPTIONS"):
        answer = wire.send(
            relying_party.app, method, relying_party.start().url, headers={"Origin": origin}
        )
        assert not [name for name, _ in answer.fields if name.lower().startswith("access-control")]


@pytest.mark.spec("RFC6749-3.2", "RFC9700-2.6")
@pytest.mark.parametrize(
    ("origin", "may_read"),
    [("https://rp.example", True), ("https://evil.example", False), ("null", False)],
)
def test_the_token_endpoint_can_be_read_by_the_clients_own_origins_only(
    relying_party: RelyingParty, origin: str, may_read: bool
) -> None:
    credentials, headers = relying_party.credentials()
    fields = {"grant_type": "client_credentials", **credentials}
    answer = relying_party.post_raw("token", fields, headers={**headers, "Origin": origin})
    assert answer.status == 200
    allowed = answer.header("Access-Control-Allow-Origin")
    assert allowed == (origin if may_read else None)
    assert answer.header("Access-Control-Allow-Credentials") is None
    assert "Origin" in str(answer.header("Vary"))


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_no_header_changes_who_we_are(relying_party: RelyingParty, name: str) -> None:
    value = {"X-Forwarded-Proto": "http", "Forwarded": "host=evil.example;proto=http"}
    headers = {name: value.get(name, "evil.example")}
    answer = wire.get(relying_party.app, relying_party.start().url, headers=headers)
    assert str(answer.header("Location")).startswith("https://op.example/interaction/")
    document = wire.get(
        relying_party.app, "https://op.example/.well-known/openid-configuration", headers=headers
    )
    assert document.json == relying_party.metadata
    assert "evil.example" not in document.text

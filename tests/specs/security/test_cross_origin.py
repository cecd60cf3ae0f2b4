"""Which web origins may read what (RFC 9700 §2.6): everybody what is public, the origins of a
client's redirect URIs its own answers, nobody the pages; never with credentials."""

import pytest

from tests.support import wire
from tests.support.arrival import at_consent, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

OWN, FOREIGN = "https://rp.example", "https://evil.example"


def allowed(answer: Answer) -> str | None:
    assert answer.header("Access-Control-Allow-Credentials") is None
    return answer.header("Access-Control-Allow-Origin")


@pytest.mark.spec("CO-02")
@pytest.mark.parametrize("origin", [OWN, FOREIGN, "null", None])
@pytest.mark.parametrize(
    "path",
    ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"],
)
def test_everybody_may_read_what_is_public(
    relying_party: RelyingParty, path: str, origin: str | None
) -> None:
    headers = {"Origin": origin} if origin else {}
    answer = wire.get(relying_party.app, relying_party.issuer + path, headers=headers)
    assert allowed(answer) == "*"


@pytest.mark.spec("CO-02", "RFC9700-2.6")
@pytest.mark.parametrize(
    ("origin", "readable"),
    [
        (OWN, True), (FOREIGN, False), ("null", False), ("https://rp.example:8443", False),
        ("http://rp.example", False), ("https://rp.example.evil.example", False),
        ("https://RP.example", False), ("*", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("refused", [True, False])
def test_a_clients_origin_may_read_its_token_answers(
    public_party: RelyingParty, signed_in: Browser, origin: str, readable: bool, refused: bool
) -> None:
    grant = public_party.authorize(signed_in)
    answer = public_party.post_raw(
        "token",
        {
            "grant_type": "authorization_code", "client_id": public_party.client_id,
            "code": "x" if refused else grant.code, "redirect_uri": public_party.redirect_uri,
            "code_verifier": grant.attempt.verifier,
        },
        headers={"Origin": origin},
    )  # fmt: skip
    assert answer.status == (400 if refused else 200)
    assert allowed(answer) == (origin if readable else None)
    assert answer.header("Vary") == "Origin"


@pytest.mark.spec("CO-02", "RFC9700-2.6")
@pytest.mark.parametrize(("origin", "readable"), [(OWN, True), (FOREIGN, False), ("null", False)])
def test_a_clients_origin_may_read_userinfo_and_revoke(
    public_party: RelyingParty, signed_in: Browser, origin: str, readable: bool
) -> None:
    tokens = public_party.sign_in(signed_in)
    bearer = {"Authorization": f"Bearer {tokens.access_token}", "Origin": origin}
    userinfo = wire.get(public_party.app, public_party.endpoint("userinfo"), headers=bearer)
    revoked = public_party.post_raw(
        "revocation",
        {"client_id": public_party.client_id, "token": tokens.refresh_token},
        headers={"Origin": origin},
    )
    for answer in (userinfo, revoked):
        assert answer.status == 200
        assert allowed(answer) == (origin if readable else None)
        assert answer.header("Vary") == "Origin"


@pytest.mark.spec("CO-02")
@pytest.mark.parametrize("path", ["/token", "/userinfo", "/revoke"])
def test_nobody_reads_an_answer_to_nobody(relying_party: RelyingParty, path: str) -> None:
    url = relying_party.issuer + path
    answer = wire.post(relying_party.app, url, {"x": "y"}, headers={"Origin": OWN})
    assert answer.status in (400, 401)
    assert allowed(answer) is None


@pytest.mark.spec("CO-02")
@pytest.mark.parametrize("path", ["/token", "/userinfo", "/revoke", "/jwks"])
def test_a_preflight_is_answered_without_credentials(
    relying_party: RelyingParty, path: str
) -> None:
    headers = {
        "Origin": OWN, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }  # fmt: skip
    answer = wire.send(relying_party.app, "OPTIONS", relying_party.issuer + path, headers=headers)
    assert answer.status == 204
    assert allowed(answer) in (OWN, "*")
    assert "Authorization" in (answer.header("Access-Control-Allow-Headers") or "")
    assert answer.header("Vary") == "Origin"


@pytest.mark.spec("CO-02")
@pytest.mark.parametrize("path", ["/token", "/userinfo", "/revoke"])
def test_a_preflight_from_nowhere_is_not_allowed(relying_party: RelyingParty, path: str) -> None:
    headers = {"Origin": "null", "Access-Control-Request-Method": "POST"}
    url = relying_party.issuer + path
    assert allowed(wire.send(relying_party.app, "OPTIONS", url, headers=headers)) is None


@pytest.mark.spec("CO-01", "RFC9700-2.6")
@pytest.mark.parametrize("origin", [OWN, FOREIGN, "null", "https://op.example"])
@pytest.mark.parametrize(
    "path",
    ["/", "/account", "/account/login", "/authorize", "/logout", "/introspect", "/errors",
     "/signed-out", "/interaction/x/login"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_origin_may_read_a_page(
    relying_party: RelyingParty, method: str, path: str, origin: str
) -> None:
    answer = wire.send(
        relying_party.app, method, relying_party.issuer + path, headers={"Origin": origin}
    )
    assert not [name for name, _ in answer.fields if name.startswith("Access-Control")]


@pytest.mark.spec("CO-01")
def test_no_origin_may_read_the_pages_of_a_request(
    relying_party: RelyingParty, signed_in: Browser, user_agent: Browser
) -> None:
    stranger = Browser(user_agent._app, user_agent.issuer)
    at_login(stranger, relying_party)
    at_consent(signed_in, relying_party)
    for browser in (stranger, signed_in):
        for answer in browser.visited:
            assert not [name for name, _ in answer.fields if name.startswith("Access-Control")]

"""What the Host header and forwarding headers say counts for nothing, unless a trusted proxy says
who asks (RFC 9700 §4.13)."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import wire
from tests.support.arrival import PASSWORD, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import events
from tests.support.wire import Answer

PATHS = (
    "/.well-known/openid-configuration", "/jwks", "/", "/account", "/account/login", "/errors",
    "/logout", "/authorize", "/interaction/x/login", "/nowhere", "/account//", "//account",
)  # fmt: skip
LYING = (
    {"Host": "evil.example"},
    {"Host": "evil.example:8443"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "http", "X-Forwarded-Port": "8080"},
    {"X-Forwarded-Prefix": "/evil.example", "X-Script-Name": "/evil.example"},
    {"Forwarded": 'host=evil.example;proto=http;for="evil.example"'},
    {"X-Original-URL": "/evil.example", "X-Rewrite-URL": "/evil.example"},
    {"Host": "evil.example/account?"},
    {"Host": "evil example"},
    {"Host": ""},
)


def said(answer: Answer) -> str:
    return f"{answer.fields} {answer.text}"


@pytest.mark.spec("HD-01", "HD-02")
@pytest.mark.parametrize("lie", LYING, ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_no_address_we_give_comes_from_a_header(
    relying_party: RelyingParty, path: str, lie: dict[str, str]
) -> None:
    answer = wire.get(relying_party.app, relying_party.issuer + path, headers=lie)
    assert "evil" not in said(answer)
    assert answer.status in (200, 303, 400, 404)
    location = answer.header("Location")
    assert location is None or location.startswith("https://op.example/")


@pytest.mark.spec("HD-01")
def test_discovery_is_the_same_under_every_host(relying_party: RelyingParty) -> None:
    url = relying_party.issuer + "/.well-known/openid-configuration"
    bodies = {wire.get(relying_party.app, url, headers=lie).body for lie in LYING}
    assert len(bodies) == 1


@pytest.mark.spec("HD-04")
@pytest.mark.parametrize("path", PATHS)
def test_a_plain_request_behind_a_proxy_that_ends_https_is_served(
    relying_party: RelyingParty, path: str
) -> None:
    answer = wire.get(relying_party.app, f"http://op.example{path}")
    assert answer.status in (200, 303, 400, 404)
    assert "http://op.example" not in said(answer)


@pytest.mark.spec("HD-04")
def test_a_token_request_behind_such_a_proxy_is_served(relying_party: RelyingParty) -> None:
    _, headers = relying_party.credentials()
    fields = {"grant_type": "client_credentials"}
    answer = wire.post(relying_party.app, "http://op.example/token", fields, headers=headers)
    assert answer.status == 200


def address_recorded(
    party: RelyingParty, provider: Provider, browser: Browser, peer: str, forwarded: str
) -> str:
    at_login(browser, party)
    form = browser.page.form_with("login-submit")
    wire.post(
        party.app,
        form.action,
        {**form.fields, "username": "tester", "password": "wrong", "action": "login"},
        headers={
            "Cookie": browser.jar.header(form.action, method="POST", same_site=True),
            "X-Forwarded-For": forwarded,
        },
        address=peer,
    )
    return events(provider, "sign_in_failed")[0].address


@pytest.mark.spec("HD-02", "HD-03")
@pytest.mark.settings(trusted_proxies=("10.0.0.0/8", "fd00::/8"))
@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "203.0.113.66, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "203.0.113.66, 198.51.100.9, 10.9.9.9", "198.51.100.9"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("203.0.113.5", "198.51.100.9", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "," * 3000, "10.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_says_who_asks(
    relying_party: RelyingParty,
    provider: Provider,
    user_agent: Browser,
    account: Account,
    peer: str,
    forwarded: str,
    address: str,
) -> None:
    assert address_recorded(relying_party, provider, user_agent, peer, forwarded) == address


@pytest.mark.spec("HD-02")
@pytest.mark.settings(trusted_proxies=("10.0.0.0/8",))
def test_a_trusted_proxy_does_not_say_who_we_are(relying_party: RelyingParty) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    answer = wire.get(
        relying_party.app, relying_party.issuer + "/account", headers=headers, address="10.0.0.1"
    )
    assert answer.header("Location") == "https://op.example/account/login"


@pytest.mark.spec("HD-01")
@pytest.mark.settings(issuer="https://op.example/tenant/one")
@pytest.mark.parametrize("path", ["/account", "/", "/authorize", "/logout", "/signed-out"])
def test_an_issuer_with_a_path_serves_nothing_outside_of_it(
    relying_party: RelyingParty, account: Account, path: str
) -> None:
    assert wire.get(relying_party.app, f"https://op.example{path}").status == 404
    inside = wire.get(relying_party.app, f"https://op.example/tenant/one{path}")
    assert inside.status in (200, 303, 400)


@pytest.mark.settings(issuer="https://op.example/tenant/one")
def test_a_whole_journey_stays_below_the_path_of_the_issuer(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    attempt = at_login(user_agent, relying_party)
    assert user_agent.url.startswith("https://op.example/tenant/one/interaction/")
    user_agent.sign_in("tester", PASSWORD)
    own = [link for link in user_agent.page.links if link.startswith("https://op.example")]
    assert all(link.startswith("https://op.example/tenant/one/") for link in own)
    user_agent.allow()
    assert relying_party.receive(attempt, user_agent.left).code

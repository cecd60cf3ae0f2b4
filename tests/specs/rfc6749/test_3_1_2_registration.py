"""RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1: which redirect URIs can be registered at all. What
is refused here can never stand in a Location header."""

import pytest

from provider.model.redirect_uri import problem


@pytest.mark.spec("RFC6749-3.1.2", "RFC9700-4.1.3")
@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example/cb#f",
        "https://rp.example/cb#",
        "https://rp@evil.example/cb",
        "https://user:password@rp.example/cb",
        "http://localhost:80@evil.example/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "javascript://rp.example/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "about:blank",
        "blob:https://rp.example/x",
        "https://*.rp.example/cb",
        "https://rp.example/*",
        ".*",
        "http://rp.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "https:///cb",
        "https:rp.example",
        "https://",
        "//rp.example/cb",
        "/cb",
        "",
        "https://rp.example:0/cb",
        "https://rp.example:99999/cb",
        "https://rp.example:x/cb",
        "https://rp.example\\@evil.example/cb",
        "https://rp.example/c\r\nb",
        "https://rp.example/c b",
        "https://rp.example/\x00",
        "HTTPS://rp.example/cb",
        "https://[::1",
        "https://[::1]evil.example/cb",
        "http://[::1].evil.example/cb",
        "http://[::1]:80:90/cb",
        "https://rp.example/%2e%2e/cb",
        "https://rp.example/a/.%2E/cb",
        "https://rp.example/%2e",
        "https://rp.example/cb%",
        "https://rp.example/cb%zz",
        "https://rp.example/%00cb",
        "https://rp.example/cb%0d%0aLocation:x",
        "https://rp.example/cb?a=%7f",
    ],
)
@pytest.mark.parametrize("native", [False, True])
def test_these_can_not_be_registered(uri: str, native: bool) -> None:
    assert problem(uri, native=native)


@pytest.mark.spec("RFC6749-3.1.2", "RFC8252-7.1", "RFC8252-7.3")
@pytest.mark.parametrize(
    ("uri", "native"),
    [
        ("https://rp.example/cb", False),
        ("https://rp.example/cb?tenant=1", False),
        ("https://rp.example/a%20b/%E2%82%AC?x=%2e%2e", False),
        ("https://rp.example:8443/cb", False),
        ("http://localhost:5000/cb", False),
        ("http://127.0.0.1/cb", True),
        ("http://[::1]/cb", True),
        ("com.example.app:/cb", True),
        ("https://app.example/cb", True),
    ],
)
def test_these_can_be_registered(uri: str, native: bool) -> None:
    assert problem(uri, native=native) is None


@pytest.mark.spec("RFC8252-7.1")
@pytest.mark.parametrize("uri", ["myapp:/cb", "myapp://cb", "app:/", "x:y"])
def test_a_private_use_scheme_is_a_reversed_domain_name(uri: str) -> None:
    assert problem(uri, native=True)


@pytest.mark.spec("RFC8252-7.1")
def test_a_web_client_has_no_private_use_scheme() -> None:
    assert problem("com.example.app:/cb", native=False)

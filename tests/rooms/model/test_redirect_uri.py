"""Which redirect URIs match, and which may be registered (RFC 9700 §4.1.3, RFC 8252 §7, §8)."""

import pytest

from provider.model.redirect_uri import matches, origin, problem

WEB = "https://rp.example/cb"
LOOPBACK = "http://127.0.0.1/cb"
IPV6 = "http://[::1]/cb"
PRIVATE = "com.example.app:/cb"
REGISTERED = (WEB, LOOPBACK, IPV6, PRIVATE, "http://localhost/cb")


@pytest.mark.spec("RFC9700-4.1.3", "RU-01", "RU-02", "RU-03", "RU-04", "RU-11")
@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    "presented",
    [
        "", "/", "https://rp.example/cb/", "https://rp.example/CB", "https://rp.example/cb?x=1",
        "https://rp.example:443/cb", "http://rp.example/cb", "https://rp.example/cb/../x",
        "https://rp.example/cb/..%2fx", "https://rp.example/cb%2f..", "https://rp.example/./cb",
        "https://rp.example/cb#f", "https://rp.example/cb%23f", "https://rp.example@evil/cb",
        "https://evil@rp.example/cb", "http://localhost:80@evil", "http://localhost:8080/cb",
        "com.example.app.evil:/cb", "com.example.app:/cb?x", "myapp://", "https://rp.example/cb\n",
        "https://rp.example/cb\x00", "http://127.0.0.2/cb", "http://127.0.0.1:80/other",
        "http://127.0.0.1:80/cb?x", "http://127.0.0.1:80/cb#", "http://127.0.0.1:/cb",
        "http://127.0.0.1:65536/cb", "http://127.0.0.1:-1/cb", "http://127.0.0.1:8 0/cb",
        "http://127.0.0.1:\u0668\u0660/cb", "http://u@127.0.0.1:80/cb", "https://127.0.0.1:80/cb",
        "http://127.0.0.1:80\\@evil/cb", "http://[::1]:80@evil/cb", "http://[::2]:80/cb",
        "http://[::1]:80", "http://[::1/cb", "http://[::1]x:80/cb", "HTTP://127.0.0.1:80/cb",
    ],
)  # fmt: skip
def test_another_spelling_never_matches(presented: str, native: bool) -> None:
    assert not matches(REGISTERED, presented, native=native)


@pytest.mark.spec("RFC8252-7.3", "RU-06")
@pytest.mark.parametrize("port", ["", ":1", ":80", ":1024", ":49152", ":65535"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_port_of_a_loopback_literal_is_free_for_a_native_client_alone(
    host: str, port: str
) -> None:
    presented = f"http://{host}{port}/cb"
    assert matches(REGISTERED, presented, native=True)
    assert matches(REGISTERED, presented, native=False) is (port == "")


@pytest.mark.spec("RFC8252-7.3", "RFC8252-8.3")
@pytest.mark.parametrize("presented", ["http://localhost:58135/cb", "http://localhost:1/cb"])
def test_the_port_of_localhost_is_free_for_a_public_native_client_alone(presented: str) -> None:
    for registered in ("http://localhost/cb", "http://localhost:3000/cb"):
        assert matches((registered,), presented, native=True, public=True)
        assert not matches((registered,), presented, native=True, public=False)
        assert not matches((registered,), presented, native=False, public=True)


@pytest.mark.spec("RFC8252-8.3")
@pytest.mark.parametrize(
    "presented",
    [
        "http://localhost:80/other", "http://localhost.evil:80/cb", "http://evil.localhost:80/cb",
        "https://localhost:80/cb", "http://localhost:0/cb", "http://localhost:/cb",
        "http://127.0.0.1:80/cb", "http://u@localhost:80/cb", "http://LOCALHOST:80/cb",
    ],
)  # fmt: skip
def test_nothing_but_the_port_of_localhost_is_free(presented: str) -> None:
    assert not matches(("http://localhost/cb",), presented, native=True, public=True)


@pytest.mark.spec("RFC8252-7.3")
def test_a_port_that_was_registered_does_not_bind_a_native_client() -> None:
    assert matches(("http://127.0.0.1:5000/cb",), "http://127.0.0.1:6000/cb", native=True)
    assert not matches(("http://127.0.0.1:5000/cb",), "http://127.0.0.1:6000/cb", native=False)


@pytest.mark.spec("RFC9700-4.1.3")
@pytest.mark.parametrize("uri", [*REGISTERED, "https://rp.example/cb?a=b&c=%20"])
def test_the_same_string_always_matches(uri: str) -> None:
    assert matches((*REGISTERED, uri), uri, native=False)


@pytest.mark.spec("RU-03", "RU-04", "RU-05", "RU-10")
@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize(
    "uri",
    [
        "", "cb", "/cb", "//rp.example/cb", "https:", "https://", "https:///cb", "https:rp/cb",
        "https://rp.example/cb#f", "https://rp.example/#", "https://u@rp.example/", "https://u:p@rp/",
        "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "\tjavascript:x",
        "java\nscript:x", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "about:blank",
        "blob:https://rp/x", "https://*.rp.example/", "https://rp.example/*", ".*", "https://.*",
        "http://rp.example/cb", "http://192.168.0.1/cb", "http://127.0.0.1.evil.example/cb",
        "https://rp.example:0/", "https://rp.example:99999/", "https://rp.example:x/",
        "https://rp.example/a/../b", "https://rp.example/./b", "https://rp.example/a b",
        "https://rp.example/\\evil", "https://rp.example/<x>", 'https://rp.example/"x',
        "https://r\u00fc.example/", "https://[::1/cb", "myapp:/cb", "MYAPP:/cb", "HTTPS://rp.example/",
    ],
)  # fmt: skip
def test_what_could_harm_can_not_be_registered(uri: str, native: bool) -> None:
    assert problem(uri, native=native)


@pytest.mark.spec("RFC8252-7.1", "RU-11")
def test_a_private_use_scheme_is_for_native_clients() -> None:
    assert problem(PRIVATE, native=True) is None
    assert problem(PRIVATE, native=False)


@pytest.mark.parametrize(
    "uri", [WEB, LOOPBACK, IPV6, "http://localhost:8080/cb", "https://rp.example/cb?a=b"]
)
@pytest.mark.parametrize("native", [True, False])
def test_what_is_in_order_can_be_registered(uri: str, native: bool) -> None:
    assert problem(uri, native=native) is None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (WEB, "https://rp.example"), ("http://127.0.0.1:81/x", "http://127.0.0.1:81"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1"), ("https://RP.example:443", "https://rp.example"),
        ("https://rp.example:80/", "https://rp.example:80"), ("http://[::1]:81/", "http://[::1]:81"),
        ("https://rp.example:/", "https://rp.example"), ("https://rp.example:x/", None),
        (PRIVATE, None), ("https:///x", None), ("https://a b/", None), ("", None),
    ],
)  # fmt: skip
def test_the_origin_is_written_as_browsers_write_it(uri: str, expected: str | None) -> None:
    assert origin(uri) == expected

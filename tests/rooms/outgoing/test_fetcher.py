"""The guarded fetcher against servers that behave and servers that do not."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from provider.outgoing.fetcher import Fetcher, FetchFailed
from tests.support.site import Authority, Site

Serve = Callable[[socket.socket], None]


@pytest.fixture
def fetcher(site: Site) -> Fetcher:
    return Fetcher(frozenset({site.host}), str(site.ca_file), timeout=2)


def reason(fetcher: Fetcher, url: str, **about: int) -> str:
    with pytest.raises(FetchFailed) as failed:
        fetcher.get(url, accept="*/*", **about)
    return failed.value.reason


def test_an_answer_comes_with_status_headers_and_body(fetcher: Fetcher, site: Site) -> None:
    url = site.serve("/a", b"hello", content_type="Text/Plain; charset=utf-8")
    answer = fetcher.get(url + "?b=c", accept="text/plain")
    assert (answer.status, answer.body, answer.media_type) == (200, b"hello", "text/plain")
    (asked,) = site.received
    assert (asked.method, asked.path) == ("GET", "/a?b=c")
    sent = {name: asked.headers.get(name) for name in ("accept", "user-agent", "accept-encoding")}
    assert sent == {"accept": "text/plain", "user-agent": "Signet", "accept-encoding": "identity"}
    assert {"cookie", "authorization", "referer"}.isdisjoint(asked.headers)


def test_a_form_is_posted_and_every_status_is_told(fetcher: Fetcher, site: Site) -> None:
    for status in (200, 204, 400, 501):
        url = site.serve("/form", b"", status=status)
        assert fetcher.post_form(url, {"logout_token": "a.b&c"}).status == status
    assert site.received[-1].form == {"logout_token": ["a.b&c"]}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(fetcher: Fetcher, site: Site, status: int) -> None:
    site.serve("/b", b"b")
    url = site.serve("/a", b"", status=status, headers={"Location": site.url("/b")})
    assert str(status) in reason(fetcher, url)
    with pytest.raises(FetchFailed):
        fetcher.post_form(url, {})
    assert site.asked("/b") == 0


def test_a_size_is_a_bound(fetcher: Fetcher, site: Site) -> None:
    url = site.serve("/a", b"x" * 1000)
    assert len(fetcher.get(url, accept="*/*", longest=1000).body) == 1000
    assert "longer" in reason(fetcher, url, longest=999)


def test_a_compressed_answer_is_refused(fetcher: Fetcher, site: Site) -> None:
    url = site.serve("/a", b"x", headers={"Content-Encoding": "gzip"})
    assert "compressed" in reason(fetcher, url)


def test_nothing_received_is_repeated_in_a_reason(fetcher: Fetcher, site: Site) -> None:
    url = site.serve("/a", b"a secret", status=500)
    assert "secret" not in reason(fetcher, url)


def test_a_certificate_of_an_unknown_authority_is_refused(site: Site) -> None:
    url = site.serve("/a", b"x")
    assert reason(Fetcher(frozenset({site.host}), timeout=2), url)
    assert site.received == []


def test_the_operators_certificates_count_for_the_named_hosts_only(
    site: Site, authority: Authority
) -> None:
    """A public host whose name leads to the site (as a test's resolver has it) is not trusted."""
    site.serve("/a", b"x")
    fetcher = Fetcher(frozenset({"other"}), str(authority.ca_file), timeout=2)
    assert reason(fetcher, site.url("/a"))
    assert site.received == []


def test_a_certificate_of_another_name_is_refused(site: Site, authority: Authority) -> None:
    host = f"rp.internal:{site.port}"
    fetcher = Fetcher(
        frozenset({host}), str(authority.ca_file), 2, resolve=lambda _host, _port: ["127.0.0.1"]
    )
    assert reason(fetcher, f"https://{host}/a")
    assert site.received == []


def test_a_proxy_from_the_surroundings_is_not_used(
    fetcher: Fetcher, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert fetcher.get(site.serve("/a", b"x"), accept="*/*").status == 200


@pytest.fixture
def raw(authority: Authority) -> Iterator[Callable[..., int]]:
    """Start a server that speaks TLS and then whatever a test wants. Return its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    listeners: list[socket.socket] = []

    def start(serve: Serve, *, tls: bool = True) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            with suppress(OSError):
                line, _ = listener.accept()
                with context.wrap_socket(line, server_side=True) if tls else line as opened:
                    serve(opened)

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def drip(line: socket.socket) -> None:
    line.recv(4096)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    for _ in range(200):
        line.sendall(b"x")
        threading.Event().wait(0.05)


def drip_headers(line: socket.socket) -> None:
    line.recv(4096)
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        line.sendall(f"X-{number}: y\r\n".encode())
        threading.Event().wait(0.05)


def silent(line: socket.socket) -> None:
    line.recv(4096)
    threading.Event().wait(5)


@pytest.mark.parametrize("serve", [drip, drip_headers, silent])
def test_a_slow_server_is_left_at_the_deadline(
    raw: Callable[..., int], authority: Authority, serve: Serve
) -> None:
    port = raw(serve)
    fetcher = Fetcher(
        frozenset({f"localhost:{port}"}), str(authority.ca_file), 0.6, lambda *_: ["127.0.0.1"]
    )
    begun = time.monotonic()
    assert "too long" in reason(fetcher, f"https://localhost:{port}/")
    assert time.monotonic() - begun < 10


def test_a_server_that_never_shakes_hands_is_left_too(
    raw: Callable[..., int], authority: Authority
) -> None:
    port = raw(silent, tls=False)
    fetcher = Fetcher(
        frozenset({f"localhost:{port}"}), str(authority.ca_file), 0.6, lambda *_: ["127.0.0.1"]
    )
    begun = time.monotonic()
    assert reason(fetcher, f"https://localhost:{port}/")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_a_broken_answer_is_no_answer(
    raw: Callable[..., int], authority: Authority, said: bytes
) -> None:
    def serve(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(said)

    port = raw(serve)
    fetcher = Fetcher(
        frozenset({f"localhost:{port}"}), str(authority.ca_file), 2, lambda *_: ["127.0.0.1"]
    )
    assert reason(fetcher, f"https://localhost:{port}/")


def test_nobody_there_is_said(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    fetcher = Fetcher(frozenset({f"localhost:{port}"}), str(site.ca_file), 2)
    assert "no answer" in reason(fetcher, f"https://localhost:{port}/")


def test_certificates_that_can_not_be_read_are_a_failure_to_fetch(
    site: Site, tmp_path: Path
) -> None:
    url = site.serve("/a", b"x")
    for ca_file in (tmp_path / "absent.pem", tmp_path):
        assert "ca_file" in reason(Fetcher(frozenset({site.host}), str(ca_file)), url)
    assert site.received == []


def test_an_address_that_does_not_answer_is_followed_by_the_next(site: Site) -> None:
    url = site.serve("/a", b"x")
    allowed, ca_file = frozenset({site.host}), str(site.ca_file)
    fetcher = Fetcher(allowed, ca_file, resolve=lambda _host, _port: ["127.0.0.2", "127.0.0.1"])
    assert fetcher.get(url, accept="*/*").body == b"x"

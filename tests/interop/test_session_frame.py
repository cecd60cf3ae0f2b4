"""The frame of OpenID Connect Session Management §3.2 in a real browser, framed by pages of other
origins: what it answers to whom."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from tests.interop.served import Served
from tests.support.factories import PASSWORD, public
from tests.support.relying_party import challenge_of
from tests.support.wire import encode

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.spec("OIDCSM-3.2")]

SILENCE = "no answer"
EMPTY = "<!doctype html><title>Client</title>"
FRAME = """async (address) => {
  const frame = document.createElement('iframe')
  frame.id = 'provider'
  const loaded = new Promise((resolve) => { frame.onload = resolve })
  frame.src = address
  document.body.append(frame)
  await loaded
}"""
ASK = """(question) => new Promise((resolve) => {
  addEventListener('message', (event) => resolve([event.data, event.origin]), { once: true })
  document.getElementById('provider').contentWindow.postMessage(question, '*')
  setTimeout(() => resolve(['no answer', null]), 5000)
})"""
NESTED = """(question) => new Promise((resolve) => {
  const frame = document.createElement('iframe')
  addEventListener('message', (event) => resolve(event.data), { once: true })
  frame.src = question.from + '/inner#' + encodeURIComponent(question.text)
  document.body.append(frame)
})"""
INNER = """<!doctype html><title>Inner</title><script>
  addEventListener('message', (event) => parent.postMessage(event.data, '*'))
  parent.frames[0].postMessage(decodeURIComponent(location.hash.slice(1)), '*')
  setTimeout(() => parent.postMessage('no answer', '*'), 1000)
</script>"""


class _Pages(BaseHTTPRequestHandler):
    """Empty pages at every address, and the one that asks from within."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((INNER if self.path == "/inner" else EMPTY).encode())

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@contextmanager
def _site() -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """The origin of the client."""
    with _site() as origin:
        yield origin


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """Another origin."""
    with _site() as origin:
        yield origin


class Client:
    """A client whose pages a person has open."""

    def __init__(self, page: Page, served: Served, home: str) -> None:
        self.page = page
        self.home = home
        self.served = served
        self.username = served.person()
        self.client_id = served.register(
            **public(redirect_uris=(f"{home}/callback",), policy={"consent": "implied"})
        ).client.client_id

    def sign_in(self, **changes: str) -> str:
        """Sign the person in. Return the `session_state`, `question` to be asked with."""
        wanted = {
            "response_type": "code", "client_id": self.client_id, "scope": "openid",
            "redirect_uri": f"{self.home}/callback", "code_challenge": challenge_of("v" * 43),
            "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        self.page.goto(f"{self.served.issuer}/authorize?{encode(wanted)}")
        self.page.locator("#password").wait_for()
        if self.page.locator("#username").is_editable():
            self.page.locator("#username").fill(self.username)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("#login-submit").click()
        self.page.wait_for_url(f"{self.home}/callback*")
        return dict(parse_qsl(urlsplit(self.page.url).query))["session_state"]

    def open(self, origin: str | None = None) -> None:
        """Open a page that frames the provider's, of the client unless told."""
        self.page.goto(f"{origin or self.home}/page")
        self.page.evaluate(FRAME, f"{self.served.issuer}/check-session")

    def ask(self, question: object) -> str:
        """Ask the frame. Return the answer, which must come from the provider."""
        answer, origin = self.page.evaluate(ASK, question)
        assert origin in (self.served.issuer, None)
        return str(answer)

    def ask_from_a_frame(self, origin: str, question: str) -> str:
        """Ask from a second frame in the page."""
        return str(self.page.evaluate(NESTED, {"from": origin, "text": question}))


@pytest.fixture
def client(page: Page, openid: Served, home: str) -> Client:
    return Client(page, openid, home)


@pytest.fixture
def question(client: Client) -> str:
    """What a client asks that has just signed somebody in, with the frame in its page."""
    state = client.sign_in()
    client.open()
    return f"{client.client_id} {state}"


def test_while_the_session_lasts_nothing_has_changed(client: Client, question: str) -> None:
    assert [client.ask(question), client.ask(question)] == ["unchanged", "unchanged"]


def test_after_a_sign_out_in_another_tab_it_has_changed(client: Client, question: str) -> None:
    assert client.ask(question) == "unchanged"
    tab = client.page.context.new_page()
    tab.goto(f"{client.served.issuer}/logout")
    tab.locator("#logout-confirm").click()
    tab.wait_for_load_state()
    assert client.ask(question) == "changed"


def test_after_another_sign_in_it_has_changed(client: Client, question: str) -> None:
    again = client.sign_in(prompt="login")
    client.open()
    assert client.ask(question) == "changed"
    assert client.ask(f"{client.client_id} {again}") == "unchanged"


def test_a_state_of_another_client_or_made_up_has_changed(client: Client, question: str) -> None:
    state = question.partition(" ")[2]
    for other in (f"another {state}", f"{client.client_id} {'0' * 64}.salt", f"{question}0"):
        assert client.ask(other) == "changed"


@pytest.mark.parametrize(
    "malformed",
    ["", "client", "client state", "client .salt", "client state.", None, ["a b.c"]],
)
def test_what_is_no_question_is_an_error(client: Client, question: str, malformed: object) -> None:
    assert client.ask(malformed) == "error"
    assert client.ask(question) == "unchanged"


def test_the_same_question_from_another_origin_learns_nothing(
    client: Client, question: str, stranger: str
) -> None:
    client.open(stranger)
    assert client.ask(question) == "changed"


def test_a_frame_of_the_client_beside_it_is_answered(client: Client, question: str) -> None:
    assert client.ask_from_a_frame(client.home, question) == "unchanged"


def test_a_frame_of_a_stranger_beside_it_is_not(
    client: Client, question: str, stranger: str
) -> None:
    assert client.ask_from_a_frame(stranger, question) == SILENCE


def test_its_script_runs_under_its_policy_without_complaint(client: Client) -> None:
    complaints: list[str] = []
    client.page.on("console", lambda said: complaints.append(said.text))
    client.page.on("pageerror", lambda error: complaints.append(str(error)))
    client.open()
    assert client.ask("client state.salt") == "changed"
    assert complaints == []

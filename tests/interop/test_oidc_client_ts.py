"""oidc-client-ts, the library of browser applications, in a real browser and from another origin:
what it may read across origins, silent renewal both ways, and signing out."""

import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.interop.served import Served
from tests.support.factories import PASSWORD, public

pytestmark = pytest.mark.needs("npm", "chromium")

HERE = Path(__file__).parent
LIBRARY = HERE / "node_modules" / "oidc-client-ts" / "dist" / "browser" / "oidc-client-ts.js"


class _Application(SimpleHTTPRequestHandler):
    """The application's one page at every address, its script, and the library."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        files = {"/app.js": HERE / "browser_app" / "app.js", "/oidc-client-ts.js": LIBRARY}
        file = files.get(path, HERE / "browser_app" / "index.html")
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if path in files else "text/html")
        self.end_headers()
        self.wfile.write(file.read_bytes())

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the application is served: another origin than the provider's."""
    server = ThreadingHTTPServer(("localhost", 0), _Application)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Application:
    """The application in a person's browser."""

    def __init__(self, page: Page, origin: str, served: Served, **settings: str) -> None:
        self.page = page
        self.origin = origin
        self.username = served.person()
        client = served.register(
            **public(
                redirect_uris=(f"{origin}/callback", f"{origin}/silent"),
                post_logout_redirect_uris=(f"{origin}/signed-out",),
                policy={"consent": "implied"},
            )
        ).client
        page.goto(origin)
        told = {"authority": served.issuer, "client_id": client.client_id, **settings}
        page.evaluate("settings => start(settings)", told)
        page.goto(origin)

    def sign_in(self) -> None:
        self.page.evaluate("() => { manager.signinRedirect() }")
        self.page.locator("#username").fill(self.username)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("#login-submit").click()
        self.expect_user(self.username)

    def expect_user(self, name: str) -> None:
        expect(self.page.locator("#who")).to_have_text(name)

    def user(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("async () => ({...await manager.getUser()})")
        return found

    def renew(self) -> dict[str, Any]:
        renewed: dict[str, Any] = self.page.evaluate(
            "async () => ({...await manager.signinSilent()})"
        )
        return renewed


def test_it_signs_somebody_in_across_origins(page: Page, origin: str, oauth21: Served) -> None:
    application = Application(page, origin, oauth21, scope="openid profile email")
    application.sign_in()
    user = application.user()
    assert user["token_type"] == "Bearer"
    assert user["profile"]["email"] == f"{application.username}@example.com"


def test_it_renews_by_refresh_token(page: Page, origin: str, oauth21: Served) -> None:
    application = Application(page, origin, oauth21, scope="openid profile")
    application.sign_in()
    before = application.user()
    after = application.renew()
    assert after["refresh_token"] != before["refresh_token"]
    assert after["access_token"] != before["access_token"]
    assert after["profile"]["sub"] == before["profile"]["sub"]


def test_it_renews_in_a_hidden_frame(page: Page, origin: str, oauth21: Served) -> None:
    application = Application(page, origin, oauth21, scope="openid profile")
    application.sign_in()
    before = application.user()
    page.evaluate(
        """async () => {
          const user = await manager.getUser()
          delete user.refresh_token
          await manager.storeUser(user)
        }"""
    )
    after = application.renew()
    assert after["access_token"] != before["access_token"]
    assert after["profile"]["sub"] == before["profile"]["sub"]


def test_it_signs_out_and_revokes(page: Page, origin: str, oauth21: Served) -> None:
    application = Application(page, origin, oauth21, scope="openid profile")
    application.sign_in()
    page.evaluate("() => manager.revokeTokens(['access_token', 'refresh_token'])")
    page.evaluate("() => { manager.signoutRedirect() }")
    page.wait_for_url(f"{origin}/signed-out*")
    page.goto(origin)
    application.expect_user("nobody")
    refused = page.evaluate("() => manager.signinSilent().catch((error) => error.error)")
    assert refused == "login_required"


def test_it_notices_a_sign_out_in_another_tab(page: Page, origin: str, openid: Served) -> None:
    application = Application(page, origin, openid, scope="openid profile", monitor="yes")
    application.sign_in()
    assert application.user()["session_state"]
    tab = page.context.new_page()
    tab.goto(f"{openid.issuer}/logout")
    tab.locator("#logout-confirm").click()
    expect(page).to_have_title("signed out elsewhere")


def test_it_watches_the_session_of_nobody(page: Page, origin: str, openid: Served) -> None:
    application = Application(page, origin, openid, scope="openid profile", monitor="anonymous")
    status = page.evaluate("() => manager.querySessionStatus()")
    assert set(status) == {"session_state"}
    assert status["session_state"]
    asked = """(state) => new Promise((resolve) => {
      const frame = document.createElement('iframe')
      frame.src = given.authority + '/check-session'
      frame.onload = () => frame.contentWindow.postMessage(
        manager.settings.client_id + ' ' + state, given.authority)
      addEventListener('message', (event) => resolve(event.data))
      document.body.append(frame)
    })"""
    assert page.evaluate(asked, status["session_state"]) == "unchanged"
    application.sign_in()
    assert page.evaluate(asked, status["session_state"]) == "changed"


def test_it_stays_signed_in_while_nothing_changes(page: Page, origin: str, openid: Served) -> None:
    application = Application(page, origin, openid, scope="openid profile", monitor="yes")
    application.sign_in()
    asked = "() => new Promise((resolve) => addEventListener('message', (e) => resolve(e.data)))"
    assert [page.evaluate(asked) for _ in range(2)] == ["unchanged", "unchanged"]
    assert page.title() != "signed out elsewhere"

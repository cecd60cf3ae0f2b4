"""What a person does in the browser, said once: follow the button, sign in, agree, look around."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from client_demo.database import Database
from client_demo.signed_in import SCHEMA, SignedIn, SignedInStore
from tests.journeys.demo import Demo


@dataclass(frozen=True)
class Person:
    """One tab of somebody who has the demo account."""

    page: Page
    demo: Demo

    @property
    def path(self) -> str:
        """Where the tab is, without the host."""
        return urlsplit(self.page.url).path

    @property
    def host(self) -> str:
        """Whose page it is: an origin."""
        parts = urlsplit(self.page.url)
        return f"{parts.scheme}://{parts.netloc}"

    def another_tab(self) -> "Person":
        """Open another tab of the same browser."""
        return Person(self.page.context.new_page(), self.demo)

    def open(self, path: str) -> None:
        """Type an address of the application."""
        self.page.goto(self.demo.app + path)

    def open_at_signet(self, path: str) -> None:
        """Type an address of the provider."""
        self.page.goto(self.demo.issuer + path)

    def leave(self) -> None:
        """Wait until the page has everything it asks for, and close the browser."""
        self.page.wait_for_load_state("load")
        self.page.context.close()

    def press(self, element_id: str) -> None:
        """Press a button or follow a link by its id, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.locator(f"#{element_id}").click()

    def choose(self, role: Literal["button", "link"], name: str) -> None:
        """Press a button or follow a link by its words, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name).first.click()

    def unfold(self, words: str) -> None:
        """Open what is folded under these words."""
        self.page.locator("summary", has_text=words).click()

    def ask_to_sign_in(self) -> None:
        """Go to the application and follow "Sign in with Signet"."""
        self.open("/")
        self.press("sign-in")

    def give_password(self, password: str | None = None) -> None:
        """Fill in the sign-in page and send it."""
        self.page.fill("#username", self.demo.username)
        self.page.fill("#password", password or self.demo.password)
        self.press("login-submit")

    def agree(self) -> None:
        """Allow what the consent page asks, where it asks."""
        if self.path.endswith("/consent"):
            self.press("consent-allow")

    def sign_in(self) -> None:
        """Sign in to the application, from its first page to the profile."""
        self.ask_to_sign_in()
        self.give_password()
        self.agree()
        expect(self.page).to_have_url(f"{self.demo.app}/profile")

    def sign_in_again(self) -> None:
        """Sign in where Signet still knows who this is."""
        self.ask_to_sign_in()
        self.agree()
        expect(self.page).to_have_url(f"{self.demo.app}/profile")

    def text(self, element_id: str) -> str:
        """Return what an element says."""
        return self.page.locator(f"#{element_id}").inner_text()

    def holds(self) -> SignedIn:
        """Return what the application keeps for this browser, which the browser never sees."""
        cookies = {one["name"]: one["value"] for one in self.page.context.cookies(self.demo.app)}
        database = Database(self.demo.folder.path / "app" / "fieldnotes.sqlite", SCHEMA)
        store = SignedInStore(database, self.demo.folder.secret("app_secret_key"))
        found = store.find(cookies["fieldnotes_session"])
        assert found is not None
        return found

    def says(self, words: str) -> None:
        """Check that the page says this."""
        said = self.page.locator("main").inner_text()
        assert " ".join(words.split()) in " ".join(said.split()), said[:2000]

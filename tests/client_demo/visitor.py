"""Somebody between the demo application and the provider: one person, and on the way back from the
provider whatever an attacker could change about the answer."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.browser import Browser
from tests.support.factories import PASSWORD

Pairs = list[tuple[str, str]]


@dataclass
class Visitor:
    """One browser with a tab at the application and one at the provider."""

    app: Browser
    provider: Browser
    username: str = "tester"

    def begin(self) -> str:
        """Ask the application to sign in. Return where it sends the browser."""
        self.app.visit(f"{self.app.origin}/sign-in")
        assert self.app.left is not None
        return self.app.left.url

    def answer(self, asked: str) -> Pairs:
        """Sign in at the provider and agree. Return the parameters of its answer."""
        self.provider.come(asked)
        if self.provider.left is None and self.provider.at == "login":
            self.provider.sign_in(self.username, PASSWORD)
        if self.provider.left is None and self.provider.at == "consent":
            self.provider.allow()
        assert self.provider.left is not None
        return self.provider.left.parameters

    def arrive(self, parameters: Pairs | dict[str, str]) -> Browser:
        """Bring an answer to the application."""
        return self.app.come(f"{self.app.origin}/callback?{urlencode(parameters)}")

    def sign_in(self) -> None:
        """All of it, as it should be."""
        self.arrive(self.answer(self.begin()))
        assert self.app.url == f"{self.app.origin}/profile", self.app.page.text
        assert self.is_signed_in

    @property
    def is_signed_in(self) -> bool:
        """Whether the application knows who this is."""
        return self.app.tab().visit(f"{self.app.origin}/").page.has("who")

    def refused(self, words: str) -> None:
        """Check that the application said why it would not, and let nobody in."""
        assert self.app.status == 400, self.app.page.text
        assert words in self.app.page.text, self.app.page.text
        assert not self.is_signed_in


def replaced(url: str, **changes: str) -> str:
    """Return a URL with other values in its query."""
    base, _, query = url.partition("?")
    assert urlsplit(url).query == query
    return f"{base}?{urlencode({**dict(parse_qsl(query)), **changes})}"

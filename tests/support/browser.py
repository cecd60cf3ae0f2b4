"""A tiny browser over the WSGI application, as strict as the real ones where it matters: one
cookie jar that keeps `__Host-`, Secure and SameSite rules, `Origin` and `Sec-Fetch-Site` as the
Fetch standard has them, redirects followed within the issuer, forms filled and submitted by a
button. It runs no script but the one submit of a form post page, and that only where the page's
policy lets it.
"""

from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urljoin, urlsplit
from wsgiref.types import WSGIApplication

from tests.support.page import Page
from tests.support.wire import FORM, Answer, Fields, encode, send

MOST_REDIRECTS = 10
ELSEWHERE = "https://rp.example"
"""The site a person comes from when a client sends them."""


def origin_of(url: str) -> str:
    """Return scheme and authority of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass
class Cookie:
    """One cookie, with the rules under which it travels."""

    value: str
    secure: bool
    same_site: str
    http_only: bool
    expires_with_browser: bool


@dataclass
class CookieJar:
    """The cookies of one browser, by origin's host and name."""

    cookies: dict[tuple[str, str], Cookie] = field(default_factory=dict)

    def store(self, url: str, header: str) -> None:
        """Take one Set-Cookie header, or refuse it as a browser does (RFC 6265bis §4.1.3)."""
        host = urlsplit(url).hostname or ""
        parsed = SimpleCookie(header)
        assert len(parsed) == 1, f"not a cookie: {header}"
        for name, morsel in parsed.items():
            secure = bool(morsel["secure"])
            assert not secure or url.startswith("https://"), f"Secure over http: {header}"
            if name.startswith("__Host-"):
                assert secure, header
                assert morsel["path"] == "/", header
                assert not morsel["domain"], header
            if morsel["max-age"] == "0":
                self.cookies.pop((host, name), None)
                continue
            self.cookies[host, name] = Cookie(
                value=morsel.value,
                secure=secure,
                same_site=morsel["samesite"].lower() or "lax",
                http_only=bool(morsel["httponly"]),
                expires_with_browser=not (morsel["max-age"] or morsel["expires"]),
            )

    def header(self, url: str, *, method: str, same_site: bool) -> str:
        """Return the Cookie header of a top-level navigation."""
        host, is_secure = urlsplit(url).hostname or "", url.startswith("https://")
        sent = [
            f"{name}={cookie.value}"
            for (at, name), cookie in self.cookies.items()
            if at == host
            and (is_secure or not cookie.secure)
            and (
                same_site
                or cookie.same_site == "none"
                or (cookie.same_site == "lax" and method in ("GET", "HEAD"))
            )
        ]
        return "; ".join(sent)

    def get(self, name: str) -> Cookie | None:
        """Return the cookie of this name, with or without the `__Host-` prefix."""
        found = [cookie for (_, key), cookie in self.cookies.items() if key.endswith(name)]
        return found[0] if found else None


@dataclass(frozen=True)
class Departure:
    """Where the browser was sent outside the provider, and what it took along."""

    url: str
    method: str
    parameters: list[tuple[str, str]]
    mode: str


class Browser:
    """One tab. `tab()` opens another one of the same browser."""

    def __init__(
        self,
        app: WSGIApplication,
        issuer: str,
        jar: CookieJar | None = None,
        *,
        address: str = "198.51.100.23",
        language: str = "en",
    ) -> None:
        self._app = app
        self.issuer = issuer
        self.origin = origin_of(issuer)
        self.jar = jar if jar is not None else CookieJar()
        self.address = address
        self.language = language
        self.answer: Answer | None = None
        self.left: Departure | None = None
        self.visited: list[Answer] = []
        self.url = "about:blank"
        self._page: Page | None = None
        self._filled: dict[str, str] = {}

    def tab(self) -> "Browser":
        """Open another tab."""
        return Browser(
            self._app, self.issuer, self.jar, address=self.address, language=self.language
        )

    @property
    def page(self) -> Page:
        """The page on display."""
        assert self._page is not None, f"no page on display; left for {self.left}"
        return self._page

    @property
    def status(self) -> int:
        """The status of the page on display."""
        assert self.answer is not None
        return self.answer.status

    @property
    def at(self) -> str:
        """What kind of page is on display: `login`, `consent`, …"""
        return urlsplit(self.url).path.rpartition("/")[2]

    def problem(self) -> str:
        """Return the error code of the problem page on display; nothing may have been sent on."""
        assert self.left is None, f"the browser was sent to {self.left}"
        assert self.answer is not None
        assert 400 <= self.status < 500, f"{self.status} at {self.url}"
        assert self.answer.header("Location") is None
        assert self.answer.is_no_store
        assert self.page.has("error-page")
        assert self.page.text_of("error-description")
        return self.page.text_of("error-code")

    def visit(self, url: str) -> "Browser":
        """Type an address."""
        self._navigate("GET", url, None, site="none")
        return self

    def come(self, url: str) -> "Browser":
        """Follow a link or redirect from a client's site."""
        self._navigate("GET", url, None, site="cross-site")
        return self

    def come_with(self, url: str, fields: Fields) -> "Browser":
        """Submit a form of a client's site to the provider."""
        self._navigate("POST", url, encode(fields), site="cross-site", origin=ELSEWHERE)
        return self

    def reload(self) -> "Browser":
        """Ask for the page on display once more."""
        self._navigate("GET", self.url, None, site="same-origin")
        return self

    def follow(self, url: str) -> "Browser":
        """Follow a link of the page on display."""
        assert url in self.page.links
        self._navigate("GET", url, None, site="same-origin")
        return self

    def fill(self, **fields: str) -> "Browser":
        """Write into fields, by name or id."""
        self._filled |= fields
        return self

    def press(self, button: str, **changes: str | None) -> "Browser":
        """Submit the form of a button, by the button's id or value.

        `changes` replaces any field of the form, hidden ones too; None leaves it out.
        """
        form = self.page.form_with(button)
        pressed = form.button(button)
        assert pressed is not None
        fields: dict[str, str | None] = dict(form.fields)
        for name, value in self._filled.items():
            fields[form.ids.get(name, name)] = value
        if pressed.name:
            fields[pressed.name] = pressed.value
        fields |= changes
        self._submit(form.action, form.method, fields)
        return self

    def sign_in(self, username: str, password: str) -> "Browser":
        """Fill in the sign-in page and send it."""
        return self.fill(username=username, password=password).press("login-submit")

    def allow(self) -> "Browser":
        """Agree."""
        return self.press("consent-allow")

    def deny(self) -> "Browser":
        """Decline."""
        return self.press("consent-deny")

    def _submit(self, action: str, method: str, fields: Fields) -> None:
        inside = origin_of(action) == self.origin
        policy = (self.answer.header("Referrer-Policy") or "") if self.answer else ""
        own = "null" if "no-referrer" in policy.split(",")[-1] else self.origin
        if not inside:
            self._leave(action, method, fields, "form_post")
        elif method == "GET":
            self._navigate("GET", f"{action}?{encode(fields)}", None, site="same-origin")
        else:
            self._navigate(method, action, encode(fields), site="same-origin", origin=own)

    def _navigate(
        self, method: str, url: str, body: str | None, *, site: str, origin: str | None = None
    ) -> None:
        self.left, self._page, self._filled, self.visited = None, None, {}, []
        for _ in range(MOST_REDIRECTS):
            answer = self._request(method, url, body, site=site, origin=origin)
            self.visited.append(answer)
            if answer.status not in (301, 302, 303, 307, 308):
                self._display(url, answer)
                return
            assert answer.status == 303 or method == "GET", "a form would be sent on"
            target = urljoin(url, answer.header("Location") or "")
            if origin_of(target) != self.origin:
                self._leave(target, "GET", None, "fragment" if "#" in target else "query")
                return
            method, url, body, origin = "GET", target, None, None
        raise AssertionError(f"redirected in circles: {[one.url for one in self.visited]}")

    def _request(
        self, method: str, url: str, body: str | None, *, site: str, origin: str | None
    ) -> Answer:
        headers = {
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Signet-Test/1.0",
            "Accept": "text/html,application/xhtml+xml",
            "Accept-Language": self.language,
            "Sec-Fetch-Site": site,
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        }
        same_site = site != "cross-site"
        if cookies := self.jar.header(url, method=method, same_site=same_site):
            headers["Cookie"] = cookies
        if origin is not None:
            headers["Origin"] = origin
        if body is not None:
            headers["Content-Type"] = FORM
        url = url.partition("#")[0]
        answer = send(
            self._app,
            method,
            url,
            headers=headers,
            body=(body or "").encode(),
            address=self.address,
        )
        for cookie in answer.headers("Set-Cookie"):
            self.jar.store(url, cookie)
        return answer

    def _display(self, url: str, answer: Answer) -> None:
        self.url, self.answer = url, answer
        if answer.content_type == "text/html":
            self._page = Page(url, answer.text)
            self._run_form_post(answer, self._page)

    def _run_form_post(self, answer: Answer, page: Page) -> None:
        """Submit a form post page as its script would, where the policy lets the script run."""
        policy = answer.header("Content-Security-Policy") or ""
        for about, source in page.scripts:
            allowed = f"'nonce-{about.get('nonce')}'" in policy and "'unsafe-" not in policy
            if allowed and ".submit()" in source:
                self._submit(page.forms[0].action, page.forms[0].method, page.forms[0].fields)

    def _leave(self, url: str, method: str, fields: Fields | None, mode: str) -> None:
        parts = urlsplit(url)
        if mode in ("query", "fragment"):
            text = parts.query if mode == "query" else parts.fragment
            found = parse_qsl(text, keep_blank_values=True)
        else:
            found = parse_qsl(encode(fields or {}), keep_blank_values=True)
        self.left = Departure(url, method, found, mode)

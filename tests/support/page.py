"""A page as a browser without style sheets sees it: forms with their fields and buttons, elements
by id, text. Read with the standard library's parser; a page that has an id twice is refused.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"})


@dataclass
class Element:
    """One element that has an id."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Button:
    """One way to submit a form."""

    id: str
    name: str
    value: str


@dataclass
class Form:
    """One form: what would be sent, apart from the button that is pressed."""

    action: str
    method: str
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    buttons: list[Button] = field(default_factory=list)

    def button(self, wanted: str) -> Button | None:
        """Return the button with this id or value."""
        return next((one for one in self.buttons if wanted in (one.id, one.value)), None)


class Page(HTMLParser):
    """One parsed page."""

    def __init__(self, url: str, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.html = html
        self.forms: list[Form] = []
        self.elements: dict[str, Element] = {}
        self.links: list[str] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.title = ""
        self._text: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """What can be read on the page, spaces collapsed."""
        return " ".join("".join(self._text).split())

    def has(self, element_id: str) -> bool:
        """Return whether the page has an element with this id."""
        return element_id in self.elements

    def text_of(self, element_id: str) -> str:
        """Return what an element says, spaces collapsed."""
        return " ".join(self.elements[element_id].text.split())

    def form_with(self, button: str) -> Form:
        """Return the form that has a button with this id or value."""
        found = [form for form in self.forms if form.button(button)]
        assert found, f"no button {button!r} on {self.url}: {self.text[:300]!r}"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up one element."""
        about = {name: value or "" for name, value in attrs}
        for name in about:
            assert not name.startswith("on"), f"an inline handler on {self.url}: {name}"
        element_id = about.get("id", "")
        if element_id:
            assert element_id not in self.elements, f"id {element_id} twice on {self.url}"
            self.elements[element_id] = Element(tag, about)
        if tag not in VOID:
            self._open.append((tag, element_id))
        if tag == "form":
            action = urljoin(self.url, about.get("action") or self.url)
            self.forms.append(Form(action, about.get("method", "get").upper(), element_id))
        elif tag in ("input", "button") and self.forms:
            self._control(tag, about)
        elif tag == "a" and "href" in about:
            self.links.append(urljoin(self.url, about["href"]))
        elif tag == "script":
            self.scripts.append((about, ""))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element of this name."""
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Take up text."""
        innermost = self._open[-1][0] if self._open else ""
        if innermost == "script":
            about, before = self.scripts[-1]
            self.scripts[-1] = about, before + data
            return
        if innermost == "title":
            self.title += data
        if innermost in ("style", "title"):
            return
        self._text.append(data if data.strip() else " ")
        for _, element_id in self._open:
            if element_id:
                self.elements[element_id].text += data

    def _control(self, tag: str, about: dict[str, str]) -> None:
        form, kind = self.forms[-1], about.get("type", "submit" if tag == "button" else "text")
        name = about.get("name", "")
        if kind == "submit":
            form.buttons.append(Button(about.get("id", ""), name, about.get("value", "")))
        elif name:
            form.fields[name] = about.get("value", "")
            form.ids[about.get("id", name)] = name
            if kind == "hidden":
                form.hidden.add(name)

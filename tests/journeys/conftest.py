"""The demo, started once per test process, and people in a real browser whose console is watched:
whatever a page complains about there, a blocked style or script above all, fails the test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request

from tests.journeys import demo as demos
from tests.journeys.demo import Demo
from tests.journeys.person import Person

NewPerson = Callable[..., Person]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with demos.running(tmp_path_factory.mktemp("demo")) as running:
        yield running


class Console:
    """What the pages of one browser complain about."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self._visited: set[str] = set()
        context.on("request", self._requested)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _requested(self, request: Request) -> None:
        if request.is_navigation_request():
            self._visited.add(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        # A page that is itself an error, on purpose, is announced here too.
        about_page = message.location.get("url") in self._visited
        if about_page and message.text.startswith("Failed to load resource: the server responded"):
            return
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")


@pytest.fixture
def new_person(browser: Browser, demo: Demo) -> Iterator[NewPerson]:
    """Let somebody come with a browser of their own; `options` are Playwright's for a context."""
    opened: list[tuple[BrowserContext, Console]] = []

    def come(at: Demo = demo, **options: Any) -> Person:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1280, "height": 800}, **options}
        )
        context.set_default_timeout(10_000)
        opened.append((context, Console(context)))
        return Person(context.new_page(), at)

    yield come
    for context, _ in opened:
        context.close()
    assert [words for _, console in opened for words in console.complaints] == []


@pytest.fixture
def person(new_person: NewPerson) -> Person:
    """Somebody with an English browser that is not signed in anywhere."""
    return new_person()

"""A real browser for the tests that act as a person would: Chromium, driven by Playwright.

The browser of the machine is used, never one that Playwright downloads. One runs per test process,
and every test gets a fresh context, so that no cookie travels from test to test.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A browser that talks to nobody but the server under test.
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
)


def find() -> str | None:
    """Return the path of this machine's Chromium, if it has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def flags() -> list[str]:
    """Return the flags; Chromium's sandbox does not start as root."""
    return [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless browser for this test process."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find(), args=flags())
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own: no cookies, in English, patient for ten seconds at most."""
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()

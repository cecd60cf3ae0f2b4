"""The README's pictures, taken of the running demo: `make pictures`. On a desk in light, on a
phone in dark, each small enough that a page with all of them loads at once.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.journeys import demo as demos
from tests.journeys.demo import Demo
from tests.journeys.palette import reduced
from tests.journeys.person import Person
from tests.support import chromium

PICTURES = Path(__file__).parent / "pictures"
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
LARGEST = 150_000
OPEN_THE_FIRST_MESSAGES = """
  const journeys = [...document.querySelectorAll(".journey")];
  for (const one of journeys) one.open = one === journeys.at(-1);
  journeys.at(-1).querySelectorAll("li details")[1].open = true;
  document.querySelector("#messages").scrollIntoView();
"""


def walk(browser: Browser, demo: Demo, *, phone: bool) -> None:
    """Sign in, look around, and take the pictures of one kind of screen."""
    context = browser.new_context(
        locale="en-US",
        viewport=PHONE if phone else DESK,
        color_scheme="dark" if phone else "light",
        reduced_motion="reduce",
    )
    person, blank = Person(context.new_page(), demo), context.new_page()

    def take(name: str) -> None:
        file = PICTURES / f"{name}{'-phone' if phone else ''}.png"
        taken = person.page.screenshot(animations="disabled", caret="hide")
        file.write_bytes(reduced(taken, blank))
        size = file.stat().st_size
        sys.stdout.write(f"{file.relative_to(Path.cwd())}  {size // 1000} kB\n")
        assert size < LARGEST, f"{file.name} is too large for a README"

    person.open("/sign-in?prompt=consent")
    take("sign-in")
    person.give_password()
    take("consent")
    person.press("consent-allow")
    person.press("call-api")
    person.page.fill("#text", "Two kestrels over the north slope, wind from the west.")
    person.press("add-note")
    person.open("/profile")
    take("demo-profile")
    person.page.evaluate(OPEN_THE_FIRST_MESSAGES)
    take("demo-messages")
    person.open("/rotation")
    person.press("refresh-now")
    person.press("repeat-last-refresh-token")
    take("demo-rotation")
    person.open_at_signet("/account")
    take("account")
    context.close()


def main() -> None:
    """Take every picture."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demos.running(Path(folder) / "demo") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.flags()
        )
        for phone in (False, True):
            walk(browser, demo, phone=phone)
        browser.close()


if __name__ == "__main__":
    main()

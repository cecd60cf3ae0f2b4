"""Every page of the provider and of the application, on a phone and on a desk, light and dark, the
provider's in each language: axe-core finds nothing, nothing is wider than the screen, no label is
cut off or broken inside a word, and the console stays silent under the pages' own content security
policies.
"""

import json
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ViewportSize

from provider.interaction.reasons import REASONS
from tests.journeys.conftest import NewPerson
from tests.journeys.person import Person

pytestmark = pytest.mark.needs("chromium")

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in (PHONE, DESK)]
RUN = "but => axe.run({exclude: [[but]]}, {resultTypes: ['violations'], preload: false})"
MARRED = """
() => [...document.querySelectorAll("h1, h2, th, button, nav a, #who")].filter(label => {
  if (label.checkVisibility() && label.scrollWidth > label.clientWidth + 1
      && getComputedStyle(label).overflow !== "visible") return true;
  const texts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT), range = new Range();
  for (let text; (text = texts.nextNode());)
    for (const word of text.data.matchAll(/[a-z]+/gi)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(part => part.top)).size > 1) return true;
    }
  return false;
}).map(label => label.outerHTML.slice(0, 120))
"""
BEHIND = ".behind"
"""The messages and tokens below every page of the application."""
LOCALES = {"en": "en-US", "ko": "ko-KR"}


class Inspector:
    """Looks at one page after the other, and remembers what was wrong with each."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        self.found: list[str] = []
        self.seen: list[str] = []

    def look(self, name: str, *, at: str = "main", but: str = "#nothing") -> None:
        """Look at the page on display in all its looks; `at` must be on it.

        `but` is a part that is looked at elsewhere.
        """
        self.page.locator(at).first.wait_for()
        self.seen.append(name)
        self.page.evaluate(Axe().axe_script)
        for scheme, size in LOOKS:
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.page.set_viewport_size(size)
            look = f"{name}, {scheme}, {size['width']} px"
            for violation in self.page.evaluate(RUN, but)["violations"]:
                nodes = [node["html"][:120] for node in violation["nodes"]]
                self.found.append(f"{look}: {violation['id']}: {json.dumps(nodes)}")
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > size["width"]:
                self.found.append(f"{look}: {wide} px wide")
            for label in self.page.evaluate(MARRED):
                self.found.append(f"{look}: cut off or broken: {label}")


@pytest.mark.parametrize("language", LOCALES)
def test_the_pages_of_the_provider(new_person: NewPerson, language: str) -> None:
    person = new_person(locale=LOCALES[language], reduced_motion="reduce")
    elsewhere = new_person(locale=LOCALES[language])
    demo, page, inspector = person.demo, person.page, Inspector(person)
    person.open_at_signet("/")
    assert page.locator("html").get_attribute("lang") == language
    inspector.look("start page")
    person.open_at_signet("/account")
    inspector.look("sign-in to the account", at="#login-submit")
    person.ask_to_sign_in()
    inspector.look("sign-in", at="#login-cancel")
    person.give_password("not the password")
    inspector.look("sign-in refused", at="#login-error")
    person.open("/sign-in?prompt=consent")
    person.give_password()
    inspector.look("consent", at="#consent-allow")
    person.press("consent-allow")
    page.go_back()
    inspector.look("page of a request that is over", at="#error-page")
    elsewhere.sign_in()
    person.open_at_signet("/account")
    inspector.look("account, two sessions", at="form[action$='/account/sessions/end']")
    person.page.locator("form[action$='/account/sessions/end'] button").first.click()
    inspector.look("account, session ended", at=".banner")
    page.locator("form[action$='/account/withdraw'] button").click()
    inspector.look("account, no applications", at=".empty")
    person.open_at_signet("/")
    inspector.look("start page, signed in", at=".identity")
    person.open("/sign-in?prompt=login")
    inspector.look("sign-in again", at="#login-reason")
    person.open_at_signet("/logout")
    inspector.look("sign-out", at="#logout-confirm")
    person.open_at_signet(f"/logout?client_id={demo.client[0]}")
    inspector.look("sign-out for an application", at="#logout-confirm")
    person.press("logout-confirm")
    inspector.look("signed out", at="#logout-success")
    person.open_at_signet("/errors")
    inspector.look("reasons", at=".index")
    person.open_at_signet(f"/errors/{REASONS[0]['code']}")
    inspector.look("a reason", at=".reading")
    wrong = {"client_id": demo.client[0], "redirect_uri": f"{demo.app}/elsewhere?{'long' * 40}"}
    person.open_at_signet(f"/authorize?{urlencode(wrong)}")
    inspector.look("wrong redirect URI", at="#error-page")
    person.open_at_signet("/nowhere")
    inspector.look("no such page", at="#error-page")
    assert len(inspector.seen) == 18
    assert inspector.found == []


def test_every_reason_has_its_page_in_every_language(new_person: NewPerson) -> None:
    for locale in LOCALES.values():
        person = new_person(locale=locale, viewport=PHONE)
        for reason in REASONS:
            person.open_at_signet(f"/errors/{reason['code']}")
            assert reason["code"] in person.page.locator(".reading").inner_text()
            assert person.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_the_pages_of_the_application(new_person: NewPerson) -> None:
    # Colours that are still on their way from light to dark have no contrast to measure.
    person = new_person(reduced_motion="reduce")
    page, inspector = person.page, Inspector(person)
    person.open("/")
    inspector.look("first page", at="#sign-in")
    person.open("/sign-in?prompt=none")
    inspector.look("refused", at=".problem", but=BEHIND)
    person.sign_in()
    inspector.look("profile", at="#claims", but=BEHIND)
    person.open("/")
    inspector.look("first page, signed in", at="#who", but=BEHIND)
    person.open("/notes")
    person.unfold("Try what must not work")
    inspector.look("notes", at="#api-result", but=BEHIND)
    page.fill("#text", "Zilpzalp " * 30)
    person.press("add-note")
    inspector.look("a note", at="#api-result", but=BEHIND)
    person.unfold("Try what must not work")
    person.press("call-with-id-token")
    inspector.look("refused by the API", at="#api-result .bad", but=BEHIND)
    person.open("/tokens")
    inspector.look("tokens", at="#tokens")
    page.locator("#messages details").evaluate_all(
        "all => all.forEach(one => { one.open = true })"
    )
    inspector.look("all messages unfolded", at="#messages .pairs")
    person.open("/rotation")
    person.press("repeat-last-refresh-token")
    inspector.look("a lost answer", at=".result", but=BEHIND)
    person.press("reuse-old-refresh-token")
    inspector.look("a thief", at=".attempts")
    person.sign_in_again()
    person.open("/revocation")
    inspector.look("revocation", at="#give-back", but=BEHIND)
    person.press("give-back")
    page.wait_for_selector("#refused-after", timeout=30_000)
    inspector.look("called back", at="#ways", but=BEHIND)
    person.open("/nowhere")
    inspector.look("no such page", at=".problem", but=BEHIND)
    for name in ("privacy", "terms"):
        person.open(f"/{name}")
        inspector.look(name, at="h1", but=BEHIND)
    person.open("/")
    person.press("sign-out")
    inspector.look("signed out", at=".hero")
    assert len(inspector.seen) == 17
    assert inspector.found == []

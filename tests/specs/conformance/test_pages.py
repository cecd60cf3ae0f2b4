"""What certification and people's automation ask of the pages beside the ids, which
`tests/specs/pages/test_frozen_ids.py` freezes."""

import pytest

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import AFTER_LOGOUT, CALLBACK, Module
from tests.support.page import Form

CODE = Run("code")


@pytest.fixture
def module(make_module: MakeModule) -> Module:
    return make_module(CODE, post_logout_redirect_uris=(AFTER_LOGOUT,))


def without_script(module: Module, button: str) -> Form:
    """Check that the page on display works without a script. Return the form of a button."""
    page = module.browser.page
    assert not page.scripts
    form = page.form_with(button)
    assert form.method == "POST"
    return form


def test_b_01_every_page_can_be_submitted_without_a_script(module: Module) -> None:
    module.send(module.request())
    without_script(module, "login-submit")
    without_script(module, "login-cancel")
    module.browser.sign_in("tester", "wrong")
    assert module.browser.page.text_of("login-error")
    without_script(module, "login-submit")
    module.browser.sign_in("tester", "a password for tests")
    without_script(module, "consent-allow")
    without_script(module, "consent-deny")
    module.browser.allow()
    module.sign_out({})
    without_script(module, "logout-confirm")
    without_script(module, "logout-cancel")
    module.browser.press("logout-confirm")
    assert not module.browser.page.scripts


def test_b_02_a_form_is_answered_by_303(module: Module) -> None:
    module.send(module.request())
    module.browser.sign_in("tester", "a password for tests")
    assert module.browser.visited[0].status == 303
    module.browser.allow()
    assert module.browser.visited[0].status == 303
    assert module.browser.left is not None


@pytest.mark.parametrize(("page", "button"), [("login", "login-cancel"), ("consent", "deny")])
def test_b_03_who_declines_goes_back_with_access_denied(
    module: Module, page: str, button: str
) -> None:
    attempt = module.request()
    module.send(attempt)
    if page == "consent":
        module.browser.sign_in("tester", "a password for tests")
    module.browser.press(button)
    assert module.refusal_of(attempt).error == "access_denied"


def test_b_04_the_error_page_shows_code_and_description_as_text(module: Module) -> None:
    assert module.stopped(redirect_uri=f"{CALLBACK}?x=<b>") == "invalid_request"
    page = module.browser.page
    assert page.text_of("error-code") in page.text
    assert page.text_of("error-description") in page.text
    assert not page.scripts

"""Every form of ours that decides something states what it shows, and its answer is compared with
it. A form that is added has to say here what it decides, and prove beside it what happens where
something changed in between."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from provider.interaction import rendering, routes
from tests.specs.pages import test_what_was_shown as proofs

TEMPLATES = Path(rendering.__file__).parent / "templates"

COMPARED = {
    "/interaction/<handle>/login": (
        proofs.test_nobody_signs_in_for_who_calls_itself_otherwise_meanwhile,
        proofs.test_to_sign_in_can_be_declined_whatever_changed,
    ),
    "/interaction/<handle>/consent": (
        proofs.test_a_client_that_widens_its_scope_while_the_page_is_open_gets_no_more_for_it,
        proofs.test_who_calls_itself_otherwise_meanwhile_is_looked_at_again,
        proofs.test_who_changes_can_still_be_declined,
        proofs.test_another_account_can_be_chosen_whatever_changed,
    ),
    "/logout/confirm": (
        proofs.test_who_asks_to_sign_out_and_changes_meanwhile_is_looked_at_again,
        proofs.test_to_stay_signed_in_needs_no_second_look,
    ),
    "/account/withdraw": (
        proofs.test_access_is_withdrawn_at_once_whatever_the_application_became,
        proofs.test_nothing_is_taken_away_that_the_form_does_not_state,
    ),
    "/account/sign-out": (proofs.test_nothing_is_taken_away_that_the_form_does_not_state,),
    "/account/sessions/end": (proofs.test_a_session_that_the_page_did_not_name_is_not_ended,),
    "/account/sessions/end-others": (
        proofs.test_every_other_session_ends_whichever_the_page_named,
    ),
}
"""The forms whose answers are compared, and what proves it."""

DECIDES_NOTHING_SHOWN = {"/account/login"}
"""Forms that show nothing of what they decide: who signs in here does so for nobody else."""

NOT_OURS = {"form_post.html"}
"""Forms that carry a response to a client; nobody reads and answers them."""


def test_every_form_says_what_it_decides() -> None:
    assert set(COMPARED) | DECIDES_NOTHING_SHOWN == set(routes.POST)
    assert not set(COMPARED) & DECIDES_NOTHING_SHOWN


@pytest.mark.parametrize("path", COMPARED)
def test_the_answer_of_every_form_is_compared_with_what_it_showed(path: str) -> None:
    """The page itself asks, or the wrapper that made a page of it, or what it hands over to."""
    page = routes.POST[path]
    module = inspect.getmodule(page)
    assert module is not None
    asking = {
        function.name
        for function in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(function, ast.FunctionDef) and "shown.is_what(" in ast.unparse(function)
    }
    source = ast.parse(inspect.getsource(inspect.unwrap(page))).body[0]
    assert isinstance(source, ast.FunctionDef)
    used = {source.name} | {
        node.id for node in ast.walk(source) if isinstance(node, ast.Name)
    }  # fmt: skip
    assert asking & used, f"{path} answers without asking what its page showed"


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.glob("*.html")))
def test_every_form_of_every_page_carries_its_statement(template: str) -> None:
    text = (TEMPLATES / template).read_text()
    forms = re.findall(r'<form method="post".*?</form>', text, re.DOTALL)
    for form in forms if template not in NOT_OURS else ():
        assert re.search(r"ui\.csrf\([\w.]*shown\w*\)", form), form
    assert not re.search(r"ui\.csrf\(\)", text)

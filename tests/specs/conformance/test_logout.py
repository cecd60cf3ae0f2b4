"""The modules of RP-initiated logout. No `client_id` is ever sent; a page that asks first is
allowed everywhere; whoever is signed out must be told so by prompt=none."""

import pytest

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import AFTER_LOGOUT, LONG_STATE, Module
from tests.support import jwt


@pytest.fixture
def module(make_module: MakeModule, run: Run) -> Module:
    return make_module(run, post_logout_redirect_uris=(AFTER_LOGOUT,))


def confirm(module: Module) -> None:
    """Agree to sign out where asked."""
    if module.browser.left is None and module.browser.page.has("logout-confirm"):
        module.browser.press("logout-confirm")


def returned(module: Module) -> str:
    """Return where the browser went after signing out."""
    confirm(module)
    assert module.browser.left is not None
    assert module.is_signed_out()
    return module.browser.left.url


def not_sent_on(module: Module) -> None:
    """Check that the browser stays: on a page that asks, and after it on one of ours."""
    for _ in range(2):
        assert module.browser.left is None
        page = module.browser.page
        assert page.has("logout-confirm") or page.has("logout-success") or page.has("error-page")
        confirm(module)


def told_to_be_signed_out(module: Module) -> None:
    """Check that the person reads that they are signed out."""
    confirm(module)
    assert module.browser.left is None
    assert module.browser.status == 200
    assert module.browser.page.text_of("logout-success")
    assert module.is_signed_out()


def test_oidcc_rp_initiated_logout(module: Module) -> None:
    hint = module.authorize().id_token
    module.sign_out(
        {
            "id_token_hint": hint,
            "post_logout_redirect_uri": AFTER_LOGOUT,
            "state": LONG_STATE,
        }
    )
    assert returned(module) == f"{AFTER_LOGOUT}?state={LONG_STATE}"


def test_oidcc_rp_initiated_logout_no_state(module: Module) -> None:
    hint = module.authorize().id_token
    module.sign_out({"id_token_hint": hint, "post_logout_redirect_uri": AFTER_LOGOUT})
    assert returned(module) == AFTER_LOGOUT


def refused_to_return(module: Module, hint: str | None, uri: str) -> None:
    """Check that a request to sign out sends nobody to `uri`."""
    module.sign_out(
        {"id_token_hint": hint, "post_logout_redirect_uri": uri, "state": LONG_STATE},
    )
    not_sent_on(module)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(module: Module) -> None:
    hint = module.authorize().id_token
    refused_to_return(module, hint, "https://suite.example/test/a/signet/elsewhere")


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    module: Module,
) -> None:
    refused_to_return(module, module.authorize().id_token, f"{AFTER_LOGOUT}?foo=bar")


def test_oidcc_rp_initiated_logout_modified_id_token_hint(module: Module) -> None:
    claims = jwt.claims_of(module.authorize().id_token)
    refused_to_return(module, jwt.unsigned(claims), AFTER_LOGOUT)


def test_oidcc_rp_initiated_logout_bad_id_token_hint(module: Module) -> None:
    genuine = module.authorize().id_token
    header = jwt.header_of(genuine)
    forged = jwt.sign(jwt.key_for("RS256", "suite"), jwt.claims_of(genuine), kid=header["kid"])
    refused_to_return(module, forged, AFTER_LOGOUT)


def test_oidcc_rp_initiated_logout_no_id_token_hint(module: Module) -> None:
    module.authorize()
    refused_to_return(module, None, AFTER_LOGOUT)


def test_oidcc_rp_initiated_logout_no_params(module: Module) -> None:
    module.authorize()
    told_to_be_signed_out(module.sign_out({}))


def test_oidcc_rp_initiated_logout_only_state(module: Module) -> None:
    module.authorize()
    told_to_be_signed_out(module.sign_out({"state": LONG_STATE}))


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(module: Module) -> None:
    hint = module.authorize().id_token
    told_to_be_signed_out(module.sign_out({"id_token_hint": hint, "state": LONG_STATE}))

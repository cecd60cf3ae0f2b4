"""The decision as a table: what is known about a request, and what happens next (OpenID Connect
Core §3.1.2.3, §3.1.2.4, §3.1.2.6)."""

from dataclasses import replace
from typing import Any

import pytest

from provider.authorization.decision import (
    AskConsent,
    Issue,
    Refuse,
    SignIn,
    Situation,
    decide,
)
from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.model.authorization_request import AuthorizationRequest
from provider.model.client import Client, ClientPolicy
from provider.model.consent import Consent
from provider.model.session import Session
from provider.model.shown import Shown

NOW = 10_000
CLIENT = Client(client_id="rp", client_name="RP")
NATIVE = replace(CLIENT, token_endpoint_auth_method="none", application_type="native")
ACCOUNT = Account(id="person", username="person")
SESSION = Session(
    id="here",
    account_id="person",
    authentication=Authentication(auth_time=NOW - 60, acr="x", amr=("pwd",)),
    address="",
    user_agent="",
    created_at=NOW - 60,
    last_seen_at=NOW,
    idle_expires_at=NOW + 60,
    expires_at=NOW + 60,
)
REQUEST = AuthorizationRequest(
    client=CLIENT,
    redirect_uri="https://rp.example/cb",
    response_type="code",
    response_mode="query",
    scopes=("openid", "email"),
    resources=(),
    state=None,
    nonce=None,
    code_challenge=None,
    prompts=frozenset(),
    max_age=None,
    login_hint=None,
    ui_locales=None,
    subject_hint=None,
)
AGREED = Consent(
    account_id="person",
    client_id="rp",
    scopes=frozenset({"openid", "email"}),
    resources=frozenset(),
    granted_at=1,
)
NOBODY: dict[str, Any] = {"session": None, "account": None, "consent": None}
HERE = {"authenticated_here": "here"}
SHOWN = Shown(scopes=("openid", "email"))
ALLOWED = {"consented_here": "here", "shown": SHOWN}
UNSEEN = {"consented_here": "here"}
"""Allowed on a page of a version that did not keep what it showed."""


def outcome(about: dict[str, Any], prompt: str = "", **request: Any) -> str:
    """Return the decision in a word or two."""
    prompts = frozenset(prompt.split())
    known: dict[str, Any] = {"session": SESSION, "account": ACCOUNT, "consent": AGREED, **about}
    asked = replace(REQUEST, prompts=prompts, **request)
    match decide(Situation(request=asked, now=NOW, **known)):
        case SignIn(why):
            return f"sign in: {why}" if why else "sign in"
        case AskConsent(why):
            return f"consent: {why}" if why else "consent"
        case Issue():
            return "issue"
        case Refuse(error):
            return str(error.error)


def policy(consent: str) -> Client:
    return replace(CLIENT, policy=ClientPolicy(consent=consent))


@pytest.mark.spec("OIDCC-3.1.2.3", "OIDCC-3.1.2.4", "OIDCC-3.1.2.6")
@pytest.mark.parametrize(
    ("about", "request_", "prompt", "asked", "silently"),
    [
        (NOBODY, {}, "", "sign in", "login_required"),
        (NOBODY, {"max_age": 5}, "", "sign in", "login_required"),
        ({}, {}, "", "issue", "issue"),
        ({}, {"max_age": 60}, "", "issue", "issue"),
        ({}, {"max_age": 59}, "", "sign in: max_age", "login_required"),
        ({}, {"max_age": 0}, "", "sign in: max_age", "login_required"),
        (HERE, {"max_age": 0}, "", "issue", "issue"),
        ({"consent": None}, {}, "", "consent", "consent_required"),
        ({}, {"scopes": ("openid",)}, "", "issue", "issue"),
        ({}, {"scopes": ("openid", "phone")}, "", "consent", "consent_required"),
        ({}, {"resources": ("https://a",)}, "", "consent", "consent_required"),
        (ALLOWED, {}, "", "issue", "issue"),
        (ALLOWED, {"scopes": ("openid",)}, "", "issue", "issue"),
        ({"consent": None, **ALLOWED}, {}, "", "consent", "consent_required"),
        ({"consent": None, **UNSEEN}, {}, "", "consent: changed", "consent_required"),
        (ALLOWED, {"scopes": ("openid", "phone")}, "", "consent: changed", "consent_required"),
        (ALLOWED, {"resources": ("https://a",)}, "", "consent: changed", "consent_required"),
        (
            ALLOWED,
            {"claims_beyond_scopes": ("name",)},
            "",
            "consent: changed",
            "consent_required",
        ),
        ({"consent": None, "consented_here": "gone"}, {}, "", "consent", "consent_required"),
        ({}, {"client": policy("always")}, "", "consent", "consent_required"),
        (ALLOWED, {"client": policy("always")}, "", "issue", "issue"),
        ({"consent": None}, {"client": policy("implied")}, "", "issue", "issue"),
        ({}, {"client": NATIVE, "redirect_uri": "a.b:/"}, "", "consent", "consent_required"),
        ({}, {"client": NATIVE}, "", "issue", "issue"),
        ({"is_someone_else": True}, {}, "", "sign in: other_account", "login_required"),
        ({**HERE, "is_someone_else": True}, {}, "", "login_required", "login_required"),
        ({"authenticated_here": "gone"}, {}, "", "sign in: other_account", "login_required"),
    ],
)
def test_what_happens_next(
    about: dict[str, Any], request_: dict[str, Any], prompt: str, asked: str, silently: str
) -> None:
    assert outcome(about, prompt, **request_) == asked
    assert outcome(about, "none", **request_) == silently


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    ("about", "prompt", "expected"),
    [
        ({}, "login", "sign in: reauthenticate"),
        ({}, "select_account", "sign in: reauthenticate"),
        ({}, "login consent", "sign in: reauthenticate"),
        (HERE, "login", "issue"),
        (HERE, "login consent", "consent"),
        ({**HERE, **ALLOWED}, "login consent", "issue"),
        ({**HERE, **UNSEEN}, "login consent", "consent: changed"),
        (ALLOWED, "login consent", "sign in: reauthenticate"),
        ({}, "consent", "consent"),
        (ALLOWED, "consent", "issue"),
        (NOBODY, "consent", "sign in"),
        (NOBODY, "login", "sign in"),
    ],
)
def test_what_the_client_wants_asked(about: dict[str, Any], prompt: str, expected: str) -> None:
    assert outcome(about, prompt) == expected


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_prompt_consent_asks_even_where_consent_is_implied() -> None:
    assert outcome({}, "consent", client=policy("implied")) == "consent"


@pytest.mark.spec("OIDCC-5.5.1.1")
@pytest.mark.parametrize(
    ("required", "here", "prompts", "expected"),
    [
        ({"x"}, None, set(), Issue),
        ({"x", "y"}, "here", set(), Issue),
        ({"y"}, None, set(), SignIn),
        ({"y"}, None, {"none"}, "login_required"),
        ({"y"}, "here", set(), "unmet_authentication_requirements"),
    ],
)
def test_a_required_acr_is_reached_by_signing_in_or_not_at_all(
    required: set[str], here: str | None, prompts: set[str], expected: Any
) -> None:
    request = replace(REQUEST, required_acr=frozenset(required), prompts=frozenset(prompts))
    decision = decide(
        Situation(
            request=request, session=SESSION, account=ACCOUNT, consent=AGREED, now=NOW,
            authenticated_here=here,
        )
    )  # fmt: skip
    if isinstance(expected, str):
        assert isinstance(decision, Refuse)
        assert decision.error.error == expected
    else:
        assert isinstance(decision, expected)


@pytest.mark.spec("OIDCC-5.5", "OIDCC-3.1.2.4")
@pytest.mark.parametrize(
    ("agreed", "expected"),
    [((), AskConsent), (("claim:gender",), Issue), (("gender",), AskConsent)],
)
def test_consent_covers_single_claims_by_name(agreed: tuple[str, ...], expected: type) -> None:
    decision = decide(
        Situation(
            request=replace(REQUEST, claims_beyond_scopes=("gender",)),
            session=SESSION,
            account=ACCOUNT,
            consent=replace(AGREED, scopes=AGREED.scopes | set(agreed)),
            now=NOW,
        )
    )
    assert isinstance(decision, expected)

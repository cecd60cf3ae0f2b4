"""Log in, ask for consent, issue, or refuse? A pure function of the request, the session,
what was agreed before, and `now`. Taken afresh each time a page comes back, so no page
has to know what follows it (OpenID Connect Core §3.1.2.3, §3.1.2.4, §3.1.2.6)."""

from dataclasses import dataclass

from provider.errors import (
    ConsentRequired,
    LoginRequired,
    ProtocolError,
    UnmetAuthenticationRequirements,
)
from provider.model.account import Account
from provider.model.authorization_request import AuthorizationRequest
from provider.model.consent import Consent, entries
from provider.model.session import Session
from provider.model.shown import Shown


@dataclass(frozen=True)
class SignIn:
    """The person must sign in. `why`: a key the page explains, or None for the plain case."""

    why: str | None = None


@dataclass(frozen=True)
class AskConsent:
    """The person must agree. `why`: a key the page explains, or None for the plain case."""

    why: str | None = None


@dataclass(frozen=True)
class Issue:
    """The client gets what it asked for, in the name of this person."""

    session: Session
    account: Account


@dataclass(frozen=True)
class Refuse:
    """The client is told no."""

    error: ProtocolError


Decision = SignIn | AskConsent | Issue | Refuse


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All a decision depends on.

    `authenticated_here`, `consented_here`: the session whose person signed in, or agreed,
    for this very request; `shown`: what the page said that they agreed to. `is_someone_else`: the
    account is not the one that the request's `id_token_hint` names.
    """

    request: AuthorizationRequest
    session: Session | None
    account: Account | None
    consent: Consent | None
    now: int
    authenticated_here: str | None = None
    consented_here: str | None = None
    shown: Shown | None = None
    is_someone_else: bool = False


def decide(situation: Situation) -> Decision:
    """Return what happens next."""
    silent = "none" in situation.request.prompts
    if situation.is_someone_else and _authenticated_here(situation):
        return Refuse(LoginRequired("Another account signed in than the id_token_hint names."))
    session, account = situation.session, situation.account
    if session is None or account is None:
        return Refuse(LoginRequired()) if silent else SignIn()
    if _authenticated_here(situation) and _lacks_acr(situation, session):
        return Refuse(UnmetAuthenticationRequirements())
    if (sign_in := _sign_in(situation, session)) is not None:
        return Refuse(LoginRequired()) if silent else sign_in
    if _must_ask(situation, session):
        agreed = situation.consented_here == session.id
        has_changed = agreed and not _consented_here(situation, session)
        why = "changed" if has_changed else None
        return Refuse(ConsentRequired()) if silent else AskConsent(why)
    return Issue(session, account)


def _sign_in(situation: Situation, session: Session) -> SignIn | None:
    request = situation.request
    if situation.is_someone_else:
        return SignIn("other_account")
    if _authenticated_here(situation):
        return None
    if situation.authenticated_here is not None:
        # somebody signed in for this request, and somebody else has done so since
        return SignIn("other_account")
    if request.prompts & {"login", "select_account"} or _lacks_acr(situation, session):
        return SignIn("reauthenticate")
    age = situation.now - session.authentication.auth_time
    # Choice: zero asks for a sign-in of this request's own, also within the same second
    if request.max_age is not None and (age > request.max_age or request.max_age == 0):
        return SignIn("max_age")
    return None


def _lacks_acr(situation: Situation, session: Session) -> bool:
    required = situation.request.required_acr
    return bool(required) and session.authentication.acr not in required


def _authenticated_here(situation: Situation) -> bool:
    session = situation.session
    return session is not None and situation.authenticated_here == session.id


def _must_ask(situation: Situation, session: Session) -> bool:
    request = situation.request
    policy = request.client.policy.consent
    # who agreed and withdrew it since has agreed to nothing
    if situation.consent is not None and _consented_here(situation, session):
        return False
    if "consent" in request.prompts or policy == "always":
        return True
    if policy == "implied":
        return False
    if request.client.is_public and not request.redirect_uri.startswith("https://"):
        # RFC 8252 §8.6: nothing proves that the same application asks again
        return True
    consent = situation.consent
    return consent is None or not consent.covers(*_wanted(request))


def _consented_here(situation: Situation, session: Session) -> bool:
    """Whether the person agreed to this very request, as it is now: a client may have been given
    more rights since, and what is issued is what the page showed, or less."""
    shown = situation.shown
    is_of_session = situation.consented_here == session.id
    return is_of_session and shown is not None and shown.covers(*_wanted(situation.request))


def _wanted(request: AuthorizationRequest) -> tuple[frozenset[str], frozenset[str]]:
    return entries(request.scopes, request.claims_beyond_scopes), frozenset(request.resources)

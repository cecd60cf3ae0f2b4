"""How tests put an authorization request into a request object (RFC 9101)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from joserfc.jwk import Key

from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.relying_party import Attempt, Grant, Refused, RelyingParty

TYPE = "oauth-authz-req+jwt"
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")


def signer(
    make_relying_party: Callable[..., RelyingParty], alg: str = "ES256", **changes: Any
) -> RelyingParty:
    """Return a confidential client that has a key to sign requests with."""
    key = jwt.key_for(alg)
    party = make_relying_party(**{"jwks": jwt.public_set(key), **changes})
    party.key = key
    return party


def claims_for(party: RelyingParty, attempt: Attempt, **changes: Any) -> dict[str, Any]:
    """Return what a proper request object of this request says; None leaves a member out."""
    now = party.clock.now()
    about = {"iss": party.client_id, "aud": party.issuer, "iat": now, "nbf": now, "exp": now + 300}
    claims = {**about, **attempt.parameters, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def signed(party: RelyingParty, claims: dict[str, Any], by: Key | None = None, **head: Any) -> str:
    """Return the claims, signed by the client or another key."""
    signing = by or party.key
    assert signing is not None
    return jwt.sign(signing, claims, **{"typ": TYPE, **head})


def by_value(
    party: RelyingParty,
    token: Callable[[dict[str, Any]], str] | None = None,
    *,
    outside: Mapping[str, str | None] | None = None,
    about: dict[str, Any] | None = None,
    **changes: Any,
) -> Attempt:
    """Return a request whose parameters stand in a request object.

    `changes` replaces parameters, `about` members of the object, `outside` what stands beside it;
    `token` makes a JWT of the claims.
    """
    attempt = party.start(**changes)
    claims = claims_for(party, attempt, **(about or {}))
    made = token(claims) if token else signed(party, claims)
    return sent(party, attempt, request=made, **(outside or {}))


def sent(party: RelyingParty, attempt: Attempt, **outside: str | None) -> Attempt:
    """Return the attempt with another URL: the client, and what stands outside."""
    fields = {"client_id": party.client_id, **outside}
    beside = {name: value for name, value in fields.items() if value is not None}
    return replace(attempt, url=f"{party.endpoint('authorization')}?{wire.encode(beside)}")


def finish(browser: Browser, party: RelyingParty, attempt: Attempt) -> Grant:
    """Send a person along; sign in and agree where asked. Raises Refused."""
    browser.come(attempt.url)
    if browser.left is None and browser.at == "login":
        browser.sign_in("tester", "a password for tests")
    if browser.left is None and browser.at == "consent":
        browser.allow()
    assert browser.left is not None, f"{browser.status} {browser.page.text[:500]}"
    return party.receive(attempt, browser.left)


def refusal_of(browser: Browser, party: RelyingParty, attempt: Attempt) -> str:
    """Send a request that is to be refused; return the error, told to the client or on a page."""
    browser.come(attempt.url)
    if browser.left is None:
        return browser.problem()
    try:
        grant = party.receive(attempt, browser.left)
    except Refused as refused:
        return refused.error
    raise AssertionError(f"the client got what it asked for: {grant}")

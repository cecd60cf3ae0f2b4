"""What it means that something is not offered: it is not there at all. No metadata names it, no
route answers, no parameter or header of it changes anything, no grant takes it. For the groups of
the catalogue whose feature is not built; when it arrives, the tests of its group give way to the
cases themselves.
"""

import json
from collections.abc import Iterable, Mapping

from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, refusal

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH")


def assert_unknown(
    party: RelyingParty, words: Iterable[str], cookies: Mapping[str, str] | None = None
) -> None:
    """Every address of the feature, by every method, is one that leads nowhere."""
    for word in words:
        for method in METHODS:
            answer = wire.send(
                party.app, method, f"{party.issuer}/{word}", headers=cookies or {},
                body=b"token=x" if method == "POST" else b"",
            )  # fmt: skip
            assert answer.status in (404, 405), f"{method} /{word}: {answer.status}"


def assert_unnamed(party: RelyingParty, *parts: str) -> None:
    """No member of the metadata, and no value in one, speaks of it."""
    text = json.dumps(party.metadata).lower()
    for part in parts:
        assert part not in text, part


def assert_grants_nothing(party: RelyingParty, grant_type: str, **fields: str) -> None:
    """No client may use the grant, whatever it registered."""
    assert grant_type not in party.metadata["grant_types_supported"]
    refusal(party.post("token", {"grant_type": grant_type, **fields}), "unsupported_grant_type")


def assert_inert(
    party: RelyingParty, browser: Browser, headers: Mapping[str, str] | None = None, **sent: str
) -> None:
    """A request with the feature's parameters is answered as one without them."""
    grant = party.authorize(browser, **sent)
    tokens = party.redeem(grant, **sent)
    claims = jwt.claims_of(tokens.access_token)
    assert tokens.body["token_type"] == "Bearer"
    assert "cnf" not in claims
    assert not set(sent) & {*claims, *tokens.claims, *tokens.body}
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    _, own = party.credentials()
    answer = party.post_raw("token", {**refresh, **sent}, headers={**own, **(headers or {})})
    assert (answer.status, answer.json["token_type"]) == (200, "Bearer")


def buttons(browser: Browser) -> Iterable[str]:
    """Everything the page on display offers."""
    for form in browser.page.forms:
        yield from (one.value.lower() for one in form.buttons)
        yield form.action.lower()
    yield from (link.lower() for link in browser.page.links)

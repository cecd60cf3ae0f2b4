"""One pass of a module: a client, a person at a browser, and a clock. What the relying party of
`tests.support` accepts has kept the rules of the protocol already; here every answer is also held
to what certification checks in every module.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.specs.conformance import baseline
from tests.specs.conformance.plans import Run
from tests.support import wire
from tests.support.browser import Browser, Cookie, CookieJar
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD
from tests.support.relying_party import (
    Attempt,
    Grant,
    Refused,
    RelyingParty,
    Tokens,
)
from tests.support.wire import Answer

CALLBACK = "https://suite.example/test/a/signet/callback"
AFTER_LOGOUT = "https://suite.example/test/a/signet/post_logout_redirect"
LONG_STATE = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_" * 2
"""128 characters."""

INTERACTION_ERRORS = {
    "login_required", "interaction_required", "consent_required", "account_selection_required",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a client holds after a whole flow."""

    grant: Grant
    redeemed: Tokens | None
    asked_to_sign_in: bool

    @property
    def front(self) -> Tokens:
        """The tokens of the authorization response."""
        return self.grant.tokens

    @property
    def id_tokens(self) -> list[Tokens]:
        """Every token response with an ID token in it."""
        return [one for one in (self.front, self.redeemed) if one and "id_token" in one.body]

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the ID token."""
        return self.id_tokens[0].claims

    @property
    def id_token(self) -> str:
        """The ID token."""
        return self.id_tokens[0].id_token

    @property
    def access_token(self) -> str:
        """The access token: the one of the token endpoint, where there are two."""
        holders = [
            one for one in (self.redeemed, self.front) if one and "access_token" in one.body
        ]
        return holders[0].access_token


@dataclass
class Module:
    """One client and one person who come to the provider."""

    party: RelyingParty
    run: Run
    browser: Browser
    clock: SettableClock
    _cookies: dict[tuple[str, str], Cookie] = field(default_factory=dict, init=False)
    """Those of the browser before it signed out."""

    # -- the authorization endpoint ------------------------------------------

    def request(self, **changes: str | None) -> Attempt:
        """Return the default request of every module, changed."""
        wanted = {"response_type": self.run.response_type, "response_mode": self.run.response_mode}
        return self.party.start(**{**wanted, **changes})

    def send(self, attempt: Attempt) -> "Module":
        """Send the person to the authorization endpoint."""
        self.browser.come(attempt.url)
        return self

    def pass_pages(self) -> bool:
        """Let the person sign in and agree where asked. Return whether they had to sign in."""
        asked = self.browser.left is None and self.browser.at == "login"
        if asked:
            self.browser.sign_in("tester", PASSWORD)
        if self.browser.left is None and self.browser.at == "consent":
            self.browser.allow()
        return asked

    def receive(self, attempt: Attempt) -> Grant:
        """Read a successful response, which came the way it has to. Raises Refused."""
        left = self.browser.left
        assert left is not None, f"{self.browser.status} {self.browser.page.text[:500]}"
        if "response_type" in attempt.parameters:
            assert left.mode == self.run.mode
        if left.mode == "form_post":
            assert left.method == "POST"
            assert left.url == attempt.redirect_uri
        if left.mode == "fragment":
            assert left.url.partition("#")[0] == attempt.redirect_uri
        return self.party.receive(attempt, left)

    def finish(self, attempt: Attempt, *, asked: bool, redeem: bool = True) -> Outcome:
        """Take the response to an end: redeem the code, check all ID tokens."""
        grant = self.receive(attempt)
        redeemed = None
        if self.run.has_code:
            assert baseline.entropy_of(grant.code) >= 128
            redeemed = self.party.redeem(grant) if redeem else None
        outcome = Outcome(grant, redeemed, asked)
        self._check(outcome, attempt.parameters)
        return outcome

    def _check(self, outcome: Outcome, parameters: Mapping[str, Any]) -> None:
        may_carry = set(json.loads(parameters.get("claims", "{}")).get("id_token", ()))
        if self.run.response_type == "id_token":
            may_carry |= baseline.claims_of_scope(parameters["scope"])
        for one in outcome.id_tokens:
            now = self.clock.now()
            baseline.check_id_token(one.id_token, one.claims, now=now, may_carry=may_carry)
        assert len({one.claims["sub"] for one in outcome.id_tokens}) <= 1
        baseline.check_keys(self.party.jwks)

    def authorize(self, *, redeem: bool = True, **changes: Any) -> Outcome:
        """Do a whole flow, through whatever pages there are."""
        attempt = self.request(**changes)
        asked = self.send(attempt).pass_pages()
        return self.finish(attempt, asked=asked, redeem=redeem)

    def silently(self, **changes: str | None) -> Outcome:
        """Do a whole flow in which no page may be shown."""
        attempt = self.request(**changes)
        self.send(attempt)
        return self.finish(attempt, asked=False)

    def refused(self, **changes: str | None) -> Refused:
        """Send a request that is to be refused; return what the client was told."""
        attempt = self.request(**changes)
        self.send(attempt)
        return self.refusal_of(attempt)

    def refusal_of(self, attempt: Attempt) -> Refused:
        """Return the error that the client was told."""
        try:
            grant = self.receive(attempt)
        except Refused as refused:
            return refused
        raise AssertionError(f"the client got what it asked for: {grant}")

    def stopped(self, **changes: str | None) -> str:
        """Send a request that must end on an error page. Return the error it shows."""
        self.send(self.request(**changes))
        return self.browser.problem()

    def reordered(self, attempt: Attempt) -> Attempt:
        """Return the same request with its parameters the other way round."""
        pairs = list(reversed(wire.pairs(attempt.parameters)))
        address = attempt.url.partition("?")[0]
        return replace(attempt, url=f"{address}?{wire.encode(pairs)}")

    # -- resources and sign-out ----------------------------------------------

    def userinfo(self, outcome: Outcome) -> dict[str, Any]:
        """Ask UserInfo about the person of a flow."""
        answer = self.party.userinfo_raw(outcome.access_token)
        return self.described(answer, outcome)

    def described(self, answer: Answer, outcome: Outcome) -> dict[str, Any]:
        """Check an answer of UserInfo. Return the claims."""
        assert answer.status == 200
        assert answer.json["sub"] == outcome.claims["sub"]
        baseline.check_person(answer.json)
        return answer.json

    def sign_out(self, parameters: Mapping[str, str | None]) -> "Module":
        """Send the person to the end session endpoint; no client_id is ever sent."""
        self._cookies = dict(self.browser.jar.cookies)
        address = self.party.endpoint("end_session")
        query = wire.encode(parameters)
        self.browser.come(f"{address}?{query}" if query else address)
        return self

    def is_signed_out(self) -> bool:
        """Ask silently for a sign-in, in another tab, as every module of logout does; and once
        more with the cookies from before, which must not open what has ended either."""
        earlier = self.browser.tab()
        earlier.jar = CookieJar(self._cookies)
        return all(self._is_stranger(one) for one in (self.browser.tab(), earlier))

    def _is_stranger(self, browser: Browser) -> bool:
        other = replace(self, browser=browser)
        attempt = other.request(prompt="none", state=LONG_STATE)
        other.send(attempt)
        try:
            other.receive(attempt)
        except Refused as refused:
            return refused.error in INTERACTION_ERRORS
        return False

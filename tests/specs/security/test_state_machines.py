"""Hypothesis walks: any order of what clients, people and thieves may do with codes, families and
sessions, against a model that says in a few lines what must come of it (I1, I2, I6). The model
shares no code with the provider: a family is a counter, a code a flag, a session a set."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from provider.context import Provider
from provider.credentials import session_cookie
from provider.http import Request
from provider.logout import ending
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import already_signed_in, public
from tests.support.relying_party import Grant, RelyingParty
from tests.support.wire import Answer

IDLE, ABSOLUTE, WINDOW, CODE = 14 * 86400, 90 * 86400, 30, 60
SESSION_IDLE = 12 * 3600

WALKS = settings(
    max_examples=30,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.generate,),
)


@dataclass
class Family:
    """What must be true of a family: its tokens by generation, and when each thing happened."""

    party: RelyingParty
    is_public: bool
    session: "Session | None"
    began: int
    tokens: list[str]
    used: int
    rotated: int | None = None
    has_ended: bool = False
    access_tokens: list[tuple[str, int]] = field(default_factory=list)

    def lives(self, now: int) -> bool:
        """Whether its newest token may be used."""
        if self.has_ended or (self.session is not None and self.session.has_ended):
            return False
        return now < min(self.used + IDLE, self.began + ABSOLUTE)


@dataclass
class Session:
    """A session, and when it ends by itself."""

    browser: Browser
    seen: int
    has_ended: bool = False


@dataclass
class Code:
    """A code, until when it may be used, and the family that came of it."""

    party: RelyingParty
    grant: Grant
    session: Session
    is_offline: bool
    is_public: bool
    expires: int
    family: Family | None = None
    was_used: bool = False


class Walk(RuleBasedStateMachine):
    """One provider, one account, two clients, several sessions."""

    codes: Bundle[Code] = Bundle("codes")
    families: Bundle[Family] = Bundle("families")
    sessions: Bundle[Session] = Bundle("sessions")
    surroundings: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self.provider: Provider = self.surroundings["provider"]
        self.clock: SettableClock = self.surroundings["clock"]
        self.make_browser = self.surroundings["make_browser"]
        make: MakeParty = self.surroundings["make_relying_party"]
        self.confidential, self.public = make(), make(**public())
        self.all_families: list[Family] = []

    @property
    def now(self) -> int:
        return self.clock.now()

    @initialize(target=families, is_public=st.booleans(), is_offline=st.booleans())
    def begin(self, *, is_public: bool, is_offline: bool) -> Family:
        """Begin each walk with a family, so that there is something to go wrong."""
        code = self._authorize(self._new_session(), is_public=is_public, is_offline=is_offline)
        return self._redeem(code)

    @rule(target=sessions)
    def sign_in(self) -> Session:
        return self._new_session()

    def _new_session(self) -> Session:
        browser: Browser = self.make_browser()
        return Session(browser, self.now)

    @rule(target=codes, session=sessions, is_public=st.booleans(), is_offline=st.booleans())
    def authorize(self, session: Session, *, is_public: bool, is_offline: bool) -> Code:
        return self._authorize(session, is_public=is_public, is_offline=is_offline)

    def _authorize(self, session: Session, *, is_public: bool, is_offline: bool) -> Code:
        if session.has_ended or self.now >= session.seen + SESSION_IDLE:
            session.has_ended = True
            session = self._new_session()
        party = self.public if is_public else self.confidential
        scope = "openid offline_access" if is_offline else "openid"
        grant = party.authorize(session.browser, scope=scope)
        session.seen = self.now
        return Code(party, grant, session, is_offline, is_public, self.now + CODE)

    @rule(target=families, code=codes)
    def redeem(self, code: Code) -> Family:
        return self._redeem(code)

    def _redeem(self, code: Code) -> Family:
        answer = code.party.redeem_raw(code.grant)
        may = not code.was_used and self.now < code.expires and not self._is_over(code)
        if not may:
            self._is_refused(answer)
            if code.was_used and code.family is not None:
                code.family.has_ended = True
            return code.family or Family(
                code.party, code.is_public, None, 0, [], used=0, has_ended=True
            )
        assert answer.status == 200, answer.text
        code.was_used = True
        code.family = Family(
            code.party,
            code.is_public,
            None if code.is_offline else code.session,
            self.now,
            [answer.json["refresh_token"]],
            used=self.now,
        )
        self._keep(code.family, answer)
        self.all_families.append(code.family)
        return code.family

    @rule(code=codes)
    def redeem_without_the_verifier(self, code: Code) -> None:
        self._is_refused(code.party.redeem_raw(code.grant, code_verifier="x" * 43))

    @rule(code=codes)
    def redeem_as_another_client(self, code: Code) -> None:
        other = self.confidential if code.is_public else self.public
        self._is_refused(other.redeem_raw(code.grant))

    @rule(family=families)
    def refresh(self, family: Family) -> None:
        if family.tokens:
            self._present(family, len(family.tokens) - 1)

    @rule(family=families, seconds=st.sampled_from([0, 1, 29, 30, 31, 3600]))
    def lose_an_answer_and_ask_again(self, family: Family, seconds: int) -> None:
        if family.tokens:
            self._present(family, len(family.tokens) - 1)
            self.clock.advance(seconds)
        if len(family.tokens) > 1:
            self._present(family, len(family.tokens) - 2)

    @rule(family=families)
    def ask_again_for_what_was_rotated_before(self, family: Family) -> None:
        if len(family.tokens) > 1:
            self._present(family, len(family.tokens) - 2)

    @rule(family=families, back=st.integers(min_value=2, max_value=4))
    def present_a_stolen_token(self, family: Family, back: int) -> None:
        if len(family.tokens) > back:
            self._present(family, len(family.tokens) - 1 - back)

    @rule(family=families)
    def present_as_another_client(self, family: Family) -> None:
        if family.tokens:
            other = self.confidential if family.is_public else self.public
            self._is_refused(other.refresh_raw(family.tokens[-1]))

    @rule(family=families)
    def revoke(self, family: Family) -> None:
        if family.tokens:
            family.party.revoke(family.tokens[-1])
            family.has_ended = True

    @rule(session=sessions)
    def end_session(self, session: Session) -> None:
        ctx = self.provider.open(Request(method="", path=""))
        try:
            found = self.surroundings["session_of"](ctx, session.browser)
            if found is not None:
                ending.end_session(ctx, found)
                ctx.keep()
        finally:
            ctx.work.close()
        session.has_ended = True

    @rule(seconds=st.sampled_from([1, 10, 29, 31, 40, 61, 601, 13 * 3600, IDLE - 5]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @precondition(lambda self: self.all_families)
    @invariant()
    def an_access_token_is_active_while_its_family_lives(self) -> None:
        family = self.all_families[-1]
        token, expires = family.access_tokens[-1]
        ends_with = family.session is not None and family.session.has_ended
        expected = self.now < expires and not family.has_ended and not ends_with
        assert self.confidential_view(family, token) is expected

    def confidential_view(self, family: Family, token: str) -> bool:
        """Whether a token is active, as its own client learns; a public one may not ask."""
        if family.is_public:
            return family.party.is_accepted(token)
        return bool(family.party.introspect(token)["active"])

    def _present(self, family: Family, index: int) -> None:
        answer = family.party.refresh_raw(family.tokens[index])
        newest = len(family.tokens) - 1
        if not family.lives(self.now):
            self._is_refused(answer)
        elif index == newest:
            assert answer.status == 200, answer.text
            family.tokens.append(answer.json["refresh_token"])
            assert len(set(family.tokens)) == len(family.tokens)
            family.used = family.rotated = self.now
            self._keep(family, answer)
        elif index == newest - 1 and self._may_repeat(family):
            assert answer.status == 200, answer.text
            assert answer.json["refresh_token"] == family.tokens[newest]
            self._keep(family, answer)
        else:
            self._is_refused(answer)
            family.has_ended = True

    def _may_repeat(self, family: Family) -> bool:
        assert family.rotated is not None
        return not family.is_public or self.now - family.rotated < WINDOW

    def _keep(self, family: Family, answer: Answer) -> None:
        body = answer.json
        family.access_tokens.append((body["access_token"], self.now + body["expires_in"]))

    def _is_over(self, code: Code) -> bool:
        return not code.is_offline and code.session.has_ended

    def _is_refused(self, answer: Answer) -> None:
        assert answer.status == 400, answer.text
        assert answer.json["error"] in ("invalid_grant", "invalid_request"), answer.text


@pytest.mark.spec("I1", "I2", "I6")
@pytest.mark.settings(lifetimes={"session_idle": SESSION_IDLE})
@pytest.mark.both_databases
def test_any_order_of_events_ends_as_the_model_says(
    provider: Provider,
    clock: SettableClock,
    make_relying_party: MakeParty,
    user_agent: Browser,
    account: Any,
) -> None:
    def make_browser() -> Browser:
        browser = Browser(user_agent._app, user_agent.issuer)
        already_signed_in(provider, browser, account)
        return browser

    def session_of(ctx: Any, browser: Browser) -> Any:
        header = browser.jar.header(provider.issuer + "/", method="GET", same_site=True)
        ctx.request = Request(method="GET", path="/", headers={"cookie": header})
        found = session_cookie.find(ctx)
        return found[0] if found else None

    class Here(Walk):
        surroundings = {  # noqa: RUF012
            "provider": provider,
            "clock": clock,
            "make_browser": make_browser,
            "make_relying_party": make_relying_party,
            "session_of": session_of,
        }

    run_state_machine_as_test(Here, settings=WALKS)

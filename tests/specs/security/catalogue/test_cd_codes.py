"""CD: authorization codes (RFC 6749 §4.1.2, §10.5, §10.10; RFC 9700 §4.5)."""

import re
from collections import Counter
from threading import Thread

import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.credentials import opaque
from provider.model.account import Account
from tests.specs.security.catalogue.conftest import Node, Nothing
from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import make_account, public
from tests.support.relying_party import RelyingParty, refusal
from tests.support.watching import at_once, at_rest
from tests.support.wire import Answer

KINDS = pytest.mark.parametrize("kind", ["confidential", "public"])


def of(make: MakeParty, kind: str) -> RelyingParty:
    """Return a client of either type."""
    return make(**(public() if kind == "public" else {}))


@pytest.mark.both_databases
@KINDS
@pytest.mark.parametrize("refreshed", [0, 2])
def test_cd_01_a_code_used_again_ends_all_it_gave_at_every_node(
    make_relying_party: MakeParty, signed_in: Browser, at_second_node: Node, kind: str,
    refreshed: int,
) -> None:  # fmt: skip
    party = of(make_relying_party, kind)
    grant = party.authorize(signed_in)
    first = last = party.redeem(grant)
    for _ in range(refreshed):
        last = party.refresh(last.refresh_token)
    elsewhere = at_second_node(party)
    refusal(elsewhere.redeem_raw(grant), "invalid_grant")
    for node in (party, elsewhere):
        for tokens in (first, last):
            assert not node.is_accepted(tokens.access_token)
            refusal(node.refresh_raw(tokens.refresh_token), "invalid_grant")


@pytest.mark.parametrize("thief", ["confidential", "public"])
def test_cd_02_another_client_gets_nothing_and_spoils_nothing(
    make_relying_party: MakeParty, signed_in: Browser, nothing_left: Nothing, thief: str
) -> None:
    owner, other = make_relying_party(), of(make_relying_party, thief)
    grant = owner.authorize(signed_in)
    with nothing_left():
        body = refusal(other.redeem_raw(grant), "invalid_grant")
        assert refusal(other.redeem_raw(grant, code="unknown"), "invalid_grant") == body
    tokens = owner.redeem(grant)
    with nothing_left():
        refusal(other.redeem_raw(grant), "invalid_grant")
    assert owner.is_accepted(tokens.access_token)


@KINDS
def test_cd_03_a_code_ends_on_its_sixtieth_second(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock, kind: str
) -> None:
    party = of(make_relying_party, kind)
    late, in_time = party.authorize(signed_in), party.authorize(signed_in)
    clock.advance(59)
    assert party.redeem(in_time).access_token
    clock.advance(1)
    refusal(party.redeem_raw(late), "invalid_grant")
    clock.advance(-30)
    clock.advance(60)
    refusal(party.redeem_raw(late), "invalid_grant")


@pytest.mark.both_databases
def test_cd_04_of_twenty_exchanges_at_two_nodes_one_succeeds(
    relying_party: RelyingParty, signed_in: Browser, at_second_node: Node
) -> None:
    grant = relying_party.authorize(signed_in)
    nodes = [relying_party, at_second_node(relying_party)] * 10
    answers = at_once(lambda: nodes.pop().redeem_raw(grant), 20)
    assert Counter(one.status for one in answers)[200] == 1
    for answer in answers:
        if answer.status not in (200, 503):  # which is no verdict, on a busy machine
            refusal(answer, "invalid_grant")


def test_cd_05_a_thousand_codes_are_random_and_kept_as_digests(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    codes = [opaque.new(provider.entropy, opaque.CODE) for _ in range(950)]
    issued = [relying_party.authorize(signed_in).code for _ in range(50)]
    codes += issued
    bodies = [one.removeprefix(opaque.CODE) for one in codes]
    assert len(set(bodies)) == 1000
    for body in bodies:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", body), "256 bits, and nothing but them"
    for at in range(42):
        seen = Counter(body[at] for body in bodies)
        assert len(seen) > 50, f"position {at} has a structure"
        assert seen.most_common(1)[0][1] < 60
    rest = at_rest(provider)
    assert not [code for code in issued if code.encode() in rest]
    assert opaque.digest(issued[0]) in rest


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "SEARCH"])
def test_cd_07_no_other_method_spends_a_code(
    relying_party: RelyingParty, signed_in: Browser, method: str
) -> None:
    grant = relying_party.authorize(signed_in)
    fields = {
        "grant_type": "authorization_code", "code": grant.code,
        "code_verifier": grant.attempt.verifier or "", "redirect_uri": relying_party.redirect_uri,
    }  # fmt: skip
    _, headers = relying_party.credentials()
    for url, body in (
        (f"{relying_party.endpoint('token')}?{wire.encode(fields)}", ""),
        (relying_party.endpoint("token"), wire.encode(fields)),
    ):
        answer = wire.send(
            relying_party.app, method, url, body=body.encode(),
            headers={**headers, "Content-Type": wire.FORM},
        )  # fmt: skip
        assert answer.status == 405
        assert "POST" in (answer.header("Allow") or "")
    assert relying_party.redeem(grant).access_token


def test_cd_08_each_tab_gets_the_answer_to_its_own_request(
    make_relying_party: MakeParty, signed_in: Browser, provider: Provider, account: Account
) -> None:
    """Interleaved, with clients and people in between; `receive` checks state, `redeem` nonce
    and challenge."""
    make_account(provider, "second")
    parties = [make_relying_party(), make_relying_party(**public())]
    open_tabs = []
    for number in range(6):
        party, tab = parties[number % 2], signed_in.tab()
        attempt = party.start()
        tab.come(attempt.url)
        open_tabs.append((party, tab, attempt))
    for party, tab, attempt in reversed(open_tabs):
        if tab.left is None:
            tab.allow()
        assert party.redeem(party.receive(attempt, tab.left)).access_token


@pytest.mark.both_databases
def test_cd_09_a_second_exchange_during_a_slow_commit_never_succeeds(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, at_second_node: Node
) -> None:
    """The second comes when the first has claimed the code and not committed yet."""
    elsewhere, grant = at_second_node(relying_party), relying_party.authorize(signed_in)
    later: list[Answer] = []
    second = Thread(target=lambda: later.append(elsewhere.redeem_raw(grant)))

    claims: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE") and "code" in statement:
            claims.append(statement)

    def dawdle(_connection: object) -> None:
        if claims and not second.ident:
            second.start()
            second.join(0.3)

    sa.event.listen(provider.engine, "before_cursor_execute", note)
    sa.event.listen(provider.engine, "commit", dawdle)
    first = relying_party.redeem_raw(grant)
    sa.event.remove(provider.engine, "commit", dawdle)
    sa.event.remove(provider.engine, "before_cursor_execute", note)
    assert second.ident, "nothing was claimed"
    second.join()
    assert first.status == 200
    refusal(later[0], "invalid_grant")

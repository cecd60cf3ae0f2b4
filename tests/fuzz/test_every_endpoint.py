"""The fuzzer: proper requests to every route, spoilt at random. A bounded part, the same in every
run, and the replay of what was learnt are part of the suite; `make fuzz SECONDS=3600` goes on
for as long as it is told and keeps the requests that led to answers of a new kind."""

import os
import time
from collections import Counter
from itertools import count

import flask
import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings

from provider.app import protocol_routes
from provider.context import Provider
from provider.model.account import Account
from provider.settings import Settings
from tests.fuzz.cases import Case
from tests.fuzz.corpus import Corpus, kind_of
from tests.fuzz.grammar import PROPER
from tests.fuzz.judging import judge
from tests.fuzz.spoiling import spoilt
from tests.fuzz.world import World, send
from tests.support.arrival import MakeParty
from tests.support.clock import SettableClock

SECONDS = float(os.environ.get("SIGNET_FUZZ_SECONDS", "0"))
"""For how long to go on; without it a bounded part runs, the same each time."""

BATCH = 400
MOST_FINDINGS = 50
OPEN = {"mode": "open", "per_hour": 1_000_000, "max_clients": 10_000_000}
PROFILES = [
    pytest.param(marks=pytest.mark.settings(profile="openid", registration=OPEN), id="openid"),
    pytest.param(
        marks=pytest.mark.settings(
            issuer="https://op.example/tenant", registration={**OPEN, "mode": "token"}
        ),
        id="oauth21",
    ),
]
WORLDS = 2 * len(PROFILES)
everywhere = pytest.mark.parametrize((), PROFILES)


@pytest.fixture
def world(
    app: flask.Flask, provider: Provider, clock: SettableClock, make_relying_party: MakeParty,
    account: Account, settings: Settings,
) -> World:  # fmt: skip
    return World(app, provider, clock, make_relying_party, account, settings.registration.mode)


class Fuzzer:
    """Sends and judges, counts, and remembers what it found and learnt."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.corpus = Corpus()
        self.requests = 0
        self.findings: dict[str, str] = {}
        self.answers: Counter[str] = Counter()

    def attempt(self, case: Case) -> None:
        """Send one request and judge its answer. A finding is noted and does not end the run."""
        self.requests += 1
        try:
            sent = self.world.prepare(case)
            with structlog.testing.capture_logs() as log:
                answer = send(self.world, sent)
            judge(self.world, sent, answer, log)
            self.answers[str(answer.status)] += 1
            self.corpus.learn(kind_of(sent, answer), case)
        except Exception as error:
            self._found(case, error)
            self.world.flows.forget_all()
        self.world.flows.put_away()

    def _found(self, case: Case, error: Exception) -> None:
        line = error.__traceback__
        while line is not None and line.tb_next is not None:
            line = line.tb_next
        where = f"{line.tb_frame.f_code.co_name}:{line.tb_lineno}" if line else ""
        about = f"{case.route} {type(error).__name__} {where}"
        if about not in self.findings and len(self.findings) < MOST_FINDINGS:
            self.findings[about] = f"{error!s:.600}\n  {case.written()}"
            self.corpus.learn((case.route, "found", where), case)

    def report(self) -> str:
        """Return the figures."""
        found = "".join(f"\n{name}: {about}" for name, about in self.findings.items())
        return (
            f"{self.requests} requests, {len(self.corpus.cases)} kinds of answers, "
            f"{len(self.findings)} findings; by status {dict(sorted(self.answers.items()))}{found}"
        )

    def accept(self) -> None:
        """Fail if there was any finding."""
        assert not self.findings, "\n\n".join(f"{k}: {v}" for k, v in self.findings.items())


@everywhere
def test_the_grammar_knows_every_route(world: World) -> None:
    prefix = world.provider.settings.issuer_path
    pages = {rule.rule for rule in world.app.url_map.iter_rules()}
    served = {path.removeprefix(prefix) for path in {*pages, *protocol_routes(world.provider)}}
    assert served <= {case.route for case in PROPER}


@pytest.mark.both_databases
@everywhere
def test_no_proper_request_and_none_that_was_kept_is_answered_wrongly(world: World) -> None:
    fuzzer = Fuzzer(world)
    for case in (*PROPER, *Corpus.read().cases.values()):
        fuzzer.attempt(case)
    fuzzer.accept()


@pytest.mark.both_databases
@everywhere
def test_whatever_is_sent_anywhere_the_answer_is_a_proper_one(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fuzzer, began = Fuzzer(world), time.monotonic()
    known = Corpus.read().cases
    _one_batch(fuzzer, tuple(known.values()), number=0)
    first = int(time.time())
    for number in count(first):
        if (passed := time.monotonic() - began) >= SECONDS / WORLDS:
            break
        _one_batch(fuzzer, tuple({**known, **fuzzer.corpus.cases}.values()), number)
        with capsys.disabled():
            print(f"\rseed {first}, {passed:.0f} s: {fuzzer.report()}", flush=True)  # noqa: T201
    if SECONDS:
        fuzzer.corpus.save()
    fuzzer.accept()


def _one_batch(fuzzer: Fuzzer, kept: tuple[Case, ...], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=BATCH, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=spoilt(kept))
    def run(case: Case) -> None:
        fuzzer.attempt(case)

    run()

"""How long an API that verifies with the kit goes on accepting a token that was revoked. Signet
runs with one, two and four processes; many people are signed in, and at moments spread over a
while one after another has the refresh token revoked by its client, whichever process that meets.
Meanwhile the API looks at every token again and again; what counts is the time from the answer of
the revocation to the first refusal."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from statistics import quantiles
from threading import Thread

from benchmarks.agent import Agent
from benchmarks.deployment import Deployment
from benchmarks.report import aligned
from benchmarks.subjects.signet import Signet
from benchmarks.subjects.subject import Conditions
from benchmarks.transport import KeptAlive
from provider.resource_server import Refused, Verifier

WORKERS = (1, 2, 4)
TOKENS = 100
SPREAD, LONGEST = 30.0, 60.0
"""Seconds over which the revocations are spread, and after which a token still accepted fails."""

_PAUSE = 0.02
_COLUMNS = ("database", "processes", "tokens", "p50 s", "p99 s", "longest s")


@dataclass
class _Token:
    access: str
    refresh: str
    revoked_at: float = float("inf")
    refused_at: float | None = None

    @property
    def delay(self) -> float:
        return (self.refused_at or float("inf")) - self.revoked_at


def table(databases: list[str]) -> str:
    """Measure, and return the figures in seconds."""
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for database in databases:
        for workers in WORKERS:
            with Signet(Conditions(database, "ES256", workers)) as subject:
                delays = sorted(_delays(subject.deployment))
            cuts = quantiles(delays, n=100)
            figures = (f"{one:.2f}" for one in (cuts[49], cuts[98], delays[-1]))
            rows.append((database, str(workers), str(len(delays)), *figures))
    return aligned(rows)


def _delays(deployment: Deployment) -> Iterator[float]:
    agent = Agent(deployment, KeptAlive(deployment.issuer))
    answers = [agent.login() for _ in range(TOKENS)]
    tokens = [_Token(one["access_token"], one["refresh_token"]) for one in answers]
    with Verifier(deployment.issuer, deployment.issuer) as verifier:
        for token in tokens:
            verifier.verify(token.access)
        revoking = Thread(target=_revoke, args=(deployment, tokens), daemon=True)
        revoking.start()
        _watch(verifier, tokens)
        revoking.join()
    agent.close()
    for token in tokens:
        yield token.delay


def _revoke(deployment: Deployment, tokens: list[_Token]) -> None:
    began, moments = time.monotonic(), Random(7)
    for token, at in zip(tokens, sorted(moments.uniform(0, SPREAD) for _ in tokens), strict=True):
        time.sleep(max(0.0, began + at - time.monotonic()))
        # A connection of its own: it may meet any of the processes.
        agent = Agent(deployment, KeptAlive(deployment.issuer))
        answer = agent.post("revocation_endpoint", {"token": token.refresh})
        answer.require(answer.status == 200, "status 200 expected")
        token.revoked_at = time.monotonic()
        agent.close()


def _watch(verifier: Verifier, tokens: list[_Token]) -> None:
    """Look at each token until it is refused. A refusal before its time is a failure."""
    deadline = time.monotonic() + SPREAD + LONGEST
    left = list(tokens)
    while left and time.monotonic() < deadline:
        for token in tuple(left):
            try:
                verifier.verify(token.access)
            except Refused:
                token.refused_at = time.monotonic()
                left.remove(token)
        time.sleep(_PAUSE)
    if left:
        raise SystemExit(f"{len(left)} revoked tokens are accepted after {LONGEST:.0f} s")

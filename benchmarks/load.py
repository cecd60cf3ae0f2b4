"""The load generator: a process of its own, one thread for each kept-alive connection. It takes
one job per line on standard input and says on standard output when it is ready, done and has
verified its sample, so that who measures can read the clocks in between. Everything is bounded:
requests, seconds, and the wait for one answer."""

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.agent import Agent
from benchmarks.deployment import Deployment
from benchmarks.scenarios import SCENARIOS, Step
from benchmarks.transport import KeptAlive

WARM_UP = 10
"""Steps of each connection before the clock starts."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One scenario against one provider. `requests` counts steps of all connections."""

    deployment: Deployment
    scenario: str
    connections: int
    requests: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "deployment": self.deployment.to_json()}


@dataclass
class Outcome:
    """What a connection, or all of them, saw. Times in seconds."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Connection(threading.Thread):
    """One agent at work, until its share is done or the time is over."""

    def __init__(self, agent: Agent, step: Step, share: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self.agent = agent
        self.outcome = Outcome()
        self.failure: Exception | None = None
        self._step, self._share, self._seconds = step, share, seconds

    def run(self) -> None:
        latencies, clock = self.outcome.latencies, time.perf_counter
        began = clock()
        deadline = began + self._seconds
        try:
            for _ in range(self._share):
                before = clock()
                if before > deadline:
                    break
                self._step()
                latencies.append(clock() - before)
        except Exception as failure:
            self.failure = failure
        self.outcome.seconds = clock() - began


def main() -> None:
    """Work off jobs until standard input ends."""
    if (cores := os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {cores - 1})
    for line in sys.stdin:
        document = json.loads(line)
        deployment = Deployment.from_json(document.pop("deployment"))
        try:
            _work(Job(**{**document, "deployment": deployment}))
        except Exception as failure:
            _say("failed", reason=f"{type(failure).__name__}: {failure}")


def _work(job: Job) -> None:
    job.deployment.require_loopback()
    share = max(1, job.requests // job.connections)
    agents = [
        Agent(job.deployment, KeptAlive(job.deployment.issuer)) for _ in range(job.connections)
    ]
    try:
        connections = []
        for agent in agents:
            step = SCENARIOS[job.scenario](agent, share + WARM_UP)
            for _ in range(WARM_UP):
                step()
            connections.append(Connection(agent, step, share, job.seconds))
        _say("ready")
        sys.stdin.readline()
        for connection in connections:
            connection.start()
        for connection in connections:
            connection.join()
        _say("done", **_summary(connections))
        checks = [check for agent in agents for check in agent.later]
        for check in checks:
            check()
        _say("verified", checks=len(checks))
    finally:
        for agent in agents:
            agent.close()


def _summary(connections: list[Connection]) -> dict[str, Any]:
    for connection in connections:
        if connection.failure is not None:
            raise connection.failure
    latencies = sorted(time for one in connections for time in one.outcome.latencies)
    return {
        "answers": len(latencies),
        "seconds": max(one.outcome.seconds for one in connections),
        "p50": _quantile(latencies, 0.50),
        "p99": _quantile(latencies, 0.99),
    }


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _say(what: str, **about: Any) -> None:
    print(json.dumps({"said": what, **about}), flush=True)


if __name__ == "__main__":
    main()

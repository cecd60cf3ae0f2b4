"""What Signet needs besides CPU time, each figure beside what it is held to: how soon it answers
after a start, that nothing fails with many connections, what two workers gain, what memory they
take and keep, what a login and a rotation store, and what a refresh costs among a million live
authorizations. `python -m benchmarks resources`; every answer is verified as everywhere here."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from benchmarks import processor
from benchmarks.agent import Agent
from benchmarks.load import Job
from benchmarks.measure import Generator, Round, generator, measure
from benchmarks.report import aligned
from benchmarks.subjects.signet import Signet
from benchmarks.subjects.subject import Conditions
from benchmarks.transport import KeptAlive
from provider.store.schema import authorization, metadata
from provider.store.unit_of_work import open_engine

_LOGINS = 300
_ROTATIONS = 1000
_ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to measure under: requests of a round, and live authorizations to fill in."""

    database: str
    alg: str
    requests: int
    authorizations: int


@dataclass(frozen=True)
class Finding:
    """One figure. `limit` is what it is held to, in words."""

    what: str
    figure: str
    limit: str


def start(wanted: Wanted) -> Iterator[Finding]:
    """From the command to the first answer."""
    taken = []
    for _ in range(_ROUNDS):
        subject = Signet(Conditions(wanted.database, wanted.alg))
        with subject.ending:
            settings, _ = subject.arrange()
            began = time.monotonic()
            subject.serve(settings)
            taken.append(time.monotonic() - began)
    yield Finding("start to first answer", f"{min(taken):.2f} s", "< 1 s")


def connections(wanted: Wanted) -> Iterator[Finding]:
    """Many connections at once; a single wrong or missing answer ends the run."""
    with _running(wanted, workers=2) as (subject, load):
        for number in (1, 8, 64):
            for scenario in ("client_credentials", "refresh"):
                one = measure(subject, _job(subject, scenario, wanted, number), load)
                what = f"{scenario} on {number} connections"
                yield Finding(what, f"{one.answers} answers, p99 {one.p99:.0f} ms", "all right")


def workers(wanted: Wanted) -> Iterator[Finding]:
    """Two workers against one. The generator and the database need cores of their own."""
    for scenario in ("client_credentials", "refresh"):
        rates = [
            max(one.per_second for one in _rounds(wanted, scenario, workers=number))
            for number in (1, 2)
        ]
        figure = f"{rates[0]:.0f} to {rates[1]:.0f} a second, {rates[1] / rates[0]:.2f} times"
        yield Finding(f"two workers, {scenario}", figure, ">= 1.8 times where cores allow it")


def memory(wanted: Wanted) -> Iterator[Finding]:
    """Memory of two workers after a load, and whether more load adds to it."""
    with _running(wanted, workers=2) as (subject, load):
        found = []
        for _ in range(_ROUNDS):
            for scenario in ("login", "refresh", "client_credentials", "userinfo"):
                measure(subject, _job(subject, scenario, wanted), load)
            found.append(processor.memory(set(subject.pids()["provider"])))
    grown = " -> ".join(f"{mib:.0f}" for mib in found)
    yield Finding("memory of two workers under load (PSS)", f"{grown} MiB", "<= 120 MiB, flat")


def storage(wanted: Wanted) -> Iterator[Finding]:
    """Bytes that stay after a login, and after a rotation of its refresh token."""
    with _running(wanted) as (subject, _):
        agent = Agent(subject.deployment, KeptAlive(subject.deployment.issuer))
        engine = open_engine(subject.settings.database_url)
        token = agent.login()["refresh_token"]
        sizes = [_sizes(engine)]
        for _ in range(_LOGINS):
            agent.login()
        sizes.append(_sizes(engine))
        for _ in range(_ROTATIONS):
            fields = {"grant_type": "refresh_token", "refresh_token": token}
            token = agent.tokens(fields, {"refresh_token"})["refresh_token"]
        sizes.append(_sizes(engine))
        agent.close()
        engine.dispose()
    per_login = (sizes[1]["all"] - sizes[0]["all"]) / _LOGINS
    audited = (sizes[1]["event"] - sizes[0]["event"]) / _LOGINS
    figure = f"{per_login:.0f} bytes, {audited:.0f} of them the audit trail"
    yield Finding("storage of a login", figure, "flat")
    per_rotation = (sizes[2]["all"] - sizes[1]["all"]) / _ROTATIONS
    yield Finding("storage of a rotation", f"{per_rotation:.0f} bytes", "0 bytes")


def growth(wanted: Wanted) -> Iterator[Finding]:
    """A refresh among many live authorizations, against one among none."""
    with _running(wanted) as (subject, load):
        job = _job(subject, "refresh", wanted)
        measure(subject, job, load)
        before = min(measure(subject, job, load).cpu for _ in range(_ROUNDS))
        _fill(subject.settings.database_url, wanted.authorizations)
        measure(subject, job, load)
        after = min(measure(subject, job, load).cpu for _ in range(_ROUNDS))
    figure = f"{before:.3f} to {after:.3f} ms CPU, {after / before:.2f} times"
    what = f"refresh among {wanted.authorizations:,} authorizations"
    yield Finding(what, figure, "<= 1.1 times")


RESOURCES: dict[str, Callable[[Wanted], Iterator[Finding]]] = {
    one.__name__: one for one in (start, connections, workers, memory, storage, growth)
}


def report(findings: list[Finding]) -> str:
    """Return a table."""
    heading = ("what", "figure", "held to")
    return aligned([heading, *((one.what, one.figure, one.limit) for one in findings)])


@contextmanager
def _running(wanted: Wanted, workers: int = 1) -> Iterator[tuple[Signet, Generator]]:
    with Signet(Conditions(wanted.database, wanted.alg, workers)) as subject, generator() as load:
        yield subject, load


def _rounds(wanted: Wanted, scenario: str, workers: int) -> list[Round]:
    with _running(wanted, workers) as (subject, load):
        job = _job(subject, scenario, wanted, connections=8)
        return [measure(subject, job, load) for _ in range(_ROUNDS)]


def _job(subject: Signet, scenario: str, wanted: Wanted, connections: int = 4) -> Job:
    return Job(
        deployment=subject.deployment,
        scenario=scenario,
        connections=connections,
        requests=wanted.requests,
        seconds=60.0,
    )


def _sizes(engine: sa.Engine) -> dict[str, int]:
    """Return the bytes of all tables with their indexes, and of the audit trail alone, after
    what is dead was cleared away."""
    names = [table.name for table in metadata.sorted_tables]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM")
            size = "SELECT pg_total_relation_size(quote_ident(%s)::regclass)"
        else:
            size = (
                "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN"
                " (SELECT name FROM sqlite_master WHERE tbl_name = ?)"
            )
        found = {
            name: int(connection.exec_driver_sql(size, (name,)).scalar_one()) for name in names
        }
    return {**found, "all": sum(found.values())}


def _fill(url: str, number: int) -> None:
    """Copy a live authorization so often, each with an identifier and a code of its own."""
    engine = open_engine(url)
    numbered = _numbers(engine.dialect.name, number)
    own: dict[str, Any] = {
        "id": sa.literal("copy-") + sa.cast(numbered.c.n, sa.Text),
        "code_digest": sa.func.sha256(sa.cast(sa.cast(numbered.c.n, sa.Text), sa.LargeBinary))
        if engine.dialect.name == "postgresql"
        else sa.func.randomblob(32),
    }
    columns = [own.get(column.name, column).label(column.name) for column in authorization.c]
    model = sa.select(authorization.c.id).where(authorization.c.ended_at.is_(None)).limit(1)
    each = authorization.join(numbered, sa.true())
    copies = (
        sa.select(*columns).select_from(each).where(authorization.c.id == model.scalar_subquery())
    )
    names = [column.name for column in authorization.c]
    with engine.begin() as connection:
        connection.execute(authorization.insert().from_select(names, copies))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _numbers(dialect: str, number: int) -> Any:
    if dialect == "postgresql":
        return sa.func.generate_series(1, number).table_valued("n").render_derived()
    counted = sa.select(sa.literal(1).label("n")).cte("counted", recursive=True)
    return counted.union_all(sa.select(counted.c.n + 1).where(counted.c.n < number))

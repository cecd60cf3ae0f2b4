"""`python -m benchmarks`: measure the provider, profile one scenario, or measure what an API
pays for a verification."""

import argparse
import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import floor, report, resources
from benchmarks.comparison import comparison
from benchmarks.load import Job
from benchmarks.measure import Failed, generator, measure, off_the_last_core
from benchmarks.report import Series
from benchmarks.resources import RESOURCES, Finding, Wanted
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects import SUBJECTS
from benchmarks.subjects.signet import Signet
from benchmarks.subjects.subject import Conditions
from benchmarks.supervision import DidNotStart

DATABASES = ("sqlite", "postgresql")
ALGORITHMS = ("ES256", "RS256")


def arguments() -> argparse.ArgumentParser:
    """Return what can be asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="CPU time of one answer.")
    parser.add_argument("--subject", action="append", choices=SUBJECTS, help="default: all")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="default: all")
    parser.add_argument(
        "--database", action="append", choices=DATABASES, help="default: those installed"
    )
    parser.add_argument(
        "--alg",
        default="RS256",
        choices=ALGORITHMS,
        help="of access tokens, of every subject that is not named after its own",
    )
    parser.add_argument("--seconds", type=_positive(float), default=5.0, help="of a round at most")
    parser.add_argument("--requests", type=_positive(int), default=2000, help="likewise")
    parser.add_argument("--rounds", type=_positive(int), default=3)
    parser.add_argument("--connections", type=_positive(int), default=4)
    parser.add_argument("--quick", action="store_true", help="one short round, in half a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round there")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("status-list", help="print what status lists cost")
    commands.add_parser("revocation-delay", help="from a revocation to the refusal of an API")
    table = commands.add_parser("table", help="print what --json wrote as Markdown")
    table.add_argument("file", type=Path)
    needs = commands.add_parser("resources", help="start, memory, storage, workers, growth")
    needs.add_argument("what", nargs="*", help=f"of {', '.join(RESOURCES)}; default: all")
    needs.add_argument("--database", choices=DATABASES, default="sqlite")
    needs.add_argument("--alg", default="ES256", choices=ALGORITHMS)
    needs.add_argument("--requests", type=_positive(int), default=2000, help="of a round")
    needs.add_argument("--authorizations", type=_positive(int), default=1_000_000)
    profile = commands.add_parser("profile", help="print where the time of one scenario goes")
    profile.add_argument("scenario", choices=SCENARIOS)
    profile.add_argument("--database", choices=DATABASES, default="sqlite")
    profile.add_argument("--alg", default="ES256", choices=ALGORITHMS)
    profile.add_argument("--requests", type=_positive(int), default=300)
    profile.add_argument("--top", type=_positive(int), default=25, help="lines of each list")
    commands.add_parser("verification", help="of an access token by an API, against the bare work")
    return parser


def _positive(kind: type[float]) -> type[float]:
    def read(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be more than nothing")
        return value

    return read  # type: ignore[return-value]


def run(options: argparse.Namespace) -> list[Series]:
    """Measure every scenario in turn, round after round, subjects alternating."""
    if options.quick:
        options.seconds, options.requests, options.rounds = 0.3, 60, 1
    series: list[Series] = []
    for database in options.database or DATABASES:
        subjects = [
            SUBJECTS[name](Conditions(database, options.alg))
            for name in options.subject or SUBJECTS
            if database in SUBJECTS[name].databases()
        ]
        if not subjects:
            print(f"{database}: not installed, left out", file=sys.stderr)
            continue
        with ExitStack() as running:
            with off_the_last_core():
                for subject in subjects:
                    running.enter_context(subject)
            load = running.enter_context(generator())
            found: dict[tuple[str, str], Series] = {}
            for number in range(options.rounds):
                print(f"{database}, round {number + 1} of {options.rounds}", file=sys.stderr)
                for scenario in options.scenario or SCENARIOS:
                    for subject in subjects:
                        job = Job(
                            deployment=subject.deployment,
                            scenario=scenario,
                            connections=options.connections,
                            requests=options.requests,
                            seconds=options.seconds,
                        )
                        key = (subject.name, scenario)
                        one = found.setdefault(key, Series(subject.name, database, scenario, []))
                        one.rounds.append(measure(subject, job, load))
            series.extend(found.values())
    return series


def _floors(series: list[Series], alg: str) -> list[dict[str, Any]]:
    """Return the floor of each database, where an answer that needs nothing was measured."""
    print("floor …", file=sys.stderr)
    own = [one for one in series if one.subject == Signet.name]
    scenarios = [one.scenario for one in own]
    return [
        least
        for one in own
        if one.scenario == "jwks"
        for least in floor.series(one.database, alg, dict.fromkeys(scenarios), one.lowest.cpu)
    ]


def _resources(options: argparse.Namespace) -> None:
    unknown = set(options.what) - set(RESOURCES)
    if unknown:
        sys.exit(f"not one of {', '.join(RESOURCES)}: {', '.join(sorted(unknown))}")
    wanted = Wanted(
        database=options.database,
        alg=options.alg,
        requests=options.requests,
        authorizations=options.authorizations,
    )
    findings: list[Finding] = []
    try:
        for name in options.what or RESOURCES:
            print(f"{name} …", file=sys.stderr)
            findings += RESOURCES[name](wanted)
    except (Failed, DidNotStart) as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
    print(f"Signet on {options.database}, access tokens in {options.alg}")
    print(resources.report(findings))


def main() -> None:
    """Do what was asked for. Exit code 1: an answer was wrong, so there are no figures."""
    options = arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.command == "verification":
        from benchmarks.verification import verification

        print(verification())
        return
    if options.command == "table":
        print(comparison(json.loads(options.file.read_text()), markdown=True))
        return
    if options.command == "resources":
        _resources(options)
        return
    if options.command == "profile":
        from benchmarks.profiling import profile

        profile(options.scenario, options.database, options.alg, options.requests, options.top)
        return
    if options.command == "revocation-delay":
        from benchmarks import revocation_delay

        present = Signet.databases()
        wanted = [one for one in options.database or DATABASES if one in present]
        print(revocation_delay.table(wanted))
        return
    if options.command == "status-list":
        from benchmarks import status_lists

        print(status_lists.table([status_lists.measure(n) for n in status_lists.AUTHORIZATIONS]))
        return
    try:
        series = run(options)
    except (Failed, DidNotStart) as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    asked = {name: value for name, value in vars(options).items() if name != "json"}
    names = dict.fromkeys(one.subject for one in series)
    document = report.document(series, {one: SUBJECTS[one].version() for one in names}, asked)
    document["series"] += _floors(series, options.alg)
    print(report.table(series))
    print(comparison(document))
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()

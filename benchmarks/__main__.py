"""`python -m benchmarks`: measure, or profile one scenario."""

import argparse
import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks import report
from benchmarks.load import Job
from benchmarks.measure import Failed, generator, measure, off_the_last_core
from benchmarks.report import Series
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects import SUBJECTS
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
    parser.add_argument("--alg", default="ES256", choices=ALGORITHMS, help="of access tokens")
    parser.add_argument("--seconds", type=_positive(float), default=5.0, help="of a round at most")
    parser.add_argument("--requests", type=_positive(int), default=2000, help="likewise")
    parser.add_argument("--rounds", type=_positive(int), default=3)
    parser.add_argument("--connections", type=_positive(int), default=4)
    parser.add_argument("--quick", action="store_true", help="one short round, in half a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round there")
    commands = parser.add_subparsers(dest="command")
    profile = commands.add_parser("profile", help="print where the time of one scenario goes")
    profile.add_argument("scenario", choices=SCENARIOS)
    profile.add_argument("--database", choices=DATABASES, default="sqlite")
    profile.add_argument("--alg", default="ES256", choices=ALGORITHMS)
    profile.add_argument("--requests", type=_positive(int), default=300)
    profile.add_argument("--top", type=_positive(int), default=25, help="lines of each list")
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


def main() -> None:
    """Do what was asked for. Exit code 1: an answer was wrong, so there are no figures."""
    options = arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.command == "profile":
        from benchmarks.profiling import profile

        profile(options.scenario, options.database, options.alg, options.requests, options.top)
        return
    try:
        series = run(options)
    except (Failed, DidNotStart) as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    print(report.table(series))
    if options.json:
        asked = {name: value for name, value in vars(options).items() if name != "json"}
        written = json.dumps(report.document(series, asked), indent=2)
        options.json.write_text(written + "\n")


if __name__ == "__main__":
    main()

"""What the fuzzer has learnt: of each kind of answer it has seen, one request that led to it.
`corpus.jsonl` has a line for each: the kind, then the shortest request that led there."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from tests.fuzz.cases import Case, Sent
from tests.support.wire import Answer

FILE = Path(__file__).with_name("corpus.jsonl")
LONGEST = 1500
"""Characters of a request that is kept; what needs more is kept in its shorter form or not."""

ANSWERED = {"access_token", "code", "id_token", "iss", "session_state", "state"}
"""Parameters of an answer; beside them may stand what the request said."""

ALIKE = (404, 405, 413)
"""Refusals that are the same whatever the method."""

Kind = tuple[str, ...]
"""What tells answers apart: route, method, status, media type, error and its description."""


def kind_of(sent: Sent, answer: Answer) -> Kind:
    """Return which kind of answer this is."""
    method = "*" if answer.status in ALIKE else sent.case.method
    about = (sent.case.route, method, str(answer.status), answer.content_type)
    if location := answer.header("Location"):
        return (*about, *_sent_to(location))
    if answer.status >= 400 and answer.body and answer.content_type == "application/json":
        return (*about, answer.json.get("error", ""), answer.json.get("error_description", ""))
    if answer.content_type == "text/html":
        _, _, behind = answer.text.partition('id="error-description"')
        return (*about, "", behind.partition(">")[2].partition("<")[0].strip()[:80])
    return (*about, "", "")


def _sent_to(location: str) -> tuple[str, str]:
    """Return which page of ours or which answer of the authorization endpoint this is."""
    target, _, told = location.replace("#", "?").partition("?")
    if "/interaction/" in target or not told:
        return target.rpartition("/")[2], ""
    given = dict(parse_qsl(told))
    if "error" in given:
        return given["error"], given.get("error_description", "")
    return ",".join(sorted(ANSWERED & set(given))), ""


@dataclass
class Corpus:
    """The requests that are kept, by the kind of their answer."""

    cases: dict[Kind, Case] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Corpus":
        """Return what was kept."""
        found = cls()
        for line in FILE.read_text().splitlines():
            *kind, case = json.loads(line)
            found.cases[tuple(kind)] = Case.of(case)
        return found

    def learn(self, kind: Kind, case: Case) -> None:
        """Keep a request if its answer is of a new kind, or if it is the shorter one."""
        length = len(case.written())
        before = self.cases.get(kind)
        if length <= LONGEST and (before is None or length < len(before.written())):
            self.cases[kind] = case

    def save(self) -> None:
        """Write down what is kept, beside what others kept meanwhile."""
        everything = Corpus.read()
        for kind, case in self.cases.items():
            everything.learn(kind, case)
        lines = (
            f"{json.dumps(kind)[:-1]}, {case.written()}]\n"
            for kind, case in sorted(everything.cases.items(), key=lambda one: one[0])
        )
        FILE.write_text("".join(lines))

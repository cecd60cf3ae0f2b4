"""What reads the text of strangers takes time in proportion to its length: every regular
expression of ours and every parser is fed 64 kB that fits almost, and four times as much text
may take about four times as long. A pattern or a parser that is new stands in the lists here."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path
from time import thread_time
from typing import Any

import pytest

from client_demo.provider_client import Refused
from provider import forwarding, logs
from provider.authorization import claims_parameter
from provider.client_auth.client_secret_basic import _credentials
from provider.errors import ProtocolError
from provider.http import Parameters, Request
from provider.interaction import browser_name, locale
from provider.keys import unverified
from provider.keys.verification import InvalidJwt
from provider.model import localized, redirect_uri
from provider.outgoing.destination import NotAllowed, urlsplit_strictly
from provider.outgoing.documents import freshness
from provider.registration import document
from provider.registration.problem import NotRegistrable
from provider.resource_server import strict_json
from tests.support.registering import Registrar, metadata

ROOT = Path(__file__).parents[3]
FULL, PART = 64 * 1024, 16 * 1024
AT_ONCE = 0.25
"""Seconds of CPU that are too few to compare; what is not linear takes many times as long."""

PATTERNS = {
    "client_demo/messages.py": ["re.sub"],
    "client_demo/provider_client.py": ["re.findall"],
    "migrations/__init__.py": ["_STEP"],
    "provider/authenticators/guessable.py": [
        "_NO_LETTER_OR_DIGIT",
        "_REPEATED",
        "_YEAR",
        "re.split",
    ],
    "provider/authorization/pkce.py": ["_CHALLENGE", "_VERIFIER"],
    "provider/authorization/scope.py": ["_WELL_FORMED"],
    "provider/forwarding.py": ["_REQUEST_ID"],
    "provider/http.py": ["_WEIGHT"],
    "provider/interaction/locale.py": ["_PLACE", "_TAG"],
    "provider/logs.py": ["_CREDENTIAL"],
    "provider/model/localized.py": ["_TAG"],
    "provider/model/redirect_uri.py": ["_BRACKETED", "_NAME", "_SPOILED"],
    "provider/outgoing/documents.py": ["_MAX_AGE"],
    "provider/registration/problem.py": ["_WORD"],
    "provider/resource_server/address.py": ["_ESCAPED", "_UNRESERVED"],
    "provider/resource_server/presented.py": ["_TOKEN68"],
    "provider/settings/kinds.py": [
        "_CLAIM",
        "_DURATION",
        "_FUNCTION",
        "_HOST",
        "_PATH",
        "_SCOPE",
        "re.fullmatch",
        "re.search",
        "re.search",
        "re.split",
    ],
    "provider/store/migration_plan.py": ["re.match"],
}
OURS = {"provider/store/migration_plan.py"}
"""Reads the statements of migrations, which nobody sends."""

SHAPES = (
    "a", "A", "0", "-", ".", " ", '"', "%", "=", "<", "[", "(", "]", "/", "_", ",", ";", "&", "\\",
    "eyJ", "eyJ-", "eyJ.", "a-eyJ", "Bearer ", "Bearer\t", "signet_", "signet_a-", "&code",
    "?code=", "a-", "-a", "-aa", "-a-bb", "a.a", "/a", "a=", 'a="', "q=1;", "max-age=", "%41",
    "[[", '{"a":', "[{", "'", "a:", "1.1.1.1,", "::", "é",
)  # fmt: skip
ENDS = ("", "!", "\x00", " ")


@dataclass(frozen=True)
class Pattern:
    """One regular expression of the code, and how it is asked."""

    file: str
    name: str
    compiled: re.Pattern[str] | None
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"


def patterns() -> Iterator[Pattern]:
    """Yield every regular expression of the code."""
    for folder in ("provider", "client_demo", "migrations"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from _of_file(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8")))


def _of_file(file: str, tree: ast.Module) -> Iterator[Pattern]:
    names = {
        node.value: ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and "re.compile" in ast.unparse(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module != "re", f"{file}: write re.compile, so that it is found here"
        called = node.func if isinstance(node, ast.Call) else None
        if not isinstance(called, ast.Attribute) or ast.unparse(called.value) != "re":
            continue
        assert isinstance(node, ast.Call)
        flags = [
            one for one in map(ast.unparse, node.args[1:]) if re.fullmatch(r"re\.[A-Z]+", one)
        ]
        is_text = isinstance(node.args[0], ast.Constant)
        pattern = ast.literal_eval(node.args[0]) if is_text else None
        compiled = pattern and re.compile(pattern, getattr(re, flags[0][3:]) if flags else 0)
        name = names.get(node, f"re.{called.attr}")
        asked = (called.attr,) if called.attr != "compile" else _methods(tree, name)
        yield Pattern(file, name, compiled, asked)


def _methods(tree: ast.Module, name: str) -> tuple[str, ...]:
    return tuple(
        sorted(
            {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == name
            }
        )
    )


def took(read: Callable[[str], object], text: str) -> float:
    """Return how many seconds of CPU it takes to read a text, whatever comes of it."""
    began = thread_time()
    with suppress(ProtocolError, InvalidJwt, NotAllowed, ValueError):
        read(text)
    return thread_time() - began


def assert_linear(read: Callable[[str], object], *, around: str = "{}") -> None:
    """Feed what is hostile, and compare a part of it with all of it."""
    for shape in SHAPES:
        for end in ENDS:
            whole, part = (
                around.replace("{}", (shape * size)[:size] + end) for size in (FULL, PART)
            )
            if (seconds := took(read, whole)) > AT_ONCE:
                assert seconds < 8 * took(read, part), (shape, end, seconds)


def test_every_regular_expression_is_known_here() -> None:
    found: dict[str, list[str]] = {}
    for one in patterns():
        found.setdefault(one.file, []).append(one.name)
    assert {file: sorted(names) for file, names in found.items()} == PATTERNS


@pytest.mark.parametrize("pattern", [one for one in patterns() if one.file not in OURS], ids=str)
def test_every_regular_expression_takes_linear_time(pattern: Pattern) -> None:
    assert pattern.compiled is not None
    assert pattern.methods
    for method in pattern.methods:
        ask: Any = getattr(pattern.compiled, method)
        assert_linear(partial(ask, "") if method == "sub" else ask)


class _Answered:
    status_code = 401

    def __init__(self, challenge: str) -> None:
        self.headers = {"WWW-Authenticate": challenge}


PARSERS: dict[str, Callable[[str], object]] = {
    "form": lambda text: Parameters.decode(text.encode()),
    "cookies": lambda text: Request(method="GET", path="/", headers={"cookie": text}).cookies,
    "Accept, allowed": lambda text: _asks(accept=text).accepts("text/html"),
    "Accept, preferred": lambda text: _asks(accept=text).prefers("text/html", "application/json"),
    "Accept-Language": lambda text: locale.negotiate(text, text, ["en", "ko"]),
    "User-Agent": browser_name.describe,
    "forwarded addresses": lambda text: forwarding.address(
        "127.0.0.1", {"x-forwarded-for": text}, [IPv4Network("127.0.0.0/8")]
    ),
    "Basic": lambda text: _credentials(f"Basic {text}"),
    "claims parameter": claims_parameter.parse,
    "header of a JWT": unverified.header_of,
    "issuer in a JWT": unverified.issuer_of,
    "client metadata": lambda text: document.members(
        Request(
            method="POST",
            path="/register",
            headers={"content-type": "application/json"},
            body=text.encode(),
        )
    ),
    "language tag": localized.is_well_formed,
    "redirect URI": lambda text: redirect_uri.problem(f"https://rp.example/{text}", native=True),
    "host of a redirect URI": lambda text: redirect_uri.problem(f"https://{text}", native=False),
    "redirect URI, compared": lambda text: redirect_uri.matches(
        ["http://127.0.0.1/"], f"http://127.0.0.1{text}", native=True
    ),
    "address of another server": urlsplit_strictly,
    "Cache-Control": lambda text: freshness({"cache-control": text}),
    "a sentence for the log": lambda text: NotRegistrable(text, "client_name").for_the_log,
    "a line of the log": lambda text: logs.redact(None, "info", {"event": text, text: text}),
    "JSON at a resource server": lambda text: strict_json.parse_object(text.encode()),
    "challenge": lambda text: Refused.from_challenge(_Answered(text)),  # type: ignore[arg-type]
}


def _asks(**headers: str) -> Request:
    return Request(method="GET", path="/", headers=headers)


@pytest.mark.parametrize("parser", PARSERS)
def test_every_parser_takes_linear_time(parser: str) -> None:
    assert_linear(PARSERS[parser])


@pytest.mark.settings(registration={"mode": "open"})
@pytest.mark.parametrize("letter", ["a", "A-", "=", "é"])
def test_a_refused_registration_is_answered_at_once_however_long_a_name_it_repeats(
    registrar: Registrar, letter: str
) -> None:
    name = "client_name#" + (letter * 62_000)[: 62_000 // len(letter.encode())]
    began = thread_time()
    answer = registrar.post(metadata(**{name: "x"}))
    assert answer.status == 400
    assert answer.json["error"] == "invalid_client_metadata"
    assert thread_time() - began < 5


@pytest.mark.settings(registration={"mode": "open"})
@pytest.mark.parametrize("nested", ["[" * 60_000, '{"a":' * 10_000, "[" * 500 + "]" * 500])
def test_deep_json_is_refused_in_the_words_of_registration(
    registrar: Registrar, nested: str
) -> None:
    plain = json.dumps(metadata())[:-1]
    answer = registrar.post(f'{plain},"jwks":{nested}}}'.encode())
    assert answer.status == 400
    assert answer.json["error"] in ("invalid_client_metadata", "invalid_request")


def test_a_credential_that_the_cut_goes_through_is_not_in_the_log() -> None:
    for before in range(250, 310):
        told = NotRegistrable(" " * before + "Secret0" * 20, "client_name").for_the_log
        assert "Secret" not in told
    assert NotRegistrable("a lowercase-word-that-is-rather-long", "x").for_the_log == (
        "a lowercase-word-that-is-rather-long"
    )

"""What anybody sends is shown to the operator as text (OWASP ASVS 5 16.4.1): in a log for people
no character of it gives the terminal a command, forges a line or turns the direction of writing. A
log for machines says everything as JSON says it, and is not changed."""

import json
import logging

import flask
import pytest
import structlog

from provider import logs
from provider.printable import printable
from tests.support import wire
from tests.support.registering import Registrar

BEARER = {"Authorization": "Bearer nothing-of-ours-at-all"}
HOSTILE = "\x1b]0;owned\x07\x1b[2J"
COMMANDS = [
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u2028\u2029\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff",
]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines written since, each free of everything a terminal obeys."""
    text = capsys.readouterr().err
    found = text.removesuffix("\n").split("\n")
    for line in found:
        assert [one for one in line if one in COMMANDS] == []
    return found


@pytest.mark.settings(profile="openid", registration={"mode": "open"})
@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/register/%1b]0;owned%07%1b[2J", r"\u001b]0;owned\u0007\u001b[2J"),
        ("/register/%c2%9b2J%7f", r"\u009b2J\u007f"),
        ("/register/a%0dgpj.exe%0a2026-01-01T00:00:00Z%20[info]", r"a\u000dgpj.exe\u000a2026"),
    ],
)
def test_the_path_of_a_refused_request_is_shown_as_text(
    app: flask.Flask,
    registrar: Registrar,
    capsys: pytest.CaptureFixture[str],
    path: str,
    shown: str,
) -> None:
    registrar.register()
    logs.configure("info", "console")
    capsys.readouterr()
    assert wire.get(app, f"{registrar.issuer}{path}", headers=BEARER).status == 401
    (line,) = lines(capsys)
    assert "refused" in line
    assert shown in line.replace("\\\\", "\\")


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: f"U+{ord(one):04X}")
def test_every_value_and_every_name_is_escaped(
    one: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", "console")
    text = f"a{one}b"
    structlog.get_logger().info(text, plain=text, deep={text: [text]}, **{text: "named"})
    logging.getLogger("elsewhere").warning("it said %s", text)
    ours, theirs = lines(capsys)
    number = f"\\u{ord(one):04x}"
    assert ours.replace("\\\\", "\\").count(number) == 5
    assert theirs.replace("\\\\", "\\").count(number) == 1


def test_a_message_of_an_error_forges_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "console")
    try:
        raise ValueError(f"{HOSTILE}\n2026-01-01T00:00:00Z [info     ] signed_in")
    except ValueError:
        structlog.get_logger().exception("bug")
    first, *rest = lines(capsys)
    assert "bug" in first
    assert rest[0] == "Traceback (most recent call last):"
    assert len(rest) > 2
    assert all(line.startswith(" | ") for line in rest[1:])


@pytest.mark.parametrize("text", [HOSTILE, "a\u202eb", "a\u009bb"])
def test_a_log_for_machines_says_what_was_sent(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", "json")
    structlog.get_logger().info("seen", said=text)
    assert json.loads(capsys.readouterr().err)["said"] == text


@pytest.mark.parametrize("text", ["", "plain", "앨리스 ü", "\\x1b", "👩\u200d💻", "a\xa0b"])
def test_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text

"""What commands print of others is text (OWASP ASVS 5 16.4.1): a name that somebody chose gives
the operator's terminal no command and adds no row to a table. JSON has the same values."""

import json

import pytest

from provider.cli.output import print_facts, print_json, print_table

HOSTILE = ["\x1b]0;owned\x07\x1b[2J", "a\n1  admin", "\u202egpj.exe\u2028", "\x9b2J\x7f"]
SHOWN = [r"\u001b]0;owned\u0007\u001b[2J", r"a\u000a1  admin", r"\u202egpj.exe\u2028",
         r"\u009b2J\u007f"]  # fmt: skip
BOTH = list(zip(HOSTILE, SHOWN, strict=True))


@pytest.mark.parametrize(("text", "shown"), BOTH)
def test_a_cell_of_a_table_is_text(
    text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_table(["id", "name"], [[text, "x"], ["앨리스", text]], empty="")
    width = len(shown)
    assert capsys.readouterr().out == (
        f"{'id'.ljust(width)}  name\n{shown}  x\n{'앨리스'.ljust(width)}  {shown}\n"
    )


@pytest.mark.parametrize(("text", "shown"), BOTH)
def test_a_fact_is_text(text: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_facts({"name": text, "all": [text, "b"], "n": 1})
    assert capsys.readouterr().out == f"name  {shown}\nall   {shown} b\nn     1\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_json_has_the_value_and_no_command(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": text, text: [text]})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": text, text: [text]}
    assert all(one.isprintable() for one in out.replace("\n", ""))

"""The README says what is true: its feature table is the one `provider/features.py` gives."""

from pathlib import Path

from click.testing import CliRunner

from provider.cli.commands import cli

README = Path(__file__).parents[2] / "README.md"


def test_the_feature_table_is_what_features_lists() -> None:
    generated = CliRunner().invoke(cli, ["features", "--markdown"], catch_exceptions=False)
    text = README.read_text(encoding="utf-8")
    written = text.split("<!-- features:")[1].split("<!-- /features -->")[0].split("-->\n", 1)[1]
    assert generated.exit_code == 0
    assert written == generated.output, "run: make readme"


def test_every_path_the_readme_names_exists() -> None:
    text = README.read_text(encoding="utf-8")
    named = {word for word in text.split("`") if word.startswith(("provider/", "client_demo/"))}
    named = {name for name in named if "<" not in name}
    assert named
    assert [name for name in sorted(named) if not (README.parent / name).exists()] == []

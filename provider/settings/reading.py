"""Where settings come from: a TOML file, then the environment, which wins. Names nobody
knows are refused with the nearest right one, and every secret may stand in a file of its
own (`secret_key_file`, `SIGNET_SECRET_KEY_FILE`). Choice: paths in the TOML file are
relative to that file, so a folder with settings and data can be moved."""

import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from provider.settings.problem import Problem, SettingsRefused
from provider.settings.values import Settings

PREFIX = "SIGNET_"
CONFIG = "SIGNET_CONFIG"
SECRETS = ("secret_key", "previous_secret_keys", "database_url")
_NOT_SETTINGS = ("SIGNET_CONFIG", "SIGNET_REQUIRE_ALL", "SIGNET_TEST_")
_KEY_SETS = "software_statement_issuers"
_MAX_SECRET_FILE = 64 * 1024


def load(config: Path | str | None = None) -> Settings:
    """Read the settings from `config` (else the file SIGNET_CONFIG names) and the environment.

    Raises SettingsRefused with everything that is wrong.
    """
    config = config or os.environ.get(CONFIG) or None
    problems: list[Problem] = []
    file = _from_file(Path(config), problems) if config else {}
    _check_variables(problems)
    environment = {} if problems else _from_environment(problems)
    if problems:
        raise SettingsRefused(problems)
    values = _merged(file, environment)
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = list(dict.fromkeys(_refusals(error, environment, config)))
        raise SettingsRefused(problems) from None


def _from_file(path: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        problems.append(
            Problem(
                f"the settings file {path} can not be read: {error.strerror}",
                f"Check the path given with --config or {CONFIG}.",
            )
        )
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(Problem(f"the settings file {path} is not valid TOML: {error}", ""))
        return {}
    known = list(all_names())
    for name in _written_names(values):
        if name not in known:
            problems.append(Problem(f"unknown setting '{name}' in {path}", _nearest(name, known)))
    _read_secret_files(values, path.parent, str, problems)
    _place(values, "data_dir", path.parent)
    _place(values.get("outgoing"), "ca_file", path.parent)
    _place_key_sets(values.get("registration"), path.parent)
    return values


def _place(table: Any, name: str, folder: Path) -> None:
    if isinstance(table, dict) and isinstance(named := table.get(name), str):
        table[name] = folder / named


def _place_key_sets(registration: Any, folder: Path) -> None:
    issuers = registration.get(_KEY_SETS) if isinstance(registration, dict) else None
    if isinstance(issuers, dict):
        for issuer, named in issuers.items():
            issuers[issuer] = folder / named if isinstance(named, str) else named


def _check_variables(problems: list[Problem]) -> None:
    known = [variable_of(name) for name in all_names()]
    for variable in sorted(os.environ):
        is_ours = variable.upper().startswith(PREFIX) and not variable.startswith(_NOT_SETTINGS)
        if is_ours and variable not in known:
            what = f"unknown setting {variable} in the environment"
            problems.append(Problem(what, _nearest(variable, known)))


def _from_environment(problems: list[Problem]) -> dict[str, Any]:
    try:
        values = dict(EnvSettingsSource(Settings, case_sensitive=False)())
    except SettingsError:
        what = "SIGNET_SCOPES: is not JSON"
        problems.append(Problem(what, 'Write {"notes:read": "Read your notes"}.'))
        return {}
    for secret in SECRETS:
        if named := os.environ.get(variable_of(f"{secret}_file")):
            values[f"{secret}_file"] = named
    _read_secret_files(values, Path(), variable_of, problems)
    return values


def _read_secret_files(
    values: dict[str, Any],
    folder: Path,
    spelling: Callable[[str], str],
    problems: list[Problem],
) -> None:
    for secret in SECRETS:
        named = values.pop(f"{secret}_file", None)
        if named is None:
            continue
        name = spelling(f"{secret}_file")
        if secret in values:
            what = f"{name} is set beside the value itself"
            problems.append(Problem(what, "Keep one of the two."))
            continue
        try:
            with (folder / str(named)).open(encoding="utf-8") as opened:
                values[secret] = opened.read(_MAX_SECRET_FILE).strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            what = f"the file {named} named by {name} can not be read: {reason}"
            problems.append(Problem(what, ""))


def _is_table(name: str) -> bool:
    field = Settings.model_fields.get(name)
    return field is not None and _model(field.annotation) is not None


def _model(annotation: Any) -> type[BaseModel] | None:
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def all_names() -> Iterable[str]:
    """Yield every name that can be set, those in tables as `table.name`."""
    for name, field in Settings.model_fields.items():
        if model := _model(field.annotation):
            yield from (f"{name}.{inner}" for inner in model.model_fields)
        else:
            yield name
        if name in SECRETS:
            yield f"{name}_file"


def _written_names(values: Mapping[str, Any]) -> Iterable[str]:
    for name, value in values.items():
        if not _is_table(name):
            yield name
        elif isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in value)


def variable_of(name: str) -> str:
    """Return the environment variable that sets `name`."""
    return PREFIX + name.replace(".", "__").upper()


def _nearest(name: str, names: list[str]) -> str:
    wanted = name.lower()
    spellings = {known.lower(): known for known in names}
    found = difflib.get_close_matches(wanted, spellings, n=1, cutoff=0.7)
    if not found:
        inner = wanted.rpartition(".")[2]
        spellings = {known.lower().rpartition(".")[2]: known for known in names}
        found = difflib.get_close_matches(inner, spellings, n=1, cutoff=0.8)
    if found:
        return f"Did you mean '{spellings[found[0]]}'?"
    return "`signet settings` lists every name that can be set."


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        inner = merged.get(name)
        if _is_table(name) and isinstance(inner, dict):
            merged[name] = {**inner, **value}
        else:
            merged[name] = value
    return merged


def _refusals(
    error: ValidationError, environment: Mapping[str, Any], config: Path | str | None
) -> Iterable[Problem]:
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        if detail["type"] == "default_factory_not_called":
            continue
        message = detail["msg"].removeprefix("Value error, ").replace("Input should", "should")
        path = [str(step) for step in detail["loc"]]
        if path[:1] == ["threads"]:
            message = 'write a number from 1 to 256, or "auto"'
        path = path[: 2 if path and _is_table(path[0]) else 1]
        name = ".".join(path)
        if not path:
            yield Problem(message, "")
        elif _holds(environment, path):
            yield Problem(f"{variable_of(name)}: {message}", "")
        else:
            yield Problem(f"{name}{f' (in {config})' if config else ''}: {message}", "")


def _holds(environment: Mapping[str, Any], path: list[str]) -> bool:
    if _is_table(path[0]):
        return len(path) == 2 and path[1] in environment.get(path[0], {})
    return path[0] in environment

"""What a server must not start with. Asked by `signet serve` and `signet check`.
Stricter: an issuer with a public name counts as reachable even where the server listens
on loopback, because then a proxy stands in front of it."""

import os
from collections.abc import Iterator, Mapping

from provider.settings import hooks
from provider.settings.problem import Problem
from provider.settings.values import Settings

NO_SECRET_KEY = Problem(
    "secret_key is not set: it protects signing keys, sessions and tokens",
    "Make one with `signet secret`, keep it in a file only the server can read "
    "and name that file in secret_key_file (or SIGNET_SECRET_KEY_FILE).",
)

_SWITCHES = {
    "AUTHLIB_INSECURE_TRANSPORT": "it switches off every check for https",
    "FLASK_DEBUG": "it lets a browser run code on this machine",
}
_OFF = ("", "0", "false", "no")


def check_serving(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Problem]:
    """Return every reason not to serve with these settings; none means go."""
    environ = os.environ if environ is None else environ
    problems = [
        Problem(f"{name} is set: {why}", f"Remove {name} from the environment.")
        for name, why in _SWITCHES.items()
        if environ.get(name, "").lower() not in _OFF
    ]
    if settings.secret_key is None:
        problems.append(NO_SECRET_KEY)
    problems.extend(_hook_problems(settings))
    if settings.loopback:
        return problems
    if not settings.secure:
        problems.append(
            Problem(
                f"the issuer {settings.issuer} is not https, but the server listens on "
                f"{settings.host}, where others can reach it",
                "Set issuer to the https address people use, or host to 127.0.0.1.",
            )
        )
    if settings.environment == "demo":
        problems.append(
            Problem(
                "these are the demo's settings, with a demo account and demo clients",
                "Write settings of your own, with a new secret_key and a new database.",
            )
        )
    if "database_url" not in settings.model_fields_set:
        problems.append(
            Problem(
                "database_url is not set, so data would go to a file in the data folder",
                "Name the database: database_url = "
                '"postgresql://user:password@host/signet" or '
                '"sqlite:////var/lib/signet/signet.sqlite".',
            )
        )
    return problems


def _hook_problems(settings: Settings) -> Iterator[Problem]:
    for scope, hook in settings.claims_hooks.items():
        try:
            hooks.load(hook.function)
        except ValueError as error:
            yield Problem(
                f"claims_hooks: the function {hook.function} of the scope {scope} can not be "
                f"used: {error}",
                "Install its package where Signet runs, or put its folder into PYTHONPATH.",
            )

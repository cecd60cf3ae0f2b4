"""Functions of the operator's that the settings name as "package.module:function". Imported
when first asked for; `serving` tries them all before a server starts.

Choice: a function is told of the client by the name of its parameter, `client`, so that one
which has a second parameter for something else is called as it always was."""

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

Hook = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""Called with what is told of the account and of the client that asks."""


def load(written: str) -> Hook:
    """Return the function. Raises ValueError, with what is wrong, where there is none."""
    module, _, name = written.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except Exception as error:
        # whatever a module of the operator's raises, it can not be used
        raise ValueError(f"importing {module} fails with {type(error).__name__}") from error
    if not callable(found):
        raise ValueError(f"{module} has no function {name}")
    asks_for_client = _asks_for_client(found)

    def ask(account: dict[str, Any], client: dict[str, Any]) -> Any:
        return found(account, client=client) if asks_for_client else found(account)

    return ask


def _asks_for_client(function: Callable[..., Any]) -> bool:
    try:
        parameters = signature(function).parameters
    except (TypeError, ValueError):
        # written in C, without a signature
        return False
    return "client" in list(parameters)[1:]

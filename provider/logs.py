"""Logs: one event per line on standard error, for people (`console`) or machines
(`json`), each with the number of the request it is about. Values under names of secrets,
bearer tokens and JWTs are taken out before anything is written, whoever logs, and a terminal
gets no control characters; Authlib's logger is pinned because it logs whole token responses
at DEBUG. Configured once per process by `app` and the command line."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, Protocol

import orjson
import structlog

from provider.printable import printable, printable_lines

REDACTED = "[redacted]"


class Numbered(Protocol):
    """A request that has a number. It is made when a line is written, not before."""

    @property
    def request_id(self) -> str:
        """The number."""
        ...


REQUEST: ContextVar[Numbered | None] = ContextVar("REQUEST", default=None)
"""What is being answered here; set by `door`."""

TRACE: ContextVar[str | None] = ContextVar("TRACE", default=None)
"""The trace it belongs to, where it is traced; set by `tracing`."""

_SECRET_WORDS = frozenset(
    {
        "assertion",
        "authorization",
        "code",
        "cookie",
        "cookies",
        "password",
        "secret",
        "secrets",
        "token",
        "tokens",
        "verifier",
    }
)
_SECRET_NAMES = frozenset({"id_token_hint", "secret_key", "csrf_token", "database_url"})
_PUBLIC_NAMES = frozenset({"error_code", "exit_code", "status_code"})
_TRACEBACKS = frozenset({"exception", "stack"})
_CREDENTIAL: Final = re.compile(
    r"\b(?:Bearer|Basic|DPoP)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|signet_[a-z]+_[A-Za-z0-9_-]{16,}(?:\.[A-Za-z0-9_-]+)?"
    r"|(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*?eyJ)[A-Za-z0-9_-]++\.[A-Za-z0-9_-]++\.[A-Za-z0-9_-]*"
    r"|(?<=[?&;])(?:code|token|access_token|refresh_token|id_token_hint|client_secret"
    r"|client_assertion|code_verifier|password)=[^&\s\"']+"
)


def configure(level: str = "info", form: str = "console") -> None:
    """Send every log line of this process to standard error, redacted.

    `level` and `form` are the settings `log_level` and `log_format`.
    """
    threshold = getattr(logging, level.upper())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        name_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    as_json: list[structlog.typing.Processor] = [
        structlog.processors.JSONRenderer(serializer=_json)
    ]
    for_people: list[structlog.typing.Processor] = [
        escape,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]
    rendering = as_json if form == "json" else for_people
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(handlers=[handler], level=threshold, force=True)
    pin_authlib()


class _StandardError(logging.Handler):
    """Writes to what is standard error when something is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(self.format(record) + "\n")


def pin_authlib() -> None:
    """Keep Authlib's logger, which would write tokens, at WARNING."""
    logging.getLogger("authlib").setLevel(logging.WARNING)


def name_request(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say which request a line is about, and which trace."""
    if (request := REQUEST.get()) is not None:
        event.setdefault("request_id", request.request_id)
    if (trace := TRACE.get()) is not None:
        event.setdefault("trace_id", trace)
    return event


def redact(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Take secrets out of an event: by the name they stand under, and by their form."""
    for name, value in event.items():
        event[name] = _redacted(name, value)
    return event


def escape(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Write control characters of an event as numbers, so that no line is forged and no terminal
    obeys. The lines of a traceback stay lines, each behind a mark."""
    for name in list(event):
        value = event.pop(name)
        if name in _TRACEBACKS and isinstance(value, str):
            event[name] = printable_lines(value).replace("\n", "\n | ")
        else:
            event[printable(str(name))] = _escaped(value)
    return event


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(str(name)): _escaped(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return value


def _redacted(name: str, value: Any) -> Any:
    if _is_secret(name) and value not in (None, "", False, True):
        return REDACTED
    if isinstance(value, str):
        return _CREDENTIAL.sub(REDACTED, value)
    if isinstance(value, bytes):
        return REDACTED
    if isinstance(value, Mapping):
        return {inner: _redacted(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item) for item in value]
    if value is None or isinstance(value, int | float):
        return value
    return _CREDENTIAL.sub(REDACTED, str(value))


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    spelled = name.lower().replace("-", "_")
    if spelled in _PUBLIC_NAMES:
        return False
    return spelled in _SECRET_NAMES or spelled.rpartition("_")[2] in _SECRET_WORDS


def _json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

"""A WSGI layer that times what is answered. It is there only where metrics are on."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from provider.metrics.metrics import Metrics

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Timed:
    """Times another WSGI application until its answer is begun and its body made."""

    def __init__(self, metrics: Metrics, application: Wsgi) -> None:
        self._metrics = metrics
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer and count."""
        began = perf_counter()
        status = 500

        def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, headers, *rest)

        try:
            return self._application(environ, start)
        finally:
            path = environ.get("PATH_INFO", "")
            self._metrics.answered(path, status, perf_counter() - began)

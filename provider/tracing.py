"""Traces in the words of OpenTelemetry: a span per request, in the trace a trusted proxy
began, and one per statement below it; what a process does between requests is none. There
only where `pip install signet[tracing]` was done and OpenTelemetry's own variables name where
spans go; else `traced` hands the application back as it is. Spans hold a method, a place of
ours, a status and the form of a statement: no parameter, no address, nobody."""

import os
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from multiprocessing.util import Finalize
from threading import Thread
from typing import TYPE_CHECKING, Any

from provider import logs
from provider.forwarding import is_trusted
from provider.metrics.path_names import PathNames
from provider.store.listening import listen

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
    from opentelemetry.trace import TracerProvider

    from provider.context import Provider

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_AT_A_STOP = 3
"""Seconds a stop waits for spans to be sent; a collector may be away."""

_TARGETS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_wanted() -> bool:
    """Return whether OpenTelemetry is installed and told where spans go."""
    return any(map(os.environ.get, _TARGETS)) and find_spec("opentelemetry") is not None


def configured() -> "TracerProvider | None":
    """Return what makes spans, where they are wanted. Those that wait to be sent are sent when the
    process ends, which of a worker no `atexit` hears."""
    if not is_wanted():
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "signet")})
    spans = SdkTracerProvider(resource=resource, shutdown_on_exit=False)
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    Finalize(spans, _send_the_rest, args=(spans,), exitpriority=0)
    return spans


def _send_the_rest(spans: "SdkTracerProvider") -> None:
    sending = Thread(target=spans.shutdown, name="traces", daemon=True)
    sending.start()
    sending.join(_AT_A_STOP)


def traced(
    application: Wsgi, provider: "Provider", path_names: PathNames, spans: "TracerProvider | None"
) -> Wsgi:
    """Return the application with a span around each request, or as it is without `spans`."""
    if spans is None:
        return application
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    tracer = spans.get_tracer("signet")
    propagator = TraceContextTextMapPropagator()
    trusted = provider.settings.trusted_proxies

    def parent(environ: dict[str, Any]) -> context.Context:
        given = environ.get("HTTP_TRACEPARENT")
        if given is None or not is_trusted(environ.get("REMOTE_ADDR", ""), trusted):
            return context.Context()
        return propagator.extract({"traceparent": given}, context.Context())

    def begun(words: str) -> Callable[[], None]:
        if not trace.get_current_span().get_span_context().is_valid:
            return _nothing
        kind = trace.SpanKind.CLIENT
        span = tracer.start_span(words, kind=kind, attributes={"db.query.summary": words})
        return span.end

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method, place = environ["REQUEST_METHOD"], path_names.name(environ.get("PATH_INFO", ""))
        with tracer.start_as_current_span(
            f"{method} {place}",
            parent(environ),
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": place},
        ) as span:
            number = logs.TRACE.set(f"{span.get_span_context().trace_id:032x}")

            def start(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                span.set_attribute("http.response.status_code", int(line[:3]))
                return start_response(line, headers, *rest)

            try:
                return application(environ, start)
            finally:
                logs.TRACE.reset(number)

    listen(provider.engine, begun)
    return serve


def _nothing() -> None:
    """End no span, where none was begun."""

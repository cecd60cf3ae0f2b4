"""Traces: a span per request, in a trace that only a trusted proxy can begin, and nothing in
them that a request or a person brought."""

from collections.abc import Callable, Iterator

import flask
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from provider import logs, tracing
from provider.ambient import SystemEntropy
from provider.app import create_app
from provider.context import Provider
from provider.logout import delivery
from provider.metrics.path_names import PathNames
from provider.settings import Settings
from tests.support import wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def app(
    settings: Settings, clock: SettableClock, exporter: InMemorySpanExporter
) -> Iterator[flask.Flask]:
    """The application, traced."""
    spans = TracerProvider(shutdown_on_exit=False)
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    built = create_app(settings, clock=clock, entropy=SystemEntropy(), spans=spans)
    yield built
    built.extensions["signet"].engine.dispose()


@pytest.fixture
def served(exporter: InMemorySpanExporter) -> Callable[[], list[ReadableSpan]]:
    """Return the spans of requests, leaving out those of statements."""
    return lambda: [
        span for span in exporter.get_finished_spans() if "http.route" in (span.attributes or {})
    ]


def discovery(app: flask.Flask, issuer: str, address: str, parent: str = PARENT) -> None:
    url = f"{issuer}/.well-known/openid-configuration"
    assert wire.get(app, url, headers={"traceparent": parent}, address=address).status == 200


def test_a_span_says_method_place_and_status(
    app: flask.Flask, settings: Settings, served: Callable[[], list[ReadableSpan]]
) -> None:
    discovery(app, settings.issuer, "203.0.113.1")
    wire.get(app, f"{settings.issuer}/nowhere?secret=1")
    first, second = served()
    assert first.name == "GET .well-known"
    assert first.attributes is not None
    assert first.attributes["http.response.status_code"] == 200
    assert second.name == "GET other"
    assert second.attributes is not None
    assert second.attributes["http.response.status_code"] == 404


@pytest.mark.settings(trusted_proxies=("10.0.0.0/8",))
@pytest.mark.parametrize(
    ("address", "parent", "is_continued"),
    [
        ("10.0.0.1", PARENT, True),
        ("203.0.113.1", PARENT, False),
        ("10.0.0.1", "nonsense", False),
        ("10.0.0.1", "", False),
    ],
)
def test_a_trace_goes_on_where_a_trusted_proxy_began_it(
    app: flask.Flask,
    settings: Settings,
    served: Callable[[], list[ReadableSpan]],
    address: str,
    parent: str,
    is_continued: bool,
) -> None:
    discovery(app, settings.issuer, address, parent)
    (span,) = served()
    assert span.context is not None
    assert (f"{span.context.trace_id:032x}" == TRACE) is is_continued
    assert (span.parent is not None) is is_continued


@pytest.mark.both_databases
def test_statements_are_spans_below_their_request(
    relying_party: RelyingParty, exporter: InMemorySpanExporter
) -> None:
    relying_party.client_credentials()
    spans = exporter.get_finished_spans()
    (request,) = [span for span in spans if span.name == "POST token"]
    assert request.context is not None
    below = [
        span for span in spans if span.parent and span.parent.span_id == request.context.span_id
    ]
    assert any(span.name.startswith("SELECT") for span in below)


@pytest.mark.both_databases
def test_what_a_process_does_between_requests_is_no_span(
    app: flask.Flask, exporter: InMemorySpanExporter
) -> None:
    """A worker looks every second whether a client is to be told of a logout."""
    provider: Provider = app.extensions["signet"]
    assert delivery.deliver_due(provider) == 0
    assert exporter.get_finished_spans() == ()


def test_spans_hold_no_secret_and_name_nobody(
    relying_party: RelyingParty, signed_in: Browser, exporter: InMemorySpanExporter
) -> None:
    tokens = relying_party.sign_in(signed_in)
    relying_party.refresh_raw(tokens.refresh_token)
    written = "".join(span.to_json() for span in exporter.get_finished_spans())
    assert "POST token" in written
    for private in (
        tokens.refresh_token,
        tokens.access_token,
        relying_party.client_id,
        str(relying_party.secret),
        signed_in.address,
        "tester",
    ):
        assert private not in written


def test_lines_of_the_log_name_the_trace(
    app: flask.Flask, relying_party: RelyingParty, served: Callable[[], list[ReadableSpan]]
) -> None:
    seen: list[str | None] = []

    def answer(environ: object, start: object) -> list[bytes]:
        seen.append(logs.TRACE.get())
        return []

    provider: Provider = app.extensions["signet"]
    spans = TracerProvider(shutdown_on_exit=False)
    path_names = PathNames([])
    layer = tracing.traced(answer, provider, path_names, spans)
    layer({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None)
    assert seen[0] is not None
    assert len(seen[0]) == 32
    assert logs.TRACE.get() is None
    del relying_party, served


def test_without_spans_nothing_is_in_the_way(provider: Provider) -> None:
    def answer(environ: object, start: object) -> list[bytes]:
        return []

    assert tracing.traced(answer, provider, PathNames([]), None) is answer


@pytest.mark.parametrize("target", [None, "http://127.0.0.1:9"])
def test_traces_are_made_where_opentelemetry_is_told_where_they_go(
    target: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    if target is not None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", target)
    spans = tracing.configured()
    assert (spans is not None) is (target is not None)
    if isinstance(spans, TracerProvider):
        spans.shutdown()

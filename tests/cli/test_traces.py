"""Traces of `signet serve` as a collector receives them."""

import os

from tests.cli.processes import Signet, Start, fetch
from tests.support.site import Site


def test_spans_that_wait_to_be_sent_are_sent_when_a_worker_stops(
    operator: Signet, start: Start, free_ports: tuple[int, ...], site: Site
) -> None:
    del operator
    site.serve("/v1/traces", b"", content_type="application/x-protobuf")
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = site.url("")
    os.environ["REQUESTS_CA_BUNDLE"] = str(site.ca_file)
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "600000"
    process = start("serve", "--port", str(free_ports[0]))
    fetch(f"http://127.0.0.1:{free_ports[0]}/jwks")
    assert not site.asked("/v1/traces")
    process.terminate()
    assert process.wait(60) == 0
    assert any(b"GET jwks" in one.body for one in site.received)

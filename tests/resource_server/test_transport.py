"""What stands between a client and an API: its public address, and the certificate that a proxy
passes on (RFC 8705, RFC 9440)."""

from base64 import b64encode
from ssl import PEM_cert_to_DER_cert
from urllib.parse import quote

import pytest

from provider.resource_server.transport import DIRECT, Transport
from provider.resource_server.wsgi import presented
from tests.support.site import Authority

API = "https://api.example/v2"
HEADER = "Client-Cert"


def der_of(authority: Authority) -> bytes:
    return PEM_cert_to_DER_cert(authority.certificate.read_text())


def certificate(values: list[str], header: str | None = HEADER) -> bytes | None:
    """Return what is read of these values of the field."""
    transport = Transport(certificate_header=header).of(API)
    wanted = HEADER.lower()
    request = transport.presented("GET", "/", lambda name: values if name == wanted else [])
    return request.certificate


@pytest.mark.spec("RFC9440-2.2")
def test_a_certificate_as_a_byte_sequence(authority: Authority) -> None:
    der = der_of(authority)
    assert certificate([f":{b64encode(der).decode()}:"]) == der


def test_a_certificate_as_percent_encoded_pem(authority: Authority) -> None:
    assert certificate([quote(authority.certificate.read_text(), safe="")]) == der_of(authority)


def test_without_being_told_the_header_it_is_the_clients_own_word(authority: Authority) -> None:
    assert certificate([f":{b64encode(der_of(authority)).decode()}:"], header=None) is None


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        [":"],
        [":not base64:"],
        ["MIIB"],
        ["-----BEGIN CERTIFICATE-----"],
        ["-----BEGIN CERTIFICATE-----\n\xff\n-----END CERTIFICATE-----"],
        ["%00"],
        [f":{'A' * 20_000}:"],
        [":AAAA:", ":AAAA:"],
    ],
)
def test_what_can_not_be_read_counts_as_no_certificate(values: list[str]) -> None:
    assert certificate(values) is None


@pytest.mark.parametrize(
    ("audience", "origin", "expected"),
    [
        ("https://api.example/v2", None, "https://api.example/a?b=c"),
        ("http://127.0.0.1:5000", None, "http://127.0.0.1:5000/a?b=c"),
        ("urn:example:notes", None, "/a?b=c"),
        ("urn:example:notes", "https://notes.example", "https://notes.example/a?b=c"),
        (
            "https://api.example",
            "https://gateway.example:8443",
            "https://gateway.example:8443/a?b=c",
        ),
    ],
)
def test_the_address_is_never_the_clients_word(
    audience: str, origin: str | None, expected: str
) -> None:
    request = Transport(origin=origin).of(audience).presented("GET", "/a?b=c", lambda _name: ())
    assert request.url == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PATH_INFO": "/a b"}, "/a%20b"),
        ({"PATH_INFO": "/\xc3\xa9%"}, "/%C3%A9%25"),
        ({"SCRIPT_NAME": "/v2", "PATH_INFO": "/notes"}, "/v2/notes"),
        ({"PATH_INFO": "/notes", "QUERY_STRING": "a=%20"}, "/notes?a=%20"),
        ({"PATH_INFO": "/notes", "HTTP_HOST": "elsewhere.example"}, "/notes"),
    ],
)
def test_the_path_of_a_wsgi_request(environ: dict[str, str], expected: str) -> None:
    request = presented({"REQUEST_METHOD": "GET", **environ}, DIRECT.of("https://api.example"))
    assert request.url == f"https://api.example{expected}"

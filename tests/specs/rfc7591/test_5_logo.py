"""RFC 7591 §5, OpenID Connect Dynamic Client Registration §9.2: the logo of a client that
registers is looked at, as much as `registration.logo_check` says. Whatever is there, nothing of it
is handed out; and where the address leads is decided by the guard of every request of ours."""

from typing import Any

import pytest

from provider.context import Provider
from provider.store import throttles
from provider.store.unit_of_work import transaction
from tests.support.registering import Registrar, grant, metadata
from tests.support.relying_party import refusal
from tests.support.site import Site

PNG = b"\x89PNG\r\n\x1a\n"
MOST = 1024 * 1024
REQUIRED: dict[str, Any] = {"mode": "open", "logo_check": "required"}
pytestmark = [
    pytest.mark.spec("RFC7591-5", "OIDCR-9.2"),
    pytest.mark.settings(profile="openid", registration={"mode": "open"}),
]


def refused(registrar: Registrar, **logos: object) -> bool:
    """Register with these logos. Return whether they were refused, by the right error."""
    answer = registrar.post(metadata(**logos))
    if answer.status == 201:
        return False
    body = refusal(answer, "invalid_client_metadata")
    assert body["error_description"] == "logo_uri can not be registered as given."
    return True


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "kind", ["image/png", "image/jpeg", "image/webp", "image/svg+xml; charset=utf-8", "IMAGE/GIF"]
)
def test_an_image_is_registered(registrar: Registrar, site: Site, kind: str) -> None:
    uri = site.serve("/logo", PNG, content_type=kind)
    assert registrar.register(logo_uri=uri)["logo_uri"] == uri
    assert site.asked("/logo") == 1


@pytest.mark.parametrize("kind", ["text/html", "application/json", "image/x-unheard-of", ""])
def test_what_is_not_an_image_is_refused(registrar: Registrar, site: Site, kind: str) -> None:
    assert refused(registrar, logo_uri=site.serve("/logo", PNG, content_type=kind))
    assert refused(registrar, **{"logo_uri#ko": site.url("/logo")})


def test_an_image_has_a_bounded_size(registrar: Registrar, site: Site) -> None:
    most = site.serve("/most", PNG.ljust(MOST, b"x"), content_type="image/png")
    assert not refused(registrar, logo_uri=most)
    more = site.serve("/more", PNG.ljust(MOST + 1, b"x"), content_type="image/png")
    assert refused(registrar, logo_uri=more)


@pytest.mark.parametrize("required", [False, pytest.param(True, marks=pytest.mark.settings(
    registration=REQUIRED))])  # fmt: skip
def test_a_logo_out_of_reach_is_refused_only_where_the_operator_says_so(
    registrar: Registrar, site: Site, required: bool
) -> None:
    moved = site.serve("/moved", b"", status=302, headers={"Location": site.url("/logo")})
    down = site.serve("/down", b"", status=503)
    for uri in (site.url("/absent"), moved, down):
        assert refused(registrar, logo_uri=uri) is required
    assert site.asked("/logo") == 0


@pytest.mark.settings(registration={"mode": "open", "logo_check": "off"})
def test_where_the_check_is_off_nobody_is_asked(registrar: Registrar, site: Site) -> None:
    assert not refused(registrar, logo_uri=site.serve("/logo", b"{}"))
    assert site.asked("/logo") == 0


def test_a_server_that_does_not_answer_is_not_asked_for_more(
    registrar: Registrar, site: Site
) -> None:
    other = site.serve("/other", b"{}")
    assert not refused(registrar, logo_uri=site.url("/absent"), **{"logo_uri#ko": other})
    assert site.asked("/other") == 0


def test_so_many_logos_are_looked_at_and_no_more(registrar: Registrar, site: Site) -> None:
    pages = [site.serve(f"/{number}", PNG, content_type="image/png") for number in range(6)]
    many = {f"logo_uri#x-{number}": uri for number, uri in enumerate(pages)}
    assert refused(registrar, **many)
    assert not site.received
    del many["logo_uri#x-0"]
    assert not refused(registrar, **many)


@pytest.mark.spec("RFC7592-2.2")
@pytest.mark.settings(registration=REQUIRED)
def test_a_change_looks_at_new_logos_alone(registrar: Registrar, site: Site) -> None:
    uri = site.serve("/logo", PNG, content_type="image/png")
    registered = registrar.register(logo_uri=uri)
    site.serve("/logo", b"", status=503)
    same = metadata(client_id=registered["client_id"], client_name="Diary", logo_uri=uri)
    assert registrar.manage("PUT", registered, same).json["client_name"] == "Diary"
    new = {**same, "logo_uri": site.serve("/new", b"{}")}
    refusal(registrar.manage("PUT", registered, new), "invalid_client_metadata")
    assert registrar.manage("GET", registered).json["logo_uri"] == uri
    new["logo_uri"] = site.serve("/new", PNG, content_type="image/png")
    assert registrar.manage("PUT", registered, new).json["logo_uri"] == site.url("/new")


@pytest.mark.both_databases
def test_while_the_logo_is_awaited_nobody_waits_for_us(
    registrar: Registrar, provider: Provider, site: Site
) -> None:
    def write() -> None:
        with transaction(provider.engine) as tx:
            throttles.count_failure(tx, b"another", now=1, expires_at=2)

    uri = site.serve("/logo", PNG, content_type="image/png", before=write)
    assert not refused(registrar, logo_uri=uri)


@pytest.mark.settings(registration={"mode": "token"})
def test_the_initial_token_is_used_up_once(
    registrar: Registrar, provider: Provider, site: Site
) -> None:
    token = grant(provider)
    bad = metadata(logo_uri=site.serve("/bad", b"{}"))
    refusal(registrar.post(bad, token), "invalid_client_metadata")
    good = metadata(logo_uri=site.serve("/logo", PNG, content_type="image/png"))
    assert registrar.post(good, token).status == 201
    refusal(registrar.post(good, token), "invalid_token")


NOWHERE_PUBLIC = [
    "https://127.0.0.1/logo.png",
    "http://localhost:9000/logo.png",
    "https://app.localhost/logo.png",
    "https://localhost./logo.png",
    "https://[::1]/logo.png",
    "https://[::ffff:10.0.0.1]/logo.png",
    "https://10.0.0.1/logo.png",
    "https://192.168.0.1:8443/logo.png",
    "https://169.254.169.254/latest",
    "https://127.1/logo.png",
    "https://2130706433/logo.png",
    "https://0x7f.1/logo.png",
    "https://printer.local/logo.png",
    "https://wiki.internal/logo.png",
]


@pytest.mark.settings(registration={"mode": "open", "logo_check": "off"})
@pytest.mark.parametrize("uri", NOWHERE_PUBLIC)
def test_a_logo_in_the_network_of_whoever_looks_is_refused(registrar: Registrar, uri: str) -> None:
    assert refused(registrar, logo_uri=uri)
    assert refused(registrar, **{"logo_uri#ko": uri})


@pytest.mark.settings(registration={"mode": "open", "logo_check": "off"})
def test_a_logo_that_is_an_address_of_ours_is_refused(registrar: Registrar) -> None:
    for uri in ("https://op.example/logout", "https://OP.example:443/", "https://op.example./x"):
        assert refused(registrar, logo_uri=uri)
    for uri in ("https://op.example:8443/a", "https://cdn.op.example/a", "https://192.0.43.8/a"):
        assert not refused(registrar, logo_uri=uri)


@pytest.mark.settings(
    issuer="https://op.example/auth", registration={"mode": "open", "logo_check": "off"}
)
def test_beside_an_issuer_with_a_path_there_may_be_logos(registrar: Registrar) -> None:
    for path in ("/auth", "/auth/logout", "/a/../auth/logout", "/%2e/auth", "/%61uth/logout"):
        assert refused(registrar, logo_uri=f"https://op.example{path}")
    for path in ("/", "/authx", "/app/logo.png"):
        assert not refused(registrar, logo_uri=f"https://op.example{path}")


@pytest.mark.settings(
    issuer="http://localhost:8000", registration={"mode": "open", "logo_check": "off"}
)
@pytest.mark.parametrize("uri", [*NOWHERE_PUBLIC[:3], "http://localhost:8000/static/logo.png"])
def test_a_provider_on_loopback_takes_logos_from_there(registrar: Registrar, uri: str) -> None:
    assert not refused(registrar, logo_uri=uri)

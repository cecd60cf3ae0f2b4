"""The modules in which the parameters come in a request object by reference."""

import pytest

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.request_objects import about, finished, outside, signed, unsigned
from tests.specs.conformance.suite import Module
from tests.support import jwt
from tests.support.relying_party import Attempt
from tests.support.site import Site

KEYS = jwt.public_set(jwt.key_for("RS256"))


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    make_module: MakeModule, run: Run, site: Site
) -> None:
    module = make_module(run, request_uris=(site.url("/request.jwt"),))
    assert module.party.metadata["request_uri_parameter_supported"] is True
    attempt = module.request()
    site.serve("/request.jwt", unsigned(about(module, attempt)), content_type="application/jwt")
    finished(module, outside(attempt, request_uri=site.url("/request.jwt")))


def by_reference(module: Module, site: Site, attempt: Attempt, token: str, fragment: str) -> None:
    """Publish a request object and do the whole flow with its address."""
    site.serve("/request.jwt", token, content_type="application/oauth-authz-req+jwt")
    finished(module, outside(attempt, request_uri=site.url("/request.jwt") + fragment))
    assert [request.path for request in site.received] == ["/request.jwt"]


def test_oidcc_request_uri_unsigned(make_module: MakeModule, run: Run, site: Site) -> None:
    address = site.url("/request.jwt")
    module = make_module(run, request_uris=(address,), request_object_signing_alg="none")
    attempt = module.request()
    by_reference(module, site, attempt, unsigned(about(module, attempt)), "")


def test_oidcc_request_uri_signed_rs256(make_module: MakeModule, run: Run, site: Site) -> None:
    address = site.url("/request.jwt")
    module = make_module(
        run, request_uris=(address,), request_object_signing_alg="RS256", jwks=KEYS
    )
    assert "RS256" in module.party.metadata["request_object_signing_alg_values_supported"]
    attempt = module.request()
    by_reference(module, site, attempt, signed(about(module, attempt)), "")


@pytest.mark.parametrize("sends_fragment", [True, False])
def test_a_11_a_registered_request_uri_may_name_its_content(
    make_module: MakeModule, site: Site, sends_fragment: bool
) -> None:
    address = site.url("/request.jwt")
    module = make_module(Run("code"), request_uris=(f"{address}#GkurKxf5T0Y",))
    attempt = module.request()
    fragment = "#GkurKxf5T0Y" if sends_fragment else ""
    by_reference(module, site, attempt, unsigned(about(module, attempt)), fragment)

"""The modules about clients that register themselves: what is refused by which code, what people
see of it, sectors found at the client's address, sign-in begun by a third party."""

import json
from typing import Any

import pytest

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.registrar import Registrar
from tests.specs.conformance.suite import CALLBACK, Module
from tests.support import jwt, wire
from tests.support.relying_party import refusal
from tests.support.site import Site

CODE = Run("code", registers=True)
SIGNING = {"token_endpoint_auth_method": "private_key_jwt"}
INITIATE = "https://suite.example/test/a/signet/initiate_login"


def listed(site: Site, *redirect_uris: str) -> str:
    """Publish a sector's document. Return where it is."""
    return site.serve("/sector.json", json.dumps(redirect_uris))


def test_oidcc_redirect_uri_regfrag(registrar: Registrar, run: Run) -> None:
    assert registrar.refused(redirect_uris=[f"{CALLBACK}#fragment"]) == "invalid_redirect_uri"


def test_oidcc_idtoken_rs256(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, id_token_signed_response_alg="RS256", **SIGNING)
    for one in module.authorize().id_tokens:
        assert jwt.header_of(one.id_token)["alg"] == "RS256"


def test_oidcc_userinfo_rs256(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, userinfo_signed_response_alg="RS256", **SIGNING)
    assert "RS256" in module.party.metadata["userinfo_signing_alg_values_supported"]
    outcome = module.authorize()
    answer = module.party.userinfo_raw(outcome.access_token)
    assert answer.content_type == "application/jwt"
    assert jwt.header_of(answer.text)["alg"] == "RS256"
    claims = jwt.verified(answer.text, module.party.jwks, algorithms=["RS256"])
    assert claims["iss"] == module.party.issuer
    assert claims["aud"] in (module.party.client_id, [module.party.client_id])
    assert claims["sub"] == outcome.claims["sub"]
    assert "nonce" not in claims


def shown(module: Module, element: str, attribute: str, value: str) -> None:
    """Check that the sign-in page and the consent page both show what was registered."""
    module.send(module.request())
    for page in ("login", "consent"):
        assert module.browser.at == page
        assert module.browser.page.elements[element].attributes[attribute] == value
        if page == "login":
            module.browser.sign_in("tester", "a password for tests")


def test_oidcc_registration_logo_uri(make_module: MakeModule, run: Run) -> None:
    logo = "https://suite.example/logo.png"
    shown(make_module(run, logo_uri=logo, **SIGNING), "client-logo", "src", logo)


def test_oidcc_registration_policy_uri(make_module: MakeModule, run: Run) -> None:
    policy = "https://suite.example/policy"
    shown(make_module(run, policy_uri=policy, **SIGNING), "client-policy", "href", policy)


def test_oidcc_registration_tos_uri(make_module: MakeModule, run: Run) -> None:
    terms = "https://suite.example/tos"
    shown(make_module(run, tos_uri=terms, **SIGNING), "client-tos", "href", terms)


def test_oidcc_registration_sector_uri(make_module: MakeModule, run: Run, site: Site) -> None:
    sector = listed(site, CALLBACK, "https://suite.example/other")
    module = make_module(run, subject_type="pairwise", sector_identifier_uri=sector, **SIGNING)
    assert "pairwise" in module.party.metadata["subject_types_supported"]
    outcome = module.authorize()
    if run.response_type != "id_token":
        module.userinfo(outcome)


def test_oidcc_registration_sector_bad(registrar: Registrar, run: Run, site: Site) -> None:
    sector = listed(site, "https://suite.example/other")
    error = registrar.refused(
        redirect_uris=[CALLBACK], subject_type="pairwise", sector_identifier_uri=sector
    )
    assert error == "invalid_client_metadata"


def test_oidcc_3rd_party_init_login(registrar: Registrar, run: Run) -> None:
    registered = registrar.register(redirect_uris=[CALLBACK], initiate_login_uri=INITIATE)
    assert registered.body["initiate_login_uri"] == INITIATE
    answer = registrar.read(registered)
    assert answer.status == 200
    assert answer.json["initiate_login_uri"] == INITIATE


def test_oidcc_3rd_party_init_login_nohttps(registrar: Registrar, run: Run) -> None:
    address = INITIATE.replace("https:", "http:")
    error = registrar.refused(redirect_uris=[CALLBACK], initiate_login_uri=address)
    assert error == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": [f"{CALLBACK}#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://suite.example/callback"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["callback"]}, "invalid_redirect_uri"),
        ({"initiate_login_uri": "http://suite.example/"}, "invalid_client_metadata"),
        ({"response_types": ["bogus"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "bogus"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "bogus"}, "invalid_client_metadata"),
        ({"subject_type": "bogus"}, "invalid_client_metadata"),
        ({"sector_identifier_uri": "http://suite.example/"}, "invalid_client_metadata"),
        ({"sector_identifier_uri": "https://169.254.169.254/x"}, "invalid_client_metadata"),
        ({"jwks_uri": "https://suite.example/jwks", "jwks": {"keys": []}},
         "invalid_client_metadata"),
    ],
    ids=str,
)  # fmt: skip
def test_a_11_what_can_not_be_registered_is_refused_by_the_exact_code(
    registrar: Registrar, changes: dict[str, Any], error: str
) -> None:
    assert registrar.refused(**{"redirect_uris": [CALLBACK], **changes}) == error


@pytest.mark.parametrize(
    "metadata",
    [
        {"request_uris": ["https://suite.example/requesturi/one#GkurKxf5T0Y"]},
        {"contacts": ["one@suite.example", "two@suite.example"]},
        {"logo_uri": "https://suite.example/logo.png"},
        {"policy_uri": "https://suite.example/policy"},
        {"tos_uri": "https://suite.example/tos"},
        {"response_types": [], "grant_types": ["client_credentials"], "redirect_uris": None},
    ],
    ids=str,
)
def test_a_11_what_certification_registers_is_taken_and_echoed(
    registrar: Registrar, metadata: dict[str, Any]
) -> None:
    registered = registrar.register(**{"redirect_uris": [CALLBACK], **metadata})
    answer = registrar.read(registered)
    assert answer.status == 200
    assert answer.is_no_store
    for name, value in metadata.items():
        assert answer.json.get(name) == value


def test_a_11_a_removed_client_is_gone(registrar: Registrar, make_module: MakeModule) -> None:
    module = make_module(CODE)
    grant = module.authorize(redeem=False).grant
    (registered,) = registrar.registered
    registrar.remove_all()
    answer = registrar.read(registered)
    assert answer.status == 401
    assert "Bearer" in (answer.header("WWW-Authenticate") or "")
    refusal(module.party.redeem_raw(grant), "invalid_client")
    assert module.stopped() in ("invalid_client", "invalid_request")


def test_a_12_private_addresses_are_reached_only_where_they_are_allowed(
    registrar: Registrar, site: Site
) -> None:
    allowed = listed(site, CALLBACK)
    metadata = {"redirect_uris": [CALLBACK], "subject_type": "pairwise"}
    registrar.register(**metadata, sector_identifier_uri=allowed)
    by_address = allowed.replace("localhost", "127.0.0.1")
    for address in (by_address, "https://[::1]:1/s", "https://10.0.0.1/s"):
        refused = registrar.refused(**metadata, sector_identifier_uri=address)
        assert refused == "invalid_client_metadata"
    assert site.asked("/sector.json") == 1


def test_a_11_nobody_reads_a_registration_without_its_token(registrar: Registrar) -> None:
    registered = registrar.register(redirect_uris=[CALLBACK])
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = wire.get(registrar.app, registered.address, headers=headers)
        assert answer.status == 401

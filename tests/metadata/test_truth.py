"""What discovery says is so, and what it does not say is not: each value is tried at a running
provider, and each registered value that is not listed is refused by the error registered for
it."""

from typing import Any

import pytest

from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.factories import RESPONSE_TYPES, front_channel, public
from tests.support.relying_party import RelyingParty

GRANT_TYPES = (
    "password", "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer", "urn:openid:params:grant-type:ciba",
    "AUTHORIZATION_CODE", "nonsense",
)  # fmt: skip
UNKNOWN_RESPONSE_TYPES = ("token", "CODE", "code code", "code none", "nonsense")
RESPONSE_MODES = ("fragment", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt", "web_message")
NEVER_BUILT = (
    "/par", "/device_authorization", "/register", "/bc-authorize", "/check_session",
    "/.well-known/webfinger", "/.well-known/openid-federation", "/introspection", "/revocation",
)  # fmt: skip


@pytest.fixture(
    autouse=True,
    params=[
        pytest.param(name, marks=pytest.mark.settings(profile=name))
        for name in ("oauth21", "openid")
    ],
)
def profile(request: pytest.FixtureRequest) -> str:
    """Everything is tried in both profiles."""
    return str(request.param)


def listed(party: RelyingParty, name: str) -> list[str]:
    values = party.metadata[name]
    assert isinstance(values, list)
    return values


def test_every_endpoint_answers(relying_party: RelyingParty) -> None:
    for name, address in relying_party.metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            statuses = {
                wire.send(relying_party.app, one, address).status for one in ("GET", "POST")
            }
            assert 404 not in statuses, name
            assert statuses - {405}, name


@pytest.mark.spec("OIDCD-3")
def test_every_grant_type_works(
    make_relying_party: MakeParty, signed_in: Browser, profile: str
) -> None:
    relying_party = make_relying_party(**front_channel())
    assert set(listed(relying_party, "grant_types_supported")) == {
        "authorization_code", "refresh_token", "client_credentials",
        *(["implicit"] if profile == "openid" else []),
    }  # fmt: skip
    tokens = relying_party.sign_in(signed_in)
    assert relying_party.refresh(tokens.refresh_token).access_token
    assert relying_party.client_credentials().access_token


@pytest.mark.spec("RFC6749-5.2", "TX-04")
def test_implicit_is_no_grant_type_of_the_token_endpoint(
    make_relying_party: MakeParty,
) -> None:
    answer = make_relying_party(**front_channel()).post("token", {"grant_type": "implicit"})
    assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.spec("RFC6749-5.2", "TX-04")
@pytest.mark.parametrize("grant_type", GRANT_TYPES)
def test_no_other_grant_type_works(relying_party: RelyingParty, grant_type: str) -> None:
    assert grant_type not in listed(relying_party, "grant_types_supported")
    answer = relying_party.post("token", {"grant_type": grant_type, "username": "a"})
    assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.spec("OIDCD-3", "RFC6749-3.1.1")
@pytest.mark.parametrize("response_type", [*RESPONSE_TYPES, *UNKNOWN_RESPONSE_TYPES])
def test_every_response_type_works_and_no_other(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    relying_party = make_relying_party(**front_channel(*RESPONSE_TYPES, *UNKNOWN_RESPONSE_TYPES))
    if response_type in listed(relying_party, "response_types_supported"):
        relying_party.authorize(signed_in, response_type=response_type)
        return
    refused = relying_party.refused(signed_in, response_type=response_type)
    assert refused.error == "unsupported_response_type"


@pytest.mark.spec("OIDCD-3")
def test_every_response_mode_works_and_no_other(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    modes = listed(relying_party, "response_modes_supported")
    for mode in modes:
        assert relying_party.authorize(signed_in, response_mode=mode).code
        assert signed_in.left is not None
        assert signed_in.left.mode == mode
    for mode in set(RESPONSE_MODES) - set(modes):
        assert relying_party.refused(signed_in, response_mode=mode).error == "invalid_request"


@pytest.mark.spec("OIDCD-3")
@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "private_key_jwt"]
)
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_every_way_of_client_authentication_works_where_it_is_listed(
    make_relying_party: MakeParty, method: str, endpoint: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    assert method in listed(party, f"{endpoint}_endpoint_auth_methods_supported")
    sent = {"grant_type": "client_credentials"} if endpoint == "token" else {"token": "x"}
    assert party.post(endpoint, sent).status == 200


@pytest.mark.spec("OIDCD-3", "RFC7662-2.1")
def test_a_public_client_is_taken_where_none_is_listed_and_only_there(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public())
    tokens = party.sign_in(signed_in)
    party.revoke(tokens.refresh_token)
    assert "none" not in listed(party, "introspection_endpoint_auth_methods_supported")
    answer = party.post("introspection", {"token": tokens.access_token})
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.spec("CA-14")
@pytest.mark.parametrize(
    "method", ["client_secret_jwt", "tls_client_auth", "self_signed_tls_client_auth"]
)
def test_a_way_that_is_not_listed_authenticates_nobody(
    make_relying_party: MakeParty, method: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    assert method not in listed(party, "token_endpoint_auth_methods_supported")
    answer = party.post_raw(
        "token",
        {"grant_type": "client_credentials", "client_id": party.client_id},
        headers={"X-Client-Cert": "MIIB", "X-SSL-Client-Verify": "SUCCESS"},
    )
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.spec("OIDCD-3")
@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "EdDSA"])
def test_every_algorithm_of_id_tokens_works(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=alg)
    assert alg in listed(party, "id_token_signing_alg_values_supported")
    assert len(listed(party, "id_token_signing_alg_values_supported")) == 4
    assert party.sign_in(signed_in).claims["sub"]


@pytest.mark.spec("OIDCD-3")
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
def test_every_algorithm_of_assertions_works(make_relying_party: MakeParty, alg: str) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=alg
    )
    assert alg in listed(party, "token_endpoint_auth_signing_alg_values_supported")
    assert party.client_credentials().access_token


@pytest.mark.spec("OIDCD-3", "OIDCC-5.4")
def test_every_claim_listed_can_be_had(
    make_relying_party: MakeParty, signed_in: Browser, profile: str
) -> None:
    party = make_relying_party(**front_channel(asks="openid profile email address phone"))
    tokens = party.sign_in(signed_in, max_age="1000")
    received = {**tokens.claims, **party.userinfo(tokens)}
    if profile == "openid":
        received |= party.authorize(signed_in, response_type="code id_token").tokens.claims
    assert set(listed(party, "claims_supported")) == set(received)


@pytest.mark.spec("OIDCD-3")
def test_every_scope_listed_is_granted(relying_party: RelyingParty, signed_in: Browser) -> None:
    scopes = listed(relying_party, "scopes_supported")
    assert relying_party.sign_in(signed_in, scope=" ".join(scopes)).scope == set(scopes)


@pytest.mark.spec("OIDCD-3")
def test_the_authentication_context_listed_is_the_one_reached(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, acr_values="1 2")
    assert [tokens.claims["acr"]] == listed(relying_party, "acr_values_supported")


@pytest.mark.spec("RFC7636-4.3", "PK-02")
@pytest.mark.parametrize("method", ["plain", "s256", "S512", None])
def test_no_other_challenge_method_works(
    relying_party: RelyingParty, signed_in: Browser, method: str | None
) -> None:
    assert listed(relying_party, "code_challenge_methods_supported") == ["S256"]
    refused = relying_party.refused(signed_in, code_challenge_method=method)
    assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCC-6.1", "OIDCC-6.2", "SS-05")
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://rp.example/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
)
def test_what_is_said_to_be_off_is_refused_by_its_name(
    relying_party: RelyingParty, signed_in: Browser, sent: dict[str, str], error: str
) -> None:
    for name in ("request_parameter_supported", "request_uri_parameter_supported"):
        assert relying_party.metadata[name] is False
    assert relying_party.refused(signed_in, **sent).error == error


@pytest.mark.parametrize("path", NEVER_BUILT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_listed_is_not_there(
    relying_party: RelyingParty, path: str, method: str
) -> None:
    values: dict[str, Any] = relying_party.metadata
    assert relying_party.issuer + path not in values.values()
    answer = wire.send(relying_party.app, method, relying_party.issuer + path)
    assert answer.status == 404

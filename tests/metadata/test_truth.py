"""What discovery says is so, and what it does not say is not: each value is tried at a running
provider, and each registered value that is not listed is refused by the error registered for
it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.support import jwe, jwt, request_objects, wire
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
ALGORITHMS = ("RS256", "ES256", "PS256", "ES384", "EdDSA", "HS256", "none")
UNKNOWN_ALGORITHMS = ("HS384", "HS512", "RS512", "ES512", "NONE", "")
OFFERED = {
    "oauth21": ALGORITHMS[:5], "openid": ALGORITHMS[:6], "certification": ALGORITHMS,
}  # fmt: skip
"""What clients may have their ID tokens signed with; the default first."""
UNKNOWN_RESPONSE_TYPES = ("token", "CODE", "code code", "code none", "nonsense")
RESPONSE_MODES = ("fragment", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt", "web_message")
NEVER_BUILT = (
    "/par", "/device_authorization", "/register", "/register/client", "/bc-authorize",
    "/.well-known/webfinger", "/.well-known/openid-federation", "/introspection", "/revocation",
)  # fmt: skip


@pytest.fixture(
    autouse=True,
    params=[
        pytest.param(name, marks=pytest.mark.settings(profile=name, test_issuer=True))
        for name in ("oauth21", "openid", "certification")
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
        if name.endswith(("_endpoint", "_iframe", "_uri")):
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
        *(["implicit"] if profile != "oauth21" else []),
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
    "method", ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"]
)
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_every_way_of_client_authentication_works_where_it_is_listed(
    make_relying_party: MakeParty, method: str, endpoint: str, profile: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    offered = listed(party, f"{endpoint}_endpoint_auth_methods_supported")
    assert (method in offered) == (profile != "oauth21" or method != "client_secret_jwt")
    sent = {"grant_type": "client_credentials"} if endpoint == "token" else {"token": "x"}
    answer = party.post(endpoint, sent)
    if method in offered:
        assert answer.status == 200
    else:
        assert (answer.status, answer.json["error"]) == (401, "invalid_client")


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
    "method", ["client_secret_JWT", "tls_client_auth", "self_signed_tls_client_auth"]
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


@pytest.mark.spec("OIDCD-3", "OIDCC-10.1")
@pytest.mark.parametrize("alg", [*ALGORITHMS, *UNKNOWN_ALGORITHMS])
def test_every_algorithm_of_id_tokens_works_and_no_other(
    make_relying_party: MakeParty, signed_in: Browser, alg: str, profile: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=alg)
    offered = listed(party, "id_token_signing_alg_values_supported")
    assert offered == list(OFFERED[profile])
    if alg in offered:
        assert party.sign_in(signed_in).claims["sub"]
    else:
        assert party.refused(signed_in).error == "unauthorized_client"


@pytest.mark.spec("OIDCD-3", "OIDCC-5.3.2")
@pytest.mark.parametrize("alg", [*ALGORITHMS, *UNKNOWN_ALGORITHMS])
def test_every_algorithm_of_userinfo_works_and_no_other(
    make_relying_party: MakeParty, signed_in: Browser, alg: str, profile: str
) -> None:
    party = make_relying_party(userinfo_signed_response_alg=alg)
    offered = listed(party, "userinfo_signing_alg_values_supported")
    assert offered == [one for one in OFFERED[profile] if one != "none"]
    tokens = party.sign_in(signed_in)
    answer = party.userinfo_raw(tokens.access_token)
    if alg in offered:
        assert party.read(answer.text, alg)["sub"] == tokens.claims["sub"]
    else:
        assert (answer.status, answer.json["error"]) == (400, "unauthorized_client")


@pytest.mark.spec("RFC9701-7")
@pytest.mark.parametrize("alg", [*ALGORITHMS, *UNKNOWN_ALGORITHMS])
def test_every_algorithm_of_introspection_works_and_no_other(
    make_relying_party: MakeParty, alg: str, profile: str
) -> None:
    party = make_relying_party(introspection_signed_response_alg=alg)
    offered = listed(party, "introspection_signing_alg_values_supported")
    assert offered == [one for one in OFFERED[profile] if one != "none"]
    answer = party.post("introspection", {"token": "x"})
    if alg in offered:
        assert party.read(answer.text, alg)["token_introspection"] == {"active": False}
    else:
        assert (answer.status, answer.json["error"]) == (400, "unauthorized_client")


@pytest.mark.spec("OIDCD-3")
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"])
def test_every_algorithm_of_assertions_works(make_relying_party: MakeParty, alg: str) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=alg
    )
    assert alg in listed(party, "token_endpoint_auth_signing_alg_values_supported")
    assert party.client_credentials().access_token


@pytest.mark.spec("OIDCD-3", "OIDCC-9")
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_assertions_under_a_secret_are_listed_where_they_work(
    relying_party: RelyingParty, endpoint: str, profile: str
) -> None:
    offered = listed(relying_party, f"{endpoint}_endpoint_auth_signing_alg_values_supported")
    by_secret = ["HS256"] if profile != "oauth21" else []
    assert offered == ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519", *by_secret]


@pytest.mark.spec("OIDCD-3", "OIDCC-10.2")
@pytest.mark.parametrize("alg", [*jwe.ALGORITHMS, "RSA1_5", "RSA-OAEP", "dir"])
@pytest.mark.parametrize("enc", [*jwe.ENCODINGS, "A192GCM"])
def test_every_way_to_encrypt_an_id_token_works_and_no_other(
    make_relying_party: MakeParty, signed_in: Browser, alg: str, enc: str
) -> None:
    key = jwe.key_for(alg)
    party = make_relying_party(
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
        decryption_key=key,
    )
    algs, encs = (
        listed(party, f"id_token_encryption_{what}_values_supported") for what in ("alg", "enc")
    )
    if alg in algs and enc in encs:
        assert party.sign_in(signed_in).claims["sub"]
        return
    answer = party.redeem_raw(party.authorize(signed_in))
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.spec("OIDCD-3", "OIDCC-8")
@pytest.mark.parametrize("subject_type", ["public", "pairwise"])
def test_every_subject_type_works(
    make_relying_party: MakeParty, signed_in: Browser, subject_type: str
) -> None:
    party = make_relying_party(subject_type=subject_type)
    assert listed(party, "subject_types_supported") == ["public", "pairwise"]
    assert party.userinfo(party.sign_in(signed_in))["sub"]


@pytest.mark.spec("OIDCD-3", "OIDCC-5.4")
def test_every_claim_listed_can_be_had(
    make_relying_party: MakeParty, signed_in: Browser, profile: str
) -> None:
    party = make_relying_party(**front_channel(asks="openid profile email address phone"))
    tokens = party.sign_in(signed_in, max_age="1000")
    received = {**tokens.claims, **party.userinfo(tokens)}
    if profile != "oauth21":
        received |= party.authorize(signed_in, response_type="code id_token").tokens.claims
    # these depend on the flow, and are not what a client can ask for
    assert set(listed(party, "claims_supported")) == set(received) - {"c_hash", "s_hash"}
    assert listed(party, "claim_types_supported") == ["normal"]


@pytest.mark.spec("OIDCD-3", "OIDCC-5.5")
def test_claims_can_be_asked_for_one_by_one(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party()
    assert party.metadata["claims_parameter_supported"] is True
    tokens = party.sign_in(signed_in, scope="openid", claims='{"userinfo":{"name":null}}')
    assert set(party.userinfo(tokens)) == {"sub", "name"}


@pytest.mark.spec("OIDCD-3", "OIDCC-3.1.2.1")
@pytest.mark.parametrize("display", ["page", "popup"])
def test_every_display_listed_shows_the_page(
    relying_party: RelyingParty, user_agent: Browser, display: str
) -> None:
    assert listed(relying_party, "display_values_supported") == ["page"]
    user_agent.come(relying_party.start(display=display).url)
    assert user_agent.at == "login"


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


@pytest.mark.spec("OIDCC-7.2.1")
def test_what_is_off_is_refused_by_its_name(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    refused = relying_party.refused(signed_in, registration="{}")
    assert refused.error == "registration_not_supported"


@pytest.mark.spec("OIDCD-3", "OIDCC-6.1", "RFC9101-10.5")
@pytest.mark.parametrize("alg", [*request_objects.ALGORITHMS, "none", "HS256", "ES512"])
def test_every_algorithm_of_request_objects_works_and_no_other(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = request_objects.signer(make_relying_party, "ES256", request_object_signing_alg=alg)
    signs: Callable[[jwt.Claims], str] | None = partial(jwt.unsigned, alg=alg)
    if alg == "HS256":
        signs = partial(jwt.keyed_with, (party.secret or "").encode())
    if alg in request_objects.ALGORITHMS:
        party, signs = request_objects.signer(make_relying_party, alg), None
    assert party.metadata["request_parameter_supported"] is True
    attempt = request_objects.by_value(party, signs)
    if alg in listed(party, "request_object_signing_alg_values_supported"):
        assert request_objects.finish(signed_in, party, attempt).code
    else:
        refused = request_objects.refusal_of(signed_in, party, attempt)
        assert refused == "invalid_request_object"


@pytest.mark.spec("OIDCD-3", "OIDCC-6.2", "SS-05")
def test_only_registered_addresses_of_request_objects_are_read(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.metadata["request_uri_parameter_supported"] is True
    assert relying_party.metadata["require_request_uri_registration"] is True
    refused = relying_party.refused(signed_in, request_uri="https://rp.example/request")
    assert refused.error == "invalid_request_uri"


@pytest.mark.parametrize("path", NEVER_BUILT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_not_listed_is_not_there(
    relying_party: RelyingParty, path: str, method: str
) -> None:
    values: dict[str, Any] = relying_party.metadata
    assert relying_party.issuer + path not in values.values()
    answer = wire.send(relying_party.app, method, relying_party.issuer + path)
    assert answer.status == 404


@pytest.mark.spec("OIDCSM-2", "OIDCSM-3.3")
def test_a_session_state_comes_where_there_is_a_frame_to_ask(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in)
    assert signed_in.left is not None
    told = "session_state" in dict(signed_in.left.parameters)
    frame = wire.get(relying_party.app, f"{relying_party.issuer}/check-session").status == 200
    assert told == frame == ("check_session_iframe" in relying_party.metadata)

"""OpenID Connect Core §3.1.3, §9: the client proves itself with a signed assertion, and what it
gets is for it alone."""

from collections.abc import Callable
from json import dumps
from typing import Any

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, refusal
from tests.support.wire import Answer

MakeParty = Callable[..., RelyingParty]
ASSERTION_ALGS = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(token_endpoint_auth_method="private_key_jwt")


def present(party: RelyingParty, assertion: str, **fields: str) -> Answer:
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    return party.post_raw("token", {"grant_type": "client_credentials", **proof, **fields})


@pytest.mark.spec("OIDCC-9", "RFC7523-2.2")
@pytest.mark.parametrize("alg", ASSERTION_ALGS)
def test_a_client_may_prove_itself_with_its_key(make_relying_party: MakeParty, alg: str) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=alg
    )
    assert party.client_credentials().access_token
    listed = party.metadata["token_endpoint_auth_signing_alg_values_supported"]
    assert {*listed} == {*ASSERTION_ALGS}


@pytest.mark.spec("OIDCC-9")
def test_the_whole_flow_works_with_assertions(party: RelyingParty, signed_in: Browser) -> None:
    tokens = party.sign_in(signed_in)
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC7523-3")
@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": -3600},
        {"exp": -61},
        {"exp": 2 * 3600},
        {"exp": "soon"},
        {"exp": True},
        {"iss": None},
        {"iss": "nobody"},
        {"sub": None},
        {"sub": "nobody"},
        {"aud": None},
        {"aud": "https://evil.example"},
        {"aud": "https://op.example/"},
        {"aud": "https://op.example/token"},
        {"aud": ["https://op.example", "https://evil.example"]},
        {"aud": []},
        {"jti": None},
        {"jti": 7},
        {"nbf": 120},
        {"iat": 3600},
    ],
)
def test_an_assertion_that_breaks_a_rule_is_refused(
    party: RelyingParty, clock: SettableClock, changes: dict[str, Any]
) -> None:
    for name in ("exp", "nbf", "iat"):
        if type(changes.get(name)) is int:
            changes = {**changes, name: clock.now() + changes[name]}
    refusal(present(party, party.assertion(**changes)), "invalid_client")


@pytest.mark.spec("RFC7523-3")
@pytest.mark.parametrize("ahead", [{"iat": 10, "nbf": 10}, {"iat": 59}, {"exp": -30}])
def test_clocks_that_differ_a_little_are_forgiven(
    party: RelyingParty, clock: SettableClock, ahead: dict[str, int]
) -> None:
    changes: dict[str, Any] = {name: clock.now() + later for name, later in ahead.items()}
    assert present(party, party.assertion(**changes)).status == 200


@pytest.mark.spec("OIDCC-9")
@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("aud", ["https://op.example", "https://op.example/token"])
def test_in_the_openid_profile_the_token_endpoint_is_an_audience_too(
    party: RelyingParty, aud: str
) -> None:
    assert present(party, party.assertion(aud=aud)).status == 200
    refusal(present(party, party.assertion(aud="https://evil.example/token")), "invalid_client")


@pytest.mark.spec("RFC7523-3")
@pytest.mark.both_databases
def test_an_assertion_is_used_once_even_after_it_expired(
    party: RelyingParty, clock: SettableClock
) -> None:
    assertion = party.assertion()
    assert present(party, assertion).status == 200
    for seconds in (0, 30, 60, 3600):
        clock.advance(seconds)
        refusal(present(party, assertion), "invalid_client")


@pytest.mark.spec("RFC7523-3")
def test_two_clients_may_use_the_same_jti(
    party: RelyingParty, make_relying_party: MakeParty
) -> None:
    other = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    assert present(party, party.assertion(jti="same")).status == 200
    assert present(other, other.assertion(jti="same")).status == 200


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_assertion_is_refused(party: RelyingParty, alg: str) -> None:
    claims = jwt.claims_of(party.assertion())
    refusal(present(party, jwt.unsigned(claims, alg=alg)), "invalid_client")


@pytest.mark.spec("RFC8725-3.1")
def test_an_assertion_keyed_with_the_public_key_is_refused(party: RelyingParty) -> None:
    assert party.key is not None
    claims = jwt.claims_of(party.assertion())
    public = party.key.as_dict(private=False)
    for secret in (
        party.key.as_pem(private=False),  # type: ignore[union-attr]
        str(public["x"]).encode(),
        jwt.decode(str(public["x"])),
        b"",
    ):
        forged = jwt.keyed_with(secret, claims, kid=str(party.key.get("kid")))
        refusal(present(party, forged), "invalid_client")


@pytest.mark.spec("RFC8725-3.1")
def test_a_key_that_was_not_registered_is_refused(party: RelyingParty) -> None:
    claims = jwt.claims_of(party.assertion())
    foreign = jwt.key_for("ES256", "stranger")
    registered = str(party.key and party.key.get("kid"))
    for header in (
        {},
        {"kid": registered},
        {"kid": None},
        {"jwk": foreign.as_dict(private=False)},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
    ):
        refusal(present(party, jwt.sign(foreign, claims, **header)), "invalid_client")


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize(("registered", "used"), [("RS256", "PS256"), ("PS256", "RS256")])
def test_an_algorithm_other_than_the_registered_one_is_refused(
    make_relying_party: MakeParty, registered: str, used: str
) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=registered
    )
    assert party.key is not None
    claims = jwt.claims_of(party.assertion())
    refusal(present(party, jwt.sign(party.key, claims, alg=used)), "invalid_client")
    refusal(present(party, jwt.sign(party.key, claims, alg="RS512")), "invalid_client")


@pytest.mark.spec("RFC8725-3.11")
@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt"])
def test_a_jwt_of_another_kind_is_no_assertion(party: RelyingParty, typ: str) -> None:
    refusal(present(party, party.assertion(header={"typ": typ})), "invalid_client")


@pytest.mark.spec("RFC7523-3")
@pytest.mark.parametrize("typ", [None, "JWT", "client-authentication+jwt"])
def test_the_types_an_assertion_may_have(party: RelyingParty, typ: str | None) -> None:
    assert present(party, party.assertion(header={"typ": typ})).status == 200


@pytest.mark.spec("RFC8725-3.10")
@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        {"kid": "k" * 10_000},
        {"kid": ["a"]},
        {"kid": {}},
        {"kid": ""},
        {"zip": "DEF"},
    ],
)
def test_an_odd_header_is_refused(party: RelyingParty, header: dict[str, Any]) -> None:
    claims = jwt.claims_of(party.assertion())
    assert party.key is not None
    first = {"alg": "ES256", "kid": party.key.get("kid"), **header}
    signed = f"{jwt.encode(dumps(first).encode())}.{jwt.encode(dumps(claims).encode())}"
    signature = jwt.sign(party.key, claims).rpartition(".")[2]
    refusal(present(party, f"{signed}.{signature}"), "invalid_client")


@pytest.mark.spec("RFC7523-3")
@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "..",
        "A" * 30_000,
        "é.é.é",
        "[" * 5_000,
        "e30.e30.e30",
    ],
)
def test_what_is_no_jwt_is_refused(party: RelyingParty, assertion: str) -> None:
    refusal(present(party, assertion), "invalid_client")


@pytest.mark.spec("RFC7521-4.2")
@pytest.mark.parametrize("kind", [None, "", "nope", ASSERTION_TYPE.upper()])
def test_the_assertion_type_must_be_named(party: RelyingParty, kind: str | None) -> None:
    fields = {"grant_type": "client_credentials", "client_assertion": party.assertion()}
    answer = party.post_raw("token", {**fields, "client_assertion_type": kind})
    refusal(answer, "invalid_client")


@pytest.mark.spec("RFC7521-4.2")
def test_a_client_id_beside_the_assertion_must_be_the_same(
    party: RelyingParty, make_relying_party: MakeParty
) -> None:
    other = make_relying_party()
    refusal(present(party, party.assertion(), client_id=other.client_id), "invalid_client")
    assert present(party, party.assertion(), client_id=party.client_id).status == 200


@pytest.mark.spec("OIDCC-9")
def test_a_client_that_registered_a_secret_can_not_use_an_assertion(
    relying_party: RelyingParty, party: RelyingParty
) -> None:
    party.client_id = relying_party.client_id
    refusal(present(party, party.assertion()), "invalid_client")


@pytest.mark.spec("OIDCC-9")
def test_a_client_that_registered_a_key_can_not_use_a_secret(party: RelyingParty) -> None:
    party.auth, party.secret = "client_secret_post", "x"
    refusal(party.post("token", {"grant_type": "client_credentials"}), "invalid_client")
    party.auth = "none"
    refusal(party.post("token", {"grant_type": "client_credentials"}), "invalid_client")

"""RFC 7523 §3, RFC 10070: whom an assertion is from, for whom it is, and for how long."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.assertions import accepted, present
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.spec("RFC7523-3", "OIDCC-9")

MakeParty = Callable[..., RelyingParty]


@pytest.mark.parametrize("typ", ["client-authentication+jwt", "JWT", None])
def test_the_types_clients_write_are_accepted(party: RelyingParty, typ: str | None) -> None:
    assert accepted(present(party, party.assertion(header={"typ": typ})))


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", ""])
def test_an_assertion_of_another_type_is_refused(party: RelyingParty, typ: str) -> None:
    assert not accepted(present(party, party.assertion(header={"typ": typ})))


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "jti"])
def test_an_assertion_without_a_required_claim_is_refused(party: RelyingParty, claim: str) -> None:
    assert not accepted(present(party, party.assertion(**{claim: None})))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"iss": "somebody", "sub": "somebody"},
        {"iss": ""},
        {"sub": ""},
        {"sub": ["client"]},
        {"jti": ""},
        {"jti": 7},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e400},
        {"exp": -1},
        {"aud": ""},
        {"aud": []},
        {"aud": {"issuer": True}},
    ],
    ids=str,
)
def test_an_assertion_with_wrong_claims_is_refused(
    party: RelyingParty, changes: dict[str, Any]
) -> None:
    assert not accepted(present(party, party.assertion(**changes)))


def test_an_assertion_naming_another_client_is_refused(
    make_relying_party: MakeParty, party: RelyingParty
) -> None:
    other = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    assert other.key is party.key, "both hold the same key, so that only the names differ"
    assert not accepted(present(party, party.assertion(iss=other.client_id)))
    assert not accepted(present(party, party.assertion(sub=other.client_id)))


@pytest.mark.spec("RFC10070")
def test_the_issuer_is_the_audience(party: RelyingParty) -> None:
    assert accepted(present(party, party.assertion(aud=party.issuer)))


AUDIENCES: dict[str, Callable[[str], Any]] = {
    "the token endpoint": lambda issuer: f"{issuer}/token",
    "the issuer and the token endpoint": lambda issuer: [issuer, f"{issuer}/token"],
    "the issuer and somebody": lambda issuer: [issuer, "https://attacker.example"],
    "somebody": lambda issuer: "https://attacker.example",
    "the issuer with a slash": lambda issuer: f"{issuer}/",
    "the issuer in capitals": lambda issuer: issuer.upper(),
    "the host": lambda issuer: issuer.removeprefix("https://"),
    "the revocation endpoint": lambda issuer: f"{issuer}/revoke",
    "a longer name": lambda issuer: f"{issuer}.attacker.example",
}


@pytest.mark.spec("RFC10070")
@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_other_audience_and_none_beside_it(party: RelyingParty, audience: str) -> None:
    meant = AUDIENCES[audience](party.issuer)
    assert not accepted(present(party, party.assertion(aud=meant)))


@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("path", ["", "/token"])
def test_the_profile_openid_takes_the_token_endpoint_as_well(
    party: RelyingParty, path: str
) -> None:
    assert accepted(present(party, party.assertion(aud=party.issuer + path)))


@pytest.mark.spec("RFC10070")
@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("audience", [name for name in AUDIENCES if name != "the token endpoint"])
def test_the_profile_openid_takes_nothing_else(party: RelyingParty, audience: str) -> None:
    meant = AUDIENCES[audience](party.issuer)
    assert not accepted(present(party, party.assertion(aud=meant)))


@pytest.mark.parametrize("skew", [-59, 0, 59])
def test_a_clients_clock_may_be_a_minute_off(
    party: RelyingParty, clock: SettableClock, skew: int
) -> None:
    now = clock.now() + skew
    assert accepted(present(party, party.assertion(iat=now, nbf=now, exp=now + 60)))


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": 61},
        {"nbf": 61},
        {"exp": -60},
        {"exp": -3600},
        {"exp": 3661},
        {"exp": 86400},
    ],
    ids=str,
)
def test_an_assertion_outside_its_time_is_refused(
    party: RelyingParty, clock: SettableClock, changes: dict[str, int]
) -> None:
    times: dict[str, Any] = {name: clock.now() + offset for name, offset in changes.items()}
    assert not accepted(present(party, party.assertion(**times)))


@pytest.mark.both_databases
@pytest.mark.parametrize("odd", ["a\0b", "é" * 300, "\u202eabc", "x" * 5000])
def test_an_odd_client_name_in_an_assertion_is_just_unknown(party: RelyingParty, odd: str) -> None:
    assert not accepted(present(party, party.assertion(iss=odd, sub=odd)))
    assert not accepted(present(party, party.assertion(iss=odd)))

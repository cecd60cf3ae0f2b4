"""RFC 7523 §2.2, OpenID Connect Core §9: a client that registered for it proves who it is by an
assertion it signs, at every endpoint, and by nothing else."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.assertions import accepted, present
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, basic, refusal

pytestmark = pytest.mark.spec("RFC7523-3", "OIDCC-9")

MakeParty = Callable[..., RelyingParty]


def test_a_client_id_beside_the_assertion_must_be_the_same(
    party: RelyingParty, relying_party: RelyingParty
) -> None:
    assert accepted(present(party, party.assertion(), client_id=party.client_id))
    other = present(party, party.assertion(), client_id=relying_party.client_id)
    assert not accepted(other)


@pytest.mark.parametrize("type_", [None, "", "urn:ietf:params:oauth:client-assertion-type:saml2"])
def test_another_type_of_assertion_is_refused(party: RelyingParty, type_: str | None) -> None:
    assert not accepted(present(party, party.assertion(), client_assertion_type=type_))


@pytest.mark.parametrize("assertion", [None, "", "no", "a.b", "a.b.c", "..", "é.é.é", "e30.e30."])
def test_what_is_no_assertion_is_refused(party: RelyingParty, assertion: str | None) -> None:
    assert not accepted(present(party, party.assertion(), client_assertion=assertion))


@pytest.mark.spec("RFC6749-2.3")
def test_an_assertion_and_a_secret_at_once_are_refused(party: RelyingParty) -> None:
    answer = present(party, party.assertion(), client_id=party.client_id, client_secret="secret")
    refusal(answer, "invalid_request")


@pytest.mark.spec("RFC6749-2.3")
def test_an_assertion_and_basic_credentials_at_once_are_refused(party: RelyingParty) -> None:
    fields = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    headers = {"Authorization": basic(party.client_id, "secret")}
    sent = {**fields, "client_assertion": party.assertion()}
    refusal(party.post_raw("token", sent, headers=headers), "invalid_request")


def test_a_client_registered_for_assertions_cannot_do_without(party: RelyingParty) -> None:
    fields = {"grant_type": "client_credentials", "client_id": party.client_id}
    refusal(party.post_raw("token", fields), "invalid_client")
    headers = {"Authorization": basic(party.client_id, "")}
    del fields["client_id"]
    refusal(party.post_raw("token", fields, headers=headers), "invalid_client")


def test_a_client_registered_for_a_secret_cannot_use_assertions(
    make_relying_party: MakeParty,
) -> None:
    key = jwt.key_for("ES256")
    party = make_relying_party(jwks=jwt.public_set(key))
    party.key = key
    assert not accepted(present(party, party.assertion()))


@pytest.mark.spec("RFC6749-5.2")
def test_every_refusal_reads_the_same(party: RelyingParty, relying_party: RelyingParty) -> None:
    wrong = [
        party.assertion(aud="https://attacker.example"),
        party.assertion(iss="nobody", sub="nobody"),
        party.assertion(iss=relying_party.client_id, sub=relying_party.client_id),
        jwt.tampered(party.assertion(), jti="other"),
        "no",
    ]
    bodies = {present(party, assertion).body for assertion in wrong}
    assert len(bodies) == 1


@pytest.mark.both_databases
@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize("odd", ["a\0b", "é", "\u202eabc"])
def test_an_odd_client_name_in_basic_credentials_is_just_unknown(
    relying_party: RelyingParty, odd: str
) -> None:
    for credentials in (basic(odd, "secret"), basic(relying_party.client_id, odd)):
        fields = {"grant_type": "client_credentials"}
        headers = {"Authorization": credentials}
        refusal(relying_party.post_raw("token", fields, headers=headers), "invalid_client")


def test_a_disabled_client_cannot_authenticate(provider: Provider, party: RelyingParty) -> None:
    with transaction(provider.engine) as tx:
        clients.disable(tx, party.client_id, provider.clock.now())
    assert not accepted(present(party, party.assertion()))


@pytest.mark.parametrize("endpoint", ["revocation", "introspection"])
def test_assertions_are_accepted_where_the_metadata_says_so(
    party: RelyingParty, endpoint: str
) -> None:
    advertised = party.metadata[f"{endpoint}_endpoint_auth_methods_supported"]
    assert "private_key_jwt" in advertised
    assert party.post(endpoint, {"token": "unknown"}).status == 200


def test_an_assertion_in_the_query_does_not_count(party: RelyingParty) -> None:
    fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": party.assertion()}
    url = f"{party.endpoint('token')}?{wire.encode(fields)}"
    answer = wire.post(party.app, url, {"grant_type": "client_credentials"})
    refusal(answer, "invalid_request")

"""OpenID Connect Core §9, RFC 7523 §3: `client_secret_jwt`, an assertion under the client's
secret. What it has in common with `private_key_jwt` is tried here again under a secret."""

from collections.abc import Callable
from typing import Any

import pytest

from provider.context import Provider
from provider.credentials import client_secret
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt, watching
from tests.support.assertions import accepted, present
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty, basic, refusal

pytestmark = [
    pytest.mark.spec("OIDCC-9", "RFC7523-3"),
    pytest.mark.settings(profile="openid"),
]

MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(token_endpoint_auth_method="client_secret_jwt")


def rotate(provider: Provider, party: RelyingParty, *, overlap: int) -> str:
    """Give a client a new secret as an operator does; the old ones end after `overlap`."""
    now = provider.clock.now()
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
        assert client is not None
        value, kept = client_secret.new(provider.entropy, provider.vault, client, now)
        clients.add_secret(tx, client.client_id, kept)
        ends = now + overlap
        clients.expire_secrets(tx, client.client_id, except_id=kept.id, expires_at=ends)
    return value


@pytest.mark.parametrize("alg", ["HS256", None])
def test_a_client_proves_itself_by_its_secret_without_sending_it(
    make_relying_party: MakeParty, signed_in: Browser, alg: str | None
) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="client_secret_jwt", token_endpoint_auth_signing_alg=alg
    )
    tokens = party.sign_in(signed_in)
    assert party.refresh(tokens.refresh_token).access_token
    assert party.secret
    assert party.secret not in party.assertion()


@pytest.mark.parametrize("endpoint", ["introspection", "revocation"])
def test_it_works_at_every_endpoint_that_lists_it(party: RelyingParty, endpoint: str) -> None:
    assert "client_secret_jwt" in party.metadata[f"{endpoint}_endpoint_auth_methods_supported"]
    assert party.post(endpoint, {"token": "unknown"}).status == 200


@pytest.mark.parametrize("path", ["", "/token"])
def test_it_is_for_the_issuer_or_the_token_endpoint(party: RelyingParty, path: str) -> None:
    assert accepted(present(party, party.assertion(aud=party.issuer + path)))


@pytest.mark.settings(profile="certification", test_issuer=True)
def test_it_is_on_in_the_profile_certification(party: RelyingParty) -> None:
    assert accepted(present(party, party.assertion()))


@pytest.mark.settings(profile="oauth21")
def test_it_is_off_in_the_profile_oauth21(party: RelyingParty) -> None:
    assert "client_secret_jwt" not in party.metadata["token_endpoint_auth_methods_supported"]
    assert not accepted(present(party, party.assertion()))


# -- the secret --------------------------------------------------------------


def test_during_a_rotation_both_secrets_prove_the_client(
    provider: Provider, party: RelyingParty, clock: SettableClock
) -> None:
    first = party.secret
    clock.advance(1)
    second = rotate(provider, party, overlap=60)
    for secret in (first, second):
        party.secret = secret
        assert accepted(present(party, party.assertion()))
    clock.advance(60)
    assert accepted(present(party, party.assertion()))
    party.secret = first
    assert not accepted(present(party, party.assertion()))


@pytest.mark.parametrize(
    "secret", ["", "guessed", "s" * 57, "its client id", "its digest", "the secret of another"]
)
def test_nothing_else_is_its_secret(
    provider: Provider, make_relying_party: MakeParty, party: RelyingParty, secret: str
) -> None:
    other = make_relying_party(token_endpoint_auth_method="client_secret_jwt")
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
    assert client is not None
    key = {
        "its client id": party.client_id.encode(),
        "its digest": client.secrets[0].digest,
        "the secret of another": (other.secret or "").encode(),
    }.get(secret, secret.encode())
    claims = jwt.claims_of(party.assertion())
    assert not accepted(present(party, jwt.keyed_with(key, claims)))


@pytest.mark.parametrize("how", ["basic", "post"])
def test_the_secret_itself_is_not_taken_from_it(party: RelyingParty, how: str) -> None:
    party.auth = f"client_secret_{how}"
    refusal(party.post("token", {"grant_type": "client_credentials"}), "invalid_client")


def test_a_client_that_sends_its_secret_can_not_sign_with_it(
    make_relying_party: MakeParty,
) -> None:
    for method in ("client_secret_basic", "client_secret_post"):
        party = make_relying_party(token_endpoint_auth_method=method)
        assert not accepted(present(party, party.assertion()))
        assert party.client_credentials().access_token


# -- the algorithm -----------------------------------------------------------


@pytest.mark.spec("RFC8725-2.1", "RFC8725-3.1")
@pytest.mark.parametrize("alg", ["none", "None", "HS384", "HS512", "RS256", "", None])
def test_another_algorithm_in_the_header_proves_nothing(
    party: RelyingParty, alg: str | None
) -> None:
    assert not accepted(present(party, party.assertion(header={"alg": alg})))


def test_an_assertion_that_nobody_signed_proves_nothing(party: RelyingParty) -> None:
    assert not accepted(present(party, jwt.unsigned(jwt.claims_of(party.assertion()))))


@pytest.mark.spec("RFC8725-2.1", "RFC8725-3.1")
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "EdDSA"])
def test_a_key_of_the_clients_own_proves_nothing_where_a_secret_is_registered(
    make_relying_party: MakeParty, alg: str
) -> None:
    key = jwt.key_for(alg)
    party = make_relying_party(
        token_endpoint_auth_method="client_secret_jwt", jwks=jwt.public_set(key)
    )
    assert not accepted(present(party, jwt.sign(key, jwt.claims_of(party.assertion()))))
    assert accepted(present(party, party.assertion()))


@pytest.mark.spec("RFC8725-2.1")
@pytest.mark.parametrize(
    "forgery", [name for name in FORGERIES if name.startswith("HS256 keyed with the public key")]
)
@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_public_key_is_never_taken_for_a_secret(
    make_relying_party: MakeParty, alg: str, forgery: str
) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=alg
    )
    assert party.key is not None
    public = dict(jwt.public_set(party.key)["keys"][0])
    assert not accepted(present(party, FORGERIES[forgery](party.assertion(), public)))


def test_a_secret_proves_nothing_where_a_key_is_registered(make_relying_party: MakeParty) -> None:
    """Although this client has a secret as well, for its ID tokens."""
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", id_token_signed_response_alg="HS256"
    )
    assert party.secret
    claims = jwt.claims_of(party.assertion())
    assert not accepted(present(party, jwt.keyed_with(party.secret.encode(), claims)))
    assert accepted(present(party, party.assertion()))


@pytest.mark.parametrize("alg", ["HS512", "RS256", "none"])
def test_an_algorithm_registered_that_is_not_offered_proves_nothing(
    make_relying_party: MakeParty, alg: str
) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="client_secret_jwt", token_endpoint_auth_signing_alg=alg
    )
    for told in ("HS256", alg):
        assert not accepted(present(party, party.assertion(header={"alg": told})))


# -- the claims --------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"iss": None},
        {"aud": None},
        {"aud": "https://attacker.example"},
        {"exp": None},
        {"jti": None},
        {"jti": ""},
    ],
    ids=str,
)
def test_wrong_claims_prove_nothing(party: RelyingParty, changes: dict[str, Any]) -> None:
    assert not accepted(present(party, party.assertion(**changes)))


@pytest.mark.parametrize("offset", [-60, 3661])
def test_it_is_believed_in_its_time_alone(
    party: RelyingParty, clock: SettableClock, offset: int
) -> None:
    assert not accepted(present(party, party.assertion(exp=clock.now() + offset)))


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "logout+jwt"])
def test_another_kind_of_token_proves_nothing(party: RelyingParty, typ: str) -> None:
    assert not accepted(present(party, party.assertion(header={"typ": typ})))


@pytest.mark.spec("RFC8725-3.12")
def test_what_we_signed_under_its_secret_proves_nothing(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="client_secret_jwt",
        id_token_signed_response_alg="HS256",
        userinfo_signed_response_alg="HS256",
        introspection_signed_response_alg="HS256",
    )
    tokens = party.sign_in(signed_in)
    answers = (
        tokens.id_token,
        party.userinfo_raw(tokens.access_token).text,
        party.post("introspection", {"token": tokens.access_token}).text,
    )
    for token in answers:
        assert jwt.header_of(token)["alg"] == "HS256"
        assert not accepted(present(party, token))


# -- once --------------------------------------------------------------------


def test_it_works_once(party: RelyingParty) -> None:
    assertion = party.assertion()
    assert accepted(present(party, assertion))
    assert not accepted(present(party, assertion))


@pytest.mark.both_databases
def test_of_ten_parallel_uses_one_succeeds(party: RelyingParty) -> None:
    assertion = party.assertion()
    assert party.metadata, "known before the race"
    answers = watching.at_once(lambda: present(party, assertion), 10)
    assert sorted(accepted(answer) for answer in answers) == [False] * 9 + [True]


@pytest.mark.spec("RFC6749-2.3")
def test_a_secret_beside_it_is_a_second_way(party: RelyingParty) -> None:
    assert party.secret
    sent = {"client_id": party.client_id, "client_secret": party.secret}
    refusal(present(party, party.assertion(), **sent), "invalid_request")
    fields = dict(party.credentials()[0], grant_type="client_credentials")
    headers = {"Authorization": basic(party.client_id, party.secret)}
    refusal(party.post_raw("token", fields, headers=headers), "invalid_request")


@pytest.mark.spec("RFC6749-5.2")
def test_every_refusal_reads_the_same(party: RelyingParty) -> None:
    claims = jwt.claims_of(party.assertion())
    wrong = [
        jwt.keyed_with(b"guessed", claims),
        jwt.unsigned(claims),
        party.assertion(iss="nobody", sub="nobody"),
        jwt.tampered(party.assertion(), jti="other"),
    ]
    assert len({present(party, assertion).body for assertion in wrong}) == 1

"""RFC 6749 §2.3: a client proves who it is, by one method, and every failure reads the same."""

from base64 import b64encode
from collections.abc import Callable, Mapping

import pytest

from provider.context import Provider
from provider.credentials import opaque
from provider.model.account import Account
from provider.model.client import ClientSecret
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import make_client, native, public
from tests.support.relying_party import RelyingParty, basic, refusal
from tests.support.wire import Answer

CREDENTIALS_GRANT = {"grant_type": "client_credentials"}
MakeParty = Callable[..., RelyingParty]


def ask(
    party: RelyingParty, fields: Mapping[str, str], authorization: str | None = None
) -> Answer:
    headers = {"Authorization": authorization} if authorization is not None else {}
    return party.post_raw("token", {**CREDENTIALS_GRANT, **fields}, headers=headers)


def basic_of(raw: str | bytes) -> str:
    return "Basic " + b64encode(raw.encode() if isinstance(raw, str) else raw).decode()


@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_confidential_client_authenticates_with_its_secret(
    make_relying_party: MakeParty, method: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    assert party.client_credentials().access_token


@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize("secret", ["a:b+c%d&e/f =g", "pass wörd €", "%41+%2B", ":" * 30])
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_no_character_of_a_secret_is_lost(
    provider: Provider, clock: SettableClock, relying_party: RelyingParty, secret: str, method: str
) -> None:
    made = make_client(provider, f"odd client:{method}+%", token_endpoint_auth_method=method)
    kept = ClientSecret(id="chosen", digest=opaque.digest(secret), created_at=clock.now())
    with transaction(provider.engine) as tx:
        clients.add_secret(tx, made.client.client_id, kept)
    relying_party.client_id, relying_party.secret = made.client.client_id, secret
    relying_party.auth = method
    assert relying_party.client_credentials().access_token


@pytest.mark.spec("RFC6749-2.3.1")
def test_basic_credentials_sent_with_percent_encoded_spaces_are_understood(
    provider: Provider, clock: SettableClock, relying_party: RelyingParty
) -> None:
    kept = ClientSecret(id="chosen", digest=opaque.digest("a b"), created_at=clock.now())
    with transaction(provider.engine) as tx:
        clients.add_secret(tx, relying_party.client_id, kept)
    answer = ask(relying_party, {}, basic_of(f"{relying_party.client_id}:a%20b"))
    assert answer.status == 200


@pytest.mark.spec("RFC6749-2.3")
def test_two_methods_at_once_are_refused(relying_party: RelyingParty) -> None:
    secret = str(relying_party.secret)
    answer = ask(
        relying_party,
        {"client_id": relying_party.client_id, "client_secret": secret},
        basic(relying_party.client_id, secret),
    )
    refusal(answer, "invalid_request")


@pytest.mark.spec("RFC6749-2.3")
def test_an_assertion_beside_a_secret_is_refused(make_relying_party: MakeParty) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    fields, _ = party.credentials()
    refusal(ask(party, {**fields, "client_secret": "x"}), "invalid_request")
    refusal(ask(party, fields, basic(party.client_id, "x")), "invalid_request")


@pytest.mark.spec("RFC6749-2.3.1")
def test_the_client_id_in_the_body_may_repeat_the_one_in_the_header(
    relying_party: RelyingParty,
) -> None:
    header = basic(relying_party.client_id, str(relying_party.secret))
    assert ask(relying_party, {"client_id": relying_party.client_id}, header).status == 200


@pytest.mark.spec("RFC6749-2.3.1")
def test_the_client_id_of_another_client_in_the_body_is_refused(
    make_relying_party: MakeParty,
) -> None:
    mine, other = make_relying_party(), make_relying_party()
    header = basic(mine.client_id, str(mine.secret))
    refusal(ask(mine, {"client_id": other.client_id}, header), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
def test_a_secret_in_the_query_is_refused(relying_party: RelyingParty) -> None:
    credentials = f"client_id={relying_party.client_id}&client_secret={relying_party.secret}"
    url = f"{relying_party.endpoint('token')}?{credentials}"
    answer = wire.post(relying_party.app, url, CREDENTIALS_GRANT)
    refusal(answer, "invalid_request")


@pytest.mark.spec("RFC6749-2.3")
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_a_confidential_client_does_not_pass_by_its_name_alone(
    relying_party: RelyingParty, endpoint: str
) -> None:
    fields = {**CREDENTIALS_GRANT, "token": "x", "client_id": relying_party.client_id}
    refusal(relying_party.post_raw(endpoint, fields), "invalid_client")


@pytest.mark.spec("RFC6749-2.3")
@pytest.mark.parametrize("endpoint", ["token", "introspection", "revocation"])
def test_a_confidential_client_with_an_empty_secret_does_not_pass(
    relying_party: RelyingParty, endpoint: str
) -> None:
    fields = {**CREDENTIALS_GRANT, "token": "x"}
    body = {**fields, "client_id": relying_party.client_id, "client_secret": ""}
    refusal(relying_party.post_raw(endpoint, body), "invalid_client")
    header = {"Authorization": basic(relying_party.client_id, "")}
    refusal(relying_party.post_raw(endpoint, fields, headers=header), "invalid_client")


@pytest.mark.spec("RFC6749-2.3")
def test_a_public_client_does_not_pass_with_a_secret(public_party: RelyingParty) -> None:
    for secret in ("", "x"):
        header = basic(public_party.client_id, secret)
        refusal(ask(public_party, {}, header), "invalid_client")
    fields = {"client_id": public_party.client_id, "client_secret": "x"}
    refusal(ask(public_party, fields), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize(
    ("registered", "used"),
    [
        ("client_secret_basic", "client_secret_post"),
        ("client_secret_post", "client_secret_basic"),
    ],
)
def test_a_method_that_the_client_did_not_register_is_refused(
    make_relying_party: MakeParty, registered: str, used: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=registered)
    party.auth = used
    refusal(party.post("token", CREDENTIALS_GRANT), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize("used", ["client_secret_basic", "client_secret_post"])
def test_an_operator_may_let_a_client_use_either_secret_method(
    make_relying_party: MakeParty, used: str
) -> None:
    party = make_relying_party(policy={"allow_any_auth_method": True})
    party.auth = used
    assert party.client_credentials().access_token


@pytest.mark.spec("RFC6749-5.2")
def test_an_unknown_client_and_a_wrong_secret_can_not_be_told_apart(
    relying_party: RelyingParty,
) -> None:
    wrong = ask(relying_party, {}, basic(relying_party.client_id, "wrong"))
    unknown = ask(relying_party, {}, basic("nobody", "wrong"))
    foreign = ask(relying_party, {}, basic(relying_party.client_id + "x", "wrong"))
    assert refusal(wrong, "invalid_client") == refusal(unknown, "invalid_client")
    assert wrong.body == unknown.body == foreign.body
    varying = {"Signet-Reference"}
    assert [field for field in wrong.fields if field[0] not in varying] == [
        field for field in unknown.fields if field[0] not in varying
    ]


@pytest.mark.spec("RFC6749-5.2")
def test_a_failed_authentication_is_answered_with_a_challenge(relying_party: RelyingParty) -> None:
    answer = ask(relying_party, {}, basic(relying_party.client_id, "wrong"))
    refusal(answer, "invalid_client", 401)
    assert str(answer.header("WWW-Authenticate")).startswith("Basic ")


@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        basic_of("no colon at all"),
        basic_of(b"\xff\xfe:\xff"),
        basic_of("client%zz:%zz"),
        basic_of("%ff%fe:%ff"),
        basic_of("a\x00b:c"),
        "Bearer abc",
        "Digest username=x",
        "Basic " + "A" * 20_000,
    ],
)
def test_malformed_credentials_are_refused(relying_party: RelyingParty, header: str) -> None:
    refusal(ask(relying_party, {}, header), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
def test_the_name_of_the_scheme_is_not_case_sensitive(relying_party: RelyingParty) -> None:
    header = basic(relying_party.client_id, str(relying_party.secret))
    for spelling in ("basic", "BASIC"):
        assert ask(relying_party, {}, header.replace("Basic", spelling)).status == 200


@pytest.mark.spec("RFC6749-2.3.1")
def test_a_client_id_is_compared_exactly(relying_party: RelyingParty) -> None:
    secret = str(relying_party.secret)
    for spelling in (relying_party.client_id.upper(), f" {relying_party.client_id}"):
        refusal(ask(relying_party, {}, basic(spelling, secret)), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
@pytest.mark.parametrize("change", ["longer", "shorter", "upper", "space"])
def test_a_secret_is_compared_exactly(relying_party: RelyingParty, change: str) -> None:
    secret = str(relying_party.secret)
    wrong = {
        "longer": secret + "A",
        "shorter": secret[:-1],
        "upper": secret.upper(),
        "space": secret + " ",
    }[change]
    refusal(ask(relying_party, {}, basic(relying_party.client_id, wrong)), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
def test_two_secrets_work_while_a_client_rotates_and_the_old_one_ends(
    provider: Provider, clock: SettableClock, relying_party: RelyingParty
) -> None:
    old = str(relying_party.secret)
    new = ClientSecret(id="new", digest=opaque.digest("the new one"), created_at=clock.now())
    with transaction(provider.engine) as tx:
        clients.add_secret(tx, relying_party.client_id, new)
        clients.expire_secrets(
            tx, relying_party.client_id, except_id="new", expires_at=clock.now() + 3600
        )
    for secret in (old, "the new one"):
        assert ask(relying_party, {}, basic(relying_party.client_id, secret)).status == 200
    clock.advance(3600)
    refusal(ask(relying_party, {}, basic(relying_party.client_id, old)), "invalid_client")
    assert ask(relying_party, {}, basic(relying_party.client_id, "the new one")).status == 200


@pytest.mark.spec("RFC6749-2.3")
def test_a_disabled_client_can_not_authenticate(
    provider: Provider, clock: SettableClock, relying_party: RelyingParty
) -> None:
    with transaction(provider.engine) as tx:
        clients.disable(tx, relying_party.client_id, clock.now())
    refusal(relying_party.post("token", CREDENTIALS_GRANT), "invalid_client")


@pytest.mark.spec("RFC6749-2.3.1")
def test_guessing_from_elsewhere_does_not_lock_the_client_out(relying_party: RelyingParty) -> None:
    for guess in range(50):
        header = {"Authorization": basic(relying_party.client_id, f"guess {guess}")}
        answer = relying_party.post_raw(
            "token", CREDENTIALS_GRANT, headers=header, address="192.0.2.66"
        )
        assert answer.status in (401, 429)
        assert answer.header("WWW-Authenticate") or answer.header("Retry-After")
    assert relying_party.client_credentials().access_token


@pytest.mark.spec("RFC6749-2.3.2")
def test_methods_that_are_not_offered_prove_nothing(relying_party: RelyingParty) -> None:
    offered = relying_party.metadata["token_endpoint_auth_methods_supported"]
    assert not {"tls_client_auth", "self_signed_tls_client_auth", "client_secret_jwt"} & {*offered}
    headers = {"X-Client-Cert": "MIIB", "X-SSL-Client-Verify": "SUCCESS", "Client-Cert": ":MIIB:"}
    fields = {**CREDENTIALS_GRANT, "client_id": relying_party.client_id}
    refusal(relying_party.post_raw("token", fields, headers=headers), "invalid_client")


@pytest.mark.spec("RFC6749-3.2.1")
@pytest.mark.parametrize("kind", [public, native])
def test_a_public_client_names_itself_in_the_body(
    make_relying_party: MakeParty, account: Account, signed_in: Browser, kind: MakeParty
) -> None:
    party = make_relying_party(**kind())  # type: ignore[arg-type]
    assert party.sign_in(signed_in).access_token


@pytest.mark.spec("RFC6749-3.2.1")
def test_a_public_client_that_does_not_name_itself_is_refused(
    public_party: RelyingParty, signed_in: Browser
) -> None:
    grant = public_party.authorize(signed_in)
    refusal(public_party.redeem_raw(grant, client_id=None), "invalid_client")
    assert public_party.redeem(grant).access_token

"""RFC 6749 §6: refreshing, apart from rotation (RFC 9700 §4.14)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from provider.context import Provider
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, public
from tests.support.relying_party import RelyingParty, Tokens, refusal

MakeParty = Callable[..., RelyingParty]
OTHER = "https://api.example/other"


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in, scope="openid profile offline_access notes:read")


@pytest.mark.spec("RFC6749-6")
@pytest.mark.both_databases
def test_a_refresh_token_turns_into_new_tokens(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(3600)
    newer = relying_party.refresh(tokens.refresh_token)
    assert newer.access_token != tokens.access_token
    assert newer.scope == tokens.scope
    assert relying_party.is_accepted(newer.access_token)


@pytest.mark.spec("RFC6749-6")
def test_the_scope_may_be_narrowed_and_comes_back_later(
    relying_party: RelyingParty, tokens: Tokens
) -> None:
    narrow = relying_party.refresh(tokens.refresh_token, scope="openid")
    assert narrow.scope == {"openid"}
    assert jwt.claims_of(narrow.access_token)["scope"] == "openid"
    assert "name" not in relying_party.userinfo(narrow)
    assert relying_party.refresh(narrow.refresh_token).scope == tokens.scope


@pytest.mark.spec("RFC6749-6")
@pytest.mark.parametrize(
    "scope", ["openid email", "openid profile offline_access notes:read notes:write", "nope"]
)
def test_the_scope_is_never_widened_and_a_refused_try_costs_nothing(
    relying_party: RelyingParty, tokens: Tokens, scope: str
) -> None:
    refusal(relying_party.refresh_raw(tokens.refresh_token, scope=scope), "invalid_scope")
    assert relying_party.refresh(tokens.refresh_token).scope == tokens.scope


@pytest.mark.spec("RFC6749-6", "RFC8707-2.2")
def test_the_resource_may_be_narrowed_and_never_changed(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"resources": (API, OTHER)})
    tokens = party.sign_in(signed_in, scope="offline_access notes:read", resource=[API])
    assert jwt.claims_of(tokens.access_token)["aud"] == API
    refusal(party.refresh_raw(tokens.refresh_token, resource=OTHER), "invalid_target")
    refusal(party.refresh_raw(tokens.refresh_token, resource=[API, OTHER]), "invalid_target")
    newer = party.refresh(tokens.refresh_token, resource=API)
    assert jwt.claims_of(newer.access_token)["aud"] == API


@pytest.mark.spec("RFC6749-6", "RFC6749-10.4")
@pytest.mark.parametrize("kind", [dict, public])
def test_another_clients_refresh_token_is_refused_and_stays_its_owners(
    relying_party: RelyingParty, make_relying_party: MakeParty, tokens: Tokens, kind: MakeParty
) -> None:
    thief = make_relying_party(**kind())  # type: ignore[arg-type]
    refusal(thief.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert relying_party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC6749-6")
def test_another_clients_old_refresh_token_ends_nothing(
    relying_party: RelyingParty, make_relying_party: MakeParty, tokens: Tokens
) -> None:
    newest = relying_party.refresh(relying_party.refresh(tokens.refresh_token).refresh_token)
    refusal(make_relying_party().refresh_raw(tokens.refresh_token), "invalid_grant")
    assert relying_party.is_accepted(newest.access_token)
    assert relying_party.refresh(newest.refresh_token).access_token


@pytest.mark.spec("RFC6749-6")
def test_a_confidential_client_must_authenticate_and_a_failed_try_costs_nothing(
    relying_party: RelyingParty, tokens: Tokens
) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    named = {**fields, "client_id": relying_party.client_id}
    refusal(relying_party.post_raw("token", named), "invalid_client")
    refusal(relying_party.post_raw("token", fields), "invalid_client")
    assert relying_party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC6749-5.2")
def test_a_client_that_lost_the_grant_type_is_refused(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    with transaction(provider.engine) as tx:
        client = clients.find(tx, relying_party.client_id)
        assert client is not None
        lesser = replace(client, grant_types=("authorization_code",))
        clients.replace(tx, lesser, clock.now())
    refusal(relying_party.refresh_raw(tokens.refresh_token), "unauthorized_client")


@pytest.mark.spec("RFC6749-6", "RFC6749-10.4")
@pytest.mark.parametrize(
    "value",
    [
        "nope",
        "signet_rt_",
        "signet_rt_.",
        "signet_rt_x.AAAA",
        "signet_rt_" + "A" * 300,
        "signet_rt_\u00e9.AAAA",
        "A" * 20_000,
        "..",
    ],
)
def test_a_string_we_never_issued_is_refused(relying_party: RelyingParty, value: str) -> None:
    body = refusal(relying_party.refresh_raw(value), "invalid_grant")
    assert body["error_uri"].endswith("/errors/unknown_token")


@pytest.mark.spec("RFC6749-10.4")
def test_a_changed_refresh_token_is_refused_and_the_right_one_still_works(
    relying_party: RelyingParty, tokens: Tokens
) -> None:
    right = tokens.refresh_token
    head, _, encoded = right.rpartition(".")
    for position in (0, 5, 23, 40, len(encoded) - 1):
        other = "A" if encoded[position] != "A" else "B"
        changed = f"{head}.{encoded[:position]}{other}{encoded[position + 1 :]}"
        refusal(relying_party.refresh_raw(changed), "invalid_grant")
    for changed in (right + "A", right + "=", right[:-1], " " + right, right.upper()):
        refusal(relying_party.refresh_raw(changed), "invalid_grant")
    assert relying_party.refresh(right).access_token


@pytest.mark.spec("RFC6749-6")
def test_other_tokens_are_no_refresh_tokens(relying_party: RelyingParty, tokens: Tokens) -> None:
    for value in (tokens.access_token, tokens.id_token):
        refusal(relying_party.refresh_raw(value), "invalid_grant")
    assert relying_party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC6749-6")
def test_a_request_without_a_refresh_token_is_refused(relying_party: RelyingParty) -> None:
    refusal(relying_party.post("token", {"grant_type": "refresh_token"}), "invalid_request")
    refusal(relying_party.refresh_raw(""), "invalid_request")

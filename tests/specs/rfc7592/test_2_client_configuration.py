"""RFC 7592 §2: a client reads, replaces and deletes what it registered."""

from typing import Any

import pytest

from provider.context import Provider
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.registering import CALLBACK, Registrar, at_work, metadata
from tests.support.relying_party import RelyingParty, refusal

pytestmark = pytest.mark.settings(profile="openid", registration={"mode": "open"})


@pytest.fixture
def registered(registrar: Registrar) -> dict[str, Any]:
    return registrar.register(grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def party(registrar: Registrar, registered: dict[str, Any], clock: SettableClock) -> RelyingParty:
    """The registered application at work."""
    return at_work(registrar, clock, registered)


def full(registered: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a replacement that keeps the client id."""
    return metadata(client_id=registered["client_id"], **changes)


@pytest.mark.spec("RFC7592-2.1", "RFC7592-3")
def test_reading_returns_what_is_registered_but_no_secret(
    registrar: Registrar, registered: dict[str, Any]
) -> None:
    answer = registrar.manage("GET", registered)
    assert (answer.status, answer.is_no_store) == (200, True)
    secret = {"client_secret", "client_secret_expires_at"}
    assert answer.json == {name: registered[name] for name in set(registered) - secret}


@pytest.mark.spec("RFC7592-2.1", "RFC6750-3")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("token", ["wrong", "", None])
def test_without_the_token_nothing_can_be_done(
    registrar: Registrar, registered: dict[str, Any], method: str, token: str | None
) -> None:
    answer = registrar.manage(method, registered, token=token)
    assert answer.status == 401
    assert (answer.header("WWW-Authenticate") or "").startswith("Bearer ")
    assert registrar.manage("GET", registered).status == 200


@pytest.mark.spec("RFC7592-2.1")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_token_of_another_client_opens_nothing(
    registrar: Registrar, registered: dict[str, Any], method: str
) -> None:
    other = registrar.register()
    token = other["registration_access_token"]
    refusal(registrar.manage(method, registered, token=token), "invalid_token")
    assert registrar.manage("GET", registered).status == 200


@pytest.mark.both_databases
@pytest.mark.spec("RFC7592-2.2")
def test_replacing_replaces_everything(registrar: Registrar, registered: dict[str, Any]) -> None:
    answer = registrar.manage("PUT", registered, full(registered, client_name="Diary"))
    assert answer.status == 200
    assert answer.json["client_name"] == "Diary"
    assert answer.json["grant_types"] == ["authorization_code"]
    assert registrar.manage("GET", registered).json == answer.json


@pytest.mark.spec("RFC7592-2.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": None}, {"client_id": "other"}, {"registration_access_token": "x"},
        {"registration_client_uri": "x"}, {"client_secret_expires_at": 0},
        {"client_id_issued_at": 0}, {"client_secret": "chosen"}, {"client_secret": 1},
    ],
)  # fmt: skip
def test_what_the_server_decides_can_not_be_replaced(
    registrar: Registrar, registered: dict[str, Any], changes: dict[str, Any]
) -> None:
    sent = {**full(registered, client_name="Diary"), **changes}
    refusal(registrar.manage("PUT", registered, sent), "invalid_request")
    assert registrar.manage("GET", registered).json["client_name"] == "Notes"


@pytest.mark.spec("RFC7592-2.2")
def test_a_replacement_obeys_the_rules_of_a_registration(
    registrar: Registrar, registered: dict[str, Any]
) -> None:
    bad = full(registered, redirect_uris=[CALLBACK + "#x"])
    refusal(registrar.manage("PUT", registered, bad), "invalid_redirect_uri")
    bad = full(registered, subject_type="nonsense")
    refusal(registrar.manage("PUT", registered, bad), "invalid_client_metadata")


@pytest.mark.spec("RFC7592-2.2")
def test_the_secret_stays_until_the_client_needs_none(
    registrar: Registrar, registered: dict[str, Any], signed_in: Browser, party: RelyingParty
) -> None:
    sent = full(registered, client_secret=registered["client_secret"])
    assert "client_secret" not in registrar.manage("PUT", registered, sent).json
    assert party.sign_in(signed_in).access_token
    public = full(registered, token_endpoint_auth_method="none")
    assert registrar.manage("PUT", registered, public).status == 200
    again = registrar.manage("PUT", registered, full(registered)).json
    assert again["client_secret"] != registered["client_secret"]
    assert again["client_secret_expires_at"] == 0


@pytest.mark.both_databases
@pytest.mark.spec("RFC7592-2.3")
def test_deleting_ends_everything(
    registrar: Registrar, registered: dict[str, Any], signed_in: Browser, party: RelyingParty
) -> None:
    tokens = party.sign_in(signed_in)
    assert registrar.manage("DELETE", registered).status == 204
    for method in ("GET", "PUT", "DELETE"):
        refusal(registrar.manage(method, registered), "invalid_token")
    answer = party.post(
        "token", {"grant_type": "refresh_token", "refresh_token": tokens.body["access_token"]}
    )
    refusal(answer, "invalid_client")


@pytest.mark.spec("RFC7592-2.1")
def test_a_disabled_client_manages_nothing(
    registrar: Registrar, registered: dict[str, Any], provider: Provider, clock: SettableClock
) -> None:
    with transaction(provider.engine) as tx:
        clients.disable(tx, registered["client_id"], clock.now())
    refusal(registrar.manage("GET", registered), "invalid_token")


@pytest.mark.parametrize("path", ["/register/", "/register/unknown", "/register/a/b"])
def test_an_address_of_nobody_says_nothing(registrar: Registrar, path: str) -> None:
    answer = registrar.send("GET", registrar.issuer + path, None, "x")
    assert answer.status == (404 if path.endswith("/b") else 401)


@pytest.mark.spec("RFC7591-2", "RFC7592-2.1")
def test_what_we_note_about_a_client_is_neither_registered_nor_told(registrar: Registrar) -> None:
    noted = {
        "version": 7, "updated_at": 5, "created_at": 5, "registered_by": "operator", "used_at": 1,
        "dynamic": False, "status": [1, 2], "disabled_at": 1, "policy": {"consent": "implied"},
    }  # fmt: skip
    registered = registrar.register(**noted)
    assert not set(noted) & set(registered)
    assert not set(noted) & set(registrar.manage("GET", registered).json)

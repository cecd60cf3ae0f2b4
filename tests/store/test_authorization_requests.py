import pytest

from provider.model.authorization_request import StoredRequest
from provider.model.shown import Shown
from provider.store import authorization_requests
from provider.store.unit_of_work import Transaction
from tests.store.arrange import BROWSER, HOUR, NOW, PARAMETERS, add_client, add_request, digest

HANDLE = digest("handle")
SHOWN = Shown(client={"client_name": "ü\u2028"}, scopes=("openid",), claims=("name",))


def find(tx: Transaction, handle: bytes = HANDLE) -> StoredRequest:
    found = authorization_requests.find(tx, handle)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def app(tx: Transaction) -> None:
    add_client(tx)


def test_a_request_comes_back_as_it_came(tx: Transaction) -> None:
    add_request(tx)
    assert find(tx) == StoredRequest(
        digest=HANDLE,
        browser_digest=BROWSER,
        client_id="app",
        parameters=PARAMETERS,
        authenticated_session_id=None,
        consented_session_id=None,
        expires_at=NOW + HOUR,
        finished_at=None,
    )


def test_an_unknown_handle_finds_nothing(tx: Transaction) -> None:
    add_request(tx)
    assert authorization_requests.find(tx, digest("other")) is None


def test_a_request_is_finished_once(tx: Transaction) -> None:
    add_request(tx)
    assert authorization_requests.finish(tx, HANDLE, NOW + 1)
    assert not authorization_requests.finish(tx, HANDLE, NOW + 2)
    assert find(tx).finished_at == NOW + 1


def test_finishing_one_request_leaves_another_tab_alone(tx: Transaction) -> None:
    add_request(tx)
    add_request(tx, "other tab")
    authorization_requests.finish(tx, HANDLE, NOW)
    assert find(tx, digest("other tab")).finished_at is None
    assert not authorization_requests.finish(tx, digest("unknown"), NOW)


def test_signing_in_and_consenting_are_noted_on_one_request(tx: Transaction) -> None:
    add_request(tx)
    add_request(tx, "other tab")
    authorization_requests.mark_authenticated(tx, HANDLE, "session")
    authorization_requests.mark_consented(tx, HANDLE, "session", SHOWN)
    found, other = find(tx), find(tx, digest("other tab"))
    assert (found.authenticated_session_id, found.consented_session_id) == ("session", "session")
    assert (found.shown, other.shown) == (SHOWN, None)
    assert (other.authenticated_session_id, other.consented_session_id) == (None, None)


def test_signing_in_again_asks_for_consent_again(tx: Transaction) -> None:
    add_request(tx)
    authorization_requests.mark_consented(tx, HANDLE, "first", SHOWN)
    authorization_requests.mark_authenticated(tx, HANDLE, "second")
    found = find(tx)
    assert (found.authenticated_session_id, found.consented_session_id) == ("second", None)
    assert found.shown is None


def test_nothing_is_noted_on_a_finished_request(tx: Transaction) -> None:
    add_request(tx)
    authorization_requests.finish(tx, HANDLE, NOW)
    authorization_requests.mark_authenticated(tx, HANDLE, "session")
    authorization_requests.mark_consented(tx, HANDLE, "session", SHOWN)
    found = find(tx)
    assert (found.authenticated_session_id, found.consented_session_id) == (None, None)

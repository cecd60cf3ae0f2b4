"""draft-ietf-oauth-status-list-21 §5: the signed token that carries a list."""

import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.store.unit_of_work import transaction
from tests.specs.status_list.conftest import Operate
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, Tokens
from tests.support.status_lists import INVALID, VALID, ResourceServer, entry, reference_of

pytestmark = pytest.mark.spec("TSL-5.1")

HOUR = 3600


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


@pytest.fixture
def uri(tokens: Tokens) -> str:
    return str(reference_of(tokens.access_token)["uri"])


def test_it_says_who_signed_what_when_and_for_how_long(
    api: ResourceServer, uri: str, clock: SettableClock
) -> None:
    claims = api.fetch(uri)
    assert set(claims) == {"iss", "sub", "iat", "exp", "ttl", "status_list"}
    assert (claims["iss"], claims["sub"], claims["ttl"]) == (api.issuer, uri, 5)
    assert claims["iat"] == clock.now()
    assert HOUR // 2 < claims["exp"] - clock.now() <= HOUR
    assert set(claims["status_list"]) == {"bits", "lst", "aggregation_uri"}
    assert claims["status_list"]["bits"] == 2


@pytest.mark.settings(status_lists={"ttl": "20s", "lifetime": "10m"})
def test_an_operator_decides_how_long_it_lives_and_how_often_it_is_asked_for(
    api: ResourceServer, uri: str, clock: SettableClock
) -> None:
    claims = api.fetch(uri)
    assert claims["ttl"] == 20
    assert 300 < claims["exp"] - clock.now() <= 600


def test_it_is_signed_with_an_asymmetric_key_that_is_published(
    api: ResourceServer, uri: str
) -> None:
    header = jwt.header_of(api.fetch_raw(uri).text)
    assert (header["typ"], header["alg"]) == ("statuslist+jwt", "ES256")
    assert header["kid"] in {
        key["kid"] for key in wire.get(api.app, f"{api.issuer}/jwks").json["keys"]
    }


@pytest.mark.settings(keys={"access_token_alg": "EdDSA"})
def test_it_is_signed_as_access_tokens_are(api: ResourceServer, uri: str) -> None:
    assert jwt.header_of(api.fetch_raw(uri).text)["alg"] == "EdDSA"


def test_it_is_no_access_token(api: ResourceServer, uri: str, relying_party: RelyingParty) -> None:
    token = api.fetch_raw(uri).text
    assert relying_party.userinfo_raw(token).status == 401
    assert relying_party.introspect(token) == {"active": False}


def test_it_is_signed_once_while_nothing_changes(
    api: ResourceServer, uri: str, clock: SettableClock
) -> None:
    first = api.fetch_raw(uri).text
    clock.advance(60)
    assert api.fetch_raw(uri).text == first


def test_it_is_signed_anew_when_half_its_life_has_passed(
    api: ResourceServer, uri: str, clock: SettableClock
) -> None:
    for _ in range(10):
        assert api.fetch(uri)["exp"] - clock.now() > HOUR // 2
        clock.advance(HOUR // 5)


def test_it_is_signed_anew_when_its_key_is_retired(
    api: ResourceServer, uri: str, provider: Provider, clock: SettableClock, operate: Operate
) -> None:
    kid = jwt.header_of(api.fetch_raw(uri).text)["kid"]
    operate(lambda ctx: provider.keyring.rotate(ctx.tx, ctx.now, "ES256", immediately=True))
    clock.advance(120)
    api.fetch(uri)
    operate(lambda ctx: provider.keyring.retire(ctx.tx, ctx.now, kid))
    clock.advance(1)
    api.fetch(uri)
    assert jwt.header_of(api.fetch_raw(uri).text)["kid"] != kid


@pytest.mark.both_databases
def test_what_is_known_is_served_without_the_database_until_it_expires_and_then_nothing(
    api: ResourceServer,
    uri: str,
    tokens: Tokens,
    provider: Provider,
    clock: SettableClock,
    relying_party: RelyingParty,
) -> None:
    relying_party.revoke(tokens.refresh_token)
    clock.advance(1)
    claims = api.fetch(uri)
    _take_away(provider)
    clock.advance(1)
    while clock.now() < claims["exp"]:
        served = api.fetch(uri)
        assert served["exp"] == claims["exp"]
        assert entry(served, reference_of(tokens.access_token)["idx"]) == INVALID
        clock.advance(301)
    answer = api.fetch_raw(uri)
    assert (answer.status, answer.header("Retry-After")) == (503, "1")
    assert answer.is_no_store


def test_a_process_that_never_read_a_list_serves_none(
    api: ResourceServer, provider: Provider
) -> None:
    _take_away(provider)
    assert api.fetch_raw(f"{api.issuer}/status-lists/1").status == 503
    assert api.fetch_raw(f"{api.issuer}/status-lists").status == 503


def test_an_entry_is_forgotten_when_no_token_can_name_it_any_more(
    api: ResourceServer,
    uri: str,
    tokens: Tokens,
    provider: Provider,
    clock: SettableClock,
    relying_party: RelyingParty,
) -> None:
    index = reference_of(tokens.access_token)["idx"]
    relying_party.revoke(tokens.refresh_token)
    clock.advance(86400)
    assert entry(api.fetch(uri), index) == INVALID
    clock.advance(700)
    assert entry(api.fetch(uri), index) == VALID
    relying_party.client_credentials()
    with transaction(provider.engine) as tx:
        assert tx.execute(sa.text("SELECT count(*) FROM token_status")).scalar() == 0


def _take_away(provider: Provider) -> None:
    """Let the database answer nothing any more."""

    def refuse(*_: object) -> None:
        raise sa.exc.OperationalError("no", {}, Exception("the database is away"))

    for engine in (provider.engine, provider.looks):
        sa.event.listen(engine, "before_cursor_execute", refuse)

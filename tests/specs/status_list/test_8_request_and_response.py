"""draft-ietf-oauth-status-list-21 §8: how a list is asked for and answered."""

import flask
import pytest

from provider.context import Provider
from tests.support import watching, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.status_lists import (
    INVALID,
    MEDIA_TYPE,
    ResourceServer,
    entry,
    reference_of,
)

pytestmark = pytest.mark.spec("TSL-8.1")


@pytest.fixture
def token(relying_party: RelyingParty, signed_in: Browser) -> str:
    return relying_party.sign_in(signed_in).access_token


@pytest.fixture
def uri(token: str) -> str:
    return str(reference_of(token)["uri"])


@pytest.mark.parametrize(
    "accept",
    [
        MEDIA_TYPE,
        MEDIA_TYPE.upper(),
        "*/*",
        "application/*",
        f"application/statuslist+cwt, {MEDIA_TYPE};q=0.1",
        f"text/html;q=0.9, {MEDIA_TYPE};q=0.8, */*;q=0",
    ],
)
@pytest.mark.spec("TSL-8.2")
def test_it_comes_as_its_own_media_type(api: ResourceServer, uri: str, accept: str) -> None:
    answer = api.fetch_raw(uri, Accept=accept)
    assert (answer.status, answer.content_type) == (200, MEDIA_TYPE)


def test_who_says_nothing_gets_it_too(app: flask.Flask, uri: str) -> None:
    assert wire.get(app, uri).content_type == MEDIA_TYPE


@pytest.mark.parametrize(
    "accept",
    [
        "application/statuslist+cwt",
        "text/html",
        "application/json",
        "application/jwt",
        f"{MEDIA_TYPE};q=0",
        f"*/*, {MEDIA_TYPE};q=0",
        "text/*",
        "*/*;q=0",
        "nonsense",
    ],
)
def test_who_does_not_accept_it_is_told_so(api: ResourceServer, uri: str, accept: str) -> None:
    answer = api.fetch_raw(uri, Accept=accept)
    assert (answer.status, answer.json["error"]) == (406, "invalid_request")


@pytest.mark.spec("TSL-8.4")
@pytest.mark.parametrize("time", ["1686925000", "1", "now"])
def test_no_history_is_kept(api: ResourceServer, uri: str, time: str) -> None:
    answer = api.fetch_raw(f"{uri}?time={time}")
    assert (answer.status, answer.json["error"]) == (501, "invalid_request")
    assert answer.is_no_store


@pytest.mark.parametrize(
    "number", ["0", "2", "01", "-1", "1.0", "", "999999999", "9" * 40, "one", "%C2%B2", "1%00"]
)
def test_there_is_no_other_list(api: ResourceServer, uri: str, number: str) -> None:
    answer = api.fetch_raw(uri.removesuffix("1") + number)
    assert answer.status == 404
    assert answer.is_no_store


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_can_only_be_read(app: flask.Flask, uri: str, method: str) -> None:
    answer = wire.send(app, method, uri)
    assert answer.status == 405
    assert answer.header("Allow") == "GET, HEAD, OPTIONS"


def test_who_has_it_is_told_so(api: ResourceServer, uri: str) -> None:
    first = api.fetch_raw(uri)
    etag = str(first.header("ETag"))
    assert etag.startswith('W/"')
    for presented in (etag, etag.removeprefix("W/"), f'"another", {etag}', "*"):
        answer = api.fetch_raw(uri, **{"If-None-Match": presented})
        assert answer.status == 304
        assert answer.header("ETag") == etag
    assert api.fetch_raw(uri, **{"If-None-Match": '"another"'}).status == 200


def test_processes_agree_on_the_tag(
    api: ResourceServer, neighbours_api: ResourceServer, uri: str
) -> None:
    tags = {one.fetch_raw(uri).header("ETag") for one in (api, neighbours_api)}
    assert len(tags) == 1


def test_a_change_and_a_new_expiry_have_a_new_tag(
    api: ResourceServer,
    uri: str,
    token: str,
    relying_party: RelyingParty,
    clock: SettableClock,
) -> None:
    seen = {api.fetch_raw(uri).header("ETag")}
    relying_party.revoke(token)
    clock.advance(1)
    seen.add(api.fetch_raw(uri).header("ETag"))
    clock.advance(3600)
    seen.add(api.fetch_raw(uri).header("ETag"))
    assert len(seen) == 3


def test_shared_caches_keep_it_for_a_second(api: ResourceServer, uri: str) -> None:
    answer = api.fetch_raw(uri)
    assert answer.header("Cache-Control") == "public, max-age=1"
    assert answer.header("Vary") == "Accept"


def test_pages_of_any_origin_may_read_it(api: ResourceServer, uri: str) -> None:
    answer = api.fetch_raw(uri, Origin="https://app.example")
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert answer.header("Access-Control-Allow-Credentials") is None


def test_its_head_is_that_of_its_body(app: flask.Flask, uri: str) -> None:
    head, whole = wire.send(app, "HEAD", uri), wire.get(app, uri)
    assert head.body == b""
    assert head.header("Content-Length") == str(len(whole.body))
    assert head.header("ETag") == whole.header("ETag")


def test_within_a_second_it_costs_no_statement(
    api: ResourceServer, uri: str, provider: Provider
) -> None:
    api.fetch(uri)
    with watching.statements(provider) as run:
        for _ in range(5):
            api.fetch(uri)
            wire.get(api.app, f"{api.issuer}/status-lists")
    assert run == []


def test_a_look_reads_what_changed_and_not_everything(
    api: ResourceServer, uri: str, provider: Provider, clock: SettableClock
) -> None:
    api.fetch(uri)
    clock.advance(1)
    wire.get(api.app, f"{api.issuer}/jwks")
    with watching.statements(provider) as run:
        api.fetch(uri)
    read = [one for one in run if "token_status" in one]
    assert len(read) == 1
    assert "changed_at >=" in read[0]


@pytest.mark.both_databases
def test_a_list_that_another_process_opened_is_found_at_once(
    api: ResourceServer, neighbours_api: ResourceServer, relying_party: RelyingParty
) -> None:
    first = neighbours_api.fetch_raw(f"{api.issuer}/status-lists/1")
    assert first.status == 404
    place = reference_of(relying_party.client_credentials().access_token)
    assert neighbours_api.fetch_raw(place["uri"]).status == 200


@pytest.mark.both_databases
@pytest.mark.parametrize("apart", [-60, 60])
def test_a_process_whose_clock_is_a_minute_off_tells_no_later(
    settings: object,
    relying_party: RelyingParty,
    token: str,
    clock: SettableClock,
    apart: int,
) -> None:
    from provider.app import create_app

    skewed = SettableClock(clock.now() + apart)
    other = create_app(settings, clock=skewed)  # type: ignore[arg-type]
    there = ResourceServer(other, relying_party.issuer)
    place = reference_of(token)
    there.fetch(place["uri"])
    skewed.advance(1)
    there.fetch(place["uri"])
    relying_party.revoke(token)
    skewed.advance(1)
    assert entry(there.fetch(place["uri"]), place["idx"]) == INVALID
    other.extensions["signet"].engine.dispose()

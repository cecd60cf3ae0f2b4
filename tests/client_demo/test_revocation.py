"""The page on which a person watches a token being called back: the API refuses it within seconds,
without having asked the provider about it; also when the provider is gone by then."""

import time
from collections.abc import Callable

import flask
import pytest

from client_demo.settings import Settings as DemoSettings
from provider.settings import Settings
from tests.client_demo.conftest import API, APP, Server
from tests.client_demo.visitor import Visitor
from tests.conftest import make_settings
from tests.support import wire
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

PAGE = f"{APP}/revocation"
LOOKS = 40


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A provider whose lists are to be read every second."""
    return make_settings(
        settings.database_url,
        data_dir=settings.data_dir,
        issuer=settings.issuer,
        environment="demo",
        profile="openid",
        status_lists={"ttl": 1},
    )


def look_until(seen: Callable[[], bool], clock: SettableClock) -> None:
    """Look until the API has heard. It reads its list in its own time, which no clock of a test
    moves: every second."""
    for _ in range(LOOKS):
        clock.advance(1)
        if seen():
            return
        time.sleep(0.25)
    raise AssertionError("the API never heard of it")


@pytest.mark.spec("TSL-8.3")
def test_a_token_given_back_is_refused_and_the_three_ways_are_compared(
    visitor: Visitor, clock: SettableClock, served: Server
) -> None:
    visitor.sign_in()
    visitor.app.visit(PAGE).press("give-back")
    introspected = served.asked["/introspect"]
    look_until(lambda: visitor.app.visit(PAGE).page.has("refused-after"), clock)
    text = visitor.app.page.text
    assert "Its place in the status list says that it counts no more." in text
    for way in ("Wait until it expires", "Ask with every request", "Read the status list"):
        assert way in text
    assert not visitor.app.page.has("stop-watching")
    looks = served.asked["/introspect"] - introspected
    visitor.app.visit(PAGE)
    assert served.asked["/introspect"] - introspected == looks, (
        "a watch that is over looks no more"
    )


def test_a_token_withdrawn_elsewhere_is_watched_until_the_api_hears(
    visitor: Visitor,
    clock: SettableClock,
    provider_server: Server,
    demo_settings: DemoSettings,
) -> None:
    visitor.sign_in()
    visitor.app.visit(PAGE).press("watch-elsewhere")
    assert "Watching" in visitor.app.page.text
    visitor.provider.visit(f"{provider_server.url}/account")
    visitor.provider.press(demo_settings.client_id)
    look_until(lambda: visitor.app.visit(PAGE).page.has("refused-after"), clock)


def test_a_watch_can_be_stopped(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.app.visit(PAGE).press("watch-elsewhere")
    visitor.app.press("stop-watching")
    assert visitor.app.page.has("watch-elsewhere")
    assert not visitor.app.page.has("watch")


def test_a_stranger_is_sent_home(visitor: Visitor) -> None:
    visitor.app.visit(PAGE)
    assert visitor.app.url == f"{APP}/"


@pytest.mark.spec("TSL-8.3")
def test_a_revoked_token_is_refused_with_the_provider_stopped_after_the_list_was_fetched(
    api: flask.Flask,
    served: Server,
    clock: SettableClock,
    make_relying_party: Callable[..., RelyingParty],
) -> None:
    revoking, staying = (make_relying_party(policy={"resources": (API,)}) for _ in range(2))
    revoked, live = (
        one.client_credentials(resource=API, scope="notes:read").access_token
        for one in (revoking, staying)
    )

    def status(token: str) -> int:
        header = {"Authorization": f"Bearer {token}"}
        return wire.get(api, f"{API}/api/notes", headers=header).status

    def lists_read() -> int:
        return sum(times for path, times in served.asked.items() if "/status-lists/" in path)

    assert status(revoked) == status(live) == 200
    revoking.revoke(revoked)
    clock.advance(1)
    before = lists_read()
    look_until(lambda: lists_read() > before + 1, clock)
    served.is_out_of_order = True
    asked = served.asked.copy()
    assert (status(revoked), status(live)) == (401, 200)
    on_the_path = {path for path in served.asked - asked if "/status-lists/" not in path}
    assert not on_the_path

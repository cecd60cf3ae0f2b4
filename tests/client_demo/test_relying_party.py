"""What the demo application refuses, and that its own requests do not race each other: the rules a
relying party has to keep, against the real provider."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from client_demo.database import Database
from client_demo.settings import Settings as DemoSettings
from client_demo.signed_in import SCHEMA, SignedIn, SignedInStore
from provider.context import Provider
from provider.http import Request
from provider.logout import ending
from tests.client_demo.conftest import APP, Server
from tests.client_demo.visitor import Pairs, Visitor, replaced
from tests.support import wire
from tests.support.relying_party import basic, refusal

AT_ONCE = 8


@pytest.fixture
def people(demo: Flask, demo_settings: DemoSettings, tmp_path: Path) -> SignedInStore:
    """What the application keeps of signed-in people."""
    database = Database(tmp_path / "app" / "fieldnotes.sqlite", SCHEMA)
    return SignedInStore(database, demo_settings.secret_key)


def session_of(visitor: Visitor) -> str:
    cookie = visitor.app.jar.get("fieldnotes_session")
    assert cookie is not None
    return cookie.value


def held(people: SignedInStore, visitor: Visitor) -> SignedIn:
    person = people.find(session_of(visitor))
    assert person is not None
    return person


def at_once(visitor: Visitor, path: str, **fields: str) -> list[int]:
    """Post the same form from many tabs at the same moment. Return the statuses."""
    page = visitor.app.tab().visit(f"{APP}/tokens").page
    token = page.form_with("refresh-now").fields["csrf_token"]
    cookies = visitor.app.jar.header(APP, method="POST", same_site=True)
    application = visitor.app._app

    def post(_: int) -> int:
        sent = {"csrf_token": token, **fields}
        headers = {"Cookie": cookies, "Origin": APP}
        return wire.post(application, APP + path, sent, headers=headers).status

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(post, range(AT_ONCE)))


@pytest.mark.spec("RFC9207-2.4")
@pytest.mark.parametrize("iss", ["https://evil.example", "", "append a slash", None])
def test_an_answer_that_does_not_name_the_issuer_asked_is_refused(
    visitor: Visitor, served: Server, iss: str | None
) -> None:
    answer = dict(visitor.answer(visitor.begin()))
    if iss is None:
        del answer["iss"]
    else:
        answer["iss"] = answer["iss"] + "/" if iss == "append a slash" else iss
    visitor.arrive(answer)
    visitor.refused("does not name the issuer we asked")
    assert served.asked["/token"] == 0


@pytest.mark.spec("RFC9700-4.7.1")
def test_an_answer_meant_for_another_browser_is_refused(
    visitor: Visitor, stranger: Visitor, served: Server
) -> None:
    visitor.begin()
    visitor.arrive(stranger.answer(stranger.begin()))
    visitor.refused("This browser is not waiting for that response")
    assert served.asked["/token"] == 0


@pytest.mark.spec("RFC9700-4.7.1")
@pytest.mark.parametrize("state", ["", "made-up", None])
def test_an_answer_without_the_state_of_this_browser_is_refused(
    visitor: Visitor, state: str | None
) -> None:
    answer = dict(visitor.answer(visitor.begin()))
    answer.pop("state")
    visitor.arrive(answer if state is None else {**answer, "state": state})
    visitor.refused("This browser is not waiting for that response")


def test_an_answer_counts_once(visitor: Visitor, served: Server) -> None:
    answer = visitor.answer(visitor.begin())
    visitor.arrive(answer)
    session = session_of(visitor)
    visitor.arrive(answer)
    assert visitor.app.status == 400
    assert session_of(visitor) == session
    assert served.asked["/token"] == 1


def _twice(name: str) -> Callable[[Pairs], Pairs]:
    return lambda answer: [*answer, (name, dict(answer)[name])]


@pytest.mark.spec("RFC6749-3.1")
@pytest.mark.parametrize(
    "change",
    [*map(_twice, ("code", "state", "iss")), lambda answer: [*answer, ("x", "1"), ("x", "2")]],
    ids=["code", "state", "iss", "a parameter nobody knows"],
)
def test_a_parameter_that_comes_twice_is_refused(
    visitor: Visitor, served: Server, change: Callable[[Pairs], Pairs]
) -> None:
    visitor.arrive(change(visitor.answer(visitor.begin())))
    visitor.refused("A parameter of the response came twice")
    assert served.asked["/token"] == 0


@pytest.mark.spec("OIDCC-3.1.3.7")
def test_an_id_token_with_another_nonce_is_refused(visitor: Visitor) -> None:
    asked = replaced(visitor.begin(), nonce="a nonce of somebody else's")
    visitor.arrive(visitor.answer(asked))
    visitor.refused("The ID token was not accepted")


@pytest.mark.spec("RFC9700-4.5")
def test_a_code_of_somebody_else_brought_under_the_own_state_is_refused(
    visitor: Visitor, stranger: Visitor
) -> None:
    own = dict(visitor.answer(visitor.begin()))
    stolen = dict(stranger.answer(stranger.begin()))
    visitor.arrive({**own, "code": stolen["code"]})
    visitor.refused("invalid_grant")


def test_an_error_is_shown_as_text_and_foreign_addresses_are_no_links(visitor: Visitor) -> None:
    answer = dict(visitor.answer(visitor.begin()))
    visitor.arrive({
        "error": "access_denied",
        "error_description": "<script>alert(1)</script>",
        "error_uri": "javascript:alert(1)",
        "state": answer["state"],
        "iss": answer["iss"],
    })  # fmt: skip
    visitor.refused("You did not share anything")
    assert "<script>alert(1)</script>" in visitor.app.page.text
    assert not [link for link in visitor.app.page.links if link.startswith("javascript:")]


@pytest.mark.spec("RFC9700-4.7")
def test_a_session_known_before_signing_in_is_worth_nothing_after(
    visitor: Visitor, people: SignedInStore, demo_settings: DemoSettings
) -> None:
    visitor.sign_in()
    before, tokens = session_of(visitor), held(people, visitor)
    visitor.sign_in()
    assert session_of(visitor) != before
    assert people.find(before) is None
    answer = wire.post(
        visitor.provider._app,
        f"{demo_settings.issuer}/token",
        {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token},
        headers={
            "Authorization": basic(demo_settings.client_id, demo_settings.client_secret or "")
        },
    )
    assert "/errors/revoked_by_client" in refusal(answer, "invalid_grant")["error_uri"]


def test_a_form_of_another_site_is_refused(visitor: Visitor, people: SignedInStore) -> None:
    visitor.sign_in()
    before = held(people, visitor)
    page = visitor.app.tab().visit(f"{APP}/tokens").page
    token = page.form_with("refresh-now").fields["csrf_token"]
    cookies = {"Cookie": visitor.app.jar.header(APP, method="POST", same_site=True)}
    for fields, headers in (
        ({}, {"Origin": APP}),
        ({"csrf_token": "x"}, {"Origin": APP}),
        ({"csrf_token": token}, {"Origin": "https://evil.example"}),
    ):
        answer = wire.post(
            visitor.app._app, f"{APP}/refresh", fields, headers={**cookies, **headers}
        )
        assert answer.status == 403
    assert held(people, visitor) == before


@pytest.mark.spec("RFC9700-4.14.2")
def test_requests_that_come_together_refresh_once(
    visitor: Visitor, people: SignedInStore, served: Server
) -> None:
    visitor.sign_in()
    served.asked.clear()
    assert at_once(visitor, "/refresh", generation="0") == [303] * AT_ONCE
    assert served.asked["/token"] == 1
    assert held(people, visitor).generation == 1


def test_an_access_token_about_to_expire_is_renewed_once_before_it_is_used(
    visitor: Visitor, people: SignedInStore, served: Server, api_server: Server
) -> None:
    visitor.sign_in()
    person = held(people, visitor)
    people.finish_turn(session_of(visitor), replace(person, expires_at=person.expires_at - 570))
    served.asked.clear()
    assert at_once(visitor, "/call-api") == [303] * AT_ONCE
    assert served.asked["/token"] == 1
    assert api_server.asked["/api/notes"] == AT_ONCE
    assert held(people, visitor).access_token != person.access_token


def test_an_outage_signs_nobody_out(
    visitor: Visitor, people: SignedInStore, served: Server
) -> None:
    visitor.sign_in()
    before = held(people, visitor)
    served.is_out_of_order = True
    assert set(at_once(visitor, "/refresh")) == {503}
    assert held(people, visitor) == before
    served.is_out_of_order = False
    visitor.app.visit(f"{APP}/tokens").press("refresh-now")
    assert held(people, visitor).generation == 1


def test_a_refused_refresh_signs_out_here_and_says_why(
    visitor: Visitor, people: SignedInStore, provider: Provider
) -> None:
    visitor.sign_in()
    ctx = provider.open(Request(method="POST", path="/", address="198.51.100.1"))
    client_id = str(held(people, visitor).claims["aud"])
    ending.end_client(ctx, client_id)
    ctx.keep()
    ctx.work.close()
    visitor.app.visit(f"{APP}/tokens").press("refresh-now")
    visitor.refused("An administrator ended the access.")
    assert f"{provider.issuer}/errors/revoked_by_administrator" in visitor.app.page.links
    assert visitor.app.jar.get("fieldnotes_session") is None

"""RFC 6749 §3.1.2, §4.1.2.1; RFC 9700 §4.1: where an answer may go. Only equal strings match, and
until client and redirect URI are proven nothing is sent anywhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from provider.context import Provider
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support.browser import Browser, origin_of
from tests.support.clock import SettableClock
from tests.support.factories import native
from tests.support.relying_party import RelyingParty

MakeParty = Callable[..., RelyingParty]
REGISTERED = "https://rp.example/cb"


@pytest.mark.spec("RFC6749-3.1.2.3", "RFC9700-4.1.3")
@pytest.mark.parametrize(
    "presented",
    [
        "https://rp.example/cb/",
        "https://rp.example/CB",
        "https://rp.example/cb?",
        "https://rp.example/cb?x=1",
        "https://rp.example:443/cb",
        "http://rp.example/cb",
        "HTTPS://rp.example/cb",
        "https://RP.example/cb",
        "https://rp.example./cb",
        "https://rp.example//cb",
        "https://rp.example/cb/../x",
        "https://rp.example/cb/..%2fx",
        "https://rp.example/cb%2f..",
        "https://rp.example/./cb",
        "https://rp.example/x/../cb",
        "https://rp.example/%63b",
        "https://rp.example/cb#f",
        "https://rp.example/cb#",
        "https://rp.example/cb%23f",
        "https://rp.example@evil.example/cb",
        "https://evil.example@rp.example/cb",
        "https://evil.example/cb",
        "https://evil.example\\@rp.example/cb",
        "https://rp.example.evil.example/cb",
        "https://sub.rp.example/cb",
        " https://rp.example/cb",
        "https://rp.example/cb ",
        "https://rp.example/cb\t",
        "\thttps://rp.example/cb",
        "https://rp.example/cb\r\nX: y",
        "//rp.example/cb",
        "/cb",
        "rp.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://rp.example/cb;x",
        "https://rp.example/c",
    ],
)
def test_only_the_registered_string_is_a_redirect_uri(
    relying_party: RelyingParty, signed_in: Browser, presented: str
) -> None:
    assert relying_party.stopped(signed_in, redirect_uri=presented) == "invalid_request"


@pytest.mark.spec("RFC6749-3.1.2.4")
def test_the_page_says_which_redirect_uri_was_received(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.stopped(signed_in, redirect_uri='https://evil.example/"><svg onload=x>')
    assert 'https://evil.example/"><svg onload=x>' in signed_in.page.text
    assert {origin_of(link) for link in signed_in.page.links} == {"https://op.example"}
    assert "<svg onload" not in signed_in.page.html


@pytest.mark.spec("RFC6749-3.1.2.2")
@pytest.mark.parametrize("chosen", ["https://rp.example/cb", "https://rp.example/other?keep=1&b="])
def test_any_of_several_registered_uris_may_be_asked_for(
    make_relying_party: MakeParty, signed_in: Browser, chosen: str
) -> None:
    uris = ("https://rp.example/cb", "https://rp.example/other?keep=1&b=")
    party = make_relying_party(redirect_uris=uris)
    grant = party.authorize(signed_in, redirect_uri=chosen)
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-3.1.2.3", "OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    "uris", [("https://rp.example/cb",), ("https://rp.example/cb", "https://rp.example/b")]
)
@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_redirect_uri_is_never_filled_in(
    make_relying_party: MakeParty, signed_in: Browser, uris: tuple[str, ...], missing: str | None
) -> None:
    party = make_relying_party(redirect_uris=uris)
    assert party.stopped(signed_in, redirect_uri=missing) == "invalid_request"


@pytest.mark.spec("RFC6749-4.1.2.1")
@pytest.mark.parametrize("client_id", [None, "", "nobody", "a\tb", "CLIENT"])
def test_an_unknown_client_is_told_to_the_person_only(
    relying_party: RelyingParty, signed_in: Browser, client_id: str | None
) -> None:
    assert relying_party.stopped(signed_in, client_id=client_id) == "invalid_request"


@pytest.mark.spec("RFC6749-4.1.2.1", "RFC9700-4.11.2")
@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "nope"},
        {"response_type": None},
        {"response_mode": "nope"},
        {"scope": None},
        {"scope": "profile"},
        {"prompt": "none"},
        {"request": "x.y.z"},
        {"request_uri": "https://evil.example/request"},
        {"code_challenge": "short"},
        {"max_age": "-1"},
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_client_and_redirect_uri_are_proven_before_any_error_is_sent_on(
    relying_party: RelyingParty, user_agent: Browser, wrong: dict[str, str | None], known: bool
) -> None:
    client = {} if known else {"client_id": "nobody"}
    changes = {"redirect_uri": "https://evil.example/cb", **client, **wrong}
    assert relying_party.stopped(user_agent, **changes).startswith("invalid_request")


@pytest.mark.spec("RFC6749-4.1.2.1", "RFC9700-4.11.2")
@pytest.mark.parametrize("change", ["disabled", "removed"])
def test_a_client_that_was_switched_off_gets_no_redirect(
    provider: Provider,
    clock: SettableClock,
    relying_party: RelyingParty,
    signed_in: Browser,
    change: str,
) -> None:
    with transaction(provider.engine) as tx:
        if change == "disabled":
            clients.disable(tx, relying_party.client_id, clock.now())
        else:
            clients.remove(tx, relying_party.client_id, now=provider.clock.now())
    assert relying_party.stopped(signed_in) == "invalid_request"


@pytest.mark.spec("RFC6749-4.1.2.1")
@pytest.mark.parametrize("change", ["disabled", "removed", "moved"])
def test_a_client_that_is_switched_off_meanwhile_gets_no_answer(
    provider: Provider,
    clock: SettableClock,
    relying_party: RelyingParty,
    signed_in: Browser,
    change: str,
) -> None:
    signed_in.come(relying_party.start().url)
    with transaction(provider.engine) as tx:
        client = clients.find(tx, relying_party.client_id)
        assert client is not None
        if change == "disabled":
            clients.disable(tx, client.client_id, clock.now())
        elif change == "removed":
            clients.remove(tx, client.client_id, now=provider.clock.now())
        else:
            moved = replace(client, redirect_uris=("https://rp.example/new",))
            clients.replace(tx, moved, clock.now())
    signed_in.allow()
    assert signed_in.problem() == "invalid_request"


@pytest.mark.spec("RFC6749-4.1.2.1", "RFC9207-2")
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scope": "nope"}, "invalid_scope"),
        ({"response_mode": "nope"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"resource": "https://foreign.example"}, "invalid_target"),
    ],
)
def test_everything_else_that_is_wrong_is_told_to_the_client(
    relying_party: RelyingParty, signed_in: Browser, wrong: dict[str, str], error: str
) -> None:
    refused = relying_party.refused(signed_in, **wrong)
    assert refused.error == error
    assert refused.parameters["error_description"]


@pytest.mark.spec("RFC8252-7.3")
@pytest.mark.parametrize("port", [":1024", ":49152", ":65535", ""])
def test_a_native_client_may_use_any_loopback_port(
    make_relying_party: MakeParty, signed_in: Browser, port: str
) -> None:
    party = make_relying_party(**native())
    grant = party.authorize(signed_in, redirect_uri=f"http://127.0.0.1{port}/cb")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC8252-7.3", "RFC8252-8.4")
@pytest.mark.parametrize(
    "presented",
    [
        "http://localhost:1024/cb",
        "http://[::1]:1024/cb",
        "https://127.0.0.1:1024/cb",
        "http://127.0.0.1:1024/cb/",
        "http://127.0.0.1:1024/other",
        "http://127.0.0.1:1024/cb?x=1",
        "http://127.0.0.1:1024/cb#f",
        "http://127.0.0.1:0x50/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:-1/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1: 80/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://evil@127.0.0.1:1024/cb",
        "http://127.0.0.2:1024/cb",
        "http://0.0.0.0:1024/cb",
        "http://127.1:1024/cb",
        "http://2130706433/cb",
        "http://127.0.0.1.evil.example:1024/cb",
        "http://127.0.0.1:1024\\@evil.example/cb",
        "HTTP://127.0.0.1:1024/cb",
        "http://127.0.0.1:\u0661\u0660/cb",
    ],
)
def test_only_the_port_of_a_loopback_address_may_differ(
    make_relying_party: MakeParty, signed_in: Browser, presented: str
) -> None:
    party = make_relying_party(**native())
    assert party.stopped(signed_in, redirect_uri=presented) == "invalid_request"


@pytest.mark.spec("RFC8252-7.3")
def test_a_web_client_never_gains_loopback_ports(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(redirect_uris=("http://127.0.0.1:5000/cb",))
    assert party.authorize(signed_in).code
    presented = "http://127.0.0.1:5001/cb"
    assert party.stopped(signed_in, redirect_uri=presented) == "invalid_request"


@pytest.mark.spec("RFC8252-7.3")
def test_an_answer_returns_to_the_port_that_was_asked_for(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**native())
    grant = party.authorize(signed_in, redirect_uri="http://127.0.0.1:50505/cb")
    assert signed_in.left is not None
    assert signed_in.left.url.startswith("http://127.0.0.1:50505/cb?")
    other = {"redirect_uri": "http://127.0.0.1:50506/cb"}
    assert party.redeem_raw(grant, **other).json["error"] == "invalid_grant"


@pytest.mark.spec("RFC8252-7.1")
@pytest.mark.parametrize(
    "presented",
    [
        "com.example.app.evil:/cb",
        "com.example.app://cb",
        "com.example.app:/cb/",
        "com.example.app:cb",
        "COM.example.app:/cb",
        "myapp://cb",
    ],
)
def test_a_private_use_scheme_is_compared_exactly(
    make_relying_party: MakeParty, signed_in: Browser, presented: str
) -> None:
    party = make_relying_party(**native())
    assert party.authorize(signed_in, redirect_uri="com.example.app:/cb").code
    assert party.stopped(signed_in, redirect_uri=presented) == "invalid_request"

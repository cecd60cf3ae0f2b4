"""LG: nothing that is secret is written, sent or kept where somebody could read it (CWE-532; OWASP
ASVS 6.5.2, 11.4, 14.2, 16.2, 16.5). A day of normal and failing journeys, of which every secret is
known, and then a search for each in all spellings."""

import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

import flask
import pytest
import sqlalchemy as sa
import structlog
from click.testing import CliRunner

from provider import logs
from provider.cli.commands import cli
from provider.context import Provider
from provider.model.account import Account
from provider.settings import Settings
from provider.store.schema import client as client_table
from provider.store.unit_of_work import transaction
from tests.specs.security.catalogue.conftest import Node
from tests.support import wire
from tests.support.arrival import MakeParty, at_account, at_login
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD, public
from tests.support.registering import Registrar, at_work, metadata
from tests.support.relying_party import RelyingParty, basic
from tests.support.request_objects import by_value, finish, signer
from tests.support.watching import at_rest

pytestmark = pytest.mark.settings(registration={"mode": "open"})


@dataclass
class Day:
    """What happened, and every secret that was used in it, by what it is."""

    secrets: dict[str, str] = field(default_factory=dict)

    def keep(self, **secrets: str | None) -> None:
        """Remember secrets to search for."""
        for name, value in secrets.items():
            if value:
                self.secrets[f"{name} {len(self.secrets)}"] = value


Live = Callable[[], Day]


@pytest.fixture
def live(
    make_relying_party: MakeParty, registrar: Registrar, app: object, account: Account,
    clock: SettableClock, user_agent: Browser,
) -> Live:  # fmt: skip
    """Live through a day."""

    def through() -> Day:
        day = Day()
        for kind in ("client_secret_basic", "client_secret_post", "private_key_jwt", "none"):
            about = public() if kind == "none" else {"token_endpoint_auth_method": kind}
            _one_client(day, make_relying_party(**about), user_agent, clock)
        _a_signed_request(day, make_relying_party, user_agent)
        _a_registration(day, registrar, clock)
        _failures(day, make_relying_party(), user_agent, clock)
        at_account(user_agent)
        day.keep(csrf=user_agent.page.forms[0].fields["csrf_token"])
        user_agent.press("sign_out")
        day.keep(password=PASSWORD)
        return day

    return through


def _one_client(day: Day, party: RelyingParty, browser: Browser, clock: SettableClock) -> None:
    for mode in ("query", "form_post"):
        grant = party.authorize(browser, response_mode=mode)
        day.keep(code=grant.code, verifier=grant.attempt.verifier)
        tokens = party.redeem(grant)
        party.redeem_raw(grant)
        tokens = party.sign_in(browser)
        later = party.refresh(tokens.refresh_token)
        newest = party.refresh(later.refresh_token)
        party.userinfo(newest)
        party.userinfo_raw(newest.access_token + "x")
        if party.auth != "none":
            party.introspect(newest.access_token)
            party.introspect(newest.refresh_token)
        party.refresh_raw(tokens.refresh_token)
        for one in (tokens, later, newest):
            day.keep(access=one.access_token, refresh=one.refresh_token, id=one.id_token)
        ended = party.sign_in(browser)
        party.revoke(ended.refresh_token)
        day.keep(access=ended.access_token, refresh=ended.refresh_token, id=ended.id_token)
        browser.come(f"{party.endpoint('end_session')}?id_token_hint={ended.id_token}x")
    day.keep(secret=party.secret)
    cookie = browser.jar.get("signet_session"), browser.jar.get("signet_browser")
    day.keep(**{f"cookie{number}": one.value for number, one in enumerate(cookie) if one})
    clock.advance(1)


def _a_signed_request(day: Day, make: MakeParty, browser: Browser) -> None:
    party = signer(make)
    attempt = by_value(party)
    day.keep(request_object=attempt.url.partition("request=")[2].partition("&")[0])
    finish(browser, party, attempt)


def _a_registration(day: Day, registrar: Registrar, clock: SettableClock) -> None:
    given = registrar.register()
    registrar.manage("GET", given)
    registrar.manage("GET", given, token="x" + given["registration_access_token"])
    day.keep(registration=given["registration_access_token"], secret=given["client_secret"])
    party = at_work(registrar, clock, given)
    party.post("token", {"grant_type": "refresh_token", "refresh_token": "geheim-1-refresh"})


def _failures(day: Day, party: RelyingParty, browser: Browser, clock: SettableClock) -> None:
    wrong = {name: f"geheim-{name}-0123456789" for name in (
        "code", "code_verifier", "refresh_token", "client_secret", "client_assertion", "token",
        "password", "access_token", "id_token_hint", "assertion", "device_code", "subject_token",
    )}  # fmt: skip
    day.keep(**wrong)
    for grant_type in ("authorization_code", "refresh_token", "password", "nope"):
        party.post("token", {"grant_type": grant_type, **wrong, "client_secret": None})
        party.post_raw("token", {"grant_type": grant_type, **wrong, "client_id": party.client_id})
    header = {"Authorization": basic(party.client_id, wrong["client_secret"])}
    for endpoint in ("token", "introspection", "revocation"):
        party.post_raw(endpoint, {"token": wrong["token"]}, headers=header)
        url = f"{party.endpoint(endpoint)}?{wire.encode(wrong)}"
        wire.post(party.app, url, wrong, headers=header)
        wire.get(party.app, url)
    wire.get(party.app, f"{party.endpoint('userinfo')}?access_token={wrong['access_token']}")
    party.userinfo_raw(wrong["access_token"])
    for path in ("/account/login", "/authorize", "/logout", "/errors", "/nowhere"):
        browser.visit(f"{party.issuer}{path}?{wire.encode(wrong)}")
    stranger = Browser(party.app, party.issuer, address="192.0.2.99")
    for guess in range(8):
        at_login(stranger, party, login_hint="tester")
        stranger.sign_in("tester", f"geheim-guess-{guess}-of-a-password")
        day.keep(guess=f"geheim-guess-{guess}-of-a-password")
    clock.advance(1)


def spellings(value: str) -> set[bytes]:
    """Return how a secret could be written and still be of use."""
    raw = value.encode()
    body = value.split("_", 2)[2] if value.startswith("signet_") else value
    found = {
        raw, raw.hex().encode(), b64encode(raw).rstrip(b"="), urlsafe_b64encode(raw).rstrip(b"="),
        quote(value).encode(), quote_plus(value).encode(), json.dumps(value)[1:-1].encode(),
        body.encode(), raw[::-1],
    }  # fmt: skip
    if "." not in body:
        try:
            found.add(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except ValueError:
            return found
    else:
        found.add(body.rpartition(".")[2].encode())
    return {one for one in found if len(one) >= 8}


def given_away(day: Day, text: bytes) -> list[str]:
    """Return which secrets stand in a text, in any spelling."""
    return [
        name for name, value in day.secrets.items() if any(s in text for s in spellings(value))
    ]


def test_lg_01_no_secret_of_a_day_is_handed_to_the_log(live: Live) -> None:
    """Before anything is taken out of it: redaction is the second line, not the first."""
    with structlog.testing.capture_logs() as written:
        day = live()
    assert len(day.secrets) > 60
    assert len(written) > 60
    assert given_away(day, repr(written).encode()) == []


@pytest.mark.parametrize("form", ["json", "console"])
def test_lg_01_no_secret_of_a_day_is_in_the_log_at_its_most_talkative(
    live: Live, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    logs.configure("debug", form)
    day = live()
    out, err = capsys.readouterr()
    assert len(err) > 5000
    assert given_away(day, (out + err).encode()) == []


@pytest.mark.both_databases
def test_lg_02_no_secret_of_a_day_is_at_rest(live: Live, provider: Provider) -> None:
    day = live()
    rest = at_rest(provider)
    assert len(rest) > 10_000
    assert given_away(day, rest) == []
    assert b"PRIVATE KEY" not in rest
    for master in provider.settings.master_keys:
        assert master not in rest
    for member in (b'"d":', b'"p":', b'"dp":', b'"qi":'):
        assert member not in rest
    assert b"$argon2id$" in rest


@pytest.mark.parametrize(
    ("path", "spoiled"),
    [
        ("/token", {"grant_types": 7}), ("/introspect", {"policy": 7}),
        ("/token", {"policy": 7}), ("/revoke", {"policy": 7}),
    ],
)  # fmt: skip
def test_lg_03_a_failure_of_ours_is_a_number_for_machines_too(
    app: flask.Flask, relying_party: RelyingParty, provider: Provider,
    path: str, spoiled: dict[str, int],
) -> None:  # fmt: skip
    """A row that somebody spoiled is a failure nobody foresaw."""
    with transaction(provider.engine) as tx:
        stored = sa.update(client_table).where(client_table.c.client_id == relying_party.client_id)
        tx.execute(stored.values(metadata={"client_name": "geheim /srv/signet", **spoiled}))
    _, own = relying_party.credentials()
    sent = {"grant_type": "client_credentials", "token": "x"}
    asked = app.test_client()
    with structlog.testing.capture_logs() as written:
        answer = asked.post(path, data=sent, headers=own, base_url=relying_party.issuer)
    assert (answer.status_code, answer.get_json()["error"]) == (500, "server_error")
    for leaked in ("geheim", "Error:", "Traceback", "SELECT", ".py", "/srv", "sqlalchemy"):
        assert leaked not in answer.text + str(answer.headers)
    alarm = next(line for line in written if line["event"] == "bug")
    assert alarm["reference"] == answer.headers["Signet-Reference"]


def test_lg_04_what_commands_print_holds_nothing_that_could_be_used(
    relying_party: RelyingParty, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists are what operators copy into tickets."""
    monkeypatch.setenv("SIGNET_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SIGNET_ISSUER", settings.issuer)
    assert settings.secret_key is not None
    monkeypatch.setenv("SIGNET_SECRET_KEY", settings.secret_key.get_secret_value())
    day = Day()
    day.keep(secret=relying_party.secret, master=settings.secret_key.get_secret_value())
    for command in (
        ("client", "list", "--json"), ("client", "show", relying_party.client_id, "--json"),
        ("user", "list", "--json"), ("keys", "list", "--json"), ("settings",), ("metadata",),
        ("features",), ("logout", "status"), ("registration-token", "list", "--json"),
    ):  # fmt: skip
        shown = CliRunner().invoke(cli, command).output
        assert given_away(day, shown.encode()) == [], command
        assert "argon2" not in shown
        assert not any(f'"{member}":' in shown for member in ("d", "p", "q", "digest", "sealed"))


def test_lg_05_health_says_nothing_but_health(
    relying_party: RelyingParty, at_second_node: Node
) -> None:
    for node in (relying_party, at_second_node(relying_party)):
        for path in ("/health/live", "/health/ready"):
            answer = wire.get(node.app, node.issuer + path)
            assert answer.status == 200
            assert (
                answer.json.items() <= {"status": "ok", "schema": "current", "keys": "ok"}.items()
            )
    for path in ("/metrics", "/debug", "/console", "/health", "/env", "/?__debugger__=yes&cmd=x"):
        answer = wire.get(relying_party.app, relying_party.issuer + path)
        assert answer.status in (200, 404)
        assert "secret" not in answer.text.lower()


def test_lg_01_a_credential_in_the_wrong_place_of_a_registration_is_not_logged(
    registrar: Registrar, relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    """The log says which rule was broken, and not with what."""
    tokens = relying_party.sign_in(user_agent)
    cookie = user_agent.jar.get("signet_session")
    assert cookie is not None
    secrets = (tokens.refresh_token, tokens.access_token, cookie.value, relying_party.secret or "")
    for secret in secrets:
        for member in (
            "subject_type", "application_type", "grant_types", "response_types", "scope",
            "redirect_uris", "token_endpoint_auth_method", "id_token_signed_response_alg",
            "jwks_uri", "logo_uri", "initiate_login_uri", "backchannel_logout_uri",
        ):  # fmt: skip
            several = member.endswith(("_types", "_uris"))
            with structlog.testing.capture_logs() as written:
                registrar.post(metadata(**{member: [secret] if several else f"Basic {secret}"}))
            assert secret not in repr(written), member

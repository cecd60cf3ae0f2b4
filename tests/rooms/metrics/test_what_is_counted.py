"""Metrics count what stayed, under labels that no request can choose, and name nobody."""

import re
from collections.abc import Callable

import flask
import pytest
from prometheus_client import generate_latest

from provider.context import Provider
from provider.housekeeping import keep_house
from provider.logout.delivery import deliver_due
from provider.metrics import NOTHING
from provider.metrics.exposition import Exposition
from provider.metrics.path_names import PathNames
from provider.metrics.timing import Timed
from provider.model.account import Account
from provider.store import seen_jtis
from provider.store.unit_of_work import transaction
from tests.store.arrange import digest
from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.site import Site

ADDRESS = "127.0.0.1:9464"
on = pytest.mark.settings(metrics_address=ADDRESS)


@pytest.fixture
def scrape(provider: Provider) -> Callable[[], str]:
    """Look at the metrics as Prometheus would."""
    exposition = Exposition(provider, ADDRESS)
    return lambda: generate_latest(exposition.registry()).decode()


def value(text: str, name: str, **labels: str) -> float:
    """Return one value, 0 where there is none."""
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? ([0-9.e+-]+)", line)
        if found is None or found[1] != name:
            continue
        given = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
        if given == labels:
            return float(found[3])
    return 0.0


def test_without_the_setting_nothing_counts_and_nothing_is_in_the_way(
    app: flask.Flask, provider: Provider
) -> None:
    assert provider.metrics is NOTHING
    assert not isinstance(app.wsgi_app, Timed)


@on
def test_metrics_are_not_at_the_public_port(app: flask.Flask, relying_party: RelyingParty) -> None:
    assert wire.get(app, f"{relying_party.issuer}/metrics").status == 404


@on
def test_credentials_are_counted_by_grant(
    relying_party: RelyingParty, signed_in: Browser, scrape: Callable[[], str]
) -> None:
    tokens = relying_party.sign_in(signed_in)
    relying_party.refresh_raw(tokens.refresh_token)
    relying_party.client_credentials()
    text = scrape()
    name = "signet_credentials_issued_total"
    for credential in ("access_token", "refresh_token", "id_token"):
        assert value(text, name, grant="authorization_code", credential=credential) == 1
        assert value(text, name, grant="refresh_token", credential=credential) == 1
    assert value(text, name, grant="client_credentials", credential="access_token") == 1
    assert value(text, name, grant="client_credentials", credential="refresh_token") == 0
    assert value(text, "signet_answer_seconds_count", endpoint="token", status="200") == 3


@on
def test_repeats_and_reuse_of_refresh_tokens_are_counted(
    relying_party: RelyingParty, signed_in: Browser, scrape: Callable[[], str]
) -> None:
    first = relying_party.sign_in(signed_in).refresh_token
    second = relying_party.refresh_raw(first).json["refresh_token"]
    assert relying_party.refresh_raw(first).status == 200
    relying_party.refresh_raw(second)
    assert relying_party.refresh_raw(first).status == 400
    text = scrape()
    assert value(text, "signet_events_total", event="refresh_token_repeated") == 1
    assert value(text, "signet_events_total", event="refresh_token_reuse_detected") == 1
    refused = {"endpoint": "token", "error": "invalid_grant", "reason": "reuse_detected"}
    assert value(text, "signet_refusals_total", **refused) == 1


@on
def test_what_was_refused_was_not_issued(
    relying_party: RelyingParty, signed_in: Browser, scrape: Callable[[], str]
) -> None:
    grant = relying_party.authorize(signed_in)
    answer = relying_party.redeem_raw(grant, code_verifier="x" * 43)
    assert answer.status == 400
    text = scrape()
    labels = {"grant": "authorization_code", "credential": "access_token"}
    assert value(text, "signet_credentials_issued_total", **labels) == 0


@on
def test_a_refused_code_is_counted_with_the_reason(
    relying_party: RelyingParty,
    signed_in: Browser,
    clock: SettableClock,
    scrape: Callable[[], str],
) -> None:
    stolen, late, used = (relying_party.authorize(signed_in) for _ in range(3))
    relying_party.redeem_raw(stolen, code_verifier="x" * 43)
    relying_party.redeem_raw(stolen, code="made-up")
    relying_party.redeem(used)
    relying_party.redeem_raw(used)
    clock.advance(61)
    relying_party.redeem_raw(late)
    text = scrape()
    for reason in ("verifier_mismatch", "unknown_code", "code_replayed", "expired_code"):
        labels = {"endpoint": "token", "error": "invalid_grant", "reason": reason}
        assert value(text, "signet_refusals_total", **labels) == 1, reason


@on
def test_no_request_can_make_a_label(
    app: flask.Flask, relying_party: RelyingParty, scrape: Callable[[], str]
) -> None:
    for path in ("/nowhere", "/token/made-up", "/errors/made-up", "/static/made-up", "//x"):
        wire.get(app, f"{relying_party.issuer}{path}")
    relying_party.post_raw("token", {"grant_type": "made-up"})
    relying_party.post_raw("token", {"grant_type": "client_credentials", "scope": "made-up"})
    text = scrape()
    assert "made-up" not in text
    assert value(text, "signet_answer_seconds_count", endpoint="other", status="404") == 2


@on
def test_metrics_name_nobody_and_hold_no_secret(
    relying_party: RelyingParty,
    signed_in: Browser,
    account: Account,
    scrape: Callable[[], str],
) -> None:
    tokens = relying_party.sign_in(signed_in)
    text = scrape()
    for private in (
        tokens.refresh_token,
        tokens.access_token,
        str(relying_party.secret),
        relying_party.client_id,
        account.id,
        account.username,
        signed_in.address,
    ):
        assert private not in text


@on
def test_what_clients_were_told_of_logouts_is_counted(
    make_relying_party: MakeParty,
    signed_in: Browser,
    provider: Provider,
    clock: SettableClock,
    site: Site,
    scrape: Callable[[], str],
) -> None:
    party = make_relying_party(backchannel_logout_uri=site.serve("/back", "", status=503))
    hint = wire.encode({"id_token_hint": party.sign_in(signed_in).id_token})
    signed_in.come(f"{party.endpoint('end_session')}?{hint}")
    assert value(scrape(), "signet_logout_deliveries_pending") == 1
    deliver_due(provider)
    assert value(scrape(), "signet_logout_deliveries_pending") == 1
    site.serve("/back", "")
    clock.advance(5)
    deliver_due(provider)
    text = scrape()
    assert value(text, "signet_logout_deliveries_pending") == 0
    for outcome in ("failed", "delivered"):
        assert value(text, "signet_logout_attempts_total", outcome=outcome) == 1


@on
def test_what_housekeeping_has_left_and_what_it_did(
    provider: Provider, clock: SettableClock, scrape: Callable[[], str]
) -> None:
    with transaction(provider.engine) as tx:
        for number in range(3):
            seen_jtis.use(tx, digest(str(number)), clock.now() + 10)
    assert value(scrape(), "signet_expired_rows", table="seen_jti") == 0
    clock.advance(11)
    assert value(scrape(), "signet_expired_rows", table="seen_jti") == 3
    keep_house(provider, clock.now())
    text = scrape()
    assert value(text, "signet_expired_rows", table="seen_jti") == 0
    assert value(text, "signet_expired_rows_removed_total", table="seen_jti") == 3


@on
@pytest.mark.both_databases
def test_the_age_of_keys_and_the_database_are_looked_up(
    provider: Provider, clock: SettableClock, scrape: Callable[[], str]
) -> None:
    before = value(scrape(), "signet_key_age_seconds", purpose="sign", alg="RS256")
    clock.advance(3600)
    text = scrape()
    assert value(text, "signet_key_age_seconds", purpose="sign", alg="RS256") == before + 3600
    assert value(text, "signet_key_age_seconds", purpose="derive", alg="HS256") >= 3600
    assert value(text, "signet_database_up") == 1
    assert value(text, "signet_logout_deliveries_pending") == 0


def test_an_endpoint_is_the_first_step_of_its_path() -> None:
    path_names = PathNames(["/tenant/token", "/.well-known/openid-configuration"], "/tenant")
    assert path_names.name("/tenant/token") == "token"
    assert path_names.name("/tenant/interaction/abc/login") == "interaction"
    assert path_names.name("/tenant/") == "home"
    assert path_names.name("/.well-known/openid-configuration") == ".well-known"
    assert path_names.name("/tenant/abc") == path_names.name("") == "other"


@pytest.mark.parametrize(
    "address", [pytest.param(one, marks=pytest.mark.settings(
        issuer="https://op.example/auth", metrics_address=one)) for one in (None, ADDRESS)]
)  # fmt: skip
def test_an_issuer_with_a_path_answers_around_it_as_without_metrics(
    app: flask.Flask, address: str | None
) -> None:
    assert isinstance(app.wsgi_app, Timed) is (address is not None)
    answers = {
        path: wire.get(app, f"https://op.example{path}").status
        for path in ("/auth", "/authx", "/auth/", "/", "/auth/jwks", "/authx/jwks")
    }
    assert answers == {
        "/auth": 308,
        "/authx": 404,
        "/auth/": 200,
        "/": 404,
        "/auth/jwks": 200,
        "/authx/jwks": 404,
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/auth/", "home"),
        ("/auth/token", "token"),
        ("/auth/static/a/b", "static"),
        ("/auth", "other"),
        ("/authx", "other"),
        ("/authx/token", "other"),
        ("/auth//token", "other"),
        ("auth", "other"),
        ("", "other"),
        ("/", "other"),
    ],
)
def test_every_path_has_a_name(path: str, name: str) -> None:
    assert PathNames(["/auth/token"], "/auth").name(path) == name

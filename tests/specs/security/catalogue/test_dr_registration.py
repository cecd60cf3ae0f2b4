"""DR: applications that register themselves (RFC 7591 §5, RFC 7592 §3)."""

from typing import Any

import pytest

from provider.model.account import Account
from tests.specs.security.catalogue.conftest import Nothing
from tests.support import wire
from tests.support.arrival import at_consent
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.registering import Registrar, at_work, metadata
from tests.support.relying_party import RelyingParty, refusal

OPEN = pytest.mark.settings(registration={"mode": "open", "per_hour": 10_000})
GRANTS = ["authorization_code", "refresh_token"]


def test_dr_01_nobody_registers_where_it_was_not_opened(
    relying_party: RelyingParty, nothing_left: Nothing
) -> None:
    with nothing_left():
        for path in ("/register", "/register/", f"/register/{relying_party.client_id}"):
            for method in ("GET", "POST", "PUT", "DELETE"):
                url = relying_party.issuer + path
                assert wire.send(relying_party.app, method, url).status == 404
        assert "registration_endpoint" not in relying_party.metadata


@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.parametrize("token", [None, "", "wrong", "signet_initial_x", "a b", "é", "x" * 5000])
def test_dr_01_without_an_initial_access_token_nobody_registers(
    registrar: Registrar, nothing_left: Nothing, token: str | None
) -> None:
    with nothing_left():
        written = token.encode().decode("latin-1") if token is not None else None
        answer = registrar.post(metadata(), written)
        assert answer.status == 401
        assert answer.header("WWW-Authenticate")


@OPEN
def test_dr_01_people_are_warned_of_who_registered_itself(
    registrar: Registrar, relying_party: RelyingParty, clock: SettableClock, signed_in: Browser
) -> None:
    stranger = at_work(registrar, clock, registrar.register(client_name="Your Bank"))
    at_consent(signed_in, stranger, scope="openid")
    warning = signed_in.page.text_of("consent-unchecked")
    assert "rp.example" in warning
    at_consent(signed_in, relying_party)
    assert not signed_in.page.has("consent-unchecked")
    signed_in.language = "ko"
    at_consent(signed_in, stranger, scope="openid")
    assert signed_in.page.text_of("consent-unchecked") not in (warning, "")


@OPEN
def test_dr_02_what_does_not_fit_together_is_refused(
    registrar: Registrar, nothing_left: Nothing
) -> None:
    with nothing_left():
        for wrong in (
            {"jwks": {"keys": []}, "jwks_uri": "https://rp.example/k"},
            {"grant_types": ["authorization_code"], "response_types": ["id_token"]},
            {"grant_types": ["refresh_token"]}, {"grant_types": ["client_credentials"]},
            {"response_types": ["code"], "grant_types": ["implicit"]},
            {"subject_type": "pairwise",
             "redirect_uris": ["https://a.example/cb", "https://b.example/cb"]},
            {"sector_identifier_uri": "https://127.0.0.1/s"}, {"client_name": "\x00"},
            {"id_token_signed_response_alg": "none"}, {"request_object_signing_alg": "none"},
            {"token_endpoint_auth_method": "tls_client_auth"},
            {"frontchannel_logout_uri": "https://evil.example/out"},
            {"backchannel_logout_uri": "https://rp.example/out#x"},
        ):  # fmt: skip
            answer = registrar.post(metadata(**wrong))
            assert answer.status == 400, wrong
            assert answer.json["error"] in ("invalid_client_metadata", "invalid_redirect_uri")


BROUGHT = (
    "code=x",
    "state=x",
    "iss=https://evil.example",
    "error",
    "a=b&%63ode=",
    "session_state=",
)


@OPEN
def test_dr_02_no_address_says_already_what_an_answer_brings(registrar: Registrar) -> None:
    """Or it would come twice, and a client might read the one that somebody registered."""
    for query in BROUGHT:
        answer = registrar.post(metadata(redirect_uris=[f"https://rp.example/cb?{query}"]))
        refusal(answer, "invalid_redirect_uri")
    for member, query in (
        ("post_logout_redirect_uris", "state=x"), ("frontchannel_logout_uri", "sid="),
        ("frontchannel_logout_uri", "a=b&iss=https://evil.example"),
    ):  # fmt: skip
        uri = f"https://rp.example/out?{query}"
        changes = {member: [uri] if member.endswith("uris") else uri}
        refusal(registrar.post(metadata(**changes)), "invalid_client_metadata")
    fine = registrar.register(
        redirect_uris=["https://rp.example/cb?codes=1&State=2&error.x=3"],
        post_logout_redirect_uris=["https://rp.example/out?code=1"],
    )
    assert fine["redirect_uris"] == ["https://rp.example/cb?codes=1&State=2&error.x=3"]


DISGUISES = (
    "\u202eknaB ruoY", "Bank\u2066 evil", "a\nb", "a\r\nb", "\x1b[2Jx", "a\x7f", "a\x85b",
    "a\u2028b", "\u200b", "\u2060\ufeff", "\u00ad", "\u2003", "\u034f",
)  # fmt: skip
NAMES = (
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u05e9\u05dc\u05d5\u05dd\u200f!",
    "\U0001f469\u200d\U0001f4bb Notes", "노트", "é", "A\u200eB",
)  # fmt: skip


@OPEN
def test_dr_02_a_name_is_what_it_looks_like(registrar: Registrar) -> None:
    """HP-05 and XS-03 as well: what people are shown when they are asked to agree."""
    for name in DISGUISES:
        refusal(registrar.post(metadata(client_name=name)), "invalid_client_metadata")
        wrong = metadata(**{"client_name#ko": name})
        refusal(registrar.post(wrong), "invalid_client_metadata")
    for member in ("contacts", "software_id", "software_version"):
        value = "a\r\nBcc: b@evil.example"
        wrong = {member: [value] if member == "contacts" else value}
        refusal(registrar.post(metadata(**wrong)), "invalid_client_metadata")
    for name in NAMES:
        assert registrar.register(client_name=name)["client_name"] == name


@OPEN
@pytest.mark.parametrize("grant_type", ["password", "AUTHORIZATION_CODE", "*", ""])
def test_dr_02_what_is_wrong_is_named(registrar: Registrar, grant_type: str) -> None:
    told = refusal(registrar.post(metadata(grant_types=[grant_type])), "invalid_client_metadata")
    assert told["error_description"].startswith("grant_types ")


@OPEN
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_dr_03_a_token_opens_its_own_client_alone(
    registrar: Registrar, nothing_left: Nothing, method: str
) -> None:
    mine, theirs = registrar.register(), registrar.register(client_name="Theirs")
    body = {**metadata(), "client_id": theirs["client_id"]} if method == "PUT" else None
    token = str(mine["registration_access_token"])
    with nothing_left():
        for value in (token, token[:-1], token + "x", token.upper(), "", mine["client_id"]):
            answer = registrar.manage(method, theirs, body, token=value)
            assert answer.status == 401
        answer = registrar.send(
            method, f"{registrar.issuer}/register/{mine['client_id']}%2f..%2fx", body, token
        )
        assert answer.status in (401, 404)
    assert registrar.manage("GET", theirs).json["client_name"] == "Theirs"


@OPEN
def test_dr_04_nobody_gives_itself_more(
    registrar: Registrar, clock: SettableClock, signed_in: Browser, account: Account
) -> None:
    for wrong in (
        {"grant_types": ["password"]}, {"grant_types": ["*"]},
        {"grant_types": ["authorization_code", "client_credentials"],
         "token_endpoint_auth_method": "none"},
        {"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]},
    ):  # fmt: skip
        assert registrar.post(metadata(**wrong)).status == 400
    asked = {
        "scope": "openid admin notes:read notes:write signet:admin *",
        "policy": {"consent": "implied", "resources": ["https://api.example/notes"],
                   "require_pkce": False, "allow_any_auth_method": True, "audiences": ["x"]},
        "dynamic": False, "created_at": 1, "disabled_at": None, "secrets": [],
        "client_secret": "own",
        "client_id": "signet", "trusted": True, "skip_consent": True, "consent": "implied",
    }  # fmt: skip
    given = registrar.register(**asked)
    assert given["scope"] == "openid"
    assert given["client_id"] != "signet"
    assert given["client_secret"] != "own"
    assert not {"policy", "trusted", "skip_consent", "dynamic", "consent"} & set(given)
    party = at_work(registrar, clock, given)
    at_consent(signed_in, party, scope="openid")
    assert party.stopped(signed_in, redirect_uri="https://x.example") == "invalid_request"
    party.scope = "openid"
    told = party.refused(signed_in, resource="https://api.example/notes")
    assert told.error == "invalid_target"


@OPEN
def test_dr_05_a_change_changes_what_it_may_and_resets_nothing_silently(
    registrar: Registrar, clock: SettableClock
) -> None:
    given = registrar.register(client_name="Before", grant_types=GRANTS)
    secret = given["client_secret"]
    wrong: tuple[dict[str, Any], ...] = (
        {"client_id": "another"}, {"client_id": None}, {"client_secret": "own choice"},
        {"client_secret": ""}, {"client_secret": 7}, {"registration_access_token": "x"},
        {"registration_client_uri": "https://evil.example"}, {"client_id_issued_at": 0},
        {"client_secret_expires_at": 0}, {"redirect_uris": []}, {"redirect_uris": None},
    )  # fmt: skip
    for one in wrong:
        sent = {**metadata(client_name="After"), "client_id": given["client_id"], **one}
        answer = registrar.manage("PUT", given, sent)
        assert answer.status == 400, one
    shown = registrar.manage("GET", given).json
    assert shown["client_name"] == "Before"
    party = at_work(registrar, clock, given)
    assert party.secret == secret
    refusal(party.refresh_raw("x"), "invalid_grant")


@OPEN
@pytest.mark.both_databases
def test_dr_06_what_was_deleted_is_gone_with_all_it_had(
    registrar: Registrar, clock: SettableClock, signed_in: Browser
) -> None:
    given = registrar.register(grant_types=GRANTS)
    party = at_work(registrar, clock, given)
    party.scope = "openid offline_access"
    tokens, grant = party.sign_in(signed_in), party.authorize(signed_in)
    assert registrar.manage("DELETE", given).status == 204
    refusal(party.redeem_raw(grant), "invalid_client")
    refusal(party.refresh_raw(tokens.refresh_token), "invalid_client")
    assert not party.is_accepted(tokens.access_token)
    for method in ("GET", "PUT", "DELETE"):
        assert registrar.manage(method, given, metadata()).status == 401
    assert party.stopped(signed_in) == "invalid_request"

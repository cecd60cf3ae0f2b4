"""The audit trail (G7, I11): one event for each security decision, with who, which client, from
where and why; also for refusals that matter; none for what was undone; never a secret."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.credentials.guesses import FREE_FAILURES
from provider.housekeeping import keep_house
from provider.model.account import Account
from provider.store.refusals import WINDOW
from tests.support import wire
from tests.support.arrival import MakeParty, at_account, at_consent, at_logout
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.registering import Registrar
from tests.support.relying_party import RelyingParty, refusal
from tests.support.watching import at_rest, events

pytestmark = [pytest.mark.spec("G7")]
MACHINE = {"grant_type": "client_credentials"}
STORE = Path(__file__).parents[3] / "provider" / "store"


@contextmanager
def no_commit(provider: Provider) -> Iterator[None]:
    """Let the database refuse to commit."""

    def refuse(_connection: sa.Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", None, OSError("the disk is full"))

    sa.event.listen(provider.engine, "commit", refuse)
    try:
        yield
    finally:
        sa.event.remove(provider.engine, "commit", refuse)


@pytest.mark.both_databases
def test_a_wrong_secret_leaves_an_event_that_names_the_client(
    relying_party: RelyingParty, provider: Provider
) -> None:
    relying_party.secret = "not the secret"
    refusal(relying_party.post("token", MACHINE), "invalid_client")
    (event,) = events(provider, "client_authentication_failed")
    assert event.client_id == relying_party.client_id
    assert event.address == "203.0.113.7"
    assert event.detail == {"reason": "unknown client or wrong secret"}
    assert b"not the secret" not in at_rest(provider)


def test_a_stranger_leaves_no_event(relying_party: RelyingParty, provider: Provider) -> None:
    """Else anybody could fill the database with names of their own making."""
    relying_party.client_id = "made-up"
    refusal(relying_party.post("token", MACHINE), "invalid_client")
    assert events(provider, "client_authentication_failed") == []


@pytest.mark.both_databases
@pytest.mark.parametrize("who", ["the next refusal", "housekeeping"])
def test_who_is_refused_again_and_again_leaves_two_events_a_window(
    relying_party: RelyingParty, provider: Provider, clock: SettableClock, who: str
) -> None:
    relying_party.secret = "not the secret"
    for number in range(5):
        relying_party.post("token", MACHINE, address=f"198.51.{number % 3}.7")
    (first,) = events(provider, "client_authentication_failed")
    began = clock.now()
    clock.advance(WINDOW)
    if who == "housekeeping":
        keep_house(provider, clock.now())
        keep_house(provider, clock.now())
        again, summed = events(provider, "client_authentication_failed")
    else:
        relying_party.post("token", MACHINE)
        again, summed, _ = events(provider, "client_authentication_failed")
    assert again == first
    assert summed.client_id == relying_party.client_id
    assert summed.detail == {"count": 5, "networks": 3, "since": began, "until": began}
    clock.advance(WINDOW)
    keep_house(provider, clock.now())
    assert len(events(provider, "client_authentication_failed")) == (3 if "next" in who else 2)


@pytest.mark.settings(registration={"mode": "open", "per_hour": 2})
def test_who_would_manage_another_client_leaves_an_event(
    registrar: Registrar, provider: Provider
) -> None:
    mine, theirs = registrar.register(), registrar.register()
    for token in (mine["registration_access_token"], "signet_registration_made_up"):
        refusal(registrar.manage("PUT", theirs, {}, token=token), "invalid_token")
    nobodys = {**theirs, "registration_client_uri": f"{registrar.issuer}/register/made-up"}
    refusal(registrar.manage("GET", nobodys), "invalid_token")
    (event,) = events(provider, "client_management_refused")
    assert event.client_id == theirs["client_id"]
    assert event.detail == {"reason": "the registration access token is another client's"}
    assert registrar.post({}).status == 429
    (event,) = events(provider, "registrations_throttled")
    assert event.address == "203.0.113.7"


def test_who_must_wait_after_wrong_secrets_leaves_an_event(
    relying_party: RelyingParty, provider: Provider
) -> None:
    right, relying_party.secret = relying_party.secret, "not the secret"
    for _ in range(FREE_FAILURES):
        refusal(relying_party.post("token", MACHINE), "invalid_client")
    for secret in ("not the secret", right):
        relying_party.secret = secret
        assert relying_party.post("token", MACHINE).status == 429
    (event,) = events(provider, "client_authentication_throttled")
    assert event.client_id == relying_party.client_id


@pytest.mark.parametrize("form", ["consent", "sign_out", "logout"])
def test_a_forged_form_in_the_name_of_a_person_leaves_an_event(
    relying_party: RelyingParty, provider: Provider, account: Account, signed_in: Browser,
    form: str,
) -> None:  # fmt: skip
    if form == "consent":
        at_consent(signed_in, relying_party)
        signed_in.press("consent-allow", csrf_token="forged")
    elif form == "sign_out":
        at_account(signed_in)
        signed_in.press("sign_out", csrf_token="forged")
    else:
        at_logout(signed_in, relying_party)
        signed_in.press("confirm", csrf_token="forged")
    assert signed_in.problem() == "invalid_request"
    (event,) = events(provider, "form_refused")
    assert event.account_id == account.id
    assert event.address == signed_in.address
    assert event.detail == {"reason": "wrong or missing csrf_token"}


@pytest.mark.both_databases
def test_a_code_without_its_verifier_leaves_an_event_although_it_is_not_spent(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    grant = relying_party.authorize(signed_in)
    refusal(relying_party.redeem_raw(grant, code_verifier="x" * 43), "invalid_grant")
    (event,) = events(provider, "authorization_code_refused")
    assert event.account_id == account.id
    assert event.client_id == relying_party.client_id
    assert event.authorization_id is not None
    assert event.detail == {"reason": "The code_verifier does not match the code_challenge."}
    assert relying_party.redeem_raw(grant).status == 200


def test_a_code_or_refresh_token_of_another_client_leaves_an_event(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser
) -> None:
    owner, thief = make_relying_party(), make_relying_party()
    grant = owner.authorize(signed_in)
    refusal(thief.redeem_raw(grant), "invalid_grant")
    (event,) = events(provider, "authorization_code_refused")
    assert event.client_id == thief.client_id
    tokens = owner.redeem(grant)
    refusal(thief.refresh_raw(tokens.refresh_token), "invalid_grant")
    (event,) = events(provider, "refresh_token_refused")
    assert event.client_id == thief.client_id
    assert owner.refresh_raw(tokens.refresh_token).status == 200


@pytest.mark.both_databases
def test_reuse_leaves_one_event_though_it_is_refused(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    first = relying_party.sign_in(signed_in).refresh_token
    second = relying_party.refresh_raw(first).json["refresh_token"]
    relying_party.refresh_raw(second)
    for _ in range(3):
        refusal(relying_party.refresh_raw(first), "invalid_grant")
    assert len(events(provider, "refresh_token_reuse_detected")) == 1


def test_a_revoked_access_token_leaves_an_event(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in)
    relying_party.revoke(tokens.access_token)
    (event,) = events(provider, "access_token_revoked")
    assert event.client_id == relying_party.client_id
    assert event.authorization_id is not None


@pytest.mark.parametrize(
    ("username", "password", "reason"),
    [("tester", "wrong", "the password does not match"), ("nobody", "wrong", "unknown name")],
)
def test_a_failed_sign_in_says_why_to_the_trail_alone(
    relying_party: RelyingParty,
    provider: Provider,
    user_agent: Browser,
    account: Account,
    username: str,
    password: str,
    reason: str,
) -> None:
    user_agent.come(relying_party.start().url)
    user_agent.sign_in(username, password)
    (event,) = events(provider, "sign_in_failed")
    assert event.detail == {"reason": reason}
    assert user_agent.answer is not None
    assert reason not in user_agent.answer.text
    assert event.account_id == (account.id if username == "tester" else None)


@pytest.mark.spec("I11")
def test_what_was_undone_leaves_no_event(
    relying_party: RelyingParty,
    provider: Provider,
    signed_in: Browser,
) -> None:
    """The row of an authorization and its event are one transaction: where it can not be
    committed, there is neither."""
    relying_party.authorize(signed_in)
    before = len(events(provider, "authorization_granted"))
    with no_commit(provider):
        answer = wire.get(
            relying_party.app,
            relying_party.start().url,
            headers={
                "Cookie": signed_in.jar.header(provider.issuer, method="GET", same_site=True)
            },
        )
    assert answer.status == 503
    assert len(events(provider, "authorization_granted")) == before


def test_nothing_but_retention_removes_events_and_nothing_changes_them() -> None:
    """Who writes a statement against the trail has to come by here."""
    use = re.compile(r"\bschema\.event\b|import event\b")
    named = {path.name for path in STORE.glob("*.py") if use.search(path.read_text())}
    assert named == {"diagnosis.py", "events.py", "expiry.py"}
    own = (STORE / "events.py").read_text()
    assert not re.search(r"\.(update|delete)\(|UPDATE|DELETE", own)
    assert ".update(" not in (STORE / "expiry.py").read_text()

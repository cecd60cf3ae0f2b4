"""Signing in with name and password: what is refused reads and costs the same, guessing is slowed
down, and the owner is not locked out by somebody else's guesses (NIST SP 800-63B-4 §3.2.2)."""

import unicodedata

import argon2
import pytest
import sqlalchemy as sa

from provider.app import create_app
from provider.context import Provider
from provider.model.account import Account
from provider.settings import Settings
from provider.store import accounts
from provider.store.schema import account as account_table
from provider.store.unit_of_work import transaction
from tests.support import wire
from tests.support.arrival import PASSWORD, MakeParty, another_browser, at_login
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import make_account
from tests.support.relying_party import RelyingParty
from tests.support.watching import at_once, events


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were checked against."""
    seen: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counting(hasher: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        seen.append(str(hashed))
        return bool(verify(hasher, hashed, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    return seen


def guess(browser: Browser, times: int, username: str = "tester") -> None:
    for number in range(times):
        browser.sign_in(username, f"wrong {number}")


def is_signed_in(browser: Browser) -> bool:
    browser.visit(browser.issuer + "/account")
    return browser.at == "account"


def telling(browser: Browser) -> tuple[int, list[str], str]:
    """Return what an attempt shows that does not depend on the handle and the name typed."""
    answer = browser.answer
    assert answer is not None
    assert browser.page.elements["username"].attributes["value"]
    names = sorted(name for name, _ in answer.fields if name != "Content-Length")
    return answer.status, names, browser.page.text


@pytest.mark.spec("ID-01")
def test_an_unknown_account_and_a_wrong_password_read_the_same(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", "wrong")
    known = telling(user_agent)
    user_agent.sign_in("nobody", "wrong")
    assert telling(user_agent) == known
    assert known[0] == 400


@pytest.mark.spec("ID-01")
@pytest.mark.parametrize("username", ["tester", "nobody", "", "x" * 2000, "tester@example.com"])
def test_every_failed_attempt_costs_one_password_check(
    relying_party: RelyingParty,
    user_agent: Browser,
    account: Account,
    verified: list[str],
    username: str,
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in(username, "wrong")
    assert user_agent.status == 400
    assert len(verified) == 1


@pytest.mark.spec("ID-01", "ID-07")
def test_the_check_of_an_unknown_account_has_the_parameters_of_a_real_one(
    relying_party: RelyingParty, user_agent: Browser, account: Account, verified: list[str]
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", "wrong")
    user_agent.sign_in("nobody", "wrong")
    real, nobody = (argon2.extract_parameters(one) for one in verified)
    assert real == nobody
    assert real.type is argon2.Type.ID


@pytest.mark.spec("ID-01")
def test_a_disabled_account_reads_like_a_wrong_password(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    make_account(provider, "gone")
    with transaction(provider.engine) as tx:
        gone = accounts.find_by_login(tx, "gone")
        assert gone is not None
        accounts.set_disabled(tx, gone.id, provider.clock.now())
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", "wrong")
    wrong = telling(user_agent)
    user_agent.sign_in("gone", PASSWORD)
    assert telling(user_agent) == wrong


@pytest.mark.spec("ID-07")
@pytest.mark.parametrize("password", ["", "the password of no account", PASSWORD])
def test_an_account_without_a_password_can_not_be_entered_with_any(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, password: str
) -> None:
    made = make_account(provider, "passwordless")
    with transaction(provider.engine) as tx:
        tx.execute(
            sa.update(account_table).where(account_table.c.id == made.id).values(password_hash="")
        )
    at_login(user_agent, relying_party)
    user_agent.sign_in("passwordless", password)
    assert user_agent.status == 400
    assert not is_signed_in(user_agent)


@pytest.mark.spec("ID-04")
@pytest.mark.parametrize(
    "spelled", ["TESTER", " tester ", "\uff54\uff45\uff53\uff54\uff45\uff52", "Tester@Example.COM"]
)
def test_every_spelling_of_a_name_is_one_account(
    relying_party: RelyingParty, user_agent: Browser, account: Account, spelled: str
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in(spelled, PASSWORD)
    assert user_agent.at == "consent"


@pytest.mark.spec("ID-05")
@pytest.mark.parametrize("wrong", [(0, 72), (0, 199), (1, 200)])
def test_every_character_of_a_long_password_counts(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, wrong: tuple[int, int]
) -> None:
    password = "한국어 암호 Pässword "[:10] * 20
    make_account(provider, "long", password=password)
    at_login(user_agent, relying_party)
    user_agent.sign_in("long", password[slice(*wrong)])
    assert user_agent.status == 400
    user_agent.sign_in("long", unicodedata.normalize("NFD", password))
    assert user_agent.at == "consent"


@pytest.mark.spec("ID-07")
def test_a_weak_hash_is_renewed_at_sign_in(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with transaction(provider.engine) as tx:
        accounts.set_password_hash(tx, account.id, weak, 0)
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", PASSWORD)
    with transaction(provider.engine) as tx:
        found = accounts.find(tx, account.id)
    assert found is not None
    assert found.password_hash != weak
    assert argon2.extract_parameters(found.password_hash).memory_cost >= 19 * 1024


@pytest.mark.spec("UI-05")
def test_password_managers_find_their_fields(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party)
    username = user_agent.page.elements["username"].attributes
    password = user_agent.page.elements["password"].attributes
    assert (username["autocomplete"], username["autocapitalize"]) == ("username", "none")
    assert (password["autocomplete"], password["type"]) == ("current-password", "password")


@pytest.mark.spec("UI-05")
def test_a_password_is_never_sent_back(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", "hunter2 hunter2 hunter2")
    assert "hunter2" not in user_agent.page.html


@pytest.mark.spec("ID-02")
def test_guesses_at_an_account_have_to_wait_after_a_few(
    relying_party: RelyingParty, user_agent: Browser, account: Account, verified: list[str]
) -> None:
    at_login(user_agent, relying_party)
    guess(user_agent, 100)
    assert user_agent.status == 429
    assert user_agent.answer is not None
    assert int(user_agent.answer.header("Retry-After") or 0) > 0
    assert user_agent.page.text_of("login-error").startswith("Too many attempts.")
    assert len(verified) <= 6


@pytest.mark.spec("ID-02")
def test_the_right_password_has_to_wait_too(
    relying_party: RelyingParty, user_agent: Browser, account: Account, verified: list[str]
) -> None:
    at_login(user_agent, relying_party)
    guess(user_agent, 7)
    verified.clear()
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.status == 429
    assert verified == []


@pytest.mark.spec("ID-02")
def test_the_wait_of_an_account_grows_and_stays_short(
    user_agent: Browser, account: Account, clock: SettableClock
) -> None:
    user_agent.visit(user_agent.issuer + "/account/login")
    waits: list[int] = []
    for number in range(18):
        user_agent.address = f"198.51.100.{number}"
        user_agent.sign_in("tester", "wrong")
        user_agent.sign_in("tester", "wrong")
        if user_agent.status == 429:
            assert user_agent.answer is not None
            waits.append(int(user_agent.answer.header("Retry-After") or 0))
            clock.advance(waits[-1])
    assert waits == sorted(waits)
    assert waits[0] <= 2
    assert waits[-1] == 300


@pytest.mark.spec("ID-02")
def test_after_the_wait_the_right_password_opens_at_once(
    relying_party: RelyingParty, user_agent: Browser, account: Account, clock: SettableClock
) -> None:
    at_login(user_agent, relying_party)
    guess(user_agent, 7)
    assert user_agent.answer is not None
    clock.advance(int(user_agent.answer.header("Retry-After") or 0))
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.at == "consent"


@pytest.mark.spec("ID-02")
def test_names_nobody_has_are_slowed_down_just_the_same(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party)
    guess(user_agent, 7, "nobody")
    assert user_agent.status == 429


@pytest.mark.spec("ID-02", "ID-04")
def test_another_spelling_is_no_fresh_start(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    for name in (
        "tester",
        "TESTER",
        " tester",
        "tester@example.com",
        "Tester",
        "TESTER@example.com",
    ):
        user_agent.sign_in(name, "wrong")
    user_agent.sign_in("tesTER", "wrong")
    assert user_agent.status == 429


@pytest.mark.spec("ID-09")
def test_one_guess_at_each_of_many_accounts_is_stopped_by_the_address(
    relying_party: RelyingParty, user_agent: Browser, verified: list[str]
) -> None:
    at_login(user_agent, relying_party)
    for number in range(60):
        user_agent.sign_in(f"person {number}", "Password1")
    assert user_agent.status == 429
    assert len(verified) <= 21


@pytest.mark.spec("ID-09")
def test_another_address_is_not_held_up_by_it(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    for number in range(25):
        user_agent.sign_in(f"person {number}", "Password1")
    other = another_browser(user_agent, address="192.0.2.99")
    at_login(other, relying_party)
    other.sign_in("tester", PASSWORD)
    assert other.at == "consent"


@pytest.mark.spec("HD-03")
def test_a_made_up_forwarding_header_is_no_new_address(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party)
    form = user_agent.page.form_with("login-submit")
    statuses = []
    for number in range(30):
        answer = wire.post(
            relying_party.app,
            form.action,
            {**form.fields, "username": f"person {number}", "password": "x", "action": "login"},
            headers={
                "Cookie": user_agent.jar.header(form.action, method="POST", same_site=True),
                "X-Forwarded-For": f"203.0.113.{number}",
                "Forwarded": f"for=203.0.113.{number}",
                "X-Real-IP": f"203.0.113.{number}",
            },
        )
        statuses.append(answer.status)
    assert statuses[0] == 400
    assert statuses[-1] == 429


@pytest.mark.spec("ID-03")
def test_the_owner_signs_in_from_a_known_browser_while_somebody_guesses(
    relying_party: RelyingParty, user_agent: Browser, account: Account, clock: SettableClock
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", PASSWORD)
    user_agent.deny()
    user_agent.visit(user_agent.issuer + "/account").press("sign_out")

    stranger = another_browser(user_agent, address="192.0.2.66")
    at_login(stranger, relying_party)
    guess(stranger, 30)
    assert stranger.status == 429

    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.at == "consent"


@pytest.mark.spec("ID-03")
def test_a_known_browser_may_not_guess_without_end_either(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", PASSWORD)
    user_agent.visit(user_agent.issuer + "/account").press("sign_out")
    at_login(user_agent, relying_party)
    guess(user_agent, 7)
    assert user_agent.status == 429


@pytest.mark.spec("ID-03")
def test_a_browser_known_to_one_account_is_a_stranger_to_another(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    make_account(provider, "mallory")
    stranger = another_browser(user_agent, address="192.0.2.66")
    at_login(stranger, relying_party)
    guess(stranger, 7)

    mallory = another_browser(user_agent, address="192.0.2.67")
    at_login(mallory, relying_party)
    mallory.sign_in("mallory", PASSWORD)
    mallory.visit(mallory.issuer + "/account").press("sign_out")
    at_login(mallory, relying_party)
    mallory.sign_in("tester", PASSWORD)
    assert mallory.status == 429


@pytest.mark.spec("ID-02")
def test_success_at_one_account_does_not_clear_the_address(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser
) -> None:
    make_account(provider, "mallory")
    at_login(user_agent, relying_party)
    for number in range(19):
        user_agent.sign_in(f"person {number}", "Password1")
    user_agent.sign_in("mallory", PASSWORD)
    assert user_agent.at == "consent"
    other = another_browser(user_agent)
    at_login(other, relying_party)
    other.sign_in("person 20", "Password1")
    other.sign_in("person 21", "Password1")
    assert other.status == 429


@pytest.mark.spec("ID-02")
@pytest.mark.both_databases
def test_all_processes_count_together(
    relying_party: RelyingParty,
    settings: Settings,
    clock: SettableClock,
    user_agent: Browser,
    account: Account,
) -> None:
    neighbour = create_app(settings, clock=clock)
    try:
        at_login(user_agent, relying_party)
        guess(user_agent, 7)
        other = Browser(neighbour, settings.issuer, address="192.0.2.5")
        other.come(relying_party.start().url)
        other.sign_in("tester", PASSWORD)
        assert other.status == 429
    finally:
        neighbour.extensions["signet"].engine.dispose()


@pytest.mark.spec("ID-02")
@pytest.mark.both_databases
def test_guesses_at_the_same_moment_are_all_counted(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)

    def one_guess() -> int:
        tab = user_agent.tab().visit(user_agent.url)
        tab.sign_in("tester", "wrong")
        return tab.status

    at_once(one_guess, 8)
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.status == 429
    assert len(events(provider, "sign_in_failed")) >= 5


@pytest.mark.spec("G7")
def test_failed_and_refused_attempts_leave_a_trace_without_the_password(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    guess(user_agent, 7)
    failed, throttled = events(provider, "sign_in_failed"), events(provider, "sign_in_throttled")
    assert (len(failed), len(throttled)) == (5, 2)
    for event in (*failed, *throttled):
        assert event.account_id == account.id
        assert event.address == user_agent.address
        assert "wrong" not in str(event.detail)


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_login_hint_fills_in_the_name(relying_party: RelyingParty, user_agent: Browser) -> None:
    at_login(user_agent, relying_party, login_hint='somebody@example.com"><svg onload=x>')
    value = user_agent.page.elements["username"].attributes["value"]
    assert value == 'somebody@example.com"><svg onload=x>'
    assert "<svg onload" not in user_agent.page.html


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_login_hint_does_not_say_whether_there_is_such_an_account(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party, login_hint="tester")
    known = user_agent.page.text
    at_login(user_agent, relying_party, login_hint="nobody")
    assert user_agent.page.text == known


@pytest.mark.spec("OIDCC-3.1.2.6", "RFC6749-4.1.2.1")
def test_cancelling_tells_the_client_access_denied(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    attempt = at_login(user_agent, relying_party)
    user_agent.press("login-cancel")
    assert user_agent.left is not None
    told = dict(user_agent.left.parameters)
    assert told["error"] == "access_denied"
    assert told["state"] == attempt.state
    assert told["iss"] == "https://op.example"
    assert set(told) == {"error", "error_description", "state", "iss"}


def test_cancelling_by_form_post_arrives_by_form_post(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party()
    at_login(user_agent, party, response_mode="form_post")
    user_agent.press("login-cancel")
    assert user_agent.left is not None
    assert user_agent.left.mode == "form_post"
    assert dict(user_agent.left.parameters)["error"] == "access_denied"


def test_the_page_names_the_application(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party(client_name="Wonderful Notes")
    at_login(user_agent, party)
    assert "Wonderful Notes" in user_agent.page.text

"""`signet user`: accounts of people."""

import json
from collections.abc import Callable
from io import BytesIO

import pytest

from provider.authenticators.password import is_right
from provider.context import Provider
from provider.model.account import Account
from provider.settings import Settings
from provider.store import accounts, schema, sessions
from provider.store.unit_of_work import open_engine, transaction
from tests.cli.processes import Signet

PASSWORD = "four words and a comma"


def find(provider: Provider, login: str) -> Account:
    with transaction(provider.engine) as tx:
        found = accounts.find_by_login(tx, login)
    assert found is not None
    return found


def add(operator: Signet, *arguments: str) -> None:
    result = operator("user", "add", *arguments, "--password-stdin", input=PASSWORD + "\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output


def test_an_account_is_added_with_its_claims(operator: Signet, provider: Provider) -> None:
    add(
        operator,
        *("alex", "--email", "alex@example.com", "--email-verified", "--name", "Alex Example"),
        *("--claim", "locale=ko", "--claim", 'address={"country": "Utopia"}'),
    )
    account = find(provider, "Alex")
    assert is_right(account.password_hash, PASSWORD)
    assert account.claims == {
        "name": "Alex Example",
        "email": "alex@example.com",
        "email_verified": True,
        "locale": "ko",
        "address": {"country": "Utopia"},
    }
    assert find(provider, "alex@example.com").id == account.id
    listed = json.loads(operator("user", "list", "--json").output)
    assert [one["sub"] for one in listed] == [account.id]
    assert "password" not in operator("user", "list", "--json").output


class Typed(BytesIO):
    """What somebody types slowly enough for `meanwhile` to happen."""

    def __init__(self, typed: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(typed.encode())
        self._meanwhile = meanwhile

    def read1(self, size: int | None = -1, /) -> bytes:
        """Return what was typed."""
        self._meanwhile()
        return super().read1(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return what was typed."""
        self._meanwhile()
        return super().readline(size)


@pytest.mark.parametrize("command", ["add", "set-password"])
@pytest.mark.parametrize("from_stdin", [True, False])
def test_nobody_waits_for_the_database_while_a_password_is_typed(
    operator: Signet, settings: Settings, command: str, from_stdin: bool
) -> None:
    login = "alex" if command == "add" else "blake"
    add(operator, "blake")
    written: list[bool] = []

    def write() -> None:
        engine = open_engine(settings.database_url, patience=0.2)
        with transaction(engine) as tx:
            written.append(accounts.lock(tx, "nobody", now=1))
        engine.dispose()

    typed = Typed(f"{PASSWORD}\n{PASSWORD}\n", write)
    options = ("--password-stdin",) if from_stdin else ()
    result = operator("user", command, login, *options, input=typed)
    assert result.exit_code == 0, result.output
    assert written


def test_a_password_is_asked_for_twice(operator: Signet, provider: Provider) -> None:
    result = operator("user", "add", "alex", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert is_right(find(provider, "alex").password_hash, PASSWORD)


def test_a_password_is_never_an_argument(operator: Signet) -> None:
    assert operator("user", "add", "alex", "--password", PASSWORD).exit_code == 2
    assert operator("user", "add", "alex", PASSWORD).exit_code == 2


@pytest.mark.parametrize("password", ["short", "a" * 20, "alexander-example"])
def test_a_password_that_is_easy_to_guess_is_refused(operator: Signet, password: str) -> None:
    result = operator("user", "add", "alexander-example", "--password-stdin", input=password)
    assert result.exit_code == 1
    assert result.stderr.startswith("signet: this password can not be used.")


@pytest.mark.parametrize(
    "arguments",
    [("ALEX",), ("other", "--email", "Alex@Example.com"), ("alex@example.com",)],
)
def test_names_and_addresses_are_given_once(operator: Signet, arguments: tuple[str, ...]) -> None:
    add(operator, "alex", "--email", "alex@example.com")
    result = operator("user", "add", *arguments, "--password-stdin", input=PASSWORD)
    assert result.exit_code == 1
    assert "another account" in result.stderr


def test_an_unknown_claim_is_a_wrong_call(operator: Signet) -> None:
    assert operator("user", "add", "alex", "--claim", "colour=red").exit_code == 2


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    ("command", "reason"),
    [("set-password", "credentials_changed"), ("disable", "account_disabled")],
)
def test_new_credentials_and_disabling_end_what_there_is(
    operator: Signet,
    provider: Provider,
    account: Account,
    command: str,
    reason: str,
) -> None:
    now = provider.clock.now()
    with transaction(provider.engine) as tx:
        assert sessions.list_live(tx, account.id, now)
    options = ("--password-stdin",) if command == "set-password" else ()
    result = operator("user", command, account.username, *options, input=PASSWORD)
    assert result.exit_code == 0, result.output
    with transaction(provider.engine) as tx:
        reasons = tx.execute(schema.session.select()).all()
    assert {row.ended_reason for row in reasons} == {reason}


@pytest.mark.usefixtures("signed_in")
def test_an_account_can_be_signed_out_everywhere_and_stays_usable(
    operator: Signet, provider: Provider, account: Account
) -> None:
    result = operator("user", "sign-out", account.username)
    assert (result.exit_code, "sessions ended: 1" in result.output) == (0, True)
    with transaction(provider.engine) as tx:
        (row,) = tx.execute(schema.session.select()).all()
    assert row.ended_reason == "revoked_by_administrator"
    assert find(provider, account.username).disabled_at is None
    assert "sessions ended: 0" in operator("user", "sign-out", account.username).output


def test_a_disabled_account_can_be_enabled_again(operator: Signet, provider: Provider) -> None:
    add(operator, "alex")
    assert operator("user", "disable", "alex").exit_code == 0
    assert find(provider, "alex").disabled_at is not None
    assert "disabled" in operator("user", "list").output
    assert operator("user", "enable", "alex").exit_code == 0
    assert find(provider, "alex").disabled_at is None


def test_an_unknown_account_is_one_line(operator: Signet) -> None:
    result = operator("user", "disable", "nobody")
    assert result.exit_code == 1
    assert result.stderr == ("signet: there is no account nobody; `signet user list` shows all\n")


@pytest.mark.usefixtures("signed_in")
def test_an_account_is_locked_and_unlocked_and_nothing_ends(
    operator: Signet, provider: Provider, account: Account
) -> None:
    assert operator("user", "lock", account.username).exit_code == 0
    assert find(provider, account.username).locked_at is not None
    assert "locked" in operator("user", "list").output
    (listed,) = json.loads(operator("user", "list", "--json").output)
    assert listed["locked_at"] is not None
    assert operator("user", "unlock", account.username).exit_code == 0
    assert find(provider, account.username).locked_at is None
    with transaction(provider.engine) as tx:
        assert sessions.list_live(tx, account.id, provider.clock.now())


def test_an_account_that_is_locked_twice_was_locked_already(
    operator: Signet, provider: Provider, account: Account
) -> None:
    first = operator("user", "lock", account.username).output
    locked_at = find(provider, account.username).locked_at
    second = operator("user", "lock", account.username).output
    assert f"{account.username} is locked; " in first
    assert f"{account.username} was locked already, since " in second
    assert find(provider, account.username).locked_at == locked_at


def test_an_account_that_is_enabled_while_it_is_locked_can_not_sign_in_yet(
    operator: Signet, account: Account
) -> None:
    for command in ("disable", "lock"):
        operator("user", command, account.username)
    assert "once `signet user unlock`" in operator("user", "enable", account.username).output
    operator("user", "unlock", account.username)
    said = operator("user", "enable", account.username).output
    assert said == f"{account.username} can sign in.\n"


@pytest.mark.parametrize("command", ["lock", "unlock"])
def test_nobody_unknown_is_locked(operator: Signet, command: str) -> None:
    assert operator("user", command, "nobody").exit_code == 1

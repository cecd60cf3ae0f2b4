"""An error of the database names the statement and what went wrong with it, and none of the values
that were sent or stand in the row (OWASP ASVS 5 16.2.5): it is written to the log whole."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
import structlog

from provider import logs
from provider.store import accounts
from provider.store.compiled import Compiled
from provider.store.schema import account
from provider.store.unit_of_work import Engine, Transaction, transaction
from tests.store.arrange import add_account

HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA"
EMAIL = "somebody@mail.example"
BY_ID = account.update().where(account.c.id == sa.bindparam("who"))
RENAMED = Compiled(
    BY_ID.values(username=sa.bindparam("named"), password_hash=sa.bindparam("hashed"))
)
ADDRESSED = Compiled(BY_ID.values(email=sa.bindparam("at")))


def _upgrade_where_nothing_may_be_written(tx: Transaction) -> None:
    is_sqlite = tx.dialect.name == "sqlite"
    tx.execute(sa.text("PRAGMA query_only=ON" if is_sqlite else "SET TRANSACTION READ ONLY"))
    accounts.set_password_hash(tx, "alice", HASH, 0)


def _no_name(tx: Transaction) -> None:
    tx.execute(account.update().values(username=None, password_hash=HASH))


def _address_of_another(tx: Transaction) -> None:
    tx.execute(account.update().where(account.c.id == "bob").values(email=EMAIL))


def _no_name_past_sqlalchemy(tx: Transaction) -> None:
    RENAMED.count(tx, {"who": "alice", "named": None, "hashed": HASH})


def _name_of_another_past_sqlalchemy(tx: Transaction) -> None:
    RENAMED.count(tx, {"who": "alice", "named": "bob", "hashed": HASH})


def _address_of_another_past_sqlalchemy(tx: Transaction) -> None:
    ADDRESSED.count(tx, {"who": "bob", "at": EMAIL})


@pytest.mark.spec("LG-01")
@pytest.mark.parametrize(
    "fail",
    [
        _upgrade_where_nothing_may_be_written,
        _no_name,
        _address_of_another,
        _no_name_past_sqlalchemy,
        _name_of_another_past_sqlalchemy,
        _address_of_another_past_sqlalchemy,
    ],
)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_failing_statement_is_logged_without_its_values(
    engine: Engine,
    fail: Callable[[Transaction], None],
    form: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info", form)
    with transaction(engine) as tx:
        add_account(tx, "alice", email=EMAIL, password_hash=HASH)
        add_account(tx, "bob")
    try:
        with transaction(engine) as tx:
            fail(tx)
    except Exception:
        structlog.get_logger().exception("bug")
    written = capsys.readouterr().err
    told = json.loads(written)["exception"] if form == "json" else written
    assert "UPDATE account" in told
    assert HASH not in told
    assert "argon2id" not in told
    assert EMAIL not in told


def test_what_went_wrong_is_told(engine: Engine) -> None:
    with transaction(engine) as tx:
        add_account(tx, "alice", email=EMAIL)
        add_account(tx, "bob")
    for fail in (_address_of_another, _address_of_another_past_sqlalchemy):
        with pytest.raises(sa.exc.IntegrityError, match=r"(?i)unique"), transaction(engine) as tx:
            fail(tx)

"""Statements on the driver's own cursor give what SQLAlchemy would have given."""

import pytest
import sqlalchemy as sa

from provider.store.compiled import Compiled
from provider.store.schema import account, authorization, client, event, key
from provider.store.unit_of_work import Engine, Transaction, transaction
from tests.store.arrange import NOW, add_authorization, add_client, add_people, digest

BY_ID = sa.select(authorization).where(authorization.c.id == sa.bindparam("id"))


@pytest.fixture
def people(tx: Transaction) -> Transaction:
    """A transaction that sees a client, an account and an authorization with a code."""
    add_people(tx)
    add_authorization(tx, "one", code=digest("code"))
    return tx


@pytest.mark.parametrize("table", [account, authorization, client, event, key])
def test_rows_are_the_same_as_without(people: Transaction, table: sa.Table) -> None:
    expected = people.execute(sa.select(table)).first()
    found = Compiled(sa.select(table)).first(people, {})
    assert (found and found._asdict()) == (expected and dict(expected._mapping))


def test_a_row_that_is_not_there_is_none(people: Transaction) -> None:
    assert Compiled(BY_ID).first(people, {"id": "another"}) is None


def test_every_type_is_written_as_it_is_read(people: Transaction) -> None:
    resources = {"resource": ["https://api.example", 'a "quoted" ☃ one']}
    change = authorization.update().where(authorization.c.id == sa.bindparam("one_id"))
    changed = Compiled(change.values(resource=sa.bindparam("resource")).returning(authorization))
    row = changed.first(people, {"one_id": "one", **resources})
    assert row is not None
    assert row.resource == resources["resource"]
    assert row.code_digest == digest("code")
    stored = people.execute(BY_ID, {"id": "one"}).one()
    assert tuple(stored) == tuple(row)


def test_what_stands_in_the_statement_needs_no_value(people: Transaction) -> None:
    ending = authorization.update().where(authorization.c.ended_at.is_(None))
    end = Compiled(ending.values(ended_at=NOW, ended_reason="100 % over"))
    assert end.count(people, {}) == 1
    assert end.count(people, {}) == 0
    assert people.execute(BY_ID, {"id": "one"}).one().ended_reason == "100 % over"


def test_a_statement_that_breaks_a_rule_raises_what_sqlalchemy_raises(tx: Transaction) -> None:
    names = ("client_id", "metadata", "created_at", "updated_at")
    again = Compiled(client.insert().inline(), names)
    values = {"client_id": "app", "metadata": {}, "created_at": 0, "updated_at": 0}
    add_client(tx, "app")
    with pytest.raises(sa.exc.IntegrityError):
        again.count(tx, values)
    tx.rollback()


def test_text_that_postgresql_can_not_hold_raises_what_sqlalchemy_raises(
    postgres_engine: Engine,
) -> None:
    with pytest.raises(sa.exc.DataError), transaction(postgres_engine) as tx:
        Compiled(BY_ID).first(tx, {"id": "a\x00b"})


def test_a_statement_is_still_there_after_an_undo(engine: Engine) -> None:
    def refuse() -> None:
        with transaction(engine) as tx:
            for _ in range(20):
                tx.execute(sa.select(account.c.id))
            find.first(tx, {"id": "one"})
            raise LookupError

    find = Compiled(BY_ID)
    for _ in range(3):
        with pytest.raises(LookupError):
            refuse()
    with transaction(engine) as tx:
        assert find.first(tx, {"id": "one"}) is None


def test_who_listens_to_the_engine_hears_of_it(engine: Engine) -> None:
    heard: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *about: heard.append(about[2]))
    with transaction(engine) as tx:
        Compiled(BY_ID).first(tx, {"id": "one"})
    assert len([one for one in heard if "authorization" in one]) == 1

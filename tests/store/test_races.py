from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
import sqlalchemy as sa

from provider.model.account import Account
from provider.model.consent import Consent
from provider.store import (
    accounts,
    authorizations,
    clients,
    consents,
    expiry,
    new_authorizations,
    refresh_tokens,
    seen_jtis,
    sessions,
    throttles,
)
from provider.store.authorization_requests import finish
from provider.store.schema import authorization
from provider.store.unit_of_work import (
    Engine,
    Transaction,
    UnitOfWork,
    open_engine,
    transaction,
)
from tests.store.arrange import (
    DAY,
    HOUR,
    NOW,
    WHILE_SIGNED_IN,
    a_consent,
    add_account,
    add_authorization,
    add_people,
    add_request,
    add_session,
    an_authorization,
    as_read,
    begin_family,
    digest,
    redeem,
)
from tests.store.racing import Act, Between, race

MANY = 50
HANDLE = digest("handle")


def _rotate(tx: Transaction, generation: int = 0) -> int | None:
    rotated = refresh_tokens.rotate(
        tx, "authorization", as_read(), generation=generation,
        derivation_kid="kid-2", now=NOW + 1, idle_lifetime=DAY,
    )  # fmt: skip
    return rotated.family.generation if rotated and rotated.family else None


def _end(tx: Transaction) -> bool:
    return authorizations.end(tx, "authorization", now=NOW + 1, reason="reuse_detected")


@pytest.mark.spec("RFC6749-4.1.2")
def test_of_fifty_parallel_redemptions_of_a_code_one_succeeds(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        add_authorization(tx)
    redeemed = race(database_url, [redeem] * MANY)
    assert sum(one is not None for one in redeemed) == 1


@pytest.mark.spec("RFC9700-4.14.2")
def test_of_fifty_parallel_rotations_of_a_generation_one_succeeds(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        begin_family(tx)
    rotated = race(database_url, [_rotate] * MANY)
    assert sorted(rotated, key=str) == [1] + [None] * (MANY - 1)
    with transaction(engine) as tx:
        found = authorizations.find(tx, "authorization")
        assert found is not None
        assert found.family is not None
        assert found.family.generation == 1


def test_a_rotation_that_races_the_end_never_leaves_a_live_successor(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        begin_family(tx)
    acts: list[Act[int | bool | None]] = [_rotate, _end]
    outcome = race(database_url, acts * 10)
    assert outcome[1::2].count(True) == 1
    assert sum(generation is not None for generation in outcome[::2]) <= 1
    with transaction(engine) as tx:
        found = authorizations.find(tx, "authorization")
        assert found is not None
        assert (found.ended_at, found.ended_reason) == (NOW + 1, "reuse_detected")
        assert [_rotate(tx, generation) for generation in range(3)] == [None] * 3


def test_a_redemption_that_races_the_end_never_leaves_a_live_family(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        add_authorization(tx)
    race(database_url, [lambda tx: redeem(tx) is not None, _end] * 5)
    with transaction(engine) as tx:
        found = authorizations.find(tx, "authorization")
        assert found is not None
        assert found.ended_reason == "reuse_detected"
        assert _rotate(tx) is None


def test_the_end_of_a_session_races_rotations_and_wins_in_the_end(
    engine: Engine, database_url: str
) -> None:
    names = [str(number) for number in range(8)]
    with transaction(engine) as tx:
        add_people(tx)
        add_session(tx)
        for name in names:
            begin_family(tx, name, scopes=WHILE_SIGNED_IN)

    def end_session(tx: Transaction) -> int:
        return authorizations.end_for_session(tx, "session", now=NOW, reason="session_ended")

    def rotate(name: str) -> Act[int]:
        def act(tx: Transaction) -> int:
            refresh_tokens.rotate(
                tx, name, as_read(), generation=0, derivation_kid="k", now=NOW, idle_lifetime=DAY
            )
            return 0

        return act

    acts = [end_session] * 4 + [rotate(name) for name in names]
    assert sum(race(database_url, acts)) == len(names)
    with transaction(engine) as tx:
        assert authorizations.list_live(tx, "alice", NOW) == []


def test_of_parallel_answers_to_a_request_one_finishes_it(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        add_request(tx)
    finished = race(database_url, [lambda tx: finish(tx, HANDLE, NOW)] * MANY)
    assert finished.count(True) == 1


def test_of_parallel_uses_of_an_identifier_one_is_the_first(
    engine: Engine, database_url: str
) -> None:
    used = race(database_url, [lambda tx: seen_jtis.use(tx, digest("jti"), NOW + HOUR)] * MANY)
    assert used.count(True) == 1


def test_of_parallel_renewals_of_a_session_one_cookie_remains(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        session = add_session(tx)
    cookies = [digest(str(number)) for number in range(16)]

    def renew(cookie: bytes) -> Act[bool]:
        return lambda tx: sessions.renew(tx, session, cookie)

    race(database_url, [renew(cookie) for cookie in cookies])
    with transaction(engine) as tx:
        found = [sessions.find(tx, cookie) for cookie in (digest("session"), *cookies)]
    assert found.count(None) == len(cookies)


def test_a_renewal_that_races_the_end_of_its_session_never_leaves_it_live(
    engine: Engine, database_url: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        session = add_session(tx)
    race(
        database_url,
        [
            lambda tx: sessions.renew(tx, session, digest("new")),
            lambda tx: sessions.end(tx, "session", now=NOW, reason="session_ended"),
        ]
        * 5,
    )
    with transaction(engine) as tx:
        assert sessions.list_live(tx, "alice", NOW) == []


def test_consents_given_in_parallel_lose_no_scope(engine: Engine, database_url: str) -> None:
    with transaction(engine) as tx:
        add_people(tx)
    scopes = [f"scope-{number}" for number in range(8)]
    given = [a_consent(scope, resources=(f"https://{scope}.example",)) for scope in scopes]

    def remember(consent: Consent) -> Act[None]:
        return lambda tx: consents.remember(tx, consent)

    race(database_url, [remember(consent) for consent in given])
    with transaction(engine) as tx:
        known = consents.find(tx, "alice", "app")
    assert known is not None
    assert known.scopes == set(scopes)
    assert len(known.resources) == len(scopes)


@pytest.mark.needs("postgresql")
def test_a_consent_withdrawn_while_another_is_given_leaves_only_the_new(
    between: Between,
) -> None:
    with transaction(between.engine) as tx:
        add_people(tx)
        consents.remember(tx, a_consent("openid", "email"))
    between.statements("SELECT", lambda tx: consents.withdraw(tx, "alice", "app"))
    with transaction(between.engine) as tx:
        consents.remember(tx, a_consent("openid"))
        assert consents.find(tx, "alice", "app") == a_consent("openid")


def test_failures_counted_in_parallel_are_all_counted(engine: Engine, database_url: str) -> None:
    counts = race(
        database_url,
        [lambda tx: throttles.count_failure(tx, digest("key"), now=NOW, expires_at=NOW + 9)]
        * MANY,
    )
    assert sorted(counts) == list(range(1, MANY + 1))
    with transaction(engine) as tx:
        assert throttles.find(tx, digest("key"), NOW).failures == MANY


@pytest.mark.needs("postgresql")
def test_a_failure_counted_while_the_key_is_cleared_is_the_first(between: Between) -> None:
    key = digest("key")
    with transaction(between.engine) as tx:
        throttles.count_failure(tx, key, now=NOW, expires_at=NOW + HOUR)
    between.statements("UPDATE", lambda tx: throttles.clear(tx, key))
    with transaction(between.engine) as tx:
        assert throttles.count_failure(tx, key, now=NOW, expires_at=NOW + HOUR) == 1


@pytest.mark.parametrize("username", ["alice", " Alice", "ＡＬＩＣＥ"])
def test_of_parallel_sign_ups_with_one_username_one_succeeds(
    engine: Engine, database_url: str, username: str
) -> None:
    people = [Account(id=str(number), username=username) for number in range(16)]

    def add(person: Account) -> Act[bool]:
        return lambda tx: accounts.add(tx, person, NOW)

    added = race(database_url, [add(person) for person in people])
    assert added.count(True) == 1
    with transaction(engine) as tx:
        assert [one.id for one in accounts.list_all(tx)] == [str(added.index(True))]


def test_parallel_purges_remove_each_row_once(engine: Engine, database_url: str) -> None:
    with transaction(engine) as tx:
        for number in range(100):
            seen_jtis.use(tx, digest(str(number)), NOW)
    removed = race(database_url, [lambda tx: expiry.purge(tx, now=NOW, limit=20)] * 16)
    assert sum(step.get("seen_jti", 0) for step in removed) <= 100
    assert all(step.get("seen_jti", 0) <= 20 for step in removed)


@pytest.mark.needs("postgresql")
def test_a_purge_neither_waits_for_nor_removes_a_row_that_is_just_renewed(
    postgres_engine: Engine,
) -> None:
    with transaction(postgres_engine) as tx:
        add_account(tx)
        throttles.count_failure(tx, digest("key"), now=NOW, expires_at=NOW + 1)
        accounts.remember_browser(tx, "alice", digest("b"), now=NOW, expires_at=NOW + 1)
        seen_jtis.use(tx, digest("jti"), NOW + 1)

    def purge() -> dict[str, int]:
        with transaction(postgres_engine) as tx:
            tx.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
            return expiry.purge(tx, now=NOW + 1, limit=9)

    with ThreadPoolExecutor(1) as threads:
        with transaction(postgres_engine) as tx:
            throttles.count_failure(tx, digest("key"), now=NOW, expires_at=NOW + HOUR)
            accounts.remember_browser(tx, "alice", digest("b"), now=NOW, expires_at=NOW + HOUR)
            purging = threads.submit(purge)
            assert purging.result() == {"seen_jti": 1}
        with transaction(postgres_engine) as tx:
            assert throttles.find(tx, digest("key"), NOW + 1).failures == 2
            assert accounts.knows_browser(tx, "alice", digest("b"), NOW + 1)


def _end_session(tx: Transaction) -> None:
    sessions.end(tx, "session", now=NOW, reason="session_ended")
    authorizations.end_for_session(tx, "session", now=NOW, reason="session_ended")


def _withdraw_consent(tx: Transaction) -> None:
    consents.withdraw(tx, "alice", "app")
    authorizations.end_for_client(tx, "app", account_id="alice", now=NOW, reason="revoked_by_user")


def _disable_client(tx: Transaction) -> None:
    clients.disable(tx, "app", NOW)
    authorizations.end_for_client(
        tx, "app", account_id=None, now=NOW, reason="revoked_by_administrator"
    )


def _hold_password(tx: Transaction) -> bool:
    return accounts.hold_password(tx, "alice", "")


def _upgrade_password(tx: Transaction) -> bool:
    return accounts.upgrade_password_hash(tx, "alice", compared="", password_hash="stronger")


def _set_password(tx: Transaction) -> None:
    accounts.set_password_hash(tx, "alice", "new", NOW)
    authorizations.end_for_account(tx, "alice", now=NOW, reason="credentials_changed")


def _give_another(tx: Transaction) -> bool:
    given = an_authorization("another", scopes=WHILE_SIGNED_IN)
    return new_authorizations.add_in_session(tx, given, as_read(), code_digest=digest("another"))


@pytest.mark.parametrize(
    ("hold", "end", "reason"),
    [
        (lambda tx: sessions.hold(tx, "session", as_read()), _end_session, "session_ended"),
        (
            lambda tx: consents.hold(tx, "alice", "app"),
            _withdraw_consent,
            "revoked_by_user",
        ),
        (_give_another, _end_session, "session_ended"),
        (_give_another, _disable_client, "revoked_by_administrator"),
        (_hold_password, _set_password, "credentials_changed"),
        (_upgrade_password, _set_password, "credentials_changed"),
    ],
    ids=[
        "session",
        "consent",
        "what is given in a session",
        "what is given to a client",
        "sign-in",
        "sign-in with a stronger hash",
    ],
)
def test_an_ending_waits_for_what_is_held_and_finds_what_was_issued_meanwhile(
    engine: Engine, database_url: str, hold: Act[object], end: Act[None], reason: str
) -> None:
    with transaction(engine) as tx:
        add_people(tx)
        add_session(tx)
        consents.remember(tx, a_consent("openid"))
    issuing = UnitOfWork(engine, read_only=False)
    assert hold(issuing.tx)
    add_authorization(issuing.tx, scopes=WHILE_SIGNED_IN)
    other = open_engine(database_url)

    def end_elsewhere() -> None:
        with transaction(other) as tx:
            end(tx)

    ending = Thread(target=end_elsewhere)
    ending.start()
    ending.join(0.2)
    assert ending.is_alive()
    issuing.commit()
    issuing.close()
    ending.join()
    other.dispose()
    with transaction(engine) as tx:
        assert not hold(tx)
        reasons = {row.ended_reason for row in tx.execute(authorization.select())}
    assert reasons == {reason}

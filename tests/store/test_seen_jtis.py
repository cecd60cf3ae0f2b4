from provider.store import expiry, seen_jtis
from provider.store.unit_of_work import Transaction
from tests.store.arrange import HOUR, NOW, digest


def test_an_identifier_is_used_once(tx: Transaction) -> None:
    assert seen_jtis.use(tx, digest("jti"), NOW + HOUR)
    assert not seen_jtis.use(tx, digest("jti"), NOW + HOUR)
    assert not seen_jtis.use(tx, digest("jti"), NOW + 2 * HOUR)


def test_identifiers_do_not_disturb_each_other(tx: Transaction) -> None:
    assert seen_jtis.use(tx, digest("jti"), NOW + HOUR)
    assert seen_jtis.use(tx, digest("JTI"), NOW + HOUR)


def test_an_identifier_is_remembered_until_what_carried_it_expired(tx: Transaction) -> None:
    seen_jtis.use(tx, digest("jti"), NOW + HOUR)
    expiry.purge(tx, now=NOW + HOUR - 1, limit=10)
    assert not seen_jtis.use(tx, digest("jti"), NOW + HOUR)
    expiry.purge(tx, now=NOW + HOUR, limit=10)
    assert seen_jtis.use(tx, digest("jti"), NOW + HOUR)

from provider.store import revoked_tokens
from provider.store.unit_of_work import Transaction
from tests.store.arrange import HOUR, NOW, digest


def test_a_revoked_token_is_remembered(tx: Transaction) -> None:
    revoked_tokens.add(tx, digest("jti"), NOW + HOUR)
    assert revoked_tokens.contains(tx, digest("jti"))
    assert not revoked_tokens.contains(tx, digest("another jti"))


def test_revoking_twice_is_no_error(tx: Transaction) -> None:
    revoked_tokens.add(tx, digest("jti"), NOW + HOUR)
    revoked_tokens.add(tx, digest("jti"), NOW + HOUR)
    assert revoked_tokens.contains(tx, digest("jti"))

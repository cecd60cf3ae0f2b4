"""Authorization codes: columns of the authorization they stand for."""

import sqlalchemy as sa

from provider.model.authorization import Authorization
from provider.store.authorizations import read
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction


def redeem(
    tx: Transaction,
    code_digest: bytes,
    client_id: str,
    *,
    now: int,
    keep_for: int,
    derivation_kid: str,
    idle_lifetime: int,
) -> Authorization | None:
    """Redeem a code and begin its refresh token family, if it may have one.

    One caller wins, ever. The row is kept `keep_for` seconds past the end of all that
    descends from it. Returns None where there is no such live code of this client, or
    it was redeemed.
    """
    absolute = table.c.absolute_expires_at
    begins = absolute.is_not(None)
    row = tx.execute(
        table.update()
        .where(
            table.c.code_digest == code_digest,
            table.c.client_id == client_id,
            table.c.code_redeemed_at.is_(None),
            table.c.code_expires_at > now,
            table.c.ended_at.is_(None),
        )
        .values(
            code_redeemed_at=now,
            expires_at=sa.func.coalesce(absolute, now) + keep_for,
            generation=sa.case((begins, 0)),
            derivation_kid=sa.case((begins, derivation_kid)),
            idle_expires_at=sa.case(
                (absolute < now + idle_lifetime, absolute), (begins, now + idle_lifetime)
            ),
        )
        .returning(table)
    ).first()
    return read(row) if row else None


def find(tx: Transaction, code_digest: bytes) -> Authorization | None:
    """Return the authorization a code stands for, whatever its state."""
    row = tx.execute(sa.select(table).where(table.c.code_digest == code_digest)).first()
    return read(row) if row else None

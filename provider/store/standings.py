"""Where an access token of a person stands, in one statement: whether its authorization has ended,
or the session this hangs on, whether the token was called back, and whose it is."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from provider.model.account import Account
from provider.model.requested_claims import RequestedClaims
from provider.model.status import VALID, StatusPlace
from provider.store import accounts
from provider.store.compiled import Compiled
from provider.store.grounds import SESSION_COUNTS
from provider.store.schema import account, authorization, revoked_token, token_status
from provider.store.unit_of_work import Transaction

_OWNED = (
    sa.select(
        authorization.c.ended_at,
        authorization.c.claims,
        SESSION_COUNTS.label("session_counts"),
        *accounts.OWNER,
    )
    .join(account, account.c.id == authorization.c.account_id)
    .where(authorization.c.id == sa.bindparam("id"))
)
_BY_PLACE = Compiled(
    _OWNED.outerjoin(
        token_status,
        sa.and_(
            token_status.c.number == sa.bindparam("number"),
            token_status.c.index == sa.bindparam("index"),
        ),
    ).add_columns(token_status.c.status)
)
_BY_DIGEST = Compiled(
    _OWNED.outerjoin(revoked_token, revoked_token.c.digest == sa.bindparam("digest")).add_columns(
        revoked_token.c.digest
    )
)


@dataclass(frozen=True)
class Standing:
    """What stands behind an access token of a person."""

    account: Account
    claims: RequestedClaims
    is_over: bool
    """Whether the authorization or the session it hangs on has ended, or the token was called
    back or is suspended."""


def by_place(
    tx: Transaction, authorization_id: str, place: StatusPlace, now: int
) -> Standing | None:
    """Return where a token with a place in a status list stands."""
    values = {"id": authorization_id, "number": place.number, "index": place.index, "now": now}
    row = _BY_PLACE.first(tx, values)
    return _standing(row, is_over=row.status not in (None, VALID)) if row else None


def by_digest(
    tx: Transaction, authorization_id: str, jti_digest: bytes, now: int
) -> Standing | None:
    """Return where a token stands that is called back by remembering its `jti`; an account
    that is locked or disabled suspends it."""
    row = _BY_DIGEST.first(tx, {"id": authorization_id, "digest": jti_digest, "now": now})
    if row is None:
        return None
    is_usable = row.owner_disabled_at is None and row.owner_locked_at is None
    return _standing(row, is_over=row.digest is not None or not is_usable)


def _standing(row: Any, *, is_over: bool) -> Standing:
    return Standing(
        account=accounts.read_owner(row),
        claims=RequestedClaims.from_json(row.claims),
        is_over=is_over or row.ended_at is not None or not row.session_counts,
    )

"""What an authorization stands on: its account, its client as the request read it, and, where it
was not granted `offline_access`, its session. Conditions of every statement that issues from an
authorization, so that the statement decides and no read before it; and the same as facts, for who
must say why it did not. Who ends one of them changes its row first and then the authorizations it
finds; so either the statement meets the end, or the end meets what was issued.

A client is compared by how often it was changed, as processes know clients from a cache. Choice:
also by `updated_at`, which a version before that number sets when it serves beside this one."""

from dataclasses import dataclass

import sqlalchemy as sa

from provider.model.client import Client
from provider.store.compiled import Compiled
from provider.store.schema import Seconds, account, client, session
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction

_NOW = sa.bindparam("now", type_=Seconds)
_SPACED_SCOPE = sa.literal(" ") + table.c.scope + sa.literal(" ")

CLIENT_IS_AS_READ = sa.and_(
    client.c.disabled_at.is_(None),
    sa.func.coalesce(client.c.version, 0) == sa.bindparam("client_version", type_=Seconds),
    client.c.updated_at == sa.bindparam("client_updated_at", type_=Seconds),
)
"""Of a row of `client`; `as_read` fills the parameters."""

OUTLASTS_SESSION = sa.func.replace(_SPACED_SCOPE, " offline_access ", "") != _SPACED_SCOPE
"""Whether an authorization was granted `offline_access` (OpenID Connect Core §11)."""

OWNER_IS_ENABLED = (
    sa.exists()
    .where(
        account.c.id == table.c.account_id,
        account.c.disabled_at.is_(None),
        account.c.locked_at.is_(None),
    )
    .correlate(table)
)
"""Disabling ends everything an account has, and locking suspends it."""

SESSION_COUNTS = sa.or_(
    table.c.session_id.is_(None),
    OUTLASTS_SESSION,
    sa.exists()
    .where(
        session.c.id == table.c.session_id,
        session.c.ended_at.is_(None),
        session.c.idle_expires_at > _NOW,
        session.c.expires_at > _NOW,
    )
    .correlate(table),
)
"""What was granted without `offline_access` is good for nothing new once the session it was
granted in is over, also where that ran out and nobody ended it (OpenID Connect Core §11)."""

_CLIENT_IS_AS_READ = (
    sa.exists().where(client.c.client_id == table.c.client_id, CLIENT_IS_AS_READ).correlate(table)
)
STAND = (OWNER_IS_ENABLED, _CLIENT_IS_AS_READ, SESSION_COUNTS)
"""All of it, for an authorization; `as_read` and `now` fill the parameters."""

_FIND = Compiled(
    sa.select(
        account.c.disabled_at,
        account.c.locked_at,
        _CLIENT_IS_AS_READ.label("client_is_as_read"),
        SESSION_COUNTS.label("session_counts"),
    )
    .select_from(table.join(account, account.c.id == table.c.account_id))
    .where(table.c.id == sa.bindparam("id"))
)


@dataclass(frozen=True)
class Grounds:
    """What an authorization stands on, as it is now."""

    client_is_as_read: bool
    account_is_enabled: bool
    account_is_locked: bool
    session_counts: bool

    @property
    def is_usable(self) -> bool:
        """Whether account and session allow something, whatever is remembered of the client."""
        is_usable = self.account_is_enabled and not self.account_is_locked
        return is_usable and self.session_counts


def as_read(read: Client) -> dict[str, object]:
    """Return the values by which a statement compares the client with what was read of it."""
    return {"client_version": read.version, "client_updated_at": read.updated_at}


def find(tx: Transaction, authorization_id: str, read: Client, now: int) -> Grounds | None:
    """Return what an authorization stands on, None where it is gone."""
    row = _FIND.first(tx, {"id": authorization_id, "now": now, **as_read(read)})
    if row is None:
        return None
    return Grounds(
        client_is_as_read=bool(row.client_is_as_read),
        account_is_enabled=row.disabled_at is None,
        account_is_locked=row.locked_at is not None,
        session_counts=bool(row.session_counts),
    )

"""Removal of what has expired, a bounded amount at a time, so that no cron job is
needed and no request waits long for it. Windows of refusals end in `refusals`, with an event.
First the sessions that ran out are ended with what hangs on them, so that status lists tell of it;
whoever asks us is told without that."""

import sqlalchemy as sa

from provider.store import authorizations, schema, sessions
from provider.store.unit_of_work import Transaction

_EXPIRING = (
    schema.authorization_request,
    schema.authorization,
    schema.session,
    schema.logout_delivery,
    schema.revoked_token,
    schema.token_status,
    schema.seen_jti,
    schema.throttle,
    schema.known_browser,
    schema.client_secret,
    schema.registration_token,
    schema.key,
    schema.event,
)


def waiting(tx: Transaction, *, now: int, limit: int) -> dict[str, int]:
    """Return how many rows of each table have expired, counting no further than `limit`."""
    counts = [
        sa.select(sa.func.count())
        .select_from(sa.select(sa.true()).where(table.c.expires_at <= now).limit(limit).subquery())
        .scalar_subquery()
        .label(table.name)
        for table in (*_EXPIRING, schema.refusal)
    ]
    return dict(tx.execute(sa.select(*counts)).mappings().one())


def purge(tx: Transaction, *, now: int, limit: int) -> dict[str, int]:
    """Remove up to `limit` expired rows of each table. Return how many of each went.

    Rows that somebody else works on are passed over: a row that is just given more time
    stays, and nobody waits.
    """
    if ran_out := sessions.end_run_out(tx, now=now, limit=limit):
        authorizations.end_for_sessions(tx, ran_out, now=now, reason="session_ended")
    removed = {}
    for table in _EXPIRING:
        key = list(table.primary_key)
        expired = (
            sa.select(*key)
            .where(table.c.expires_at <= now)
            .order_by(table.c.expires_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("expired")
        )
        gone = table.delete().where(sa.tuple_(*key).in_(sa.select(expired))).returning(*key)
        if rows := tx.execute(gone).all():
            removed[table.name] = len(rows)
    return removed

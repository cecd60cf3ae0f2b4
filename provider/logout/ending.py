"""The one path by which access ends, with a reason that survives: a session and what
hangs on it, one authorization, everything a client or an account has (RFC 7009 §2.1,
RFC 9700 §4.14.2). Clients hear of the end of a session; a token used twice ends only its
own authorization, which its client learns by using it. Access tokens of an ended
authorization are inactive at introspection and UserInfo at once. What is being issued at
that moment by another process holds the session and the account, so it is found here too."""

from provider.context import Context
from provider.model.authorization import Authorization
from provider.model.session import Session
from provider.roles import LogoutChannel
from provider.store import accounts, authorizations, consents, session_clients, sessions


def end_session(ctx: Context, session: Session, reason: str = "session_ended") -> bool:
    """End a session and every authorization that was to last only as long as it."""
    if not sessions.end(ctx.tx, session.id, now=ctx.now, reason=reason):
        return False
    authorizations.end_for_session(ctx.tx, session.id, now=ctx.now, reason=reason)
    clients = session_clients.clients(ctx.tx, session.id)
    for channel in ctx.provider.parts.playing(LogoutChannel):
        channel.tell(ctx, session, clients, reason)
    ctx.record(
        "session_ended",
        account_id=session.account_id,
        session_id=session.id,
        detail={"reason": reason},
    )
    return True


def end_sessions(
    ctx: Context, account_id: str, *, reason: str = "session_ended", except_id: str | None = None
) -> int:
    """End all sessions of an account but one, and what hangs on sessions that ran out before.
    Return how many ended."""
    live = sessions.list_live(ctx.tx, account_id, ctx.now)
    ended = sum(end_session(ctx, one, reason) for one in live if one.id != except_id)
    authorizations.end_bound_to_sessions(
        ctx.tx, account_id, but_session=except_id, now=ctx.now, reason=reason
    )
    return ended


def end_authorization(ctx: Context, authorization: Authorization, reason: str) -> bool:
    """End one authorization. Return whether it was live."""
    if not authorizations.end(ctx.tx, str(authorization.id), now=ctx.now, reason=reason):
        return False
    about = authorization.id, authorization.client_id, authorization.account_id
    _record_end(ctx, *about, reason)
    return True


def revoke(ctx: Context, authorization_id: str, client_id: str) -> None:
    """End one authorization because its client, and no other, gives it back (RFC 7009 §2.1)."""
    reason = "revoked_by_client"
    account_id = authorizations.end_own(
        ctx.tx, authorization_id, client_id, now=ctx.now, reason=reason
    )
    if account_id is not None:
        _record_end(ctx, authorization_id, client_id, account_id, reason)


def _record_end(
    ctx: Context,
    authorization_id: str | None,
    client_id: str,
    account_id: str | None,
    reason: str,
) -> None:
    ctx.record(
        "authorization_ended",
        account_id=account_id,
        client_id=client_id,
        authorization_id=authorization_id,
        detail={"reason": reason},
    )


def withdraw(ctx: Context, account_id: str, client_id: str) -> int:
    """Withdraw what a person granted a client; all its access ends. Return how much did."""
    was_granted = consents.withdraw(ctx.tx, account_id, client_id)
    ended = authorizations.end_for_client(
        ctx.tx, client_id, account_id=account_id, now=ctx.now, reason="revoked_by_user"
    )
    if was_granted or ended:  # else the name of the client is anybody's text
        about = {"client_id": client_id, "detail": {"ended": ended}}
        ctx.record("consent_withdrawn", account_id=account_id, **about)
    return ended


def end_account(
    ctx: Context, account_id: str, reason: str, *, except_session_id: str | None = None
) -> None:
    """End all sessions and authorizations of an account (disabled, new credentials)."""
    end_sessions(ctx, account_id, reason=reason, except_id=except_session_id)
    ended = authorizations.end_for_account(ctx.tx, account_id, now=ctx.now, reason=reason)
    ctx.record("account_access_ended", account_id=account_id, detail={
        "reason": reason, "ended": ended,
    })  # fmt: skip


def lock_account(ctx: Context, account_id: str) -> bool:
    """Suspend all that an account has, until it is unlocked. Nothing ends. Return whether it
    was not locked."""
    if not accounts.lock(ctx.tx, account_id, now=ctx.now):
        return False
    ctx.record("account_locked", account_id=account_id)
    return True


def unlock_account(ctx: Context, account_id: str) -> bool:
    """Let an account and all that it had go on. Return whether it was locked."""
    if not accounts.unlock(ctx.tx, account_id, now=ctx.now):
        return False
    ctx.record("account_unlocked", account_id=account_id)
    return True


def end_client(ctx: Context, client_id: str) -> int:
    """End all authorizations of a client. Return how many ended."""
    return authorizations.end_for_client(
        ctx.tx, client_id, account_id=None, now=ctx.now, reason="revoked_by_administrator"
    )

"""Authorization codes (RFC 6749 §4.1.2): 60 seconds, once. A code is an opaque value
whose digest stands in the row of its authorization. What a replay means is decided
here; that it is one, by the single statement in `store.authorization_codes`."""

from provider.context import Context
from provider.credentials import opaque, refresh_token
from provider.errors import InvalidGrant, Overtaken
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.store import authorization_codes, authorizations, new_authorizations

REMEMBERED = 600
"""Seconds for which a spent or expired code is remembered, so that a replay is seen."""


def issue(ctx: Context, client: Client, authorization: Authorization) -> str | None:
    """Remember `authorization` and return the code that stands for it, or None where the session
    in which it is given has ended or the client has changed."""
    value = opaque.new(ctx.entropy, opaque.CODE)
    digest = opaque.digest(value)
    given = new_authorizations.add_in_session(ctx.tx, authorization, client, code_digest=digest)
    return value if given else None


def redeem(ctx: Context, client: Client, value: str) -> tuple[Authorization, bool]:
    """Return the authorization of a code, and whether this call redeemed it.

    Raises InvalidGrant where the code is not one of this client's. The caller checks
    what the code is bound to and then calls `refuse_unless_fresh`; if a check fails the
    transaction is undone and the code is still its owner's.
    """
    digest = opaque.digest(value)
    redeemed = authorization_codes.redeem(
        ctx.tx,
        digest,
        client,
        now=ctx.now,
        keep_for=refresh_token.KEPT_AFTER_END,
        derivation_kid=ctx.keyring.active_derivation_kid(ctx.now),
        idle_lifetime=refresh_token.idle_lifetime_of(ctx, client),
    )
    if redeemed is not None:
        return redeemed, True
    found = authorization_codes.find(ctx.tx, digest)
    if found is None:
        raise InvalidGrant(_UNKNOWN, counted_as="unknown_code")
    if found.client_id != client.client_id:
        note_misuse(ctx, client, found, "it is another client's")
        raise InvalidGrant(_UNKNOWN, counted_as="unknown_code")
    return found, False


def note_misuse(
    ctx: Context, client: Client, authorization: Authorization, reason: str | None
) -> None:
    """Note that a genuine code was presented by who is not entitled to it."""
    ctx.record_refusal(
        "authorization_code_refused",
        reason=reason,
        account_id=authorization.account_id,
        client_id=client.client_id,
        authorization_id=authorization.id,
    )


def refuse_unless_fresh(
    ctx: Context, client: Client, authorization: Authorization, *, fresh: bool
) -> None:
    """Refuse a code that was not redeemed just now; a replay ends all that came of it.

    RFC 9700 §4.5, RFC 6749 §4.1.2. Only who also holds what the code is bound to gets
    this far, so that a code found in a log cannot be used to sign its owner out. Raises
    Overtaken where what the code stands on changed at this moment.
    """
    if fresh:
        return
    if authorization.ended_at is not None or not authorization.code:
        raise InvalidGrant(_UNKNOWN, counted_as="unknown_code")
    if authorization.code.redeemed_at is None:
        if ctx.now < authorization.code.expires_at:
            refresh_token.check_grounds(ctx, client, str(authorization.id))
            raise Overtaken(client.client_id)
        raise InvalidGrant("The authorization code has expired.", counted_as="expired_code")
    if authorizations.end(ctx.tx, str(authorization.id), now=ctx.now, reason="code_replayed"):
        ctx.record(
            "authorization_code_replayed",
            account_id=authorization.account_id,
            client_id=authorization.client_id,
            authorization_id=authorization.id,
            detail={"redeemed_at": authorization.code.redeemed_at},
        )
    raise InvalidGrant(
        "The authorization code was used twice; all its tokens ended.",
        sub_reason="code_replayed",
        keeps_work=True,
    )


_UNKNOWN = "The authorization code is not valid for this client."

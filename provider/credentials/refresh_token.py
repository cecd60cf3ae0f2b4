"""Refresh tokens (RFC 6749 §1.5, RFC 9700 §4.14). A token is derived, not stored: from
the id of a derivation key, the authorization and a generation. A forged string is
refused without the database, a dump holds nothing usable, and the successor of a token
is the same string however often it is asked for. This file is the policy: what a
repeated or old token means. The grant calls `present`; the store states facts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hmac import compare_digest

from provider.context import Context
from provider.errors import InvalidGrant, Overtaken
from provider.model.authorization import Authorization
from provider.model.client import LONGEST_FAMILY_LIFE, LONGEST_REPEAT_WINDOW, Client
from provider.store import authorizations, grounds, refresh_tokens

PREFIX = "signet_rt_"
KEPT_AFTER_END = 7 * 86400
"""Seconds for which an ended family can still say why it ended."""

_MAX_LENGTH = 200
_ID, _GENERATION, _MAC = 16, 4, 32


@dataclass(frozen=True)
class RefreshToken:
    """What a genuine refresh token says."""

    kid: str
    authorization_id: str
    generation: int


def current(ctx: Context, authorization: Authorization) -> str | None:
    """Return the newest refresh token of an authorization that has a family."""
    family = authorization.family
    if family is None or authorization.id is None:
        return None
    body = _decode(authorization.id) + family.generation.to_bytes(_GENERATION, "big")
    mac = ctx.keyring.derive_with(family.derivation_kid, _message(body))
    if mac is None:
        return None
    return f"{PREFIX}{family.derivation_kid}.{_encode(body + mac)}"


def read(ctx: Context, value: str) -> RefreshToken | None:
    """Return what `value` says if we derived it, else None. Does not ask the database."""
    if not value.startswith(PREFIX) or len(value) > _MAX_LENGTH:
        return None
    kid, _, encoded = value.removeprefix(PREFIX).partition(".")
    try:
        content = _decode(encoded)
    except (NotBase64, ValueError):
        return None
    if len(content) != _ID + _GENERATION + _MAC or _encode(content) != encoded:
        return None
    body, presented = content[:-_MAC], content[-_MAC:]
    derived = ctx.keyring.derive_with(kid, _message(body))
    if derived is None or not compare_digest(derived, presented):
        return None
    return RefreshToken(kid, _encode(body[:_ID]), int.from_bytes(body[_ID:], "big"))


def present(ctx: Context, client: Client, value: str, *, is_final: bool) -> Authorization:
    """Return the authorization a presented token stands for, rotated where that is due.

    `is_final`: nothing else in the request can be refused. Then the rotation of a client that
    authenticates is kept by itself: should anything fail after it, that is an answer that was
    lost, and this client may ask for it again whenever it likes.
    Raises InvalidGrant with the reason why not. Only what is certainly reuse ends the
    family; a stranger's attempt changes nothing.
    """
    token = read(ctx, value)
    if token is None:
        raise refusal("unknown_token")
    tx = ctx.alone if is_final and not client.is_public else ctx.tx
    idle_lifetime = idle_lifetime_of(ctx, client)
    if client.policy.rotate_refresh_tokens or client.is_public:
        advanced = refresh_tokens.rotate(
            tx,
            token.authorization_id,
            client,
            generation=token.generation,
            derivation_kid=ctx.keyring.active_derivation_kid(ctx.now),
            now=ctx.now,
            idle_lifetime=idle_lifetime,
        )
    else:
        advanced = refresh_tokens.use(
            tx,
            token.authorization_id,
            client,
            generation=token.generation,
            now=ctx.now,
            idle_lifetime=idle_lifetime,
        )
    return advanced or _explain(ctx, client, token)


def _explain(ctx: Context, client: Client, token: RefreshToken) -> Authorization:
    authorization = authorizations.find(ctx.tx, token.authorization_id)
    family = authorization.family if authorization else None
    if authorization is None or family is None:
        raise refusal("unknown_token")
    if authorization.client_id != client.client_id:
        ctx.record_refusal(
            "refresh_token_refused",
            reason="it is another client's",
            account_id=authorization.account_id,
            client_id=client.client_id,
            authorization_id=authorization.id,
        )
        raise refusal("unknown_token")
    if authorization.ended_at is not None:
        reason = authorization.ended_reason
        raise refusal(reason if reason in _WHY else "unknown_token")
    check_grounds(ctx, client, token.authorization_id)
    if ctx.now >= family.absolute_expires_at:
        raise refusal("expired_absolute")
    if ctx.now >= family.idle_expires_at:
        raise refusal("expired_idle")
    if token.generation >= family.generation:
        raise refusal("unknown_token")
    about = {
        "account_id": authorization.account_id,
        "client_id": client.client_id,
        "authorization_id": authorization.id,
        "detail": {"generation": token.generation, "current": family.generation},
    }
    if token.generation == family.generation - 1 and _may_repeat(ctx, client, family.rotated_at):
        ctx.record("refresh_token_repeated", **about)
        return authorization
    if authorizations.end(ctx.tx, token.authorization_id, now=ctx.now, reason="reuse_detected"):
        ctx.record("refresh_token_reuse_detected", **about)
    raise refusal("reuse_detected", keeps_work=True)


def check_grounds(ctx: Context, client: Client, authorization_id: str) -> None:
    """Check that what an authorization stands on is there. Raises InvalidGrant; Overtaken where
    the client is not as this request read it."""
    found = grounds.find(ctx.tx, authorization_id, client, ctx.now)
    if found is None:
        raise refusal("unknown_token")
    if not found.client_is_as_read:
        raise Overtaken(client.client_id)
    if not found.account_is_enabled:
        raise refusal("account_disabled")
    if found.account_is_locked:
        raise refusal("account_locked")
    if not found.session_counts:
        raise refusal("session_ended")


def _may_repeat(ctx: Context, client: Client, rotated_at: int | None) -> bool:
    """A lost answer may be asked for again, until the answer's token is first used.

    Choice: a client that authenticates may repeat for as long as that, because a thief
    would need its credentials too (RFC 9700 §4.14.2); a public client only for a window.
    """
    if not client.is_public:
        return True
    window = client.policy.refresh_repeat_window
    if window is None:
        window = ctx.settings.lifetimes.refresh_repeat_window
    window = min(window, LONGEST_REPEAT_WINDOW)
    return rotated_at is not None and ctx.now - rotated_at < window


def idle_lifetime_of(ctx: Context, client: Client) -> int:
    """Return how many seconds a token of this client may lie unused."""
    own = client.policy.refresh_idle_lifetime
    return min(ctx.settings.lifetimes.refresh_idle if own is None else own, LONGEST_FAMILY_LIFE)


def absolute_lifetime_of(ctx: Context, client: Client) -> int:
    """Return how many seconds a family of this client lasts at most."""
    own = client.policy.refresh_absolute_lifetime
    longest = ctx.settings.lifetimes.refresh_absolute if own is None else own
    return min(longest, LONGEST_FAMILY_LIFE)


_WHY = {
    "unknown_token": "The refresh token is not one of ours for this client.",
    "reuse_detected": "A refresh token was used again after its successor; all of them ended.",
    "expired_idle": "The refresh token was not used for too long.",
    "expired_absolute": "The authorization reached its longest life.",
    "revoked_by_user": "The person withdrew the access.",
    "revoked_by_client": "The client revoked its tokens.",
    "revoked_by_administrator": "An administrator ended the access.",
    "session_ended": "The session in which the access was granted has ended or expired.",
    "account_disabled": "The account is disabled.",
    "account_locked": "The account is locked for now; the token works again after that.",
    "credentials_changed": "The account has new credentials; sign in again.",
    "code_replayed": "The authorization code was used twice; all its tokens ended.",
}


def refusal(sub_reason: str, *, keeps_work: bool = False) -> InvalidGrant:
    """Return a refusal for one of the reasons that have a page."""
    return InvalidGrant(_WHY[sub_reason], sub_reason=sub_reason, keeps_work=keeps_work)


def _message(body: bytes) -> bytes:
    return b"refresh_token" + body


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(encoded: str) -> bytes:
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))

"""Who may register a client, and who may change it (RFC 7591 §3, RFC 7592 §2): initial access
tokens, registration access tokens, and how much an address may do. Tokens are kept as
digests only. Called by the two registration endpoints and by the command line."""

from functools import partial
from hashlib import sha256

from provider.context import Context
from provider.credentials import opaque
from provider.errors import AccessDenied, TooManyRegistrations
from provider.forwarding import network_of
from provider.store import clients, registration_tokens, throttles
from provider.store.unit_of_work import Transaction

INITIAL = "signet_initial_"
REGISTRATION = "signet_registration_"
_WINDOW = 3600


def use_initial_token(ctx: Context, value: str) -> bool:
    """Use up one use of an initial access token. Return whether there was one left."""
    return registration_tokens.use(ctx.tx, opaque.digest(value), ctx.now)


def check_room(ctx: Context) -> None:
    """Raise AccessDenied where as many clients have registered themselves as may."""
    if clients.count_dynamic(ctx.tx) >= ctx.settings.registration.max_clients:
        raise AccessDenied("No more clients can register here.", reason="registration.max_clients")


def check_attempts(ctx: Context) -> None:
    """Raise TooManyRegistrations where this address has tried too often. A refusal counts."""
    limit = ctx.settings.registration.per_hour
    if throttles.find(ctx.tx, _digest(ctx), ctx.now).failures >= limit:
        ctx.record_refusal("registrations_throttled", reason="registration.per_hour")
        raise TooManyRegistrations(_WINDOW)
    ctx.even_if_refused(partial(_count, ctx))


def count_attempt(ctx: Context) -> None:
    """Count one attempt of this address that succeeds."""
    _count(ctx, ctx.tx)


def _count(ctx: Context, tx: Transaction) -> None:
    throttles.count_failure(tx, _digest(ctx), now=ctx.now, expires_at=ctx.now + _WINDOW)


def _digest(ctx: Context) -> bytes:
    return sha256(b"registration\x1f" + network_of(ctx.request.address).encode()).digest()

"""How often a client secret may be guessed (OWASP ASVS 6.3.1, RFC 6749 §10.10). Failures are
counted per client and address in the database, so all processes count together, and a client
guessed at from elsewhere goes on working. Clients that do not exist count under the address alone,
so that inventing them makes no rows and harms none that exists behind it. Choice: who must wait is
remembered in the process too, and only a failure asks the database, so that an honest request
costs no statement; each process learns of a wait by the first failure it meets itself. Asked by
`client_auth`."""

from functools import partial
from hashlib import sha256

from provider.context import Context
from provider.credentials import client_secret
from provider.errors import InvalidClient, TooManyGuesses
from provider.forwarding import network_of
from provider.model.client import Client
from provider.store import throttles
from provider.store.unit_of_work import Transaction

FREE_FAILURES = 20
LONGEST_WAIT = 300
_FORGET_AFTER = 3600
_MOST_REMEMBERED = 10_000


class Guesses:
    """Compares secrets, and makes who guesses wait."""

    def __init__(self) -> None:
        self._waits: dict[bytes, tuple[int, int]] = {}
        """From when to when each key waits; outside of it (the clock was set) it does not."""

    def check(self, ctx: Context, client_id: str, client: Client | None, secret: str) -> Client:
        """Return the client if the secret is its own. Raises InvalidClient, TooManyGuesses."""
        network = network_of(ctx.request.address)
        named = client_id if client is not None else ""
        key = sha256(f"client\x1f{named}\x1f{network}".encode()).digest()
        since, until = self._waits.get(key, (0, 0))
        if since <= ctx.now < until:
            raise _too_many(ctx, client, until)
        if client is not None and client_secret.is_right(client, secret, ctx.now):
            return client
        if client is None:
            client_secret.is_right(None, secret, ctx.now)
        counted = throttles.find(ctx.tx, key, ctx.now)
        if ctx.now < counted.blocked_until <= ctx.now + LONGEST_WAIT:
            self._remember(key, counted.blocked_until, ctx.now)
            raise _too_many(ctx, client, counted.blocked_until)
        ctx.even_if_refused(partial(_count, key=key, now=ctx.now))
        raise InvalidClient(reason="unknown client or wrong secret")

    def _remember(self, key: bytes, until: int, now: int) -> None:
        if len(self._waits) >= _MOST_REMEMBERED:
            self._waits = {
                one: (since, end)
                for one, (since, end) in self._waits.items()
                if since <= now < end
            }
        if len(self._waits) < _MOST_REMEMBERED:
            self._waits[key] = (now, until)


def _too_many(ctx: Context, client: Client | None, until: int) -> TooManyGuesses:
    if client is not None:
        reason = "too many wrong secrets from this address"
        ctx.record_refusal(
            "client_authentication_throttled", reason=reason, client_id=client.client_id
        )
    return TooManyGuesses(until - ctx.now)


def _count(tx: Transaction, key: bytes, now: int) -> None:
    failures = throttles.count_failure(tx, key, now=now, expires_at=now + _FORGET_AFTER)
    beyond = failures - FREE_FAILURES
    if beyond >= 0:
        throttles.block(tx, key, now + min(LONGEST_WAIT, 2 ** min(beyond, 20)))

"""Sends what the outbox holds (OpenID Connect Back-Channel Logout §2.4 to §2.8). Any process
may: a delivery is claimed for the length of a lease, sent with no transaction open, and then
settled; if the process dies in between, another sends it again. Tried for two days with growing
pauses, then given up. `Courier` is the thread of `signet serve` that does so.

Choice: each attempt has a `jti` of its own, because a client that was told, but whose answer
was lost, would refuse the same one as a replay; to end a session twice does no harm.
Choice: logout tokens are signed, never encrypted, and say nothing but `sub` and `sid`."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

from provider.ambient import identifier
from provider.context import Provider, log
from provider.keys.keyring import NoActiveKey
from provider.keys.purposes import LOGOUT_TOKEN
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed
from provider.store import clients, logout_deliveries
from provider.store.logout_deliveries import Delivery
from provider.store.unit_of_work import StorageUnavailable, transaction

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEASE = 120
PAUSES = (5, 30, 120, 600, 3600, 6 * 3600)
GIVEN_UP_AFTER = 2 * 86400
LIFETIME = 120
AT_ONCE = 8
EVERY = 0.5
_SUCCESS = range(200, 300)


def deliver_due(provider: Provider) -> int:
    """Make one attempt at what is due, a few at a time. Return how many were made."""
    now = provider.clock.now()
    with transaction(provider.engine, read_only=True) as tx:
        if not logout_deliveries.is_any_due(tx, now):
            return 0
    with transaction(provider.engine) as tx:
        claimed = logout_deliveries.claim(tx, now=now, lease=LEASE, limit=AT_ONCE)
    if claimed:
        with ThreadPoolExecutor(len(claimed)) as pool:
            list(pool.map(lambda one: _attempt(provider, one), claimed))
    return len(claimed)


def _attempt(provider: Provider, delivery: Delivery) -> None:
    with transaction(provider.engine, read_only=True) as tx:
        client = clients.find(tx, delivery.client_id)
    if client is None:
        return
    problem = _send(provider, delivery, client)
    now = provider.clock.now()
    about = {"client_id": client.client_id, "delivery": delivery.id, "attempts": delivery.attempts}
    with transaction(provider.engine) as tx:
        if problem is None:
            logout_deliveries.settle_delivered(tx, delivery, now=now)
            again = None
        else:
            again = _next_attempt(delivery, now)
            logout_deliveries.settle_failed(tx, delivery, problem=problem, next_attempt_at=again)
    if problem is None:
        log.info("logout_delivered", **about)
        provider.metrics.told("delivered")
        return
    log.warning("logout_undelivered", **about, reason=problem, given_up=again is None)
    provider.metrics.told("given_up" if again is None else "failed")


def _send(provider: Provider, delivery: Delivery, client: Client) -> str | None:
    """Send a logout token. Return what went wrong, if anything did."""
    if client.backchannel_logout_uri is None:
        return "the client has no address for it any more"
    try:
        token = _logout_token(provider, delivery, client)
        answer = provider.fetcher.post_form(client.backchannel_logout_uri, {"logout_token": token})
    except FetchFailed as error:
        return error.reason
    except NoActiveKey as error:
        return f"no key for {error}"
    return None if answer.status in _SUCCESS else f"answered {answer.status}"


def _logout_token(provider: Provider, delivery: Delivery, client: Client) -> str:
    now = provider.clock.now()
    wanted = client.id_token_signed_response_alg
    claims = {
        "iss": provider.issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": identifier(provider.entropy),
        "sub": delivery.subject,
        "sid": delivery.sid,
        "events": {EVENT: {}},
    }
    alg = wanted if wanted in LOGOUT_TOKEN.algorithms else None
    return provider.keyring.sign(LOGOUT_TOKEN, claims, now, alg=alg)


def _next_attempt(delivery: Delivery, now: int) -> int | None:
    pause = PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
    again = now + pause
    return again if again <= delivery.created_at + GIVEN_UP_AFTER else None


class Courier:
    """A thread that sends what is due, whichever process or command ended the session.

    Choice: it looks twice a second, one indexed read, instead of being woken: so what another
    process or a command queued leaves as soon as what this one did.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._stop = Event()
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being sent."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                while deliver_due(self._provider) == AT_ONCE and not self._stop.is_set():
                    pass
            except StorageUnavailable as error:
                log.warning("courier_failed", reason=str(error))
            except Exception:
                log.exception("bug", path="courier")

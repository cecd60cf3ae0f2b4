"""The assembled provider, and the context of one request: issuer, one `now`, one
transaction, who asks from where. Everything below the web floor gets its surroundings
from here and from nowhere else."""

from base64 import b32encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import structlog

from provider.ambient import Clock, Entropy
from provider.audiences import Audiences
from provider.errors import Overtaken, ProtocolError
from provider.forwarding import neighbourhood_of
from provider.glance import Glance
from provider.http import Request
from provider.keys.keyring import Keyring
from provider.keys.vault import Vault
from provider.metrics import NOTHING, Metrics
from provider.model.client import Client
from provider.outgoing.documents import Documents
from provider.outgoing.fetcher import Fetcher
from provider.parts import Parts
from provider.settings import Settings
from provider.status_list.board import Board
from provider.status_list.places import Places
from provider.store import events, refusals, revision
from provider.store.client_cache import ClientCache
from provider.store.events import Event
from provider.store.revision import Schema
from provider.store.unit_of_work import Engine, Transaction, UnitOfWork, transaction

log: structlog.stdlib.BoundLogger = structlog.get_logger("signet")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What one process serves with. `looks` is for what is asked in the middle of requests, which
    may hold every connection of `engine`: keys, audiences, status lists."""

    settings: Settings
    parts: Parts
    engine: Engine
    looks: Engine
    vault: Vault
    keyring: Keyring
    clock: Clock
    entropy: Entropy
    fetcher: Fetcher
    audiences: Audiences
    places: Places
    board: Board
    metrics: Metrics = NOTHING

    @cached_property
    def clients(self) -> ClientCache:
        """What we keep of registered clients."""
        return ClientCache()

    @cached_property
    def documents(self) -> Documents:
        """What we keep of other servers' documents."""
        return Documents(self.fetcher)

    @cached_property
    def schema(self) -> Glance[Schema]:
        """What we know of the schema of the database, and whether it answers."""
        look = partial(transaction, self.looks)
        return Glance(look, self.clock, lambda tx, _now, _before: revision.inspect(tx))

    @property
    def issuer(self) -> str:
        """The issuer identifier, exactly as configured."""
        return self.settings.issuer

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery §3, RFC 8414 §2)."""
        return self.parts.metadata(self.issuer)

    def open(self, request: Request, *, read_only: bool = False) -> "Context":
        """Begin the context of one request; the transaction opens when first used."""
        return Context(
            provider=self,
            request=request,
            now=self.clock.now(),
            work=UnitOfWork(self.engine, read_only=read_only),
        )


@dataclass(kw_only=True)
class Context:
    """One request. `now` is in seconds since the epoch and read once; `client` is who
    proved to be asking, once that is known, `claimed` who was said to be, and `operator`
    the person at the command line."""

    provider: Provider
    request: Request
    now: int
    work: UnitOfWork
    client: Client | None = None
    claimed: Client | None = None
    operator: str | None = None
    _events: list[Event] = field(default_factory=list)
    _refusals: list[Event] = field(default_factory=list)
    _lasting: list[Callable[[Transaction], object]] = field(default_factory=list)
    _once_kept: list[Callable[[], None]] = field(default_factory=list)
    _issued: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """The issuer identifier."""
        return self.provider.issuer

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.provider.settings

    @property
    def entropy(self) -> Entropy:
        """The source of randomness."""
        return self.provider.entropy

    @property
    def keyring(self) -> Keyring:
        """The keys we sign and verify with."""
        return self.provider.keyring

    @property
    def tx(self) -> Transaction:
        """The transaction of this request. Raises StorageUnavailable."""
        return self.work.tx

    def find_client(self, client_id: str) -> Client | None:
        """Return a registered client, disabled or not, as it was at most a second ago."""
        return self.provider.clients.find(self.work, client_id, self.now)

    @property
    def reading(self) -> Transaction:
        """The transaction where it is open, else what is committed; for questions that come
        before anything is written. Raises StorageUnavailable."""
        return self.work.reading

    @property
    def alone(self) -> Transaction:
        """The transaction where it is open, else what keeps one statement by itself; for what
        nothing later in this request may undo. Raises StorageUnavailable."""
        return self.work.alone

    @cached_property
    def reference(self) -> str:
        """The number under which the log tells what a page does not; short, to be read out."""
        return b32encode(self.entropy.token_bytes(5)).decode()

    @cached_property
    def request_id(self) -> str:
        """What every line of the log about this request carries: the number a trusted proxy
        gave it, else our reference."""
        return self.request.given_id or self.reference

    def url(self, path: str) -> str:
        """Return the address of one of our own paths."""
        return self.issuer + path

    def record(self, name: str, **about: Any) -> None:
        """Note a decision in the audit trail; it stays only if the work stays."""
        self._events.append(self._event(name, about))

    def record_refusal(self, name: str, *, reason: str | None, **about: Any) -> None:
        """Count that something was refused; unlike other events it stays although the work is
        undone. What is counted together leaves two events a window (`store/refusals`), so that
        nobody can fill the database by being refused."""
        self._refusals.append(
            self._event(name, {**about, "detail": {"reason": reason or "refused"}})
        )

    def find_claimed(self, client_id: str) -> Client | None:
        """Return the client that is said to be asking, so that a refusal can name it."""
        self.claimed = self.find_client(client_id)
        return self.claimed

    def issued(self, grant: str, credentials: Iterable[str]) -> None:
        """Note what is handed out; it counts only if the work stays."""
        self._issued.append((grant, tuple(credentials)))

    def report_refusal(self, error: ProtocolError) -> None:
        """Tell the log why a request is refused, under the reference number."""
        log.info(
            "refused",
            error=error.error,
            description=error.description,
            reason=error.reason,
            sub_reason=error.sub_reason,
            path=self.request.path,
            client_id=self.client.client_id if self.client else None,
            address=self.request.address,
            reference=self.reference,
        )
        self.provider.metrics.refused(self.request.path, error.error or "", error.counted_as)

    def even_if_refused(self, write: Callable[[Transaction], object]) -> None:
        """Repeat a write should the work be undone: what is used up stays used up."""
        self._lasting.append(write)

    def once_kept(self, act: Callable[[], None]) -> None:
        """Do something in memory once the work is committed, and not if it is undone."""
        self._once_kept.append(act)

    def keep(self) -> None:
        """Commit the work and its audit trail."""
        written = [*self._events, *self._counted()]
        if written:
            events.add(self.tx, written)
        self.work.commit()
        for act in self._once_kept:
            act()
        self._report(written, happened=[*self._events, *self._refusals])
        for grant, credentials in self._issued:
            self.provider.metrics.issued(grant, credentials)
        self._forget()

    def undo(self, *, is_verdict: bool = True) -> None:
        """Give up the work, but write down what is used up by it.

        An outage is no verdict: it uses nothing up.
        """
        self.work.close()
        if is_verdict and (self._lasting or self._refusals):
            for write in self._lasting:
                write(self.tx)
            written = self._counted()
            events.add(self.tx, written)
            self.work.commit()
            self._report(written, happened=self._refusals)
        self._forget()

    def _counted(self) -> list[Event]:
        """Count the refusals. Return the events that they make."""
        network = neighbourhood_of(self.request.address)
        made = []
        for one in sorted(self._refusals, key=lambda event: event.name):
            made += refusals.count(self.tx, one, network)
        return made

    def begin_again(self, overtaken: Overtaken) -> None:
        """Give up the work, and decide by what is stored now."""
        self.undo(is_verdict=False)
        self.provider.clients.forget(overtaken.client_id)
        self.client = self.claimed = None

    def _forget(self) -> None:
        self._events, self._refusals, self._lasting = [], [], []
        self._once_kept, self._issued = [], []

    def _report(self, written: list[Event], *, happened: list[Event]) -> None:
        """Log what was written down; the metrics have each time that it happened."""
        for event in written:
            log.info(
                event.name,
                client_id=event.client_id,
                account_id=event.account_id,
                address=event.address,
                **event.detail,
            )
        for event in happened:
            self.provider.metrics.happened(event.name)

    def _event(self, name: str, about: dict[str, Any]) -> Event:
        if self.operator is not None:
            about = {**about, "detail": {**about.get("detail", {}), "operator": self.operator}}
        return Event(
            at=self.now,
            name=name,
            address=self.request.address,
            expires_at=self.now + self.settings.events_kept,
            **about,
        )

"""The assembled provider, and the context of one request: issuer, one `now`, one
transaction, who asks from where. Everything below the web floor gets its surroundings
from here and from nowhere else."""

from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import structlog

from provider.ambient import Clock, Entropy
from provider.errors import ProtocolError
from provider.http import Request
from provider.keys.keyring import Keyring
from provider.keys.vault import Vault
from provider.model.client import Client
from provider.parts import Parts
from provider.settings import Settings
from provider.store import events
from provider.store.events import Event
from provider.store.unit_of_work import Engine, Transaction, UnitOfWork

log: structlog.stdlib.BoundLogger = structlog.get_logger("signet")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What one process serves with."""

    settings: Settings
    parts: Parts
    engine: Engine
    vault: Vault
    keyring: Keyring
    clock: Clock
    entropy: Entropy

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
    proved to be asking, once that is known."""

    provider: Provider
    request: Request
    now: int
    work: UnitOfWork
    client: Client | None = None
    _events: list[Event] = field(default_factory=list)
    _lasting: list[Callable[[Transaction], object]] = field(default_factory=list)

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

    @cached_property
    def reference(self) -> str:
        """The number under which the log tells what a page does not; short, to be read out."""
        return b32encode(self.entropy.token_bytes(5)).decode()

    def url(self, path: str) -> str:
        """Return the address of one of our own paths."""
        return self.issuer + path

    def record(self, name: str, **about: Any) -> None:
        """Note a decision in the audit trail; it stays only if the work stays."""
        self._events.append(self._event(name, about))

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

    def even_if_refused(self, write: Callable[[Transaction], object]) -> None:
        """Repeat a write should the work be undone: what is used up stays used up."""
        self._lasting.append(write)

    def keep(self) -> None:
        """Commit the work and its audit trail."""
        if self._events:
            events.add(self.tx, self._events)
        self.work.commit()
        self._report(self._events)
        self._forget()

    def undo(self, *, is_verdict: bool = True) -> None:
        """Give up the work, but write down what is used up by it.

        An outage is no verdict: it uses nothing up.
        """
        self.work.close()
        if is_verdict and self._lasting:
            for write in self._lasting:
                write(self.tx)
            self.work.commit()
        self._forget()

    def _forget(self) -> None:
        self._events, self._lasting = [], []

    def _report(self, written: list[Event]) -> None:
        for event in written:
            log.info(
                event.name,
                client_id=event.client_id,
                account_id=event.account_id,
                address=event.address,
                **event.detail,
            )

    def _event(self, name: str, about: dict[str, Any]) -> Event:
        return Event(
            at=self.now,
            name=name,
            address=self.request.address,
            expires_at=self.now + self.settings.events_kept,
            **about,
        )

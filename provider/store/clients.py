"""Registered clients and their secrets. What switches a client off or removes it marks the
places that its tokens have in status lists, which outlive its rows. What changes a client is
noted in `changes`, because processes keep clients in memory (`client_cache`): as the last
statement, so that all who change clients lock rows in one order. A new one need not be. What a
client may do and proves itself with is counted in its row, by which what is issued is compared
with what was read (`grounds`)."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from provider.model.client import Client, ClientSecret
from provider.model.status import INVALID, StatusPlace
from provider.store import changes, grounds, token_status
from provider.store.schema import authorization, authorization_request, consent
from provider.store.schema import client as table
from provider.store.schema import client_secret as secret_table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert, insert_or_ignore

_SELECT = sa.select(
    table,
    secret_table.c.id.label("secret_id"),
    secret_table.c.digest,
    secret_table.c.sealed,
    secret_table.c.created_at.label("secret_created_at"),
    secret_table.c.expires_at,
).select_from(table.outerjoin(secret_table))
_OLDEST_SECRET_FIRST = (secret_table.c.created_at, secret_table.c.id)
_FIND = _SELECT.where(table.c.client_id == sa.bindparam("client_id")).order_by(
    *_OLDEST_SECRET_FIRST
)
CHANGES = "client"
"""What changes of clients are counted as."""

_NEXT = sa.func.coalesce(table.c.version, 0) + 1

_LIST = _SELECT.order_by(table.c.created_at, table.c.client_id, *_OLDEST_SECRET_FIRST)


def find(tx: Transaction, client_id: str) -> Client | None:
    """Return the client, disabled or not, with all its secrets, oldest first."""
    if "\x00" in client_id:  # credentials may hold any text, PostgreSQL's texts no NUL
        return None
    return next(_clients(tx.execute(_FIND, {"client_id": client_id})), None)


def list_all(tx: Transaction) -> list[Client]:
    """Return every client, oldest first."""
    return list(_clients(tx.execute(_LIST)))


def find_by_registration(tx: Transaction, digest: bytes, now: int) -> Client | None:
    """Return the client whose registration access token, current or rotated and not ended yet,
    has this digest."""
    current = table.c.registration_digest == digest
    wanted = sa.select(table.c.client_id).where(sa.or_(current, _is_previous(digest, now)))
    found = tx.execute(wanted)
    client_id = found.scalar()
    return find(tx, client_id) if client_id is not None else None


def count_dynamic(tx: Transaction) -> int:
    """Return how many clients registered themselves."""
    counted = sa.select(sa.func.count()).where(table.c.registration_digest.is_not(None))
    return int(tx.execute(counted).scalar_one())


def has_registration(tx: Transaction, client_id: str, digest: bytes) -> bool:
    """Return whether the current registration access token of a client has this digest."""
    wanted = sa.select(table.c.client_id).where(
        table.c.client_id == client_id, table.c.registration_digest == digest
    )
    return tx.execute(wanted).first() is not None


def rotate_registration(
    tx: Transaction, client_id: str, *, presented: bytes, successor: bytes, now: int, until: int
) -> bool | None:
    """Let `successor` follow the token that was presented, which works until `until`.

    Return True where it does now, False where the token was followed already, which then is
    by `successor` and nothing else, and None where the token does not work any more.
    """
    mine = table.update().where(table.c.client_id == client_id)
    followed = mine.where(table.c.registration_digest == presented).values(
        registration_digest=successor,
        previous_registration_digest=presented,
        previous_registration_until=until,
    )
    if tx.execute(followed).rowcount == 1:
        return True
    again = mine.where(_is_previous(presented, now)).values(registration_digest=successor)
    return False if tx.execute(again).rowcount == 1 else None


def _is_previous(digest: bytes, now: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.previous_registration_digest == digest, table.c.previous_registration_until > now
    )


def set_registration(tx: Transaction, client_id: str, digest: bytes) -> bool:
    """Replace the registration access token of a client that has one, and end those it had.
    Return whether it had one."""
    changed = (
        table.update()
        .where(table.c.client_id == client_id, table.c.registration_digest.is_not(None))
        .values(
            registration_digest=digest,
            previous_registration_digest=None,
            previous_registration_until=None,
        )
    )
    return tx.execute(changed).rowcount == 1


def add(
    tx: Transaction, client: Client, now: int, *, registration_digest: bytes | None = None
) -> None:
    """Remember a new client and its secrets; the digest is of one that registered itself."""
    tx.execute(
        table.insert().values(
            client_id=client.client_id,
            metadata=client.to_metadata(),
            created_at=now,
            updated_at=now,
            registration_digest=registration_digest,
            registered_by=client.registered_by,
        )
    )
    for secret in client.secrets:
        _add_secret(tx, client.client_id, secret)


def replace(tx: Transaction, client: Client, now: int) -> None:
    """Replace what is registered about a client; its secrets stay. Where it may get less for
    itself than before, the tokens it got for itself end, and those that are issued meanwhile by
    who knows it as it was carry the place that ends here."""
    one = table.c.client_id == client.client_id
    row = tx.execute(sa.select(table.c.metadata).where(one).with_for_update()).first()
    if row is None:
        return
    changed = {"metadata": client.to_metadata(), "updated_at": now, "version": _NEXT}
    if client.may_less_than(Client.from_metadata(client.client_id, row.metadata)):
        token_status.enter(tx, table, one, status=INVALID, now=now)
        changed |= {"status_list": None, "status_index": None}
    tx.execute(table.update().where(one).values(**changed))
    changes.note(tx, CHANGES)


def disable(tx: Transaction, client_id: str, now: int) -> bool:
    """Switch a client off; the tokens it got for itself end. Return whether it was on."""
    result = tx.execute(
        table.update()
        .where(table.c.client_id == client_id, table.c.disabled_at.is_(None))
        .values(disabled_at=now, version=_NEXT)
    )
    if result.rowcount != 1:
        return False
    one = table.c.client_id == client_id
    token_status.enter(tx, table, one, status=INVALID, now=now)
    tx.execute(table.update().where(one).values(status_list=None, status_index=None))
    changes.note(tx, CHANGES)
    return True


def enable(tx: Transaction, client_id: str) -> bool:
    """Switch a client on again. Return whether it was off."""
    result = tx.execute(
        table.update()
        .where(table.c.client_id == client_id, table.c.disabled_at.is_not(None))
        .values(disabled_at=None, version=_NEXT)
    )
    changes.note(tx, CHANGES)
    return result.rowcount == 1


def give_place(tx: Transaction, client: Client, place: StatusPlace) -> bool:
    """Give the tokens that a client gets for itself a place, unless they have one or the client
    is not as it was read. Return whether this did."""
    changed = (
        table.update()
        .where(
            table.c.client_id == client.client_id,
            table.c.status_list.is_(None),
            grounds.CLIENT_IS_AS_READ,
        )
        .values(status_list=place.number, status_index=place.index)
    )
    has_changed = tx.execute(changed, grounds.as_read(client)).rowcount == 1
    changes.note(tx, CHANGES)
    return has_changed


def leave_place(tx: Transaction, client_id: str, place: StatusPlace, *, now: int) -> bool:
    """Make a place INVALID for good and leave it, if it is the one the client has. The next
    token it gets for itself has a new one. Return whether it was."""
    left = tx.execute(
        table.update()
        .where(
            table.c.client_id == client_id,
            table.c.status_list == place.number,
            table.c.status_index == place.index,
        )
        .values(status_list=None, status_index=None)
    )
    if left.rowcount == 1:
        token_status.enter_place(tx, place, status=INVALID, now=now)
        changes.note(tx, CHANGES)
    return left.rowcount == 1


def remove(tx: Transaction, client_id: str, *, now: int) -> bool:
    """Forget a client and everything that hangs on it, but not that its tokens ended. What
    issuing holds is locked first, in the order in which that does it, so that what is issued at
    this moment ends too. Return whether it was there."""
    one = table.c.client_id == client_id
    for held in (consent, authorization_request, table):
        locked = sa.select(sa.true()).select_from(held).where(held.c.client_id == client_id)
        tx.execute(locked.with_for_update())
    its_live = (authorization.c.client_id == client_id, authorization.c.ended_at.is_(None))
    token_status.enter(tx, authorization, *its_live, status=INVALID, now=now)
    token_status.enter(tx, table, one, status=INVALID, now=now)
    was_there = tx.execute(table.delete().where(one)).rowcount == 1
    changes.note(tx, CHANGES)
    return was_there


def add_secret(tx: Transaction, client_id: str, secret: ClientSecret) -> None:
    """Remember one more secret."""
    _add_secret(tx, client_id, secret)
    _note(tx, client_id)


def add_secret_once(tx: Transaction, client_id: str, secret: ClientSecret) -> bool:
    """Remember a secret unless there is one with its id. Return whether it was new."""
    is_new = insert_or_ignore(tx, secret_table, _columns(client_id, secret))
    _note(tx, client_id)
    return is_new


def _add_secret(tx: Transaction, client_id: str, secret: ClientSecret) -> None:
    insert(tx, secret_table, _columns(client_id, secret))


def _columns(client_id: str, secret: ClientSecret) -> dict[str, Any]:
    return {
        "id": secret.id,
        "client_id": client_id,
        "digest": secret.digest,
        "sealed": secret.sealed,
        "created_at": secret.created_at,
        "expires_at": secret.expires_at,
    }


def expire_secrets(tx: Transaction, client_id: str, *, except_id: str, expires_at: int) -> None:
    """Let the client's other secrets stop working at `expires_at`, or earlier as they were."""
    tx.execute(
        secret_table.update()
        .where(
            secret_table.c.client_id == client_id,
            secret_table.c.id != except_id,
            sa.or_(secret_table.c.expires_at.is_(None), secret_table.c.expires_at > expires_at),
        )
        .values(expires_at=expires_at)
    )
    _note(tx, client_id)


def _note(tx: Transaction, client_id: str) -> None:
    tx.execute(table.update().where(table.c.client_id == client_id).values(version=_NEXT))
    changes.note(tx, CHANGES)


def _clients(rows: Iterable[sa.Row[Any]]) -> Iterator[Client]:
    found: dict[str, tuple[sa.Row[Any], list[ClientSecret]]] = {}
    for row in rows:
        _, secrets = found.setdefault(row.client_id, (row, []))
        if row.secret_id is not None:
            secrets.append(
                ClientSecret(
                    id=row.secret_id,
                    digest=row.digest,
                    sealed=row.sealed,
                    created_at=row.secret_created_at,
                    expires_at=row.expires_at,
                )
            )
    for row, secrets in found.values():
        yield Client.from_metadata(
            row.client_id,
            row.metadata,
            created_at=row.created_at,
            disabled_at=row.disabled_at,
            secrets=tuple(secrets),
            dynamic=row.registration_digest is not None,
            registered_by=row.registered_by,
            used_at=row.used_at,
            status=StatusPlace.of(row.status_list, row.status_index),
            version=row.version or 0,
            updated_at=row.updated_at,
        )

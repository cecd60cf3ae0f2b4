"""Authorization requests that wait for a page to be answered."""

from typing import Any

import sqlalchemy as sa

from provider.model.authorization_request import SingleUse, StoredRequest
from provider.model.shown import Shown
from provider.store.schema import authorization_request as table
from provider.store.unit_of_work import Transaction


def add(
    tx: Transaction,
    *,
    digest: bytes,
    browser_digest: bytes,
    client_id: str,
    parameters: dict[str, Any],
    now: int,
    expires_at: int,
    single_use: SingleUse | None = None,
) -> None:
    """Remember a request under the digest of its handle."""
    tx.execute(
        table.insert().values(
            digest=digest,
            browser_digest=browser_digest,
            client_id=client_id,
            parameters=parameters,
            single_use_digest=single_use.digest if single_use else None,
            single_use_until=single_use.until if single_use else None,
            created_at=now,
            expires_at=expires_at,
        )
    )


def find(tx: Transaction, digest: bytes) -> StoredRequest | None:
    """Return the request behind a handle, expired or not."""
    row = tx.execute(sa.select(table).where(table.c.digest == digest)).first()
    if row is None:
        return None
    single_use = None
    if row.single_use_digest is not None:
        single_use = SingleUse(row.single_use_digest, row.single_use_until)
    return StoredRequest(
        digest=row.digest,
        browser_digest=row.browser_digest,
        client_id=row.client_id,
        parameters=row.parameters,
        single_use=single_use,
        authenticated_session_id=row.authenticated_session_id,
        consented_session_id=row.consented_session_id,
        shown=Shown.from_json(row.shown),
        expires_at=row.expires_at,
        finished_at=row.finished_at,
    )


def mark_authenticated(tx: Transaction, digest: bytes, session_id: str) -> None:
    """Note that the person signed in for this request."""
    _update(tx, digest, authenticated_session_id=session_id, consented_session_id=None, shown=None)


def mark_consented(tx: Transaction, digest: bytes, session_id: str, shown: Shown) -> None:
    """Note that the person in this session consented to this request, as it was shown."""
    _update(tx, digest, consented_session_id=session_id, shown=shown.to_json())


def finish(tx: Transaction, digest: bytes, now: int) -> bool:
    """Close a request: it is answered once. Return whether it was open."""
    result = tx.execute(
        table.update()
        .where(table.c.digest == digest, table.c.finished_at.is_(None))
        .values(finished_at=now)
    )
    return result.rowcount == 1


def _update(tx: Transaction, digest: bytes, **values: Any) -> None:
    tx.execute(
        table.update()
        .where(table.c.digest == digest, table.c.finished_at.is_(None))
        .values(**values)
    )

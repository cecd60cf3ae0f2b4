"""Authorizations as they begin: when a code or tokens are issued."""

from typing import Any

import sqlalchemy as sa

from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.store import sessions
from provider.store.compiled import Compiled
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert

_GIVEN = [
    column
    for column in table.c
    if column.name
    not in {
        "ended_at", "ended_reason", "code_redeemed_at",
        "derivation_kid", "generation", "rotated_at", "idle_expires_at",
    }
]  # fmt: skip
"""What an authorization begins with."""
_ADD_IN_SESSION = Compiled(
    table.insert().from_select(
        _GIVEN,
        sessions.held(sa.select(*(sa.bindparam(one.name, type_=one.type) for one in _GIVEN))),
    )
)


def add(
    tx: Transaction, authorization: Authorization, *, code_digest: bytes | None = None
) -> None:
    """Remember an authorization and the code that stands for it, if there is one."""
    insert(tx, table, _facts(authorization, code_digest))


def add_in_session(
    tx: Transaction,
    authorization: Authorization,
    client: Client,
    *,
    code_digest: bytes | None = None,
) -> bool:
    """Remember an authorization that is given in a session, unless that or its account has ended
    or the client is not as it was read; who ends or changes one of them waits, and then finds
    what was given. Return whether it was."""
    facts = _facts(authorization, code_digest)
    values = {**facts, **sessions.holding(authorization.session_id, client)}
    return _ADD_IN_SESSION.count(tx, values) == 1


def _facts(authorization: Authorization, code_digest: bytes | None) -> dict[str, Any]:
    authentication, code = authorization.authentication, authorization.code
    if authentication is None:
        raise ValueError("only what a person authorized is remembered")
    if (code is None) != (code_digest is None):
        raise ValueError("a code and what it is bound to are remembered together")
    return {
        "id": authorization.id,
        "client_id": authorization.client_id,
        "account_id": authorization.account_id,
        "session_id": authorization.session_id,
        "scope": " ".join(authorization.scopes),
        "resource": list(authorization.resources),
        "auth_time": authentication.auth_time,
        "acr": authentication.acr,
        "amr": list(authentication.amr),
        "confirmation": authorization.confirmation,
        "claims": authorization.claims.to_json(),
        "created_at": authorization.created_at,
        "expires_at": authorization.expires_at,
        "status_list": authorization.status.number if authorization.status else None,
        "status_index": authorization.status.index if authorization.status else None,
        "code_digest": code_digest,
        "code_expires_at": code.expires_at if code else None,
        "redirect_uri": code.redirect_uri if code else None,
        "code_challenge": code.code_challenge if code else None,
        "nonce": code.nonce if code else None,
        "absolute_expires_at": code.refresh_until if code else None,
    }

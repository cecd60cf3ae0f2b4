"""Software statements (RFC 7591 §2.3): what somebody the operator trusts says, under his
signature, of the software that registers. It comes before what the client says of itself.
Called by `document`, at a registration and at a change alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from provider.context import Context
from provider.keys.client_keys import InvalidClientKeys, client_keys
from provider.keys.purposes import SOFTWARE_STATEMENT
from provider.keys.unverified import issuer_of
from provider.keys.verification import InvalidJwt, VerificationKeys, verify
from provider.registration.problem import STATEMENT, UNAPPROVED, NotRegistrable

MEMBER = "software_statement"


def claims(ctx: Context, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the statement in a document says. Raises NotRegistrable.

    Choice: where no issuer is trusted, statements are ignored (RFC 7591 §2.3); a missing one
    that is required counts as an invalid one, since no code is registered for that.
    """
    settings = ctx.settings.registration
    token = document.get(MEMBER)
    if token is None and settings.require_software_statement:
        raise NotRegistrable("a software statement is required", MEMBER, STATEMENT)
    if token is None or not settings.software_statement_issuers:
        return {}
    try:
        if not isinstance(token, str):
            raise InvalidJwt("not a string")
        return _verified(ctx, token, issuer_of(token), settings.software_statement_issuers)
    except InvalidJwt as error:
        raise NotRegistrable(f"software statement: {error.reason}", MEMBER, STATEMENT) from None


def key_set(path: Path) -> VerificationKeys:
    """Return the keys of an issuer. Raises ValueError with the reason.

    Read each time, so that the operator replaces the file without a restart.
    """
    try:
        return client_keys(orjson.loads(path.read_bytes()))
    except InvalidClientKeys as error:
        raise ValueError(error.reason) from error
    except OSError as error:
        raise ValueError(error.strerror or type(error).__name__) from error
    except orjson.JSONDecodeError as error:
        raise ValueError("it is not JSON") from error


def _verified(
    ctx: Context, token: str, issuer: Any, trusted: Mapping[str, Path]
) -> dict[str, Any]:
    if not isinstance(issuer, str):
        raise InvalidJwt("it names no issuer")
    if issuer not in trusted:
        raise NotRegistrable("its issuer is not trusted here", MEMBER, UNAPPROVED)
    try:
        keys = key_set(trusted[issuer])
    except ValueError as error:
        sentence = f"the keys of {issuer} can not be used: {error}"
        raise NotRegistrable(sentence, MEMBER, UNAPPROVED) from error
    found = verify(token, SOFTWARE_STATEMENT, keys, now=ctx.now, issuer=issuer).claims
    if "aud" in found:
        _check_audience(ctx, found["aud"])
    return {name: value for name, value in found.items() if name != MEMBER}


def _check_audience(ctx: Context, found: str | list[str]) -> None:
    """RFC 7519 §4.1.3: a statement need not say for whom it is, but may."""
    if not {ctx.issuer, ctx.url("/register")} & {*([found] if isinstance(found, str) else found)}:
        raise InvalidJwt("another audience")

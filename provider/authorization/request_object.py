"""Request objects by value (OpenID Connect Core §6.1, RFC 9101): the parameters of an
authorization request in a JWT. What stands in it takes the place of what the URL says.

Choice: the profile `oauth21`, and everywhere a client registered to sign all its requests,
go by RFC 9101 §6.3: only what is inside counts, and `client_id`, `iss` and `aud` are there.
Otherwise the two are merged, as OpenID Connect Core §6.1 has it, and `iss` and `aud` are
checked where present."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any

import orjson

from provider.authorization.response import registered_client
from provider.context import Context
from provider.errors import InvalidRequest, InvalidRequestObject
from provider.http import MAX_FIELDS, REPEATABLE, Parameters
from provider.keys.purposes import REQUEST_OBJECT
from provider.keys.unverified import header_of
from provider.keys.verification import SKEW, InvalidJwt
from provider.model.authorization_request import SingleUse
from provider.model.client import Client
from provider.model.response_type import returned
from provider.parts import Metadata
from provider.roles import RequestObjectProof, RequestSource
from provider.store import seen_jtis

_OF_THE_TOKEN = frozenset({"iss", "aud", "exp", "iat", "nbf", "jti"})
_STRUCTURED = frozenset({"claims", "registration", "authorization_details"})
_NESTED = ("request", "request_uri")
_LARGEST = 2**53
_ENCRYPTED = 4
"""The dots of a JWE (RFC 7516 §3.1)."""
_REMEMBERED = REQUEST_OBJECT.longest_life or 0


class RequestObject(RequestSource):
    """Takes the parameters from the JWT in `request`."""

    def resolve(self, ctx: Context, parameters: Parameters) -> tuple[Parameters, SingleUse | None]:
        """Return what the client says in the JWT. Raises InvalidRequestObject."""
        token = parameters.get("request")
        if token is None:
            return parameters, None
        client = registered_client(ctx, parameters)
        try:
            claims = _claims(ctx, client, token)
            _check_parties(ctx, client, claims)
            single_use = _single_use(ctx, client, claims)
        except InvalidJwt as error:
            raise InvalidRequestObject(reason=f"request object: {error}") from error
        inside = Parameters(_pairs(claims))
        if _only_inside(ctx, client):
            return inside, single_use
        _check_agreement(parameters, inside)
        outside = {k: v for k, v in parameters.as_lists().items() if k not in _NESTED}
        return Parameters.from_lists({**outside, **inside.as_lists()}), single_use

    def require(self, client: Client, parameters: Parameters) -> None:
        """Raise InvalidRequest where a client that signs its requests did not (§10.5)."""
        if not client.require_signed_request_object:
            return
        if not any(name in parameters for name in ("request", "request_uri")):
            raise InvalidRequest("This client must send its requests in a signed request object.")

    def metadata(self, issuer: str) -> Metadata:
        """Return that it is on."""
        del issuer
        return {"request_parameter_supported": True}


def _only_inside(ctx: Context, client: Client) -> bool:
    return ctx.settings.profile == "oauth21" or client.require_signed_request_object


def _claims(ctx: Context, client: Client, token: str) -> dict[str, Any]:
    """Return the claims, proven in the one way the client registered, or in any we speak.

    What is encrypted holds a signed object (RFC 9101 §6.1): that it came closed proves nobody.
    Choice: a client that registered an encryption may leave it out (Dynamic Registration §2).
    """
    if token.count(".") == _ENCRYPTED:
        token = ctx.keyring.decrypt(token, ctx.now)
    alg = header_of(token).get("alg")
    if client.request_object_signing_alg not in (None, alg):
        raise InvalidJwt("not the algorithm that the client registered")
    for proof in ctx.provider.parts.playing(RequestObjectProof):
        if alg in proof.algorithms:
            return proof.claims(ctx, client, token)
    raise InvalidJwt("algorithm not allowed")


def _check_parties(ctx: Context, client: Client, claims: dict[str, Any]) -> None:
    """The client says it, and says it to us (RFC 9101 §4, §6.3, §10.8)."""
    strict = _only_inside(ctx, client)
    for name in ("iss", "client_id"):
        if (strict or name in claims) and claims.get(name) != client.client_id:
            raise InvalidJwt(f"{name} is not the client")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if (strict or audience is not None) and ctx.issuer not in named:
        raise InvalidJwt("another audience")


def _single_use(ctx: Context, client: Client, claims: dict[str, Any]) -> SingleUse | None:
    """Return what the answer uses up where the object says that it is one of a kind.

    Choice: it is used up by the answer and not by the first arrival, so that a page can be
    loaded again (as RFC 9126 §2.2 has it for pushed requests); an object without `exp` is
    remembered for a day.
    """
    if "jti" not in claims:
        return None
    if not claims["jti"]:
        raise InvalidJwt("jti is empty")
    digest = sha256(f"request\x1f{client.client_id}\x1f{claims['jti']}".encode()).digest()
    if seen_jtis.is_used(ctx.tx, digest):
        raise InvalidJwt("used before")
    until = int(claims.get("exp", ctx.now + _REMEMBERED))
    return SingleUse(digest, until + 2 * SKEW)


def _pairs(claims: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the parameters as a query would have them. Raises InvalidRequestObject."""
    if len(claims) > MAX_FIELDS:
        raise InvalidRequestObject(reason="too many members")
    for name, value in claims.items():
        if name in _NESTED:
            raise InvalidRequestObject("A request object can not hold another one.")
        if name in _OF_THE_TOKEN:
            continue
        for one in _values(name, value):
            if "\x00" in name or "\x00" in one:
                raise InvalidRequestObject(reason="a NUL character")
            yield name, one


def _values(name: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if type(value) is int and abs(value) < _LARGEST:
        return [str(value)]
    if name in REPEATABLE and isinstance(value, list):
        if all(isinstance(one, str) for one in value) and len(value) <= MAX_FIELDS:
            return value
    elif name in _STRUCTURED and isinstance(value, dict | list):
        with suppress(TypeError):  # nested deeper than is written, though not than is read
            return [orjson.dumps(value).decode()]
    raise InvalidRequestObject(
        "A member of the request object has a type that its parameter can not have.",
        reason=f"member {name[:40]!r}",
    )


def _check_agreement(outside: Parameters, inside: Parameters) -> None:
    """Choice: `response_type` may be absent outside (RFC 9101 §5), but does not differ."""
    if "response_type" in outside and "response_type" in inside:
        first, second = (returned(one.get("response_type")) for one in (outside, inside))
        if first != second:
            raise InvalidRequest("The response_type differs inside and outside.")

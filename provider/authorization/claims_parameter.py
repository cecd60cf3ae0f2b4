"""The `claims` parameter (OpenID Connect Core §5.5): claims asked for one by one, in the ID
token or at UserInfo. Read for `check_all` and the consent page.

Choice: a claim belongs to the scope that reveals it. A client may ask for those whose scope
it may ask for; others are dropped, as are names we do not know and names with a language
tag (§5.2), since nothing obliges us to return them. The person agrees to each claim that no
granted scope covers, by name, and that consent is remembered by name. A member that is null
reads as absent, at every level."""

from typing import Any

import orjson

from provider.context import Context
from provider.errors import InvalidRequest, UnmetAuthenticationRequirements
from provider.model.client import Client
from provider.model.requested_claims import RequestedClaims, Wish
from provider.parts import Metadata, Part
from provider.roles import Scope

_DEEPEST = 6
_MOST_CLAIMS, _MOST_VALUES = 100, 20
_MALFORMED = "The claims parameter is not a claims request as OpenID Connect Core 5.5 has it."


class ClaimsParameter(Part):
    """Claims may be asked for one by one; none is aggregated or distributed (§5.6)."""

    def metadata(self, issuer: str) -> Metadata:
        """Return that the parameter is understood, and the one type of claims."""
        del issuer
        return {"claims_parameter_supported": True, "claim_types_supported": ["normal"]}


def parse(value: str | None) -> RequestedClaims:
    """Return everything the parameter asks for. Raises InvalidRequest where it is malformed."""
    if value is None:
        return RequestedClaims()
    try:
        document = orjson.loads(value)
    except orjson.JSONDecodeError:
        raise InvalidRequest(_MALFORMED) from None
    if not isinstance(document, dict) or _is_deeper(document, _DEEPEST):
        raise InvalidRequest(_MALFORMED)
    return RequestedClaims(
        userinfo=_wishes(document.get("userinfo")),
        id_token=_wishes(document.get("id_token")),
    )


def granted(
    ctx: Context, client: Client, scopes: tuple[str, ...], asked: RequestedClaims
) -> RequestedClaims:
    """Return the claims about the person that the client may ask for: none without `openid`."""
    if "openid" not in scopes:
        return RequestedClaims()
    return asked.only(_revealed_by(ctx, client.scopes) - {"sub"})


def beyond(ctx: Context, scopes: tuple[str, ...], claims: RequestedClaims) -> tuple[str, ...]:
    """Return the names among `claims` that none of `scopes` covers."""
    covered = _revealed_by(ctx, frozenset(scopes))
    return tuple(name for name in claims.names if name not in covered)


def subject(asked: RequestedClaims) -> str | None:
    """Return the one subject the answer may be about, if the client names one (§5.5.1).

    Stricter: a choice between several is refused, and so is a subject that is no text.
    """
    values = [
        value
        for wishes in (asked.id_token, asked.userinfo)
        for value in wishes.get("sub", Wish()).values
    ]
    if not values:
        return None
    if not isinstance(values[0], str) or any(value != values[0] for value in values):
        raise InvalidRequest("The claims parameter must name one sub.")
    return values[0]


def required_acr(ctx: Context, asked: RequestedClaims) -> frozenset[str]:
    """Return the authentication contexts of which one must be reached; empty where any will do.

    Raises UnmetAuthenticationRequirements where none of them ever can be (§5.5.1.1, OpenID
    Connect Core Unmet Authentication Requirements §2).
    """
    wish = asked.id_token.get("acr", Wish())
    if not (wish.essential and wish.values):
        return frozenset()
    reachable = [acr for acr in ctx.provider.metadata["acr_values_supported"] if wish.accepts(acr)]
    if not reachable:
        raise UnmetAuthenticationRequirements
    return frozenset(reachable)


def _revealed_by(ctx: Context, scopes: frozenset[str]) -> frozenset[str]:
    parts = ctx.provider.parts.playing(Scope)
    return frozenset(name for part in parts if part.scope in scopes for name in part.claims)


def _wishes(members: Any) -> dict[str, Wish]:
    if members is None:
        return {}
    if not isinstance(members, dict) or len(members) > _MOST_CLAIMS:
        raise InvalidRequest(_MALFORMED)
    return {name: _wish(member) for name, member in members.items()}


def _wish(member: Any) -> Wish:
    if member is None:
        return Wish()
    if not isinstance(member, dict):
        raise InvalidRequest(_MALFORMED)
    stated = {name: value for name, value in member.items() if value is not None}
    essential, values = stated.get("essential", False), stated.get("values", [])
    if not isinstance(essential, bool) or not isinstance(values, list):
        raise InvalidRequest(_MALFORMED)
    if len(values) > _MOST_VALUES:
        raise InvalidRequest(_MALFORMED)
    single = [stated["value"]] if "value" in stated else []
    return Wish(essential=essential, values=(*single, *values))


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)

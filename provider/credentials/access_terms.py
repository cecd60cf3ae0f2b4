"""On which terms an access token is issued (RFC 8707 §2.2, RFC 9068 §3): for whom, for how
long, under which algorithm, with which scopes, in which form. What the record of an audience
says comes before the policy of the client, and that before the settings. Asked by the
grants, once for each token."""

from dataclasses import dataclass

from provider.context import Context
from provider.errors import InvalidScope, InvalidTarget
from provider.model.audience import Audience
from provider.model.client import LONGEST_TOKEN_LIFE, Client


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of one token. `lifetime` is in seconds; `in_status_list`: whether resource
    servers are told where to see that it was called back."""

    audience: tuple[str, ...]
    scopes: tuple[str, ...]
    lifetime: int
    alg: str
    in_status_list: bool
    is_opaque: bool


def settle(
    ctx: Context, client: Client, scopes: tuple[str, ...], resources: tuple[str, ...]
) -> Terms:
    """Return the terms of a token for `resources`.

    Choice: with the scope `openid` the issuer is an audience beside the resources,
    because UserInfo is a resource of ours (RFC 9068 §3, RFC 8707 §2.2); unless it has a
    record it has no wishes. Where several audiences share a token, the shortest life
    counts, one that wants a status list or an opaque token gets it, and two that want
    different algorithms can not share one. Raises InvalidTarget, InvalidScope.
    """
    audience = resources or (ctx.settings.default_audience,)
    records = [ctx.provider.audiences.find(one) or Audience(identifier=one) for one in audience]
    if "openid" in scopes and ctx.issuer not in audience:
        audience = (*audience, ctx.issuer)
        if own := ctx.provider.audiences.find(ctx.issuer):
            records.append(own)
    algorithms = {one.signing_alg for one in records if one.signing_alg is not None}
    if len(algorithms) > 1:
        raise InvalidTarget("These resources want different algorithms; ask for one at a time.")
    lifetime = _lifetime(ctx, client)
    return Terms(
        audience=audience,
        scopes=_known_scopes(ctx, scopes, records),
        lifetime=min(
            lifetime if one.access_token_lifetime is None else one.access_token_lifetime
            for one in records
        ),
        alg=next(iter(algorithms), None)
        or client.policy.access_token_alg
        or ctx.settings.keys.access_token_alg,
        in_status_list=any(one.status_list is not False for one in records),
        is_opaque=any(one.token_format == "opaque" for one in records),
    )


def _lifetime(ctx: Context, client: Client) -> int:
    """Never longer than what is called back is remembered, whatever is stored."""
    own = client.policy.access_token_lifetime
    return min(ctx.settings.lifetimes.access_token if own is None else own, LONGEST_TOKEN_LIFE)


def _known_scopes(
    ctx: Context, scopes: tuple[str, ...], records: list[Audience]
) -> tuple[str, ...]:
    """Return the scopes without those of APIs that no audience knows (RFC 6749 §3.3)."""
    if any(one.scopes is None for one in records):
        return scopes
    known = {name for one in records for name in one.scopes or ()}
    left = tuple(name for name in scopes if name in known or name not in ctx.settings.scopes)
    if scopes and not left:
        raise InvalidScope("The resource knows none of these scopes.")
    return left

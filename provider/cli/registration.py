"""How an operator registers a client: what the options of `signet client add` describe. What
it must satisfy is said by `provider.registration`, which dynamic registration shares."""

from pathlib import Path
from typing import Any

import click
import orjson

from provider.cli.output import Failed
from provider.context import Context
from provider.model import response_type as response_types
from provider.model.client import Client, ClientPolicy
from provider.registration import document, enrolling, logo, rules, sector
from provider.registration.problem import NotRegistrable
from provider.settings.kinds import duration
from provider.store import clients

KINDS: dict[str, dict[str, Any]] = {
    "web": {
        "grant_types": ("authorization_code", "refresh_token"),
        "scope": "openid profile email offline_access",
    },
    "browser": {
        "token_endpoint_auth_method": "none",
        "grant_types": ("authorization_code", "refresh_token"),
        "scope": "openid profile email offline_access",
    },
    "native": {
        "application_type": "native",
        "token_endpoint_auth_method": "none",
        "grant_types": ("authorization_code", "refresh_token"),
        "scope": "openid profile email offline_access",
    },
    "service": {"grant_types": ("client_credentials",), "response_types": (), "scope": ""},
}


class _Duration(click.ParamType[int]):
    """Seconds, or text such as 10m or 14d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return seconds."""
        try:
            return duration(int(value) if str(value).isdigit() else value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()


def described(name: str, kind: str, client_id: str, options: dict[str, Any]) -> Client:
    """Return the client that the options of `signet client add` describe."""
    values = {**KINDS[kind], "client_id": client_id, "client_name": name}
    for option in ("redirect_uris", "post_logout_redirect_uris", "grant_types"):
        if given := options.get(option):
            values[option] = tuple(given)
    if asked := options.get("response_types"):
        values["response_types"] = tuple(dict.fromkeys(map(response_types.canonical, asked)))
        if not options.get("grant_types"):
            values["grant_types"] = _grants_for(values["response_types"], values["grant_types"])
    elif "authorization_code" not in values["grant_types"]:
        values["response_types"] = ()
    for option in ("client_uri", "logo_uri", "policy_uri", "tos_uri"):
        values[option] = options.get(option)
    if scopes := " ".join(options.get("scope", ())).split():
        values["scope"] = " ".join(dict.fromkeys(scopes))
    if method := options.get("auth_method"):
        values["token_endpoint_auth_method"] = method
    if path := options.get("jwks"):
        values["jwks"] = _read_keys(path)
    values["jwks_uri"] = options.get("jwks_uri")
    if (path or values["jwks_uri"]) and not options.get("auth_method"):
        values["token_endpoint_auth_method"] = "private_key_jwt"
    values["id_token_signed_response_alg"] = options.get("id_token_alg") or "RS256"
    values["userinfo_signed_response_alg"] = options.get("userinfo_alg")
    values["introspection_signed_response_alg"] = options.get("introspection_alg")
    if metadata := options.get("metadata"):
        values |= _read_metadata(metadata)
    values["policy"] = ClientPolicy(
        require_pkce=options.get("require_pkce"),
        scope_claims_in_id_token=options.get("scope_claims_in_id_token", False),
        resources=tuple(options.get("resources", ())),
        audiences=tuple(options.get("audiences", ())),
        consent=options.get("consent") or "remembered",
        access_token_lifetime=options.get("access_token_lifetime"),
        refresh_idle_lifetime=options.get("refresh_idle"),
        refresh_absolute_lifetime=options.get("refresh_absolute"),
        refresh_repeat_window=options.get("refresh_repeat_window"),
        rotate_refresh_tokens=not options.get("no_rotation", False),
    )
    made = Client(**values)
    if made.is_public and made.policy.require_pkce is False:
        raise Failed("a public client always needs PKCE; --no-require-pkce is for the others")
    return made


def register(ctx: Context, made: Client) -> str | None:
    """Remember a new client. Return its secret where it has one. Raises Failed."""
    try:
        rules.check(made, ctx.provider)
        sector.check(ctx, made)
        logo.check(ctx, made)
    except NotRegistrable as error:
        raise Failed(str(error)) from None
    if clients.find(ctx.tx, made.client_id) is not None:
        raise Failed(f"there is a client {made.client_id} already")
    return enrolling.enrol(ctx, made)


def _grants_for(asked: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return the grants that response types need, with refreshing where it is usual."""
    needed = {grant for one in asked for grant in response_types.grant_types(one)}
    if "authorization_code" in needed and "refresh_token" in usual:
        needed.add("refresh_token")
    return tuple(sorted(needed))


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        written = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        written = None
    if not isinstance(written, dict):
        raise Failed(f"{path} is not a JSON file with client metadata")
    try:
        found = document.known(written)
    except NotRegistrable as error:
        raise Failed(str(error)) from None
    if "response_types" in found:
        found["response_types"] = tuple(map(response_types.canonical, found["response_types"]))
    return found


def _read_keys(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        raise Failed(f"{path} is not a JSON file with a key set") from None

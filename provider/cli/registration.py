"""How an operator registers a client: what its options describe, and what it must satisfy
(RFC 7591 §2, RFC 8252, OpenID Connect Dynamic Client Registration §2). Called by `signet
client add` and by the demo. Each rule says in one sentence what is wrong."""

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from provider.cli.output import Failed
from provider.context import Context, Provider
from provider.credentials import client_secret
from provider.keys.client_keys import InvalidClientKeys, check_client_keys
from provider.keys.purposes import ID_TOKEN, INTROSPECTION, USERINFO
from provider.model import redirect_uri as redirect_uris
from provider.model import response_type as response_types
from provider.model.client import Client, ClientPolicy
from provider.settings import Settings
from provider.settings.kinds import duration
from provider.settings.values import OPENID_SCOPES
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


class NotRegistrable(Exception):
    """The client can not be registered as described."""


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
        if not options.get("auth_method"):
            values["token_endpoint_auth_method"] = "private_key_jwt"
    values["id_token_signed_response_alg"] = options.get("id_token_alg") or "RS256"
    values["userinfo_signed_response_alg"] = options.get("userinfo_alg")
    values["introspection_signed_response_alg"] = options.get("introspection_alg")
    values["policy"] = ClientPolicy(
        resources=tuple(options.get("resources", ())),
        audiences=tuple(options.get("audiences", ())),
        consent=options.get("consent") or "remembered",
        access_token_lifetime=options.get("access_token_lifetime"),
        refresh_idle_lifetime=options.get("refresh_idle"),
        refresh_absolute_lifetime=options.get("refresh_absolute"),
        refresh_repeat_window=options.get("refresh_repeat_window"),
        rotate_refresh_tokens=not options.get("no_rotation", False),
    )
    return Client(**values)


def register(ctx: Context, made: Client) -> str | None:
    """Remember a new client. Return its secret where it has one. Raises Failed."""
    try:
        check_client(made, ctx.provider)
    except NotRegistrable as error:
        raise Failed(str(error)) from None
    if clients.find(ctx.tx, made.client_id) is not None:
        raise Failed(f"there is a client {made.client_id} already")
    value = None
    if uses_secret(made):
        value, kept = client_secret.new(ctx.entropy, ctx.now)
        made = replace(made, secrets=(kept,))
    clients.add(ctx.tx, made, ctx.now)
    ctx.record("client_registered", client_id=made.client_id, detail={"name": made.client_name})
    return value


def uses_secret(found: Client) -> bool:
    """Return whether a client authenticates with a secret."""
    return found.token_endpoint_auth_method in ("client_secret_basic", "client_secret_post")


def check_client(client: Client, provider: Provider) -> None:
    """Raise NotRegistrable unless `client` fits together and to the provider."""
    settings = provider.settings
    if not client.client_name.strip():
        raise NotRegistrable("the client needs a name; people see it when they sign in")
    if not client.client_id or any(not "!" <= character <= "~" for character in client.client_id):
        raise NotRegistrable("a client id is visible ASCII without spaces (RFC 6749 appendix A.1)")
    _check_grants(client)
    _check_response_types(client, provider)
    _check_credentials(client)
    _check_uris(client)
    _check_scopes(client, settings)
    _check_algorithms(client, settings)


def _check_grants(client: Client) -> None:
    uses_code = client.check_grant_type("authorization_code")
    has_visitors = uses_code or bool(client.response_types)
    if client.check_grant_type("refresh_token") and not uses_code:
        raise NotRegistrable("refresh_token needs authorization_code beside it")
    if client.check_grant_type("client_credentials") and client.is_public:
        raise NotRegistrable("client_credentials needs a client that authenticates")
    if has_visitors and not client.redirect_uris:
        raise NotRegistrable(
            "say where people return to after signing in: --redirect-uri https://…/callback"
        )
    if client.redirect_uris and not has_visitors:
        raise NotRegistrable(
            "a redirect URI is of no use without authorization_code or another response type"
        )


def _grants_for(asked: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Return the grants that response types need, with refreshing where it is usual."""
    needed = {grant for one in asked for grant in response_types.grant_types(one)}
    if "authorization_code" in needed and "refresh_token" in usual:
        needed.add("refresh_token")
    return tuple(sorted(needed))


def _check_response_types(client: Client, provider: Provider) -> None:
    supported = provider.metadata["response_types_supported"]
    for one in client.response_types:
        if one not in supported:
            raise NotRegistrable(
                f"the response type {one} is not supported in the profile "
                f"{provider.settings.profile}; what is: {', '.join(supported)}"
            )
        for grant in sorted(response_types.grant_types(one)):
            if not client.check_grant_type(grant):
                raise NotRegistrable(f"the response type {one} needs the grant type {grant}")
    needed = {grant for one in client.response_types for grant in response_types.grant_types(one)}
    for grant in ("authorization_code", "implicit"):
        if client.check_grant_type(grant) and grant not in needed:
            raise NotRegistrable(f"the grant type {grant} needs a response type that uses it")
    if client.check_grant_type("implicit") and not client.is_native:
        for uri in client.redirect_uris:
            if urlsplit(uri).scheme != "https" or urlsplit(uri).hostname == "localhost":
                raise NotRegistrable(
                    f"{uri} can not be registered: tokens in a fragment need https, "
                    "and not localhost"
                )


def _check_credentials(client: Client) -> None:
    if client.token_endpoint_auth_method != "private_key_jwt":
        return
    if client.jwks is None:
        raise NotRegistrable("private_key_jwt needs the client's public keys: --jwks FILE")
    try:
        check_client_keys(client.jwks)
    except InvalidClientKeys as error:
        raise NotRegistrable(f"the client's keys can not be used: {error.reason}") from None


def _check_uris(client: Client) -> None:
    for uri in (*client.redirect_uris, *client.post_logout_redirect_uris):
        if problem := redirect_uris.problem(uri, native=client.is_native):
            raise NotRegistrable(f"{uri} can not be registered: {problem}")
    pages = (client.client_uri, client.logo_uri, client.policy_uri, client.tos_uri)
    for page in pages:
        if page is not None and urlsplit(page).scheme != "https" and not _is_local(page):
            raise NotRegistrable(f"{page} is not an https address")


def _is_local(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")


def _check_scopes(client: Client, settings: Settings) -> None:
    known = sorted({*OPENID_SCOPES, *settings.scopes})
    for scope in sorted(client.scopes):
        if scope not in known:
            nearest = difflib.get_close_matches(scope, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else "describe it in the table scopes"
            raise NotRegistrable(f"the scope {scope} is not known; {hint}")


def _check_algorithms(client: Client, settings: Settings) -> None:
    offered = ID_TOKEN.supported(settings.keys.id_token_algorithms)
    _check_algorithm("ID tokens", client.id_token_signed_response_alg, offered)
    offered = USERINFO.supported(settings.keys.algorithms)
    _check_algorithm("UserInfo answers", client.userinfo_signed_response_alg, offered)
    offered = INTROSPECTION.supported(settings.keys.algorithms)
    _check_algorithm("introspection answers", client.introspection_signed_response_alg, offered)


def _check_algorithm(what: str, wish: str | None, offered: list[str]) -> None:
    if wish is None or wish in offered:
        return
    spelled = {alg.upper(): alg for alg in offered}
    nearest = difflib.get_close_matches(wish.upper(), spelled, n=1, cutoff=0.4)
    hint = f"did you mean {spelled[nearest[0]]}? " if nearest else ""
    raise NotRegistrable(
        f"{what} are not signed with {wish}; {hint}offered are {' '.join(offered)}"
    )


def _read_keys(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        raise Failed(f"{path} is not a JSON file with a key set") from None

"""Clients for tests, held to the rules of every registration (`registration.rules`), so that a
test cannot rely on what a real provider would refuse. Choice: people are not asked for consent
(`consent="implied"`), because most tests are not about that page."""

from dataclasses import dataclass, fields
from typing import Any

from provider.ambient import typeable_identifier
from provider.context import Context
from provider.model import response_type as response_types
from provider.model.client import Client as Registered
from provider.model.client import ClientPolicy
from provider.registration import enrolling, rules, sector

CALLBACK = "https://app.example/callback"
_POLICY = frozenset(field.name for field in fields(ClientPolicy))


@dataclass(frozen=True)
class Client:
    """A registered client, with the secret it was shown once."""

    client_id: str
    client_secret: str | None
    redirect_uris: tuple[str, ...]
    token_endpoint_auth_method: str
    scope: str


def add_client(ctx: Context, name: str, metadata: dict[str, Any]) -> Client:
    """Register a client. `metadata` has registered names of RFC 7591 §2 and the fields of a
    ClientPolicy. Raises NotRegistrable, TypeError for a name that is neither."""
    values: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in metadata.items()
    }
    policy = {"consent": "implied"} | {key: values.pop(key) for key in _POLICY & values.keys()}
    visited = values.get("grant_types") != ("client_credentials",)
    public = values.get("token_endpoint_auth_method") == "none"
    defaults: dict[str, Any] = {
        "client_id": typeable_identifier(ctx.entropy),
        "scope": " ".join(ctx.provider.metadata["scopes_supported"]),
        "grant_types": _grant_types(visited=visited, public=public),
        "response_types": ("code",) if visited else (),
        "redirect_uris": (CALLBACK,) if visited else (),
    }
    values = {**defaults, **values}
    values["response_types"] = tuple(map(response_types.canonical, values["response_types"]))
    made = Registered(client_name=name, policy=ClientPolicy(**policy), **values)
    rules.check(made, ctx.provider)
    sector.check(ctx, made)
    secret = enrolling.enrol(ctx, made)
    return Client(
        client_id=made.client_id,
        client_secret=secret,
        redirect_uris=made.redirect_uris,
        token_endpoint_auth_method=made.token_endpoint_auth_method,
        scope=made.scope,
    )


def _grant_types(*, visited: bool, public: bool) -> tuple[str, ...]:
    of_people = ("authorization_code", "refresh_token") if visited else ()
    return of_people if public else (*of_people, "client_credentials")

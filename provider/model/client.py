"""A client (RFC 6749 §2, registered names of RFC 7591 §2 and OpenID Connect Dynamic
Client Registration §2). A plain value that happens to answer the questions Authlib
asks of a client; what an operator decides about it (`policy`) stands beside what the
client says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Self

from provider.model import localized
from provider.model import redirect_uri as redirect_uris
from provider.model.status import StatusPlace


@dataclass(frozen=True, kw_only=True)
class ClientSecret:
    """What we keep of a client secret: its SHA-256 digest and when it stops working.

    `sealed`: the secret itself under the master key, kept only for a client that uses it as
    a key (`client_secret_jwt`, HS256).
    """

    id: str
    digest: bytes
    sealed: bytes | None = None
    created_at: int
    expires_at: int | None = None

    def is_live(self, now: int) -> bool:
        """Return whether the secret still works at `now`."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, kw_only=True)
class ClientPolicy:
    """What the operator decides about a client. None means: as the profile or settings say.

    Lifetimes and the window are in seconds. `resources` are the audiences the client may
    ask for (RFC 8707); `audiences` those it is, so that it may introspect their tokens.
    """

    require_pkce: bool | None = None
    resources: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    consent: str = "remembered"
    access_token_lifetime: int | None = None
    access_token_alg: str | None = None
    rotate_refresh_tokens: bool = True
    refresh_repeat_window: int | None = None
    refresh_idle_lifetime: int | None = None
    refresh_absolute_lifetime: int | None = None
    allow_any_auth_method: bool = False
    scope_claims_in_id_token: bool = False


SHORTEST_TOKEN_LIFE, LONGEST_TOKEN_LIFE = 60, 86400
LONGEST_FAMILY_LIFE = 366 * 86400
LONGEST_REPEAT_WINDOW = 300
"""Seconds: what a policy may ask for, because keys and what was called back are kept for as
long."""

OPEN, TOKEN, STATEMENT, OPERATOR = "open", "token", "statement", "operator"
"""How a client came to be registered: where anyone may, with an initial access token, with a
software statement, by an operator."""

CONSENT_POLICIES = ("remembered", "always", "implied")


@dataclass(frozen=True, kw_only=True)
class Client:
    """One registered client with its live secrets."""

    client_id: str
    client_name: str
    application_type: str = "web"
    token_endpoint_auth_method: str = "client_secret_basic"
    token_endpoint_auth_signing_alg: str | None = None
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    scope: str = "openid"
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    subject_type: str = "public"
    sector_identifier_uri: str | None = None
    id_token_signed_response_alg: str = "RS256"
    id_token_encrypted_response_alg: str | None = None
    id_token_encrypted_response_enc: str | None = None
    userinfo_signed_response_alg: str | None = None
    userinfo_encrypted_response_alg: str | None = None
    userinfo_encrypted_response_enc: str | None = None
    introspection_signed_response_alg: str | None = None
    introspection_encrypted_response_alg: str | None = None
    introspection_encrypted_response_enc: str | None = None
    request_object_signing_alg: str | None = None
    request_object_encryption_alg: str | None = None
    request_object_encryption_enc: str | None = None
    require_signed_request_object: bool = False
    request_uris: tuple[str, ...] = ()
    default_max_age: int | None = None
    require_auth_time: bool = False
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str | None = None
    frontchannel_logout_uri: str | None = None
    frontchannel_logout_session_required: bool = False
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    contacts: tuple[str, ...] = ()
    software_id: str | None = None
    software_version: str | None = None
    software_statement: str | None = None
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    localized: Mapping[str, str] = field(default_factory=dict)
    """What is said in several languages, under names such as `client_name#ko`."""
    policy: ClientPolicy = field(default_factory=ClientPolicy)
    created_at: int = 0
    disabled_at: int | None = None
    secrets: tuple[ClientSecret, ...] = ()
    dynamic: bool = False
    """Whether it registered itself."""
    registered_by: str | None = None
    """How it came to be registered; None where that was not noted yet."""
    used_at: int | None = None
    """When it was first given something; None too where that was not noted yet."""
    status: StatusPlace | None = None
    """Where the access tokens it got for itself stand in a status list."""
    version: int = 0
    """How often it was changed; with `updated_at` it tells whether a client is as it was read."""
    updated_at: int = 0

    @classmethod
    def from_metadata(cls, client_id: str, metadata: dict[str, Any], **state: Any) -> Self:
        """Build a client from its stored metadata document and its state columns."""
        values = {**metadata, **state}
        policy = _from_json(ClientPolicy, values.pop("policy", {}))
        values["localized"] = {
            name: values[name] for name in metadata if localized.member_of(name) is not None
        }
        client: Self = _from_json(cls, {**values, "client_id": client_id, "policy": policy})
        return client

    def to_metadata(self) -> dict[str, Any]:
        """Return the document to store: everything that is not a default or a state column."""
        document = _to_json(self, leave_out={*STATE, "policy", "localized"})
        document |= self.localized
        policy = _to_json(self.policy)
        return {**document, "policy": policy} if policy else document

    def with_policy(self, policy: ClientPolicy) -> "Client":
        """Return the client under another policy."""
        return replace(self, policy=policy)

    def in_language(self, language: str) -> "Client":
        """Return the client as it presents itself to who reads `language`, a BCP 47 tag."""
        if not self.localized:
            return self
        said: dict[str, Any] = {
            member: localized.choose(self.localized, member, language, getattr(self, member))
            for member in localized.MEMBERS
        }
        return replace(self, **said)

    @property
    def is_public(self) -> bool:
        """Whether the client has no credentials (RFC 6749 §2.1)."""
        return self.token_endpoint_auth_method == "none"

    @property
    def uses_secret_as_key(self) -> bool:
        """Whether its secret signs something (OpenID Connect Core §10.1), so that a digest of
        it is not enough. Never for a public client, which has none."""
        signed = (
            self.id_token_signed_response_alg,
            self.userinfo_signed_response_alg,
            self.introspection_signed_response_alg,
            self.request_object_signing_alg,
        )
        if self.is_public:
            return False
        by_secret = self.token_endpoint_auth_method == "client_secret_jwt"
        return by_secret or any(alg is not None and alg.startswith("HS") for alg in signed)

    @property
    def has_secret(self) -> bool:
        """Whether the client is given a secret, to send it or to sign with it."""
        return (
            self.token_endpoint_auth_method in ("client_secret_basic", "client_secret_post")
            or self.uses_secret_as_key
        )

    @property
    def hears_of_logout(self) -> bool:
        """Whether the client registered where to tell it that a session ended."""
        return bool(self.frontchannel_logout_uri or self.backchannel_logout_uri)

    @property
    def is_native(self) -> bool:
        """Whether the client is an application on the user's device (RFC 8252)."""
        return self.application_type == "native"

    @cached_property
    def scopes(self) -> frozenset[str]:
        """The scopes the client may ask for."""
        return frozenset(self.scope.split())

    @cached_property
    def origins(self) -> frozenset[str]:
        """The web origins of its redirect URIs, for CORS."""
        found = (redirect_uris.origin(uri) for uri in self.redirect_uris)
        return frozenset(uri for uri in found if uri)

    def is_unchanged_since(self, read: "Client") -> bool:
        """Return whether nothing was changed since the client was read as `read`."""
        return (self.version, self.updated_at) == (read.version, read.updated_at)

    def may_less_than(self, before: "Client") -> bool:
        """Return whether it may get less for itself (RFC 6749 §4.4) than it might before."""
        own = "client_credentials"
        return before.check_grant_type(own) and not (
            self.check_grant_type(own)
            and self.scopes >= before.scopes
            and set(self.policy.resources) >= set(before.policy.resources)
        )

    def get_client_id(self) -> str:
        """Return the client identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Return nothing: the redirect URI is always named (OpenID Connect Core §3.1.2.1)."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return what of `scope` this client may have, in the order asked."""
        wanted = dict.fromkeys((scope or "").split())
        return " ".join(name for name in wanted if name in self.scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Return whether `redirect_uri` is registered."""
        return redirect_uris.matches(
            self.redirect_uris, redirect_uri, native=self.is_native, public=self.is_public
        )

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Return whether the client authenticates by `method`."""
        if self.policy.allow_any_auth_method and not self.is_public:
            return method in ("client_secret_basic", "client_secret_post")
        return method == self.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Return whether the client registered `response_type`."""
        return response_type in self.response_types

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the client registered `grant_type`."""
        return grant_type in self.grant_types


STATE = (
    "client_id", "created_at", "disabled_at", "secrets", "dynamic", "registered_by", "used_at",
    "status", "version", "updated_at",
)  # fmt: skip
"""What we note about a client, which nobody registers and no document says."""


def _to_json(value: Any, leave_out: Any = ()) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for item in fields(value):
        current = getattr(value, item.name)
        if item.name in leave_out or current == item.default:
            continue
        document[item.name] = list(current) if isinstance(current, tuple) else current
    return document


def _from_json(kind: Any, document: dict[str, Any]) -> Any:
    known = kind.__dataclass_fields__
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in known
    }
    return kind(**values)

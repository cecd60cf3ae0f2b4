"""What a client must satisfy (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2): that
it fits together, and to what discovery says of this provider. The one reader of the
metadata beside discovery itself. Called by whoever registers a client."""

import difflib
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from provider.context import Provider
from provider.model import localized
from provider.model import response_type as response_types
from provider.model.client import Client
from provider.registration import algorithms, keys, policies, uris
from provider.registration.problem import REDIRECT_URI, NotRegistrable
from provider.settings.values import OPENID_SCOPES

_VISIBLE = frozenset("LNPS")
_LINES_AND_CONTROLS = frozenset({"Cc", "Zl", "Zp"})
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def check(client: Client, provider: Provider) -> None:
    """Raise NotRegistrable unless `client` fits together and to the provider."""
    metadata = provider.metadata
    _check_names(client)
    if not client.client_id or any(not "!" <= character <= "~" for character in client.client_id):
        raise NotRegistrable(
            "a client id is visible ASCII without spaces (RFC 6749 appendix A.1)", "client_id"
        )
    if client.application_type not in ("web", "native"):
        raise NotRegistrable("an application is web or native", "application_type")
    _check_offered(client, provider)
    _check_grants(client)
    _check_response_types(client)
    _check_supported(
        "token_endpoint_auth_method",
        (client.token_endpoint_auth_method,),
        metadata["token_endpoint_auth_methods_supported"],
    )
    uris.check(client)
    _check_scopes(client, {*OPENID_SCOPES, *provider.settings.scopes})
    _check_subject(client, metadata.get("subject_types_supported", ()))
    algorithms.check(client, metadata)
    keys.check(client)
    policies.check(client)
    _check_supported(
        "default_acr_values", client.default_acr_values, metadata.get("acr_values_supported", ())
    )
    if client.default_max_age is not None and client.default_max_age < 0:
        raise NotRegistrable("default_max_age is not negative", "default_max_age")


def _check_names(client: Client) -> None:
    names = {"client_name": client.client_name}
    names |= {
        name: said
        for name, said in client.localized.items()
        if localized.member_of(name) == "client_name"
    }
    for name, said in names.items():
        if not any(unicodedata.category(one)[0] in _VISIBLE for one in said):
            raise NotRegistrable("the client needs a name; people see it when they sign in", name)
        if any(_is_in_disguise(one) for one in said):
            raise NotRegistrable(
                "a name has no control characters, and none that turn the direction of text", name
            )


def _is_in_disguise(character: str) -> bool:
    """Whether it can make a page show something else than the name says (Unicode Technical
    Report 36 §2.10, RFC 7591 §5). Joiners and marks, which some scripts need, can not."""
    kind, direction = unicodedata.category(character), unicodedata.bidirectional(character)
    return kind in _LINES_AND_CONTROLS or direction in _TURNING


def _check_supported(field: str, wishes: Iterable[str], supported: Iterable[str]) -> None:
    known = list(supported)
    for wish in wishes:
        if wish not in known:
            raise NotRegistrable(
                f"{field} {wish} is not supported; what is: {', '.join(known)}", field
            )


def _check_grants(client: Client) -> None:
    uses_code = client.check_grant_type("authorization_code")
    has_visitors = uses_code or bool(client.response_types)
    if client.check_grant_type("refresh_token") and not uses_code:
        raise NotRegistrable("refresh_token needs authorization_code beside it", "grant_types")
    if client.check_grant_type("client_credentials") and client.is_public:
        raise NotRegistrable("client_credentials needs a client that authenticates", "grant_types")
    if has_visitors and not client.redirect_uris:
        raise NotRegistrable(
            "say where people return to after signing in: --redirect-uri https://…/callback",
            "redirect_uris",
            REDIRECT_URI,
        )
    if client.redirect_uris and not has_visitors:
        raise NotRegistrable(
            "a redirect URI is of no use without authorization_code or another response type",
            "redirect_uris",
        )


def _check_offered(client: Client, provider: Provider) -> None:
    supported = provider.metadata["response_types_supported"]
    for one in client.response_types:
        if one not in supported:
            raise NotRegistrable(
                f"the response type {one} is not supported in the profile "
                f"{provider.settings.profile}; what is: {', '.join(supported)}",
                "response_types",
            )
    offered = provider.metadata["grant_types_supported"]
    _check_supported("grant_types", client.grant_types, offered)


def _check_response_types(client: Client) -> None:
    for one in client.response_types:
        for grant in sorted(response_types.grant_types(one)):
            if not client.check_grant_type(grant):
                raise NotRegistrable(
                    f"the response type {one} needs the grant type {grant}", "grant_types"
                )
    needed = {grant for one in client.response_types for grant in response_types.grant_types(one)}
    for grant in ("authorization_code", "implicit"):
        if client.check_grant_type(grant) and grant not in needed:
            raise NotRegistrable(
                f"the grant type {grant} needs a response type that uses it", "response_types"
            )
    if client.check_grant_type("implicit") and not client.is_native:
        for uri in client.redirect_uris:
            if urlsplit(uri).scheme != "https" or urlsplit(uri).hostname == "localhost":
                raise NotRegistrable(
                    f"{uri} can not be registered: tokens in a fragment need https, "
                    "and not localhost",
                    "redirect_uris",
                    REDIRECT_URI,
                )


def _check_scopes(client: Client, described: set[str]) -> None:
    known = sorted(described)
    for scope in sorted(client.scopes):
        if scope not in known:
            nearest = difflib.get_close_matches(scope, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else "describe it in the table scopes"
            raise NotRegistrable(f"the scope {scope} is not known; {hint}", "scope")


def _check_subject(client: Client, supported: Iterable[str]) -> None:
    """OpenID Connect Core §8.1: who has several hosts says by a document which sector it is."""
    _check_supported("subject_type", (client.subject_type,), supported)
    hosts = {urlsplit(uri).hostname for uri in client.redirect_uris}
    named = client.sector_identifier_uri is not None
    if client.subject_type == "pairwise" and len(hosts) > 1 and not named:
        raise NotRegistrable(
            "pairwise subjects need redirect URIs on one host, or a sector_identifier_uri",
            "redirect_uris",
        )

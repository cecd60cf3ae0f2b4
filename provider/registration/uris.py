"""The addresses a client registers (RFC 7591 §2, RFC 8252, OpenID Connect Dynamic Client
Registration §2, the logout specifications). Redirect URIs have rules of their own in the
model; what is fetched, framed or linked to is https."""

from urllib.parse import parse_qsl, urlsplit

from provider.model import localized
from provider.model import redirect_uri as redirect_uris
from provider.model.client import Client
from provider.registration.problem import REDIRECT_URI, NotRegistrable

_PAGES = ("client_uri", "logo_uri", "policy_uri", "tos_uri")
_LOGOUT = ("frontchannel_logout_uri", "backchannel_logout_uri")
_BROUGHT = {
    "redirect_uris": frozenset({
        "code", "state", "iss", "session_state", "error", "error_description", "error_uri",
        "access_token", "id_token",
    }),
    "post_logout_redirect_uris": frozenset({"state"}),
    "frontchannel_logout_uri": frozenset({"iss", "sid"}),
}  # fmt: skip
"""What an answer brings along (RFC 6749 §4.1.2, RFC 9207 §2, RP-Initiated Logout §3, Front-Channel
Logout §2). Stricter: none of it stands in the address already, or it would come twice and the
client might read the wrong one."""


def check(client: Client) -> None:
    """Raise NotRegistrable unless every address is one we may use."""
    _check_redirect_uris(client)
    pages = {name: getattr(client, name) for name in _PAGES}
    pages |= {
        name: page
        for name, page in client.localized.items()
        if localized.member_of(name) in _PAGES
    }
    for name, page in pages.items():
        if page is not None and not _is_web(page, local=True):
            raise NotRegistrable(f"{page} is not an https address", name)
    for name in ("jwks_uri", "initiate_login_uri", "sector_identifier_uri"):
        uri = getattr(client, name)
        if uri is not None and not _is_web(uri):
            raise NotRegistrable(f"{uri} is not an https address", name)
    for uri in client.request_uris:
        if not _is_web(uri):
            raise NotRegistrable(f"{uri} is not an https address", "request_uris")
    for name in _LOGOUT:
        uri = getattr(client, name)
        if uri is not None and ("#" in uri or not _is_web(uri, local=True)):
            raise NotRegistrable(f"{uri} is not an https address without a fragment", name)
    _check_front_channel_logout(client)


def _check_redirect_uris(client: Client) -> None:
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        for uri in getattr(client, name):
            problem = redirect_uris.problem(uri, native=client.is_native)
            if problem := problem or _said_twice(name, uri):
                code = {"code": REDIRECT_URI} if name == "redirect_uris" else {}
                raise NotRegistrable(f"{uri} can not be registered: {problem}", name, **code)


def _said_twice(name: str, uri: str) -> str | None:
    """Say what stands in the query of an address although an answer brings it."""
    said = {one for one, _ in parse_qsl(urlsplit(uri).query, keep_blank_values=True)}
    twice = sorted(said & _BROUGHT[name])
    return f"its query has {twice[0]}, which an answer brings" if twice else None


def _check_front_channel_logout(client: Client) -> None:
    """OpenID Connect Front-Channel Logout §2: at home where the client is."""
    uri = client.frontchannel_logout_uri
    if uri is not None and redirect_uris.origin(uri) not in client.origins:
        raise NotRegistrable(
            f"{uri} shares scheme, host and port with none of the redirect URIs",
            "frontchannel_logout_uri",
        )
    if uri is not None and (problem := _said_twice("frontchannel_logout_uri", uri)):
        raise NotRegistrable(f"{uri} can not be registered: {problem}", "frontchannel_logout_uri")


def _is_web(uri: str, *, local: bool = False) -> bool:
    """Return whether it is an https address; `local` takes http of this machine as well."""
    if not uri.isascii() or any(character <= " " or character in '\x7f\\"<>' for character in uri):
        return False
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or port == 0 or "@" in parts.netloc or not redirect_uris.is_host(host):
        return False
    if not redirect_uris.is_authority(parts.netloc):
        return False
    if parts.scheme == "http":
        return local and host in (*redirect_uris.LOOPBACK_LITERALS, "localhost")
    return parts.scheme == "https"

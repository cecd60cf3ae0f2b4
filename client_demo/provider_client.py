"""Authlib's Flask client, strict about what it learns from the provider.

Called by `relying_party`, which registers it. Discovery happens at the first use, is repeated
after an hour, and is believed only if the document names the issuer it was asked of (OpenID
Connect Discovery 1.0 §4.3). Stricter: only the entries used here are kept, because Authlib hands
metadata on as keyword arguments of its HTTP session, where `verify` or `proxies` mean something.
"""

import re
import time
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session

from client_demo.settings import is_trustworthy

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")
BELIEVED_SECONDS = 3600
ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "revocation_endpoint",
    "introspection_endpoint",
    "end_session_endpoint",
)
REQUIRED = frozenset(ENDPOINTS[:4])


class Unreachable(Exception):
    """The provider or the API gave no usable answer; nothing is decided by that."""


class Stopped(Exception):
    """A check of ours failed, so what we received was not accepted."""


class Refused(Exception):
    """The provider answered with an error."""

    def __init__(self, error: str, description: str | None, uri: str | None) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.uri = uri

    @classmethod
    def from_challenge(cls, answer: requests.Response) -> "Refused":
        """Read the error from a protected resource's challenge (RFC 6750 §3)."""
        challenge = answer.headers.get("WWW-Authenticate", "")
        found = dict(re.findall(r'\b(\w++)="([^"]*+)"', challenge))
        error = found.get("error", f"HTTP {answer.status_code}")
        return cls(error, found.get("error_description"), found.get("error_uri"))


class ProviderSession(OAuth2Session):  # type: ignore[misc]
    """One conversation: never follows redirects, and keeps the `error_uri` of a refusal."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send a request; whoever answers with a redirect does not get the credentials too."""
        answer: requests.Response = super().request(
            method, url, **kwargs | {"allow_redirects": False}
        )
        return answer

    def parse_response_token(self, resp: requests.Response) -> dict[str, Any]:
        """The token response, or the error with all its members (RFC 6749 §5.2)."""
        try:
            token: dict[str, Any] = super().parse_response_token(resp)
        except OAuthError as error:
            error.uri = resp.json().get("error_uri")
            raise
        return token


class ProviderClient(FlaskOAuth2App):  # type: ignore[misc]
    """Authlib's client with checked and renewed discovery, and refresh on request."""

    client_cls = ProviderSession
    server_metadata: dict[str, Any]

    def load_server_metadata(self) -> dict[str, Any]:
        """What the provider says about itself; an old answer serves while it is unreachable."""
        metadata: dict[str, Any] = self.server_metadata
        if time.time() - metadata.get("_loaded_at", 0) < BELIEVED_SECONDS:
            return metadata
        try:
            self.discover()
        except requests.RequestException:
            if "token_endpoint" in metadata:
                return metadata
            raise
        return self.server_metadata

    def discover(self) -> None:
        """Ask the provider what it says about itself, now."""
        with self._get_session() as http:
            answer = http.request("GET", self._server_metadata_url, withhold_token=True)
            answer.raise_for_status()
            self.server_metadata = self._believed(answer.json())

    def present_refresh_token(self, refresh_token: str, **parameters: str) -> dict[str, Any]:
        """A refresh request that names no scope, so what was granted stays (RFC 6749 §6)."""
        metadata = self.load_server_metadata()
        with self._get_oauth_client(**metadata) as http:
            token: dict[str, Any] = http.refresh_token(
                metadata["token_endpoint"], refresh_token=refresh_token, scope=None, **parameters
            )
        return token

    def revoke(self, refresh_token: str) -> None:
        """Tell the provider that a refresh token is not needed any more (RFC 7009 §2.1)."""
        metadata = self.load_server_metadata()
        if "revocation_endpoint" in metadata:
            with self._get_oauth_client(**metadata) as http:
                http.revoke_token(
                    metadata["revocation_endpoint"],
                    token=refresh_token,
                    token_type_hint="refresh_token",
                )

    def introspect(self, access_token: str) -> dict[str, Any]:
        """What the provider says of an access token at this moment (RFC 7662 §2)."""
        metadata = self.load_server_metadata()
        with self._get_oauth_client(**metadata) as http:
            answer = http.introspect_token(
                metadata["introspection_endpoint"],
                token=access_token,
                token_type_hint="access_token",
            )
            answer.raise_for_status()
            description: dict[str, Any] = answer.json()
        return description

    def _believed(self, document: Any) -> dict[str, Any]:
        issuer = self.server_metadata["issuer"]
        if not isinstance(document, dict) or document.get("issuer") != issuer:
            raise Stopped("The discovery document names another issuer than the one asked.")
        endpoints = {name: document[name] for name in ENDPOINTS if name in document}
        if REQUIRED - endpoints.keys() or not all(map(is_trustworthy, endpoints.values())):
            raise Stopped("The discovery document lacks an endpoint, or names an unsafe one.")
        offered = document.get("id_token_signing_alg_values_supported", ["RS256"])
        method = self._authentication_method(document)
        return endpoints | {
            "issuer": issuer,
            "authorization_response_iss_parameter_supported": bool(
                document.get("authorization_response_iss_parameter_supported")
            ),
            "id_token_signing_alg_values_supported": [a for a in ALGORITHMS if a in offered],
            "token_endpoint_auth_method": method,
            "revocation_endpoint_auth_method": method,
            "introspection_endpoint_auth_method": method,
            "_loaded_at": time.time(),
        }

    def _authentication_method(self, document: dict[str, Any]) -> str:
        if not self.client_secret:
            return "none"
        offered = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" in offered
        return "client_secret_basic" if basic else "client_secret_post"

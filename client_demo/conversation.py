"""The conversation with the provider and, on behalf of a person, with the API.

The part of the relying party that asks over the back channel, on Authlib's client, configured from
discovery alone (OpenID Connect Discovery 1.0): an issuer and the client's credentials. Whatever
can go wrong is sorted here: refused, not accepted, or no answer.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.errors import JoseError

from client_demo.messages import Timeline
from client_demo.provider_client import ProviderClient, Refused, Stopped, Unreachable
from client_demo.settings import Settings, discovery_url
from client_demo.signed_in import SignedIn

SCOPE = "openid profile email offline_access notes:read notes:write"
LEEWAY = 30
"""Seconds by which the provider's clock and ours may differ."""


@dataclass(frozen=True)
class ApiAnswer:
    """What a protected resource said, for the page that shows it."""

    status: int
    body: Any
    challenge: str | None


class Conversation:
    """What is said to the provider and the API, and how their answers are understood."""

    def __init__(self, app: Flask, settings: Settings, timeline: Timeline) -> None:
        self._settings = settings
        self._timeline = timeline
        self._client = OAuth(app).register(
            "signet",
            client_cls=ProviderClient,
            server_metadata_url=discovery_url(settings.issuer),
            issuer=settings.issuer,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            client_kwargs={
                "scope": SCOPE,
                "code_challenge_method": "S256",
                "default_timeout": (3, 8),
                # Choice: no proxy or netrc from the surroundings; credentials come from settings.
                "trust_env": False,
                "hooks": {"response": timeline.answered},
            },
        )

    def present_refresh_token(self, refresh_token: str) -> dict[str, Any]:
        """The refresh request itself (RFC 6749 §6), for what was granted: no scope is named."""
        with self._talking():
            token: dict[str, Any] = self._client.present_refresh_token(
                refresh_token, resource=self._settings.resource
            )
        return token

    def ask_userinfo(self, person: SignedIn) -> ApiAnswer:
        """UserInfo with the access token as it is, whatever the answer."""
        with self._talking():
            endpoint = self._client.load_server_metadata()["userinfo_endpoint"]
        return self.call("GET", endpoint, person.access_token)

    def call(self, method: str, url: str, token: str | None, json: Any = None) -> ApiAnswer:
        """Ask a protected resource, the token in the Authorization header (RFC 6750 §2.1)."""
        with self._talking():
            answer = self._client.request(
                method, url, token=_bearer(token), withhold_token=token is None, json=json
            )
            body = answer.json() if answer.content else None
        return ApiAnswer(answer.status_code, body, answer.headers.get("WWW-Authenticate"))

    def is_active(self, person: SignedIn) -> bool:
        """Ask the provider whether the access token still counts (RFC 7662 §2.1)."""
        with self._talking():
            return self._client.introspect(person.access_token).get("active") is True

    def give_back(self, person: SignedIn) -> None:
        """Revoke what an earlier sign-in of this browser left, so that nothing lies about."""
        with suppress(Refused, Unreachable), self._talking():
            if person.refresh_token:
                self._client.revoke(person.refresh_token)

    def _claims_options(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self._settings.issuer},
            # Authlib compares `aud` only when it is told the expected value.
            "aud": {"essential": True, "value": self._settings.client_id},
        }

    @staticmethod
    def _tokens(token: dict[str, Any]) -> dict[str, Any]:
        if str(token.get("token_type", "")).lower() != "bearer" or "access_token" not in token:
            raise Stopped("The token response holds no bearer token.")
        return {
            "access_token": token["access_token"],
            "refresh_token": token.get("refresh_token"),
            "expires_at": int(token.get("expires_at") or time.time()),
            "scope": token.get("scope", SCOPE),
        }

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        with self._talking():
            claims = dict(self._client.userinfo(token=_bearer(access_token)))
        if claims.get("sub") != subject:
            # A substituted token would describe somebody else (OpenID Connect Core 1.0 §5.3.2).
            raise Stopped("UserInfo speaks of another person than the ID token.")
        return claims

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Sort what can go wrong in a conversation: refused, not accepted, or no answer."""
        try:
            yield
        except OAuthError as error:
            raise Refused(error.error, error.description, error.uri) from error
        except JoseError as error:
            raise Stopped(f"The ID token was not accepted: {error}") from error
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code < 500:
                raise Refused.from_challenge(error.response) from error
            raise Unreachable from error
        except (requests.RequestException, ValueError) as error:
            raise Unreachable from error


def _bearer(access_token: str | None) -> dict[str, str]:
    """A token as Authlib wants it, without the means to refresh it behind our back."""
    return {"access_token": access_token or "", "token_type": "Bearer"}

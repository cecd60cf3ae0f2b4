"""A client at work: it signs people in, refreshes and gives tokens back as an application does,
by requests over HTTP to the real endpoints, with PKCE, `state`, `nonce` and `iss` (RFC 9700
§2.1). What no person is there for, a session that is in place already stands in for."""

import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from provider.ambient import Entropy
from provider.testing.clients import Client

Parameters = Mapping[str, str | Sequence[str]]
"""What is sent; several values repeat a parameter."""

_TIMEOUT = 10
"""Seconds."""


class Refused(Exception):
    """The provider said no. `error` and `description` are what it told the client."""

    def __init__(self, error: str, description: str = "", status: int = 0) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True)
class Tokens:
    """A token response, and the client it was for."""

    client: Client
    body: dict[str, Any] = field(repr=False)

    @property
    def access_token(self) -> str:
        """The access token."""
        return str(self.body["access_token"])

    @property
    def refresh_token(self) -> str:
        """The refresh token. Raises KeyError where there is none."""
        return str(self.body["refresh_token"])

    @property
    def id_token(self) -> str:
        """The ID token. Raises KeyError where there is none."""
        return str(self.body["id_token"])

    @property
    def expires_in(self) -> int:
        """How many seconds the access token lives."""
        return int(self.body["expires_in"])

    @property
    def scope(self) -> frozenset[str]:
        """What was granted."""
        return frozenset(str(self.body.get("scope", "")).split())

    @property
    def headers(self) -> dict[str, str]:
        """The header by which a request presents the access token (RFC 6750 §2.1)."""
        return {"Authorization": f"Bearer {self.access_token}"}

    @cached_property
    def claims(self) -> dict[str, Any]:
        """What the ID token says."""
        return claims_of(self.id_token)


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a signed JWT, unverified."""
    segment = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return claims


class Applications:
    """Sends what clients send. `metadata` is the discovery document."""

    def __init__(self, metadata: dict[str, Any], entropy: Entropy) -> None:
        self._metadata = metadata
        self._entropy = entropy

    def sign_in(self, client: Client, cookie: tuple[str, str], asked: Parameters) -> Tokens:
        """Return the tokens of a person whose browser has this session cookie.

        `asked`: further parameters of the authorization request. Raises Refused.
        """
        state, nonce, verifier = self._unique(), self._unique(), self._unique()
        parameters: dict[str, Any] = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uris[0],
            "state": state,
            "nonce": nonce,
            "code_challenge": _encode(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **asked,
        }
        fields = {
            "grant_type": "authorization_code",
            "code": self._authorize(parameters, cookie),
            "redirect_uri": parameters["redirect_uri"],
            "code_verifier": verifier,
        }
        return self._ask_for_tokens(client, fields)

    def refresh(self, tokens: Tokens, asked: Parameters) -> Tokens:
        """Return the successors of tokens. Raises Refused."""
        fields = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token, **asked}
        return self._ask_for_tokens(tokens.client, fields)

    def client_credentials(self, client: Client, asked: Parameters) -> Tokens:
        """Return an access token of the client's own (RFC 6749 §4.4). Raises Refused."""
        return self._ask_for_tokens(client, {"grant_type": "client_credentials", **asked})

    def give_back(self, client: Client, token: str) -> None:
        """Revoke one token (RFC 7009). Raises Refused."""
        self._post("revocation_endpoint", client, {"token": token})

    def _authorize(self, parameters: dict[str, Any], cookie: tuple[str, str]) -> str:
        """Return the code of an authorization response (RFC 6749 §4.1.2, RFC 9207 §2.4)."""
        url = f"{self._metadata['authorization_endpoint']}?{urlencode(parameters, doseq=True)}"
        status, headers, _ = _send("GET", url, {"Cookie": "=".join(cookie)})
        location = headers.get("location", "")
        if not location.startswith(parameters["redirect_uri"]):
            where = urlsplit(location).path.rpartition("/")[2] or f"a page with status {status}"
            raise Refused("interaction", f"the browser was sent to: {where}", status)
        answer = {name: one[0] for name, one in parse_qs(urlsplit(location).query).items()}
        if "error" in answer:
            raise Refused(answer["error"], answer.get("error_description", ""), status)
        if (answer.get("state"), answer.get("iss")) != (
            parameters["state"], self._metadata["issuer"],
        ):  # fmt: skip
            raise Refused("mix_up", "the answer is to another request, or of another issuer")
        return answer["code"]

    def _ask_for_tokens(self, client: Client, fields: Parameters) -> Tokens:
        return Tokens(client, json.loads(self._post("token_endpoint", client, fields)))

    def _post(self, endpoint: str, client: Client, fields: Parameters) -> bytes:
        """Post as this client (RFC 6749 §2.3.1). Raises Refused."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        secret = client.client_secret or ""
        match client.token_endpoint_auth_method:
            case "client_secret_basic":
                pair = f"{quote_plus(client.client_id)}:{quote_plus(secret)}"
                headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
            case "client_secret_post":
                fields = {**fields, "client_id": client.client_id, "client_secret": secret}
            case "none":
                fields = {**fields, "client_id": client.client_id}
            case other:
                raise ValueError(f"a client that authenticates by {other} speaks for itself")
        url = str(self._metadata[endpoint])
        status, _, body = _send("POST", url, headers, urlencode(fields, doseq=True).encode())
        if status != HTTPStatus.OK:
            told = json.loads(body)
            raise Refused(told["error"], told.get("error_description", ""), status)
        return body

    def _unique(self) -> str:
        return _encode(self._entropy.token_bytes(32))


def _send(
    method: str, url: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Send one request, follow nothing. Raises OSError where nobody answers."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, fields, answer.read()
    finally:
        connection.close()


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()

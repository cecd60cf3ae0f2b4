"""A client of the provider under test: configured from discovery alone, strict about every
answer. It knows OpenID Connect and nothing of any one provider, so every subject is asked the
same. What is slow to verify (signatures) is put off until the clock has stopped, and of that a
sample is enough."""

import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import Key, KeySet, import_key

from benchmarks.deployment import Deployment
from benchmarks.transport import Answer, Transport, WrongAnswer

ALGORITHMS = ["ES256", "RS256", "PS256", "EdDSA"]
SAMPLED = 50
"""Of so many answers one has its signatures, or its effect, verified."""

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"


class Agent:
    """One client on one connection."""

    def __init__(self, deployment: Deployment, transport: Transport) -> None:
        self.deployment = deployment
        self.later: list[Callable[[], None]] = []
        self._transport = transport
        self._number = count()
        self.discovery_url = f"{deployment.issuer}/.well-known/openid-configuration"
        self.metadata = self.get(self.discovery_url).document()
        self.jwks = self.get(self.metadata["jwks_uri"]).document()
        if self.metadata["issuer"] != deployment.issuer:
            raise WrongAnswer("discovery names another issuer")
        application = deployment.application
        pair = f"{quote_plus(application.client_id)}:{quote_plus(application.secret)}"
        self._basic = "Basic " + b64encode(pair.encode()).decode()

    def close(self) -> None:
        self._transport.close()

    # -- messages ------------------------------------------------------------

    def get(self, url: str, **headers: str) -> Answer:
        return self._transport.send("GET", url, headers, b"")

    def post(self, endpoint: str, fields: dict[str, str], *, proven: bool = True) -> Answer:
        """Send a form; `proven` with the application's Basic credentials."""
        headers = {"Content-Type": _FORM}
        if proven:
            headers["Authorization"] = self._basic
        body = urlencode(fields).encode()
        return self._transport.send("POST", self.metadata[endpoint], headers, body)

    def tokens(self, fields: dict[str, str], expected: set[str], **how: bool) -> dict[str, Any]:
        """Ask the token endpoint; the answer must have what is expected."""
        answer = self.post("token_endpoint", fields, **how)
        document = answer.document()
        answer.require(expected <= set(document), f"{sorted(expected)} expected")
        answer.require(str(document["token_type"]).lower() == "bearer", "a bearer token expected")
        answer.require(document.get("expires_in", 0) > 0, "expires_in expected")
        cache = answer.headers.get("cache-control", "")
        answer.require("no-store" in cache, "no-store expected")
        return document

    # -- journeys ------------------------------------------------------------

    def login(self, cookie: str | None = None) -> dict[str, Any]:
        """Authorize in the session of the browser, and redeem the code."""
        application, unique = self.deployment.application, uuid4().hex
        verifier, state = f"verifier-{unique}-{unique}", f"state-{unique}"
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": application.client_id,
                "redirect_uri": application.redirect_uri,
                "scope": application.scope,
                "state": state,
                "nonce": unique,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        url = f"{self.metadata['authorization_endpoint']}?{query}"
        answer = self.get(url, Cookie=cookie or self.deployment.cookie)
        answer.require(answer.status in (302, 303), "a redirect expected")
        location = answer.headers.get("location", "")
        answer.require(location.startswith(application.redirect_uri + "?"), f"at {location}")
        returned = dict(parse_qsl(location.partition("?")[2]))
        answer.require(returned.get("state") == state, "the state expected")
        answer.require("code" in returned, "a code expected")
        document = self.tokens(
            {
                "grant_type": "authorization_code",
                "code": returned["code"],
                "redirect_uri": application.redirect_uri,
                "code_verifier": verifier,
            },
            {"access_token", "refresh_token", "id_token"},
        )
        self.sample(document, nonce=unique)
        return document

    def assertion(self) -> str:
        """Return a new assertion of the machine (RFC 7523)."""
        machine, now = self.deployment.machine, int(time.time())
        claims = {
            "iss": machine.client_id,
            "sub": machine.client_id,
            "aud": self.deployment.issuer,
            "iat": now,
            "exp": now + 240,
            "jti": uuid4().hex,
        }
        header = {"alg": machine.alg, "kid": machine.jwk["kid"]}
        return jwt.encode(header, claims, self._machine_key, algorithms=[machine.alg])

    @cached_property
    def _machine_key(self) -> Key:
        return import_key(self.deployment.machine.jwk)

    # -- put off until the clock has stopped ----------------------------------

    def is_sampled(self) -> bool:
        """Return whether the next answer is one of the sample."""
        return next(self._number) % SAMPLED == 0

    def sample(self, document: dict[str, Any], nonce: str | None = None) -> None:
        """Verify the signatures of a token response later, if it is one of the sample."""
        if not self.is_sampled():
            return
        if document["access_token"].count(".") == 2:
            self.later.append(lambda: self._verify(document["access_token"]))
        if "id_token" in document:
            audience = self.deployment.application.client_id
            self.later.append(
                lambda: self._verify(document["id_token"], audience=audience, nonce=nonce)
            )

    def _verify(self, token: str, audience: str | None = None, nonce: str | None = None) -> None:
        keys = KeySet.import_key_set({"keys": self.jwks["keys"]})
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        if claims["iss"] != self.deployment.issuer or claims["exp"] <= time.time():
            raise WrongAnswer(f"a token is not ours or not live: {claims}")
        if audience is not None and claims["aud"] not in (audience, [audience]):
            raise WrongAnswer(f"an ID token is for another audience: {claims}")
        if nonce is not None and claims.get("nonce") != nonce:
            raise WrongAnswer(f"an ID token has another nonce: {claims}")

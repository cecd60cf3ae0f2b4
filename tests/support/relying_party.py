"""An OAuth client and OpenID Connect relying party that shares no code with the provider and does
not use Authlib: a second, independent reading of the specifications. It is configured from
discovery alone and strict about every answer, so a journey through it is itself a test. For what
no proper client would send there are `post_raw` and parameters that may be replaced or left out.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from itertools import count
from typing import Any
from urllib.parse import quote_plus
from wsgiref.types import WSGIApplication

from joserfc.jwk import Key

from tests.support import jwe, jwt, wire
from tests.support.browser import Browser, Departure
from tests.support.clock import SettableClock
from tests.support.wire import Answer, Fields

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ERROR_MEMBERS = {"error", "error_description", "error_uri"}
ACCESS_MEMBERS = {"access_token", "token_type", "expires_in", "scope"}
_DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")
_ERROR = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_unique = count(1)


class Refused(Exception):
    """The authorization endpoint answered the client with an error."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        super().__init__(f"{parameters['error']}: {parameters.get('error_description')}")
        self.error = parameters["error"]
        self.parameters = parameters


@dataclass(frozen=True)
class Attempt:
    """One authorization request and what the client keeps to recognise its answer."""

    url: str
    parameters: dict[str, str | list[str]]
    state: str | None
    nonce: str | None
    verifier: str | None
    redirect_uri: str


@dataclass(frozen=True)
class Tokens:
    """A token response that kept every rule."""

    body: dict[str, Any]
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def access_token(self) -> str:
        """The access token."""
        return str(self.body["access_token"])

    @property
    def refresh_token(self) -> str:
        """The refresh token; there must be one."""
        return str(self.body["refresh_token"])

    @property
    def id_token(self) -> str:
        """The ID token; there must be one."""
        return str(self.body["id_token"])

    @property
    def scope(self) -> set[str]:
        """What was granted."""
        return set(str(self.body["scope"]).split())


@dataclass(frozen=True)
class Grant:
    """What the client received: a code, tokens, or both, and the attempt it answers."""

    code: str
    attempt: Attempt
    tokens: Tokens = field(default_factory=lambda: Tokens({}))


def refusal(answer: Answer, error: str, status: int | None = None) -> dict[str, Any]:
    """Check that an answer is a proper refusal for a machine (RFC 6749 §5.2). Return it."""
    body = answer.json
    assert body.get("error") == error, f"{answer.status} {body}"
    expected = status or (401 if error in ("invalid_client", "invalid_token") else 400)
    assert answer.status == expected, f"{answer.status} {body}"
    assert set(body) <= ERROR_MEMBERS, body
    assert answer.is_no_store
    assert _ERROR.fullmatch(body["error"])
    if "error_description" in body:
        assert _DESCRIPTION.fullmatch(body["error_description"]), body
    if answer.status == 401:
        assert answer.header("WWW-Authenticate")
    return body


@dataclass
class RelyingParty:
    """One client. `auth` is how it authenticates, `key` what it signs assertions with,
    `decryption_key` what opens the answers that are encrypted to it."""

    app: WSGIApplication
    issuer: str
    clock: SettableClock
    client_id: str
    secret: str | None = None
    auth: str = "client_secret_basic"
    key: Key | None = None
    redirect_uri: str = "https://rp.example/cb"
    scope: str = "openid profile email offline_access"
    use_pkce: bool = True
    id_token_alg: str = "RS256"
    decryption_key: Key | None = None

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The discovery document, fetched once, as a client would."""
        answer = wire.get(self.app, f"{self.issuer}/.well-known/openid-configuration")
        assert answer.status == 200
        assert answer.json["issuer"] == self.issuer
        return answer.json

    @property
    def jwks(self) -> dict[str, Any]:
        """The provider's public keys, fetched afresh."""
        answer = wire.get(self.app, self.endpoint("jwks_uri"))
        assert answer.status == 200
        return answer.json

    def endpoint(self, name: str) -> str:
        """Return an endpoint's URL by its name in the metadata."""
        url = str(self.metadata[name if name.endswith("_uri") else f"{name}_endpoint"])
        assert url.startswith(self.issuer)
        return url

    # -- the authorization endpoint ------------------------------------------

    def start(self, **changes: str | list[str] | None) -> Attempt:
        """Return a new authorization request. `changes` replaces parameters; None drops one."""
        number = next(_unique)
        parameters: dict[str, str | list[str] | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": f"state-{number}-{_random(number)}",
            "nonce": f"nonce-{number}-{_random(number)}",
        }
        verifier = None
        if self.use_pkce:
            verifier = _random(number) + "-._~"
            parameters["code_challenge"] = challenge_of(verifier)
            parameters["code_challenge_method"] = "S256"
        parameters |= changes
        sent = {name: value for name, value in parameters.items() if value is not None}
        return Attempt(
            url=f"{self.endpoint('authorization')}?{wire.encode(sent)}",
            parameters=sent,
            state=_text(sent.get("state")),
            nonce=_text(sent.get("nonce")),
            verifier=verifier if "code_challenge" in sent else None,
            redirect_uri=_text(sent.get("redirect_uri")) or self.redirect_uri,
        )

    def receive(self, attempt: Attempt, left: Departure | None) -> Grant:
        """Read what the browser brought back. Raises Refused."""
        assert left is not None, "the browser was not sent back to the client"
        parameters = self._response(attempt, left)
        besides = {"state", "iss"}
        if "check_session_iframe" in self.metadata:
            besides.add("session_state")
        if "error" in parameters:
            assert set(parameters) <= {*ERROR_MEMBERS, *besides}
            assert _DESCRIPTION.fullmatch(parameters.get("error_description", "none"))
            raise Refused(parameters)
        returns = set(str(attempt.parameters["response_type"]).split())
        wanted = (returns - {"token", "none"}) | (ACCESS_MEMBERS if "token" in returns else set())
        assert set(parameters) - besides == wanted, parameters
        default = "query" if returns in ({"code"}, {"none"}) else "fragment"
        assert left.mode == attempt.parameters.get("response_mode", default)
        return Grant(
            parameters.get("code", ""), attempt, self._tokens_in_front(attempt, parameters)
        )

    def _tokens_in_front(self, attempt: Attempt, parameters: dict[str, str]) -> Tokens:
        """Hold the tokens of an authorization response to OpenID Connect Core §3.2.2, §3.3.2."""
        body: dict[str, Any] = {
            name: parameters[name] for name in {*ACCESS_MEMBERS, "id_token"} & set(parameters)
        }
        if "access_token" in body:
            assert body["token_type"] == "Bearer"
            body["expires_in"] = int(body["expires_in"])
            assert body["expires_in"] > 0
        if "id_token" not in body:
            return Tokens(body)
        claims = self.verify_id_token(
            Tokens(body), code=parameters.get("code"), state=attempt.state
        )
        assert claims["nonce"] == attempt.nonce
        return Tokens(body, claims)

    def _response(self, attempt: Attempt, left: Departure) -> dict[str, str]:
        wanted = attempt.redirect_uri
        assert ("#" in left.url) == (left.mode == "fragment")
        if left.mode == "fragment":
            assert left.url.partition("#")[0] == wanted
            pairs = left.parameters
        elif left.mode == "form_post":
            assert left.method == "POST"
            assert left.url == wanted
            pairs = left.parameters
        else:
            assert left.url.startswith(wanted + ("&" if "?" in wanted else "?")), left.url
            own = wanted.partition("?")[2].count("=")
            pairs = left.parameters[own:]
        parameters = dict(pairs)
        assert len(parameters) == len(pairs), f"a parameter stands twice: {pairs}"
        assert parameters.get("state") == attempt.state
        assert parameters["iss"] == self.issuer
        return parameters

    def authorize(
        self,
        browser: Browser,
        *,
        username: str = "tester",
        password: str = "a password for tests",
        **changes: Any,
    ) -> Grant:
        """Send a person through the authorization endpoint; sign in and agree where asked."""
        attempt = self.start(**changes)
        browser.come(attempt.url)
        if browser.left is None and browser.at == "login":
            browser.sign_in(username, password)
        if browser.left is None and browser.at == "consent":
            browser.allow()
        assert browser.left is not None, f"{browser.status} {browser.page.text[:500]}"
        return self.receive(attempt, browser.left)

    def refused(self, browser: Browser, **changes: str | list[str] | None) -> Refused:
        """Send a request that is to be refused; return what the client was told."""
        attempt = self.start(**changes)
        browser.come(attempt.url)
        assert browser.left is not None, f"{browser.status} {browser.page.text[:500]}"
        try:
            grant = self.receive(attempt, browser.left)
        except Refused as refused:
            return refused
        raise AssertionError(f"the client got what it asked for: {grant}")

    def stopped(self, browser: Browser, **changes: str | list[str] | None) -> str:
        """Send a request that must end on a page of the provider's own. Return its error."""
        browser.come(self.start(**changes).url)
        return browser.problem()

    def sign_in(self, browser: Browser, **changes: Any) -> Tokens:
        """Do all of it: authorize, then redeem."""
        return self.redeem(self.authorize(browser, **changes))

    # -- the back channel ----------------------------------------------------

    def post_raw(
        self,
        endpoint: str,
        fields: Fields,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        """Post to an endpoint exactly this and nothing more."""
        return wire.post(self.app, self.endpoint(endpoint), fields, headers=headers, **options)

    def post(
        self,
        endpoint: str,
        fields: Mapping[str, str | list[str] | None],
        *,
        address: str = "203.0.113.7",
    ) -> Answer:
        """Post to an endpoint as this client; what is None in `fields` is left out."""
        credentials, headers = self.credentials()
        return self.post_raw(endpoint, {**credentials, **fields}, headers=headers, address=address)

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the body parameters and headers by which this client proves itself."""
        if self.auth == "client_secret_basic":
            return {}, {"Authorization": basic(self.client_id, self.secret or "")}
        if self.auth == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.secret or ""}, {}
        if self.auth in ("private_key_jwt", "client_secret_jwt"):
            assertion = {"client_assertion_type": ASSERTION_TYPE}
            return {**assertion, "client_assertion": self.assertion()}, {}
        return {"client_id": self.client_id}, {}

    def assertion(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Return a signed client assertion; a claim given as None is left out."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": f"jti-{next(_unique)}",
            "iat": self.clock.now(),
            "exp": self.clock.now() + 60,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"typ": "client-authentication+jwt", **(header or {})}
        if self.key is None:
            assert self.secret is not None
            return jwt.keyed_with(self.secret.encode(), claims, **header)
        return jwt.sign(self.key, claims, **header)

    def redeem_raw(self, grant: Grant, **changes: str | list[str] | None) -> Answer:
        """Send a code to the token endpoint and return whatever comes back."""
        fields: dict[str, str | list[str] | None] = {
            "grant_type": "authorization_code",
            "code": grant.code,
            "redirect_uri": grant.attempt.redirect_uri,
            "code_verifier": grant.attempt.verifier,
        }
        return self.post("token", {**fields, **changes})

    def redeem(self, grant: Grant, **changes: str | list[str] | None) -> Tokens:
        """Turn a code into tokens."""
        tokens = self._tokens(self.redeem_raw(grant, **changes))
        if "openid" in tokens.scope:
            assert tokens.claims.get("nonce") == grant.attempt.nonce
        return tokens

    def refresh_raw(self, refresh_token: str, **changes: str | list[str] | None) -> Answer:
        """Send a refresh token to the token endpoint and return whatever comes back."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("token", {**fields, **changes})

    def refresh(self, refresh_token: str, **changes: str | list[str] | None) -> Tokens:
        """Turn a refresh token into new tokens."""
        return self._tokens(self.refresh_raw(refresh_token, **changes))

    def client_credentials(self, **changes: str | list[str] | None) -> Tokens:
        """Get an access token for the client itself."""
        tokens = self._tokens(self.post("token", {"grant_type": "client_credentials", **changes}))
        assert "refresh_token" not in tokens.body
        assert "id_token" not in tokens.body
        return tokens

    def userinfo_raw(self, access_token: str) -> Answer:
        """Ask UserInfo and return whatever comes back."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return wire.get(self.app, self.endpoint("userinfo"), headers=headers)

    def userinfo(self, tokens: Tokens) -> dict[str, Any]:
        """Ask UserInfo; the subject must be the ID token's (OpenID Connect Core §5.3.2)."""
        answer = self.userinfo_raw(tokens.access_token)
        assert answer.status == 200, answer.body
        assert answer.json["sub"] == tokens.claims["sub"]
        return answer.json

    def introspect(self, token: str, **changes: str | None) -> dict[str, Any]:
        """Ask about a token."""
        answer = self.post("introspection", {"token": token, **changes})
        assert answer.status == 200, answer.body
        assert answer.is_no_store
        assert isinstance(answer.json["active"], bool)
        return answer.json

    def revoke(self, token: str, **changes: str | None) -> None:
        """Give a token back."""
        answer = self.post("revocation", {"token": token, **changes})
        assert answer.status == 200, answer.body

    def is_accepted(self, access_token: str) -> bool:
        """Return whether UserInfo opens to an access token."""
        return self.userinfo_raw(access_token).status == 200

    # -- checks --------------------------------------------------------------

    def _tokens(self, answer: Answer) -> Tokens:
        """Hold a token response to RFC 6749 §5.1 and OpenID Connect Core §3.1.3.3."""
        assert answer.status == 200, f"{answer.status} {answer.body!r}"
        assert answer.is_no_store
        assert answer.header("Pragma") == "no-cache"
        body = answer.json
        known = {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
        assert set(body) <= known, body
        assert body["token_type"] == "Bearer"
        assert type(body["expires_in"]) is int
        assert body["expires_in"] > 0
        tokens = Tokens(body)
        if "openid" not in tokens.scope:
            assert "id_token" not in body
            return tokens
        return Tokens(body, self.verify_id_token(tokens))

    def read(self, token: str, alg: str) -> dict[str, Any]:
        """Return the claims of a JWT signed for this client in the algorithm it registered."""
        if alg == "none":
            return jwt.unsigned_claims(token)
        if alg == "HS256":
            return jwt.verified_by(self.secret or "", token)
        return jwt.verified(token, self.jwks, algorithms=[alg])

    def verify_id_token(
        self, tokens: Tokens, *, code: str | None = None, state: str | None = None
    ) -> dict[str, Any]:
        """Validate an ID token as OpenID Connect Core §3.1.3.7, §3.2.2.11 and §3.3.2.12 say, with
        the access token, code and state it came with. Return its claims."""
        signed = jwe.opened_jwt(tokens.id_token, self.decryption_key)
        claims = self.read(signed, self.id_token_alg)
        now = self.clock.now()
        assert claims["iss"] == self.issuer
        assert claims["aud"] in (self.client_id, [self.client_id])
        assert claims.get("azp") in (None, self.client_id)
        assert type(claims["exp"]) is int
        assert type(claims["iat"]) is int
        assert claims["iat"] <= now < claims["exp"]
        beside = {"at_hash": tokens.body.get("access_token"), "c_hash": code, "s_hash": state}
        for name, value in beside.items():
            hashed = value and self.id_token_alg != "none"
            expected = jwt.half_hash(self.id_token_alg, str(value)) if hashed else None
            assert claims.get(name) == expected, name
        assert isinstance(claims["sub"], str)
        assert 0 < len(claims["sub"]) <= 255
        return claims


def basic(client_id: str, secret: str) -> str:
    """Return the value of an Authorization header (RFC 6749 §2.3.1: form-encoded first)."""
    joined = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + b64encode(joined.encode()).decode()


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    return jwt.encode(sha256(verifier.encode("ascii")).digest())


def _random(number: int) -> str:
    """Return text nobody meets twice in a run; what tests send need not be secret."""
    return jwt.encode(sha256(f"relying party {number}".encode()).digest())


def _text(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None

"""All OAuth of this application: "Sign in with Signet" on Authlib's client.

It is configured from discovery alone (OpenID Connect Discovery 1.0): an issuer and the client's
credentials. Sign-in is the code flow with PKCE S256 (OpenID Connect Core 1.0 §3.1, RFC 7636); the
routes in `app` call the methods here in the order a person clicks. What Authlib leaves to its
caller is done here and marked where it happens: the `iss` of the response (RFC 9207 §2.4), the
audience of the ID token, the `sub` of UserInfo, and one refresh at a time.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from client_demo.browser_session import this_browser
from client_demo.messages import Timeline
from client_demo.provider_client import ProviderClient, Refused, Stopped, Unreachable
from client_demo.settings import Settings, discovery_url
from client_demo.signed_in import SignedIn, SignedInStore

SCOPE = "openid profile email offline_access notes:read notes:write"
LEEWAY = 30
"""Seconds by which the provider's clock and ours may differ."""
REFRESH_AHEAD = 60
"""Seconds before its expiry at which an access token is renewed rather than used."""


class SignedOut(Refused):
    """The provider ended what was granted; the person has to sign in again."""


@dataclass(frozen=True)
class ApiAnswer:
    """What a protected resource said, for the page that shows it."""

    status: int
    body: Any
    challenge: str | None


class RelyingParty:
    """The conversation with the provider and, on behalf of a person, with the API."""

    def __init__(
        self, app: Flask, settings: Settings, people: SignedInStore, timeline: Timeline
    ) -> None:
        self._settings = settings
        self._people = people
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

    # Sign in ------------------------------------------------------------------------------------

    def begin_sign_in(self, prompt: str | None = None) -> Response:
        """Send the browser to the provider; state, nonce and verifier stay in its session."""
        state = secrets.token_urlsafe(24)
        self._timeline.begin("Sign in", state)
        with self._talking():
            # Choice: asked anew each time, so nobody is sent to an address that does not answer.
            self._client.discover()
            wish = {"prompt": prompt} if prompt else {}
            answer: Response = self._client.authorize_redirect(
                self._settings.base_url + url_for("callback"),
                state=state,
                resource=self._settings.resource,
                **wish,
            )
        self._timeline.sent_through_browser("authorization_request", answer.location or "")
        return answer

    def finish_sign_in(self) -> str:
        """Accept the provider's response and return the id of the new session."""
        state = request.args.get("state", "")
        self._timeline.begin("Sign in", state)
        self._timeline.came_through_browser("authorization_response", request.url)
        if any(len(values) > 1 for _, values in request.args.lists()):
            raise Stopped("A parameter of the response came twice.")
        # One response per state, even when the browser sends it twice at the same moment.
        if not this_browser().take(f"_state_signet_{state}"):
            raise Stopped(
                "This browser is not waiting for that response: the sign-in was begun elsewhere,"
                " was already completed, or is more than an hour old."
            )
        nonce = this_browser()[f"_state_signet_{state}"]["data"]["nonce"]
        with self._talking():
            self._check_issuer()
            if error := request.args.get("error"):
                told = request.args.get
                raise Refused(error, told("error_description"), told("error_uri"))
            # Authlib exchanges the code with the verifier, then verifies the ID token: signature,
            # nonce, at_hash, times, and issuer and audience as told here (Core §3.1.3.7).
            token = self._client.authorize_access_token(
                resource=self._settings.resource,
                claims_options=self._claims_options(),
                leeway=LEEWAY,
            )
        claims = token.pop("userinfo", None)
        if claims is None or claims.get("nonce") != nonce:
            raise Stopped("The token response holds no ID token for this sign-in.")
        person = SignedIn(
            claims=dict(claims),
            userinfo=self._userinfo(token["access_token"], claims["sub"]),
            id_token=token["id_token"],
            signed_in_at=int(time.time()),
            **self._tokens(token),
        )
        return self._people.begin(person)

    def _check_issuer(self) -> None:
        """The response comes from the provider we asked, not from another (RFC 9207 §2.4)."""
        metadata = self._client.load_server_metadata()
        iss = request.args.get("iss")
        promised = metadata.get("authorization_response_iss_parameter_supported")
        if iss != self._settings.issuer and (iss is not None or promised):
            raise Stopped(
                "The response does not name the issuer we asked (a mix-up attack looks like this)."
            )

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

    # Refresh ------------------------------------------------------------------------------------

    def fresh(self, session_id: str, person: SignedIn) -> SignedIn:
        """The same person with an access token that will not expire in the next minute."""
        if person.refresh_token is None or person.expires_at - time.time() > REFRESH_AHEAD:
            return person
        return self.refresh(session_id, person)

    def refresh(self, session_id: str, person: SignedIn) -> SignedIn:
        """Renew the tokens, once: requests that come meanwhile wait and get the same result."""
        if person.refresh_token is None:
            raise Stopped("There is no refresh token: offline_access was not granted.")
        waiting_ends = time.monotonic() + 25
        while (turn := self._people.take_turn(session_id, person.generation)) == "wait":
            if time.monotonic() > waiting_ends:
                raise Unreachable
            time.sleep(0.05)
        if turn == "ended":
            raise SignedOut("invalid_grant", "The session ended meanwhile.", None)
        if isinstance(turn, SignedIn):
            return turn
        renewed = None
        try:
            renewed = self._renew(person)
        except Refused as refusal:
            if refusal.error != "invalid_grant":
                raise
            self._people.end(session_id)
            raise SignedOut(refusal.error, refusal.description, refusal.uri) from refusal
        finally:
            self._people.finish_turn(session_id, renewed)
        return renewed

    def _renew(self, person: SignedIn) -> SignedIn:
        token = self.present_refresh_token(person.refresh_token or "")
        with self._talking():
            id_token = token.get("id_token")
            if id_token:
                claims = self._client.parse_id_token(
                    token, nonce=None, claims_options=self._claims_options(), leeway=LEEWAY
                )
                # The same sign-in, told again (OpenID Connect Core 1.0 §12.2).
                for name in ("sub", "auth_time", "nonce"):
                    if name in claims and claims[name] != person.claims.get(name):
                        raise Stopped(f"The refreshed ID token tells another {name}.")
        kept = (*person.earlier_refresh_tokens, person.refresh_token or "")[-2:]
        changed = self._tokens(token)
        changed["refresh_token"] = changed["refresh_token"] or person.refresh_token
        changed["scope"] = token.get("scope", person.scope)
        return replace(
            person,
            **changed,
            id_token=id_token or person.id_token,
            claims=dict(claims) if id_token else person.claims,
            generation=person.generation + 1,
            earlier_refresh_tokens=kept,
        )

    def present_refresh_token(self, refresh_token: str) -> dict[str, Any]:
        """The refresh request itself (RFC 6749 §6), for what was granted: no scope is named."""
        with self._talking():
            token: dict[str, Any] = self._client.present_refresh_token(
                refresh_token, resource=self._settings.resource
            )
        return token

    # Call the API -----------------------------------------------------------------------

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

    def give_back(self, person: SignedIn) -> None:
        """Revoke what an earlier sign-in of this browser left, so that nothing lies about."""
        with suppress(Refused, Unreachable), self._talking():
            if person.refresh_token:
                self._client.revoke(person.refresh_token)

    # Sign out ---------------------------------------------------------------------------

    def begin_sign_out(self, person: SignedIn) -> Response:
        """Give the refresh token back, then send the browser to end the provider's session."""
        state = secrets.token_urlsafe(24)
        self._timeline.begin("Sign out", state)
        with self._talking():
            if person.refresh_token:
                self._client.revoke(person.refresh_token)
            if "end_session_endpoint" not in self._client.load_server_metadata():
                return redirect(url_for("signed_out"), 303)
            # OpenID Connect RP-Initiated Logout 1.0 §2; Authlib remembers the state.
            answer: Response = self._client.logout_redirect(
                self._settings.base_url + url_for("signed_out"),
                id_token_hint=person.id_token,
                client_id=self._settings.client_id,
                state=state,
            )
        self._timeline.sent_through_browser("logout_request", answer.location or "")
        answer.status_code = 303
        return answer

    def finish_sign_out(self) -> bool:
        """Whether the browser came back from a sign-out that it began here."""
        self._timeline.begin("Sign out", request.args.get("state", ""))
        self._timeline.came_through_browser("logout_response", request.url)
        return this_browser().take(f"_state_signet_{request.args.get('state', '')}")

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

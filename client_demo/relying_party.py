"""All OAuth of this application: "Sign in with Signet" on Authlib's client.

Sign-in is the code flow with PKCE S256 (OpenID Connect Core 1.0 §3.1, RFC 7636), or where the
person wishes so the hybrid flow (§3.3), whose response brings an ID token along. The routes in
`app` call the methods here in the order a person clicks. What Authlib leaves to its caller is done
here and marked where it happens: the `iss` of the response (RFC 9207 §2.4), the audience of the ID
token, `c_hash`, the `sub` of UserInfo, and one refresh at a time.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Flask, redirect, url_for
from werkzeug.wrappers import Response

from client_demo import front_channel
from client_demo.browser_session import this_browser
from client_demo.conversation import LEEWAY, Conversation
from client_demo.messages import Timeline
from client_demo.provider_client import Refused, Stopped, Unreachable
from client_demo.settings import Settings
from client_demo.signed_in import SignedIn, SignedInStore
from client_demo.wish import Wish

REFRESH_AHEAD = 60
"""Seconds before its expiry at which an access token is renewed rather than used."""


class SignedOut(Refused):
    """The provider ended what was granted; the person has to sign in again."""


class RelyingParty(Conversation):
    """Signs people in, keeps their tokens fresh, signs them out."""

    def __init__(
        self, app: Flask, settings: Settings, people: SignedInStore, timeline: Timeline
    ) -> None:
        super().__init__(app, settings, timeline)
        self._people = people

    # Sign in ------------------------------------------------------------------------------------

    def begin_sign_in(self, wish: Wish) -> Response:
        """Send the browser to the provider; state, nonce and verifier stay in its session."""
        state = secrets.token_urlsafe(24)
        self._timeline.begin("Sign in", state)
        with self._talking():
            # Choice: asked anew each time, so nobody is sent to an address that does not answer.
            self._client.discover()
            answer: Response = self._client.authorize_redirect(
                self._settings.base_url + url_for("callback"),
                state=state,
                resource=self._settings.resource,
                **wish.parameters(),
            )
        if wish.target:
            this_browser()[f"_target_{state}"] = wish.target
        self._timeline.sent_through_browser("authorization_request", answer.location or "")
        return answer

    def finish_sign_in(self, response: Mapping[str, str]) -> tuple[str, str | None]:
        """Accept the provider's response. Return the id of the new session, and where the person
        wanted to go."""
        state = response.get("state", "")
        # One response per state, even when the browser sends it twice at the same moment.
        if not this_browser().take(f"_state_signet_{state}"):
            raise Stopped(
                "This browser is not waiting for that response: the sign-in was begun elsewhere,"
                " was already completed, or is more than an hour old."
            )
        begun = this_browser()[f"_state_signet_{state}"]["data"]
        with self._talking():
            self._check_issuer(response)
            if error := response.get("error"):
                told = response.get
                raise Refused(error, told("error_description"), told("error_uri"))
            early = self._early_claims(response, begun["nonce"])
            # Authlib exchanges the code with the verifier, then verifies the ID token: signature,
            # nonce, at_hash, times, and issuer and audience as told here (Core §3.1.3.7).
            token = self._client.fetch_access_token(
                code=response.get("code", ""),
                redirect_uri=begun["redirect_uri"],
                code_verifier=begun["code_verifier"],
                resource=self._settings.resource,
            )
            claims = self._id_token_claims(token, begun["nonce"])
        if claims.get("nonce") != begun["nonce"]:
            raise Stopped("The token response holds no ID token for this sign-in.")
        # Both ID tokens of the hybrid flow speak of one person (Core §3.3.3.6).
        if early is not None and (early["iss"], early["sub"]) != (claims["iss"], claims["sub"]):
            raise Stopped("The two ID tokens of this sign-in speak of different people.")
        person = SignedIn(
            claims=dict(claims),
            userinfo=self._userinfo(token["access_token"], claims["sub"]),
            id_token=token["id_token"],
            signed_in_at=int(time.time()),
            **self._tokens(token),
        )
        target = this_browser().pop(f"_target_{state}", None)
        return self._people.begin(person, this_browser().browser), target

    def _early_claims(self, response: Mapping[str, str], nonce: str) -> dict[str, Any] | None:
        """What the ID token says that came with the code, once it is verified (Core §3.3.2.12)."""
        id_token = response.get("id_token")
        if id_token is None:
            return None
        claims = self._id_token_claims({"id_token": id_token}, nonce)
        front_channel.check_code(id_token, claims, response.get("code", ""))
        return claims

    def _id_token_claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        if "id_token" not in token:
            raise Stopped("The token response holds no ID token for this sign-in.")
        claims: dict[str, Any] = self._client.parse_id_token(
            token, nonce=nonce, claims_options=self._claims_options(), leeway=LEEWAY
        )
        return claims

    def _check_issuer(self, response: Mapping[str, str]) -> None:
        """The response comes from the provider we asked, not from another (RFC 9207 §2.4)."""
        metadata = self._client.load_server_metadata()
        iss = response.get("iss")
        promised = metadata.get("authorization_response_iss_parameter_supported")
        if iss != self._settings.issuer and (iss is not None or promised):
            raise Stopped(
                "The response does not name the issuer we asked (a mix-up attack looks like this)."
            )

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

    def finish_sign_out(self, state: str, url: str) -> bool:
        """Whether the browser came back from a sign-out that it began here."""
        self._timeline.begin("Sign out", state)
        self._timeline.came_through_browser("logout_response", url)
        return this_browser().take(f"_state_signet_{state}")

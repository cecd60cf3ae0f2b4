"""How a person, or a link that leads here, wishes to sign in.

Called by the sign-in routes of `app`. Everything a visitor can choose is on a list here, so that
no foreign parameter is sent on to the provider.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from werkzeug.datastructures import MultiDict

from client_demo.provider_client import Stopped
from client_demo.settings import Settings, origin

PROMPTS = ("login", "consent", "none")
SINGLE_CLAIMS = {
    "userinfo": {"name": {"essential": True}, "nickname": None, "email": {"essential": True}},
    "id_token": {"auth_time": {"essential": True}, "locale": None},
}
SINGLE_CLAIMS_SCOPE = "openid offline_access notes:read notes:write"


@dataclass(frozen=True)
class Wish:
    """One way to ask. `target`: the page of this application to go on to."""

    prompt: str | None = None
    hybrid: bool = False
    single_claims: bool = False
    login_hint: str | None = None
    target: str | None = None

    @classmethod
    def of_person(cls, query: MultiDict[str, str]) -> "Wish":
        """What the links of our own pages ask for."""
        prompt = query.get("prompt")
        return cls(
            prompt=prompt if prompt in PROMPTS else None,
            hybrid=query.get("flow") == "hybrid",
            single_claims=query.get("ask") == "claims",
        )

    @classmethod
    def of_third_party(cls, told: MultiDict[str, str], settings: Settings) -> "Wish":
        """A sign-in that somebody else began (OpenID Connect Core 1.0 §4): of our provider only,
        and on to a page of ours only, so that the link is no open redirect."""
        if told.get("iss") != settings.issuer:
            raise Stopped("That link asks to sign in at a provider that Fieldnotes does not use.")
        target = told.get("target_link_uri")
        if target and origin(target) != origin(settings.base_url):
            raise Stopped("That link would lead on to another site.")
        # A path may begin with two slashes, and by itself would then name a host.
        page = origin(settings.base_url) + urlsplit(target).path if target else None
        return cls(login_hint=told.get("login_hint"), target=page)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the authorization request that differ from the plain one."""
        found: dict[str, Any] = {}
        if self.prompt:
            found["prompt"] = self.prompt
        if self.login_hint:
            found["login_hint"] = self.login_hint
        if self.single_claims:
            # OpenID Connect Core 1.0 §5.5: these claims, and no scope that reveals more.
            found |= {"scope": SINGLE_CLAIMS_SCOPE, "claims": json.dumps(SINGLE_CLAIMS)}
        if self.hybrid:
            # Authlib sends the challenge with response_type=code only.
            verifier = secrets.token_urlsafe(48)
            found |= {
                "response_type": "code id_token",
                "response_mode": "form_post",
                "code_verifier": verifier,
                "code_challenge": create_s256_code_challenge(verifier),
                "code_challenge_method": "S256",
            }
        return found

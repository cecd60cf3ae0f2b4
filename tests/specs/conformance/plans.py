"""Which module of certification is run how: the table that parametrizes every test here.

A test named `test_oidcc_prompt_login` is the row `oidcc-prompt-login`; `--specs` lists it as
`OIDF-oidcc-prompt-login`. Tests named `test_a_07_…` and `test_b_…` are the rules that are easy to
get wrong and those of the pages.
"""

from dataclasses import dataclass

CODE = ("code",)
IMPLICIT = ("id_token", "id_token token")
HYBRID = ("code id_token", "code token", "code id_token token")
WITH_CODE = (*CODE, *HYBRID)
WITH_ACCESS_TOKEN = (*CODE, "id_token token", *HYBRID)
WITH_FRONT_ID_TOKEN = (*IMPLICIT, "code id_token", "code id_token token")
EVERY = (*CODE, *IMPLICIT, *HYBRID)
FIRST_OF_EACH = ("code", "id_token token", "code id_token")


@dataclass(frozen=True)
class Run:
    """One pass of a module."""

    response_type: str
    response_mode: str | None = None
    registers: bool = False
    """Whether the client registers itself, or an operator did beforehand."""

    @property
    def returns(self) -> frozenset[str]:
        """What the authorization endpoint returns."""
        return frozenset(self.response_type.split())

    @property
    def has_code(self) -> bool:
        """Whether there is a code to redeem."""
        return "code" in self.returns

    @property
    def mode(self) -> str:
        """How the response has to travel."""
        return self.response_mode or ("query" if self.response_type == "code" else "fragment")

    def __str__(self) -> str:
        client = "registered" if self.registers else "static"
        return f"{self.response_type} by {self.mode}, {client}"


# Run in the default response mode with a client known beforehand, and once more by form post with
# a client that registers itself.
CORE: dict[str, tuple[str, ...]] = {
    "oidcc-server": EVERY,
    "oidcc-server-client-secret-post": WITH_CODE,
    "oidcc-response-type-missing": FIRST_OF_EACH,
    "oidcc-idtoken-signature": EVERY,
    "oidcc-userinfo-get": WITH_ACCESS_TOKEN,
    "oidcc-userinfo-post-header": WITH_ACCESS_TOKEN,
    "oidcc-userinfo-post-body": WITH_ACCESS_TOKEN,
    "oidcc-ensure-request-without-nonce-succeeds-for-code-flow": ("code", "code token"),
    "oidcc-ensure-request-without-nonce-fails": WITH_FRONT_ID_TOKEN,
    "oidcc-scope-profile": EVERY,
    "oidcc-scope-email": EVERY,
    "oidcc-scope-address": EVERY,
    "oidcc-scope-phone": EVERY,
    "oidcc-scope-all": EVERY,
    "oidcc-alternate-happy-flow": FIRST_OF_EACH,
    "oidcc-display-page": EVERY,
    "oidcc-display-popup": EVERY,
    "oidcc-prompt-login": EVERY,
    "oidcc-prompt-none-not-logged-in": EVERY,
    "oidcc-prompt-none-logged-in": EVERY,
    "oidcc-max-age-1": EVERY,
    "oidcc-max-age-10000": EVERY,
    "oidcc-ensure-request-with-unknown-parameter-succeeds": EVERY,
    "oidcc-id-token-hint": EVERY,
    "oidcc-login-hint": EVERY,
    "oidcc-ui-locales": EVERY,
    "oidcc-claims-locales": EVERY,
    "oidcc-ensure-request-with-acr-values-succeeds": EVERY,
    "oidcc-codereuse": WITH_CODE,
    "oidcc-codereuse-30seconds": WITH_CODE,
    "oidcc-ensure-registered-redirect-uri": EVERY,
    "oidcc-ensure-post-request-succeeds": CODE,
    "oidcc-refresh-token": WITH_CODE,
    "oidcc-ensure-request-with-valid-pkce-succeeds": CODE,
    "oidcc-idtoken-unsigned": CODE,
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": EVERY,
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": EVERY,
    "oidcc-ensure-request-object-with-redirect-uri": EVERY,
    "oidcc-claims-essential": EVERY,
}

# Run in the default response mode with a client that registers itself.
DYNAMIC: dict[str, tuple[str, ...]] = {
    "oidcc-redirect-uri-query-OK": EVERY,
    "oidcc-redirect-uri-query-mismatch": EVERY,
    "oidcc-redirect-uri-query-added": EVERY,
    "oidcc-ensure-redirect-uri-in-authorization-request": EVERY,
    "oidcc-redirect-uri-regfrag": CODE,
    "oidcc-idtoken-rs256": EVERY,
    "oidcc-userinfo-rs256": WITH_ACCESS_TOKEN,
    "oidcc-registration-logo-uri": EVERY,
    "oidcc-registration-policy-uri": EVERY,
    "oidcc-registration-tos-uri": EVERY,
    "oidcc-registration-jwks-uri": WITH_CODE,
    "oidcc-registration-sector-uri": EVERY,
    "oidcc-registration-sector-bad": CODE,
    "oidcc-refresh-token-rp-key-rotation": WITH_CODE,
    "oidcc-request-uri-unsigned": EVERY,
    "oidcc-request-uri-signed-rs256": EVERY,
    "oidcc-3rd_party-init-login": CODE,
    "oidcc-3rd_party-init-login-nohttps": CODE,
    "oidcc-server-rotate-keys": CODE,
    "oidcc-ensure-client-assertion-with-iss-aud-succeeds": WITH_CODE,
}

LOGOUT: dict[str, tuple[str, ...]] = {
    f"oidcc-rp-initiated-logout{name}": ("code", "id_token")
    for name in (
        "",
        "-no-state",
        "-bad-post-logout-redirect-uri",
        "-query-added-to-post-logout-redirect-uri",
        "-modified-id-token-hint",
        "-bad-id-token-hint",
        "-no-id-token-hint",
        "-no-params",
        "-only-state",
        "-no-post-logout-redirect-uri",
    )
}
LOGOUT |= {
    "oidcc-frontchannel-rp-initiated-logout": ("code", "id_token"),
    "oidcc-backchannel-rp-initiated-logout": ("code", "id_token"),
    "oidcc-session-management-rp-initiated-logout": ("code", "id_token"),
}

# Not about a flow: run once.
ONCE = (
    "oidcc-discovery-endpoint-verification",
    "oidcc-rp-initiated-logout-discovery-endpoint-verification",
    "oidcc-frontchannel-logout-discovery-endpoint-verification",
    "oidcc-backchannel-logout-discovery-endpoint-verification",
    "oidcc-session-management-logout-discovery-endpoint-verification",
)

ROWS = (*CORE, *DYNAMIC, *LOGOUT, *ONCE)

# The rules that are easy to get wrong (A) and those of the pages (B), numbered from one; the ids
# of the pages are frozen by `tests/specs/pages/test_frozen_ids.py`.
RULES: dict[str, tuple[str, ...]] = {
    "a": (
        "clean ID tokens",
        "an account with every claim",
        "acr",
        "auth_time",
        "refreshed ID tokens",
        "replayed codes",
        "errors of the token endpoint",
        "expires_in",
        "UserInfo by every method",
        "redirect URIs",
        "registration",
        "requests to other servers",
        "keys behind a jwks_uri",
        "request objects",
        "unsigned ID tokens",
        "key rotation",
        "pushed requests",
        "audiences of client assertions",
        "proofs of possession",
        "the issuer in responses",
        "known metadata",
        "offline_access",
        "posted requests",
        "the page of form_post",
        "addresses of the pages",
        "cookies",
        "logo, policy and terms",
    ),
    "b": (
        "no script needed",
        "303 after a form",
        "whoever declines",
        "the error page",
        "the page of front-channel logout",
    ),
}


def row_of(test: str) -> str | None:
    """Return the row that a test function proves, by its name."""
    wanted = test.removeprefix("test_").lower()
    found = [row for row in ROWS if row.lower().replace("-", "_") == wanted]
    return found[0] if found else None


def runs_of(row: str) -> list[Run]:
    """Return the passes of a row."""
    if row in CORE:
        static = [Run(kind) for kind in CORE[row]]
        return static + [Run(kind, "form_post", registers=True) for kind in CORE[row]]
    if row in DYNAMIC:
        return [Run(kind, registers=True) for kind in DYNAMIC[row]]
    return [Run(kind, registers=kind == "code") for kind in LOGOUT.get(row, CODE)]

"""What a proper request to each route looks like: the grammar that the fuzzer spoils. Every route
of the provider has an entry; a test compares the two lists."""

from collections.abc import Iterator
from typing import Any

from tests.fuzz.cases import FORM, JSON, Case, Fields, Live, Value
from tests.support.relying_party import ASSERTION_TYPE

CALLBACK, BYE = "https://rp.example/cb", "https://rp.example/bye"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BASIC = ("Authorization", Live("basic"))
AUTHORIZATIONS: tuple[Fields, ...] = (
    (("response_type", "code"), ("client_id", Live("client_id")), ("redirect_uri", CALLBACK),
     ("scope", "openid profile offline_access notes:read"), ("state", "s"), ("nonce", "n"),
     ("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("prompt", "none"),
     ("max_age", "600"), ("ui_locales", "ko en"), ("display", "page"),
     ("resource", "https://api.example/notes"), ("acr_values", "urn:signet:acr:password"),
     ("id_token_hint", Live("id_token")), ("login_hint", "tester"),
     ("claims", '{"userinfo":{"email":null},"id_token":{"auth_time":{"essential":true}}}')),
    (("response_type", "code id_token token"), ("client_id", Live("client_id")),
     ("redirect_uri", CALLBACK), ("scope", "openid email"), ("state", "s"), ("nonce", "n"),
     ("response_mode", "fragment"), ("code_challenge", CHALLENGE),
     ("code_challenge_method", "S256")),
    (("response_type", "code"), ("client_id", Live("client_id")), ("redirect_uri", CALLBACK),
     ("scope", "openid"), ("state", "s"), ("code_challenge", CHALLENGE), ("prompt", "consent"),
     ("code_challenge_method", "S256"), ("response_mode", "form_post")),
    (("response_type", "code"), ("client_id", Live("public_client_id")), ("state", "s"),
     ("redirect_uri", "https://spa.example/cb"), ("scope", "openid"),
     ("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("prompt", "login")),
    (("client_id", Live("signer_client_id")), ("response_type", "code"), ("scope", "openid"),
     ("request", Live("request_object"))),
    (("client_id", Live("signer_client_id")), ("response_type", "code"), ("scope", "openid"),
     ("request_uri", "https://rp.example/request.jwt")),
)  # fmt: skip
ASSERTED: Fields = (
    ("client_assertion_type", ASSERTION_TYPE),
    ("client_assertion", Live("client_assertion")),
)
POSTED: Fields = (
    ("client_id", Live("post_client_id")),
    ("client_secret", Live("post_client_secret")),
)
REDEMPTION: Fields = (
    ("grant_type", "authorization_code"), ("redirect_uri", CALLBACK), ("code", Live("code")),
    ("code_verifier", Live("code_verifier")),
)  # fmt: skip
REFRESH: Fields = (
    ("grant_type", "refresh_token"), ("refresh_token", Live("refresh_token")), ("scope", "openid"),
)  # fmt: skip
MACHINE: Fields = (("grant_type", "client_credentials"), ("scope", "notes:read"))
METADATA: dict[str, Any] = {
    "redirect_uris": ["https://new.example/cb"],
    "client_name": "Notes",
    "client_name#ko": "메모",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "openid profile",
    "token_endpoint_auth_method": "client_secret_basic",
    "application_type": "web",
    "contacts": ["ops@new.example"],
    "logo_uri": "https://new.invalid/logo.png",
    "client_uri": "https://new.example",
    "policy_uri": "https://new.example/policy",
    "tos_uri": "https://new.example/terms",
    "subject_type": "pairwise",
    "id_token_signed_response_alg": "ES256",
    "default_max_age": 3600,
    "require_auth_time": True,
    "initiate_login_uri": "https://new.example/start",
    "post_logout_redirect_uris": ["https://new.example/bye"],
    "backchannel_logout_uri": "https://new.example/logout",
    "backchannel_logout_session_required": True,
    "software_id": "notes",
    "software_version": "1",
    "tls_client_certificate_bound_access_tokens": False,
}
SIGNING: dict[str, Any] = {
    "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb"],
    "application_type": "native",
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": {"keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }]},
    "request_uris": ["https://new.example/request.jwt"],
    "userinfo_encrypted_response_alg": "ECDH-ES",
    "software_statement": Live("request_object"),
}  # fmt: skip
MANAGED = {
    **METADATA,
    "client_id": Live("registered_client_id"),
    "client_secret": Live("registered_secret"),
    "signet_rotate": ["client_secret", "registration_access_token"],
}


def bearer(name: str) -> tuple[str, Value]:
    """Return the header that presents a token (RFC 6750 §2.1)."""
    return ("Authorization", Live(name, before="Bearer "))


def cookie(name: str) -> tuple[str, Value]:
    """Return the header with a browser's cookies."""
    return ("Cookie", Live(name))


def posted(route: str, *fields: tuple[str, Value], headers: Fields = (), **more: Any) -> Case:
    """Return a form that is sent."""
    sent = (("Content-Type", FORM), *headers)
    return Case(route, "POST", form=tuple(fields), headers=sent, **more)


def written(route: str, document: Any, *headers: tuple[str, Value], **more: Any) -> Case:
    """Return a JSON document that is sent."""
    more.setdefault("method", "POST")
    return Case(route, document=document, headers=(("Content-Type", JSON), *headers), **more)


def _token() -> Iterator[Case]:
    for fields in (REDEMPTION, REFRESH, MACHINE):
        yield posted("/token", *fields, headers=(BASIC,))
    yield posted("/token", *MACHINE, *POSTED)
    yield posted("/token", *MACHINE, *ASSERTED)
    public = ("client_id", Live("public_client_id"))
    yield posted(
        "/token", public, ("grant_type", "authorization_code"), ("code", Live("public_code")),
        ("redirect_uri", "https://spa.example/cb"), ("code_verifier", Live("public_verifier")),
    )  # fmt: skip
    refresh = ("refresh_token", Live("public_refresh"))
    yield posted("/token", public, ("grant_type", "refresh_token"), refresh)


def _about_tokens() -> Iterator[Case]:
    for name in ("access_token", "refresh_token", "id_token", "machine_token", "code"):
        for route in ("/introspect", "/revoke"):
            hint = name if name.startswith(("access", "refresh")) else "access_token"
            fields = (("token", Live(name)), ("token_type_hint", hint))
            yield posted(route, *fields, headers=(BASIC,))
            yield posted(route, *fields, *POSTED)
    accept = ("Accept", "application/token-introspection+jwt")
    yield posted("/introspect", ("token", Live("access_token")), headers=(BASIC, accept))
    public = ("client_id", Live("public_client_id"))
    yield posted("/revoke", ("token", Live("public_access_token")), public)


def _resources() -> Iterator[Case]:
    for name in ("access_token", "machine_token", "public_access_token", "refresh_token"):
        yield Case("/userinfo", headers=(bearer(name),))
    yield posted("/userinfo", headers=(bearer("access_token"),))
    yield posted("/userinfo", ("access_token", Live("access_token")))


def _authorizations() -> Iterator[Case]:
    for fields in AUTHORIZATIONS:
        for headers in ((), (cookie("session_cookie"),)):
            yield Case("/authorize", query=fields, headers=headers)
            yield posted("/authorize", *fields, headers=headers)


def _pages() -> Iterator[Case]:
    credentials = (("username", "tester"), ("password", Live("password")))
    filled: dict[str, Fields] = {
        "login": (*credentials, ("action", "login")),
        "consent": (("action", "allow"),),
    }
    for name, fields in filled.items():
        route, path = f"/interaction/<handle>/{name}", (Live(f"{name}_path"),)
        own = cookie(f"{name}_cookie")
        yield Case(route, path=path, headers=(own,))
        csrf = ("csrf_token", Live(f"{name}_csrf"))
        yield posted(route, csrf, *fields, headers=(own,), path=path)
        yield posted(route, csrf, ("action", "cancel"), headers=(own,), path=path)
    yield Case(
        "/account/login", query=(("next", "/account"),), headers=(cookie("sign_in_cookie"),)
    )
    csrf = ("csrf_token", Live("sign_in_csrf"))
    yield posted("/account/login", csrf, *credentials, headers=(cookie("sign_in_cookie"),))
    yield Case("/account", headers=(cookie("session_cookie"),))
    for page in ("sign-out", "sessions/end", "sessions/end-others", "withdraw"):
        kind = "withdraw" if page == "withdraw" else "account"
        yield posted(
            f"/account/{page}", ("csrf_token", Live(f"{kind}_csrf")),
            ("client_id", Live("client_id")), ("session_id", "1"),
            headers=(cookie(f"{kind}_cookie"),),
        )  # fmt: skip
    hint: Fields = (
        ("id_token_hint", Live("id_token")), ("client_id", Live("client_id")), ("state", "s"),
        ("post_logout_redirect_uri", BYE), ("ui_locales", "ko"), ("logout_hint", "tester"),
    )  # fmt: skip
    for headers in ((), (cookie("session_cookie"),)):
        yield Case("/logout", query=hint, headers=headers)
        yield posted("/logout", *hint, headers=headers)
    csrf = ("csrf_token", Live("leaving_csrf"))
    for action in ("confirm", "cancel"):
        browser = (cookie("leaving_cookie"),)
        yield posted("/logout/confirm", csrf, ("action", action), headers=browser)
    yield Case("/signed-out", query=(("state", "s"),))
    for page in ("/", "/errors", "/check-session"):
        yield Case(page, headers=(("Accept-Language", "ko;q=0.9, en"),))
    yield Case("/errors/<code>", path=("/errors/", "reuse_detected"))
    yield Case("/static/<path:filename>", path=("/static/", "signet.css"))


def _documents() -> Iterator[Case]:
    for name in ("openid-configuration", "oauth-authorization-server"):
        yield Case(f"/.well-known/{name}/tenant")
        yield Case(
            f"/.well-known/{name}",
            headers=(("If-None-Match", '"x"'), ("Origin", "https://rp.example")),
        )
    for path in ("/jwks", "/status-lists", "/health/live", "/health/ready"):
        yield Case(path, headers=(("Accept", "*/*"),))
    accept = ("Accept", "application/statuslist+jwt")
    yield Case("/status-lists/", path=(Live("status_list"),), headers=(accept,))
    yield Case("/status-lists/", path=("/status-lists/", "7"), query=(("time", "1"),))


def _registrations() -> Iterator[Case]:
    initial, own = bearer("initial_token"), bearer("registration_access_token")
    path = (Live("registered_path"),)
    for document in (METADATA, SIGNING):
        yield written("/register", document, initial)
    yield Case("/register/", path=path, headers=(own,))
    yield written("/register/", MANAGED, own, method="PUT", path=path)
    yield Case("/register/", "DELETE", path=path, headers=(own,))


PROPER: tuple[Case, ...] = (
    *_token(), *_about_tokens(), *_resources(), *_authorizations(), *_pages(), *_documents(),
    *_registrations(),
)  # fmt: skip
"""At least one proper request for each route."""

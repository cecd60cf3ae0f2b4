"""The algorithms a client registers (OpenID Connect Dynamic Client Registration §2, RFC 9101 §10,
RFC 9701 §6): each is one that discovery says we have, so that nothing is registered that
would not work later."""

import difflib
from dataclasses import replace
from typing import Any

from provider.model.client import Client
from provider.registration.problem import NotRegistrable

_SIGNED = {
    "id_token_signed_response_alg": ("ID tokens", "id_token_signing"),
    "userinfo_signed_response_alg": ("UserInfo answers", "userinfo_signing"),
    "introspection_signed_response_alg": ("introspection answers", "introspection_signing"),
    "request_object_signing_alg": ("request objects", "request_object_signing"),
    "token_endpoint_auth_signing_alg": ("assertions", "token_endpoint_auth_signing"),
}
_ENCRYPTED = {
    "id_token_encrypted_response": "id_token_encryption",
    "userinfo_encrypted_response": "userinfo_encryption",
    "introspection_encrypted_response": "introspection_encryption",
    "request_object_encryption": "request_object_encryption",
}
_DEFAULT_ENC = "A128CBC-HS256"


def check(client: Client, metadata: dict[str, Any]) -> None:
    """Raise NotRegistrable unless every algorithm is offered."""
    for field, (what, listed) in _SIGNED.items():
        offered = metadata.get(f"{listed}_alg_values_supported", [])
        _check_signature(what, field, getattr(client, field), offered)
    _check_id_token(client)
    _check_secret(client)
    _check_assertion(client)
    for field, listed in _ENCRYPTED.items():
        alg, enc = getattr(client, f"{field}_alg"), getattr(client, f"{field}_enc")
        if enc is not None and alg is None:
            raise NotRegistrable(f"{field}_enc needs {field}_alg beside it", f"{field}_enc")
        for part, wish in (("alg", alg), ("enc", enc)):
            offered = metadata.get(f"{listed}_{part}_values_supported", [])
            if wish is not None and wish not in offered:
                raise NotRegistrable(f"{field}_{part} {wish} is not offered", f"{field}_{part}")


def _check_id_token(client: Client) -> None:
    """OpenID Connect Dynamic Client Registration §2: what passes through the browser is signed."""
    through_browser = any("id_token" in one.split() for one in client.response_types)
    if client.id_token_signed_response_alg == "none" and through_browser:
        raise NotRegistrable(
            "ID tokens from the authorization endpoint are signed", "id_token_signed_response_alg"
        )


def _check_secret(client: Client) -> None:
    """OpenID Connect Core §10.1: a client that has no secret can not share one with us."""
    for field in _SIGNED:
        if client.is_public and (getattr(client, field) or "").startswith("HS"):
            raise NotRegistrable(f"{field}: a public client has no secret to sign with", field)


def _check_assertion(client: Client) -> None:
    """Stricter: an algorithm that the way of authentication never uses is refused."""
    field, alg = "token_endpoint_auth_signing_alg", client.token_endpoint_auth_signing_alg
    if alg is None:
        return
    method = "client_secret_jwt" if alg.startswith("HS") else "private_key_jwt"
    if client.token_endpoint_auth_method != method:
        raise NotRegistrable(f"{alg} is for {method} only", field)


def with_default_enc(client: Client) -> Client:
    """Return the client with the content encryption that an `alg` alone implies."""
    implied: dict[str, Any] = {
        f"{field}_enc": _DEFAULT_ENC
        for field in _ENCRYPTED
        if getattr(client, f"{field}_alg") and not getattr(client, f"{field}_enc")
    }
    return replace(client, **implied) if implied else client


def _check_signature(what: str, field: str, wish: str | None, offered: list[str]) -> None:
    if wish is None or wish in offered:
        return
    spelled = {alg.upper(): alg for alg in offered}
    nearest = difflib.get_close_matches(wish.upper(), spelled, n=1, cutoff=0.4)
    hint = f"did you mean {spelled[nearest[0]]}? " if nearest else ""
    raise NotRegistrable(
        f"{what} are not signed with {wish}; {hint}offered are {' '.join(offered) or 'none'}",
        field,
    )

"""The keys a client registers (RFC 7591 §2, OpenID Connect Core §10): by value or by reference,
public ones only, and fit for what they are registered for: to verify what the client signs, to
encrypt what it receives. Behind a `jwks_uri` that is seen only when they are needed."""

from provider.keys.client_keys import InvalidClientKeys, check_client_keys
from provider.keys.encryption import has_recipient
from provider.model.client import Client
from provider.registration.problem import NotRegistrable

_ENCRYPTED = (
    "id_token_encrypted_response_alg",
    "userinfo_encrypted_response_alg",
    "introspection_encrypted_response_alg",
)


def check(client: Client) -> None:
    """Raise NotRegistrable unless the keys are there that the rest needs, and are good."""
    if client.jwks is not None and client.jwks_uri is not None:
        raise NotRegistrable("keys come by jwks or by jwks_uri, not both", "jwks")
    has_keys = client.jwks is not None or client.jwks_uri is not None
    if client.token_endpoint_auth_method == "private_key_jwt" and not has_keys:
        raise NotRegistrable(
            "private_key_jwt needs the client's public keys: --jwks FILE or --jwks-uri ADDRESS",
            "jwks",
        )
    if client.jwks is not None:
        try:
            check_client_keys(client.jwks, to_verify=_signs(client))
        except InvalidClientKeys as error:
            sentence = f"the client's keys can not be used: {error.reason}"
            raise NotRegistrable(sentence, "jwks") from None
    for field in _ENCRYPTED:
        alg = getattr(client, field)
        if alg is not None and client.jwks_uri is None and not has_recipient(client.jwks, alg):
            raise NotRegistrable(f"{field} {alg} needs a key of the client that fits", field)


def _signs(client: Client) -> bool:
    """Return whether we verify something with its public keys."""
    asked = client.request_object_signing_alg or "none"
    return client.token_endpoint_auth_method == "private_key_jwt" or (
        asked != "none" and not asked.startswith("HS")
    )

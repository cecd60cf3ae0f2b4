"""`private_key_jwt` (OpenID Connect Core §9, RFC 7523 §2.2): the client signs the assertion
with its own key, in the one algorithm it registered, if it did."""

from typing import Any

from provider.context import Context
from provider.credentials import client_jwks
from provider.errors import InvalidClient
from provider.keys.assertion import named_key
from provider.keys.client_keys import InvalidClientKeys, client_keys
from provider.keys.purposes import CLIENT_ASSERTION
from provider.keys.verification import InvalidJwt, verify
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed
from provider.roles import AssertionMethod


class PrivateKeyJwt(AssertionMethod):
    """Verifies with the client's public keys."""

    method = "private_key_jwt"
    algorithms = CLIENT_ASSERTION.algorithms

    def verify(
        self, ctx: Context, client: Client, assertion: str, audience: list[str]
    ) -> dict[str, Any]:
        """Return what the client's key signed. Raises InvalidClient."""
        alg = client.token_endpoint_auth_signing_alg
        try:
            jwks = client_jwks.of(ctx, client, named_key(assertion), nothing_written=True)
            if jwks is None:
                raise InvalidClient(reason="the client has no keys")
            return verify(
                assertion,
                CLIENT_ASSERTION,
                client_keys(jwks, alg),
                now=ctx.now,
                issuer=client.client_id,
                audience=audience,
                alg=alg,
            ).claims
        except (InvalidJwt, InvalidClientKeys, FetchFailed) as error:
            raise InvalidClient(reason=f"client assertion: {error}") from error

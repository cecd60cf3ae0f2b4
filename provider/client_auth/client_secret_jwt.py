"""`client_secret_jwt` (OpenID Connect Core §9, RFC 7523 §2.2): the assertion is under the
client's secret, which so never travels. Any live secret will do while the client rotates."""

from typing import Any

from provider.context import Context
from provider.credentials import client_secret
from provider.errors import InvalidClient
from provider.keys import shared_secret
from provider.keys.purposes import CLIENT_ASSERTION_BY_SECRET
from provider.keys.verification import InvalidJwt
from provider.model.client import Client
from provider.roles import AssertionMethod


class ClientSecretJwt(AssertionMethod):
    """Verifies with the client's secrets."""

    method = "client_secret_jwt"
    algorithms = CLIENT_ASSERTION_BY_SECRET.algorithms

    def verify(
        self, ctx: Context, client: Client, assertion: str, audience: list[str]
    ) -> dict[str, Any]:
        """Return what is under the client's secret. Raises InvalidClient."""
        try:
            return shared_secret.verify_with(
                client_secret.values(ctx, client),
                assertion,
                CLIENT_ASSERTION_BY_SECRET,
                now=ctx.now,
                issuer=client.client_id,
                audience=audience,
                alg=client.token_endpoint_auth_signing_alg,
            ).claims
        except InvalidJwt as error:
            raise InvalidClient(reason=f"client assertion: {error}") from error

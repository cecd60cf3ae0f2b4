"""Who says what a request object says (OpenID Connect Core §6.1, RFC 9101 §10.1, §10.5):
signed with a key of the client's or under its secret, or, where an issuer is marked as a
test, unsigned. Each way is a part, asked by `request_object` by the algorithm in the
token's header; the secret counts for a client that registered it as its key."""

from typing import Any

from provider.context import Context
from provider.credentials import client_jwks, client_secret
from provider.keys import shared_secret
from provider.keys.assertion import named_key
from provider.keys.client_keys import InvalidClientKeys, client_keys
from provider.keys.purposes import REQUEST_OBJECT, REQUEST_OBJECT_BY_SECRET
from provider.keys.unverified import read_unsigned
from provider.keys.verification import InvalidJwt, verify
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed
from provider.roles import RequestObjectProof


class SignedRequestObject(RequestObjectProof):
    """Signed with a private key of the client's."""

    algorithms = REQUEST_OBJECT.algorithms

    def claims(self, ctx: Context, client: Client, token: str) -> dict[str, Any]:
        """Return what the client signed. Raises InvalidJwt."""
        alg = client.request_object_signing_alg
        try:
            jwks = client_jwks.of(ctx, client, named_key(token), nothing_written=True)
            if jwks is None:
                raise InvalidJwt("the client has no keys")
            keys = client_keys(jwks, alg)
        except (FetchFailed, InvalidClientKeys) as error:
            raise InvalidJwt(error.reason) from error
        return verify(token, REQUEST_OBJECT, keys, now=ctx.now, alg=alg).claims


class SecretRequestObject(RequestObjectProof):
    """Under the client's secret, any live one while the client rotates."""

    algorithms = REQUEST_OBJECT_BY_SECRET.algorithms

    def claims(self, ctx: Context, client: Client, token: str) -> dict[str, Any]:
        """Return what the client wrote, or could have written. Raises InvalidJwt."""
        secrets = client_secret.values(ctx, client)
        alg = client.request_object_signing_alg
        row = REQUEST_OBJECT_BY_SECRET
        return shared_secret.verify_with(secrets, token, row, now=ctx.now, alg=alg).claims


class UnsignedRequestObject(RequestObjectProof):
    """Not signed at all: what it says counts no more than the query."""

    algorithms = ("none",)

    def claims(self, ctx: Context, client: Client, token: str) -> dict[str, Any]:
        """Return what somebody says. Raises InvalidJwt."""
        if client.require_signed_request_object:
            raise InvalidJwt("the client registered that it signs")
        return read_unsigned(token, REQUEST_OBJECT, ctx.now)

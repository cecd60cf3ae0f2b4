"""What is encrypted to a client, over its signature (OpenID Connect Core §10.2, §16.14, RFC 9701
§5): ID tokens, UserInfo and introspection answers, where the client registered an
algorithm for them. The keys are the client's own, so whoever registers `alg` registers one
that fits; without it there is no answer, rather than one in clear."""

from contextlib import suppress
from typing import Any

from provider.context import Context
from provider.credentials import client_jwks
from provider.errors import InvalidRequest
from provider.keys.encryption import ALGORITHMS, DEFAULT_ENC, ENCODINGS, NoEncryptionKey, encrypt
from provider.model.authorization_request import AuthorizationRequest
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed
from provider.parts import Metadata
from provider.roles import AuthorizationCheck

ANSWERS = ("id_token", "userinfo", "introspection")


class EncryptedAnswers(AuthorizationCheck):
    """The algorithms and encodings of all answers that can be encrypted."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Any) -> None:
        """Have the client's keys at hand when its answer is made."""
        del parameters
        prepare(ctx, request.client)

    def metadata(self, issuer: str) -> Metadata:
        """Return both lists for each kind of answer."""
        del issuer
        return {
            f"{answer}_encryption_{what}_values_supported": list(values)
            for answer in ANSWERS
            for what, values in (("alg", ALGORITHMS), ("enc", ENCODINGS))
        }


def prepare(ctx: Context, client: Client) -> None:
    """Fetch the keys that answers will be encrypted to, while nothing is written yet, so that
    no transaction waits for the client's server. Whether there are any is said later.

    A client that authenticates by assertion has had its keys fetched for that.
    """
    if client.token_endpoint_auth_method == "private_key_jwt":
        return
    if any(getattr(client, f"{answer}_encrypted_response_alg") for answer in ANSWERS):
        with suppress(FetchFailed):
            client_jwks.of(ctx, client, nothing_written=True)


def for_client(
    ctx: Context,
    client: Client,
    content: str,
    alg: str | None,
    enc: str | None,
    *,
    typ: str | None = "JWT",
    cty: str | None = "JWT",
) -> str:
    """Return a signed answer encrypted to the client, or as it is where `alg` is None.

    `cty` says that a JWT is inside (RFC 7519 §5.2). Choice: a client without a key that
    fits is told `invalid_request`, the one code registered for every endpoint that answers.
    """
    if alg is None:
        return content
    try:
        jwks = client_jwks.of(ctx, client)
        return encrypt(content, jwks, alg, enc or DEFAULT_ENC, typ=typ, cty=cty)
    except (NoEncryptionKey, FetchFailed) as error:
        raise InvalidRequest(
            "There is no key of this client that its answers can be encrypted to.",
            reason=f"nothing to encrypt to {client.client_id} with {alg}: {error}",
        ) from error

"""`private_key_jwt` (OpenID Connect Core §9, RFC 7523 §2.2): the client signs an assertion
with its own key. Each is used once, by any process.

Choice: the profile `oauth21` takes the issuer as the only audience (RFC 10070);
`openid` also the token endpoint, as OpenID Connect Core §9 has it."""

from functools import partial
from hashlib import sha256

from provider.context import Context
from provider.errors import InvalidClient
from provider.http import Request
from provider.keys.assertion import claimed_subject
from provider.keys.client_keys import InvalidClientKeys, client_keys
from provider.keys.purposes import CLIENT_ASSERTION
from provider.keys.verification import SKEW, InvalidJwt, VerifiedJwt, verify
from provider.model.client import Client
from provider.parts import ClientAuthMethod, Metadata
from provider.store import clients, seen_jtis

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class PrivateKeyJwt(ClientAuthMethod):
    """Takes a signed assertion from the body."""

    method = "private_key_jwt"

    def is_presented(self, request: Request) -> bool:
        """Return whether the body has an assertion."""
        form = request.form
        return "client_assertion" in form or "client_assertion_type" in form

    def authenticate(self, ctx: Context, request: Request) -> Client:
        """Return the client whose key signed the assertion. Raises InvalidClient."""
        form = request.form
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise InvalidClient(reason="unknown client_assertion_type")
        assertion = form.get("client_assertion") or ""
        subject = claimed_subject(assertion)
        client = clients.find(ctx.tx, subject) if subject else None
        if client is None or client.jwks is None:
            raise InvalidClient(reason="unknown client or no keys")
        named = form.get("client_id")
        if named is not None and named != client.client_id:
            raise InvalidClient(reason="client_id in the body is another client")
        claims = _verify(ctx, client, assertion).claims
        if claims["sub"] != client.client_id:
            raise InvalidClient(reason="the assertion is about another client")
        used = sha256(f"{client.client_id}\x1f{claims['jti']}".encode()).digest()
        use = partial(seen_jtis.use, digest=used, expires_at=int(claims["exp"]) + 2 * SKEW)
        if not use(ctx.tx):
            raise InvalidClient(reason="the assertion was used before")
        ctx.even_if_refused(use)
        return client

    def metadata(self, issuer: str) -> Metadata:
        """Return the method and the algorithms an assertion may be signed with."""
        return {
            **super().metadata(issuer),
            "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ASSERTION.algorithms),
        }


def _verify(ctx: Context, client: Client, assertion: str) -> VerifiedJwt:
    audience = [ctx.issuer]
    if ctx.settings.profile == "openid":
        audience.append(ctx.url("/token"))
    alg = client.token_endpoint_auth_signing_alg
    try:
        return verify(
            assertion,
            CLIENT_ASSERTION,
            client_keys(client.jwks, alg),
            now=ctx.now,
            issuer=client.client_id,
            audience=audience,
            alg=alg,
        )
    except (InvalidJwt, InvalidClientKeys) as error:
        raise InvalidClient(reason=f"client assertion: {error}") from error

"""Client authentication by an assertion (RFC 7523 §2.2, §3, OpenID Connect Core §9), whatever
key it is under: whom it is from, whom it is for, and that it is used once, by any process.
Which method is meant is told by what the client registered, never by the assertion.

Choice: the profile `oauth21` takes the issuer as the only audience (RFC 10070);
the others also the token endpoint, as OpenID Connect Core §9 has it."""

from functools import partial
from hashlib import sha256

from provider.context import Context
from provider.errors import InvalidClient
from provider.http import Parameters, Request
from provider.keys.assertion import claimed_subject
from provider.keys.verification import SKEW
from provider.model.client import Client
from provider.roles import AssertionMethod, ClientAuthMethod
from provider.store import seen_jtis

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Assertion(ClientAuthMethod):
    """Takes an assertion from the body, for every method that uses one."""

    method = None

    def is_presented(self, request: Request) -> bool:
        """Return whether the body has an assertion."""
        form = request.form
        return "client_assertion" in form or "client_assertion_type" in form

    def authenticate(self, ctx: Context, request: Request) -> Client:
        """Return the client whose key the assertion is under. Raises InvalidClient."""
        assertion = request.form.get("client_assertion") or ""
        client = _claimed_client(ctx, request.form, assertion)
        methods = {one.method: one for one in ctx.provider.parts.playing(AssertionMethod)}
        registered = methods.get(self.method_of(client))
        if registered is None:
            raise InvalidClient(reason="the client did not register for assertions")
        claims = registered.verify(ctx, client, assertion, _audience(ctx))
        if claims["sub"] != client.client_id:
            raise InvalidClient(reason="the assertion is about another client")
        used = sha256(f"{client.client_id}\x1f{claims['jti']}".encode()).digest()
        use = partial(seen_jtis.use, digest=used, expires_at=int(claims["exp"]) + 2 * SKEW)
        if not use(ctx.alone if _is_all_that_is_written(request, client) else ctx.tx):
            raise InvalidClient(reason="the assertion was used before")
        ctx.even_if_refused(use)
        return client

    def method_of(self, client: Client) -> str:
        """Return the method that the client registered."""
        return client.token_endpoint_auth_method


def _is_all_that_is_written(request: Request, client: Client) -> bool:
    """Whether nothing is stored after the assertion is used up, so that this is kept by itself;
    else a database that fails later would leave it used up for nothing."""
    return request.form.get("grant_type") == "client_credentials" and client.status is not None


def _claimed_client(ctx: Context, form: Parameters, assertion: str) -> Client:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClient(reason="unknown client_assertion_type")
    subject = claimed_subject(assertion)
    client = ctx.find_claimed(subject) if subject else None
    if client is None:
        raise InvalidClient(reason="unknown client")
    named = form.get("client_id")
    if named is not None and named != client.client_id:
        raise InvalidClient(reason="client_id in the body is another client")
    return client


def _audience(ctx: Context) -> list[str]:
    if ctx.settings.profile == "oauth21":
        return [ctx.issuer]
    return [ctx.issuer, ctx.url("/token")]

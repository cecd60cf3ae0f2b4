"""Request objects by reference (OpenID Connect Core §6.2, RFC 9101 §5.2): the client names
where its request object stands. It is fetched once, when the request arrives, and only from
where the client registered.

Stricter: https only, though a signed object may travel otherwise. Choice: a fragment only tells
versions apart for those who keep copies, and we keep none; no check is asked for (§6.2)."""

from provider.authorization.response import registered_client
from provider.context import Context
from provider.errors import InvalidRequest, InvalidRequestUri
from provider.http import Parameters
from provider.model.authorization_request import SingleUse
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed
from provider.parts import Metadata
from provider.roles import RequestSource

LONGEST = 512
_ACCEPT = "application/oauth-authz-req+jwt, application/jwt;q=0.9, */*;q=0.1"
_OK = 200


class RequestUri(RequestSource):
    """Puts what stands at `request_uri` in the place of `request`."""

    def resolve(self, ctx: Context, parameters: Parameters) -> tuple[Parameters, SingleUse | None]:
        """Return the parameters with the request object by value. Raises InvalidRequestUri."""
        uri = parameters.get("request_uri")
        if uri is None:
            return parameters, None
        if "request" in parameters:
            raise InvalidRequest("request and request_uri can not be used together.")
        client = registered_client(ctx, parameters)
        if not _is_registered(client, uri):
            raise InvalidRequestUri(reason="request_uri is not registered")
        content = _fetch(ctx, uri.partition("#")[0])
        try:
            token = content.decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise InvalidRequestUri(reason="what stands at the request_uri is no JWT") from error
        values = {**parameters.as_lists(), "request": [token]}
        del values["request_uri"]
        return Parameters.from_lists(values), None

    def metadata(self, issuer: str) -> Metadata:
        """Return that it is on, and for registered addresses only."""
        del issuer
        return {"request_uri_parameter_supported": True, "require_request_uri_registration": True}


def _is_registered(client: Client, uri: str) -> bool:
    """Registration may carry a fragment; the address without it is what is compared."""
    if len(uri) > LONGEST or not uri.startswith("https://") or not uri.isascii():
        return False
    wanted = uri.partition("#")[0]
    return any(wanted == one.partition("#")[0] for one in client.request_uris)


def _fetch(ctx: Context, address: str) -> bytes:
    ctx.work.close()
    try:
        answer = ctx.provider.fetcher.get(address, accept=_ACCEPT)
    except FetchFailed as error:
        raise InvalidRequestUri(reason=f"request_uri: {error.reason}") from error
    if answer.status != _OK:
        raise InvalidRequestUri(reason=f"request_uri answered {answer.status}")
    return answer.body

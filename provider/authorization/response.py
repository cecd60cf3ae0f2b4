"""The only writer of authorization responses. An error can be sent to the client only by
someone who holds a return address, and only `prove` makes one, from a registered client
and one of its redirect URIs: an open redirect cannot be written (RFC 9700 §4.11). Every
response carries `state` as it came and `iss` (RFC 9207 §2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from provider.context import Context
from provider.errors import InvalidRequest, ProtocolError
from provider.http import Parameters, Response
from provider.model.client import Client
from provider.model.response_type import carries_tokens
from provider.parts import Fact
from provider.roles import ResponseMode

ISSUER_IDENTIFICATION = Fact(authorization_response_iss_parameter_supported=True)


@dataclass(frozen=True)
class ReturnAddress:
    """A proven client, its redirect URI, how to answer there, and the client's `state`."""

    client: Client
    redirect_uri: str
    mode: ResponseMode
    state: str | None

    def success(self, ctx: Context, parameters: dict[str, str]) -> Response:
        """Send the outcome to the client."""
        return self._send(ctx, parameters)

    def error(
        self, ctx: Context, error: ProtocolError, about: Mapping[str, str] | None = None
    ) -> Response:
        """Send a refusal to the client, with what it says besides."""
        ctx.client = self.client
        ctx.report_refusal(error)
        parameters = {**(about or {}), "error": error.error}
        if error.description:
            parameters["error_description"] = error.description
        return self._send(ctx, parameters)

    def _send(self, ctx: Context, parameters: dict[str, str]) -> Response:
        if self.state is not None:
            parameters["state"] = self.state
        parameters["iss"] = ctx.issuer
        return self.mode.deliver(ctx, self.redirect_uri, parameters)


class NoReturnAddress(InvalidRequest):
    """The request must be answered with a page. `received` may be shown to the person."""

    def __init__(
        self, description: str, *, client: Client | None = None, received: str | None = None
    ) -> None:
        super().__init__(description)
        self.client = client
        self.received = received


def registered_client(ctx: Context, parameters: Parameters) -> Client:
    """Return the client that the request says it is from. Raises NoReturnAddress."""
    client_id = parameters.get("client_id")
    if client_id is None:
        raise NoReturnAddress("The client_id parameter is missing.")
    client = ctx.find_client(client_id)
    if client is None or client.disabled_at is not None:
        raise NoReturnAddress("The client_id is not registered here.")
    return client


def prove(ctx: Context, parameters: Parameters) -> tuple[ReturnAddress, ProtocolError | None]:
    """Return where to answer, and what is wrong with how the client wants to be answered.

    Raises NoReturnAddress: unknown or disabled client, or a redirect URI that is absent or
    not one of the client's. A response mode that is not to be had is answered in the default
    one of the response type (OAuth 2.0 Multiple Response Type Encoding Practices §2.1).
    """
    client = registered_client(ctx, parameters)
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri is None:
        raise NoReturnAddress("The redirect_uri parameter is missing.", client=client)
    if not client.check_redirect_uri(redirect_uri):
        raise NoReturnAddress(
            "The redirect_uri is not registered for this client. It is compared exactly.",
            client=client,
            received=redirect_uri,
        )
    modes = {mode.mode: mode for mode in ctx.provider.parts.playing(ResponseMode)}
    in_fragment = "fragment" in modes and carries_tokens(parameters.get("response_type"))
    default = "fragment" if in_fragment else "query"
    wanted = parameters.get("response_mode") or default
    problem = None
    if wanted not in modes:
        problem = InvalidRequest("This response_mode is not supported.")
    elif wanted == "query" and in_fragment:
        problem = InvalidRequest("Tokens are not sent in the query; leave out response_mode.")
    mode = modes[default if problem else wanted]
    return ReturnAddress(client, redirect_uri, mode, parameters.get("state")), problem

"""The client credentials grant (RFC 6749 §4.4): the client acts for itself. Nothing is
remembered about it, so it costs no write.

Stricter: scopes that are about a person are left out, because there is none."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from provider.authorization import resource, scope
from provider.context import Context
from provider.errors import InvalidScope
from provider.grants.issuing import AUTH_METHODS, TokenResponse, issue
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.roles import Scope


class ClientCredentials(ClientCredentialsGrant):
    """`grant_type=client_credentials`."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = [
        method for method in AUTH_METHODS if method != "none"
    ]

    def validate_requested_scope(self) -> None:
        """Settle scopes and resources. Raises InvalidScope, InvalidTarget."""
        ctx: Context = self.request.ctx
        client: Client = self.request.client
        about_people = {part.scope for part in ctx.provider.parts.playing(Scope)}
        parameters = self.request.payload.parameters
        requested = parameters.get("scope")
        wanted = client.scope if requested is None else scope.well_formed(requested)
        allowed = client.get_allowed_scope(wanted)
        self._scopes = tuple(name for name in allowed.split() if name not in about_people)
        if requested is not None and not self._scopes:
            raise InvalidScope("The client may have none of the scopes it asks for.")
        self._resources = resource.granted(client, parameters.getlist("resource"))

    def create_token_response(self) -> TokenResponse:
        """Issue an access token for the client itself."""
        ctx: Context = self.request.ctx
        client: Client = self.request.client
        authorization = Authorization(
            id=None,
            client_id=client.client_id,
            account_id=None,
            scopes=self._scopes,
            resources=self._resources,
            created_at=ctx.now,
        )
        return issue(ctx, client, authorization, scopes=self._scopes, resources=self._resources)

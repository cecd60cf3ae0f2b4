"""Turns proven parameters into a checked authorization request (RFC 6749 §3.1, OpenID
Connect Core §3.1.2.2): what each value must be, then the list of checks in the order
`features` names them. Shared by every endpoint that takes authorization requests."""

from provider.authorization import claims_parameter, id_token_hint, prompt, resource, scope
from provider.authorization.response import ReturnAddress
from provider.context import Context
from provider.errors import InvalidRequest
from provider.http import Parameters
from provider.model.authorization_request import AuthorizationRequest
from provider.model.requested_claims import RequestedClaims
from provider.roles import AuthorizationCheck

_MAX_LENGTHS = {
    "state": 2048, "nonce": 512, "login_hint": 320, "ui_locales": 200, "claims": 4096,
}  # fmt: skip


def check_all(
    ctx: Context, address: ReturnAddress, response_type: str, parameters: Parameters
) -> AuthorizationRequest:
    """Return the request. Raises the ProtocolError of the first rule it breaks."""
    for name, longest in _MAX_LENGTHS.items():
        if len(parameters.get(name) or "") > longest:
            raise InvalidRequest(f"The {name} parameter is too long.")
    client = address.client
    scopes = scope.granted(client, parameters.get("scope"), response_type)
    asked = claims_parameter.parse(parameters.get("claims"))
    claims = claims_parameter.granted(ctx, client, scopes, asked)
    request = AuthorizationRequest(
        client=client,
        redirect_uri=address.redirect_uri,
        response_type=response_type,
        response_mode=address.mode.mode,
        scopes=scopes,
        resources=resource.granted(client, parameters.getlist("resource")),
        state=address.state,
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge"),
        prompts=prompt.parse(parameters.get("prompt")),
        max_age=prompt.parse_max_age(parameters.get("max_age"), client.default_max_age),
        login_hint=parameters.get("login_hint"),
        ui_locales=parameters.get("ui_locales"),
        subject_hint=_subject(ctx, address, parameters.get("id_token_hint"), asked),
        claims=claims,
        claims_beyond_scopes=claims_parameter.beyond(ctx, scopes, claims),
        required_acr=claims_parameter.required_acr(ctx, asked),
    )
    for check in ctx.provider.parts.playing(AuthorizationCheck):
        check.check(ctx, request, parameters)
    return request


def _subject(
    ctx: Context, address: ReturnAddress, hint: str | None, asked: RequestedClaims
) -> str | None:
    """Return whom the answer must be about: the hint and the claims parameter must agree."""
    hinted, named = _subject_hint(ctx, address, hint), claims_parameter.subject(asked)
    if hinted is not None and named is not None and hinted != named:
        raise InvalidRequest("The id_token_hint and the claims parameter name different persons.")
    return hinted or named


def _subject_hint(ctx: Context, address: ReturnAddress, value: str | None) -> str | None:
    if value is None:
        return None
    hint = id_token_hint.read(ctx, value)
    if hint is None or hint.client_id != address.client.client_id:
        raise InvalidRequest("The id_token_hint is not an ID token of ours for this client.")
    return hint.subject

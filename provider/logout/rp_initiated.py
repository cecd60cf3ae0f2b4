"""A logout request (OpenID Connect RP-Initiated Logout §2): who asks, whether the hint is
ours, and where the browser may go afterwards. Pure reading; nothing ends here. A hint
that is not genuine counts as none, and then nobody is sent anywhere unasked."""

from dataclasses import dataclass
from urllib.parse import urlencode

from provider.authorization import id_token_hint
from provider.context import Context
from provider.http import Parameters
from provider.model.client import Client
from provider.store import clients


@dataclass(frozen=True, kw_only=True)
class LogoutRequest:
    """A request to sign out. `subject`: whom a genuine hint names. `return_uri`: where to
    go afterwards, `state` included, or None; `refused_uri`: one asked for in vain."""

    client: Client | None
    subject: str | None
    return_uri: str | None
    refused_uri: str | None


def read(ctx: Context, parameters: Parameters) -> LogoutRequest:
    """Return what the parameters ask for."""
    presented = parameters.get("id_token_hint")
    hint = id_token_hint.read(ctx, presented) if presented else None
    named = parameters.get("client_id")
    client_id = named or (hint.client_id if hint else None)
    is_consistent = hint is None or named in (None, hint.client_id)
    is_genuine = is_consistent and not (presented and hint is None)
    client = clients.find(ctx.tx, client_id) if client_id and is_genuine else None
    if client is not None and client.disabled_at is not None:
        client = None
    wanted = parameters.get("post_logout_redirect_uri")
    allowed = client is not None and wanted in client.post_logout_redirect_uris
    return LogoutRequest(
        client=client,
        subject=hint.subject if hint and client else None,
        return_uri=_with_state(wanted, parameters.get("state")) if wanted and allowed else None,
        refused_uri=None if allowed else wanted,
    )


def _with_state(uri: str, state: str | None) -> str:
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}"

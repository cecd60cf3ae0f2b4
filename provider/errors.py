"""Protocol errors: one class per registered code, on top of Authlib's. Each speaks to
three audiences: `error` to a machine, `description` (constant ASCII text) to the
client's developer, `reason` to our log. A `sub_reason` names a page that explains what
happened, `counted_as` one of few kinds where there is no such page; `keeps_work` says that
what was done so far stays (a replay ends a family even though its request is refused).
Raised anywhere, rendered only at the door."""

from authlib.oauth2 import OAuth2Error


class ProtocolError(OAuth2Error):
    """A refusal in the words of a specification."""

    error = "invalid_request"
    status_code = 400
    default_description: str | None = None

    def __init__(
        self,
        description: str | None = None,
        *,
        reason: str | None = None,
        sub_reason: str | None = None,
        counted_as: str = "",
        keeps_work: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(description=description or self.default_description)
        self.reason = reason
        self.sub_reason = sub_reason
        self.counted_as = sub_reason or counted_as
        self.keeps_work = keeps_work
        self.extra_headers = headers


class Overtaken(Exception):
    """What a request was decided by changed before it could issue anything, such as a client that
    this process remembers. No refusal: the door has the request decided anew, once."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"something changed while a request of {client_id} was decided")
        self.client_id = client_id


def in_our_words(error: OAuth2Error) -> ProtocolError:
    """Return a refusal of Authlib's own as one of ours."""
    if isinstance(error, ProtocolError):
        return error
    ours = ProtocolError(reason=f"refused by {type(error).__name__}")
    ours.error, ours.description = error.error, error.description
    ours.status_code = error.status_code
    return ours


class InvalidRequest(ProtocolError):
    """RFC 6749 §4.1.2.1, §5.2."""


class PageExpired(InvalidRequest):
    """A page of ours that is too old, was answered already, or belongs to another browser."""

    default_description = "This page has expired or was answered already."


class PageForged(InvalidRequest):
    """An answer to a page of ours that the page did not give."""

    status_code = 403
    default_description = "The answer did not come from the page it should have come from."


class PayloadTooLarge(InvalidRequest):
    """RFC 9110 §15.5.14."""

    status_code = 413


class InvalidClient(ProtocolError):
    """RFC 6749 §5.2. One text whoever is unknown and whatever is wrong."""

    error = "invalid_client"
    status_code = 401
    default_description = "Client authentication failed."


class UnauthorizedClient(ProtocolError):
    """RFC 6749 §4.1.2.1, §5.2."""

    error = "unauthorized_client"


class InvalidGrant(ProtocolError):
    """RFC 6749 §5.2."""

    error = "invalid_grant"


class UnsupportedGrantType(ProtocolError):
    """RFC 6749 §5.2."""

    error = "unsupported_grant_type"
    default_description = "This grant type is not supported."


class UnsupportedResponseType(ProtocolError):
    """RFC 6749 §4.1.2.1."""

    error = "unsupported_response_type"
    default_description = "This response type is not supported."


class InvalidScope(ProtocolError):
    """RFC 6749 §4.1.2.1, §5.2."""

    error = "invalid_scope"


class InvalidTarget(ProtocolError):
    """RFC 8707 §2."""

    error = "invalid_target"
    default_description = "This client may not ask for access to that resource."


class AccessDenied(ProtocolError):
    """RFC 6749 §4.1.2.1."""

    error = "access_denied"
    default_description = "The person declined."


class LoginRequired(ProtocolError):
    """OpenID Connect Core §3.1.2.6."""

    error = "login_required"
    default_description = "The person has to sign in, and prompt=none forbids to ask."


class ConsentRequired(ProtocolError):
    """OpenID Connect Core §3.1.2.6."""

    error = "consent_required"
    default_description = "The person has to consent, and prompt=none forbids to ask."


class UnmetAuthenticationRequirements(ProtocolError):
    """OpenID Connect Core Unmet Authentication Requirements §2."""

    error = "unmet_authentication_requirements"
    default_description = "No way of signing in here reaches an acr that the client requires."


class InvalidRequestObject(ProtocolError):
    """RFC 9101 §7, OpenID Connect Core §3.1.2.6. What exactly is wrong is for our log."""

    error = "invalid_request_object"
    default_description = "The request object is not a valid one of this client for this server."


class InvalidRequestUri(ProtocolError):
    """RFC 9101 §7, OpenID Connect Core §3.1.2.6."""

    error = "invalid_request_uri"
    default_description = "The request_uri is not registered for this client or can not be read."


class RegistrationNotSupported(ProtocolError):
    """OpenID Connect Core §7.2.1."""

    error = "registration_not_supported"
    default_description = "The registration parameter is not supported."


class InvalidToken(ProtocolError):
    """RFC 6750 §3.1."""

    error = "invalid_token"
    status_code = 401
    default_description = "The access token is not valid here, has expired or was revoked."


class InsufficientScope(ProtocolError):
    """RFC 6750 §3.1."""

    error = "insufficient_scope"
    status_code = 403


class NoSuchStatusList(InvalidRequest):
    """RFC 9110 §15.5.5: there is no status list at this address, or no longer."""

    status_code = 404
    default_description = "There is no status list at this address."


class NotAcceptable(InvalidRequest):
    """RFC 9110 §15.5.7."""

    status_code = 406


class NoHistory(InvalidRequest):
    """draft-ietf-oauth-status-list-21 §8.4: the state at an earlier time is not kept."""

    status_code = 501
    default_description = "Status lists are served as they are now; earlier ones are not kept."


class TooManyRegistrations(ProtocolError):
    """RFC 6585 §4: one address registers more than it may. Choice: the code is
    `temporarily_unavailable`, since no specification registers one for this."""

    error = "temporarily_unavailable"
    status_code = 429
    default_description = "Too many registrations come from this address. Try again later."

    def __init__(self, seconds: int) -> None:
        super().__init__(headers=(("Retry-After", str(seconds)),))


class TooManyGuesses(ProtocolError):
    """RFC 6585 §4: one address sends wrong secrets of one client again and again. Choice: not
    `invalid_client`, because the secret was not looked at and may be the right one."""

    error = "temporarily_unavailable"
    status_code = 429
    default_description = "Too many wrong client secrets come from this address. Try again later."

    def __init__(self, seconds: int) -> None:
        super().__init__(headers=(("Retry-After", str(seconds)),))


class ServerError(ProtocolError):
    """RFC 6749 §4.1.2.1: our fault."""

    error = "server_error"
    status_code = 500
    default_description = "Something went wrong here. The reference number helps to find it."


class TemporarilyUnavailable(ProtocolError):
    """RFC 6749 §4.1.2.1: an outage, which is not a verdict."""

    error = "temporarily_unavailable"
    status_code = 503
    default_description = "The server can not answer right now. Try again shortly."

    def __init__(self, *, reason: str | None = None) -> None:
        super().__init__(reason=reason, headers=(("Retry-After", "1"),))

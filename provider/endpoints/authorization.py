"""The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2). Checks the
request, has the decision taken, and either sends the browser to a page, or answers the
client. Without a proven return address nothing is ever sent anywhere but to a page."""

from typing import Any
from urllib.parse import urlencode

from provider.authorization import waiting
from provider.authorization.decision import AskConsent, Issue, Refuse, SignIn, Situation, decide
from provider.authorization.response import ReturnAddress, prove
from provider.authorization_server import AuthorizationServer, ProtocolRequest
from provider.claims.subject import is_subject
from provider.context import Context
from provider.credentials import session_cookie
from provider.errors import InvalidRequest, InvalidRequestObject, ProtocolError
from provider.http import MAX_QUERY, Parameters, RepeatedParameter, Request, Response
from provider.model.account import Account
from provider.model.authorization_request import AuthorizationRequest, StoredRequest
from provider.model.session import Session
from provider.roles import Endpoint
from provider.store import consents, seen_jtis

_WHERE_TO_ANSWER = frozenset({"client_id", "redirect_uri", "response_mode", "state", "handle"})


class Authorization(Endpoint):
    """Where a client sends the browser, and where our pages send it back."""

    path = "/authorize"
    methods = ("GET", "POST")
    name = "authorization_endpoint"
    specs = ("RFC 6749 section 3.1", "OpenID Connect Core 1.0 section 3.1.2", "RFC 9207")
    for_people = True

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def respond(self, ctx: Context, request: Request) -> Response:
        """Answer, or send the browser to a page."""
        try:
            if request.method == "POST":
                return _as_get(ctx, request)
            return self._answer(ctx, request)
        except RepeatedParameter as error:
            if error.names & _WHERE_TO_ANSWER:
                raise
            address, _ = prove(ctx, error.others)
            return address.error(ctx, error)

    def _answer(self, ctx: Context, request: Request) -> Response:
        parameters = request.query
        # in a client's own request it is a parameter we do not know (RFC 6749 §3.1)
        handle = None if "client_id" in parameters else parameters.get("handle")
        stored = waiting.find(ctx, handle) if handle else None
        if stored is not None:
            parameters = Parameters.from_lists(stored.parameters)
        protocol_request = ProtocolRequest(ctx, parameters, stored)
        try:
            grant = self._server.check(protocol_request)
            return self._proceed(ctx, grant, handle, stored)
        except ProtocolError as error:
            if protocol_request.return_address is None:
                raise
            return _refuse(ctx, protocol_request, protocol_request.return_address, stored, error)

    def _proceed(
        self,
        ctx: Context,
        grant: Any,
        handle: str | None,
        stored: StoredRequest | None,
    ) -> Response:
        found = session_cookie.find(ctx)
        response = self._carry_out(ctx, grant, handle, stored, found)
        response.headers.extend(
            ("Set-Cookie", cookie) for cookie in session_cookie.notice(ctx, found)
        )
        return response

    def _carry_out(
        self,
        ctx: Context,
        grant: Any,
        handle: str | None,
        stored: StoredRequest | None,
        found: tuple[Session, Account] | None,
    ) -> Response:
        request = grant.request.authorization_request
        session, account = found or (None, None)
        client_id = request.client.client_id
        decision = decide(
            Situation(
                request=request,
                session=session,
                account=account,
                consent=consents.hold(ctx.tx, account.id, client_id) if account else None,
                now=ctx.now,
                authenticated_here=stored.authenticated_session_id if stored else None,
                consented_here=stored.consented_session_id if stored else None,
                shown=stored.shown if stored else None,
                is_someone_else=_is_someone_else(ctx, request, account),
            )
        )
        match decision:
            case SignIn(why):
                return _to_page(ctx, "login", why, grant.request, handle)
            case AskConsent(why):
                return _to_page(ctx, "consent", why, grant.request, handle)
            case Refuse(error):
                return _refuse(
                    ctx, grant.request, grant.request.return_address, stored, error,
                    session_cookie.told(
                        ctx, request.client, request.redirect_uri, request.scopes, found
                    ),
                )  # fmt: skip
            case Issue(session, account):
                if not _use_up(ctx, grant.request):
                    raise InvalidRequestObject(reason="request object: used by a parallel request")
                if stored is not None:
                    waiting.finish(ctx, stored)
                response: Response = self._server.authorize(grant, session, account)
                return response


def _refuse(
    ctx: Context,
    request: ProtocolRequest,
    address: ReturnAddress,
    stored: StoredRequest | None,
    error: ProtocolError,
    about: dict[str, str] | None = None,
) -> Response:
    _use_up(ctx, request)
    if stored is not None:
        waiting.finish(ctx, stored)
    return address.error(ctx, error, about)


def _is_someone_else(ctx: Context, request: AuthorizationRequest, account: Account | None) -> bool:
    hint = request.subject_hint
    if hint is None or account is None:
        return False
    return not is_subject(ctx, hint, account.id, request.client)


def _use_up(ctx: Context, request: ProtocolRequest) -> bool:
    """Use up what may be answered once. Return whether this is the first answer."""
    single_use = request.single_use
    return single_use is None or seen_jtis.use(ctx.tx, single_use.digest, single_use.until)


def _to_page(
    ctx: Context, page: str, why: str | None, request: ProtocolRequest, handle: str | None
) -> Response:
    cookie = None
    if handle is None:
        payload = request.payload
        handle, cookie = waiting.store(
            ctx, payload.parameters, request.single_use, payload.client_id
        )
    reason = f"?why={why}" if why else ""
    response = Response.see_other(ctx.url(f"/interaction/{handle}/{page}{reason}"))
    if cookie is not None:
        response.headers.append(("Set-Cookie", cookie))
    return response


def _as_get(ctx: Context, request: Request) -> Response:
    """Ask the browser to come again with GET.

    Choice: cookies with SameSite=Lax do not come along with a POST from another site,
    and without them the session would not be seen.
    """
    query = urlencode(request.form.as_lists(), doseq=True)
    if request.query_string:
        raise InvalidRequest("Send the parameters in the body or in the query, not in both.")
    if len(query) > MAX_QUERY:
        raise InvalidRequest("The authorization request is too long.")
    return Response.see_other(ctx.url("/authorize?" + query))

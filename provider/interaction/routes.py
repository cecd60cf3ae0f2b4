"""Which page is at which address: Flask's part of the provider."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from provider import door
from provider.context import Context, Provider
from provider.errors import InvalidRequest
from provider.front import read_request, security_headers
from provider.http import Response
from provider.interaction import account, consent, home, login, logout
from provider.interaction.problem import not_found, problem
from provider.interaction.rendering import STATIC

Page = Callable[..., Response]

GET: dict[str, Page] = {
    "/": home.show,
    "/interaction/<handle>/login": login.show,
    "/interaction/<handle>/consent": consent.show,
    "/account": account.show,
    "/account/login": account.show_login,
    "/signed-out": logout.signed_out,
    "/errors": home.reasons,
    "/errors/<code>": home.reasons,
    "/health/live": home.live,
    "/health/ready": home.ready,
}

POST: dict[str, Page] = {
    "/interaction/<handle>/login": login.submit,
    "/interaction/<handle>/consent": consent.submit,
    "/account/login": account.submit_login,
    "/account/withdraw": account.withdraw,
    "/account/sessions/end": account.end_session,
    "/account/sessions/end-others": account.end_others,
    "/account/sign-out": account.sign_out,
    "/logout/confirm": logout.submit,
}

_ONE_YEAR = 31536000


def mount(app: flask.Flask, provider: Provider) -> None:
    """Put the pages and their static files below the issuer's path.

    Addresses are taken as they are: the router would answer doubled slashes with a
    redirect to whatever the Host header says.
    """
    app.url_map.merge_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    pages = flask.Blueprint(
        "pages",
        __name__,
        url_prefix=provider.settings.issuer_path or None,
        static_folder=STATIC,
        static_url_path="/static",
    )
    for method, routes in (("GET", GET), ("POST", POST)):
        for path, page in routes.items():
            name = f"{method}_{page.__module__}_{page.__name__}_{path}".replace(".", "_")
            view = _view(provider, page)
            pages.add_url_rule(path, name, view, methods=[method], provide_automatic_options=False)
    app.register_blueprint(pages)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _ONE_YEAR
    app.before_request(lambda: _refuse_other_spelling(app))
    app.register_error_handler(HTTPException, _view(provider, _unroutable))
    app.after_request(lambda response: _secured(provider, response))


def _refuse_other_spelling(app: flask.Flask) -> None:
    """Methods are case-sensitive (RFC 9110 §9.1); the framework takes `get` for GET."""
    request = flask.request
    if request.environ["REQUEST_METHOD"] != request.method:
        adapter = app.create_url_adapter(request)
        if adapter is not None and (allowed := sorted(adapter.allowed_methods())):
            raise MethodNotAllowed(allowed)


def _view(provider: Provider, page: Page) -> Callable[..., flask.Response]:
    def view(*args: Any, **values: Any) -> flask.Response:
        request, out_of_bounds = read_request(
            flask.request.environ, provider.settings.trusted_proxies
        )

        def respond(ctx: Context) -> Response:
            if out_of_bounds is not None:
                raise out_of_bounds
            return page(ctx, *args, **values)

        response = door.answer(provider, request, respond, problem, read_only=False)
        answer = flask.Response(response.body, response.status, response.headers)
        if not response.body:  # what is empty is no page
            answer.headers.pop("Content-Type", None)
        return answer

    return view


def _unroutable(ctx: Context, error: HTTPException) -> Response:
    """Answer where no page is, or none that takes such a request (RFC 9110 §15.5.6)."""
    if error.code == HTTPStatus.NOT_FOUND:
        return not_found(ctx)
    allow = tuple((name, value) for name, value in error.get_headers() if name == "Allow")
    refusal = InvalidRequest("This address does not take such a request.", headers=allow)
    refusal.status_code = error.code or HTTPStatus.BAD_REQUEST
    raise refusal


def _secured(provider: Provider, response: flask.Response) -> flask.Response:
    for name, value in security_headers(provider):
        response.headers.setdefault(name, value)
    return response

"""Turns a template into a response: the person's language, the headers that keep a page
from being framed, cached or made to run anything, and addresses of static files that
change with their content."""

from collections.abc import Collection
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from provider.context import Context
from provider.credentials import session_cookie
from provider.errors import InvalidRequest
from provider.http import Response
from provider.interaction import locale
from provider.interaction.locale import Translations
from provider.model.client import Client
from provider.model.redirect_uri import origin

HERE = Path(__file__).parent
STATIC = HERE / "static"
_KEPT = frozenset({
    "client_id", "id_token_hint", "post_logout_redirect_uri", "redirect_uri", "response_type",
    "scope", "state", "ui_locales", "why",
})  # fmt: skip

_LANGUAGES = locale.load()
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    ctx: Context,
    template: str,
    *,
    status: int = 200,
    form_targets: Collection[str] = (),
    ui_locales: str | None = None,
    framed: Collection[str] = (),
    nonce: str | None = None,
    **content: Any,
) -> Response:
    """Return a page. `form_targets`: origins its form may lead to beside our own, because
    browsers apply `form-action` to the redirects that follow a form. `ui_locales`: what
    the client believes the person reads; what the person chose here, with `lang`, counts
    more and is remembered. `framed`: addresses the page may load in frames; `nonce`: of
    its one script."""
    wish, translations = _language(ctx, ui_locales)
    html = _render(ctx, template, translations, nonce=nonce, **content)
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Language", translations.locale.replace("_", "-")),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Content-Security-Policy", _policy(ctx, form_targets, framed, nonce)),
    ]
    if wish:
        cookie = session_cookie.set_cookie(ctx, "locale", translations.locale, 31536000)
        headers.append(("Set-Cookie", cookie))
    return Response(status=status, headers=headers, body=html.encode())


def form_post(ctx: Context, action: str, fields: list[tuple[str, str]], nonce: str) -> str:
    """Return the HTML of the page that posts an authorization response."""
    _, translations = _language(ctx, None)
    return _render(ctx, "form_post.html", translations, action=action, fields=fields, nonce=nonce)


def languages() -> list[str]:
    """Return the languages of the pages, as BCP 47 tags."""
    return [code.replace("_", "-") for code in _LANGUAGES]


def language(ctx: Context, ui_locales: str | None = None) -> str:
    """Return the language, a BCP 47 tag, in which `page` answers."""
    return _language(ctx, ui_locales)[1].locale.replace("_", "-")


def client_facts(
    ctx: Context,
    client: Client,
    *,
    redirect_uri: str | None = None,
    ui_locales: str | None = None,
) -> dict[str, Any]:
    """Return what pages show of a client, as it says it in the language of the page; `host` is
    where the person will be sent.

    Choice: a logo is an image that the browser takes from where the client says. We hand no
    copy of it out, so that nothing a client made is ever served from our own address.
    """
    client = client.in_language(language(ctx, ui_locales))
    uri = redirect_uri or next(iter(client.redirect_uris), None)
    place = origin(uri) if uri else None
    return {
        "name": client.client_name,
        "logo_uri": client.logo_uri,
        "policy_uri": client.policy_uri,
        "tos_uri": client.tos_uri,
        "client_uri": client.client_uri,
        "host": place.split("://")[1] if place else (uri or "").split(":")[0],
    }


def _render(ctx: Context, template: str, translations: Translations, **content: Any) -> str:
    return _TEMPLATES.get_template(template).render(
        brand=ctx.settings.brand,
        home_url=ctx.url("/"),
        static=lambda name: ctx.url(f"/static/{name}?v={_fingerprint(name)}"),
        locales=[
            (one.locale, one.native_name, _same_page(ctx, one.locale.replace("_", "-")))
            for one in _LANGUAGES.values()
        ],
        **translations.context(),
        **content,
    )


def _language(ctx: Context, ui_locales: str | None) -> tuple[str | None, Translations]:
    query = _query(ctx)
    wish, ui_locales = query.get("lang"), ui_locales or query.get("ui_locales")
    kept = ctx.request.cookies.get(session_cookie.cookie_name(ctx, "locale"))
    preferred = (wish, kept, ui_locales)
    chosen = locale.negotiate(
        " ".join(filter(None, preferred)),
        ctx.request.headers.get("accept-language"),
        _LANGUAGES.keys(),
    )
    return wish, _LANGUAGES[chosen]


def _same_page(ctx: Context, lang: str) -> str:
    """Return the link to this page in another language. Of what came along it keeps only
    what the page needs: a secret in a query is not repeated."""
    kept = {name: value for name, value in _query(ctx).items() if name in _KEPT}
    return "?" + urlencode({**kept, "lang": lang})


def _query(ctx: Context) -> dict[str, str]:
    with suppress(InvalidRequest):  # the page may be about a query that can not be read
        return ctx.request.query.as_dict()
    return {}


@cache
def _fingerprint(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _policy(
    ctx: Context, form_targets: Collection[str], framed: Collection[str], nonce: str | None
) -> str:
    images = "'self' https: data:"
    if not ctx.settings.secure:
        images += " http://localhost:* http://127.0.0.1:*"
    targets = " ".join(["'self'", *sorted(form_targets)])
    policy = (
        f"default-src 'none'; style-src 'self'; img-src {images}; form-action {targets}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    if framed:
        sources = sorted({source for uri in framed for source in form_target(uri)})
        policy += f"; frame-src {' '.join(sources)}"
    return f"{policy}; script-src 'nonce-{nonce}'" if nonce else policy


def form_target(uri: str | None) -> tuple[str, ...]:
    """Return the source expression under which a form may lead to `uri`: its origin, or its
    scheme where there is none and for an IPv6 address, which has no place in a policy."""
    if uri is None:
        return ()
    place = origin(uri)
    return (place,) if place and "[" not in place else (uri.split(":", 1)[0] + ":",)

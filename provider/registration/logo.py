"""The logos of a client (RFC 7591 §2, §5), looked at when it registers or names others: each is to
be an image of a bounded size. Nothing of the answer is kept or handed out; browsers take the logo
from where it is. How much is demanded is `registration.logo_check`. Called with `sector` by
whoever registers or changes a client.

Choice: SVG is an image like others, as a browser runs no script of one that stands in `<img>`.
"""

from urllib.parse import SplitResult, unquote, urlsplit

from provider.context import Context
from provider.model import localized
from provider.model.client import Client
from provider.outgoing.destination import is_public
from provider.outgoing.fetcher import AnswerTooLong, FetchFailed
from provider.registration.problem import NotRegistrable
from provider.settings import Settings, kinds

LONGEST = 1024 * 1024
MOST = 5
"""Logos at one registration or change: each is a request of ours."""

_IMAGES = frozenset(
    f"image/{kind}"
    for kind in ("png", "jpeg", "gif", "webp", "avif", "svg+xml", "x-icon", "vnd.microsoft.icon")
)
_FIELD = "logo_uri"
_PRIVATE_NAMES = frozenset({"localhost", "local", "internal"})


def check(ctx: Context, client: Client, before: Client | None = None) -> bool:
    """Raise NotRegistrable unless the logos are good and stand in public. Return whether any was
    looked at.

    `before`: the client as it is registered; its logos were looked at already. Like `sector`,
    it leaves no transaction open: what was written before is undone where this returns True.
    """
    demanded = ctx.settings.registration.logo_check
    addresses = _addresses(client)
    new = [one for one in addresses if before is None or one not in _addresses(before)]
    for address in new:
        _check_place(ctx.settings, address)
    if demanded == "off" or not new:
        return False
    if len(new) > MOST:
        raise NotRegistrable(f"at most {MOST} logos are looked at at once", _FIELD)
    ctx.work.close()
    for address in new:
        try:
            _look_at(ctx, address)
        except AnswerTooLong as error:
            raise NotRegistrable(f"the logo: {error.reason}", _FIELD) from None
        except FetchFailed as error:
            if demanded == "required":
                raise NotRegistrable(f"the logo: {error.reason}", _FIELD) from None
            break
    return True


def _check_place(settings: Settings, address: str) -> None:
    """Refuse what a page of ours would make the browser of a person ask for in that person's own
    network, or of us. Hosts that the operator allowed are taken, and any where the provider itself
    is tried out on one machine."""
    ours, there = urlsplit(settings.issuer), urlsplit(address)
    if kinds.is_loopback(ours.hostname or ""):
        return
    if _is_of(ours, there):
        raise NotRegistrable("the logo: it stands at this provider", _FIELD)
    host, port = there.hostname or "", _port(there)
    names = {host, f"{host}:{port}", f"http://{host}:{port}"}
    if _is_private(host.rstrip(".")) and names.isdisjoint(settings.outgoing.allow_hosts):
        raise NotRegistrable("the logo: its host is not public", _FIELD)


def _is_of(ours: SplitResult, there: SplitResult) -> bool:
    host = (there.hostname or "").rstrip(".")
    if (host, _port(there)) != (ours.hostname, _port(ours)):
        return False
    steps = there.path.replace("\\", "/").split("/")
    return (
        any(unquote(step) in (".", "..") for step in steps)  # a browser resolves them
        or unquote(there.path) == ours.path
        or unquote(there.path).startswith(ours.path + "/")
        or not ours.path
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (80 if parts.scheme == "http" else 443)


def _is_private(host: str) -> bool:
    """A browser takes a host for an IPv4 address by its last part, in other spellings too (WHATWG
    URL §3.5). Names: RFC 6761 §6.3, RFC 6762 §3 and the one kept free for private use."""
    last = host.rpartition(".")[2]
    if ":" in host or last.isdigit() or last.startswith("0x"):
        return not is_public(host)
    return last in _PRIVATE_NAMES


def _look_at(ctx: Context, address: str) -> None:
    answer = ctx.provider.fetcher.get(address, accept="image/*", longest=LONGEST)
    if answer.media_type not in _IMAGES:
        raise NotRegistrable("the logo: what is there is not an image", _FIELD)


def _addresses(client: Client) -> list[str]:
    said = [
        value for name, value in client.localized.items() if localized.member_of(name) == _FIELD
    ]
    return list(dict.fromkeys([*([client.logo_uri] if client.logo_uri else []), *said]))

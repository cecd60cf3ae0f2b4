"""The logos of a client (RFC 7591 §2, §5), looked at when it registers or names others: each is to
be an image of a bounded size. Nothing of the answer is kept or handed out; browsers take the logo
from where it is. How much is demanded is `registration.logo_check`. Called with `sector` by
whoever registers or changes a client.

Choice: SVG is an image like others, as a browser runs no script of one that stands in `<img>`.
"""

from provider.context import Context
from provider.model import localized
from provider.model.client import Client
from provider.outgoing.fetcher import AnswerTooLong, FetchFailed
from provider.registration.problem import NotRegistrable

LONGEST = 1024 * 1024
MOST = 5
"""Logos at one registration or change: each is a request of ours."""

_IMAGES = frozenset(
    f"image/{kind}"
    for kind in ("png", "jpeg", "gif", "webp", "avif", "svg+xml", "x-icon", "vnd.microsoft.icon")
)
_FIELD = "logo_uri"


def check(ctx: Context, client: Client, before: Client | None = None) -> bool:
    """Raise NotRegistrable unless the logos are good. Return whether any was looked at.

    `before`: the client as it is registered; its logos were looked at already. Like `sector`,
    it leaves no transaction open: what was written before is undone where this returns True.
    """
    demanded = ctx.settings.registration.logo_check
    addresses = _addresses(client)
    new = [one for one in addresses if before is None or one not in _addresses(before)]
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


def _look_at(ctx: Context, address: str) -> None:
    answer = ctx.provider.fetcher.get(address, accept="image/*", longest=LONGEST)
    if answer.media_type not in _IMAGES:
        raise NotRegistrable("the logo: what is there is not an image", _FIELD)


def _addresses(client: Client) -> list[str]:
    said = [
        value for name, value in client.localized.items() if localized.member_of(name) == _FIELD
    ]
    return list(dict.fromkeys([*([client.logo_uri] if client.logo_uri else []), *said]))

"""What a client says of itself in several languages (RFC 7591 §2.2, OpenID Connect Dynamic Client
Registration §2.1): members such as `client_name#ko`, whose names end with a language tag of
BCP 47. Kept under the names that were sent. Read when a client registers and when a page shows it.
"""

import re
from collections.abc import Mapping

MARK = "#"
MEMBERS = ("client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri")
"""The members meant for people; a tag behind any other name has no meaning."""

_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_TAG = 64


def member_of(name: str) -> str | None:
    """Return the member that a name with a language tag belongs to, None for any other name."""
    member, mark, _ = name.partition(MARK)
    return member if mark and member in MEMBERS else None


def is_well_formed(tag: str) -> bool:
    """Return whether a language tag has the form of RFC 5646 §2.1. Whether its parts are
    registered is not asked, and the tags that were grandfathered in are not known."""
    return len(tag) <= _LONGEST_TAG and _TAG.fullmatch(tag) is not None


def choose(
    localized: Mapping[str, str], member: str, language: str, plain: str | None
) -> str | None:
    """Return what a member says to who reads `language`; `plain` is what it says without a tag.

    Looked up as RFC 4647 §3.4 describes: the language itself, then with less and less of its
    tag. Choice: a tag that says more than the page does (`ko-KR` for `ko`) comes before the
    value without a tag, and any language before nothing at all.
    """
    by_tag = {
        name.partition(MARK)[2].lower(): value
        for name, value in localized.items()
        if member_of(name) == member
    }
    wanted = language.lower().split("-")
    for length in range(len(wanted), 0, -1):
        prefix = "-".join(wanted[:length])
        narrower = (tag for tag in by_tag if tag.startswith(f"{prefix}-"))
        found = prefix if prefix in by_tag else next(narrower, None)
        if found is not None:
            return by_tag[found]
    return plain if plain is not None else next(iter(by_tag.values()), None)

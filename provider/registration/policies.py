"""What an operator's policy for a client may ask for, in one table: asked by whoever registers a
client, whatever the way in, and by `signet check` for those that were registered before. Tokens
are held within the bounds when they are issued, whatever is stored."""

from collections.abc import Iterator

from provider.model.client import (
    LONGEST_FAMILY_LIFE,
    LONGEST_REPEAT_WINDOW,
    LONGEST_TOKEN_LIFE,
    SHORTEST_TOKEN_LIFE,
    Client,
)
from provider.registration.problem import NotRegistrable

BOUNDS = {
    "access_token_lifetime": (
        SHORTEST_TOKEN_LIFE, LONGEST_TOKEN_LIFE, "an access token lives from a minute to a day",
    ),
    "refresh_idle_lifetime": (
        SHORTEST_TOKEN_LIFE, LONGEST_FAMILY_LIFE,
        "a refresh token may lie unused from a minute to 366 days",
    ),
    "refresh_absolute_lifetime": (
        SHORTEST_TOKEN_LIFE, LONGEST_FAMILY_LIFE,
        "refresh tokens of one sign-in live from a minute to 366 days",
    ),
    "refresh_repeat_window": (
        0, LONGEST_REPEAT_WINDOW, "a lost answer may be repeated for five minutes at most",
    ),
}  # fmt: skip
"""The lowest and the highest value of each policy that is a number of seconds, and the rule."""


def problems(client: Client) -> Iterator[tuple[str, str]]:
    """Yield each policy of the client that may not be, and the rule it breaks."""
    for name, (lowest, highest, rule) in BOUNDS.items():
        value = getattr(client.policy, name)
        if value is not None and not lowest <= value <= highest:
            yield name, rule
    if client.is_public and not client.policy.rotate_refresh_tokens:
        # RFC 9700 §2.2.2: sender-constrained or rotated, and no token is bound to a key here
        yield "rotate_refresh_tokens", "the refresh tokens of a public client are rotated"


def check(client: Client) -> None:
    """Raise NotRegistrable unless the client's policies are within their bounds."""
    for name, rule in problems(client):
        raise NotRegistrable(rule, name)

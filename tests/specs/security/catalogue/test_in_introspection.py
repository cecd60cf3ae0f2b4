"""IN: what introspection tells (RFC 7662 §2.2, §4)."""

from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, Tokens

INACTIVE = ("unknown", "a.b.c", "x" * 9000, "é", "signet_rt_x", "null", "%00", "' OR 1=1 --", ".")


def test_in_03_everything_else_is_exactly_inactive(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    """IN-02 as well: a foreign token reads like none."""
    tokens: Tokens = make_relying_party().sign_in(signed_in)
    own = relying_party.sign_in(signed_in)
    relying_party.revoke(own.refresh_token)
    answers = [
        relying_party.post("introspection", {"token": token, "token_type_hint": hint})
        for token in (*INACTIVE, *tokens.body.values(), *own.body.values())
        for hint in (None, "access_token", "refresh_token", "nonsense")
        if isinstance(token, str)
    ]
    assert {(one.status, one.body) for one in answers} == {(200, b'{"active":false}')}
    assert all(one.is_no_store for one in answers)

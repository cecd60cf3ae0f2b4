"""How tests present a client assertion (RFC 7523 §2.2)."""

from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, refusal
from tests.support.wire import Answer


def present(party: RelyingParty, assertion: str, **changes: str | list[str] | None) -> Answer:
    """Ask for a token of the client's own with this assertion and nothing else to prove it."""
    fields: dict[str, str | list[str] | None] = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return party.post_raw("token", {**fields, **changes})


def accepted(answer: Answer) -> bool:
    """Return whether the client was believed; if not, the refusal must be a proper one."""
    if answer.status == 200:
        return bool(answer.json["access_token"])
    refusal(answer, "invalid_client")
    return False

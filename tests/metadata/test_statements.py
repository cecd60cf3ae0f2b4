"""How many statements a request runs. The numbers are pinned so that nobody makes a path longer
without noticing; a smaller one is a reason to be glad and to change it here."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import statements

PINNED = {
    "client_credentials": 1,
    "code": 2,
    "refresh": 2,
    "authorize": 7,
    "userinfo": 4,
}


@pytest.mark.parametrize("what", PINNED)
def test_a_request_runs_no_more_statements_than_it_did(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser, what: str
) -> None:
    party: RelyingParty = make_relying_party()
    tokens = party.sign_in(signed_in)
    grant = party.authorize(signed_in)
    start = party.start()
    posts = {name: party.endpoint(name) for name in ("token", "userinfo")}
    assert all(posts.values())
    acts: dict[str, Callable[[], object]] = {
        "client_credentials": lambda: party.client_credentials(),
        "code": lambda: party.redeem_raw(grant),
        "refresh": lambda: party.refresh_raw(tokens.refresh_token),
        "authorize": lambda: signed_in.come(start.url),
        "userinfo": lambda: party.userinfo_raw(tokens.access_token),
    }
    with statements(provider) as run:
        answer = acts[what]()
    assert getattr(answer, "status", 200) == 200 or signed_in.left is not None
    assert len(run) == PINNED[what], "\n".join(run)

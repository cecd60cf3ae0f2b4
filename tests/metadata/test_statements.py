"""How many statements a request runs. The numbers are pinned so that nobody makes a path longer
without noticing; a smaller one is a reason to be glad and to change it here. Clients are kept in
memory, so a request that nothing but a client is needed for runs none."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.assertions import accepted, present
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import statements

PINNED = {
    "discovery": 0,
    "jwks": 0,
    "client_credentials": 0,
    "private_key_jwt": 1,
    "code": 1,
    "refresh": 1,
    "authorize": 4,
    "userinfo": 1,
    "introspection": 1,
    "revocation": 3,
}


@pytest.mark.both_databases
@pytest.mark.parametrize("what", PINNED)
def test_a_request_runs_no_more_statements_than_it_did(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser, what: str
) -> None:
    party: RelyingParty = make_relying_party()
    machine: RelyingParty = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    tokens = party.sign_in(signed_in)
    for _ in range(2):  # the first token gives a client its place in a status list
        party.client_credentials()
        assert accepted(present(machine, machine.assertion()))
    grant = party.authorize(signed_in)
    start = party.start()
    discovery = f"{party.issuer}/.well-known/openid-configuration"
    assertion = machine.assertion()
    posts = {name: party.endpoint(name) for name in ("token", "userinfo")}
    assert all(posts.values())
    acts: dict[str, Callable[[], object]] = {
        "discovery": lambda: wire.get(party.app, discovery),
        "jwks": lambda: wire.get(party.app, f"{party.issuer}/jwks"),
        "client_credentials": lambda: party.client_credentials(),
        "private_key_jwt": lambda: present(machine, assertion),
        "code": lambda: party.redeem_raw(grant),
        "refresh": lambda: party.refresh_raw(tokens.refresh_token),
        "authorize": lambda: signed_in.come(start.url),
        "userinfo": lambda: party.userinfo_raw(tokens.access_token),
        "introspection": lambda: party.introspect(tokens.access_token),
        "revocation": lambda: party.revoke(tokens.refresh_token),
    }
    with statements(provider) as run:
        answer = acts[what]()
    assert getattr(answer, "status", 200) == 200 or signed_in.left is not None
    assert len(run) == PINNED[what], "\n".join(run)

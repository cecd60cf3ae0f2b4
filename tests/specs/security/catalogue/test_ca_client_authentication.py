"""CA: who a client proves to be (RFC 6749 §2.3, RFC 7523 §3, RFC 10070; OWASP ASVS 6.3.1)."""

import pytest

from provider.context import Provider
from provider.credentials.guesses import FREE_FAILURES
from tests.specs.security.catalogue.conftest import Node, Nothing
from tests.support.arrival import MakeParty
from tests.support.assertions import accepted, present
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, basic, refusal
from tests.support.watching import statements
from tests.support.wire import Answer

OWN = {"grant_type": "client_credentials"}
PROVEN = ("token", "introspection", "revocation")


@pytest.fixture
def signer(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(token_endpoint_auth_method="private_key_jwt")


def fields_for(endpoint: str) -> dict[str, str]:
    return OWN if endpoint == "token" else {"token": "x"}


@pytest.mark.parametrize("endpoint", PROVEN)
def test_ca_01_two_ways_at_once_are_refused_everywhere(
    make_relying_party: MakeParty, nothing_left: Nothing, endpoint: str
) -> None:
    party = make_relying_party()
    header = {"Authorization": basic(party.client_id, party.secret or "")}
    for second in (
        {"client_secret": party.secret or ""}, {"client_secret": "wrong"},
        {"client_id": party.client_id, "client_secret": party.secret or ""},
        {"client_assertion": "a.b.c"}, {"client_assertion_type": "x"},
        {"client_secret": "x", "client_assertion": "a.b.c"},
    ):  # fmt: skip
        with nothing_left():
            answer = party.post_raw(endpoint, {**fields_for(endpoint), **second}, headers=header)
            refusal(answer, "invalid_request")


@pytest.mark.parametrize("endpoint", PROVEN)
def test_ca_02_a_second_name_is_refused_and_never_used(
    make_relying_party: MakeParty, signed_in: Browser, endpoint: str
) -> None:
    mine, other = make_relying_party(), make_relying_party()
    theirs = other.sign_in(signed_in)
    header = {"Authorization": basic(mine.client_id, mine.secret or "")}
    sent = {**fields_for(endpoint), "client_id": other.client_id}
    if endpoint != "token":
        sent["token"] = theirs.refresh_token
    refusal(mine.post_raw(endpoint, sent, headers=header), "invalid_client")
    refresh = {"grant_type": "refresh_token", "refresh_token": theirs.refresh_token}
    answer = mine.post_raw("token", {**refresh, "client_id": other.client_id}, headers=header)
    refusal(answer, "invalid_client")
    assert other.refresh(theirs.refresh_token).access_token


@pytest.mark.parametrize("endpoint", PROVEN)
@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "private_key_jwt"]
)
def test_ca_03_a_name_is_no_proof_anywhere(
    make_relying_party: MakeParty, signed_in: Browser, endpoint: str, method: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    tokens = party.sign_in(signed_in)
    grant = party.authorize(signed_in)
    code = {
        "grant_type": "authorization_code", "code": grant.code,
        "redirect_uri": party.redirect_uri, "code_verifier": grant.attempt.verifier or "",
    }  # fmt: skip
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    tries = [OWN, code, refresh] if endpoint == "token" else [{"token": tokens.refresh_token}]
    for sent in tries:
        for name in (party.client_id, f" {party.client_id}", ""):
            for empty in ({}, {"client_secret": ""}, {"client_assertion": ""}):
                answer = party.post_raw(endpoint, {**sent, "client_id": name, **empty})
                assert answer.status == 401
                refusal(answer, "invalid_client")
        refusal(party.post_raw(endpoint, sent), "invalid_client")
    assert party.redeem(grant).access_token
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.parametrize("endpoint", PROVEN)
def test_ca_04_a_secret_in_the_query_is_refused_and_not_logged(
    relying_party: RelyingParty, capsys: pytest.CaptureFixture[str], endpoint: str
) -> None:
    secret = relying_party.secret or ""
    url = relying_party.endpoint(endpoint)
    query = f"?client_id={relying_party.client_id}&client_secret={secret}"
    assert relying_party.metadata
    relying_party.__dict__["metadata"] = {**relying_party.metadata, "odd_endpoint": url + query}
    answer = relying_party.post_raw("odd", fields_for(endpoint))
    assert answer.status in (400, 401)
    assert secret not in answer.text + str(answer.fields)
    out, err = capsys.readouterr()
    assert secret not in out + err


@pytest.mark.both_databases
@pytest.mark.parametrize("after", [0, 30, 59, 119])
def test_ca_07_an_assertion_is_used_up_at_every_node_beyond_its_end(
    signer: RelyingParty, at_second_node: Node, clock: SettableClock, after: int
) -> None:
    assertion = signer.assertion()
    assert accepted(present(signer, assertion))
    clock.advance(after)
    for node in (at_second_node(signer), signer):
        assert not accepted(present(node, assertion))


def test_ca_08_the_issuer_is_the_only_audience(signer: RelyingParty) -> None:
    issuer = signer.issuer
    for audience in (
        [issuer, "https://evil.example"], ["https://evil.example", issuer], [],
        signer.endpoint("token"), issuer + "/token", issuer.upper(), issuer + "/", issuer + " ",
        "https://evil.example", signer.client_id, {"aud": issuer}, None, True, 1, "",
    ):  # fmt: skip
        assert not accepted(present(signer, signer.assertion(aud=audience))), audience
    assert accepted(present(signer, signer.assertion(aud=[issuer])))


def guess(party: RelyingParty, secret: str, way: str, address: str) -> Answer:
    """Send one secret."""
    if way == "basic":
        header = {"Authorization": basic(party.client_id, secret)}
        return party.post_raw("token", OWN, headers=header, address=address)
    sent = {**OWN, "client_id": party.client_id, "client_secret": secret}
    return party.post_raw("token", sent, address=address)


@pytest.mark.both_databases
@pytest.mark.parametrize("way", ["basic", "post"])
def test_ca_09_guesses_at_a_secret_have_to_wait_and_the_client_does_not(
    make_relying_party: MakeParty, at_second_node: Node, clock: SettableClock, way: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=f"client_secret_{way}")
    node, here = at_second_node(party), "192.0.2.66"
    for number in range(FREE_FAILURES):
        answer = guess(party if number % 2 else node, f"guess {number}", way, here)
        refusal(answer, "invalid_client")
    for number in range(30):
        answer = guess(party if number % 2 else node, f"guess {number}", way, here)
        assert answer.status == 429
        assert int(answer.header("Retry-After") or "") >= 1
        assert answer.json["error"] == "temporarily_unavailable"
    for one in (party, node):
        assert guess(one, party.secret or "", way, here).status == 429
        assert guess(one, party.secret or "", way, "192.0.2.67").status == 200
        assert one.client_credentials().access_token
    clock.advance(2)
    assert guess(party, party.secret or "", way, here).status == 200


def test_ca_09_the_addresses_of_a_64_guess_as_one(relying_party: RelyingParty) -> None:
    def from_one_more(number: int) -> int:
        return guess(relying_party, "wrong", "basic", f"2001:db8:0:1::{number + 1:x}").status

    assert [from_one_more(number) for number in range(FREE_FAILURES)] == [401] * FREE_FAILURES
    assert from_one_more(FREE_FAILURES) == 429
    assert guess(relying_party, "wrong", "basic", "2001:db8:0:2::1").status == 401


def test_ca_09_the_wait_grows_and_stays_short(
    relying_party: RelyingParty, clock: SettableClock
) -> None:
    waits = []
    for _ in range(FREE_FAILURES + 14):
        answer = guess(relying_party, "wrong", "basic", "192.0.2.66")
        if answer.status == 429:
            waits.append(int(answer.header("Retry-After") or ""))
            clock.advance(waits[-1])
    assert waits == sorted(waits)
    assert waits[0] == 1
    assert max(waits) <= 300


def test_ca_09_an_honest_request_asks_nothing_more_of_the_database(
    relying_party: RelyingParty, provider: Provider
) -> None:
    relying_party.client_credentials()
    with statements(provider) as run:
        relying_party.client_credentials()
    assert not [one for one in run if "throttle" in one]


@pytest.mark.parametrize("endpoint", PROVEN)
def test_ca_12_an_unknown_client_reads_like_a_wrong_secret(
    relying_party: RelyingParty, endpoint: str
) -> None:
    def read(client_id: str, address: str) -> list[object]:
        header = {"Authorization": basic(client_id, "wrong")}
        sent = fields_for(endpoint)
        answers = [
            relying_party.post_raw(endpoint, sent, headers=header, address=address)
            for _ in range(FREE_FAILURES + 3)
        ]
        own = ("signet-reference", "date")
        return [
            (one.status, one.body, [pair for pair in one.fields if pair[0].lower() not in own])
            for one in answers
        ]

    assert read("nobody", "192.0.2.1") == read(relying_party.client_id, "192.0.2.2")

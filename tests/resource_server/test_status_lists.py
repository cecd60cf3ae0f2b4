"""Token Status List, draft-ietf-oauth-status-list-21, at an API: a revoked token is refused with
no request to the issuer, and a list that does not do is no list at all."""

import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from provider.resource_server import StatusPolicy, Unavailable, Verifier
from tests.resource_server.conftest import MakeVerifier, refusal
from tests.resource_server.tiny_issuer import TinyIssuer
from tests.support import jwt
from tests.support.clock import SettableClock

LIST = "/status-lists/1"

pytestmark = pytest.mark.spec("TSL-8.3")


def unavailable(verifier: Verifier, token: str) -> str:
    """Return why nothing can be said about `token`."""
    with pytest.raises(Unavailable) as caught:
        verifier.verify(token)
    return caught.value.reason


@pytest.mark.parametrize(("status", "name"), [(1, "INVALID"), (2, "SUSPENDED"), (3, "3")])
@pytest.mark.spec("TSL-7.1")
def test_any_status_but_valid_is_refused(
    issuer: TinyIssuer, verifier: Verifier, status: int, name: str
) -> None:
    issuer.statuses[3] = status
    refused = refusal(lambda: verifier.verify(issuer.token()))
    assert (refused.status, refused.error) == (401, "invalid_token")
    assert refused.reason == f"status: expected VALID, found {name}"
    assert verifier.verify(issuer.token(index=2)).subject == "alex"


def test_a_revoked_token_is_refused_after_the_issuer_was_stopped(
    issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
) -> None:
    verifier = make_verifier(status=StatusPolicy(accept_for=600))
    token, other = issuer.token(), issuer.token(index=4)
    assert verifier.verify(token).subject == verifier.verify(other).subject
    issuer.statuses[3] = 1
    clock.advance(4)
    verifier.poll()
    issuer.stop()
    clock.advance(300)
    assert "INVALID" in refusal(lambda: verifier.verify(token)).reason
    assert verifier.verify(other).subject == "alex"


def test_a_suspended_token_works_again_when_it_is_valid_again(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    token = issuer.token()
    issuer.statuses[3] = 2
    refusal(lambda: verifier.verify(token))
    issuer.statuses[3] = 0
    clock.advance(4)
    verifier.poll()
    assert verifier.verify(token).subject == "alex"


def test_a_thread_polls_so_that_no_request_waits(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    fetched_again = threading.Event()
    verifier.verify(issuer.token())

    def answer() -> tuple[int, dict[str, str], bytes]:
        fetched_again.set()
        return 200, {}, issuer.status_list().encode()

    issuer.override[LIST] = answer
    clock.advance(4)
    assert fetched_again.wait(10)


def test_within_its_ttl_nobody_asks(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    for _ in range(5):
        verifier.verify(issuer.token())
        verifier.poll()
    clock.advance(3)
    verifier.poll()
    assert issuer.asked[LIST] == 1


def test_fifty_threads_at_first_sight_fetch_once(issuer: TinyIssuer, verifier: Verifier) -> None:
    verifier.start()
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(verifier.verify, [issuer.token()] * 50))
    assert issuer.asked[LIST] == 1


@pytest.mark.parametrize(("ttl", "fresh"), [(0, 2), (1, 2), (10**9, 20), (None, 20)])
@pytest.mark.spec("TSL-5.1")
def test_the_ttl_counts_within_bounds(
    issuer: TinyIssuer,
    make_verifier: MakeVerifier,
    clock: SettableClock,
    ttl: int | None,
    fresh: int,
) -> None:
    policy = StatusPolicy(poll_at_least=2, poll_at_most=20)
    verifier = make_verifier(status=policy)
    issuer.list_claims["ttl"] = ttl
    verifier.verify(issuer.token())
    clock.advance(fresh - 1)
    verifier.verify(issuer.token())
    asked = issuer.asked[LIST]
    clock.advance(fresh)
    verifier.verify(issuer.token())
    assert issuer.asked[LIST] > asked
    assert asked <= 2


class TestStale:
    """What an old list is worth while the issuer is away is the API's own decision."""

    def test_by_default_it_is_worth_nothing(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        token = issuer.token()
        verifier.verify(token)
        issuer.stop()
        clock.advance(4)
        assert verifier.verify(token).subject == "alex"
        clock.advance(1)
        assert issuer.list_uri in unavailable(verifier, token)

    def test_it_counts_for_the_seconds_that_were_chosen(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(accept_for=60))
        token = issuer.token()
        verifier.verify(token)
        issuer.stop()
        clock.advance(5 + 59)
        assert verifier.verify(token).subject == "alex"
        clock.advance(1)
        unavailable(verifier, token)

    @pytest.mark.spec("TSL-5.1")
    def test_its_own_end_ends_it_whatever_was_chosen(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(accept_for=10_000), leeway=0)
        issuer.life = 20
        token = issuer.token()
        verifier.verify(token)
        issuer.stop()
        clock.advance(19)
        assert verifier.verify(token).subject == "alex"
        clock.advance(1)
        unavailable(verifier, token)

    def test_the_last_good_one_stays_while_worse_ones_come(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(accept_for=60))
        token = issuer.token()
        verifier.verify(token)
        issuer.list_claims["sub"] = "https://op.example/status-lists/1"
        clock.advance(6)
        verifier.poll()
        assert issuer.asked[LIST] > 1
        assert verifier.verify(token).subject == "alex"

    def test_a_clock_that_was_set_back_does_not_make_it_news(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        clock.advance(500)
        token = issuer.token(iat=clock.now() - 500)
        verifier.verify(token)
        issuer.statuses[3] = 1
        clock.advance(-400)
        assert "INVALID" in refusal(lambda: verifier.verify(token)).reason


class TestOrder:
    """A node of the issuer that lost its database serves the list it had before."""

    @pytest.mark.parametrize("older", [1, 600, 3000])
    def test_an_older_list_never_replaces_a_newer_one(
        self,
        issuer: TinyIssuer,
        make_verifier: MakeVerifier,
        clock: SettableClock,
        older: int,
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(accept_for=60))
        issuer.statuses[3] = 1
        refusal(lambda: verifier.verify(issuer.token()))
        issuer.list_claims["iat"] = clock.now() - older
        issuer.statuses[3] = 0
        clock.advance(6)
        verifier.poll()
        assert issuer.asked[LIST] == 2
        assert "INVALID" in refusal(lambda: verifier.verify(issuer.token())).reason
        clock.advance(60)
        assert "older" in unavailable(verifier, issuer.token())

    def test_a_list_of_the_same_moment_does(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        issuer.list_claims["iat"] = clock.now()
        verifier.verify(issuer.token())
        issuer.statuses[3] = 1
        clock.advance(6)
        assert "INVALID" in refusal(lambda: verifier.verify(issuer.token())).reason

    def test_a_newer_one_does_after_an_older_one_came(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        verifier.verify(issuer.token())
        issuer.list_claims["iat"] = clock.now() - 100
        clock.advance(6)
        unavailable(verifier, issuer.token())
        del issuer.list_claims["iat"]
        clock.advance(2)
        assert verifier.verify(issuer.token()).subject == "alex"


WRONG_LISTS: dict[str, dict[str, Any]] = {
    "the sub of another list": {"list_claims": {"sub": "https://op.example/status-lists/1"}},
    "no sub": {"list_claims": {"sub": None}},
    "a sub that is a list": {"list_claims": {"sub": ["x"]}},
    "the iss of another issuer": {"list_claims": {"iss": "https://op.example"}},
    "no iat": {"list_claims": {"iat": None}},
    "an iat that lies ahead": {"list_claims": {"iat": 1_800_000_031}},
    "an exp that has passed": {"list_claims": {"exp": 1_799_999_970}},
    "an exp in words": {"list_claims": {"exp": "tomorrow"}},
    "a ttl in words": {"list_claims": {"ttl": "soon"}},
    "a negative ttl": {"list_claims": {"ttl": -1}},
    "no list": {"list_claims": {"status_list": None}},
    "a list that is an array": {"list_claims": {"status_list": [1]}},
    "3 bits": {"list_claims": {"status_list": {"bits": 3, "lst": "eNrbuRgAAhcBXQ"}}},
    "bits that are true": {
        "list_claims": {"status_list": {"bits": True, "lst": "eNrbuRgAAhcBXQ"}}
    },
    "no bits": {"list_claims": {"status_list": {"lst": "eNrbuRgAAhcBXQ"}}},
    "no lst": {"list_claims": {"status_list": {"bits": 1}}},
    "lst that is not zlib": {"list_claims": {"status_list": {"bits": 1, "lst": "AAAA"}}},
    "lst with padding": {"list_claims": {"status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ=="}}},
    "lst cut off": {"list_claims": {"status_list": {"bits": 1, "lst": "eNrbuRgA"}}},
    "another kind of token": {"list_header": {"typ": "at+jwt"}},
    "no kind of token": {"list_header": {"typ": "JWT"}},
    "an unknown key": {"list_header": {"kid": "unknown"}},
    "the signature of a stranger": {"list_key": "stranger"},
}


@pytest.mark.parametrize("what", WRONG_LISTS)
@pytest.mark.spec("TSL-5.1")
def test_a_wrong_list_says_nothing_about_a_token(
    issuer: TinyIssuer, verifier: Verifier, what: str
) -> None:
    for name, value in WRONG_LISTS[what].items():
        if value == "stranger":
            value = jwt.key_for("ES256", "stranger")
            issuer.list_header["kid"] = issuer.keys[0].kid
        setattr(issuer, name, value)
    unavailable(verifier, issuer.token())


@pytest.mark.parametrize(
    "answer",
    [(404, b""), (500, b""), (302, b""), (200, b""), (200, b"a.b.c"), (200, b"\xff" * 20)],
    ids=["404", "500", "redirect", "empty", "words", "bytes"],
)
def test_an_unusable_answer_says_nothing_about_a_token(
    issuer: TinyIssuer, verifier: Verifier, answer: tuple[int, bytes]
) -> None:
    status, content = answer
    issuer.override[LIST] = lambda: (status, {"Location": "/elsewhere"}, content)
    unavailable(verifier, issuer.token())
    assert issuer.asked["/elsewhere"] == 0


def test_a_list_that_unpacks_without_end_is_refused(
    issuer: TinyIssuer, make_verifier: MakeVerifier
) -> None:
    bomb = jwt.encode(zlib.compress(bytes(50_000_000)))
    assert len(bomb) < 100_000
    issuer.list_claims["status_list"] = {"bits": 1, "lst": bomb}
    assert "unpacks to more than" in unavailable(make_verifier(), issuer.token())


def test_a_list_that_is_huge_is_not_read_to_its_end(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    issuer.override[LIST] = lambda: (200, {}, b"x" * 9_000_000)
    assert "longer than" in unavailable(verifier, issuer.token())


@pytest.mark.parametrize("index", [64, 65, 10**6, 10**30])
def test_an_index_outside_the_list_is_refused(
    issuer: TinyIssuer, verifier: Verifier, index: int
) -> None:
    assert verifier.verify(issuer.token(index=63)).subject == "alex"
    refused = refusal(lambda: verifier.verify(issuer.token(index=index)))
    assert "outside a list of 64" in refused.reason


@pytest.mark.parametrize(
    "reference",
    [
        None,
        {},
        [],
        "list",
        {"idx": 3},
        {"uri": "OWN"},
        {"idx": "3", "uri": "OWN"},
        {"idx": 3.0, "uri": "OWN"},
        {"idx": True, "uri": "OWN"},
        {"idx": -1, "uri": "OWN"},
        {"idx": 3, "uri": ["OWN"]},
        {"idx": 3, "uri": ""},
        {"idx": 3, "uri": "file:///etc/passwd"},
        {"idx": 3, "uri": "http://op.example/status-lists/1"},
        {"idx": 3, "uri": "https://elsewhere.example/status-lists/1"},
    ],
    ids=str,
)
@pytest.mark.spec("TSL-6.2")
def test_a_reference_that_leads_nowhere_is_refused(
    issuer: TinyIssuer, verifier: Verifier, reference: Any
) -> None:
    if isinstance(reference, dict) and reference.get("uri") == "OWN":
        reference["uri"] = issuer.list_uri
    token = issuer.token(status={"status_list": reference})
    issuer.override["/status-lists"] = lambda: (200, {}, b'{"status_lists":[]}')
    assert refusal(lambda: verifier.verify(token)).reason.startswith("status: ")


@pytest.mark.spec("TSL-9")
def test_a_list_elsewhere_counts_where_the_aggregation_names_it(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    elsewhere = issuer.list_uri.replace("127.0.0.1", "localhost")
    named = f'{{"status_lists":["{elsewhere}"]}}'.encode()
    token = issuer.token(status={"status_list": {"idx": 3, "uri": elsewhere}})
    issuer.list_claims["sub"] = elsewhere
    issuer.override["/status-lists"] = lambda: (200, {}, named)
    assert verifier.verify(token).subject == "alex"
    issuer.list_claims["sub"] = issuer.list_uri


@pytest.mark.spec("TSL-9")
def test_lists_elsewhere_ask_the_aggregation_once_a_minute(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    issuer.override["/status-lists"] = lambda: (200, {}, b'{"status_lists":["x"]}')
    for number in range(10):
        uri = f"https://elsewhere.example/{number}"
        token = issuer.token(status={"status_list": {"idx": 3, "uri": uri}})
        refusal(partial(verifier.verify, token))
    assert issuer.asked["/status-lists"] == 1


class TestDowngrade:
    """Nobody gets around the list by a token that does not name one."""

    @pytest.mark.parametrize("status", [None, {}, {"other": {}}, [], 0, "VALID"], ids=str)
    def test_a_token_without_a_status_is_refused_where_the_issuer_has_lists(
        self, issuer: TinyIssuer, verifier: Verifier, status: Any
    ) -> None:
        token = issuer.token(index=None, status=status)
        assert refusal(lambda: verifier.verify(token)).reason.startswith("status: ")

    def test_it_is_accepted_where_the_issuer_has_none(
        self, issuer: TinyIssuer, verifier: Verifier
    ) -> None:
        issuer.metadata = {"status_list_aggregation_endpoint": None}
        assert verifier.verify(issuer.token(index=None)).subject == "alex"

    def test_it_is_accepted_where_the_api_says_so(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(required=False))
        assert verifier.verify(issuer.token(index=None)).subject == "alex"

    def test_it_is_refused_where_the_api_insists(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        issuer.metadata = {"status_list_aggregation_endpoint": None}
        verifier = make_verifier(status=StatusPolicy(required=True))
        refusal(lambda: verifier.verify(issuer.token(index=None)))

    def test_a_list_is_looked_at_even_where_none_is_required(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(required=False))
        issuer.statuses[3] = 1
        refusal(lambda: verifier.verify(issuer.token()))

    def test_lists_can_be_left_to_others(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(ignored=True))
        issuer.statuses[3] = 1
        assert verifier.verify(issuer.token()).subject == "alex"
        assert issuer.asked[LIST] == 0


class TestMemory:
    """Lists come and go; an API keeps those that its tokens ask about."""

    def test_a_list_nobody_asks_about_is_no_longer_polled(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(forget_after=50))
        verifier.verify(issuer.token())
        clock.advance(51)
        verifier.poll()
        asked = issuer.asked[LIST]
        clock.advance(10)
        verifier.poll()
        assert issuer.asked[LIST] == asked

    def test_the_longest_unused_list_makes_room(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(status=StatusPolicy(most_lists=1))
        verifier.verify(issuer.token())
        second = f"{issuer.name}/status-lists/2"
        issuer.override["/status-lists/2"] = lambda: (200, {}, issuer.status_list().encode())
        issuer.list_claims["sub"] = second
        token = issuer.token(status={"status_list": {"idx": 3, "uri": second}})
        assert verifier.verify(token).subject == "alex"
        issuer.list_claims.clear()
        clock.advance(1)
        verifier.verify(issuer.token())
        assert issuer.asked[LIST] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"accept_for": -1},
        {"poll_at_least": 0},
        {"poll_at_least": 10, "poll_at_most": 5},
        {"forget_after": 0},
        {"most_lists": 0},
        {"most_bytes": 0},
        {"ignored": True, "required": True},
    ],
    ids=str,
)
def test_a_policy_that_makes_no_sense_cannot_be_stated(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        StatusPolicy(**wrong)

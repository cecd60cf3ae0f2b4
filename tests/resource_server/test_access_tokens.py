"""RFC 9068 §4: what must be wrong with an access token for the kit to refuse it."""

from functools import partial
from typing import Any

import pytest

from provider.resource_server import Unavailable, Verifier
from tests.resource_server.conftest import MakeVerifier, refusal
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support import jwt
from tests.support.clock import SettableClock
from tests.support.forgeries import FORGERIES

pytestmark = pytest.mark.spec("RFC9068-4")


@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_a_token_of_every_algorithm_tells_who_what_and_until_when(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock, alg: str
) -> None:
    issuer.keys.append(jwt.key_for(alg, "other"))
    token = verifier.verify(
        issuer.token(key=issuer.keys[1], acr="urn:x", auth_time=clock.now() - 5)
    )
    assert (token.subject, token.client_id) == ("alex", "notebook")
    assert token.scopes == ("notes:read", "notes:write")
    assert token.has_scope("notes:write", "notes:read")
    assert not token.has_scope("notes:read", "notes:delete")
    assert token.expires_at == clock.now() + 600
    assert (token.acr, token.auth_time) == ("urn:x", clock.now() - 5)
    assert token.confirmation == {}


def test_what_a_token_says_cannot_be_changed(issuer: TinyIssuer, verifier: Verifier) -> None:
    token = verifier.verify(issuer.token())
    with pytest.raises(TypeError):
        token.claims["sub"] = "somebody-else"  # type: ignore[index]
    with pytest.raises(AttributeError):
        token.expires_at = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    "audience", [NOTES, [NOTES], ["https://other.example", NOTES]], ids=["one", "list", "two"]
)
def test_this_api_is_among_the_audiences(
    issuer: TinyIssuer, verifier: Verifier, audience: Any
) -> None:
    assert verifier.verify(issuer.token(aud=audience)).claims["aud"] == audience


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_the_type_is_compared_without_case(
    issuer: TinyIssuer, verifier: Verifier, typ: str
) -> None:
    assert verifier.verify(issuer.token(header={"typ": typ})).subject == "alex"


@pytest.mark.spec("RFC9068-3")
def test_the_example_of_the_specification_is_understood(
    issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
) -> None:
    clock.advance(1618354090 - clock.now())
    verifier = make_verifier(audience="https://rs.example.com/")
    issuer.metadata = {"status_list_aggregation_endpoint": None}
    token = verifier.verify(
        issuer.token(
            index=None,
            header={"typ": "at+JWT"},
            sub="5ba552d67",
            aud="https://rs.example.com/",
            exp=1639528912,
            iat=1618354090,
            jti="dbe39bf3a3ba4238a513f51d6e1691c4",
            client_id="s6BhdRkqt3",
            scope="openid profile reademail",
        )
    )
    assert (token.subject, token.client_id) == ("5ba552d67", "s6BhdRkqt3")
    assert token.has_scope("openid", "profile", "reademail")


WRONG_CLAIMS: dict[str, tuple[str, Any]] = {
    "another issuer": ("iss", "https://op.example"),
    "the issuer with a slash": ("iss", "slash"),
    "another audience": ("aud", "https://other.example"),
    "a list without us": ("aud", ["https://other.example"]),
    "an audience that contains ours": ("aud", f"{NOTES}/more"),
    "an audience object": ("aud", {NOTES: 1}),
    "an audience number": ("aud", 7),
    "an end in words": ("exp", "tomorrow"),
    "an end that is true": ("exp", True),
    "an end beyond numbers": ("exp", 10**400),
    "an end of 1e300 as an int": ("exp", 10**300),
    "a beginning in words": ("nbf", "today"),
    "issued in words": ("iat", "now"),
    "issued as a list": ("iat", [1]),
    "a subject that is a number": ("sub", 7),
    "a scope that is a list": ("scope", ["notes:read"]),
    "a client that is an object": ("client_id", {}),
    "a number as jti": ("jti", 1),
    "an acr that is a list": ("acr", ["urn:x"]),
    "a sign-in time in words": ("auth_time", "long ago"),
    "a confirmation that is a string": ("cnf", "jkt"),
}


@pytest.mark.parametrize("what", WRONG_CLAIMS)
def test_a_wrong_claim_is_refused_and_named_for_the_developer_only(
    issuer: TinyIssuer, verifier: Verifier, what: str
) -> None:
    name, value = WRONG_CLAIMS[what]
    value = issuer.name + "/" if value == "slash" else value
    changes: dict[str, Any] = {name: value}
    refused = refusal(lambda: verifier.verify(issuer.token(**changes)))
    assert (refused.status, refused.error) == (401, "invalid_token")
    assert refused.reason.startswith(f"{name}: expected ")
    assert name not in str(refused.headers)
    assert set(refused.body) == {"error", "error_description"}


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "sub", "client_id", "jti"])
@pytest.mark.spec("RFC9068-2.2")
def test_a_missing_claim_is_refused(issuer: TinyIssuer, verifier: Verifier, name: str) -> None:
    refused = refusal(lambda: verifier.verify(issuer.token(**{name: None})))
    assert refused.reason == f"{name}: required in the access token, found none"


@pytest.mark.parametrize("typ", ["JWT", None, "statuslist+jwt", "at+jwt;x", "logout+jwt"])
@pytest.mark.spec("RFC8725-3.11")
def test_another_kind_of_jwt_is_refused(issuer: TinyIssuer, verifier: Verifier, typ: Any) -> None:
    refused = refusal(lambda: verifier.verify(issuer.token(header={"typ": typ})))
    assert refused.reason.startswith("typ: expected 'at+jwt'")


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.spec("RFC8725-2")
def test_every_known_forgery_is_refused(
    issuer: TinyIssuer, verifier: Verifier, forgery: str
) -> None:
    genuine = issuer.token()
    verifier.verify(genuine)
    jwk = jwt.public_set(issuer.keys[0])["keys"][0]
    refused = refusal(lambda: verifier.verify(FORGERIES[forgery](genuine, jwk)))
    assert (refused.status, refused.error) == (401, "invalid_token")


@pytest.mark.parametrize("member", ["duplicate", "NaN", "deep"])
def test_json_that_two_readers_read_differently_is_refused(
    issuer: TinyIssuer, verifier: Verifier, member: str
) -> None:
    header = {
        "duplicate": b'{"alg":"ES256","typ":"at+jwt","typ":"at+jwt","kid":"k"}',
        "NaN": b'{"alg":"ES256","typ":"at+jwt","kid":"k","x":NaN}',
        "deep": b'{"alg":' + b"[" * 5000,
    }[member]
    _, payload, signature = issuer.token().split(".")
    forged = ".".join((jwt.encode(header), payload, signature))
    assert "malformed" in refusal(lambda: verifier.verify(forged)).reason


def test_a_claim_that_is_no_number_at_all_is_refused(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    for value in (float("nan"), float("inf")):
        refused = refusal(partial(verifier.verify, issuer.token(exp=value)))
        assert "malformed" in refused.reason


class TestClocks:
    """RFC 7519 §4.1.4: a small leeway, the same for all, and never a large one."""

    def test_a_token_counts_until_its_end_and_the_leeway(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(leeway=30)
        token = issuer.token(exp=clock.now() + 600)
        clock.advance(629)
        assert verifier.verify(token).subject == "alex"
        clock.advance(1)
        assert refusal(lambda: verifier.verify(token)).reason.startswith("exp: ")

    @pytest.mark.parametrize("name", ["iat", "nbf"])
    def test_a_token_of_the_future_is_refused_beyond_the_leeway(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock, name: str
    ) -> None:
        verifier = make_verifier(leeway=30)
        latest: dict[str, Any] = {name: clock.now() + 30}
        assert verifier.verify(issuer.token(**latest)).subject == "alex"
        later: dict[str, Any] = {name: clock.now() + 31}
        early = issuer.token(**later)
        assert refusal(lambda: verifier.verify(early)).reason.startswith(f"{name}: ")

    @pytest.mark.parametrize("leeway", [-1, 121, 3600])
    def test_a_leeway_that_hides_a_broken_clock_cannot_be_set(
        self, make_verifier: MakeVerifier, leeway: int
    ) -> None:
        with pytest.raises(ValueError, match="leeway"):
            make_verifier(leeway=leeway)


class TestSeenBefore:
    """What is remembered of a token never outlives it."""

    def test_a_token_seen_before_ends_when_it_ends(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
    ) -> None:
        verifier = make_verifier(leeway=0)
        verifier.start()
        token = issuer.token(exp=clock.now() + 3)
        assert verifier.verify(token) is verifier.verify(token)
        clock.advance(3)
        assert refusal(lambda: verifier.verify(token)).reason.startswith("exp: ")

    def test_the_oldest_is_forgotten_when_there_are_too_many(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        verifier = make_verifier(cache_size=2).start()
        tokens = [issuer.token(jti=str(number)) for number in range(3)]
        first, second, third = (verifier.verify(token) for token in tokens)
        assert verifier.verify(tokens[2]) is third
        assert verifier.verify(tokens[1]) is second
        assert verifier.verify(tokens[0]) is not first

    def test_nothing_is_remembered_where_that_is_asked_for(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        verifier = make_verifier(cache_size=0)
        token = issuer.token()
        assert verifier.verify(token) is not verifier.verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://op.example"},
        {"issuer": "https://op.example?x=1"},
        {"issuer": "https://user@op.example"},
        {"issuer": "op.example"},
        {"audience": ""},
        {"algorithms": ()},
        {"algorithms": ("HS256",)},
        {"algorithms": ("none",)},
        {"cache_size": -1},
    ],
    ids=str,
)
def test_a_verifier_that_could_not_be_safe_cannot_be_made(
    make_verifier: MakeVerifier, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r".+"):
        make_verifier(**changes)


def test_an_algorithm_that_this_api_does_not_accept_is_refused(
    issuer: TinyIssuer, make_verifier: MakeVerifier
) -> None:
    refused = refusal(lambda: make_verifier(algorithms=("RS256",)).verify(issuer.token()))
    assert refused.reason == "alg: expected one of 'RS256', found 'ES256'"


def test_making_a_verifier_asks_nobody(issuer: TinyIssuer, make_verifier: MakeVerifier) -> None:
    make_verifier()
    assert not issuer.asked


def test_starting_one_says_at_once_where_the_issuer_is_down(
    issuer: TinyIssuer, make_verifier: MakeVerifier
) -> None:
    with make_verifier().start():
        assert issuer.asked["/jwks"] == 1
    issuer.stop()
    with pytest.raises(Unavailable):
        make_verifier().start()

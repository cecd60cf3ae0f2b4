"""The issuer's keys at an API: fetched once, kept by cache rules, dropped when they are removed
(RFC 8414 §3.3, RFC 7517 §5, RFC 9111 §4.2)."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from provider.resource_server import Unavailable, Verifier
from tests.resource_server.conftest import refusal
from tests.resource_server.tiny_issuer import TinyIssuer
from tests.support import jwt
from tests.support.clock import SettableClock

DISCOVERY = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"

pytestmark = pytest.mark.spec("RFC9068-4")


def test_fifty_threads_at_the_start_fetch_everything_once(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    tokens = [issuer.token(jti=str(number)) for number in range(50)]
    with ThreadPoolExecutor(50) as threads:
        found = list(threads.map(verifier.verify, tokens))
    assert {token.subject for token in found} == {"alex"}
    assert issuer.asked == {DISCOVERY: 1, "/jwks": 1, "/status-lists/1": 1}


def test_fifty_threads_fail_together_while_the_issuer_is_down(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    issuer.override[DISCOVERY] = issuer.override[OPENID] = lambda: (500, {}, b"")

    def status(token: str) -> int:
        try:
            verifier.verify(token)
        except Unavailable as answer:
            return answer.status
        return 200

    with ThreadPoolExecutor(50) as threads:
        assert set(threads.map(status, [issuer.token()] * 50)) == {503}
    assert issuer.asked[DISCOVERY] == 1


def test_keys_are_kept_as_long_as_the_issuer_says(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    issuer.key_headers["Cache-Control"] = "public, max-age=100"
    issuer.ttl = 200
    verifier.verify(issuer.token())
    clock.advance(89)
    verifier.poll()
    verifier.verify(issuer.token())
    assert issuer.asked["/jwks"] == 1
    clock.advance(12)
    verifier.verify(issuer.token())
    verifier.poll()
    assert issuer.asked["/jwks"] == 2


def test_keys_are_fetched_in_the_background_before_they_are_old(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    issuer.key_headers["Cache-Control"] = "max-age=100"
    verifier.verify(issuer.token())
    clock.advance(91)
    verifier.poll()
    assert issuer.asked["/jwks"] == 2


@pytest.mark.parametrize(
    ("said", "kept"),
    [("max-age=0", 9), ("no-store", 9), ("max-age=999999", 3599), ("nonsense", 299)],
)
def test_cache_rules_count_within_bounds(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock, said: str, kept: int
) -> None:
    issuer.key_headers["Cache-Control"] = said
    issuer.metadata = {"status_list_aggregation_endpoint": None}
    verifier.verify(issuer.token(index=None))
    clock.advance(kept)
    verifier.verify(issuer.token(index=None))
    assert issuer.asked["/jwks"] == 1
    clock.advance(2)
    verifier.verify(issuer.token(index=None))
    verifier.poll()
    assert issuer.asked["/jwks"] == 2


def test_a_new_key_is_fetched_for_its_first_token(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    verifier.verify(issuer.token())
    issuer.keys.insert(0, jwt.key_for("ES256", "rotated"))
    issuer.key_headers["ETag"] = '"2"'
    clock.advance(10)
    assert verifier.verify(issuer.token()).subject == "alex"


def test_invented_key_ids_ask_the_issuer_once_in_ten_seconds(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    verifier.verify(issuer.token())
    clock.advance(11)
    for number in range(20):
        forged = issuer.token(header={"kid": f"invented-{number}"})
        assert refusal(partial(verifier.verify, forged)).reason.startswith("kid: ")
    assert issuer.asked["/jwks"] == 2


def test_a_removed_key_verifies_nothing_any_more_not_even_what_was_seen(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    token = issuer.token()
    verifier.verify(token)
    issuer.keys = [jwt.key_for("ES256", "rotated")]
    issuer.key_headers["ETag"] = '"2"'
    clock.advance(271)
    verifier.poll()
    assert refusal(lambda: verifier.verify(token)).reason.startswith("kid: ")


def test_a_kid_that_now_names_another_key_verifies_with_that_one_alone(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    token = issuer.token()
    verifier.verify(token)
    thief = issuer.keys[0]
    renewed = jwt.key_for("ES256", "another")
    issuer.keys = [
        type(renewed).import_key({**renewed.as_dict(private=True), "kid": str(thief.kid)})
    ]
    issuer.key_headers["ETag"] = '"2"'
    clock.advance(271)
    verifier.poll()
    assert "signature" in refusal(lambda: verifier.verify(token)).reason


def test_unchanged_keys_are_asked_for_by_their_etag(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    verifier.start()
    token = issuer.token()
    before = verifier.verify(token)
    clock.advance(271)
    verifier.poll()
    assert issuer.asked["/jwks"] == 2
    assert verifier.verify(token) is before


class TestUnreachable:
    """An outage is not a verdict."""

    def test_no_keys_at_all_is_503_with_retry_after(
        self, issuer: TinyIssuer, verifier: Verifier
    ) -> None:
        issuer.stop()
        with pytest.raises(Unavailable) as caught:
            verifier.verify(issuer.token())
        assert caught.value.status == 503
        assert dict(caught.value.headers)["Retry-After"] == "5"
        assert caught.value.body["error"] == "temporarily_unavailable"

    def test_it_works_again_when_the_issuer_is_back(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        issuer.stop()
        with pytest.raises(Unavailable):
            verifier.verify(issuer.token())
        issuer.restart()
        clock.advance(1)
        assert verifier.verify(issuer.token()).subject == "alex"

    def test_the_last_good_keys_count_for_an_hour_more(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        issuer.metadata = {"status_list_aggregation_endpoint": None}
        token = issuer.token(index=None, exp=clock.now() + 9000)
        verifier.verify(token)
        issuer.stop()
        clock.advance(300 + 3599)
        assert verifier.verify(token).subject == "alex"
        clock.advance(2)
        with pytest.raises(Unavailable):
            verifier.verify(token)

    def test_an_unknown_key_cannot_be_judged(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        verifier.verify(issuer.token())
        issuer.stop()
        clock.advance(11)
        with pytest.raises(Unavailable):
            verifier.verify(issuer.token(header={"kid": "perhaps-new"}))


def published(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "ES384"},
        {"alg": "HS256"},
        {"alg": 7},
        {"key_ops": ["sign"]},
        {"d": "AAAA"},
        {"kty": "oct"},
        {"kty": None},
        {"crv": "P-521"},
        {"x": "not a number"},
        {"x": 7},
        {"kid": 7},
    ],
    ids=str,
)
def test_a_key_that_is_not_for_this_is_passed_over(
    issuer: TinyIssuer, verifier: Verifier, change: dict[str, Any]
) -> None:
    jwk = jwt.public_set(issuer.keys[0])["keys"][0]
    issuer.override["/jwks"] = lambda: (
        200,
        {},
        published({**jwk, **change}, {}, jwk | {"kid": 1}),
    )
    assert refusal(lambda: verifier.verify(issuer.token())).reason.startswith("kid: ")


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"not json"),
        (200, {}, b"[]"),
        (200, {}, b'{"keys":{}}'),
        (200, {}, b'{"keys":[],"keys":[]}'),
        (200, {}, b" " * 300_000),
        (200, {"Content-Encoding": "gzip"}, b"{}"),
        (302, {"Location": "/jwks-elsewhere"}, b""),
        (500, {}, b""),
    ],
    ids=["words", "list", "object", "twice", "huge", "compressed", "redirect", "error"],
)
def test_an_unusable_key_set_is_an_outage(
    issuer: TinyIssuer, verifier: Verifier, answer: tuple[int, dict[str, str], bytes]
) -> None:
    issuer.override["/jwks"] = lambda: answer
    with pytest.raises(Unavailable):
        verifier.verify(issuer.token())
    assert issuer.asked["/jwks-elsewhere"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://op.example"},
        {"issuer": "slash"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://op.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
@pytest.mark.spec("RFC8414-3.3")
def test_a_discovery_document_of_somebody_else_is_an_outage(
    issuer: TinyIssuer, verifier: Verifier, wrong: dict[str, Any]
) -> None:
    issuer.metadata = {
        name: f"{issuer.name}/" if value == "slash" else value for name, value in wrong.items()
    }
    with pytest.raises(Unavailable):
        verifier.verify(issuer.token())


def test_an_issuer_that_knows_openid_connect_discovery_alone_is_found(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    document = issuer.answer(DISCOVERY, None)
    issuer.override[DISCOVERY] = lambda: (404, {}, b"")
    issuer.override[OPENID] = lambda: document
    assert verifier.verify(issuer.token()).subject == "alex"


def test_no_proxy_of_the_environment_is_asked(
    issuer: TinyIssuer, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert verifier.verify(issuer.token()).subject == "alex"

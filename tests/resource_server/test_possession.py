"""Tokens that only their holder can use: RFC 9449 and RFC 8705 §3 at a protected resource."""

import json
from typing import Any

import pytest

from provider.resource_server import Dpop, PresentedRequest, Refused, Unavailable, Verifier
from tests.resource_server.conftest import MakeVerifier, refusal
from tests.resource_server.proofs import URL, proof, request
from tests.resource_server.tiny_issuer import TinyIssuer
from tests.support import jwt
from tests.support.clock import SettableClock

KEY = jwt.key_for("ES256", "client")
JKT = KEY.thumbprint()
SECRET = b"a secret of all the processes of this API"
CERTIFICATE = b"what TLS took from the client, as DER"


@pytest.fixture
def verifier(make_verifier: MakeVerifier) -> Verifier:
    return make_verifier(dpop=Dpop())


@pytest.fixture
def bound(issuer: TinyIssuer) -> str:
    return issuer.token(cnf={"jkt": JKT})


def challenges_of(refused: Refused) -> list[str]:
    """Return the challenges in order."""
    return [value for name, value in refused.headers if name == "WWW-Authenticate"]


@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
@pytest.mark.spec("RFC9449-4.3")
def test_the_holder_of_the_key_may_use_the_token(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock, alg: str
) -> None:
    key = jwt.key_for(alg, "client")
    token = issuer.token(cnf={"jkt": key.thumbprint()})
    found = verifier.authorize(request(token, proof(key, token, clock.now()), scheme="DPoP"))
    assert found.confirmation == {"jkt": key.thumbprint()}
    assert found.response_headers == ()


OTHER = jwt.key_for("ES256", "thief")
WRONG_PROOFS: dict[str, dict[str, Any]] = {
    "another method": {"htm": "POST"},
    "the method in small letters": {"htm": "get"},
    "another path": {"htu": f"{URL}/1"},
    "another host": {"htu": "https://other.example/notes"},
    "http": {"htu": "http://notes.example/notes"},
    "another port": {"htu": "https://notes.example:8443/notes"},
    "no address at all": {"htu": "notes"},
    "an address list": {"htu": [URL]},
    "a user in the address": {"htu": "https://x@notes.example/notes"},
    "another token": {"ath": jwt.encode(b"x" * 32)},
    "a number as ath": {"ath": 7},
    "too old": {"iat": 1_800_000_000 - 61},
    "of the future": {"iat": 1_800_000_000 + 31},
    "made at true": {"iat": True},
    "made in words": {"iat": "now"},
    "an empty jti": {"jti": ""},
    "a jti of 1 kB": {"jti": "j" * 1024},
    "a number as jti": {"jti": 7},
    **{f"no {name}": {name: None} for name in ("htm", "htu", "iat", "jti", "ath")},
    "another typ": {"header": {"typ": "JWT"}},
    "no typ": {"header": {"typ": None}},
    "the key of somebody else": {"header": {"jwk": OTHER.as_dict(private=False)}},
    "a private key": {"header": {"jwk": KEY.as_dict(private=True)}},
    "no key": {"header": {"jwk": None, "kid": "k"}},
    "a key of no kind": {"header": {"jwk": {}}},
    "a symmetric key": {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
}


@pytest.mark.parametrize("what", WRONG_PROOFS)
@pytest.mark.spec("RFC9449-4.3")
def test_a_wrong_proof_is_refused(
    verifier: Verifier, bound: str, clock: SettableClock, what: str
) -> None:
    made = proof(KEY, bound, clock.now(), **WRONG_PROOFS[what])
    refused = refusal(lambda: verifier.authorize(request(bound, made, scheme="DPoP")))
    assert (refused.status, refused.error) == (401, "invalid_dpop_proof")
    (challenge,) = challenges_of(refused)
    assert challenge.startswith('DPoP error="invalid_dpop_proof"')
    assert 'algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"' in challenge


@pytest.mark.spec("RFC9449-4.3")
def test_a_proof_by_another_key_than_that_of_the_token_is_refused(
    verifier: Verifier, bound: str, clock: SettableClock
) -> None:
    made = proof(OTHER, bound, clock.now())
    refused = refusal(lambda: verifier.authorize(request(bound, made, scheme="DPoP")))
    assert refused.reason.startswith("cnf.jkt: ")


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.spec("RFC9449-4.3")
def test_exactly_one_proof_is_asked_for(
    verifier: Verifier, bound: str, clock: SettableClock, count: int
) -> None:
    made = [proof(KEY, bound, clock.now(), jti=str(number)) for number in range(count)]
    refused = refusal(lambda: verifier.authorize(request(bound, *made, scheme="DPoP")))
    assert (refused.error, refused.reason) == (
        "invalid_dpop_proof",
        f"DPoP: expected one header, found {count}",
    )


@pytest.mark.parametrize(
    ("signed", "called"),
    [
        ("https://notes.example/notes?x=1#y", URL),
        (URL, f"{URL}?page=2"),
        ("HTTPS://NOTES.EXAMPLE:443/notes", URL),
        ("https://notes.example", "https://notes.example/"),
        ("https://notes.example/a/../notes", URL),
        ("https://notes.example/%6eotes", URL),
        ("https://notes.example/n%c3%b6", "https://notes.example/n%C3%B6"),
    ],
)
@pytest.mark.spec("RFC9449-4.3")
def test_the_address_is_compared_after_normalization(
    verifier: Verifier, bound: str, clock: SettableClock, signed: str, called: str
) -> None:
    made = proof(KEY, bound, clock.now(), htu=signed)
    found = verifier.authorize(request(bound, made, scheme="DPoP", url=called))
    assert found.subject == "alex"


@pytest.mark.spec("RFC9449-11.1")
def test_a_proof_counts_once_and_is_forgotten_when_it_is_too_old(
    make_verifier: MakeVerifier, bound: str, clock: SettableClock
) -> None:
    verifier = make_verifier(dpop=Dpop(lifetime=10, most_proofs=2))
    first = request(bound, proof(KEY, bound, clock.now()), scheme="DPoP")
    verifier.authorize(first)
    assert "used before" in refusal(lambda: verifier.authorize(first)).reason
    verifier.authorize(request(bound, proof(KEY, bound, clock.now(), jti="2"), scheme="DPoP"))
    third = request(bound, proof(KEY, bound, clock.now(), jti="3"), scheme="DPoP")
    with pytest.raises(Unavailable, match="full"):
        verifier.authorize(third)
    clock.advance(30)
    fourth = request(bound, proof(KEY, bound, clock.now(), jti="4"), scheme="DPoP")
    assert verifier.authorize(fourth).subject == "alex"
    assert "iat" in refusal(lambda: verifier.authorize(first)).reason


@pytest.mark.spec("RFC9449-7.2")
def test_a_bound_token_is_no_bearer_token(
    verifier: Verifier, bound: str, clock: SettableClock
) -> None:
    refused = refusal(lambda: verifier.authorize(request(bound, proof(KEY, bound, clock.now()))))
    assert (refused.status, refused.error) == (401, "invalid_token")
    bearer, dpop = challenges_of(refused)
    assert bearer.startswith('Bearer error="invalid_token"')
    assert dpop.startswith("DPoP algs=")


@pytest.mark.spec("RFC9449-7.1")
def test_an_unbound_token_is_no_dpop_token(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    token = issuer.token()
    made = proof(KEY, token, clock.now())
    refused = refusal(lambda: verifier.authorize(request(token, made, scheme="DPoP")))
    assert refused.error == "invalid_token"
    assert challenges_of(refused)[0].startswith('DPoP error="invalid_token"')


def test_a_bound_token_is_refused_where_dpop_is_not_set_up(
    make_verifier: MakeVerifier, bound: str, clock: SettableClock
) -> None:
    verifier = make_verifier()
    assert refusal(lambda: verifier.authorize(request(bound))).error == "invalid_token"
    made = proof(KEY, bound, clock.now())
    refused = refusal(lambda: verifier.authorize(request(bound, made, scheme="DPoP")))
    assert challenges_of(refused) == ["Bearer"]


def test_a_bare_string_proves_no_possession(verifier: Verifier, bound: str) -> None:
    assert refusal(lambda: verifier.verify(bound)).reason.startswith("cnf: ")
    assert verifier.verify(bound, bound_accepted=True).confirmation == {"jkt": JKT}


class TestNonces:
    """RFC 9449 §9: the API can ask for a nonce, and needs no memory for it."""

    pytestmark = pytest.mark.spec("RFC9449-9")

    @pytest.fixture
    def verifier(self, make_verifier: MakeVerifier) -> Verifier:
        return make_verifier(dpop=Dpop(nonce_secret=SECRET, nonce_lifetime=60))

    def nonce(self, verifier: Verifier, token: str, clock: SettableClock) -> str:
        made = proof(KEY, token, clock.now(), jti="asks")
        refused = refusal(lambda: verifier.authorize(request(token, made, scheme="DPoP")))
        assert (refused.status, refused.error) == (401, "use_dpop_nonce")
        assert challenges_of(refused)[0].startswith('DPoP error="use_dpop_nonce"')
        return dict(refused.headers)["DPoP-Nonce"]

    def test_a_proof_without_one_is_told_one(
        self, verifier: Verifier, bound: str, clock: SettableClock
    ) -> None:
        nonce = self.nonce(verifier, bound, clock)
        made = proof(KEY, bound, clock.now(), nonce=nonce)
        found = verifier.authorize(request(bound, made, scheme="DPoP"))
        assert found.response_headers == ()

    def test_an_old_one_counts_and_the_next_is_sent_along(
        self, verifier: Verifier, bound: str, clock: SettableClock
    ) -> None:
        nonce = self.nonce(verifier, bound, clock)
        clock.advance(60)
        made = proof(KEY, bound, clock.now(), nonce=nonce)
        found = verifier.authorize(request(bound, made, scheme="DPoP"))
        assert dict(found.response_headers)["DPoP-Nonce"] != nonce

    def test_one_that_is_too_old_is_refused(
        self, verifier: Verifier, bound: str, clock: SettableClock
    ) -> None:
        nonce = self.nonce(verifier, bound, clock)
        clock.advance(120)
        made = proof(KEY, bound, clock.now(), nonce=nonce)
        refused = refusal(lambda: verifier.authorize(request(bound, made, scheme="DPoP")))
        assert refused.error == "use_dpop_nonce"

    @pytest.mark.parametrize("nonce", ["", "x" * 22, 7, ["n"], "ö"])
    def test_an_invented_one_is_refused(
        self, verifier: Verifier, bound: str, clock: SettableClock, nonce: Any
    ) -> None:
        made = proof(KEY, bound, clock.now(), nonce=nonce)
        refused = refusal(lambda: verifier.authorize(request(bound, made, scheme="DPoP")))
        assert refused.error == "use_dpop_nonce"

    def test_another_process_with_the_same_secret_accepts_it(
        self, make_verifier: MakeVerifier, verifier: Verifier, bound: str, clock: SettableClock
    ) -> None:
        other = make_verifier(dpop=Dpop(nonce_secret=SECRET, nonce_lifetime=60))
        made = proof(KEY, bound, clock.now(), nonce=self.nonce(verifier, bound, clock))
        assert other.authorize(request(bound, made, scheme="DPoP")).subject == "alex"


class TestCertificates:
    """RFC 8705 §3: the certificate of the connection is the one that the token names."""

    pytestmark = pytest.mark.spec("RFC8705-3")

    @pytest.fixture
    def token(self, issuer: TinyIssuer) -> str:
        presented = PresentedRequest(method="GET", url=URL, certificate=CERTIFICATE)
        return issuer.token(cnf={"x5t#S256": presented.thumbprint})

    def test_its_holder_may_use_the_token(self, verifier: Verifier, token: str) -> None:
        found = verifier.authorize(request(token, certificate=CERTIFICATE))
        thumbprint = found.confirmation["x5t#S256"]
        again = verifier.authorize(request(token, certificate_thumbprint=thumbprint))
        assert again.subject == "alex"

    @pytest.mark.parametrize(
        "presented",
        [{}, {"certificate": b"another"}, {"certificate": b""}, {"certificate_thumbprint": ""}],
        ids=str,
    )
    def test_nobody_else_may(
        self, verifier: Verifier, token: str, presented: dict[str, Any]
    ) -> None:
        refused = refusal(lambda: verifier.authorize(request(token, **presented)))
        assert (refused.error, refused.status) == ("invalid_token", 401)
        assert refused.reason.startswith("cnf.x5t#S256: ")


@pytest.mark.parametrize(
    "cnf", [{"kid": "k"}, {"jwk": {}}, {"jkt": 7}, {"x5t#S256": 7}, {"x5t#S256": ["x"]}], ids=str
)
@pytest.mark.spec("RFC7800-3.1")
def test_a_confirmation_that_cannot_be_checked_is_a_refusal(
    issuer: TinyIssuer, verifier: Verifier, cnf: dict[str, Any]
) -> None:
    token = issuer.token(cnf=cnf)
    asked = request(token, certificate=CERTIFICATE)
    assert refusal(lambda: verifier.authorize(asked)).error == "invalid_token"


WEAK = {"kty": "RSA", "n": jwt.encode(b"\xff" * 128), "e": "AQAB"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"crit": ["exp"], "exp": 1}, "crit: "),
        ({"b64": False}, "b64: "),
        ({"jwk": "key"}, "jwk: expected a public key"),
        ({"alg": "RS256", "jwk": WEAK}, "jwk: an RSA key of fewer than 2048 bits"),
        ({"alg": "none"}, "alg: "),
        ({"alg": "HS256"}, "alg: "),
        ({"alg": "ES384"}, "jwk: the key is for ES256"),
    ],
    ids=str,
)
@pytest.mark.spec("RFC9449-4.3")
def test_a_header_that_is_not_that_of_a_proof_is_refused(
    verifier: Verifier, bound: str, clock: SettableClock, changes: dict[str, Any], reason: str
) -> None:
    made = proof(KEY, bound, clock.now())
    header = json.dumps({**jwt.header_of(made), **changes}).encode()
    forged = ".".join((jwt.encode(header), *made.split(".")[1:]))
    refused = refusal(lambda: verifier.authorize(request(bound, forged, scheme="DPoP")))
    assert refused.error == "invalid_dpop_proof"
    assert refused.reason.startswith(reason)


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithms": ()},
        {"lifetime": 0},
        {"lifetime": 601},
        {"nonce_secret": b"short"},
        {"nonce_lifetime": 0},
        {"most_proofs": 0},
    ],
    ids=str,
)
def test_dpop_that_protects_nothing_cannot_be_set_up(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Dpop(**wrong)

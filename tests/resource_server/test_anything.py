"""Whatever is presented, the answer is a refusal: never a stack trace, never a yes."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provider.resource_server import Dpop, PresentedRequest, Refused, Verifier
from tests.resource_server.proofs import URL, request
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support import jwt
from tests.support.clock import SettableClock

pytestmark = pytest.mark.spec("RFC6750-5.3")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
CLAIMS = ("iss", "aud", "exp", "iat", "nbf", "sub", "client_id", "jti", "scope", "status", "cnf")
HEADERS = ("typ", "alg", "kid", "crit", "jwk", "b64")
settled = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[TinyIssuer, Verifier]]:
    clock = SettableClock()
    issuer = TinyIssuer(clock).start()
    with Verifier(issuer.name, NOTES, dpop=Dpop(), clock=clock.now).start() as verifier:
        yield issuer, verifier
    issuer.stop()


@given(token=st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
@settled
def test_any_text_as_a_token_is_refused(world: tuple[TinyIssuer, Verifier], token: str) -> None:
    with pytest.raises(Refused):
        world[1].verify(token)


@given(
    authorization=st.lists(st.text() | st.text().map("Bearer {}".format), max_size=2),
    dpop=st.lists(st.text(), max_size=2),
    url=st.text() | st.just(URL),
    method=st.text(),
    thumbprint=st.none() | st.text(),
)
@settled
def test_any_request_is_refused(
    world: tuple[TinyIssuer, Verifier],
    authorization: list[str],
    dpop: list[str],
    url: str,
    method: str,
    thumbprint: str | None,
) -> None:
    asked = PresentedRequest(
        method=method,
        url=url,
        authorization=authorization,
        dpop=dpop,
        certificate_thumbprint=thumbprint,
    )
    with pytest.raises(Refused) as caught:
        world[1].authorize(asked)
    for name, value in caught.value.headers:
        f"{name}: {value}".encode("ascii")


@given(name=st.sampled_from(CLAIMS), value=JSON)
@settled
def test_any_value_of_a_signed_claim_is_an_answer_of_ours(
    world: tuple[TinyIssuer, Verifier], name: str, value: object
) -> None:
    issuer, verifier = world
    claims = {**jwt.claims_of(issuer.token()), name: value}
    token = jwt.sign(issuer.keys[0], claims, typ="at+jwt")
    try:
        found: object = verifier.authorize(request(token)).subject
    except Refused as refused:
        found = refused.status
    assert found in (401, "alex", value)


@given(name=st.sampled_from(HEADERS), value=JSON, payload=st.binary(max_size=40))
@settled
def test_any_header_under_any_signature_is_refused(
    world: tuple[TinyIssuer, Verifier], name: str, value: object, payload: bytes
) -> None:
    issuer, verifier = world
    header = {**jwt.header_of(issuer.token()), name: value}
    forged = ".".join(jwt.encode(part) for part in (json.dumps(header).encode(), payload, payload))
    with pytest.raises(Refused):
        verifier.verify(forged)


@given(proof=st.text() | JSON.map(json.dumps))
@settled
def test_any_proof_is_refused(world: tuple[TinyIssuer, Verifier], proof: str) -> None:
    issuer, verifier = world
    token = issuer.token(cnf={"jkt": "x" * 43})
    with pytest.raises(Refused):
        verifier.authorize(request(token, proof, scheme="DPoP"))

"""RFC 7636, RFC 9700 §2.1.1 and §4.8: proof key for code exchange, with S256 and nothing else."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.factories import native, public
from tests.support.relying_party import RelyingParty, challenge_of, refusal

MakeParty = Callable[..., RelyingParty]
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NO_PKCE: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}


@pytest.mark.spec("RFC7636-B")
def test_the_published_example_works(relying_party: RelyingParty, signed_in: Browser) -> None:
    grant = relying_party.authorize(signed_in, code_challenge=CHALLENGE)
    assert relying_party.redeem(grant, code_verifier=VERIFIER).access_token


@pytest.mark.spec("RFC7636-4.1")
@pytest.mark.parametrize("verifier", ["a" * 43, "-._~" * 32, "A1-._~" * 10])
def test_every_verifier_the_grammar_allows_works(
    relying_party: RelyingParty, signed_in: Browser, verifier: str
) -> None:
    grant = relying_party.authorize(signed_in, code_challenge=challenge_of(verifier))
    assert relying_party.redeem(grant, code_verifier=verifier).access_token


@pytest.mark.spec("RFC7636-4.4.1", "RFC9700-2.1.1")
@pytest.mark.parametrize("profile", ["oauth21", "openid"])
@pytest.mark.parametrize("kind", [public, native])
def test_a_public_client_must_send_a_challenge_in_every_profile(
    request: pytest.FixtureRequest, profile: str, kind: MakeParty
) -> None:
    request.node.add_marker(pytest.mark.settings(profile=profile))
    make_relying_party: MakeParty = request.getfixturevalue("make_relying_party")
    party = make_relying_party(**kind())  # type: ignore[arg-type]
    signed_in: Browser = request.getfixturevalue("signed_in")
    refused = party.refused(signed_in, **NO_PKCE)
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC9700-2.1.1")
@pytest.mark.settings(profile="openid")
def test_an_operator_can_not_free_a_public_client_of_it(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public(policy={"require_pkce": False}))
    assert party.refused(signed_in, **NO_PKCE).error == "invalid_request"


@pytest.mark.spec("RFC9700-2.1.1")
def test_a_confidential_client_must_send_a_challenge_by_default(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.refused(signed_in, **NO_PKCE).error == "invalid_request"


@pytest.mark.spec("RFC9700-2.1.1")
def test_an_operator_may_free_a_confidential_client_of_it(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"require_pkce": False})
    assert party.sign_in(signed_in, **NO_PKCE).access_token


@pytest.mark.spec("RFC9700-2.1.1")
@pytest.mark.settings(profile="openid")
def test_in_the_openid_profile_a_confidential_client_may_leave_it_out(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert relying_party.sign_in(signed_in, **NO_PKCE).access_token
    assert relying_party.sign_in(signed_in).access_token


@pytest.mark.spec("RFC9700-2.1.1")
@pytest.mark.settings(profile="openid")
def test_an_operator_may_demand_it_of_one_client(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"require_pkce": True})
    assert party.refused(signed_in, **NO_PKCE).error == "invalid_request"


@pytest.mark.spec("RFC7636-4.3", "RFC9700-2.1.1")
@pytest.mark.parametrize("method", ["plain", None, "", "s256", "S256 ", "S512", "none"])
@pytest.mark.parametrize("challenge", [CHALLENGE, VERIFIER])
def test_no_method_but_s256_is_spoken(
    relying_party: RelyingParty, signed_in: Browser, method: str | None, challenge: str
) -> None:
    refused = relying_party.refused(
        signed_in, code_challenge=challenge, code_challenge_method=method
    )
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC8414-2", "RFC7636-4.2")
def test_discovery_names_s256_alone(relying_party: RelyingParty) -> None:
    assert relying_party.metadata["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.spec("RFC7636-4.3")
@pytest.mark.settings(profile="openid")
def test_a_method_without_a_challenge_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    refused = relying_party.refused(signed_in, code_challenge=None)
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC7636-4.2")
@pytest.mark.parametrize(
    "challenge",
    [
        CHALLENGE[:-1],
        CHALLENGE + "A",
        CHALLENGE + "=",
        CHALLENGE[:-1] + "+",
        CHALLENGE[:-1] + "\n",
        CHALLENGE + "\n",
        CHALLENGE[:-1] + "\u212a",
        "A" * 42,
        "A" * 129,
        "x",
    ],
)
def test_a_challenge_that_is_no_sha_256_value_is_refused(
    relying_party: RelyingParty, signed_in: Browser, challenge: str
) -> None:
    refused = relying_party.refused(signed_in, code_challenge=challenge)
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC7636-4.6")
@pytest.mark.parametrize("wrong", ["a" * 43, VERIFIER.lower(), VERIFIER + "A", CHALLENGE])
def test_a_verifier_that_does_not_belong_to_the_challenge_is_refused(
    relying_party: RelyingParty, signed_in: Browser, wrong: str
) -> None:
    grant = relying_party.authorize(signed_in, code_challenge=CHALLENGE)
    refusal(relying_party.redeem_raw(grant, code_verifier=wrong), "invalid_grant")


@pytest.mark.spec("RFC7636-4.6")
def test_the_verifier_of_another_attempt_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    one, two = relying_party.authorize(signed_in), relying_party.authorize(signed_in)
    crossed = relying_party.redeem_raw(one, code_verifier=two.attempt.verifier)
    refusal(crossed, "invalid_grant")
    assert relying_party.redeem(one).access_token
    assert relying_party.redeem(two).access_token


@pytest.mark.spec("RFC7636-4.6")
@pytest.mark.parametrize("kind", [dict, public])
@pytest.mark.parametrize("verifier", [None, ""])
def test_a_code_with_a_challenge_is_worth_nothing_without_its_verifier(
    make_relying_party: MakeParty, signed_in: Browser, kind: MakeParty, verifier: str | None
) -> None:
    party = make_relying_party(**kind())  # type: ignore[arg-type]
    grant = party.authorize(signed_in)
    refusal(party.redeem_raw(grant, code_verifier=verifier), "invalid_grant")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC7636-4.1")
@pytest.mark.parametrize(
    "verifier",
    [
        "a" * 42,
        "a" * 129,
        "a" * 43 + "+",
        "a" * 43 + "\n",
        "a" * 43 + " ",
        "a" * 43 + "/",
        "a" * 43 + "=",
        "é" * 43,
        "\u0661" * 43,
    ],
)
def test_a_verifier_outside_the_grammar_is_refused_even_if_its_hash_would_match(
    relying_party: RelyingParty, signed_in: Browser, verifier: str
) -> None:
    matching = jwt.encode(sha256(verifier.encode()).digest())
    grant = relying_party.authorize(signed_in, code_challenge=matching)
    refusal(relying_party.redeem_raw(grant, code_verifier=verifier), "invalid_request")


@pytest.mark.spec("RFC9700-4.8.2")
@pytest.mark.settings(profile="openid")
def test_a_verifier_for_a_code_without_a_challenge_is_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    grant = relying_party.authorize(signed_in, **NO_PKCE)
    refusal(relying_party.redeem_raw(grant, code_verifier=VERIFIER), "invalid_grant")


@pytest.mark.spec("RFC7636-4.6")
@pytest.mark.parametrize("wrong", [None, "a" * 43, "short"])
def test_a_failed_proof_does_not_spend_the_code(
    relying_party: RelyingParty, signed_in: Browser, wrong: str | None
) -> None:
    grant = relying_party.authorize(signed_in)
    for _ in range(3):
        assert relying_party.redeem_raw(grant, code_verifier=wrong).status == 400
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC7636-4.6", "RFC9700-4.5")
def test_a_replay_without_the_verifier_ends_nothing(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    grant = relying_party.authorize(signed_in)
    tokens = relying_party.redeem(grant)
    refusal(relying_party.redeem_raw(grant, code_verifier="a" * 43), "invalid_grant")
    assert relying_party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC7636-7.2")
def test_a_challenge_appears_on_no_page_in_no_log_and_not_in_the_code(
    relying_party: RelyingParty,
    user_agent: Browser,
    account: object,
    capfd: pytest.CaptureFixture[str],
) -> None:
    attempt = relying_party.start(code_challenge=CHALLENGE)
    pages = []
    user_agent.come(attempt.url)
    pages += user_agent.visited
    user_agent.sign_in("tester", "a password for tests")
    pages += user_agent.visited
    user_agent.allow()
    pages += user_agent.visited
    grant = relying_party.receive(attempt, user_agent.left)
    refusal(relying_party.redeem_raw(grant, code_verifier="a" * 43), "invalid_grant")
    relying_party.redeem(grant, code_verifier=VERIFIER)
    written = "".join(capfd.readouterr())
    for place in (written, *(answer.text for answer in pages), user_agent.left.url):  # type: ignore[union-attr]
        assert CHALLENGE not in place
        assert VERIFIER not in place
    assert grant.code not in written

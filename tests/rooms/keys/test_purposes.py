import pytest

from provider.keys.keyring import Keyring
from provider.keys.purposes import (
    ACCESS_TOKEN,
    CLIENT_ASSERTION,
    ID_TOKEN,
    ID_TOKEN_HINT,
    INTROSPECTION,
    OWN_ALGORITHMS,
    PURPOSES,
    USERINFO,
    Purpose,
)
from provider.keys.verification import InvalidJwt
from tests.rooms.keys.support import NOW


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda purpose: purpose.name)
def test_no_purpose_knows_none_or_hmac(purpose: Purpose) -> None:
    assert purpose.algorithms
    assert not [alg for alg in purpose.algorithms if alg == "none" or alg.startswith("HS")]


def test_kinds_that_share_keys_do_not_share_a_type() -> None:
    own = [purpose for purpose in PURPOSES if purpose.keys == "own"]
    accepted = [typ for purpose in own for typ in purpose.accepts]
    assert len(accepted) == len(set(accepted))


def passes_as(written: Purpose, read: Purpose) -> bool:
    return written.typ in read.accepts and not set(written.absent) & set(read.required)


def test_what_one_kind_signs_no_other_kind_accepts() -> None:
    own = [purpose for purpose in PURPOSES if purpose.keys == "own"]
    pairs = [(a.name, b.name) for a in own if a.typ for b in own if passes_as(a, b)]
    assert pairs == [("access_token", "access_token"), ("id_token", "id_token_hint")]


def test_no_kind_lacks_by_rule_what_it_requires() -> None:
    assert not [one.name for one in PURPOSES if set(one.absent) & set(one.required)]


@pytest.mark.parametrize(
    ("purpose", "claim"),
    [(USERINFO, "iat"), (USERINFO, "exp"), (INTROSPECTION, "sub"), (INTROSPECTION, "exp")],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_claim_that_must_be_absent_is_never_signed(
    keyring: Keyring, purpose: Purpose, claim: str
) -> None:
    claims = dict.fromkeys(purpose.required, "x")
    assert keyring.sign(purpose, claims, NOW)
    with pytest.raises(ValueError, match=claim):
        keyring.sign(purpose, {**claims, claim: NOW}, NOW)


def test_a_userinfo_answer_is_refused_as_a_hint_for_what_it_lacks(keyring: Keyring) -> None:
    answer = keyring.sign(USERINFO, {"iss": "i", "sub": "s", "aud": "a"}, NOW)
    with pytest.raises(InvalidJwt, match="missing iat exp"):
        keyring.verify(answer, ID_TOKEN_HINT, now=NOW)


def test_only_hint_and_assertion_tolerate_an_absent_type() -> None:
    names = {purpose.name for purpose in PURPOSES if None in purpose.accepts}
    assert names == {"id_token_hint", "client_assertion"}


def test_the_published_lists_are_those_we_have_keys_for() -> None:
    assert ID_TOKEN.supported(("ES256", "RS256")) == ["RS256", "ES256"]
    assert ACCESS_TOKEN.supported(OWN_ALGORITHMS) == ["ES256", "RS256", "PS256", "EdDSA"]
    assert CLIENT_ASSERTION.algorithms == ("RS256", "PS256", "ES256", "ES384", "EdDSA")

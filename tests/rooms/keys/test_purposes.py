import pytest

from provider.keys.keyring import Keyring
from provider.keys.purposes import (
    ACCESS_TOKEN,
    CLIENT_ASSERTION,
    ID_TOKEN,
    ID_TOKEN_BY_SECRET,
    ID_TOKEN_HINT,
    ID_TOKEN_HINT_BY_SECRET,
    ID_TOKEN_UNSIGNED,
    INTROSPECTION,
    OWN_ALGORITHMS,
    PURPOSES,
    REQUEST_OBJECT,
    USERINFO,
    Purpose,
    under,
)
from provider.keys.verification import InvalidJwt
from tests.rooms.keys.support import NOW

FAMILIES: dict[str, set[str]] = {
    "own": set(OWN_ALGORITHMS),
    "client": {*OWN_ALGORITHMS, "Ed25519"},
    "secret": {"HS256"},
    "issuer": {*OWN_ALGORITHMS, "Ed25519"},
    "nobody": {"none"},
}


@pytest.mark.parametrize("purpose", PURPOSES, ids=str)
def test_a_row_has_algorithms_of_its_own_keys_alone(purpose: Purpose) -> None:
    assert purpose.algorithms
    assert set(purpose.algorithms) <= FAMILIES[purpose.keys]


def test_no_algorithm_is_of_two_families() -> None:
    assert not FAMILIES["own"] & FAMILIES["secret"]
    assert not FAMILIES["nobody"] & (FAMILIES["own"] | FAMILIES["secret"])


def test_what_nobody_signs_is_an_id_token_and_never_read() -> None:
    unsigned = [purpose for purpose in PURPOSES if purpose.keys == "nobody"]
    assert [(one.name, one.accepts) for one in unsigned] == [("id_token", ())]


def test_an_access_token_is_never_under_a_client_secret() -> None:
    assert under(ACCESS_TOKEN, "secret") is None
    assert under(ACCESS_TOKEN, "nobody") is None


def test_what_we_sign_under_a_secret_is_read_as_nothing_but_a_hint() -> None:
    rows = [purpose for purpose in PURPOSES if purpose.keys == "secret"]
    pairs = [(a.name, b.name) for a in rows if a.typ for b in rows if passes_as(a, b)]
    assert pairs == [("id_token", "id_token_hint")]


def test_the_keyring_signs_and_verifies_nothing_that_is_under_other_keys(keyring: Keyring) -> None:
    claims = dict.fromkeys(ID_TOKEN.required, "x")
    for row in (ID_TOKEN_BY_SECRET, ID_TOKEN_UNSIGNED):
        with pytest.raises(ValueError, match="id_token"):
            keyring.sign(row, claims, NOW, alg=row.algorithms[0])
    with pytest.raises(ValueError, match="id_token_hint"):
        keyring.verify("a.b.c", ID_TOKEN_HINT_BY_SECRET, now=NOW)


def test_kinds_that_share_keys_do_not_share_a_type() -> None:
    own = [purpose for purpose in PURPOSES if purpose.keys == "own"]
    accepted = [typ for purpose in own for typ in purpose.accepts]
    assert len(accepted) == len(set(accepted))


def passes_as(written: Purpose, read: Purpose) -> bool:
    """Whether nothing but the signature could tell the one from the other."""
    lacks, brings = written.absent, written.required
    told_apart = set(lacks) & set(read.required) or set(brings) & set(read.absent)
    return written.typ in read.accepts and not told_apart


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


def test_only_our_hints_and_what_others_sign_tolerate_an_absent_type() -> None:
    names = {purpose.name for purpose in PURPOSES if None in purpose.accepts}
    assert names == {
        "id_token_hint", "client_assertion", "request_object", "software_statement",
    }  # fmt: skip


@pytest.mark.spec("RFC9101-10.8")
def test_an_assertion_requires_what_a_request_object_must_not_have() -> None:
    assert set(REQUEST_OBJECT.absent) & set(CLIENT_ASSERTION.required)


def test_the_published_lists_are_those_we_have_keys_for() -> None:
    assert ID_TOKEN.supported(("ES256", "RS256")) == ["RS256", "ES256"]
    assert ACCESS_TOKEN.supported(OWN_ALGORITHMS) == ["ES256", "RS256", "PS256", "ES384", "EdDSA"]
    asymmetric = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
    assert CLIENT_ASSERTION.algorithms == asymmetric

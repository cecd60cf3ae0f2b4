import pytest

from provider.keys.purposes import (
    ACCESS_TOKEN,
    CLIENT_ASSERTION,
    ID_TOKEN,
    OWN_ALGORITHMS,
    PURPOSES,
    Purpose,
)


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda purpose: purpose.name)
def test_no_purpose_knows_none_or_hmac(purpose: Purpose) -> None:
    assert purpose.algorithms
    assert not [alg for alg in purpose.algorithms if alg == "none" or alg.startswith("HS")]


def test_kinds_that_share_keys_do_not_share_a_type() -> None:
    own = [purpose for purpose in PURPOSES if purpose.keys == "own"]
    accepted = [typ for purpose in own for typ in purpose.accepts]
    assert len(accepted) == len(set(accepted))


def test_only_hint_and_assertion_tolerate_an_absent_type() -> None:
    names = {purpose.name for purpose in PURPOSES if None in purpose.accepts}
    assert names == {"id_token_hint", "client_assertion"}


def test_the_published_lists_are_those_we_have_keys_for() -> None:
    assert ID_TOKEN.supported(("ES256", "RS256")) == ["RS256", "ES256"]
    assert ACCESS_TOKEN.supported(OWN_ALGORITHMS) == ["ES256", "RS256", "PS256", "EdDSA"]
    assert CLIENT_ASSERTION.algorithms == ("RS256", "PS256", "ES256", "ES384", "EdDSA")

"""What time, people and operators do to tokens that an application holds."""

from http import HTTPStatus
from queue import SimpleQueue
from urllib.error import HTTPError

import pytest

from provider.testing.application import Refused, Tokens
from provider.testing.signet import Signet
from tests.support import jwt
from tests.support.site import Site
from tests.testing.conftest import Verify, get


def opens(signet: Signet, tokens: Tokens) -> bool:
    """Return whether UserInfo opens to an access token."""
    try:
        get(f"{signet.issuer}/userinfo", tokens.headers)
    except HTTPError as error:
        error.close()
        return error.code != HTTPStatus.UNAUTHORIZED
    return True


@pytest.fixture
def tokens(signet: Signet) -> Tokens:
    return signet.sign_in(
        signet.add_client(), signet.add_user("alex"), scope="openid offline_access"
    )


def test_time_stands_still_until_it_is_moved(signet: Signet, tokens: Tokens) -> None:
    assert opens(signet, tokens)
    signet.clock.advance_past(tokens.claims["exp"])
    assert not opens(signet, tokens)
    assert opens(signet, signet.refresh(tokens))


def test_the_clock_is_never_set_back_by_a_moment_that_is_past(signet: Signet) -> None:
    before = signet.clock.now()
    assert signet.clock.advance_past(before - 100) == before


def test_revoking_ends_everything_of_one_authorization(signet: Signet, tokens: Tokens) -> None:
    other = signet.sign_in(tokens.client, signet.add_user("robin"))
    signet.revoke(tokens)
    assert not opens(signet, tokens)
    with pytest.raises(Refused, match="invalid_grant"):
        signet.refresh(tokens)
    assert opens(signet, other)


def test_a_token_alone_is_given_back(signet: Signet, tokens: Tokens) -> None:
    signet.revoke_token(tokens)
    assert not opens(signet, tokens)
    assert opens(signet, signet.refresh(tokens))


def test_what_is_no_token_can_not_be_revoked(signet: Signet) -> None:
    with pytest.raises(ValueError, match="no live access token"):
        signet.revoke(signet.mint(signed_by="stranger"))
    own = signet.client_credentials(signet.add_client())
    with pytest.raises(ValueError, match="of a person"):
        signet.revoke(own)


def test_signing_out_ends_what_was_for_the_session(signet: Signet) -> None:
    user = signet.add_user()
    tokens = signet.sign_in(signet.add_client(), user)
    signet.sign_out(user)
    assert not opens(signet, tokens)


def test_a_disabled_person_has_nothing_left(signet: Signet) -> None:
    client, user = signet.add_client(), signet.add_user()
    tokens = signet.sign_in(client, user, scope="openid offline_access")
    signet.disable(user)
    assert not opens(signet, tokens)
    signet.enable(user)
    assert not opens(signet, tokens)
    assert opens(signet, signet.sign_in(client, user))


def test_a_locked_person_goes_on_once_unlocked(signet: Signet) -> None:
    client, user = signet.add_client(), signet.add_user()
    tokens = signet.sign_in(client, user, scope="openid offline_access")
    signet.lock(user)
    assert not opens(signet, tokens)
    with pytest.raises(Refused, match="invalid_grant"):
        signet.refresh(tokens)
    signet.unlock(user)
    assert opens(signet, signet.refresh(tokens))


def test_new_keys_sign_and_the_old_ones_still_verify(
    signet: Signet, tokens: Tokens, verified: Verify
) -> None:
    signet.rotate_keys()
    new = signet.refresh(tokens)
    assert jwt.header_of(new.access_token)["kid"] != jwt.header_of(tokens.access_token)["kid"]
    assert verified(new.access_token)["sub"] == verified(tokens.access_token)["sub"]


def test_removed_keys_are_gone(signet: Signet, tokens: Tokens) -> None:
    signet.rotate_keys(remove=True)
    published = {key["kid"] for key in get(f"{signet.issuer}/jwks")["keys"]}
    assert jwt.header_of(tokens.access_token)["kid"] not in published
    assert not opens(signet, tokens)
    assert opens(signet, signet.refresh(tokens))


def sign_out_at(signet: Signet, address: str) -> None:
    """Sign somebody in at a client that hears of logout at this address, and out again."""
    user = signet.add_user()
    signet.sign_in(signet.add_client(backchannel_logout_uri=address), user)
    signet.sign_out(user)


def test_clients_on_this_machine_hear_of_logout(
    signet: Signet, receiving: SimpleQueue[str], receiver_url: str, verified: Verify
) -> None:
    sign_out_at(signet, receiver_url)
    signet.deliver_logouts()
    token = receiving.get_nowait()
    assert jwt.header_of(token)["typ"] == "logout+jwt"
    assert "sid" in verified(token)
    signet.deliver_logouts()
    assert receiving.empty()


def test_they_hear_of_it_by_themselves(
    signet: Signet, receiving: SimpleQueue[str], receiver_url: str
) -> None:
    sign_out_at(signet, receiver_url)
    assert receiving.get(timeout=30)


def test_nobody_else_is_reached(signet: Signet, site: Site) -> None:
    sign_out_at(signet, site.serve("/logout", "").replace("localhost", "private.example"))
    signet.deliver_logouts()
    assert site.asked("/logout") == 0

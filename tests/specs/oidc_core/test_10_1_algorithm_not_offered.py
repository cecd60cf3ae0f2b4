"""OpenID Connect Core §10.1, RFC 6749 §4.1.2.1, §5.2: an algorithm that a client registered and
that the operator no longer offers. The client is told, and nobody meets an error of ours."""

from collections.abc import Callable, Iterator

import pytest

from provider.app import create_app
from provider.context import Provider
from provider.settings import Settings
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.conftest import make_settings
from tests.support import jwt, watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import front_channel
from tests.support.relying_party import RelyingParty, refusal

pytestmark = [pytest.mark.spec("OIDCC-10.1", "RFC6749-5.2")]

Change = Callable[[RelyingParty], None]
FEWER = {"id_token_algorithms": ["RS256"]}


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(
        id_token_signed_response_alg="ES384", userinfo_signed_response_alg="ES384"
    )


@pytest.fixture
def restart(settings: Settings, clock: SettableClock, provider: Provider) -> Iterator[Change]:
    """Bring a relying party to a server that offers fewer algorithms, on the same database."""

    engines = []

    def change(party: RelyingParty) -> None:
        fewer = make_settings(
            settings.database_url, data_dir=settings.data_dir, profile=settings.profile, keys=FEWER
        )
        app = party.app = create_app(fewer, clock=clock)
        engines.append(app.extensions["signet"].engine)
        party.__dict__.pop("metadata", None)

    yield change
    for engine in engines:
        engine.dispose()


def in_a_browser(party: RelyingParty, browser: Browser) -> Browser:
    """Return the same browser, at the server that the relying party is at."""
    moved = Browser(party.app, party.issuer)
    moved.jar = browser.jar
    return moved


def test_a_new_request_is_refused_before_anybody_signs_in(
    party: RelyingParty, user_agent: Browser, restart: Change
) -> None:
    restart(party)
    assert "ES384" not in party.metadata["id_token_signing_alg_values_supported"]
    refused = party.refused(in_a_browser(party, user_agent))
    assert refused.error == "unauthorized_client"
    assert "algorithm" in refused.parameters["error_description"]


def test_a_code_from_before_is_refused_and_not_used_up(
    party: RelyingParty, signed_in: Browser, restart: Change, provider: Provider
) -> None:
    before, grant = party.app, party.authorize(signed_in)
    restart(party)
    refusal(party.redeem_raw(grant), "unauthorized_client")
    party.app = before
    assert party.redeem(grant).access_token
    assert watching.events(provider, "authorization_code_replayed") == []


def test_a_refresh_token_from_before_is_refused_and_lives_on(
    party: RelyingParty, signed_in: Browser, restart: Change
) -> None:
    before, tokens = party.app, party.sign_in(signed_in)
    restart(party)
    refusal(party.refresh_raw(tokens.refresh_token), "unauthorized_client")
    party.app = before
    assert party.refresh(tokens.refresh_token).access_token


def test_userinfo_is_refused(party: RelyingParty, signed_in: Browser, restart: Change) -> None:
    tokens = party.sign_in(signed_in)
    restart(party)
    refusal(party.userinfo_raw(tokens.access_token), "unauthorized_client")


def test_a_request_without_an_id_token_goes_on(
    party: RelyingParty, signed_in: Browser, restart: Change
) -> None:
    restart(party)
    browser = in_a_browser(party, signed_in)
    assert party.sign_in(browser, scope="notes:read").access_token


@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("response_type", ["id_token", "code id_token token"])
def test_an_id_token_of_the_authorization_endpoint_is_refused(
    make_relying_party: MakeParty, signed_in: Browser, restart: Change, response_type: str
) -> None:
    party = make_relying_party(**front_channel(id_token_signed_response_alg="ES384"))
    restart(party)
    refused = party.refused(in_a_browser(party, signed_in), response_type=response_type)
    assert refused.error == "unauthorized_client"


def test_an_id_token_from_before_is_still_a_hint(
    party: RelyingParty, signed_in: Browser, restart: Change, provider: Provider
) -> None:
    hint = party.sign_in(signed_in).id_token
    restart(party)
    with transaction(provider.engine) as tx:
        client = clients.find(tx, party.client_id)
        assert client is not None
        known = client.from_metadata(client.client_id, {
            **client.to_metadata(), "id_token_signed_response_alg": "RS256",
        })  # fmt: skip
        clients.replace(tx, known, provider.clock.now())
    party.id_token_alg = "RS256"
    browser = in_a_browser(party, signed_in)
    assert party.authorize(browser, prompt="none", id_token_hint=hint).code


@pytest.mark.parametrize("alg", ["RS512", "HS256", "none", "A" * 300, "\u202e", "__class__"])
@pytest.mark.parametrize(
    "what", ["id_token_signed_response_alg", "userinfo_signed_response_alg", "access token"]
)
def test_whatever_is_registered_nothing_breaks(
    make_relying_party: MakeParty, signed_in: Browser, what: str, alg: str
) -> None:
    if what == "access token":
        party = make_relying_party(policy={"access_token_alg": alg})
        refusal(party.redeem_raw(party.authorize(signed_in)), "unauthorized_client")
        return
    party = make_relying_party(**{what: alg})
    if what == "id_token_signed_response_alg":
        assert party.refused(signed_in).error == "unauthorized_client"
    else:
        answer = party.userinfo_raw(party.sign_in(signed_in).access_token)
        refusal(answer, "unauthorized_client")


@pytest.mark.spec("OIDCD-3")
@pytest.mark.settings(keys=FEWER)
def test_what_the_operator_left_out_for_id_tokens_is_left_out_for_them_alone(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        id_token_signed_response_alg="ES256", userinfo_signed_response_alg="ES256"
    )
    assert party.metadata["id_token_signing_alg_values_supported"] == ["RS256"]
    assert party.metadata["userinfo_signing_alg_values_supported"] == ["RS256", "ES256"]
    assert party.refused(signed_in).error == "unauthorized_client"
    other = make_relying_party(userinfo_signed_response_alg="ES256")
    tokens = other.sign_in(signed_in)
    assert other.read(other.userinfo_raw(tokens.access_token).text, "ES256")["sub"]


# -- the hash of the state ---------------------------------------------------


@pytest.mark.spec("OIDCC-3.3.2.11")
@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("state", ["plain", "&=#%+ \"'<>", "é한\u202e", "s" * 2048, None])
def test_s_hash_names_the_state_as_it_came(
    make_relying_party: MakeParty, signed_in: Browser, state: str | None
) -> None:
    party = make_relying_party(**front_channel())
    grant = party.authorize(signed_in, response_type="code id_token", state=state)
    expected = jwt.half_hash("RS256", state) if state else None
    assert grant.tokens.claims.get("s_hash") == expected
    assert "s_hash" not in party.redeem(grant).claims

"""OpenID Connect Core §8.1, Dynamic Client Registration §5: the document that a
`sector_identifier_uri` names is read when a client registers, and lists its redirect URIs."""

import orjson
import pytest

from provider.context import Provider
from provider.store import registration_tokens, throttles
from provider.store.unit_of_work import transaction
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.registering import CALLBACK, Registrar, at_work, grant, metadata
from tests.support.relying_party import refusal
from tests.support.site import Site

OTHER = "https://other.example/cb"
pytestmark = pytest.mark.settings(profile="openid", registration={"mode": "open"})


def document(site: Site, *uris: object) -> str:
    return site.serve("/sector", orjson.dumps(uris))


@pytest.mark.both_databases
@pytest.mark.spec("OIDCR-5", "OIDCC-8.1")
def test_a_sector_that_lists_all_redirect_uris_is_registered(
    registrar: Registrar, site: Site
) -> None:
    uri = document(site, CALLBACK, OTHER, "https://third.example/cb")
    sent = {"redirect_uris": [CALLBACK, OTHER], "sector_identifier_uri": uri}
    registered = registrar.register(subject_type="pairwise", **sent)
    assert registered["sector_identifier_uri"] == uri
    assert registrar.manage("GET", registered).json["sector_identifier_uri"] == uri


@pytest.mark.spec("OIDCR-5")
@pytest.mark.parametrize(
    "body", [b'["https://other.example/cb"]', b"[]", b"{}", b"[1]", b"not JSON", b"null"]
)
def test_a_sector_that_does_not_list_a_redirect_uri_is_refused(
    registrar: Registrar, site: Site, body: bytes
) -> None:
    uri = site.serve("/sector", body)
    for kind in ("pairwise", "public"):
        sent = metadata(subject_type=kind, sector_identifier_uri=uri)
        answer = refusal(registrar.post(sent), "invalid_client_metadata")
        assert (
            answer["error_description"] == "sector_identifier_uri can not be registered as given."
        )


@pytest.mark.spec("OIDCR-5")
def test_a_sector_that_does_not_answer_is_refused(registrar: Registrar, site: Site) -> None:
    absent = metadata(sector_identifier_uri=site.url("/absent"))
    refusal(registrar.post(absent), "invalid_client_metadata")
    moved = site.serve("/moved", b"", status=302, headers={"Location": document(site, CALLBACK)})
    refusal(registrar.post(metadata(sector_identifier_uri=moved)), "invalid_client_metadata")
    assert site.asked("/sector") == 0


@pytest.mark.spec("OIDCR-5", "RFC9700-4.15")
def test_a_sector_at_an_address_that_is_not_public_is_refused(registrar: Registrar) -> None:
    for uri in ("https://127.0.0.1/sector", "https://localhost/sector", "https://10.0.0.1/"):
        refusal(registrar.post(metadata(sector_identifier_uri=uri)), "invalid_client_metadata")


@pytest.mark.spec("OIDCC-8.1")
def test_pairwise_subjects_of_several_hosts_need_a_sector(registrar: Registrar) -> None:
    sent = metadata(subject_type="pairwise", redirect_uris=[CALLBACK, OTHER])
    refusal(registrar.post(sent), "invalid_client_metadata")
    registrar.register(subject_type="pairwise", redirect_uris=[CALLBACK, CALLBACK + "2"])


@pytest.mark.spec("OIDCR-5", "RFC7592-2.2")
def test_a_change_is_held_against_the_sector_as_well(registrar: Registrar, site: Site) -> None:
    uri = document(site, CALLBACK)
    registered = registrar.register(subject_type="pairwise", sector_identifier_uri=uri)
    same = metadata(client_id=registered["client_id"], sector_identifier_uri=uri)
    more = {**same, "redirect_uris": [CALLBACK, OTHER]}
    refusal(registrar.manage("PUT", registered, more), "invalid_client_metadata")
    assert registrar.manage("GET", registered).json["redirect_uris"] == [CALLBACK]
    document(site, CALLBACK, OTHER)
    assert registrar.manage("PUT", registered, more).json["redirect_uris"] == [CALLBACK, OTHER]


@pytest.mark.both_databases
@pytest.mark.spec("OIDCR-5")
def test_while_the_client_answers_nobody_waits_for_us(
    registrar: Registrar, provider: Provider, site: Site
) -> None:
    def write() -> None:
        with transaction(provider.engine) as tx:
            throttles.count_failure(tx, b"another", now=1, expires_at=2)

    uri = site.serve("/sector", orjson.dumps([CALLBACK]), before=write)
    assert registrar.post(metadata(sector_identifier_uri=uri)).status == 201


@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.spec("RFC7591-3", "OIDCR-5")
def test_the_initial_token_is_looked_at_before_the_sector_and_used_up_after_it(
    registrar: Registrar, provider: Provider, site: Site
) -> None:
    sent = metadata(sector_identifier_uri=document(site, CALLBACK))
    refusal(registrar.post(sent, "wrong"), "invalid_token")
    assert site.asked("/sector") == 0
    token = grant(provider)
    bad = metadata(sector_identifier_uri=site.serve("/bad", b"[]"))
    refusal(registrar.post(bad, token), "invalid_client_metadata")
    assert registrar.post(sent, token).status == 201
    refusal(registrar.post(sent, token), "invalid_token")
    with transaction(provider.engine, read_only=True) as tx:
        assert [one.uses_left for one in registration_tokens.list_all(tx)] == [0]


@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.spec("RFC7591-3")
def test_a_token_that_is_revoked_while_the_sector_is_read_registers_nobody(
    registrar: Registrar, provider: Provider, site: Site
) -> None:
    token = grant(provider)

    def revoke() -> None:
        with transaction(provider.engine) as tx:
            (one,) = registration_tokens.list_all(tx)
            registration_tokens.remove(tx, one.id)

    uri = site.serve("/sector", orjson.dumps([CALLBACK]), before=revoke)
    refusal(registrar.post(metadata(sector_identifier_uri=uri), token), "invalid_token")


@pytest.mark.settings(registration={"mode": "open", "per_hour": 2})
@pytest.mark.spec("RFC7591-5")
def test_attempts_count_once_whether_a_sector_is_read_or_not(
    registrar: Registrar, site: Site
) -> None:
    sent = metadata(sector_identifier_uri=document(site, CALLBACK))
    assert registrar.post(sent).status == 201
    bad = metadata(sector_identifier_uri=site.serve("/bad", b"[]"))
    refusal(registrar.post(bad), "invalid_client_metadata")
    refusal(registrar.post(sent), "temporarily_unavailable", 429)
    assert site.asked("/sector") == 1


@pytest.mark.spec("OIDCC-8.1")
def test_clients_of_one_sector_know_a_person_by_one_name_and_others_by_another(
    registrar: Registrar, clock: SettableClock, signed_in: Browser, site: Site
) -> None:
    uri = document(site, CALLBACK, OTHER)
    about = {"subject_type": "pairwise", "grant_types": ["authorization_code", "refresh_token"]}

    def subject(callback: str, **changes: str) -> str:
        body = registrar.register(redirect_uris=[callback], **about, **changes)
        tokens = at_work(registrar, clock, body).sign_in(signed_in)
        return str(tokens.claims["sub"])

    same = {subject(one, sector_identifier_uri=uri) for one in (CALLBACK, OTHER)}
    assert len(same) == 1
    assert not same & {subject(CALLBACK), subject(OTHER)}

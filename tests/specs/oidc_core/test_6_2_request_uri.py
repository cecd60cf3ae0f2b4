"""OpenID Connect Core §6.2, RFC 9101 §5.2: a request object by reference, from where the client
registered and from nowhere else."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.relying_party import Attempt, RelyingParty
from tests.support.request_objects import (
    claims_for,
    finish,
    refusal_of,
    sent,
    signed,
    signer,
)
from tests.support.site import Site

pytestmark = pytest.mark.spec("OIDCC-6.2", "RFC9101-5.2", "RFC9101-6.1")

MakeParty = Callable[..., RelyingParty]
INVALID = "invalid_request_uri"
PATH = "/request.jwt"
in_certification = pytest.mark.settings(profile="certification", test_issuer=True)


@pytest.fixture
def party(make_relying_party: MakeParty, site: Site) -> RelyingParty:
    return signer(make_relying_party, "RS256", request_uris=(site.url(PATH),))


def published(
    party: RelyingParty, site: Site, *, fragment: str = "", about: Any = None, **options: Any
) -> Attempt:
    """Put a request object on the client's site. Return the request that refers to it."""
    attempt = party.start()
    token = options.pop("token", None) or signed(
        party, claims_for(party, attempt, **(about or {}))
    )
    options = {"content_type": "application/oauth-authz-req+jwt", **options}
    site.serve(PATH, token.encode(), **options)
    return sent(party, attempt, request_uri=site.url(PATH) + fragment)


@pytest.mark.settings(profile="openid")
def test_request_uri_signed_rs256(party: RelyingParty, site: Site, signed_in: Browser) -> None:
    assert party.metadata["request_uri_parameter_supported"] is True
    assert party.metadata["require_request_uri_registration"] is True
    assert "RS256" in party.metadata["request_object_signing_alg_values_supported"]
    attempt = published(party, site)
    assert party.redeem(finish(signed_in, party, attempt)).claims["nonce"] == attempt.nonce


@in_certification
def test_request_uri_unsigned(party: RelyingParty, site: Site, signed_in: Browser) -> None:
    attempt = party.start()
    site.serve(PATH, jwt.unsigned(claims_for(party, attempt)).encode(), content_type="text/plain")
    outside = {name: str(value) for name, value in attempt.parameters.items()}
    referring = sent(party, attempt, **outside, request_uri=site.url(PATH))
    assert finish(signed_in, party, referring).code


@pytest.mark.settings(profile="openid")
def test_an_unsigned_one_is_refused_elsewhere(
    party: RelyingParty, site: Site, signed_in: Browser
) -> None:
    attempt = published(party, site, token=jwt.unsigned(claims_for(party, party.start())))
    assert refusal_of(signed_in, party, attempt) == "invalid_request_object"


@pytest.mark.parametrize(
    "content_type",
    ["application/oauth-authz-req+jwt", "application/jwt", "text/plain; charset=utf-8"],
)
def test_the_media_type_does_not_matter(
    party: RelyingParty, site: Site, signed_in: Browser, content_type: str
) -> None:
    assert finish(signed_in, party, published(party, site, content_type=content_type)).code


def test_it_is_fetched_once_for_a_request(
    party: RelyingParty, site: Site, user_agent: Browser, account: object
) -> None:
    attempt = published(party, site)
    assert finish(user_agent, party, attempt).code
    assert len([one for one in site.received if one.path == PATH]) == 1


@pytest.mark.parametrize("registered", ["", "#v1", "#" + "A" * 43])
@pytest.mark.parametrize("fragment", ["", "#v2", "#" + "A" * 43, "#" + "A" * 43 + "="])
def test_fragments_do_not_count_in_the_comparison(
    make_relying_party: MakeParty, site: Site, signed_in: Browser, registered: str, fragment: str
) -> None:
    party = signer(make_relying_party, request_uris=(site.url(PATH) + registered,))
    assert finish(signed_in, party, published(party, site, fragment=fragment)).code
    assert {one.path for one in site.received} == {PATH}


@pytest.mark.spec("SS-05")
@pytest.mark.parametrize(
    "changed",
    [
        lambda uri: uri + "/",
        lambda uri: uri + "?a=b",
        lambda uri: uri.replace("https://", "HTTPS://"),
        lambda uri: uri.replace("https://", "http://"),
        lambda uri: uri.replace("https://", "https://user@"),
        lambda uri: uri.replace(PATH, "/x/.." + PATH),
        lambda uri: uri.replace(PATH, "/other.jwt"),
        lambda _uri: "https://169.254.169.254/latest/meta-data",
        lambda _uri: "https://[::1]/request.jwt",
        lambda _uri: "file:///etc/passwd",
        lambda _uri: "data:application/jwt,e30.e30.",
        lambda _uri: "urn:ietf:params:oauth:request_uri:unknown",
        lambda _uri: "nonsense",
    ],
)
def test_an_address_that_is_not_registered_is_not_fetched(
    party: RelyingParty, site: Site, signed_in: Browser, changed: Callable[[str], str]
) -> None:
    attempt = sent(party, published(party, site), request_uri=changed(site.url(PATH)))
    assert refusal_of(signed_in, party, attempt) == INVALID
    assert not site.received


def test_an_address_of_another_client_is_not_fetched(
    party: RelyingParty, make_relying_party: MakeParty, site: Site, signed_in: Browser
) -> None:
    other = signer(make_relying_party)
    attempt = sent(other, other.start(), request_uri=site.url(PATH))
    published(party, site)
    assert refusal_of(signed_in, other, attempt) == INVALID
    assert not site.received


def test_a_long_address_is_refused(
    make_relying_party: MakeParty, site: Site, signed_in: Browser
) -> None:
    uri = site.url("/" + "r" * 512)
    party = signer(make_relying_party, request_uris=(uri,))
    assert refusal_of(signed_in, party, sent(party, party.start(), request_uri=uri)) == INVALID
    assert not site.received


@pytest.mark.parametrize("status", [204, 301, 302, 307, 401, 404, 500])
def test_only_a_plain_answer_is_read(
    party: RelyingParty, site: Site, signed_in: Browser, status: int
) -> None:
    headers = {"Location": site.url("/elsewhere")} if 300 <= status < 400 else {}
    attempt = published(party, site, status=status, headers=headers)
    assert refusal_of(signed_in, party, attempt) == INVALID
    assert {one.path for one in site.received} == {PATH}


def test_an_answer_that_is_too_large_is_refused(
    party: RelyingParty, site: Site, signed_in: Browser
) -> None:
    attempt = published(party, site, token="x" * 70_000)
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.spec("SS-01")
@pytest.mark.parametrize(
    "address", ["https://10.0.0.1/r", "https://[::1]/r", "https://127.0.0.1/r"]
)
def test_a_private_address_is_refused_though_registered(
    make_relying_party: MakeParty, signed_in: Browser, address: str
) -> None:
    party = signer(make_relying_party, request_uris=(address,))
    attempt = sent(party, party.start(), request_uri=address)
    assert refusal_of(signed_in, party, attempt) == INVALID


def test_what_is_no_jwt_is_refused(party: RelyingParty, site: Site, signed_in: Browser) -> None:
    for token in ("<html></html>", "x.y.z", "한국어", '{"client_id": "x"}'):
        attempt = published(party, site, token=token)
        assert refusal_of(signed_in, party, attempt) in (INVALID, "invalid_request_object")


def test_what_is_fetched_is_held_to_the_same_rules(
    party: RelyingParty, site: Site, signed_in: Browser
) -> None:
    for about in ({"aud": "https://x.example"}, {"exp": 1}, {"client_id": "x"}, {"iss": "x"}):
        attempt = published(party, site, about=about)
        assert refusal_of(signed_in, party, attempt) == "invalid_request_object"
    nested = published(party, site, about={"request_uri": site.url(PATH)})
    assert refusal_of(signed_in, party, nested) == "invalid_request_object"


def test_one_way_at_a_time(party: RelyingParty, site: Site, signed_in: Browser) -> None:
    attempt = published(party, site)
    token = signed(party, claims_for(party, attempt))
    both = sent(party, attempt, request=token, request_uri=site.url(PATH))
    assert refusal_of(signed_in, party, both) == "invalid_request"
    assert not site.received


def test_a_client_that_signs_everything_may_refer(
    make_relying_party: MakeParty, site: Site, signed_in: Browser
) -> None:
    party = signer(
        make_relying_party, request_uris=(site.url(PATH),), require_signed_request_object=True
    )
    assert finish(signed_in, party, published(party, site)).code

"""What an API answers instead of data: RFC 6750 §3, RFC 9470 §3, RFC 9728."""

from typing import Any

import pytest

from provider.resource_server import Dpop, PresentedRequest, Refused, Verifier, require
from tests.resource_server.conftest import MakeVerifier, refusal
from tests.resource_server.proofs import URL, request
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support.clock import SettableClock


def challenges_of(refused: Refused) -> list[str]:
    """Return the challenges in order."""
    return [value for name, value in refused.headers if name == "WWW-Authenticate"]


@pytest.mark.parametrize("authorization", [(), ("Basic eDp5",), ("Negotiate",), ("",)], ids=str)
@pytest.mark.spec("RFC6750-3.1")
def test_without_a_credential_there_is_no_error_in_the_challenge(
    make_verifier: MakeVerifier, authorization: tuple[str, ...]
) -> None:
    verifier = make_verifier(realm="Notes", resource_metadata="https://notes.example/m")
    asked = PresentedRequest(method="GET", url=URL, authorization=authorization)
    refused = refusal(lambda: verifier.authorize(asked, require("notes:read")))
    assert (refused.status, refused.error, refused.body) == (401, "", {})
    assert challenges_of(refused) == [
        'Bearer realm="Notes", scope="notes:read", resource_metadata="https://notes.example/m"'
    ]
    assert dict(refused.headers)["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC9449-7.2")
def test_both_schemes_are_offered_where_both_are_taken(make_verifier: MakeVerifier) -> None:
    verifier = make_verifier(dpop=Dpop(algorithms=("ES256",)))
    asked = PresentedRequest(method="GET", url=URL)
    refused = refusal(lambda: verifier.authorize(asked))
    assert challenges_of(refused) == ["Bearer", 'DPoP algs="ES256"']


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.spec("RFC6750-2.1")
def test_the_scheme_is_compared_without_case(
    issuer: TinyIssuer, verifier: Verifier, scheme: str
) -> None:
    assert verifier.authorize(request(issuer.token(), scheme=scheme)).subject == "alex"


@pytest.mark.parametrize(
    "changes",
    [
        {"authorization": ["Bearer"]},
        {"authorization": ["Bearer a b"]},
        {"authorization": ["Bearer a,b"]},
        {"authorization": ["Bearer ümlaut"]},
        {"authorization": ['Bearer "quoted"']},
        {"authorization": ["Bearer a", "Bearer a"]},
        {"authorization": ["Bearer a", "Basic eDp5"]},
        {"url": f"{URL}?access_token=a"},
        {"url": f"{URL}?x=1&access_token="},
        {"url": f"{URL}?access%5Ftoken=a&access_token=b", "authorization": []},
        {"url": "https://[broken/?access_token=a"},
    ],
    ids=str,
)
@pytest.mark.spec("RFC6750-3.1")
def test_a_malformed_request_is_400(
    issuer: TinyIssuer, verifier: Verifier, changes: dict[str, Any]
) -> None:
    refused = refusal(lambda: verifier.authorize(request(issuer.token(), **changes)))
    assert (refused.status, refused.error) == (400, "invalid_request")
    assert challenges_of(refused) == [
        'Bearer error="invalid_request", error_description="The request is malformed"'
    ]


class TestRequirements:
    """A valid token is not yet one that does."""

    @pytest.mark.spec("RFC6750-3.1")
    def test_a_missing_scope_is_403_with_the_scopes_that_would_do(
        self, issuer: TinyIssuer, verifier: Verifier
    ) -> None:
        wanted = require("notes:read notes:delete")
        refused = refusal(lambda: verifier.authorize(request(issuer.token()), wanted))
        assert (refused.status, refused.error) == (403, "insufficient_scope")
        assert 'scope="notes:read notes:delete"' in challenges_of(refused)[0]
        assert refused.reason == (
            "scope: expected 'notes:read notes:delete', found 'notes:read notes:write'"
        )

    def test_all_scopes_and_one_acr_do(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
    ) -> None:
        wanted = require(["notes:read", "notes:write"], acr="urn:x urn:y", max_age=60)
        token = issuer.token(acr="urn:y", auth_time=clock.now() - 60)
        assert verifier.authorize(request(token), wanted).acr == "urn:y"
        assert verifier.verify(token, wanted).acr == "urn:y"

    @pytest.mark.parametrize("scope", ["notes:rea", "notes:read,notes:write", None])
    def test_a_scope_is_a_whole_word(
        self, issuer: TinyIssuer, verifier: Verifier, scope: str | None
    ) -> None:
        token = issuer.token(scope=scope)
        refused = refusal(lambda: verifier.verify(token, require("notes:read")))
        assert refused.status == 403

    @pytest.mark.parametrize("acr", [None, "urn:z", "urn:x urn:y"])
    @pytest.mark.spec("RFC9470-3")
    def test_a_weaker_sign_in_is_asked_to_step_up(
        self, issuer: TinyIssuer, verifier: Verifier, acr: str | None
    ) -> None:
        token = issuer.token(acr=acr)
        refused = refusal(lambda: verifier.authorize(request(token), require(acr="urn:x urn:y")))
        assert (refused.status, refused.error) == (401, "insufficient_user_authentication")
        (challenge,) = challenges_of(refused)
        assert 'acr_values="urn:x urn:y"' in challenge
        assert "max_age" not in challenge

    @pytest.mark.parametrize("age", [None, 61, 10_000])
    @pytest.mark.spec("RFC9470-3")
    def test_an_older_sign_in_is_asked_to_repeat_it(
        self, issuer: TinyIssuer, verifier: Verifier, clock: SettableClock, age: int | None
    ) -> None:
        token = issuer.token(auth_time=None if age is None else clock.now() - age)
        refused = refusal(lambda: verifier.authorize(request(token), require(max_age=60)))
        assert refused.error == "insufficient_user_authentication"
        assert 'max_age="60"' in challenges_of(refused)[0]

    @pytest.mark.spec("RFC9470-3")
    def test_what_both_fall_short_is_asked_for_at_once(
        self, issuer: TinyIssuer, verifier: Verifier
    ) -> None:
        wanted = require("notes:delete", acr="urn:x", max_age=0)
        refused = refusal(lambda: verifier.authorize(request(issuer.token()), wanted))
        (challenge,) = challenges_of(refused)
        for parameter in ('scope="notes:delete"', 'acr_values="urn:x"', 'max_age="0"'):
            assert parameter in challenge

    @pytest.mark.parametrize(
        "wrong",
        [{"scope": ['a"b']}, {"scope": ["a b"]}, {"scope": [""]}, {"acr": "ä"}, {"max_age": -1}],
        ids=str,
    )
    def test_a_requirement_no_token_can_meet_cannot_be_stated(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r".+"):
            require(**wrong)


def test_a_token_with_a_line_break_in_it_breaks_no_header_and_no_log(
    issuer: TinyIssuer, make_verifier: MakeVerifier
) -> None:
    verifier = make_verifier(realm='No\r\nt"es\\')
    refused = refusal(lambda: verifier.verify(issuer.token(aud="x\r\ny" * 400)))
    assert challenges_of(refused)[0].startswith('Bearer realm="No??t\\"es\\\\"')
    assert "\n" not in refused.reason
    assert len(refused.reason) < 300


class TestMetadata:
    """RFC 9728: the API says who it trusts."""

    @pytest.mark.spec("RFC9728-2")
    def test_the_document_names_the_resource_and_its_issuer(
        self, issuer: TinyIssuer, make_verifier: MakeVerifier
    ) -> None:
        verifier = make_verifier(dpop=Dpop(algorithms=("ES256",)))
        document = verifier.metadata(scopes_supported=["notes:read"], resource_name=None)
        assert document == {
            "resource": NOTES,
            "authorization_servers": [issuer.name],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["notes:read"],
        }

    @pytest.mark.parametrize(
        ("audience", "path"),
        [
            ("https://notes.example", ""),
            ("https://notes.example/", ""),
            ("https://notes.example/v1/notes", "/v1/notes"),
            ("urn:example:notes", ""),
        ],
    )
    @pytest.mark.spec("RFC9728-3.1")
    def test_its_address_is_between_host_and_path(
        self, make_verifier: MakeVerifier, audience: str, path: str
    ) -> None:
        verifier = make_verifier(audience=audience)
        assert verifier.metadata_path == f"/.well-known/oauth-protected-resource{path}"

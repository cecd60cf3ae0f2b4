"""Examples of the specifications, byte for byte."""

from functools import partial

import pytest

from provider.resource_server import Dpop, Introspection, PresentedRequest, Verifier
from tests.resource_server.conftest import MakeVerifier, refusal
from tests.resource_server.tiny_issuer import TinyIssuer
from tests.support.clock import SettableClock

C1 = (
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA"
    "7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb"
)
"""draft-ietf-oauth-status-list-21 appendix C.1: 2^20 entries of 1 bit."""

C2 = (
    "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAEB5WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAA"
    "AAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoAAAAAAAAAAAAAAEBqH81gAQw"
)
"""The entries of appendix C.2, 2^20 of 2 bits, packed as appendix C packs them: zlib, level 9."""

LISTS: dict[str, tuple[int, str, dict[int, int], int]] = {
    "4.1, 1 bit": (
        1,
        "eNrbuRgAAhcBXQ",
        dict(enumerate([1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1])),
        16,
    ),
    "4.1, 2 bits": (
        2,
        "eNo76fITAAPfAgc",
        dict(enumerate([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3])),
        12,
    ),
    "C.1": (
        1,
        C1,
        dict.fromkeys(
            (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1
        )
        | dict.fromkeys((1, 1992, 1994, 25461, 1000344, 1048575), 0),
        1048576,
    ),
    "C.2": (
        2,
        C2,
        {
            **{0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1, 645645: 2},
            **{723232: 1, 854545: 1, 934534: 2, 1000345: 3, 1: 0, 1992: 0, 1048575: 0},
        },
        1048576,
    ),
}


@pytest.mark.parametrize("example", LISTS)
@pytest.mark.spec("TSL-4.1")
def test_the_status_lists_of_the_draft_are_read_as_it_says(
    issuer: TinyIssuer, verifier: Verifier, example: str
) -> None:
    bits, packed, statuses, size = LISTS[example]
    issuer.list_claims["status_list"] = {"bits": bits, "lst": packed}
    for index, status in statuses.items():
        token = issuer.token(index=index)
        if status == 0:
            assert verifier.verify(token).subject == "alex"
        else:
            found = {1: "INVALID", 2: "SUSPENDED"}.get(status, str(status))
            reason = refusal(partial(verifier.verify, token)).reason
            assert reason == f"status: expected VALID, found {found}"
    outside = refusal(lambda: verifier.verify(issuer.token(index=size)))
    assert outside.reason == f"status: index {size} is outside a list of {size}"


RFC9449_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
RFC9449_PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0Vj"
    "NoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5"
    "VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUI"
    "iwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI"
    "2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqz"
    "hrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
"""RFC 9449 figure 13, a token and its proof; section 6.1 has the thumbprint of its key."""


@pytest.mark.spec("RFC9449-7.1")
def test_the_protected_request_of_the_specification_is_accepted_once(
    issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock
) -> None:
    clock.advance(1562262618 - clock.now())
    verifier = make_verifier(
        audience="https://resource.example.org",
        dpop=Dpop(),
        introspection=Introspection(client_id="notes-api", client_secret="s"),
    )
    issuer.introspected = {
        "active": True,
        "sub": "someone@example.com",
        "iss": issuer.name,
        "aud": "https://resource.example.org",
        "exp": 1562266216,
        "cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
    }
    request = PresentedRequest(
        method="GET",
        url="https://resource.example.org/protectedresource",
        authorization=[f"DPoP {RFC9449_TOKEN}"],
        dpop=[RFC9449_PROOF],
    )
    assert verifier.authorize(request).subject == "someone@example.com"
    refused = refusal(lambda: verifier.authorize(request))
    assert (refused.error, refused.reason) == (
        "invalid_dpop_proof",
        "jti: this proof was used before",
    )

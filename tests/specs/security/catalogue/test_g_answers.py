"""G2: whatever is odd about a request whose client and redirect URI are right is told to that
client, once, in a registered word, with its `state` and our `iss` (RFC 6749 §4.1.2.1)."""

import pytest

from tests.specs.security.catalogue.conftest import Nothing
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ODD = {
    "invalid_request": (
        {"response_type": None}, {"response_type": ""}, {"prompt": "None"}, {"prompt": "create"},
        {"prompt": "none,login"}, {"prompt": "none login"}, {"prompt": "login\tconsent"},
        {"prompt": "login\u00a0consent"}, {"nonce": "x" * 513}, {"state": "x" * 2049},
        {"login_hint": "x" * 321}, {"ui_locales": "x" * 201}, {"max_age": "1" * 11},
        {"claims": "[]"}, {"claims": "{" * 50}, {"claims": '{"userinfo":[]}'},
        {"claims": '{"userinfo":NaN}'}, {"claims": '{"id_token":{"sub":{"value":7}}}'},
        {"claims": '{"id_token":{"sub":{"values":["a","b"]}}}'},
        {"claims": '{"userinfo":{"email":{"essential":"true"}}}'},
        {"code_challenge": ""}, {"code_challenge": "a" * 43 + "="},
        {"code_challenge": "\u0430" * 43},
        {"code_challenge_method": "s256"}, {"code_challenge_method": "S256 "},
        {"id_token_hint": "x"}, {"id_token_hint": "a.b.c.d.e"}, {"id_token_hint": "." * 100},
        {"response_mode": "Query"}, {"response_mode": "form_post "},
        {"request": "x", "request_uri": "https://rp.example/r"},
    ),
    "unsupported_response_type": (
        {"response_type": "CODE"}, {"response_type": "code code"},
        {"response_type": "code\ttoken"},
        {"response_type": "code,token"}, {"response_type": "code\u3000"},
        {"response_type": "token"},
    ),
    "invalid_scope": (
        {"scope": " "}, {"scope": "OPENID"}, {"scope": "openid,profile"},
        {"scope": "openid\nprofile"}, {"scope": "openid \u202e"},
    ),
    "invalid_target": (
        {"resource": "https://evil.example"}, {"resource": "urn:x#y"}, {"resource": "\ud7ff"},
    ),
    "invalid_request_object": ({"request": "x"}, {"request": "a.b.c.d.e"}, {"request": "é.é.é"}),
    "invalid_request_uri": (
        {"request_uri": "https://evil.example/"}, {"request_uri": "https://[::1]x/"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:abc"},
    ),
    "registration_not_supported": ({"registration": "{}"},),
    "unmet_authentication_requirements": (
        {"claims": '{"id_token":{"acr":{"essential":true,"value":"urn:gold"}}}'},
    ),
}  # fmt: skip
HARMLESS = (
    {"display": "evil"}, {"acr_values": "x" * 5000}, {"claims_locales": "\x01"},
    {"nonce": "\x01\u202e"},
    {"ui_locales": "en\r\nX: y"}, {"ui_locales": "../../etc/passwd"}, {"claims": "{}"},
    {"claims": '{"id_token":{"iss":null,"aud":{"value":"evil"},"exp":{"value":99999999999}}}'},
    {"prompt": ""}, {"prompt": "none none"}, {"max_age": ""}, {"resource": ["", ""]},
    {"request": ""},
    {"state": None}, {"client_secret": "x"},
    {"client_assertion": "x"}, {"authorization_details": "[]"}, {"handle": "x"},
    {"response_type": " code "}, {"scope": "openid  profile "},
)  # fmt: skip


@pytest.mark.parametrize("error", ODD)
def test_g2_what_is_odd_is_told_to_the_client_in_the_right_word(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing, error: str
) -> None:
    with nothing_left():
        for wrong in ODD[error]:
            for mode in {} if "response_mode" in wrong else ("query", "form_post"):
                refused = relying_party.refused(signed_in, response_mode=mode, **wrong)
                assert refused.error == error, wrong


def test_g2_what_does_no_harm_changes_nothing(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    for odd in HARMLESS:
        tokens = relying_party.sign_in(signed_in, **odd)
        assert tokens.claims["aud"] == relying_party.client_id
        assert tokens.scope <= {"openid", "profile", "email", "offline_access"}

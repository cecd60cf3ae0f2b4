"""RFC 7591 §2.2, OpenID Connect Dynamic Client Registration §2.1: what people read of a client may
be registered in several languages, each member under a name that ends with a language tag."""

from typing import Any

import pytest

from tests.support.registering import Registrar, metadata
from tests.support.relying_party import refusal

pytestmark = [
    pytest.mark.spec("RFC7591-2.2", "OIDCR-2.1"),
    pytest.mark.settings(profile="openid", registration={"mode": "open", "logo_check": "off"}),
]
KOREAN = {
    "client_name#ko": "노트",
    "client_name#ja-Jpan-JP": "ノート",
    "client_uri#ko": "https://rp.example/ko",
    "logo_uri#ko": "https://rp.example/logo-ko.png",
    "policy_uri#ko-KR": "https://rp.example/policy-ko",
    "tos_uri#KO": "https://rp.example/terms-ko",
}


def said(body: dict[str, Any]) -> dict[str, Any]:
    """Return the members that name a language."""
    return {name: value for name, value in body.items() if "#" in name}


@pytest.mark.both_databases
def test_every_language_is_kept_and_echoed_as_it_was_sent(registrar: Registrar) -> None:
    registered = registrar.register(**KOREAN)
    assert registered["client_name"] == "Notes"
    assert said(registered) == KOREAN
    assert said(registrar.manage("GET", registered).json) == KOREAN


@pytest.mark.spec("RFC7592-2.2")
def test_a_replacement_replaces_the_languages_too(registrar: Registrar) -> None:
    registered = registrar.register(**KOREAN)
    sent = metadata(client_id=registered["client_id"], **{"client_name#fr": "Notes à moi"})
    assert said(registrar.manage("PUT", registered, sent).json) == {
        "client_name#fr": "Notes à moi"
    }
    assert said(registrar.manage("GET", registered).json) == {"client_name#fr": "Notes à moi"}


def test_a_client_without_a_plain_name_is_called_as_in_its_first_language(
    registrar: Registrar,
) -> None:
    assert registrar.register(client_name=None, **KOREAN)["client_name"] == "노트"


@pytest.mark.parametrize(
    "tag",
    ["ko", "zh-Hant-TW", "sl-rozaj-biske", "de-CH-1901", "es-419", "zh-yue-HK", "x-klingon",
     "en-a-bbb-x-a-ccc", "de-x-own", "KO-kr"],
)  # fmt: skip
def test_language_tags_have_the_form_of_bcp_47(registrar: Registrar, tag: str) -> None:
    assert said(registrar.register(**{f"client_name#{tag}": "x"})) == {f"client_name#{tag}": "x"}


@pytest.mark.parametrize(
    "tag",
    ["", "k", "ko_KR", "ko-", "-ko", "ko KR", "한국어", "ko#KR", "en-US-GB-", "toolongtag", "en-x",
     "ſv", "de-1", "ko\n", "aa-" * 30 + "bb"],
)  # fmt: skip
def test_anything_else_is_refused(registrar: Registrar, tag: str) -> None:
    answer = refusal(
        registrar.post(metadata(**{f"client_name#{tag}": "x"})), "invalid_client_metadata"
    )
    assert answer["error_description"] == "client_name can not be registered as given."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_name#ko", "  "), ("client_name#ko", ""), ("client_name#ko", 5),
        ("client_name#ko", "x" * 2049), ("client_name#ko", "a\x00b"),
        ("logo_uri#ko", "javascript:alert(1)"), ("policy_uri#ko", "http://rp.example/p"),
        ("tos_uri#ko", "https://rp.example/\n"), ("client_uri#ko", "data:text/html,x"),
        ("client_uri#ko", ["https://rp.example"]),
    ],
)  # fmt: skip
def test_a_value_obeys_the_rules_of_its_member(
    registrar: Registrar, name: str, value: object
) -> None:
    refusal(registrar.post(metadata(**{name: value})), "invalid_client_metadata")


def test_one_language_is_said_once(registrar: Registrar) -> None:
    twice = {"client_name#ko-KR": "노트", "client_name#ko-kr": "공책"}
    refusal(registrar.post(metadata(**twice)), "invalid_client_metadata")


def test_there_is_an_end_to_the_languages(registrar: Registrar) -> None:
    many = {f"client_name#x-{number}": "x" for number in range(50)}
    assert said(registrar.register(**many)) == many
    sent = metadata(**many, **{"client_name#ko": "x"})
    refusal(registrar.post(sent), "invalid_client_metadata")


@pytest.mark.parametrize("name", ["redirect_uris#ko", "scope#ko", "contacts#ko", "x#ko", "#ko"])
def test_a_tag_behind_another_name_means_nothing(registrar: Registrar, name: str) -> None:
    assert said(registrar.register(**{name: "x"})) == {}


def test_null_counts_as_left_out(registrar: Registrar) -> None:
    assert said(registrar.register(**{"client_name#ko": None})) == {}

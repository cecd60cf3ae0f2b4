"""Logs: nothing that is a secret gets into them, whoever logs."""

import json
import logging
from typing import Any

import pytest
import structlog

from provider import logs

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.spec("LG-01")
@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password",
        "code",
        "code_verifier",
        "client_secret",
        "access_token",
        "refresh_token",
        "token",
        "client_assertion",
        "Authorization",
        "Set-Cookie",
        "id_token_hint",
        "csrf_token",
    ],
)
def test_what_stands_under_a_secrets_name_is_not_written(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", "json")
    structlog.get_logger().info("seen", nested={"list": [{name: "hidden"}]}, **{name: "hidden"})
    (line,) = written(capsys)
    assert line[name] == line["nested"]["list"][0][name] == logs.REDACTED


@pytest.mark.spec("LG-01")
@pytest.mark.parametrize(
    "text",
    [
        f"token {JWT} refused",
        "header Bearer hidden-hidden-hidden",
        "Basic aGlkZGVuOmhpZGRlbg==",
        "GET /callback?state=a&code=hidden&iss=b",
        "the scope signet_session_hidden-hidden-hidden is not known",
        "signet_rt_hidden-hidden-hidden.hidden-hidden",
    ],
)
def test_what_looks_like_a_credential_is_not_written(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", "json")
    structlog.get_logger().info(text)
    logging.getLogger("elsewhere").warning("it said: %s", text)
    for line in written(capsys):
        assert "hidden" not in line["event"]
        assert JWT not in line["event"]
        assert "aGlkZGVu" not in line["event"]
        assert logs.REDACTED in line["event"]


def test_what_is_no_secret_stays(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger().info(
        "refused", error_code="invalid_grant", status_code=400, client_id="a", token_type="Bearer"
    )
    (line,) = written(capsys)
    assert line["error_code"] == "invalid_grant"
    assert (line["status_code"], line["client_id"], line["level"]) == (400, "a", "info")


def test_authlibs_debug_lines_with_tokens_are_never_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("debug", "json")
    logging.getLogger("authlib.oauth2.rfc6749").debug("issue token")
    assert written(capsys) == []


@pytest.mark.spec("LG-01")
def test_a_traceback_is_one_line_without_local_values(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    password = "hidden"
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger().exception("bug", length=len(password))
    (line,) = written(capsys)
    assert "ValueError: broken" in line["exception"]
    assert "hidden'" not in line["exception"]


def test_the_level_and_the_form_are_settings(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "console")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", password="hidden")
    out, err = capsys.readouterr()
    assert out == ""
    assert "loud" in err
    assert "quiet" not in err
    assert "hidden" not in err

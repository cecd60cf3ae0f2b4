"""The programs in the README run as they stand there."""

import re
from pathlib import Path
from typing import Annotated, Any

import django.http
import django.urls
import fastapi
import flask
import pytest
import starlette.applications
import starlette.responses
import starlette.routing

from provider.resource_server import AccessToken, AsyncVerifier, Verifier, require
from tests.resource_server.examples import django_api

README = Path(__file__).parents[2] / "README.md"
ISSUER, API = "https://login.example.com", "https://api.example.com"


def programs(heading: str) -> list[str]:
    """Return the Python of one section."""
    section = README.read_text("utf-8").split(f"### {heading}\n")[1].split("\n##")[0]
    return re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def names() -> dict[str, dict[str, Any]]:
    """Return what each program finds, by the word it begins with."""
    waiting, awaited = Verifier(ISSUER, API), AsyncVerifier(ISSUER, API)
    api = fastapi.FastAPI()
    return {
        "Flask": {"app": flask.Flask(__name__), "g": flask.g, "verifier": waiting},
        "FastAPI": {
            "app": api,
            "verifier": awaited,
            "AccessToken": AccessToken,
            "Annotated": Annotated,
            "Security": fastapi.Security,
        },
        "Starlette": {
            "verifier": awaited,
            "JSONResponse": starlette.responses.JSONResponse,
            "Route": starlette.routing.Route,
            "Starlette": starlette.applications.Starlette,
        },
        "Django": {
            "verifier": waiting,
            "JsonResponse": django.http.JsonResponse,
            "path": django.urls.path,
        },
        "Any": {"app": flask.Flask(__name__), "verifier": waiting},
    }


def test_every_framework_has_its_program() -> None:
    django_api.configure()
    known = names()
    written = programs("In your framework")
    assert len(written) == len(known)
    for program in written:
        (word,) = re.findall(r"^# (\w+)", program)
        found = {"require": require, "notes_of": list, **known[word]}
        exec(compile(program, f"README.md, {word}", "exec"), found)  # noqa: S102
        assert found.get("notes") or found["app"]


def test_the_test_of_an_application_passes(pytester: pytest.Pytester) -> None:
    (program,) = programs("Testing what you build")
    pytester.makepyfile(program)
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)

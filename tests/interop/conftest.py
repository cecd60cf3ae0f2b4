"""A provider on a port of this machine, and the Node libraries that talk to it."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.served import Served, serving

HERE = Path(__file__).parent
Scenario = Callable[..., None]


@pytest.fixture(scope="session")
def openid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A provider with the profile `openid`."""
    folder = tmp_path_factory.mktemp("openid")
    with serving(folder, profile="openid", registration={"mode": "open"}) as served:
        yield served


@pytest.fixture(scope="session")
def oauth21(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A provider with the default profile."""
    with serving(tmp_path_factory.mktemp("oauth21")) as served:
        yield served


@pytest.fixture
def node() -> Scenario:
    """Run a scenario of a library in Node with what it needs to know; it passes or it is told."""

    def run(library: str, scenario: str, **given: Any) -> None:
        done = subprocess.run(
            ["node", str(HERE / "run.mjs"), library, scenario],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": os.environ["PATH"]},
        )
        assert done.returncode == 0, done.stderr

    return run

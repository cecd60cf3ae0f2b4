"""The pytest plugin `signet`, which comes with the package: a fixture of that name, and a marker
with the settings of a test's provider. It imports nothing but pytest until a test asks for the
fixture; what the provider needs comes with the extra `server`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provider.testing.signet import Signet
    from provider.testing.template import Template

_INSTALL = (
    "the fixture signet runs the real provider, and the package {missing} is not installed. "
    "Install what it needs: pip install 'signet[server]'"
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        'signet(**settings): settings of the provider, as in signet.toml: profile="openid"',
    )


@pytest.fixture(scope="session")
def signet_template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The database that every provider of this run begins with."""
    try:
        from provider.ambient import SystemClock
        from provider.testing.clock import SettableClock
        from provider.testing.template import Template
    except ModuleNotFoundError as error:
        pytest.fail(_INSTALL.format(missing=error.name), pytrace=False)
    an_hour_ago = SettableClock(SystemClock().now() - 3600)
    return Template(tmp_path_factory.mktemp("signet"), an_hour_ago)


@pytest.fixture
def signet(
    request: pytest.FixtureRequest, signet_template: Template, tmp_path: Path
) -> Iterator[Signet]:
    """A real provider on a port of this machine, for this test alone."""
    from provider.testing.running import running

    values: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("signet"))):
        values |= marker.kwargs
    folder = tmp_path / "signet"
    folder.mkdir()
    with running(signet_template, folder, **values) as running_signet:
        yield running_signet

"""The kit works where nothing of the provider is installed."""

import subprocess
import sys

import pytest

from tests.resource_server.tiny_issuer import NOTES, TinyIssuer

PROGRAM = """
import sys

ABSENT = ("flask", "werkzeug", "sqlalchemy", "authlib", "orjson", "pydantic", "pydantic_settings",
          "structlog", "alembic", "argon2", "babel", "click", "granian", "psycopg", "requests")

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from provider.resource_server import Verifier

issuer, audience, token, now = sys.argv[1:]
with Verifier(issuer, audience, clock=lambda: float(now)) as verifier:
    print(verifier.verify(token).subject)
others = [name for name in sys.modules if name.startswith("provider.")
          and not name.startswith("provider.resource_server")]
print(others)
"""


@pytest.mark.spec("RFC9068-4")
def test_it_verifies_where_flask_sqlalchemy_and_authlib_are_absent(issuer: TinyIssuer) -> None:
    arguments = [issuer.name, NOTES, issuer.token(), str(issuer.clock.now())]
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    assert ended.stdout.split("\n")[:2] == ["alex", "[]"]

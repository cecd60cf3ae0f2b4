"""npm `oidc-provider` under load, in one Node process, arranged by `server.mjs` as Signet is and
with storage written here for PostgreSQL and for SQLite. It is left out where Node or its packages
are missing; `make bench` fetches them."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc.jwk import ECKey, RSAKey

from benchmarks import postgres
from benchmarks.deployment import Deployment, SecretClient, SigningClient
from benchmarks.loopback import answers, free_port
from benchmarks.subjects.subject import Conditions, Subject
from benchmarks.supervision import Supervised, folder, supervised

_HERE = Path(__file__).parent
_PACKAGES = _HERE / "node_modules"
_SQLITE = _PACKAGES / "better-sqlite3" / "build" / "Release" / "better_sqlite3.node"
_MACHINE_SCOPE = "notes:read"
_APPLICATION = {
    "client_id": "application",
    "redirect_uri": "https://application.example/callback",
    "scope": "openid profile email offline_access",
}


class OidcProvider(Subject):
    """npm oidc-provider on SQLite or PostgreSQL."""

    name = "oidc-provider"

    def __init__(self, conditions: Conditions) -> None:
        super().__init__(conditions)
        self._server: Supervised | None = None
        self._database: Supervised | None = None

    @classmethod
    def databases(cls) -> tuple[str, ...]:
        if shutil.which("node") is None or not (_PACKAGES / "oidc-provider").is_dir():
            return ()
        found = {"sqlite": _SQLITE.is_file(), "postgresql": postgres.find() is not None}
        return tuple(name for name, is_there in found.items() if is_there)

    @classmethod
    def version(cls) -> str:
        package = json.loads((_PACKAGES / "oidc-provider" / "package.json").read_text())
        node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        return f"oidc-provider {package['version']} on Node {node.stdout.strip()}"

    def start(self) -> Deployment:
        home = self.ending.enter_context(folder("signet-bench-oidc-provider-"))
        issuer = f"http://127.0.0.1:{free_port()}"
        application = SecretClient(secret=uuid4().hex, **_APPLICATION)
        machine, public = _machine(self.conditions.alg)
        arranged, cookies = home / "arranged.json", home / "cookies.json"
        wanted = {
            "issuer": issuer,
            "alg": self.conditions.alg,
            "database": self.conditions.database,
            "storage": self._storage(home),
            "application": asdict(application),
            "machine": {**asdict(machine), "jwk": public},
            "machine_scope": _MACHINE_SCOPE,
            "cookies_file": str(cookies),
        }
        arranged.write_text(json.dumps(wanted))
        command = ["node", str(_HERE / "server.mjs"), str(arranged)]
        environment = {"NODE_ENV": "production", "PATH": os.environ["PATH"]}
        self._server = self.ending.enter_context(
            supervised(command, home, environment=environment)
        )
        self._server.wait_until(lambda: answers(f"{issuer}/.well-known/openid-configuration"))
        return Deployment(
            issuer=issuer,
            application=application,
            machine=machine,
            machine_scope=_MACHINE_SCOPE,
            **json.loads(cookies.read_text()),
        )

    def pids(self) -> Mapping[str, set[int]]:
        running = {"provider": self._server, "database": self._database}
        return {role: one.pids() if one else set() for role, one in running.items()}

    def _storage(self, home: Path) -> str:
        if self.conditions.database == "sqlite":
            return str(home / "oidc-provider.sqlite")
        self._database, url = self.ending.enter_context(postgres.cluster())
        return url


def _machine(alg: str) -> tuple[SigningClient, dict[str, Any]]:
    """Return the machine and its public key."""
    marks = {"kid": "machine", "use": "sig", "alg": alg}
    key = RSAKey.generate_key(2048) if alg == "RS256" else ECKey.generate_key("P-256")
    private = {**key.as_dict(private=True), **marks}
    machine = SigningClient(client_id="machine", jwk=private, alg=alg)
    return machine, {**key.as_dict(private=False), **marks}

"""Signet under load: `signet serve`, the production server, with production settings on a fresh
migrated database. Clients, a person, the consent and the session are put through its own store;
the server learns of them as it would of any others."""

import os
import platform
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, RSAKey

from benchmarks import postgres
from benchmarks.deployment import Deployment, SecretClient, SigningClient
from benchmarks.loopback import answers, free_port
from benchmarks.subjects.subject import Conditions, Subject
from benchmarks.supervision import Supervised, folder, supervised
from provider.ambient import identifier
from provider.app import create_provider
from provider.authenticators import password
from provider.context import Context
from provider.credentials import client_secret, session_cookie
from provider.http import Request
from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.model.client import Client, ClientPolicy
from provider.model.consent import Consent
from provider.settings import Settings
from provider.store import accounts, clients, consents, migration

_REDIRECT_URI = "https://application.example/callback"
_SCOPE = "openid profile email offline_access"
_MACHINE_SCOPE = "notes:read"


class Signet(Subject):
    """Signet on SQLite or PostgreSQL, with access tokens in the algorithm that is asked for."""

    name = "signet"

    def __init__(self, conditions: Conditions) -> None:
        super().__init__(conditions)
        self.settings: Settings
        self._home: Path
        self._server: Supervised | None = None
        self._database: Supervised | None = None

    @classmethod
    def databases(cls) -> tuple[str, ...]:
        return ("sqlite", "postgresql") if postgres.find() else ("sqlite",)

    @classmethod
    def version(cls) -> str:
        return f"Signet {version('signet')} on Python {platform.python_version()}"

    def start(self) -> Deployment:
        self.settings, deployment = self.arrange()
        self.serve(self.settings)
        return deployment

    def serve(self, settings: Settings) -> None:
        """Start the server on what was arranged, and wait until it answers."""
        command = [sys.executable, "-m", "provider.cli", "serve"]
        environment = _environment(settings, self.conditions.workers)
        self._server = self.ending.enter_context(
            supervised(command, self._home, environment=environment)
        )
        self._server.wait_until(lambda: answers(f"{settings.issuer}/health/ready"))

    def pids(self) -> Mapping[str, set[int]]:
        running = {"provider": self._server, "database": self._database}
        return {role: one.pids() if one else set() for role, one in running.items()}

    def arrange(self) -> tuple[Settings, Deployment]:
        """Make a database with everything the scenarios need."""
        self._home = self.ending.enter_context(folder("signet-bench-server-"))
        if self.conditions.database == "sqlite":
            url = f"sqlite:///{self._home}/signet.sqlite"
        else:
            self._database, url = self.ending.enter_context(postgres.cluster())
        values: dict[str, Any] = {
            "issuer": f"http://127.0.0.1:{free_port()}",
            "database_url": url,
            "secret_key": urlsafe_b64encode(os.urandom(32)).decode(),
            "scopes": {_MACHINE_SCOPE: "Read your notes"},
            "keys": {"access_token_alg": self.conditions.alg},
        }
        settings = Settings(**values)
        return settings, _fill(settings, self.conditions.alg)


class SignetDefault(Signet):
    """Signet with the algorithm its access tokens have when nobody asks for another."""

    name = "signet-es256"

    def __init__(self, conditions: Conditions) -> None:
        super().__init__(replace(conditions, alg="ES256"))


def _environment(settings: Settings, workers: int) -> dict[str, str]:
    secret = settings.secret_key.get_secret_value() if settings.secret_key else ""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("SIGNET_")}
    return inherited | {
        "SIGNET_ISSUER": settings.issuer,
        "SIGNET_PORT": settings.issuer.rpartition(":")[2],
        "SIGNET_WORKERS": str(workers),
        "SIGNET_DATABASE_URL": settings.database_url,
        "SIGNET_SECRET_KEY": secret,
        "SIGNET_SCOPES": '{"notes:read": "Read your notes"}',
        "SIGNET_KEYS__ACCESS_TOKEN_ALG": settings.keys.access_token_alg,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path) or ".",
    }


def _fill(settings: Settings, alg: str) -> Deployment:
    migration.migrate(settings.database_url)
    provider = create_provider(settings)
    ctx = provider.open(Request(method="", path="", address="127.0.0.1"))
    try:
        ctx.keyring.ensure(ctx.tx, ctx.now)
        application = _application(ctx)
        machine = _machine(ctx, alg)
        cookie = _signed_in(ctx, application.client_id)
        ctx.keep()
    finally:
        ctx.work.close()
        provider.engine.dispose()
    return Deployment(
        issuer=settings.issuer,
        application=application,
        machine=machine,
        machine_scope=_MACHINE_SCOPE,
        cookie=cookie,
        cookie_to_revoke=cookie,
    )


def _application(ctx: Context) -> SecretClient:
    client = Client(
        client_id="application",
        client_name="Application",
        redirect_uris=(_REDIRECT_URI,),
        grant_types=("authorization_code", "refresh_token", "client_credentials"),
        scope=f"{_SCOPE} {_MACHINE_SCOPE}",
    )
    secret, kept = client_secret.new(ctx.entropy, ctx.provider.vault, client, ctx.now)
    clients.add(ctx.tx, replace(client, secrets=(kept,)), ctx.now)
    return SecretClient(
        client_id=client.client_id, secret=secret, redirect_uri=_REDIRECT_URI, scope=_SCOPE
    )


def _machine(ctx: Context, alg: str) -> SigningClient:
    marks: dict[str, Any] = {"kid": "machine", "use": "sig", "alg": alg}
    key = RSAKey.generate_key(2048) if alg == "RS256" else ECKey.generate_key("P-256")
    client = Client(
        client_id="machine",
        client_name="Machine",
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg=alg,
        grant_types=("client_credentials",),
        response_types=(),
        scope=_MACHINE_SCOPE,
        jwks={"keys": [{**key.as_dict(private=False), **marks}]},
        policy=ClientPolicy(),
    )
    clients.add(ctx.tx, client, ctx.now)
    return SigningClient(
        client_id=client.client_id, jwk={**key.as_dict(private=True), **marks}, alg=alg
    )


def _signed_in(ctx: Context, client_id: str) -> str:
    account = Account(
        id=identifier(ctx.entropy),
        username="person",
        email="person@example.com",
        claims={"name": "A Person", "email_verified": True, "locale": "en"},
    )
    accounts.add(ctx.tx, account, ctx.now)
    granted = frozenset(_SCOPE.split())
    consents.remember(
        ctx.tx,
        Consent(
            account_id=account.id,
            client_id=client_id,
            scopes=granted,
            resources=frozenset(),
            granted_at=ctx.now,
        ),
    )
    event = Authentication(auth_time=ctx.now, acr=password.ACR, amr=password.AMR)
    _, value = session_cookie.begin(ctx, account, event, None)
    return f"{session_cookie.cookie_name(ctx, 'session')}={value}"

"""Wiring, and only wiring: settings, features, provider, routes. `create_app` makes the
application a WSGI server runs; tests give it a clock and a source of randomness."""

from functools import partial

import flask

from provider.ambient import Clock, Entropy, SystemClock, SystemEntropy
from provider.authorization_server import AuthorizationServer
from provider.context import Provider
from provider.endpoints.metadata import Metadata
from provider.features import features
from provider.front import Front
from provider.housekeeping import Housekeeping
from provider.interaction import routes
from provider.interaction.problem import problem
from provider.keys.keyring import Keyring
from provider.keys.lifecycle import KeyPolicy
from provider.keys.vault import Vault
from provider.keys.verification import SKEW
from provider.model.client import LONGEST_FAMILY_LIFE, LONGEST_TOKEN_LIFE
from provider.parts import Endpoint, Parts
from provider.settings import Settings
from provider.store.unit_of_work import open_engine, transaction


def create_provider(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> Provider:
    """Assemble a provider. Opens no connection yet."""
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    engine = open_engine(settings.database_url)
    vault = Vault(settings.master_keys, entropy)
    server = AuthorizationServer()
    parts = Parts(features(settings, server))
    server.assemble(parts)
    return Provider(
        settings=settings,
        parts=parts,
        engine=engine,
        vault=vault,
        keyring=Keyring(partial(transaction, engine), vault, clock, entropy, key_policy(settings)),
        clock=clock,
        entropy=entropy,
    )


def create_app(
    settings: Settings, *, clock: Clock | None = None, entropy: Entropy | None = None
) -> flask.Flask:
    """Return the application: Flask with the protocol endpoints ahead of it."""
    provider = create_provider(settings, clock=clock, entropy=entropy)
    app = flask.Flask("provider", static_folder=None)
    app.extensions["signet"] = provider
    routes.mount(app, provider)
    front = Front(provider, protocol_routes(provider), app.wsgi_app, problem)
    app.wsgi_app = Housekeeping(provider, front)  # type: ignore[method-assign]
    return app


def protocol_routes(provider: Provider) -> dict[str, Endpoint]:
    """Return which endpoint is at which path of the host."""
    prefix = provider.settings.issuer_path
    return {
        endpoint.path if isinstance(endpoint, Metadata) else prefix + endpoint.path: endpoint
        for endpoint in provider.parts.playing(Endpoint)
    }


def key_policy(settings: Settings) -> KeyPolicy:
    """Return how long keys sign and stay published under these settings (seconds)."""
    lifetimes = settings.lifetimes
    return KeyPolicy(
        keep_after=max(LONGEST_TOKEN_LIFE, lifetimes.access_token, lifetimes.id_token) + SKEW,
        derivation_keep_after=max(LONGEST_FAMILY_LIFE, lifetimes.refresh_absolute) + SKEW,
        algorithms=settings.keys.algorithms,
        rotation_age=settings.keys.rotation_age,
        publish_before=settings.keys.publish_before,
    )

"""Wiring, and only wiring: settings, features, provider, routes. `create_app` makes the
application a WSGI server runs; tests give it a clock and a source of randomness."""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

import flask

from provider import tracing
from provider.ambient import Clock, Entropy, SystemClock, SystemEntropy
from provider.audiences import Audiences
from provider.authorization_server import AuthorizationServer
from provider.context import Provider
from provider.endpoints.metadata import Metadata
from provider.features import features
from provider.front import Front
from provider.housekeeping import Housekeeping
from provider.interaction import home, routes
from provider.interaction.problem import problem
from provider.keys.keyring import Keyring
from provider.keys.lifecycle import KeyPolicy
from provider.keys.vault import Vault
from provider.keys.verification import SKEW
from provider.metrics import NOTHING, Metrics
from provider.metrics.path_names import PathNames
from provider.metrics.timing import Timed, Wsgi
from provider.model.client import LONGEST_FAMILY_LIFE, LONGEST_TOKEN_LIFE
from provider.outgoing.fetcher import Fetcher
from provider.parts import Parts
from provider.roles import Endpoint
from provider.settings import Settings
from provider.status_list.board import Board
from provider.status_list.places import Places
from provider.store.unit_of_work import beside, open_engine, transaction

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


def create_provider(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    fetcher: Fetcher | None = None,
) -> Provider:
    """Assemble a provider. Opens no connection yet."""
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    engine = open_engine(settings.database_url)
    vault = Vault(settings.master_keys, entropy)
    server = AuthorizationServer()
    parts = Parts(features(settings, server))
    server.assemble(parts)
    looks = beside(engine)
    transactions = partial(transaction, looks)
    keyring = Keyring(transactions, vault, clock, entropy, key_policy(settings))
    return Provider(
        settings=settings,
        parts=parts,
        engine=engine,
        looks=looks,
        vault=vault,
        keyring=keyring,
        clock=clock,
        entropy=entropy,
        fetcher=fetcher or guarded_fetcher(settings, frozenset(settings.outgoing.allow_hosts)),
        audiences=Audiences(transactions, clock),
        places=Places(settings.status_lists, entropy),
        board=Board(settings, transactions, clock, keyring),
        metrics=_metrics(settings, parts),
    )


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    fetcher: Fetcher | None = None,
    spans: "TracerProvider | None" = None,
) -> flask.Flask:
    """Return the application: Flask with the protocol endpoints ahead of it. `spans` makes
    the traces, where somebody wants some."""
    provider = create_provider(settings, clock=clock, entropy=entropy, fetcher=fetcher)
    app = flask.Flask("provider", static_folder=None)
    app.extensions["signet"] = provider
    routes.mount(app, provider)
    front = Front(provider, protocol_routes(provider), app.wsgi_app, problem)
    app.extensions["signet.housekeeping"] = housekeeping = Housekeeping(provider, front)
    served: Wsgi = housekeeping
    served = tracing.traced(served, provider, _path_names(settings, provider.parts), spans)
    if settings.metrics_address:
        served = Timed(provider.metrics, served)
    app.wsgi_app = served  # type: ignore[assignment, method-assign]
    return app


def guarded_fetcher(settings: Settings, allowed: Collection[str]) -> Fetcher:
    """Return what asks other servers; `allowed`: hosts that need not be public."""
    ca_file = settings.outgoing.ca_file
    return Fetcher(allowed, str(ca_file) if ca_file else None, settings.outgoing.timeout)


def protocol_routes(provider: Provider) -> dict[str, Endpoint]:
    """Return which endpoint is at which path of the host."""
    return _protocol_paths(provider.settings, provider.parts)


def waits_for_no_turn(provider: Provider) -> Callable[[str], bool]:
    """Return what tells whether a path is answered from memory, or is a supervisor's question:
    those are answered while the database is silent and everything that needs it waits."""
    known = {path for path, one in protocol_routes(provider).items() if one.from_memory}
    known |= {provider.settings.issuer_path + path for path in home.SUPERVISED}
    return lambda path: path in known or path[: path.rfind("/") + 1] in known


def _metrics(settings: Settings, parts: Parts) -> Metrics:
    """Return what counts. Prometheus' client is loaded only where somebody wants to see it."""
    if settings.metrics_address is None:
        return NOTHING
    from provider.metrics.counting import CountingMetrics

    return CountingMetrics(_path_names(settings, parts))


def _path_names(settings: Settings, parts: Parts) -> PathNames:
    return PathNames(_protocol_paths(settings, parts), settings.issuer_path)


def _protocol_paths(settings: Settings, parts: Parts) -> dict[str, Endpoint]:
    prefix = settings.issuer_path
    return {
        endpoint.path if isinstance(endpoint, Metadata) else prefix + endpoint.path: endpoint
        for endpoint in parts.playing(Endpoint)
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

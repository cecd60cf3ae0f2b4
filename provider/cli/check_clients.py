"""What `signet check` finds with the secret key at hand: whether there are keys that open,
whether an earlier one is still needed, and which clients can not be served as registered."""

from collections.abc import Iterator

from provider.ambient import SystemClock
from provider.cli.finding import Finding
from provider.cli.operating import ADDRESS, assembled
from provider.context import Context
from provider.credentials import client_secret, signing
from provider.http import Request
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.model.client import Client
from provider.registration import policies
from provider.roles import AssertionMethod, ClientAuthMethod
from provider.settings import Settings
from provider.store import sealed_values
from provider.store.unit_of_work import transaction


def examine_keys(settings: Settings) -> Finding:
    """Return how the keys stand."""
    now = SystemClock().now()
    provider = assembled(settings)
    try:
        snapshot = provider.keyring.snapshot(now)
    except (WrongMasterKey, SealBroken) as error:
        what, _, fix = str(error).partition(". ")
        return Finding("keys", "fail", what, fix)
    finally:
        provider.engine.dispose()
    if not snapshot.source:
        return Finding("keys", "warn", "there are none yet", "The first start makes them.")
    missing = [alg for alg in settings.keys.algorithms if alg not in snapshot.signing]
    if missing or snapshot.derivation_kid is None:
        what = f"no active key for {' '.join(missing) or 'refresh tokens'}"
        return Finding("keys", "warn", what, "The next start makes it.")
    return Finding(
        "keys", "ok", f"{len(snapshot.source)}, active for {' '.join(snapshot.signing)}"
    )


def examine_seals(settings: Settings) -> Iterator[Finding]:
    """Say whether an earlier secret key is still needed."""
    provider = assembled(settings)
    try:
        with transaction(provider.engine, read_only=True) as tx:
            keys, secrets = sealed_values.count_others(tx, provider.vault.fingerprint)
    finally:
        provider.engine.dispose()
    if keys or secrets:
        what = f"an earlier secret_key sealed {keys} keys and {secrets} client secrets"
        fix = "Keep it in previous_secret_keys until you have run: signet keys reseal"
        yield Finding("seals", "warn", what, fix)
    elif settings.previous_secret_keys:
        what = "nothing is sealed under an earlier secret_key any more"
        yield Finding("seals", "ok", what, "previous_secret_keys can be emptied.")


def examine_clients(settings: Settings, registered: list[Client]) -> Iterator[Finding]:
    """Name the clients that can not be served as they are registered."""
    ctx = assembled(settings).open(Request(method="", path="", address=ADDRESS))
    try:
        for client in registered:
            if client.disabled_at is not None:
                continue
            for what, fix in _mismatches(ctx, client):
                yield Finding("clients", "fail", f"{client.client_id}: {what}", fix)
            for name, rule in policies.problems(client):
                what = f"{client.client_id}: its {name} is out of bounds; {rule}"
                yield Finding("clients", "warn", what, "It is held within them meanwhile.")
    finally:
        ctx.work.close()
        ctx.provider.engine.dispose()


def _mismatches(ctx: Context, client: Client) -> Iterator[tuple[str, str]]:
    for name in signing.unavailable(ctx.provider.parts, client, ctx.now):
        yield (
            f"registered for {name}, which can not be signed",
            "Offer the algorithm again (profile, keys.id_token_algorithms), change the client, "
            "or, for HS256, give it a new secret: signet client rotate-secret",
        )
    method, parts = client.token_endpoint_auth_method, ctx.provider.parts
    plain = {part.method for part in parts.playing(ClientAuthMethod)}
    if method not in plain | {part.method for part in parts.playing(AssertionMethod)}:
        yield (
            f"registered for {method}, which is off in the profile {ctx.settings.profile}",
            "Change the profile or the client.",
        )
    try:
        client_secret.values(ctx, client)
    except (WrongMasterKey, SealBroken):
        yield (
            "its secret was sealed under another secret_key",
            "Keep the old secret_key in previous_secret_keys, or give the client a new secret: "
            "signet client rotate-secret --overlap 0",
        )

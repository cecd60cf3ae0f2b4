"""What a supervisor is told: that the process answers, and whether it can serve, with the truth
about the schema, the keys and the database."""

import pytest
import sqlalchemy as sa

from provider import housekeeping
from provider.ambient import SystemEntropy
from provider.app import create_app
from provider.context import Provider
from provider.settings import Settings
from provider.store import schema
from provider.store.unit_of_work import transaction
from tests.conftest import make_settings
from tests.support import wire
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

OTHER = "YW5vdGhlciBtYXN0ZXIga2V5LCBmb3IgdGVzdHMgb2YgU2lnbmV0"


def ready(party: RelyingParty) -> Answer:
    return wire.get(party.app, f"{party.issuer}/health/ready")


def refused(answer: Answer, **why: str) -> None:
    """Expect that no request should be sent here now, and none of what was wrong in detail."""
    assert answer.status == 503
    assert answer.header("Retry-After") == "1"
    assert answer.json == {"status": "not ready", **why}


def alive(party: RelyingParty) -> bool:
    return wire.get(party.app, f"{party.issuer}/health/live").status == 200


def test_where_all_is_well_it_is_ready(relying_party: RelyingParty) -> None:
    answer = ready(relying_party)
    assert (answer.status, answer.json["schema"], answer.json["keys"]) == (200, "current", "ok")
    assert answer.header("Cache-Control") == "no-store"


@pytest.mark.both_databases
def test_a_schema_that_is_behind_is_not_ready_until_it_is_migrated(
    relying_party: RelyingParty, provider: Provider
) -> None:
    version = sa.table("alembic_version", sa.column("version_num", sa.Text))
    with transaction(provider.engine) as tx:
        present = tx.scalar(sa.select(version.c.version_num))
        tx.execute(version.update().values(version_num="0001"))
    refused(ready(relying_party), schema="behind", keys="ok")
    assert alive(relying_party)
    with transaction(provider.engine) as tx:
        tx.execute(version.update().values(version_num=present))
    assert ready(relying_party).status == 200


@pytest.mark.both_databases
def test_a_key_that_can_not_be_opened_is_not_ready_and_what_is_known_goes_on(
    relying_party: RelyingParty, provider: Provider, clock: SettableClock
) -> None:
    relying_party.client_credentials()
    with transaction(provider.engine) as tx:
        known = tx.execute(sa.select(schema.key).where(schema.key.c.alg == "ES256")).mappings()
        foreign = {**known.one(), "kid": "foreign", "ordinal": 99, "sealed": b"x" * 80}
        tx.execute(schema.key.insert().values(foreign))
    clock.advance(1)
    relying_party.client_credentials()
    refused(ready(relying_party), schema="current", keys="trouble")
    assert alive(relying_party)
    with transaction(provider.engine) as tx:
        tx.execute(schema.key.delete().where(schema.key.c.kid == "foreign"))
    clock.advance(1)
    assert ready(relying_party).status == 200


@pytest.mark.both_databases
def test_a_process_under_another_secret_key_is_not_ready_and_says_so_each_time(
    relying_party: RelyingParty, provider: Provider, settings: Settings, clock: SettableClock
) -> None:
    changed = make_settings(database_url=settings.database_url, secret_key=OTHER)
    app = create_app(changed, clock=clock, entropy=SystemEntropy())
    assert provider.keyring.snapshot(clock.now()).source
    for _ in range(2):
        answer = wire.get(app, f"{relying_party.issuer}/health/ready")
        refused(answer, schema="current", keys="trouble")
        assert wire.get(app, f"{relying_party.issuer}/health/live").status == 200
        clock.advance(housekeeping.EVERY)
    app.extensions["signet"].engine.dispose()

"""What must hold whatever went wrong (invariants I1 to I5, I9 to I11), judged by the clients'
notes against the database and the server as they are afterwards."""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from provider.credentials import authorization_code, opaque, refresh_token
from provider.http import Request
from provider.store.schema import authorization, event
from provider.store.unit_of_work import transaction
from tests.faults.clients import Client, Exchanger, Refresher
from tests.faults.deployment import Deployment


def judge(deployment: Deployment, clients: list[Client], *, at_least: int = 1) -> None:
    """Hold every client's notes to the invariants. `at_least`: rotations each must have had."""
    for client in clients:
        _no_outage_was_a_verdict(client)
        if isinstance(client, Refresher):
            _nothing_acknowledged_was_forgotten(deployment, client)
            assert client.acknowledged >= at_least, "no work was done"
        if isinstance(client, Exchanger):
            _each_code_was_used_at_most_once(deployment, client)
    _events_and_authorizations_agree(deployment)
    print("\n".join(_told(clients)))  # noqa: T201 - `make faults` shows it


def _told(clients: list[Client]) -> Iterator[str]:
    """Say what was judged."""
    for kind in (Refresher, Exchanger):
        notes = [note for client in clients if isinstance(client, kind) for note in client.notes]
        answers = Counter(note.status for note in notes)
        yield (
            f"{kind.__name__}: {answers.pop(200, 0)} answers with tokens,"
            f" {answers.pop(None, 0)} lost, {answers.pop(503, 0)} times 503,"
            f" {sum(answers.values())} others"
        )


def _no_outage_was_a_verdict(client: Client) -> None:
    """I5, I9: an honest client is told to come again, and never to throw its token away."""
    for note in client.notes:
        assert note.body.get("error") != "invalid_client", note
        assert note.status in (None, 200, 400, 503), note
        if note.status == 503:
            assert note.retry_after is not None, note
        if isinstance(client, Refresher):
            assert note.body.get("error") != "invalid_grant", note


def _nothing_acknowledged_was_forgotten(deployment: Deployment, client: Refresher) -> None:
    """I1, I3, I9: what the client holds is the newest or the one before it, the family lives, and
    it goes on; every token had one successor only."""
    successors: dict[str, set[str]] = {}
    for note in client.notes:
        if note.status == 200:
            successors.setdefault(note.presented, set()).add(str(note.body["refresh_token"]))
    assert all(len(found) == 1 for found in successors.values()), "a token has two successors"
    ctx = deployment.provider.open(Request(method="", path=""), read_only=True)
    try:
        held = refresh_token.read(ctx, client.current)
        assert held is not None
        row = ctx.tx.execute(
            sa.select(authorization).where(authorization.c.id == held.authorization_id)
        ).one()
    finally:
        ctx.work.close()
    assert row.ended_at is None, row.ended_reason
    assert row.generation in (held.generation, held.generation + 1)
    after = client.ask(
        client.current, {"grant_type": "refresh_token", "refresh_token": client.current}
    )
    assert after.status == 200, after
    client.current = str(after.body["refresh_token"])


def _each_code_was_used_at_most_once(deployment: Deployment, client: Exchanger) -> None:
    """I2, I3: one answer with tokens for a code at most, and the server knows that it gave it.
    Who got no answer and asked again may be refused, for then the code was used."""
    given = Counter(note.presented for note in client.notes if note.status == 200)
    assert all(times == 1 for times in given.values()), "a code was exchanged twice"
    lost = {note.presented for note in client.notes if not note.is_definite}
    with transaction(deployment.provider.engine, read_only=True) as tx:
        for note in client.notes:
            if note.status not in (200, 400):
                continue
            row = tx.execute(
                sa.select(authorization).where(
                    authorization.c.code_digest == opaque.digest(note.presented)
                )
            ).one()
            assert row.code_redeemed_at is not None
            if note.status == 400:
                assert note.presented in lost, f"an unused code was refused: {note}"
                assert row.ended_reason == "code_replayed"


def _events_and_authorizations_agree(deployment: Deployment) -> None:
    """I11: one event for each authorization, and none for what was undone. What nobody redeemed
    (its answer was lost) is cleared away after a while, and its event stays."""
    now = deployment.provider.clock.now()
    forgotten = now - deployment.settings.lifetimes.code - authorization_code.REMEMBERED
    with transaction(deployment.provider.engine, read_only=True) as tx:
        present = {row.id for row in tx.execute(sa.select(authorization.c.id))}
        query = sa.select(event.c.authorization_id, event.c.at)
        written = tx.execute(query.where(event.c.name == "authorization_granted")).all()
    assert max(Counter(row.authorization_id for row in written).values()) == 1
    assert present <= {row.authorization_id for row in written}
    gone = [row for row in written if row.authorization_id not in present]
    assert all(row.at <= forgotten for row in gone)

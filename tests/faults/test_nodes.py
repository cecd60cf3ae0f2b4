"""FT-06, FT-07, FT-11: several nodes on one database, without sticky sessions: what one makes,
another takes; what one counts or has seen, all know; also while a version takes over from the
one before, and where clocks differ."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.clients import crowd
from tests.faults.deployment import CHECKOUT, SECONDS, Deployment, Node
from tests.faults.judging import judge
from tests.support.factories import PASSWORD
from tests.support.relying_party import refusal
from tests.support.watching import events

LATER = '''"""What a later version adds: {what}."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authorization", sa.Column("added", sa.Text()))
    op.add_column("session", sa.Column("added", sa.Text()))
    op.create_table("added", sa.Column("id", sa.Text(), primary_key=True))
    op.create_index("ix_session_added", "session", ["added"])
    {more}


def downgrade() -> None:
    """Nobody walks back here."""
'''


@pytest.fixture
def two_nodes(deployment: Deployment) -> Deployment:
    """Two nodes; every request goes to the other one than the last."""
    for _ in range(2):
        deployment.add_node()
    for node in deployment.nodes:
        node.start(ready=False)
    for node in deployment.nodes:
        node.wait_until_ready()
    return deployment


@pytest.mark.spec("FT-06", "I2")
@pytest.mark.both_databases
def test_each_step_of_a_journey_may_be_served_by_another_node(two_nodes: Deployment) -> None:
    party = two_nodes.party()
    browser = two_nodes.browser(signed_in=False)
    attempt = party.start(scope="openid profile email offline_access", prompt="consent")
    browser.come(attempt.url)
    browser.sign_in("tester", PASSWORD)
    browser.allow()
    grant = party.receive(attempt, browser.left)
    tokens = party.redeem(grant)
    for _ in range(5):
        tokens = party.refresh(tokens.refresh_token)
        assert party.userinfo(tokens)["sub"]
        assert party.introspect(tokens.access_token)["active"]
    refusal(party.redeem_raw(grant), "invalid_grant")
    refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert not party.introspect(tokens.access_token)["active"]


@pytest.mark.spec("FT-06", "I7")
@pytest.mark.both_databases
def test_an_assertion_that_one_node_has_seen_is_used_for_all(two_nodes: Deployment) -> None:
    party = two_nodes.party(token_endpoint_auth_method="private_key_jwt")
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": party.assertion(),
    }
    assert party.post_raw("token", fields).status == 200
    refusal(party.post_raw("token", fields), "invalid_client")
    refusal(party.post_raw("token", fields), "invalid_client")


@pytest.mark.spec("FT-06", "I7")
@pytest.mark.both_databases
def test_all_nodes_count_failed_sign_ins_together(two_nodes: Deployment) -> None:
    browser = two_nodes.browser(signed_in=False)
    browser.come(two_nodes.party().start().url)
    for _ in range(6):
        browser.sign_in("tester", "wrong")
    browser.sign_in("tester", PASSWORD)
    assert browser.at == "login"
    assert events(two_nodes.provider, "sign_in_throttled")


@pytest.mark.spec("FT-06", "I1")
@pytest.mark.both_databases
def test_clients_that_change_nodes_with_each_request_lose_nothing(two_nodes: Deployment) -> None:
    clients = crowd(two_nodes, refreshers=3, exchangers=1)
    for client in clients:
        client.start()
    time.sleep(SECONDS / 2)
    for client in clients:
        client.halt()
    judge(two_nodes, clients)


def later_version(folder: Path, more: str = "pass") -> str:
    """Make the next version: this code with one step of the schema more. Return where
    its processes find their code."""
    shutil.copytree(CHECKOUT / "migrations", folder / "migrations")
    versions = folder / "migrations" / "versions"
    before = max(path.name[:4] for path in versions.glob("[0-9]*.py"))
    step = LATER.format(what="columns, a table, an index", before=before, more=more)
    (versions / "9999_added.py").write_text(step)
    return f"{folder}{os.pathsep}{CHECKOUT}"


def migrate(node: Node) -> None:
    """Run the migration of a node's version."""
    done = subprocess.run(
        [sys.executable, "-m", "provider.cli", "migrate"],
        env=dict(node.environment),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=node.log.parent,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.spec("FT-07", "I8")
@pytest.mark.both_databases
def test_a_version_takes_over_from_the_one_before_under_load(
    deployment: Deployment, tmp_path: Path
) -> None:
    """The next version is this code with one step of the schema more. It migrates while the old
    one serves; both serve on the new schema; the old one can even be restarted; then it goes."""
    old = deployment.add_node()
    old.start()
    clients = crowd(deployment, refreshers=2, exchangers=1)
    new = deployment.add_node(PYTHONPATH=later_version(tmp_path / "later"))
    for client in clients:
        client.nodes = [old]
        client.start()
    migrate(new)
    assert old.ask("GET", "/health/ready")[2] == b'{"status":"ok","schema":"newer","keys":"ok"}'
    new.start()
    assert new.ask("GET", "/health/ready")[2] == b'{"status":"ok","schema":"current","keys":"ok"}'
    for client in clients:
        client.nodes = [old, new]
    time.sleep(SECONDS / 4)
    for client in clients:
        client.nodes = [new]
    time.sleep(0.5)
    old.stop()
    old.start()
    for client in clients:
        client.nodes = [old, new]
    time.sleep(SECONDS / 4)
    for client in clients:
        client.nodes = [new]
    time.sleep(0.5)
    old.stop()
    for client in clients:
        client.halt()
    deployment.nodes.remove(old)
    judge(deployment, clients)


@pytest.mark.spec("FT-07")
def test_a_schema_that_lost_what_this_version_needs_is_not_served(
    deployment: Deployment, tmp_path: Path
) -> None:
    """A step that contracts says so; then a node of the version before is not ready any more."""
    old = deployment.add_node()
    old.start()
    raised = "op.execute(\"UPDATE schema_support SET oldest_revision = '9999'\")"
    migrate(deployment.add_node(PYTHONPATH=later_version(tmp_path / "later", raised)))
    status, headers, body = old.ask("GET", "/health/ready")
    assert status == 503
    assert b'"schema":"ahead"' in body
    assert "retry-after" in {name.lower() for name, _ in headers}
    assert old.status("/health/live") == 200
    old.stop()
    old.start(ready=False)
    assert old.process is not None
    assert old.process.wait(60) == 1
    assert "ahead" in old.said() or "newer" in old.said()


@pytest.mark.spec("FT-11", "I6")
@pytest.mark.both_databases
@pytest.mark.parametrize("skew", [30, -30])
def test_nodes_whose_clocks_are_half_a_minute_apart_serve_the_same_people(
    deployment: Deployment, skew: int
) -> None:
    skewed = ("-m", "tests.faults.skewed")
    deployment.ahead = max(skew, 0)
    deployment.add_node()
    deployment.add_node(command=skewed, TEST_SKEW=str(skew))
    for node in deployment.nodes:
        node.start(ready=False)
    for node in deployment.nodes:
        node.wait_until_ready()
    clients = crowd(deployment, refreshers=2, exchangers=1)
    for client in clients:
        client.start()
    time.sleep(SECONDS / 3)
    for client in clients:
        client.halt()
    judge(deployment, clients)
    party, browser = deployment.party(), deployment.browser()
    grant = party.authorize(browser)
    answer = party.redeem_raw(grant)
    assert answer.status == 200
    assert answer.json["expires_in"] > 0
    refusal(party.redeem_raw(grant), "invalid_grant")
    refusal(party.refresh_raw(answer.json["refresh_token"]), "invalid_grant")

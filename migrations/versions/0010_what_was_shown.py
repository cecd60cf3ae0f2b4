"""What a page showed of a request that waits for its answer, how a client came to be registered,
and when it was first used.

An older version that serves beside this one leaves all three empty: what it had agreed to is asked
again, and a client that it registered is never forgotten by itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UNUSED = ["registered_by", "used_at", "created_at"]


def upgrade() -> None:
    """Take the step."""
    op.add_column("authorization_request", sa.Column("shown", sa.JSON()))
    op.add_column("client", sa.Column("registered_by", sa.Text()))
    op.add_column("client", sa.Column("used_at", sa.BigInteger()))
    op.create_index("ix_client_registered_by_used_at_created_at", "client", _UNUSED)
    op.create_index("ix_consent_client_id", "consent", ["client_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_consent_client_id", "consent")
    op.drop_index("ix_client_registered_by_used_at_created_at", "client")
    op.drop_column("client", "used_at")
    op.drop_column("client", "registered_by")
    op.drop_column("authorization_request", "shown")

"""How often a client was changed, so that what is issued can tell whether the client is still as
the request read it, and which sessions ran out, so that what hangs on them ends.

An older version serves beside: it raises no number, but sets `updated_at`, which is compared too.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("client", sa.Column("version", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_session_idle_expires_at",
        "session",
        ["idle_expires_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_session_idle_expires_at", "session")
    op.drop_column("client", "version")

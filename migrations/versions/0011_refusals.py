"""Refusals are counted, so that who is refused again and again leaves two events a window."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. The version before knows nothing of the table and needs nothing of it."""
    op.create_table(
        "refusal",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text()),
        sa.Column("client_id", sa.Text()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("networks", sa.JSON(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_refusal"),
    )
    op.create_index("ix_refusal_account_id", "refusal", ["account_id"])
    op.create_index("ix_refusal_expires_at", "refusal", ["expires_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("refusal")

"""What clients that register themselves need: the digest of the registration access token, and
the initial access tokens that let them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("client", sa.Column("registration_digest", sa.LargeBinary(32)))
    op.create_index(
        "ix_client_registration_digest", "client", ["registration_digest"], unique=True
    )
    op.create_table(
        "registration_token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("uses_left", sa.Integer()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registration_token"),
        sa.UniqueConstraint("digest", name="uq_registration_token_digest"),
    )
    op.create_index("ix_registration_token_expires_at", "registration_token", ["expires_at"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("registration_token")
    op.drop_index("ix_client_registration_digest", "client")
    op.drop_column("client", "registration_digest")

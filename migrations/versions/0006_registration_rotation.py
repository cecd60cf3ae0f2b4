"""The registration access token that a client rotated, for as long as it still works."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("client", sa.Column("previous_registration_digest", sa.LargeBinary(32)))
    op.add_column("client", sa.Column("previous_registration_until", sa.BigInteger()))
    op.create_index(
        "ix_client_previous_registration_digest", "client", ["previous_registration_digest"]
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_client_previous_registration_digest", "client")
    op.drop_column("client", "previous_registration_until")
    op.drop_column("client", "previous_registration_digest")

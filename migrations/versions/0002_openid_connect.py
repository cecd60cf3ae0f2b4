"""What all of OpenID Connect needs beside the first tables: client secrets that serve as keys,
and the claims that an authorization request named."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("client_secret", sa.Column("sealed", sa.LargeBinary()))
    op.add_column("authorization", sa.Column("claims", sa.JSON()))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("authorization", "claims")
    op.drop_column("client_secret", "sealed")

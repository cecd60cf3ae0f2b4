"""What a waiting authorization request uses up when it is answered: the identifier of its
request object."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("authorization_request", sa.Column("single_use_digest", sa.LargeBinary(32)))
    op.add_column("authorization_request", sa.Column("single_use_until", sa.BigInteger()))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("authorization_request", "single_use_until")
    op.drop_column("authorization_request", "single_use_digest")

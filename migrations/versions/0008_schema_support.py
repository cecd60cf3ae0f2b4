"""Which code may still serve on this schema, so that a node of the version before knows whether
to go on when the database is migrated ahead of it.

A step that only expands leaves it as it is. A step that contracts, one release later, raises it
to the first revision whose code does without what goes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    support = op.create_table(
        "schema_support",
        sa.Column("oldest_revision", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("oldest_revision", name="pk_schema_support"),
    )
    op.execute(support.insert().values(oldest_revision=revision))


def downgrade() -> None:
    """Take it back."""
    op.drop_table("schema_support")

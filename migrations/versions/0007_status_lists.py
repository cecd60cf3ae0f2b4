"""Token status lists: where access tokens stand, what was called back, accounts that are
locked, and what each audience wants of its tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seed", sa.LargeBinary(32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name="pk_status_list"),
    )
    op.create_table(
        "token_status",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", "index", name="pk_token_status"),
    )
    for column in ("changed_at", "expires_at"):
        op.create_index(f"ix_token_status_{column}", "token_status", [column])
    op.create_table(
        "audience",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("signing_alg", sa.Text()),
        sa.Column("access_token_lifetime", sa.Integer()),
        sa.Column("status_list", sa.Boolean()),
        sa.Column("scope", sa.Text()),
        sa.Column("token_format", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", name="pk_audience"),
    )
    for table in ("authorization", "client"):
        op.add_column(table, sa.Column("status_list", sa.Integer()))
        op.add_column(table, sa.Column("status_index", sa.Integer()))
        op.create_index(f"ix_{table}_status_list", table, ["status_list"])
    op.add_column("account", sa.Column("locked_at", sa.BigInteger()))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("account", "locked_at")
    for table in ("client", "authorization"):
        op.drop_index(f"ix_{table}_status_list", table)
        op.drop_column(table, "status_index")
        op.drop_column(table, "status_list")
    op.drop_table("audience")
    op.drop_table("token_status")
    op.drop_table("status_list")

"""The oldest audit records may be pruned, up to a signed checkpoint."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import refuse

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows that are deleted are looked for where others refer to them: hence the indexes."""
    op.create_table(
        "audit_checkpoints",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 0 AND until >= number", name="ck_audit_checkpoints_number"),
        sa.PrimaryKeyConstraint("workspace", name="pk_audit_checkpoints"),
    )
    pruned = "EXISTS (SELECT 1 FROM audit_checkpoints WHERE workspace = OLD.workspace AND number >= OLD.number)"
    refuse("delete", "audit", unless=pruned, why="the audit trail is append-only")
    referring = [("tokens", "renews"), ("reminders", "token"), ("token_requests", "token"), ("handoffs", "third_party")]
    for table, column in referring:
        op.create_index(f"ix_{table}_{column}", table, [column])

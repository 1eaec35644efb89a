"""Third parties that came back out of a backup, and whether it was decided since that they work again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns that may be empty, so the table is not made anew."""
    op.add_column("third_parties", sa.Column("restored_at", sa.BigInteger()))
    op.add_column("third_parties", sa.Column("decided_at", sa.BigInteger()))

"""Third parties that came back out of a backup, and whether it was decided since that they work again."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import recreate

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table is made anew, as before, with foreign keys off meanwhile."""
    with op.batch_alter_table("third_parties", recreate=recreate()) as third_parties:
        third_parties.add_column(sa.Column("restored_at", sa.BigInteger()))
        third_parties.add_column(sa.Column("decided_at", sa.BigInteger()))

"""What each name looks like, so that names that can be mistaken for it are found by an index."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import recreate

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An older program, which may be at work meanwhile, leaves the column empty; the bot fills it."""
    with op.batch_alter_table("third_parties", recreate=recreate()) as third_parties:
        third_parties.add_column(sa.Column("skeleton", sa.Text()))
    op.create_index("ix_third_parties_skeleton", "third_parties", ["workspace", "skeleton"])

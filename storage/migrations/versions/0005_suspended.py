"""Finding suspended tokens among millions of others."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    which = sa.text("suspended_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL")
    op.create_index(
        "ix_tokens_suspended", "tokens", ["workspace", "suspended_at"], sqlite_where=which, postgresql_where=which
    )

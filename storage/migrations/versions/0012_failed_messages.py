"""Whether a message about a third party did not arrive is answered from an index of the few that failed."""

from alembic import op
from sqlalchemy import text

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_FAILED = text("error IS NOT NULL")


def upgrade() -> None:
    """One index."""
    op.create_index(
        "ix_outbox_failed",
        "outbox",
        ["workspace", "third_party"],
        sqlite_where=_FAILED,
        postgresql_where=_FAILED,
    )

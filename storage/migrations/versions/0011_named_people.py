"""Whether anything names a person is answered from indexes, so that accounts can be forgotten while others work."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NAMED = {
    "contact_proposals": ("contact", "proposed_by", "decided_by"),
    "contact_keys": ("contact", "decided_by"),
    "tokens": ("issued_by", "claimed_by", "snoozed_by", "let_lapse_by"),
    "token_requests": ("asked_by", "decided_by"),
    "handoffs": ("contact",),
    "reminders": ("reader",),
    "outbox": ("reader", "actor", "subject"),
}


def upgrade() -> None:
    """Nothing but indexes."""
    for table, columns in _NAMED.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column, "workspace"])

"""Contacts may have a public key of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_keys",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("fingerprint", sa.Text()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.CheckConstraint("kind IN ('age', 'ssh-ed25519', 'ssh-rsa')", name="ck_contact_keys_kind"),
        sa.CheckConstraint(
            "(kind IS NULL) = (fingerprint IS NULL) AND length(fingerprint) = 50", name="ck_contact_keys_fingerprint"
        ),
        sa.CheckConstraint(
            "(text IS NOT NULL) = (kind IS NOT NULL AND (outcome IS NULL OR (outcome = 'approved' AND ended_at IS "
            "NULL))) AND length(text) BETWEEN 1 AND 1000",
            name="ck_contact_keys_text",
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'rejected', 'superseded', 'withdrawn')", name="ck_contact_keys_outcome"
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="ck_contact_keys_decided"),
        sa.CheckConstraint(
            "(decided_by IS NOT NULL) = (outcome IS NOT NULL AND outcome IN ('approved', 'rejected'))",
            name="ck_contact_keys_decided_by",
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR (outcome IS NOT NULL AND outcome = 'approved')", name="ck_contact_keys_ended"
        ),
        sa.CheckConstraint(
            "kind IS NOT NULL OR outcome IS NULL OR outcome <> 'approved' OR ended_at IS NOT NULL",
            name="ck_contact_keys_removal",
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "third_party"],
            ["third_parties.workspace", "third_parties.id"],
            name="fk_contact_keys_third_parties",
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_contact_keys"),
        sa.UniqueConstraint("workspace", "third_party", "position", name="uq_contact_keys_third_party"),
    )
    for name, condition in (
        ("uq_contact_keys_waiting", "outcome IS NULL"),
        ("uq_contact_keys_in_force", "outcome IS NOT NULL AND text IS NOT NULL"),
    ):
        where = sa.text(condition)
        op.create_index(
            name,
            "contact_keys",
            ["workspace", "third_party", "contact"],
            unique=True,
            sqlite_where=where,
            postgresql_where=where,
        )

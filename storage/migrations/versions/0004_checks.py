"""Resource servers, and what their checks tell."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import recreate

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The table of tokens is made anew, as before, with foreign keys off meanwhile."""
    note_who_accepted()
    prefer_the_smaller_index()
    add_resource_servers()
    add_check_refusals()


def note_who_accepted() -> None:
    with op.batch_alter_table("tokens", recreate=recreate()) as tokens:
        tokens.add_column(sa.Column("last_accepted_by", sa.Text()))
        tokens.create_check_constraint(
            "ck_tokens_last_accepted_by", "last_accepted_by IS NULL OR last_accepted_at IS NOT NULL"
        )
    unended = "revoked_at IS NULL AND retired_at IS NULL"
    for name, column, which in (
        ("ix_tokens_never_used", "collected_at", "last_accepted_at IS NULL AND collected_at IS NOT NULL"),
        ("ix_tokens_used", "last_accepted_at", "last_accepted_at IS NOT NULL"),
    ):
        where = sa.text(f"{which} AND {unended}")
        op.create_index(name, "tokens", ["workspace", column, "expires_at"], sqlite_where=where, postgresql_where=where)


def prefer_the_smaller_index() -> None:
    """Of two indexes that serve alike, SQLite takes the newer; making the table anew makes its indexes by name."""
    op.drop_index("ix_tokens_overlapping", "tokens")
    overlapping = sa.text("succeeded_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL")
    op.create_index(
        "ix_tokens_overlapping",
        "tokens",
        ["workspace", "expires_at"],
        sqlite_where=overlapping,
        postgresql_where=overlapping,
    )


def add_resource_servers() -> None:
    op.create_table(
        "resource_servers",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.Column("first_asked_at", sa.BigInteger()),
        sa.Column("last_asked_at", sa.BigInteger()),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80 AND name_key <> ''", name="ck_resource_servers_name"),
        sa.CheckConstraint("length(secret_digest) = 32", name="ck_resource_servers_secret_digest"),
        sa.CheckConstraint("(first_asked_at IS NULL) = (last_asked_at IS NULL)", name="ck_resource_servers_asked"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_resource_servers"),
    )
    op.create_index("uq_resource_servers_secret_digest", "resource_servers", ["secret_digest"], unique=True)
    there = sa.text("removed_at IS NULL")
    op.create_index(
        "uq_resource_servers_name_key",
        "resource_servers",
        ["workspace", "name_key"],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )


def add_check_refusals() -> None:
    op.create_table(
        "check_refusals",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.Column("resource_server", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('removed', 'revoked', 'retired', 'expired', 'suspended', 'not_collected', 'disabled')",
            name="ck_check_refusals_verdict",
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "token"], ["tokens.workspace", "tokens.id"], name="fk_check_refusals_tokens"
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "resource_server"],
            ["resource_servers.workspace", "resource_servers.id"],
            name="fk_check_refusals_resource_servers",
        ),
        sa.PrimaryKeyConstraint("workspace", "token", "verdict", name="pk_check_refusals"),
    )

"""A token may renew another one, overlap with it, and retire."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import is_sqlite

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """SQLite adds no constraint to a table, so the table is made anew under its name, and its rows put back.

    Foreign keys are off meanwhile: nothing that points to a token goes with the old table.
    """
    if not is_sqlite():
        add_renewal()
        return
    connection = op.get_bind()
    connection.exec_driver_sql("CREATE TABLE kept_tokens AS SELECT * FROM tokens")
    op.drop_table("tokens")
    create_tokens()
    connection.exec_driver_sql("INSERT INTO tokens SELECT *, NULL, NULL, NULL, NULL, NULL FROM kept_tokens")
    op.drop_table("kept_tokens")


def create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("collected_at", sa.BigInteger()),
        sa.Column("collected_by", sa.Text()),
        sa.Column("suspended_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("renews", sa.Text()),
        sa.Column("succeeded_at", sa.BigInteger()),
        sa.Column("retires_at", sa.BigInteger()),
        sa.Column("retired_at", sa.BigInteger()),
        sa.Column("last_accepted_at", sa.BigInteger()),
        sa.CheckConstraint("(collected_at IS NULL) = (collected_by IS NULL)", name="ck_tokens_collected"),
        sa.CheckConstraint("expires_at > issued_at", name="ck_tokens_expires"),
        sa.CheckConstraint("length(fingerprint) = 8", name="ck_tokens_fingerprint"),
        sa.CheckConstraint("length(secret_digest) = 32", name="ck_tokens_secret_digest"),
        sa.CheckConstraint("length(token_digest) = 32", name="ck_tokens_token_digest"),
        *(sa.CheckConstraint(rule, name=f"ck_tokens_{name}") for name, rule in RULES.items()),
        sa.ForeignKeyConstraint(
            ["workspace", "third_party"],
            ["third_parties.workspace", "third_parties.id"],
            name="fk_tokens_third_parties",
        ),
        sa.ForeignKeyConstraint(["workspace", "renews"], ["tokens.workspace", "tokens.id"], name="fk_tokens_tokens"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_tokens"),
        sa.UniqueConstraint("workspace", "secret_digest", name="uq_tokens_secret_digest"),
        sa.UniqueConstraint("workspace", "third_party", "position", name="uq_tokens_third_party"),
        sa.UniqueConstraint("workspace", "token_digest", name="uq_tokens_token_digest"),
    )
    op.create_index("ix_tokens_fingerprint", "tokens", ["workspace", "fingerprint"])
    pending = sa.text("collected_at IS NULL AND revoked_at IS NULL")
    op.create_index(
        "uq_tokens_pending",
        "tokens",
        ["workspace", "third_party"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )
    find_retiring()


def find_retiring() -> None:
    retiring = sa.text("retires_at IS NOT NULL")
    op.create_index(
        "ix_tokens_retiring",
        "tokens",
        ["workspace", "retires_at"],
        sqlite_where=retiring,
        postgresql_where=retiring,
    )


def add_renewal() -> None:
    """Where a table's constraints can be changed, and foreign keys stay on."""
    op.add_column("tokens", sa.Column("renews", sa.Text()))
    for name in ("succeeded_at", "retires_at", "retired_at", "last_accepted_at"):
        op.add_column("tokens", sa.Column(name, sa.BigInteger()))
    for name, rule in RULES.items():
        op.create_check_constraint(f"ck_tokens_{name}", "tokens", rule)
    op.create_foreign_key("fk_tokens_tokens", "tokens", "tokens", ["workspace", "renews"], ["workspace", "id"])
    find_retiring()


RULES = {
    "renews": "renews <> id",
    "succeeded": "succeeded_at IS NULL OR collected_at IS NOT NULL",
    "retires": "retires_at IS NULL OR (succeeded_at IS NOT NULL AND retired_at IS NULL AND revoked_at IS NULL)",
    "retired": "retired_at IS NULL OR (succeeded_at IS NOT NULL AND revoked_at IS NULL)",
    "last_accepted": "last_accepted_at IS NULL OR collected_at IS NOT NULL",
}

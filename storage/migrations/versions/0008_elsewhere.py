"""Tokens that were made elsewhere, and contacts that were imported with them."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import is_sqlite

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables are made anew, as before, with foreign keys off meanwhile."""
    with op.batch_alter_table("tokens") as tokens:
        tokens.add_column(sa.Column("origin", sa.Text(), nullable=False, server_default="issued"))
        tokens.add_column(sa.Column("digest_key", sa.Text()))
        for column in ("token_digest", "secret_digest"):
            tokens.alter_column(column, existing_type=sa.LargeBinary(), nullable=True)
        tokens.alter_column("issued_by", existing_type=sa.Text(), nullable=True)
        tokens.drop_constraint("ck_tokens_collected", type_="check")
        for name, rule in _RULES.items():
            tokens.create_check_constraint(f"ck_tokens_{name}", rule)
    with op.batch_alter_table("tokens") as tokens:
        tokens.alter_column("origin", existing_type=sa.Text(), existing_nullable=False, server_default=None)
    with op.batch_alter_table("sealed_credentials") as sealed:
        sealed.alter_column("client_secret", existing_type=sa.LargeBinary(), nullable=True)
    with op.batch_alter_table("contact_proposals") as proposals:
        proposals.alter_column("proposed_by", existing_type=sa.Text(), nullable=True)
    with op.batch_alter_table("check_refusals") as refusals:
        refusals.drop_constraint("ck_check_refusals_verdict", type_="check")
        refusals.create_check_constraint("ck_check_refusals_verdict", _VERDICTS)
    keyed = sa.text("digest_key IS NOT NULL")
    op.create_index(
        "ix_tokens_keyed", "tokens", ["workspace", "digest_key"], sqlite_where=keyed, postgresql_where=keyed
    )
    _settle_indexes()


def _settle_indexes() -> None:
    """Make the indexes of what was made anew once more, in an order that is the same everywhere.

    Alembic makes them in an order of chance, and where two seem alike to SQLite, it takes the one that was made last.
    """
    if not is_sqlite():
        return
    connection = op.get_bind()
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (?, ?, ?)"
    tables = ("third_parties", "contact_proposals", "tokens")
    for name, statement in connection.exec_driver_sql(f"{made} ORDER BY name", tables).all():
        connection.exec_driver_sql(f"DROP INDEX {name}")
        connection.exec_driver_sql(statement)


_RULES = {
    "origin": "origin IN ('issued', 'migrated', 'external')",
    "issued_by": "(issued_by IS NOT NULL) = (origin = 'issued')",
    "digests": "token_digest IS NOT NULL AND (secret_digest IS NOT NULL OR origin <> 'issued') OR origin = 'external'",
    "digest_key": "(digest_key IS NULL) = (origin = 'issued' OR (token_digest IS NULL AND secret_digest IS NULL))",
    "collected": "(collected_at IS NULL) = (collected_by IS NULL) "
    "OR (origin <> 'issued' AND collected_at IS NOT NULL AND collected_by IS NULL)",
}
_VERDICTS = (
    "verdict IN ('removed', 'revoked', 'retired', 'expired', 'suspended', 'not_collected', 'disabled', 'elsewhere')"
)

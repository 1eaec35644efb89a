"""Reminders, requests for a token, deputies of contacts, and what is known of people."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import recreate

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """SQLite changes no table's constraints, so tables are made anew, with their rows.

    Foreign keys are off meanwhile: nothing that points to a row goes with the old table.
    """
    know_people()
    have_deputies()
    look_after_tokens()
    send_what_is_about_several()
    add_reminders()
    add_token_requests()
    add_digests()


def know_people() -> None:
    with op.batch_alter_table("people", recreate=recreate()) as people:
        for name, kind in {"time_zone": sa.Text, "account_ends_at": sa.BigInteger, "gone": sa.Text}.items():
            people.add_column(sa.Column(name, kind()))
        people.add_column(sa.Column("next_look_at", sa.BigInteger()))
        people.create_check_constraint(
            "ck_people_gone", "gone IN ('deactivated', 'moved', 'outsider', 'unknown', 'unreachable')"
        )
    index_waiting("ix_people_to_look_at", "people", "next_look_at")
    op.get_bind().exec_driver_sql("UPDATE people SET next_look_at = 0")


def have_deputies() -> None:
    with op.batch_alter_table("third_parties", recreate=recreate()) as parties:
        parties.add_column(sa.Column("deputy_contact", sa.Text()))
        parties.create_check_constraint("ck_third_parties_deputy_contact", "deputy_contact <> contact")
        parties.drop_constraint("ck_third_parties_removed", type_="check")
        parties.create_check_constraint(
            "ck_third_parties_removed",
            "removed_at IS NULL OR (contact IS NULL AND deputy_contact IS NULL AND NOT enabled)",
        )
    for name in ("owner", "deputy_owner", "contact", "deputy_contact"):
        op.create_index(f"ix_third_parties_{name}", "third_parties", ["workspace", name])
    with op.batch_alter_table("contact_proposals", recreate=recreate()) as proposals:
        proposals.add_column(sa.Column("deputy", sa.Boolean(), nullable=False, server_default=sa.false()))
        proposals.alter_column("deputy", server_default=None)


def look_after_tokens() -> None:
    with op.batch_alter_table("tokens", recreate=recreate()) as tokens:
        for act, at in {"claimed": "claimed_at", "snoozed": "snoozed_until", "let_lapse": "let_lapse_at"}.items():
            tokens.add_column(sa.Column(f"{act}_by", sa.Text()))
            tokens.add_column(sa.Column(at, sa.BigInteger()))
            tokens.create_check_constraint(f"ck_tokens_{act}", f"({act}_by IS NULL) = ({at} IS NULL)")
        tokens.add_column(sa.Column("next_reminder_at", sa.BigInteger()))
    op.create_index("ix_tokens_collected_by", "tokens", ["workspace", "collected_by"])
    index_some("ix_tokens_expires_at", "tokens", "expires_at", where="revoked_at IS NULL AND retired_at IS NULL")
    index_some(
        "ix_tokens_overlapping",
        "tokens",
        "expires_at",
        where="succeeded_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL",
    )
    index_waiting("ix_tokens_to_remind_of", "tokens", "next_reminder_at", "id")
    op.get_bind().exec_driver_sql(
        "UPDATE tokens SET next_reminder_at = 0 "
        "WHERE collected_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL"
    )


def send_what_is_about_several() -> None:
    with op.batch_alter_table("outbox", recreate=recreate()) as outbox:
        outbox.alter_column("third_party", existing_type=sa.Text(), nullable=True)
        outbox.drop_index("ix_outbox_about")
        outbox.create_index("ix_outbox_about", ["workspace", "third_party", "kind", "subject", "occasion"])
    index_some("ix_outbox_done", "outbox", "planned_at", "id", where="next_attempt_at IS NULL")


def add_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("reader", sa.Text()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'admins', 'contact', 'asker') AND (reader IS NULL) = (role = 'admins')",
            name="ck_reminders_role",
        ),
        sa.ForeignKeyConstraint(["workspace", "token"], ["tokens.workspace", "tokens.id"], name="fk_reminders_tokens"),
        sa.ForeignKeyConstraint(
            ["workspace", "third_party"],
            ["third_parties.workspace", "third_parties.id"],
            name="fk_reminders_third_parties",
        ),
        sa.PrimaryKeyConstraint("workspace", "key", name="pk_reminders"),
    )
    op.create_index("ix_reminders_third_party", "reminders", ["workspace", "third_party"])
    op.create_index("ix_reminders_bundle", "reminders", ["workspace", "bundle", "reader"])
    op.create_table(
        "reminder_settings",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_reminder_settings"),
    )


def add_token_requests() -> None:
    op.create_table(
        "token_requests",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.CheckConstraint("why IN ('still_works', 'somebody_else')", name="ck_token_requests_why"),
        sa.CheckConstraint("outcome IN ('granted', 'declined', 'settled')", name="ck_token_requests_outcome"),
        sa.CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="ck_token_requests_decided"),
        sa.ForeignKeyConstraint(
            ["workspace", "third_party"],
            ["third_parties.workspace", "third_parties.id"],
            name="fk_token_requests_third_parties",
        ),
        sa.ForeignKeyConstraint(
            ["workspace", "token"], ["tokens.workspace", "tokens.id"], name="fk_token_requests_tokens"
        ),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_token_requests"),
        sa.UniqueConstraint("workspace", "third_party", "position", name="uq_token_requests_third_party"),
    )
    waiting = sa.text("outcome IS NULL")
    op.create_index(
        "uq_token_requests_open",
        "token_requests",
        ["workspace", "third_party"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )


def add_digests() -> None:
    op.create_table(
        "digests",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_digests"),
    )
    index_some(
        "ix_handoffs_unconfirmed",
        "handoffs",
        "collected_at",
        where="collected_at IS NOT NULL AND confirmed_at IS NULL",
    )


def index_waiting(name: str, table: str, column: str, *further: str) -> None:
    index_some(name, table, column, *further, where=f"{column} IS NOT NULL")


def index_some(name: str, table: str, *columns: str, where: str) -> None:
    rows = sa.text(where)
    op.create_index(name, table, ["workspace", *columns], sqlite_where=rows, postgresql_where=rows)

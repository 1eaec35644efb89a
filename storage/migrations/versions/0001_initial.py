"""Everything that the first version keeps."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.migrations.dialects import refuse

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_people()
    create_third_parties()
    create_contact_proposals()
    create_tokens()
    create_handoffs()
    create_sealed_credentials()
    create_reasons()
    create_outbox()
    create_audit()
    create_audit_heads()


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_people"),
        sa.UniqueConstraint("workspace", "org", "user_id", name="uq_people_org"),
    )


def create_third_parties() -> None:
    op.create_table(
        "third_parties",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("callback_url", sa.Text()),
        sa.Column("deputy_owner", sa.Text()),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text()),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80 AND name_key <> ''", name="ck_third_parties_name"),
        sa.CheckConstraint("deputy_owner <> owner", name="ck_third_parties_deputy_owner"),
        sa.CheckConstraint("length(callback_url) BETWEEN 1 AND 2000", name="ck_third_parties_callback_url"),
        sa.CheckConstraint("removed_at IS NULL OR (contact IS NULL AND NOT enabled)", name="ck_third_parties_removed"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_third_parties"),
        sa.UniqueConstraint("workspace", "client_id", name="uq_third_parties_client_id"),
    )
    op.create_index(
        "uq_third_parties_name_key",
        "third_parties",
        ["workspace", "name_key"],
        unique=True,
        **only("removed_at IS NULL"),
    )


def create_contact_proposals() -> None:
    op.create_table(
        "contact_proposals",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("account_ends_at", sa.BigInteger()),
        sa.Column("reached_at", sa.BigInteger()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.CheckConstraint(
            "(decided_by IS NOT NULL) = (outcome IS NOT NULL AND outcome IN ('approved', 'rejected'))",
            name="ck_contact_proposals_decided_by",
        ),
        sa.CheckConstraint(
            "outcome <> 'approved' OR reached_at IS NOT NULL", name="ck_contact_proposals_approved_when_reached"
        ),
        sa.CheckConstraint(
            "outcome IN ('approved', 'rejected', 'superseded', 'unreachable')", name="ck_contact_proposals_outcome"
        ),
        sa.CheckConstraint(
            "reason IS NULL OR (outcome IS NOT NULL AND outcome = 'rejected')", name="ck_contact_proposals_reason"
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="ck_contact_proposals_decided"),
        points_to("third_parties", "third_party", name="fk_contact_proposals_third_parties"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_contact_proposals"),
        sa.UniqueConstraint("workspace", "third_party", "position", name="uq_contact_proposals_third_party"),
    )
    op.create_index(
        "uq_contact_proposals_open",
        "contact_proposals",
        ["workspace", "third_party"],
        unique=True,
        **only("outcome IS NULL"),
    )


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
        sa.CheckConstraint("(collected_at IS NULL) = (collected_by IS NULL)", name="ck_tokens_collected"),
        sa.CheckConstraint("expires_at > issued_at", name="ck_tokens_expires"),
        sa.CheckConstraint("length(fingerprint) = 8", name="ck_tokens_fingerprint"),
        sa.CheckConstraint("length(secret_digest) = 32", name="ck_tokens_secret_digest"),
        sa.CheckConstraint("length(token_digest) = 32", name="ck_tokens_token_digest"),
        points_to("third_parties", "third_party", name="fk_tokens_third_parties"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_tokens"),
        sa.UniqueConstraint("workspace", "secret_digest", name="uq_tokens_secret_digest"),
        sa.UniqueConstraint("workspace", "third_party", "position", name="uq_tokens_third_party"),
        sa.UniqueConstraint("workspace", "token_digest", name="uq_tokens_token_digest"),
    )
    op.create_index("ix_tokens_fingerprint", "tokens", ["workspace", "fingerprint"])
    op.create_index(
        "uq_tokens_pending",
        "tokens",
        ["workspace", "third_party"],
        unique=True,
        **only("collected_at IS NULL AND revoked_at IS NULL"),
    )


def create_handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("lapses_at", sa.BigInteger(), nullable=False),
        sa.Column("nudge_at", sa.BigInteger(), nullable=False),
        sa.Column("not_seen", sa.Integer(), nullable=False),
        sa.Column("nudged_at", sa.BigInteger()),
        sa.Column("collected_at", sa.BigInteger()),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("disputed_at", sa.BigInteger()),
        sa.Column("disputed_by_former", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("end", sa.Text()),
        sa.CheckConstraint("\"end\" IN ('lapsed', 'withdrawn', 'declined')", name="ck_handoffs_end"),
        sa.CheckConstraint('(ended_at IS NULL) = ("end" IS NULL)', name="ck_handoffs_ended"),
        sa.CheckConstraint("collected_at IS NULL OR ended_at IS NULL", name="ck_handoffs_collected_or_ended"),
        sa.CheckConstraint("confirmed_at IS NULL OR collected_at IS NOT NULL", name="ck_handoffs_confirmed"),
        sa.CheckConstraint("disputed_at IS NULL OR collected_at IS NOT NULL", name="ck_handoffs_disputed"),
        sa.CheckConstraint("disputed_at IS NOT NULL OR NOT disputed_by_former", name="ck_handoffs_disputed_by_former"),
        sa.CheckConstraint("lapses_at > offered_at AND nudge_at <= lapses_at", name="ck_handoffs_times"),
        sa.CheckConstraint("not_seen >= 0", name="ck_handoffs_not_seen"),
        points_to("third_parties", "third_party", name="fk_handoffs_third_parties"),
        points_to("tokens", "token", name="fk_handoffs_tokens"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_handoffs"),
        sa.UniqueConstraint("workspace", "token", name="uq_handoffs_token"),
    )
    op.create_index(
        "uq_handoffs_open",
        "handoffs",
        ["workspace", "third_party"],
        unique=True,
        **only("collected_at IS NULL AND ended_at IS NULL"),
    )


def create_sealed_credentials() -> None:
    op.create_table(
        "sealed_credentials",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("bearer", sa.LargeBinary(), nullable=False),
        points_to("tokens", "token", name="fk_sealed_credentials_tokens"),
        sa.PrimaryKeyConstraint("workspace", "token", name="pk_sealed_credentials"),
    )


def create_reasons() -> None:
    op.create_table(
        "reasons",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("length(text) > 0", name="ck_reasons_text"),
        points_to("third_parties", "third_party", name="fk_reasons_third_parties"),
        sa.PrimaryKeyConstraint("workspace", "third_party", "hash", name="pk_reasons"),
    )
    op.create_index("ix_reasons_hash", "reasons", ["workspace", "hash"])


def create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text()),
        sa.Column("third_party", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger()),
        sa.Column("uncertain_since", sa.BigInteger()),
        sa.Column("channel", sa.Text()),
        sa.Column("ts", sa.Text()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("end", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.CheckConstraint("\"end\" IN ('dropped', 'undeliverable', 'spread')", name="ck_outbox_end"),
        sa.CheckConstraint(
            "(channel IS NULL) = (sent_at IS NULL) AND (ts IS NULL) = (sent_at IS NULL)", name="ck_outbox_sent"
        ),
        sa.CheckConstraint(
            '(ended_at IS NULL) = ("end" IS NULL) AND (ended_at IS NULL OR next_attempt_at IS NULL)',
            name="ck_outbox_ended",
        ),
        sa.CheckConstraint("\"end\" <> 'undeliverable' OR error IS NOT NULL", name="ck_outbox_error_given"),
        sa.CheckConstraint(
            "error IS NULL OR next_attempt_at IS NOT NULL OR (ended_at IS NOT NULL AND \"end\" = 'undeliverable')",
            name="ck_outbox_error",
        ),
        sa.CheckConstraint(
            "next_attempt_at IS NOT NULL OR sent_at IS NOT NULL OR ended_at IS NOT NULL", name="ck_outbox_waits"
        ),
        sa.CheckConstraint("revision >= 1 AND attempts >= 0", name="ck_outbox_counts"),
        sa.CheckConstraint("sent_at IS NULL OR uncertain_since IS NULL", name="ck_outbox_sent_for_certain"),
        points_to("third_parties", "third_party", name="fk_outbox_third_parties"),
        sa.PrimaryKeyConstraint("workspace", "id", name="pk_outbox"),
        sa.UniqueConstraint("workspace", "key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_about", "outbox", ["workspace", "third_party", "kind", "subject"])
    op.create_index("ix_outbox_due", "outbox", ["workspace", "next_attempt_at"], **only("next_attempt_at IS NOT NULL"))


def create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("third_party", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("once_key", sa.Text()),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 1", name="ck_audit_number"),
        sa.PrimaryKeyConstraint("workspace", "number", name="pk_audit"),
    )
    op.create_index("ix_audit_third_party", "audit", ["workspace", "third_party", "number"])
    op.create_index(
        "uq_audit_once_key", "audit", ["workspace", "once_key"], unique=True, **only("once_key IS NOT NULL")
    )
    for act in ("update", "delete"):
        refuse(act, "audit", why="the audit trail is append-only")


def create_audit_heads() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name="pk_audit_heads"),
    )


def points_to(table: str, column: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["workspace", column], [f"{table}.workspace", f"{table}.id"], name=name)


def only(where: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}

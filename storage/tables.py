"""The schema. Its constraints back the rules of `access.model`, so that a mistake there cannot become a lasting state.

A person id has no foreign key: the row that ties it to a Slack account can be deleted, and everything else stays.
The audit trail has none at all: nothing that is ever deleted may stand in its way.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from access.model.contact import ProposalOutcome
from access.model.contact_key import KeyKind, KeyOutcome
from access.model.handoff import HandoffEnd
from access.model.messages import MessageKind
from access.model.people import Gone
from access.model.reminder import ReaderRole, ReminderKind
from access.model.token import TokenOrigin, Verdict
from access.model.token_request import RequestOutcome, RequestReason
from access.ports.outbox import OutboxEnd
from storage.migrations.dialects import refusing
from storage.types import Instant, Word

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_1_name)s",
    }
)


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, metadata, Column("workspace", Text, primary_key=True), *parts)


def _id(name: str = "id") -> Column[str]:
    """A part of the primary key, beside the workspace."""
    return Column(name, Text, primary_key=True)


def _given(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]] = Text) -> Column[Any]:
    """A column that always has a value."""
    return Column(name, kind, nullable=False)


def _maybe(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]] = Text) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, kind, nullable=True)


def _belongs_to(table: str, column: str) -> ForeignKeyConstraint:
    """The other row exists, in the same workspace."""
    return ForeignKeyConstraint(["workspace", column], [f"{table}.workspace", f"{table}.id"])


def _check(name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(rule, name=name)


def _unique(name: str, *columns: str, where: str) -> Index:
    """No two rows alike among those that meet a condition."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


def _some(name: str, *columns: str, where: str) -> Index:
    """Finds rows among those that meet a condition, however many others there are."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _waiting(name: str, column: str, *further: str) -> Index:
    """Finds the rows whose time has come, however many rows wait for none."""
    return _some(name, "workspace", column, *further, where=f"{column} IS NOT NULL")


def _referring(name: str, column: str) -> Index:
    """Finds what refers to a row that is deleted. It begins with no workspace, so that no other query takes to it."""
    return Index(name, column)


def _naming(table: str, *columns: str) -> Iterator[Index]:
    """Finds, for each of these columns, the rows that name a person. It begins with no workspace, as `_referring`."""
    return (Index(f"ix_{table}_{column}", column, "workspace") for column in columns)


people = _table(
    "people",
    _id(),
    _given("org"),
    _given("user_id"),
    _maybe("time_zone"),
    _maybe("account_ends_at", Instant),
    _maybe("gone", Word(Gone)),
    _maybe("next_look_at", Instant),
    UniqueConstraint("workspace", "org", "user_id"),
    _waiting("ix_people_to_look_at", "next_look_at"),
    _check("gone", "gone IN ('deactivated', 'moved', 'outsider', 'unknown', 'unreachable')"),
)
"""The Slack account behind each person id, and what Slack said of it when it was looked at last."""

third_parties = _table(
    "third_parties",
    _id(),
    _given("name"),
    _given("name_key"),
    _given("client_id"),
    _given("owner"),
    _given("registered_at", Instant),
    _maybe("callback_url"),
    _maybe("deputy_owner"),
    _given("notes"),
    _maybe("contact"),
    _maybe("deputy_contact"),
    _given("enabled", Boolean),
    _maybe("removed_at", Instant),
    _maybe("restored_at", Instant),
    _maybe("decided_at", Instant),
    _maybe("skeleton"),
    UniqueConstraint("workspace", "client_id"),
    _unique("uq_third_parties_name_key", "workspace", "name_key", where="removed_at IS NULL"),
    _check("name", "length(name) BETWEEN 1 AND 80 AND name_key <> ''"),
    _check("callback_url", "length(callback_url) BETWEEN 1 AND 2000"),
    Index("ix_third_parties_owner", "workspace", "owner"),
    Index("ix_third_parties_deputy_owner", "workspace", "deputy_owner"),
    Index("ix_third_parties_contact", "workspace", "contact"),
    Index("ix_third_parties_deputy_contact", "workspace", "deputy_contact"),
    Index("ix_third_parties_skeleton", "workspace", "skeleton"),
    _check("deputy_owner", "deputy_owner <> owner"),
    _check("deputy_contact", "deputy_contact <> contact"),
    _check("removed", "removed_at IS NULL OR (contact IS NULL AND deputy_contact IS NULL AND NOT enabled)"),
)

contact_proposals = _table(
    "contact_proposals",
    _id(),
    _given("third_party"),
    _given("position", Integer),
    _given("contact"),
    _given("deputy", Boolean),
    _maybe("proposed_by"),
    _given("proposed_at", Instant),
    _maybe("account_ends_at", Instant),
    _maybe("reached_at", Instant),
    _maybe("decided_at", Instant),
    _maybe("decided_by"),
    _maybe("outcome", Word(ProposalOutcome)),
    _maybe("reason"),
    _belongs_to("third_parties", "third_party"),
    UniqueConstraint("workspace", "third_party", "position"),
    _unique("uq_contact_proposals_open", "workspace", "third_party", where="outcome IS NULL"),
    *_naming("contact_proposals", "contact", "proposed_by", "decided_by"),
    _check("outcome", "outcome IN ('approved', 'rejected', 'superseded', 'unreachable')"),
    _check("decided", "(decided_at IS NULL) = (outcome IS NULL)"),
    _check(
        "decided_by",
        "(decided_by IS NOT NULL) = (outcome IS NOT NULL AND outcome IN ('approved', 'rejected'))",
    ),
    _check("approved_when_reached", "outcome <> 'approved' OR reached_at IS NOT NULL"),
    _check("reason", "reason IS NULL OR (outcome IS NOT NULL AND outcome = 'rejected')"),
)

contact_keys = _table(
    "contact_keys",
    _id(),
    _given("third_party"),
    _given("position", Integer),
    _given("contact"),
    _given("asked_at", Instant),
    _maybe("kind", Word(KeyKind)),
    _maybe("text"),
    _maybe("fingerprint"),
    _maybe("decided_at", Instant),
    _maybe("decided_by"),
    _maybe("outcome", Word(KeyOutcome)),
    _maybe("ended_at", Instant),
    _belongs_to("third_parties", "third_party"),
    UniqueConstraint("workspace", "third_party", "position"),
    _unique("uq_contact_keys_waiting", "workspace", "third_party", "contact", where="outcome IS NULL"),
    _unique(
        "uq_contact_keys_in_force",
        "workspace",
        "third_party",
        "contact",
        where="outcome IS NOT NULL AND text IS NOT NULL",
    ),
    *_naming("contact_keys", "contact", "decided_by"),
    _check("kind", "kind IN ('age', 'ssh-ed25519', 'ssh-rsa')"),
    _check("fingerprint", "(kind IS NULL) = (fingerprint IS NULL) AND length(fingerprint) = 50"),
    _check(
        "text",
        "(text IS NOT NULL) = (kind IS NOT NULL AND (outcome IS NULL OR (outcome = 'approved' AND ended_at IS NULL))) "
        "AND length(text) BETWEEN 1 AND 1000",
    ),
    _check("outcome", "outcome IN ('approved', 'rejected', 'superseded', 'withdrawn')"),
    _check("decided", "(decided_at IS NULL) = (outcome IS NULL)"),
    _check(
        "decided_by",
        "(decided_by IS NOT NULL) = (outcome IS NOT NULL AND outcome IN ('approved', 'rejected'))",
    ),
    _check("ended", "ended_at IS NULL OR (outcome IS NOT NULL AND outcome = 'approved')"),
    _check("removal", "kind IS NOT NULL OR outcome IS NULL OR outcome <> 'approved' OR ended_at IS NOT NULL"),
)
"""Contacts' public keys, and what they asked to be changed about them. A key's text is kept while it may be needed."""

tokens = _table(
    "tokens",
    _id(),
    _given("third_party"),
    _given("position", Integer),
    _given("origin", Word(TokenOrigin)),
    _given("fingerprint"),
    _maybe("digest_key"),
    _maybe("token_digest", LargeBinary),
    _maybe("secret_digest", LargeBinary),
    _given("issued_at", Instant),
    _given("expires_at", Instant),
    _maybe("issued_by"),
    _maybe("collected_at", Instant),
    _maybe("collected_by"),
    _maybe("suspended_at", Instant),
    _maybe("revoked_at", Instant),
    _maybe("renews"),
    _maybe("succeeded_at", Instant),
    _maybe("retires_at", Instant),
    _maybe("retired_at", Instant),
    _maybe("last_accepted_at", Instant),
    _maybe("last_accepted_by"),
    _maybe("claimed_by"),
    _maybe("claimed_at", Instant),
    _maybe("snoozed_by"),
    _maybe("snoozed_until", Instant),
    _maybe("let_lapse_by"),
    _maybe("let_lapse_at", Instant),
    _maybe("next_reminder_at", Instant),
    _belongs_to("third_parties", "third_party"),
    _belongs_to("tokens", "renews"),
    UniqueConstraint("workspace", "third_party", "position"),
    UniqueConstraint("workspace", "token_digest", name="uq_tokens_token_digest"),
    UniqueConstraint("workspace", "secret_digest", name="uq_tokens_secret_digest"),
    Index("ix_tokens_fingerprint", "workspace", "fingerprint"),
    Index("ix_tokens_collected_by", "workspace", "collected_by"),
    _referring("ix_tokens_renews", "renews"),
    _some("ix_tokens_expires_at", "workspace", "expires_at", where="revoked_at IS NULL AND retired_at IS NULL"),
    _some(
        "ix_tokens_overlapping",
        "workspace",
        "expires_at",
        where="succeeded_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL",
    ),
    _some(
        "ix_tokens_used",
        "workspace",
        "last_accepted_at",
        "expires_at",
        where="last_accepted_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL",
    ),
    _some(
        "ix_tokens_never_used",
        "workspace",
        "collected_at",
        "expires_at",
        where="last_accepted_at IS NULL AND collected_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL",
    ),
    _waiting("ix_tokens_retiring", "retires_at"),
    _some(
        "ix_tokens_suspended",
        "workspace",
        "suspended_at",
        where="suspended_at IS NOT NULL AND revoked_at IS NULL AND retired_at IS NULL",
    ),
    _waiting("ix_tokens_to_remind_of", "next_reminder_at", "id"),
    _waiting("ix_tokens_keyed", "digest_key"),
    _unique("uq_tokens_pending", "workspace", "third_party", where="collected_at IS NULL AND revoked_at IS NULL"),
    *_naming("tokens", "issued_by", "claimed_by", "snoozed_by", "let_lapse_by"),
    _check("fingerprint", "length(fingerprint) = 8"),
    _check("token_digest", "length(token_digest) = 32"),
    _check("secret_digest", "length(secret_digest) = 32"),
    _check("expires", "expires_at > issued_at"),
    _check("origin", "origin IN ('issued', 'migrated', 'external')"),
    _check("issued_by", "(issued_by IS NOT NULL) = (origin = 'issued')"),
    _check(
        "digests",
        "token_digest IS NOT NULL AND (secret_digest IS NOT NULL OR origin <> 'issued') OR origin = 'external'",
    ),
    _check(
        "digest_key", "(digest_key IS NULL) = (origin = 'issued' OR (token_digest IS NULL AND secret_digest IS NULL))"
    ),
    _check(
        "collected",
        "(collected_at IS NULL) = (collected_by IS NULL) "
        "OR (origin <> 'issued' AND collected_at IS NOT NULL AND collected_by IS NULL)",
    ),
    _check("renews", "renews <> id"),
    _check("succeeded", "succeeded_at IS NULL OR collected_at IS NOT NULL"),
    _check("retires", "retires_at IS NULL OR (succeeded_at IS NOT NULL AND retired_at IS NULL AND revoked_at IS NULL)"),
    _check("retired", "retired_at IS NULL OR (succeeded_at IS NOT NULL AND revoked_at IS NULL)"),
    _check("last_accepted", "last_accepted_at IS NULL OR collected_at IS NOT NULL"),
    _check("last_accepted_by", "last_accepted_by IS NULL OR last_accepted_at IS NOT NULL"),
    _check("claimed", "(claimed_by IS NULL) = (claimed_at IS NULL)"),
    _check("snoozed", "(snoozed_by IS NULL) = (snoozed_until IS NULL)"),
    _check("let_lapse", "(let_lapse_by IS NULL) = (let_lapse_at IS NULL)"),
)
"""`next_reminder_at` is when to look whether anybody is to be reminded, advanced in the transaction that plans it."""

resource_servers = _table(
    "resource_servers",
    _id(),
    _given("name"),
    _given("name_key"),
    _given("secret_digest", LargeBinary),
    _given("added_at", Instant),
    _maybe("removed_at", Instant),
    _maybe("first_asked_at", Instant),
    _maybe("last_asked_at", Instant),
    Index("uq_resource_servers_secret_digest", "secret_digest", unique=True),
    _unique("uq_resource_servers_name_key", "workspace", "name_key", where="removed_at IS NULL"),
    _check("name", "length(name) BETWEEN 1 AND 80 AND name_key <> ''"),
    _check("secret_digest", "length(secret_digest) = 32"),
    _check("asked", "(first_asked_at IS NULL) = (last_asked_at IS NULL)"),
)
"""The organisation's APIs that ask about tokens. A secret is one workspace's alone: it says which one is asked for."""

check_refusals = _table(
    "check_refusals",
    _id("token"),
    Column("verdict", Word(Verdict), primary_key=True),
    _given("refused_at", Instant),
    _given("resource_server"),
    _belongs_to("tokens", "token"),
    _belongs_to("resource_servers", "resource_server"),
    _check(
        "verdict",
        "verdict IN "
        "('removed', 'revoked', 'retired', 'expired', 'suspended', 'not_collected', 'disabled', 'elsewhere')",
    ),
)
"""The last check of each token that was refused, for each reason."""

reminders = _table(
    "reminders",
    _id("key"),
    _given("kind", Word(ReminderKind)),
    _given("token"),
    _given("third_party"),
    _given("days", Integer),
    _maybe("reader"),
    _given("role", Word(ReaderRole)),
    _given("occasion"),
    _given("planned_at", Instant),
    _given("message", Word(MessageKind)),
    _given("bundle"),
    _belongs_to("tokens", "token"),
    _belongs_to("third_parties", "third_party"),
    Index("ix_reminders_third_party", "workspace", "third_party"),
    _referring("ix_reminders_token", "token"),
    Index("ix_reminders_bundle", "workspace", "bundle", "reader"),
    *_naming("reminders", "reader"),
    _check("role", "role IN ('owner', 'admins', 'contact', 'asker') AND (reader IS NULL) = (role = 'admins')"),
)
"""What each reader was reminded of, once, and in which message: the outbox row with that kind, subject and reader."""

reminder_settings = _table("reminder_settings", _given("value"))
"""With which settings `next_reminder_at` was worked out; with others, every token is looked at anew."""

digests = _table("digests", _given("week"))
"""The last week for which it was decided whether there is something for the admins to read."""

token_requests = _table(
    "token_requests",
    _id(),
    _given("third_party"),
    _given("position", Integer),
    _given("token"),
    _given("why", Word(RequestReason)),
    _given("asked_by"),
    _given("asked_at", Instant),
    _maybe("decided_at", Instant),
    _maybe("decided_by"),
    _maybe("outcome", Word(RequestOutcome)),
    _belongs_to("third_parties", "third_party"),
    _belongs_to("tokens", "token"),
    UniqueConstraint("workspace", "third_party", "position"),
    _referring("ix_token_requests_token", "token"),
    _unique("uq_token_requests_open", "workspace", "third_party", where="outcome IS NULL"),
    *_naming("token_requests", "asked_by", "decided_by"),
    _check("why", "why IN ('still_works', 'somebody_else')"),
    _check("outcome", "outcome IN ('granted', 'declined', 'settled')"),
    _check("decided", "(decided_at IS NULL) = (outcome IS NULL)"),
)
"""Contacts who ask for a new token."""

handoffs = _table(
    "handoffs",
    _id(),
    _given("third_party"),
    _given("token"),
    _given("contact"),
    _given("offered_at", Instant),
    _given("lapses_at", Instant),
    _given("nudge_at", Instant),
    _given("not_seen", Integer),
    _maybe("nudged_at", Instant),
    _maybe("collected_at", Instant),
    _maybe("confirmed_at", Instant),
    _maybe("disputed_at", Instant),
    _given("disputed_by_former", Boolean),
    _maybe("ended_at", Instant),
    _maybe("end", Word(HandoffEnd)),
    _belongs_to("third_parties", "third_party"),
    _belongs_to("tokens", "token"),
    UniqueConstraint("workspace", "token"),
    _referring("ix_handoffs_third_party", "third_party"),
    _unique("uq_handoffs_open", "workspace", "third_party", where="collected_at IS NULL AND ended_at IS NULL"),
    _some(
        "ix_handoffs_unconfirmed",
        "workspace",
        "collected_at",
        where="collected_at IS NOT NULL AND confirmed_at IS NULL",
    ),
    *_naming("handoffs", "contact"),
    _check("end", "\"end\" IN ('lapsed', 'withdrawn', 'declined')"),
    _check("ended", '(ended_at IS NULL) = ("end" IS NULL)'),
    _check("collected_or_ended", "collected_at IS NULL OR ended_at IS NULL"),
    _check("confirmed", "confirmed_at IS NULL OR collected_at IS NOT NULL"),
    _check("disputed", "disputed_at IS NULL OR collected_at IS NOT NULL"),
    _check("disputed_by_former", "disputed_at IS NOT NULL OR NOT disputed_by_former"),
    _check("times", "lapses_at > offered_at AND nudge_at <= lapses_at"),
    _check("not_seen", "not_seen >= 0"),
)

sealed_credentials = _table(
    "sealed_credentials",
    _id("token"),
    _maybe("client_secret", LargeBinary),
    _given("bearer", LargeBinary),
    _belongs_to("tokens", "token"),
)

reasons = _table(
    "reasons",
    _id("third_party"),
    _id("hash"),
    _given("text"),
    _belongs_to("third_parties", "third_party"),
    Index("ix_reasons_hash", "workspace", "hash"),
    _check("text", "length(text) > 0"),
)

outbox = _table(
    "outbox",
    _id(),
    _given("key"),
    _given("kind", Word(MessageKind)),
    _maybe("reader"),
    _maybe("third_party"),
    _given("subject"),
    _maybe("actor"),
    _given("occasion"),
    _given("planned_at", Instant),
    _given("revision", Integer),
    _given("attempts", Integer),
    _maybe("next_attempt_at", Instant),
    _maybe("uncertain_since", Instant),
    _maybe("channel"),
    _maybe("ts"),
    _maybe("sent_at", Instant),
    _maybe("ended_at", Instant),
    _maybe("end", Word(OutboxEnd)),
    _maybe("error"),
    _belongs_to("third_parties", "third_party"),
    UniqueConstraint("workspace", "key"),
    _waiting("ix_outbox_due", "next_attempt_at"),
    _some("ix_outbox_done", "workspace", "planned_at", "id", where="next_attempt_at IS NULL"),
    _some("ix_outbox_failed", "workspace", "third_party", where="error IS NOT NULL"),
    Index("ix_outbox_about", "workspace", "third_party", "kind", "subject", "occasion"),
    *_naming("outbox", "reader", "actor", "subject"),
    _check("counts", "revision >= 1 AND attempts >= 0"),
    _check("sent", "(channel IS NULL) = (sent_at IS NULL) AND (ts IS NULL) = (sent_at IS NULL)"),
    _check("sent_for_certain", "sent_at IS NULL OR uncertain_since IS NULL"),
    _check("waits", "next_attempt_at IS NOT NULL OR sent_at IS NOT NULL OR ended_at IS NOT NULL"),
    _check("end", "\"end\" IN ('dropped', 'undeliverable', 'spread')"),
    _check("ended", '(ended_at IS NULL) = ("end" IS NULL) AND (ended_at IS NULL OR next_attempt_at IS NULL)'),
    _check("error_given", "\"end\" <> 'undeliverable' OR error IS NOT NULL"),
    _check(
        "error", "error IS NULL OR next_attempt_at IS NOT NULL OR (ended_at IS NOT NULL AND \"end\" = 'undeliverable')"
    ),
)
"""One row for each Slack message that was promised. `next_attempt_at` is set while there is something to do about it:
post it, or, since `revision` has grown, update it. `error` is why the last attempt failed. One without a `third_party`
is about several, or about all of them."""

audit = _table(
    "audit",
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _given("at", Instant),
    _maybe("actor"),
    _given("action"),
    _maybe("third_party"),
    _given("outcome"),
    _given("details", JSON),
    _maybe("once_key"),
    _given("mac", LargeBinary),
    _unique("uq_audit_once_key", "workspace", "once_key", where="once_key IS NOT NULL"),
    Index("ix_audit_third_party", "workspace", "third_party", "number"),
    _check("number", "number >= 1"),
)

audit_heads = _table("audit_heads", _given("number", BigInteger), _given("mac", LargeBinary))
"""Where the chain of each workspace ends."""

audit_checkpoints = _table(
    "audit_checkpoints",
    _given("number", BigInteger),
    _given("mac", LargeBinary),
    _given("until", BigInteger),
    _given("at", Instant),
    _given("signature", LargeBinary),
    _check("number", "number >= 0 AND until >= number"),
)
"""Where the chain of each workspace begins, once records were pruned: after the one with that number and MAC."""


@event.listens_for(audit, "after_create")
def _make_append_only(_table: Table, connection: Connection, **_options: object) -> None:
    """Records are deleted up to the checkpoint alone, and never changed."""
    pruned = "EXISTS (SELECT 1 FROM audit_checkpoints WHERE workspace = OLD.workspace AND number >= OLD.number)"
    for act, unless in (("update", ""), ("delete", pruned)):
        why = "the audit trail is append-only"
        for statement in refusing(connection.dialect.name, act, "audit", unless=unless, why=why):
            connection.exec_driver_sql(statement)

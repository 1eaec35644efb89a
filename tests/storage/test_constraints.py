"""The schema refuses, by itself, what the model would never write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint

from access.model.audit import AuditEntry
from storage.engine import Database
from storage.tables import metadata
from tests.storage.rows import HERE, NOW, contact_key, keep_party, message, offer_token, proposal

SUCCEEDED = "collected_at = 1, collected_by = 'p', succeeded_at = 1"
BROKEN = {
    "ck_third_parties_name": ["third_parties SET name = ''", "third_parties SET name_key = ''"],
    "ck_third_parties_callback_url": ["third_parties SET callback_url = ''"],
    "ck_people_gone": ["people SET gone = 'lost'"],
    "ck_third_parties_deputy_owner": ["third_parties SET deputy_owner = owner"],
    "ck_third_parties_deputy_contact": ["third_parties SET contact = 'c', deputy_contact = 'c'"],
    "ck_third_parties_removed": [
        "third_parties SET removed_at = 1, enabled = 1",
        "third_parties SET removed_at = 1, contact = 'c'",
        "third_parties SET removed_at = 1, deputy_contact = 'c'",
    ],
    "ck_contact_proposals_outcome": ["contact_proposals SET outcome = 'lost', decided_at = 1"],
    "ck_contact_proposals_decided": [
        "contact_proposals SET decided_at = 1",
        "contact_proposals SET outcome = 'superseded'",
    ],
    "ck_contact_proposals_decided_by": [
        "contact_proposals SET decided_by = 'p'",
        "contact_proposals SET outcome = 'rejected', decided_at = 1",
        "contact_proposals SET outcome = 'superseded', decided_at = 1, decided_by = 'p'",
    ],
    "ck_contact_proposals_approved_when_reached": [
        "contact_proposals SET outcome = 'approved', decided_at = 1, decided_by = 'p'"
    ],
    "ck_contact_keys_kind": ["contact_keys SET kind = 'ssh-dss'"],
    "ck_contact_keys_fingerprint": [
        "contact_keys SET fingerprint = NULL",
        "contact_keys SET fingerprint = 'SHA256:short'",
    ],
    "ck_contact_keys_text": [
        "contact_keys SET text = NULL",
        "contact_keys SET text = ''",
        f"contact_keys SET text = '{'x' * 1_001}'",
        "contact_keys SET outcome = 'superseded', decided_at = 1",
        "contact_keys SET outcome = 'approved', decided_at = 1, decided_by = 'p', ended_at = 1",
    ],
    "ck_contact_keys_outcome": ["contact_keys SET outcome = 'lost', decided_at = 1, text = NULL"],
    "ck_contact_keys_decided": [
        "contact_keys SET decided_at = 1",
        "contact_keys SET outcome = 'superseded', text = NULL",
    ],
    "ck_contact_keys_decided_by": [
        "contact_keys SET decided_by = 'p'",
        "contact_keys SET outcome = 'rejected', decided_at = 1, text = NULL",
        "contact_keys SET outcome = 'withdrawn', decided_at = 1, decided_by = 'p', text = NULL",
    ],
    "ck_contact_keys_ended": [
        "contact_keys SET ended_at = 1",
        "contact_keys SET outcome = 'superseded', decided_at = 1, ended_at = 1, text = NULL",
    ],
    "ck_contact_keys_removal": [
        (
            "contact_keys SET kind = NULL, fingerprint = NULL, text = NULL, outcome = 'approved', decided_at = 1, "
            "decided_by = 'p'"
        ),
    ],
    "ck_contact_proposals_reason": [
        "contact_proposals SET reason = 'r'",
        "contact_proposals SET outcome = 'superseded', decided_at = 1, reason = 'r'",
    ],
    "ck_tokens_fingerprint": ["tokens SET fingerprint = 'short'"],
    "ck_tokens_token_digest": ["tokens SET token_digest = x'00'"],
    "ck_tokens_secret_digest": ["tokens SET secret_digest = x'00'"],
    "ck_tokens_expires": ["tokens SET expires_at = issued_at"],
    "ck_tokens_collected": ["tokens SET collected_at = 1", "tokens SET collected_by = 'p'"],
    "ck_tokens_origin": ["tokens SET origin = 'found', issued_by = NULL, digest_key = 'k'"],
    "ck_tokens_issued_by": ["tokens SET issued_by = NULL", "tokens SET origin = 'migrated', digest_key = 'k'"],
    "ck_tokens_digests": [
        "tokens SET token_digest = NULL",
        "tokens SET secret_digest = NULL",
        "tokens SET token_digest = NULL, origin = 'migrated', issued_by = NULL, digest_key = 'k'",
    ],
    "ck_tokens_digest_key": [
        "tokens SET digest_key = 'k'",
        "tokens SET origin = 'migrated', issued_by = NULL",
        (
            "tokens SET origin = 'external', issued_by = NULL, token_digest = NULL, secret_digest = NULL, "
            "digest_key = 'k'"
        ),
    ],
    "ck_tokens_renews": ["tokens SET renews = id"],
    "ck_tokens_succeeded": ["tokens SET succeeded_at = 1"],
    "ck_tokens_retires": [
        "tokens SET retires_at = 1",
        f"tokens SET {SUCCEEDED}, retires_at = 1, revoked_at = 1",
        f"tokens SET {SUCCEEDED}, retires_at = 1, retired_at = 1",
    ],
    "ck_tokens_retired": ["tokens SET retired_at = 1", f"tokens SET {SUCCEEDED}, retired_at = 1, revoked_at = 1"],
    "ck_tokens_last_accepted": ["tokens SET last_accepted_at = 1"],
    "ck_tokens_last_accepted_by": ["tokens SET last_accepted_by = 'api'"],
    "ck_tokens_claimed": ["tokens SET claimed_at = 1", "tokens SET claimed_by = 'p'"],
    "ck_tokens_snoozed": ["tokens SET snoozed_until = 1", "tokens SET snoozed_by = 'p'"],
    "ck_tokens_let_lapse": ["tokens SET let_lapse_at = 1", "tokens SET let_lapse_by = 'p'"],
    "ck_resource_servers_name": ["resource_servers SET name = ''", "resource_servers SET name_key = ''"],
    "ck_resource_servers_asked": [
        "resource_servers SET first_asked_at = 1",
        "resource_servers SET last_asked_at = 1",
    ],
    "ck_resource_servers_secret_digest": ["resource_servers SET secret_digest = x'00'"],
    "ck_check_refusals_verdict": ["check_refusals SET verdict = 'accepted'"],
    "ck_reminders_role": [
        "reminders SET role = 'lost'",
        "reminders SET reader = NULL",
        "reminders SET role = 'admins'",
    ],
    "ck_token_requests_why": ["token_requests SET why = 'lost'"],
    "ck_token_requests_outcome": ["token_requests SET outcome = 'lost', decided_at = 1"],
    "ck_token_requests_decided": ["token_requests SET decided_at = 1", "token_requests SET outcome = 'declined'"],
    "ck_handoffs_end": ["handoffs SET \"end\" = 'lost', ended_at = 1"],
    "ck_handoffs_ended": ["handoffs SET ended_at = 1", "handoffs SET \"end\" = 'lapsed'"],
    "ck_handoffs_collected_or_ended": ["handoffs SET collected_at = 1, ended_at = 1, \"end\" = 'lapsed'"],
    "ck_handoffs_confirmed": ["handoffs SET confirmed_at = 1"],
    "ck_handoffs_disputed": ["handoffs SET disputed_at = 1"],
    "ck_handoffs_disputed_by_former": ["handoffs SET disputed_by_former = 1"],
    "ck_handoffs_times": ["handoffs SET lapses_at = offered_at", "handoffs SET nudge_at = lapses_at + 1"],
    "ck_handoffs_not_seen": ["handoffs SET not_seen = -1"],
    "ck_reasons_text": ["reasons SET text = ''"],
    "ck_outbox_counts": ["outbox SET revision = 0", "outbox SET attempts = -1"],
    "ck_outbox_sent": ["outbox SET sent_at = 1", "outbox SET channel = 'C1', sent_at = 1", "outbox SET ts = '1.0'"],
    "ck_outbox_sent_for_certain": ["outbox SET sent_at = 1, channel = 'C1', ts = '1.0', uncertain_since = 1"],
    "ck_outbox_waits": ["outbox SET next_attempt_at = NULL"],
    "ck_outbox_end": ["outbox SET \"end\" = 'lost', ended_at = 1, next_attempt_at = NULL"],
    "ck_outbox_ended": [
        "outbox SET ended_at = 1, next_attempt_at = NULL",
        "outbox SET ended_at = 1, \"end\" = 'dropped'",
    ],
    "ck_outbox_error_given": ["outbox SET \"end\" = 'undeliverable', ended_at = 1, next_attempt_at = NULL"],
    "ck_outbox_error": [
        "outbox SET error = 'e', sent_at = 1, channel = 'C1', ts = '1.0', next_attempt_at = NULL",
        "outbox SET \"end\" = 'dropped', ended_at = 1, next_attempt_at = NULL, error = 'e'",
    ],
    "ck_audit_number": ["audit SET number = 0"],
    "ck_audit_checkpoints_number": [
        "audit_checkpoints SET number = -1",
        "audit_checkpoints SET number = 2",
    ],
}
"""Constraint → updates, each of which it alone refuses."""


@pytest.fixture
async def filled(database: Database, file: Path) -> Path:
    """A file with one row in each table that has a CHECK."""
    await keep_party(database)
    async with database.write(HERE) as uow:
        await uow.proposals.add(proposal())
        await uow.contact_keys.add(contact_key())
        await offer_token(uow)
        await uow.reasons.keep(proposal().third_party, "because")
        uow.plan(message(), at=NOW)
        uow.enter(AuditEntry(NOW, None, "enable_third_party", None, "not_permitted", {}))
        await uow.commit()
    return file


@pytest.fixture
def connection(filled: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(filled)) as opened:
        opened.execute("DROP TRIGGER audit_refuses_update")
        opened.execute("INSERT INTO people (workspace, id, org, user_id) VALUES ('T0HERE', 'p', 'o', 'U')")
        opened.execute("INSERT INTO audit_checkpoints VALUES ('T0HERE', 0, x'', 1, 1, x'')")
        (where,) = opened.execute("SELECT workspace, id, third_party FROM tokens")
        opened.execute(
            "INSERT INTO reminders (workspace, key, kind, token, third_party, days, reader, role, occasion, "
            "planned_at, message, bundle) SELECT ?, 'k', 'expiry', ?, ?, 7, 'p', 'owner', 'o', 1, 'reminders', 'b'",
            where,
        )
        opened.execute(
            "INSERT INTO token_requests (workspace, id, token, third_party, position, why, asked_by, asked_at) "
            "SELECT ?, 'r', ?, ?, 1, 'still_works', 'p', 1",
            where,
        )
        opened.execute(
            "INSERT INTO resource_servers (workspace, id, name, name_key, secret_digest, added_at) "
            "VALUES ('T0HERE', 's', 'API', 'api', zeroblob(32), 1)"
        )
        opened.execute("INSERT INTO check_refusals SELECT ?, ?, 'expired', 1, 's'", where[:2])
        opened.commit()
        yield opened


def test_each_check_is_among_these() -> None:
    constraints = (each for table in metadata.tables.values() for each in table.constraints)
    assert {str(each.name) for each in constraints if isinstance(each, CheckConstraint)} == set(BROKEN)


@pytest.mark.parametrize(("name", "update"), [(name, update) for name, updates in BROKEN.items() for update in updates])
def test_the_check_bites(connection: sqlite3.Connection, name: str, update: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=rf"^CHECK constraint failed: {name}$"):
        connection.execute(f"UPDATE {update}")


@pytest.mark.parametrize(
    "table",
    [
        "contact_proposals",
        "contact_keys",
        "tokens",
        "handoffs",
        "sealed_credentials",
        "reasons",
        "outbox",
        "reminders",
        "token_requests",
        "check_refusals",
    ],
)
def test_a_row_belongs_to_something_in_its_own_workspace(connection: sqlite3.Connection, table: str) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
        connection.execute(f"UPDATE {table} SET workspace = 'T0THERE'")

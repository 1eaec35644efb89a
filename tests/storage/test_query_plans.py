"""What is asked again and again is answered from an index that holds only what may be the answer."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Column, Engine, event

from access.model.check import Use
from access.model.home import Filter
from access.model.ids import ResourceServerId, ThirdPartyId
from access.model.messages import MessageKind, Refresh
from access.model.months import Span
from access.model.policy import Policy
from access.ports import UnitOfWork
from access.ports.leftovers import OldMessage
from access.ports.overviews import Walk
from access.ports.tokens import DueToken
from storage.engine import Database
from storage.repositories.entities import Entities
from storage.repositories.history import NAMED as NAMED_PEOPLE
from storage.repositories.outbox import OutboxRows
from storage.tables import metadata, third_parties, tokens
from tests.storage.rows import CONTACT, HERE, HOUR, NOW, OWNER, PARTY, TOKEN, token

Ask = Callable[[UnitOfWork], Awaitable[object]]


async def refresh(uow: UnitOfWork) -> None:
    assert isinstance(uow.outbox, OutboxRows)
    await uow.outbox.refresh([Refresh(MessageKind.HANDOFF, PARTY, "token")], NOW)


async def refresh_several(uow: UnitOfWork) -> None:
    assert isinstance(uow.outbox, OutboxRows)
    whole, one = Refresh(MessageKind.INTRODUCTION, PARTY, None), Refresh(MessageKind.HANDOFF, PARTY, "token")
    await uow.outbox.refresh([whole, one], NOW)


USE = Use(NOW, ResourceServerId("api"))
OF_PERSON = {f"ix_third_parties_{part}" for part in ("owner", "deputy_owner", "contact", "deputy_contact")}


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda uow: uow.next_message_due(), {"ix_outbox_due"}),
        (lambda uow: uow.outbox.claim(NOW, NOW + HOUR, 9), {"ix_outbox_due"}),
        (refresh, {"ix_outbox_about"}),
        (refresh_several, {"ix_outbox_about"}),
        (lambda uow: uow.handoffs.due(NOW, 9), {"uq_handoffs_open"}),
        (lambda uow: uow.handoffs.open_for(PARTY), {"uq_handoffs_open"}),
        (lambda uow: uow.proposals.in_view(PARTY, [CONTACT]), {"sqlite_autoindex_contact_proposals_2"}),
        (lambda uow: uow.handoffs.of_tokens([TOKEN]), {"sqlite_autoindex_handoffs_2"}),
        (lambda uow: uow.contact_keys.lasting(PARTY), {"uq_contact_keys_waiting", "uq_contact_keys_in_force"}),
        (
            lambda uow: uow.contact_keys.asked_between(PARTY, CONTACT, NOW, NOW),
            {"ix_contact_keys_contact"},
        ),
        (lambda uow: uow.third_parties.by_name("Acme"), {"uq_third_parties_name_key"}),
        (lambda uow: uow.tokens.by_fingerprint(token().fingerprint), {"ix_tokens_fingerprint"}),
        (lambda uow: uow.tokens.due(NOW, 9), {"ix_tokens_retiring"}),
        (lambda uow: uow.reminders.due(NOW, 9), {"ix_tokens_to_remind_of"}),
        (lambda uow: uow.reminders.due(NOW, 9, DueToken(NOW, TOKEN)), {"ix_tokens_to_remind_of"}),
        (lambda uow: uow.tokens.opened_by(CONTACT), {"ix_tokens_collected_by"}),
        (lambda uow: uow.third_parties.of_person(CONTACT), {"sqlite_autoindex_third_parties_1", *OF_PERSON}),
        (lambda uow: uow.people.due(NOW, 9), {"ix_people_to_look_at", "ix_tokens_collected_by", *OF_PERSON}),
        (lambda uow: uow.people.looked_after("U0ANNA"), {"ix_people_to_look_at"}),
        (lambda uow: uow.audit_trail(PARTY, 9), {"ix_audit_third_party"}),
        (lambda uow: uow.last_record_before(NOW), {"sqlite_autoindex_audit_1"}),
        (lambda uow: uow.overviews.is_head_planned("2026-03-02", 7), {"ix_outbox_about"}),
        (lambda uow: uow.checks.with_consequences({TOKEN: USE}, Policy()), {"sqlite_autoindex_tokens_1"}),
        (lambda uow: uow.checks.note_accepted({TOKEN: USE}), {"sqlite_autoindex_tokens_1"}),
        (lambda uow: uow.checks.refusals([TOKEN]), {"sqlite_autoindex_check_refusals_1"}),
        (lambda uow: uow.resource_servers.by_name("API"), {"uq_resource_servers_name_key"}),
        (lambda uow: uow.resource_servers.by_digest(bytes(32)), {"uq_resource_servers_secret_digest"}),
    ],
)
async def test_the_index_is_used(database: Database, file: Path, ask: Ask, indexes: set[str]) -> None:
    plans = await plans_of(ask, database, file)
    used = {plan.partition("INDEX ")[2].split(" ")[0] for plan in plans if plan.startswith("SEARCH")}
    assert used == indexes
    assert not [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith("SCAN texts ")]


def _naming(column: Column[Any]) -> str:
    """The search for who is named in a column."""
    is_for_others_too = column.table is third_parties or column is tokens.c.collected_by
    by = f"workspace {column.name}" if is_for_others_too else f"{column.name} workspace"
    return f"{column.table.name} ix_{column.table.name}_{column.name} ({by})"


LATER = NOW + 1_440 * HOUR
BY_ID = {"tokens (workspace id)", "third_parties (workspace id)"}
BESIDE = {"tokens (workspace third_party)", "third_parties (workspace id)"}
PRESENT = {"third_parties uq_third_parties_name_key (workspace)"}
"""As many as there are third parties, like the overview."""
OWNED = {
    "third_parties ix_third_parties_owner (workspace owner)",
    "third_parties ix_third_parties_deputy_owner (workspace deputy_owner)",
}
OF_ALL = Walk("", Filter.ALL, None, None, 9, 99)
FOUND = {"third_parties (workspace id)"}
SPANS = [Span(2026, 3, NOW, LATER), Span(2026, 4, LATER, LATER + HOUR)]
PARTIES = [PARTY, ThirdPartyId("another")]
NAMED = {"third_parties uq_third_parties_name_key (workspace name_key)"}


@pytest.mark.parametrize(
    ("ask", "searches"),
    [
        (
            lambda uow: uow.overviews.expiring(NOW, LATER, owner=None, limit=9),
            {"tokens ix_tokens_expires_at (workspace expires_at expires_at)"} | BESIDE,
        ),
        (lambda uow: uow.overviews.expiring(NOW, LATER, owner=OWNER, limit=9), OWNED | BESIDE),
        (
            lambda uow: uow.overviews.uncollected(owner=None, limit=9),
            {"handoffs uq_handoffs_open (workspace)"} | BY_ID,
        ),
        (
            lambda uow: uow.overviews.uncollected(owner=OWNER, limit=9),
            {"handoffs uq_handoffs_open (workspace third_party)"} | OWNED | BY_ID,
        ),
        (
            lambda uow: uow.overviews.unused(NOW, owner=None, limit=9),
            {"handoffs ix_handoffs_unconfirmed (workspace collected_at)"} | BY_ID,
        ),
        (
            lambda uow: uow.overviews.unused(NOW, owner=OWNER, limit=9),
            {"handoffs (workspace token)", "tokens (workspace third_party)"} | OWNED | BY_ID,
        ),
        (
            lambda uow: uow.overviews.still_in_use(NOW, owner=None, limit=9),
            {"tokens ix_tokens_overlapping (workspace expires_at)", "third_parties (workspace id)"},
        ),
        (
            lambda uow: uow.overviews.perhaps_unused(NOW, NOW, owner=None, limit=9),
            {
                "tokens ix_tokens_used (workspace last_accepted_at)",
                "tokens ix_tokens_never_used (workspace collected_at)",
            }
            | BY_ID
            | BESIDE,
        ),
        (lambda uow: uow.overviews.perhaps_unused(NOW, NOW, owner=OWNER, limit=9), OWNED | BY_ID | BESIDE),
        (
            lambda uow: uow.overviews.awaiting_approval(owner=None, limit=9),
            {"contact_proposals uq_contact_proposals_open (workspace)", "third_parties (workspace id)"},
        ),
        (lambda uow: uow.overviews.without_token(NOW, owner=None, limit=9), PRESENT | BESIDE),
        (lambda uow: uow.lists.page(OF_ALL, NOW), PRESENT | FOUND),
        (lambda uow: uow.lists.page(replace(OF_ALL, after=PARTY), NOW), NAMED | FOUND),
        (lambda uow: uow.lists.page(replace(OF_ALL, search="a"), NOW), PRESENT | FOUND),
        (lambda uow: uow.lists.page(replace(OF_ALL, owner=OWNER, search="a"), NOW), OWNED | FOUND),
        (lambda uow: uow.lists.page(replace(OF_ALL, filter=Filter.ENABLED), NOW), PRESENT | FOUND),
        (lambda uow: uow.lists.page(replace(OF_ALL, filter=Filter.EXPIRING), NOW), PRESENT | BESIDE),
        (lambda uow: uow.lists.page(replace(OF_ALL, filter=Filter.SUSPENDED), NOW), PRESENT | BESIDE),
        (lambda uow: uow.lists.page(replace(OF_ALL, filter=Filter.WITHOUT_TOKEN), NOW), PRESENT | BESIDE),
        (
            lambda uow: uow.lists.page(replace(OF_ALL, filter=Filter.NOT_COLLECTED), NOW),
            {"handoffs uq_handoffs_open (workspace third_party)"} | PRESENT | FOUND,
        ),
        (lambda uow: uow.third_parties.find_each(PARTIES), {"third_parties (workspace id)"}),
        (lambda uow: uow.tokens.of_each(PARTIES), {"tokens (workspace third_party)"}),
        (
            lambda uow: uow.proposals.open_of(PARTIES),
            {"contact_proposals uq_contact_proposals_open (workspace third_party)"},
        ),
        (lambda uow: uow.people.accounts([OWNER, CONTACT]), {"people (workspace id)"}),
        (
            lambda uow: uow.contact_keys.lasting_of_each(PARTIES),
            {
                "contact_keys uq_contact_keys_waiting (workspace third_party)",
                "contact_keys uq_contact_keys_in_force (workspace third_party)",
            },
        ),
        (lambda uow: uow.handoffs.of_tokens([TOKEN]), {"handoffs (workspace token)"}),
        (lambda uow: uow.handoffs.open_of(PARTIES), {"handoffs uq_handoffs_open (workspace third_party)"}),
        (
            lambda uow: uow.token_requests.open_of(PARTIES),
            {"token_requests uq_token_requests_open (workspace third_party)"},
        ),
        (lambda uow: uow.lists.owns_any(OWNER), OWNED),
        (
            lambda uow: uow.lists.count_expiring(SPANS, owner=None, limit=9),
            {"tokens ix_tokens_expires_at (workspace expires_at expires_at)"},
        ),
        (
            lambda uow: uow.lists.count_expiring(SPANS, owner=OWNER, limit=9),
            {"tokens (workspace third_party)"} | OWNED,
        ),
        (
            lambda uow: uow.lists.suspended(NOW, owner=None, limit=9),
            {"tokens ix_tokens_suspended (workspace suspended_at)"} | FOUND,
        ),
        (
            lambda uow: uow.lists.suspended(NOW, owner=OWNER, limit=9),
            {"tokens ix_tokens_suspended (workspace suspended_at)"} | OWNED | FOUND,
        ),
        (
            lambda uow: uow.lists.open_requests(owner=None, limit=9),
            {"token_requests uq_token_requests_open (workspace)"} | FOUND,
        ),
        (
            lambda uow: uow.lists.open_requests(owner=OWNER, limit=9),
            {"token_requests uq_token_requests_open (workspace third_party)"} | OWNED | FOUND,
        ),
        (
            lambda uow: uow.lists.waiting_keys(owner=None, limit=9),
            {"contact_keys uq_contact_keys_waiting (workspace)"} | FOUND,
        ),
        (
            lambda uow: uow.lists.waiting_keys(owner=OWNER, limit=9),
            {"contact_keys uq_contact_keys_waiting (workspace third_party)"} | OWNED | FOUND,
        ),
        (
            lambda uow: uow.lists.without_owner(limit=9),
            {"third_parties ix_third_parties_owner (workspace owner)", "people (workspace id)"}
            | {"third_parties ix_third_parties_owner (workspace)"},
        ),
        (
            lambda uow: uow.leftovers.messages(NOW, 9, OldMessage(NOW, "a")),
            {
                "outbox ix_outbox_done (workspace planned_at,id planned_at)",
                "contact_proposals (workspace id)",
                "contact_keys (workspace id)",
                "third_parties (workspace id)",
                "tokens (workspace third_party)",
                "tokens ix_tokens_collected_by (workspace collected_by)",
                "third_parties ix_third_parties_owner (workspace owner)",
            },
        ),
        (
            lambda uow: uow.figures(NOW),
            {
                "outbox ix_outbox_due (workspace next_attempt_at)",
                "tokens ix_tokens_expires_at (workspace expires_at)",
                "handoffs uq_handoffs_open (workspace)",
                "handoffs ix_handoffs_unconfirmed (workspace collected_at)",
                "tokens (workspace id)",
            },
        ),
        (
            lambda uow: uow.history.delete_strangers([CONTACT]),
            {"people (workspace id)"} | {_naming(column) for column in NAMED_PEOPLE},
        ),
        (
            lambda uow: uow.leftovers.bundle(NOW.date(), "a"),
            {"reminders ix_reminders_bundle (workspace bundle bundle)"},
        ),
        (
            lambda uow: uow.leftovers.reminders("2026-03-02", NOW, 9),
            {"reminders ix_reminders_bundle (workspace bundle)", "tokens (workspace id)"},
        ),
    ],
)
async def test_what_is_asked_across_all_third_parties_looks_at_few_rows(
    database: Database, file: Path, ask: Ask, searches: set[str]
) -> None:
    plans = await plans_of(ask, database, file)
    found = re.findall(r"SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) \((.*)\)$", "\n".join(plans), re.MULTILINE)
    columns = [(table, index, re.sub(r"[=<>]\(?[?,]+\)?| AND|[()]", "", by)) for table, index, by in found]
    unnamed = [(table, re.sub(r"sqlite_autoindex_\w+", "", index), by) for table, index, by in columns]
    assert {" ".join(filter(None, [table, index, f"({by})"])) for table, index, by in unnamed} == searches
    scanned = {plan.split()[1] for plan in plans if plan.startswith("SCAN")}
    assert not scanned & set(metadata.tables)


async def plans_of(ask: Ask, database: Database, file: Path) -> list[str]:
    """How SQLite goes about the statements of a question, those too that ask about what was found: here, nothing."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, given: Any, context: Any, _many: bool) -> None:
        if context.compiled is not None:
            asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with patch.object(Entities, "finds_nothing", return_value=False):
            async with database.write(HERE) as uow:
                await ask(uow)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(file)) as connection:
        return [row[3] for each in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {each[0]}", each[1])]

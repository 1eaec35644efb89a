"""What is asked again and again is answered from an index that holds only what may be the answer."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from access.model.messages import MessageKind, Refresh
from access.ports import UnitOfWork
from storage.engine import Database
from storage.repositories.outbox import OutboxRows
from tests.storage.rows import CONTACT, HERE, HOUR, NOW, PARTY, token


async def refresh(uow: UnitOfWork) -> None:
    assert isinstance(uow.outbox, OutboxRows)
    await uow.outbox.refresh(Refresh(MessageKind.HANDOFF, PARTY, "token"), NOW)


OF_PERSON = {f"ix_third_parties_{part}" for part in ("owner", "deputy_owner", "contact", "deputy_contact")}


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda uow: uow.next_message_due(), {"ix_outbox_due"}),
        (lambda uow: uow.outbox.claim(NOW, NOW + HOUR, 9), {"ix_outbox_due"}),
        (refresh, {"ix_outbox_about"}),
        (lambda uow: uow.handoffs.due(NOW, 9), {"uq_handoffs_open"}),
        (lambda uow: uow.handoffs.open_for(PARTY), {"uq_handoffs_open"}),
        (lambda uow: uow.third_parties.by_name("Acme"), {"uq_third_parties_name_key"}),
        (lambda uow: uow.tokens.by_fingerprint(token().fingerprint), {"ix_tokens_fingerprint"}),
        (lambda uow: uow.tokens.due(NOW, 9), {"ix_tokens_retiring"}),
        (lambda uow: uow.tokens.opened_by(CONTACT), {"ix_tokens_collected_by"}),
        (lambda uow: uow.third_parties.of_person(CONTACT), {"sqlite_autoindex_third_parties_1", *OF_PERSON}),
        (lambda uow: uow.people.due(NOW, 9), {"ix_people_to_look_at", "ix_tokens_collected_by", *OF_PERSON}),
        (lambda uow: uow.people.looked_after("U0ANNA"), {"ix_people_to_look_at"}),
        (lambda uow: uow.audit_trail(PARTY, 9), {"ix_audit_third_party"}),
    ],
)
async def test_the_index_is_used(
    database: Database, file: Path, ask: Callable[[UnitOfWork], Awaitable[object]], indexes: set[str]
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, given: Any, context: Any, _many: bool) -> None:
        if context.compiled is not None:
            asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        async with database.write(HERE) as uow:
            await ask(uow)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(file)) as connection:
        plans = [row[3] for each in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {each[0]}", each[1])]
    used = {plan.partition("INDEX ")[2].split(" ")[0] for plan in plans if plan.startswith("SEARCH")}
    assert used == indexes
    assert not [plan for plan in plans if plan.startswith("SCAN")]

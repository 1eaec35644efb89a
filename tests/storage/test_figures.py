"""How much waits, and what comes next."""

from datetime import timedelta
from typing import Any

import pytest

from access.model.figures import Figures
from access.model.handoff import HandoffEnd
from access.model.ids import HandoffId, ThirdPartyId, TokenId
from access.model.messages import MessageKind, Refresh
from access.ports.outbox import OutboxEnd
from storage.engine import Database
from storage.repositories.outbox import OutboxRows
from tests.storage.rows import CONTACT, HERE, HOUR, NOW, PARTY, THERE, handoff, keep_party, message, party, token

DAY = timedelta(days=1)
OPENED: dict[str, Any] = {"collected_at": NOW, "collected_by": CONTACT}


async def keep(database: Database, name: str, *, of_token: dict[str, Any], of_handoff: dict[str, Any]) -> None:
    """A token with its handoff, of a third party of their own."""
    owner = ThirdPartyId(f"party of {name}")
    await keep_party(database, party(name, id=owner))
    async with database.write(HERE) as uow:
        await uow.tokens.add(token(id=TokenId(name), third_party=owner, **of_token))
        about = {"id": HandoffId(name), "token": TokenId(name), "third_party": owner}
        await uow.handoffs.add(handoff(**about, **of_handoff))
        await uow.commit()


async def read(database: Database) -> Figures:
    async with database.read(HERE) as reading:
        return await reading.figures(NOW)


async def test_of_nothing_there_are_none(database: Database) -> None:
    assert await read(database) == Figures(0, 0, None, None, 0, 0)


async def test_messages_wait_to_be_posted_or_brought_up_to_date(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        for number in range(5):
            uow.plan(message(str(number)), at=NOW - number * HOUR)
        await uow.commit()
    async with database.write(HERE) as uow:
        claimed = {each.message.subject: each for each in await uow.outbox.claim(NOW, NOW + HOUR, 9)}
        await uow.outbox.posted(claimed["4"], "D1", "1.0", NOW)
        await uow.outbox.close(claimed["3"], OutboxEnd.DROPPED, NOW)
        await uow.outbox.postpone(claimed["2"], NOW + HOUR, uncertain=True, error="x")
        await uow.commit()
    found = await read(database)
    assert (found.to_post, found.to_update) == (3, 0)
    assert found.oldest_planned_at is not None
    assert found.oldest_planned_at.replace(microsecond=0) == NOW - 2 * HOUR
    async with database.write(HERE) as uow:
        assert isinstance(uow.outbox, OutboxRows)
        await uow.outbox.refresh([Refresh(MessageKind.HANDOFF, PARTY, "4")], NOW)
        await uow.commit()
    refreshed = await read(database)
    assert (refreshed.to_post, refreshed.to_update) == (3, 1)
    assert refreshed.oldest_planned_at == found.oldest_planned_at


async def test_handoffs_wait_to_be_collected_or_confirmed(database: Database) -> None:
    works = {"of_token": OPENED, "of_handoff": {"collected_at": NOW}}
    await keep(database, "offered", of_token={}, of_handoff={})
    await keep(database, "collected", **works)
    await keep(database, "confirmed", of_token=OPENED, of_handoff={"collected_at": NOW, "confirmed_at": NOW})
    ended = {"ended_at": NOW, "end": HandoffEnd.LAPSED}
    await keep(database, "lapsed", of_token={"revoked_at": NOW}, of_handoff=ended)
    for name, of_token in {
        "revoked": {"revoked_at": NOW},
        "retired": {"succeeded_at": NOW, "retired_at": NOW},
        "suspended": {"suspended_at": NOW},
        "expired": {"issued_at": NOW - 9 * DAY, "expires_at": NOW},
    }.items():
        await keep(database, name, of_token=OPENED | of_token, of_handoff={"collected_at": NOW})
    found = await read(database)
    assert (found.offered, found.unconfirmed) == (1, 1)


async def test_what_expires_next_is_what_somebody_has(database: Database) -> None:
    soon, later = NOW + DAY, NOW + 2 * DAY
    collected = {"collected_at": NOW}
    await keep(
        database, "expired", of_token=OPENED | {"issued_at": NOW - 9 * DAY, "expires_at": NOW}, of_handoff=collected
    )
    await keep(database, "offered", of_token={"expires_at": soon}, of_handoff={})
    await keep(database, "revoked", of_token=OPENED | {"expires_at": soon, "revoked_at": NOW}, of_handoff=collected)
    assert (await read(database)).next_expiry_at is None
    await keep(database, "works", of_token=OPENED | {"expires_at": later}, of_handoff=collected)
    await keep(database, "too", of_token=OPENED | {"expires_at": later + DAY}, of_handoff=collected)
    assert (await read(database)).next_expiry_at == later


async def test_another_workspace_has_its_own(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        uow.plan(message(), at=NOW)
        await uow.tokens.add(token(**OPENED))
        await uow.handoffs.add(handoff(collected_at=NOW))
        await uow.commit()
    async with database.read(THERE) as reading:
        assert await reading.figures(NOW) == Figures(0, 0, None, None, 0, 0)


async def test_nothing_is_counted_beyond_the_limit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.figures.COUNTED_AT_MOST", 2)
    await keep_party(database)
    async with database.write(HERE) as uow:
        for number in range(4):
            uow.plan(message(str(number)), at=NOW)
        await uow.commit()
    for number in range(4):
        await keep(database, f"offered {number}", of_token={}, of_handoff={})
        await keep(database, f"opened {number}", of_token=OPENED, of_handoff={"collected_at": NOW})
    found = await read(database)
    assert (found.to_post, found.offered, found.unconfirmed) == (2, 2, 2)

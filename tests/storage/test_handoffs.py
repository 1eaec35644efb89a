from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from access.model.errors import HandoffNotFound
from access.model.handoff import HandoffEnd
from access.model.ids import HandoffId, ThirdPartyId, TokenId
from access.ports import UnitOfWork
from storage.engine import Database
from storage.errors import ConstraintBroken
from tests.storage.rows import CONTACT, HANDOFF, HERE, HOUR, NOW, PARTY, TOKEN, handoff, party, token


async def add_open_handoff(uow: UnitOfWork) -> None:
    await uow.third_parties.add(party())
    await uow.tokens.add(token())
    await uow.handoffs.add(handoff())


async def test_all_of_it_comes_back(database: Database) -> None:
    confirmed = handoff(
        not_seen=2,
        nudged_at=NOW,
        collected_at=NOW + HOUR,
        confirmed_at=NOW + 2 * HOUR,
        disputed_at=NOW + timedelta(microseconds=1),
        disputed_by_former=True,
    )
    async with database.write(HERE) as uow:
        await add_open_handoff(uow)
        assert await uow.handoffs.open_for(PARTY) == await uow.handoffs.of_token(TOKEN) == handoff()
        await uow.handoffs.save(confirmed)
        assert await uow.handoffs.get(HANDOFF) == confirmed
        assert await uow.handoffs.open_for(PARTY) is None


async def test_an_unknown_one_is_not_found(database: Database) -> None:
    async with database.read(HERE) as reading:
        assert await reading.handoffs.open_for(PARTY) is None
        with pytest.raises(HandoffNotFound):
            await reading.handoffs.get(HANDOFF)
        with pytest.raises(HandoffNotFound):
            await reading.handoffs.of_token(TOKEN)


async def test_it_can_be_claimed_once(database: Database) -> None:
    async with database.write(HERE) as uow:
        await add_open_handoff(uow)
        assert not await uow.handoffs.claim(HandoffId("unknown"), NOW)
        assert await uow.handoffs.claim(HANDOFF, NOW + HOUR)
        assert not await uow.handoffs.claim(HANDOFF, NOW + 2 * HOUR)
        assert await uow.handoffs.get(HANDOFF) == handoff(collected_at=NOW + HOUR)


async def test_an_ended_one_cannot_be_claimed(database: Database) -> None:
    async with database.write(HERE) as uow:
        await add_open_handoff(uow)
        await uow.handoffs.save(handoff(ended_at=NOW, end=HandoffEnd.DECLINED))
        assert not await uow.handoffs.claim(HANDOFF, NOW)


async def test_a_third_party_has_at_most_one_open_handoff_and_a_token_one_at_all(database: Database) -> None:
    async with database.write(HERE) as uow:
        await add_open_handoff(uow)
        await uow.tokens.add(token(id=TokenId("other"), collected_at=NOW, collected_by=CONTACT))
        await uow.commit()
    second = handoff(id=HandoffId("second"), token=TokenId("other"))
    async with database.write(HERE) as uow:
        with pytest.raises(ConstraintBroken, match=r"handoffs\.workspace, handoffs\.third_party|uq_handoffs_open"):
            await uow.handoffs.add(second)
    async with database.write(HERE) as uow:
        with pytest.raises(ConstraintBroken, match=r"handoffs\.workspace, handoffs\.token|uq_handoffs_token"):
            await uow.handoffs.add(replace(second, token=TOKEN, collected_at=NOW))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (NOW, []),
        (NOW + 48 * HOUR - timedelta(microseconds=1), []),
        (NOW + 48 * HOUR, ["plain"]),
        (NOW + 72 * HOUR, ["plain"]),
        (NOW + 73 * HOUR, ["plain", "nudged"]),
        (NOW + 99 * HOUR, ["plain", "nudged"]),
    ],
)
async def test_due_are_open_ones_to_nudge_once_or_to_lapse(database: Database, now: datetime, due: list[str]) -> None:
    states: dict[str, dict[str, Any]] = {
        "plain": {},
        "nudged": {"nudged_at": NOW, "lapses_at": NOW + 73 * HOUR},
        "collected": {"collected_at": NOW},
        "ended": {"ended_at": NOW, "end": HandoffEnd.LAPSED},
    }
    async with database.write(HERE) as uow:
        for name, state in states.items():
            third_party = ThirdPartyId(name)
            await uow.third_parties.add(party(name, id=third_party))
            await uow.tokens.add(token(id=TokenId(name), third_party=third_party))
            about = {"id": HandoffId(name), "third_party": third_party, "token": TokenId(name)}
            await uow.handoffs.add(handoff(**about, **state))
        assert [each.id for each in await uow.handoffs.due(now, 9)] == due
        assert [each.id for each in await uow.handoffs.due(now, 1)] == due[:1]

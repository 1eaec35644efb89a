from datetime import datetime, timedelta

import pytest

from access.model.errors import AlreadyCollected
from access.model.ids import PersonId, ReasonHash, ThirdPartyId
from access.model.people import Acquaintance, Gone, SlackUser
from access.ports.parties import DueLook
from storage.engine import Database
from tests.storage.rows import (
    HERE,
    HOUR,
    NOW,
    OWNER,
    PARTY,
    THERE,
    TOKEN,
    keep_party,
    offer_token,
    party,
    sealed_bearer,
)

ANNA = SlackUser("U0ANNA", "T0HERE")


async def test_a_person_id_is_made_on_first_sight_and_stays(database: Database) -> None:
    async with database.write(HERE) as uow:
        assert await uow.people.known(ANNA) is None
        anna = await uow.people.id_of(ANNA)
        assert await uow.people.id_of(ANNA) == anna
        assert await uow.people.id_of(SlackUser("U0ANNA", "T0OTHER")) != anna
        await uow.commit()
    async with database.read(HERE) as reading:
        assert await reading.people.known(ANNA) == anna
        assert await reading.people.slack_of(anna) == ANNA
        assert await reading.people.slack_of(PersonId("nobody")) is None


async def test_a_person_has_another_id_in_another_workspace(database: Database) -> None:
    ids = set()
    for workspace in (HERE, THERE):
        async with database.write(workspace) as uow:
            ids.add(await uow.people.id_of(ANNA))
            await uow.commit()
    assert len(ids) == 2


async def due(database: Database, now: datetime = NOW) -> list[DueLook]:
    async with database.read(HERE) as reading:
        return list(await reading.people.due(now, 9))


async def anna_owns(database: Database) -> PersonId:
    async with database.write(HERE) as uow:
        anna = await uow.people.id_of(ANNA)
        await uow.third_parties.add(party(owner=anna))
        await uow.commit()
    return anna


async def test_whoever_has_a_part_in_a_third_party_is_looked_at_from_the_moment_on_when_that_is_saved(
    database: Database,
) -> None:
    async with database.write(HERE) as uow:
        await uow.people.id_of(SlackUser("U0MIA", "T0HERE"))
        await uow.commit()
    assert await due(database) == []
    anna = await anna_owns(database)
    assert [(look.person, look.slack, look.matters) for look in await due(database)] == [(anna, ANNA, True)]
    async with database.read(THERE) as reading:
        assert await reading.people.due(NOW, 9) == []


async def test_what_a_look_has_shown_is_kept_until_the_next_one(database: Database) -> None:
    anna = await anna_owns(database)
    (look,) = await due(database)
    seen = Acquaintance("Asia/Tokyo", NOW + HOUR, Gone.UNREACHABLE)
    async with database.write(HERE) as uow:
        await uow.people.note(look, seen, NOW + HOUR)
        await uow.commit()
    async with database.read(HERE) as reading:
        assert await reading.people.acquaintances([anna, PersonId("erased")]) == {anna: seen}
    assert await due(database) == []
    assert [each.since for each in await due(database, NOW + HOUR)] == [NOW + HOUR]


@pytest.mark.parametrize("waits", [timedelta(0), HOUR], ids=["due", "not due"])
async def test_a_look_does_not_take_what_was_asked_for_meanwhile_for_itself(
    database: Database, waits: timedelta
) -> None:
    anna = await anna_owns(database)
    (first,) = await due(database)
    async with database.write(HERE) as uow:
        await uow.people.put_off(first, NOW + waits)
        await uow.commit()
    (look,) = await due(database, NOW + waits)
    async with database.write(HERE) as uow:
        await uow.people.look_at_once([anna], NOW)
        await uow.people.put_off(look, NOW + 9 * HOUR)
        await uow.people.note(look, Acquaintance(), NOW + 9 * HOUR)
        await uow.commit()
    assert [each.person for each in await due(database)] == [anna]


async def test_who_is_nobody_any_more_is_let_go_and_known_no_longer_when_they_come_back(database: Database) -> None:
    anna = await anna_owns(database)
    (look,) = await due(database)
    async with database.write(HERE) as uow:
        await uow.people.note(look, Acquaintance(gone=Gone.DEACTIVATED), NOW)
        await uow.people.let_go([anna], NOW)
        await uow.commit()
    assert len(await due(database)) == 1  # she owns something still
    async with database.write(HERE) as uow:
        await uow.third_parties.save(party(owner=OWNER))
        await uow.people.let_go([anna], NOW)
        await uow.people.look_at_once([anna], NOW)
        await uow.commit()
    async with database.read(HERE) as reading:
        assert await reading.people.looked_after(ANNA.user_id) == []
    async with database.write(HERE) as uow:
        await uow.third_parties.save(party(owner=anna))
        await uow.commit()
    async with database.read(HERE) as reading:
        assert await reading.people.looked_after(ANNA.user_id) == [anna]
        assert (await reading.people.acquaintances([anna]))[anna].gone is None


async def test_a_reason_is_kept_once_a_third_party_and_read_by_its_hash(database: Database) -> None:
    other = ThirdPartyId("other")
    await keep_party(database, party(), party("Other", id=other))
    async with database.write(HERE) as uow:
        reasons = {await uow.reasons.keep(where, "moved house") for where in (PARTY, PARTY, other)}
        (reason,) = reasons
        assert reason is not None
        assert await uow.reasons.text(reason) == "moved house"
        assert await uow.reasons.text(ReasonHash("unknown")) is None
        assert await uow.reasons.keep(PARTY, "") is None


async def test_sealed_credentials_are_taken_once(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        await offer_token(uow)
        assert await uow.sealed.take(TOKEN) == (b"sealed secret of token", sealed_bearer("token"))
        with pytest.raises(AlreadyCollected):
            await uow.sealed.take(TOKEN)


async def test_discarded_credentials_cannot_be_taken(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        await offer_token(uow)
        await uow.sealed.discard(TOKEN)
        await uow.sealed.discard(TOKEN)
        with pytest.raises(AlreadyCollected):
            await uow.sealed.take(TOKEN)

import pytest

from access.model.errors import AlreadyCollected
from access.model.ids import PersonId, ReasonHash, ThirdPartyId
from access.model.people import SlackUser
from storage.engine import Database
from tests.storage.rows import HERE, PARTY, THERE, TOKEN, keep_party, offer_token, party, sealed_bearer

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

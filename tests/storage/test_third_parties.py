from dataclasses import replace
from datetime import timedelta

import pytest

from access.model.errors import NameTaken, ThirdPartyNotFound
from access.model.ids import PersonId, ThirdPartyId
from access.ports import UnitOfWork
from storage.engine import Database
from tests.storage.rows import CONTACT, HERE, NOW, OWNER, PARTY, THERE, keep_party, party

WHOLE = party(
    "Ümlaut & Söhne",
    callback_url="https://api.example.com/callback",
    deputy_owner=PersonId("deputy"),
    notes="pays late\nsends good chocolate",
    contact=CONTACT,
    enabled=True,
)


async def test_all_of_it_comes_back(database: Database) -> None:
    await keep_party(database, WHOLE)
    async with database.read(HERE) as reading:
        assert await reading.third_parties.get(PARTY) == WHOLE


async def test_what_is_saved_comes_back(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        await uow.third_parties.save(WHOLE)
        await uow.commit()
    async with database.read(HERE) as reading:
        assert await reading.third_parties.find(PARTY) == WHOLE
        assert await reading.third_parties.by_name("acme") is None


async def test_saving_what_was_never_added_is_a_mistake(database: Database) -> None:
    async with database.write(HERE) as uow:
        with pytest.raises(LookupError):
            await uow.third_parties.save(WHOLE)


@pytest.mark.parametrize("name", ["acme", "ACME", "  Acme ", "Acme"])
async def test_a_name_is_taken_without_regard_to_case_width_and_spaces(database: Database, name: str) -> None:
    await keep_party(database)
    other = party(name, id=ThirdPartyId("other"))
    async with database.write(HERE) as uow:
        found = await uow.third_parties.by_name(name)
        assert found == party()
        with pytest.raises(NameTaken):
            await uow.third_parties.add(other)


async def test_a_name_cannot_be_changed_to_one_that_is_taken(database: Database) -> None:
    other = party("Other", id=ThirdPartyId("other"))
    await keep_party(database, party(), other)
    async with database.write(HERE) as uow:
        with pytest.raises(NameTaken) as refusal:
            await uow.third_parties.save(replace(other, name="ACME"))
    assert refusal.value.__context__ is None, "what it came from would carry the row's values"


async def test_the_same_name_is_free_in_another_workspace_and_after_removal(database: Database) -> None:
    await keep_party(database)
    await keep_party(database, workspace=THERE)
    async with database.write(HERE) as uow:
        removed, _ = party().remove(NOW)
        await uow.third_parties.save(removed)
        await uow.third_parties.add(party(id=ThirdPartyId("second")))
        await uow.commit()
    async with database.read(HERE) as reading:
        assert await reading.third_parties.by_name("Acme") == party(id=ThirdPartyId("second"))


async def test_a_removed_one_is_only_found_by_its_id(database: Database) -> None:
    removed = party(removed_at=NOW + timedelta(days=1))
    await keep_party(database, removed)
    async with database.read(HERE) as reading:
        assert await reading.third_parties.find(PARTY) == removed
        assert await reading.third_parties.by_name("Acme") is None
        assert await reading.third_parties.search("", owner=None, limit=9) == ([], 0)
        with pytest.raises(ThirdPartyNotFound):
            await reading.third_parties.get(PARTY)


async def test_of_the_removed_ones_a_name_means_the_last(database: Database) -> None:
    removed = [party(id=ThirdPartyId(str(days)), removed_at=NOW + timedelta(days=days)) for days in (1, 3, 2)]
    await keep_party(database, *removed, party("Other", id=ThirdPartyId("other"), removed_at=NOW))
    await keep_party(database, party("Globex"))
    await keep_party(database, party("Elsewhere", removed_at=NOW), workspace=THERE)
    async with database.read(HERE) as reading:
        assert await reading.third_parties.removed_by_name(" ACME ") == removed[1]
        for name in ("Globex", "Elsewhere", "Nobody"):
            assert await reading.third_parties.removed_by_name(name) is None


async def add_three(uow: UnitOfWork) -> None:
    for name, owner, deputy in (("Zeta 100%", OWNER, None), ("alpha_beta", CONTACT, OWNER), ("Beta", CONTACT, None)):
        await uow.third_parties.add(party(name, id=ThirdPartyId(name), owner=owner, deputy_owner=deputy))


@pytest.mark.parametrize(
    ("text", "owner", "found"),
    [
        ("", None, ["alpha_beta", "Beta", "Zeta 100%"]),
        ("BETA", None, ["alpha_beta", "Beta"]),
        ("%", None, ["Zeta 100%"]),
        ("_", None, ["alpha_beta"]),
        ("", OWNER, ["alpha_beta", "Zeta 100%"]),
        ("beta", CONTACT, ["alpha_beta", "Beta"]),
        ("nothing", None, []),
    ],
)
async def test_search_is_by_part_of_the_name_and_by_owner_or_deputy(
    database: Database, text: str, owner: PersonId | None, found: list[str]
) -> None:
    async with database.write(HERE) as uow:
        await add_three(uow)
        for limit in (1, 5):
            parties, total = await uow.third_parties.search(text, owner=owner, limit=limit)
            assert [each.name for each in parties] == found[:limit]
            assert total == len(found)


async def test_what_a_name_looks_like_is_known_until_it_is_another(database: Database) -> None:
    await keep_party(database)
    async with database.write(HERE) as uow:
        assert await uow.third_parties.without_skeleton(9) == [(PARTY, "Acme")]
        await uow.third_parties.note_skeleton(PARTY, "A name of before", "before")
        assert await uow.third_parties.without_skeleton(9)
        await uow.third_parties.note_skeleton(PARTY, "Acme", "acrne")
        await uow.third_parties.save(replace(party(), notes="changed"))
        assert not await uow.third_parties.without_skeleton(9)
        assert await uow.third_parties.alike(["acrne", "another"], 9) == ["Acme"]
        assert not await uow.third_parties.alike(["acrne"], 9, owner=PersonId("somebody else"))
        await uow.third_parties.save(party("Globex"))
        assert await uow.third_parties.without_skeleton(9) == [(PARTY, "Globex")]
        assert not await uow.third_parties.alike(["acrne"], 9)
        await uow.commit()
    async with database.read(THERE) as reading:
        assert not await reading.third_parties.without_skeleton(9)

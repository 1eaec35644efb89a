"""What the commands that look ask of the database: no more for many than for few."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from access.model.ids import ThirdPartyId
from access.operations.issue_token import IssueToken, issue_token
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.show_third_party import ShowThirdParty, show_third_party
from tests.access.books import DAY, Books
from tests.access.world import World
from tests.noting import noting


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path)
    yield Books(world)
    await world.close()


async def asked_by_list(books: Books) -> int:
    with noting() as asked:
        shown = await list_third_parties(ListThirdParties(caller=books.world.caller("UANNA")), books.world.ports)
    assert all(line.contact and line.token for line in shown.lines)
    return len(asked)


async def asked_by_show(books: Books, party: ThirdPartyId, who: str) -> int:
    command = ShowThirdParty(caller=books.world.caller(who), third_party=party)
    with noting() as asked:
        shown = await show_third_party(command, books.world.ports)
    assert all(line.handoff and line.contact for line in shown.tokens)
    return len(asked)


async def test_a_page_of_twenty_is_read_like_one_of_two(books: Books) -> None:
    few = 0
    for number in range(20):
        party = await books.party(f"Acme {number}")
        await books.token(party, "1")
        if number == 1:
            few = await asked_by_list(books)
    assert await asked_by_list(books) == few == 5


async def test_a_card_with_much_on_it_is_read_like_one_with_little(books: Books) -> None:
    party = await books.party("Acme", owner="UMIA")
    no_tokens = (await asked_by_show(books, party.id, "UANNA"), await asked_by_show(books, party.id, "UMIA"))
    assert no_tokens == (8, 8), "nothing is asked about the offers of no tokens"
    for number in range(4):
        await books.token(party, str(number), left=-DAY)
    await books.proposal(party, since=DAY)
    assert (await asked_by_show(books, party.id, "UANNA"), await asked_by_show(books, party.id, "UMIA")) == (9, 9)


async def test_whatever_an_event_outdates_is_shown_anew_at_once_and_no_reminders_are_if_there_were_none(
    books: Books,
) -> None:
    party = await books.party("Acme")
    command = IssueToken(caller=books.world.caller("UANNA"), third_party=party.id)
    with noting() as asked:
        await issue_token(command, books.world.ports)
    assert len([statement for statement, _ in asked if statement.startswith("UPDATE outbox")]) == 2

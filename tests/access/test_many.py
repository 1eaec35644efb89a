"""What is shown of many third parties costs as many statements as what is shown of few."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from access.model.contact_key import ContactKey, KeyKind
from access.model.home import Look
from access.model.ids import ContactKeyId, PersonId, TokenRequestId
from access.model.third_party import ThirdParty
from access.model.token import TokenOrigin
from access.model.token_request import RequestReason, TokenRequest
from access.operations.list_third_parties import ListThirdParties, list_third_parties
from access.operations.make_home import MakeHome, make_home
from access.operations.make_report import MakeReport, make_report
from tests.access.books import DAY, Books
from tests.access.world import TEAM, World
from tests.noting import noting

IMPORTED: Final[Mapping[str, Any]] = {"origin": TokenOrigin.MIGRATED, "issued_by": None, "digest_key": "k" * 16}


async def fill(books: Books, each: int) -> None:
    """Third parties with whatever may wait for somebody, so many of each kind; Carla holds something of them all."""
    for number in range(each):
        suspended, asking, keyed, awaiting, claimed = [
            await books.party(f"{kind} {number}") for kind in ("Suspended", "Asking", "Keyed", "Awaiting", "Claimed")
        ]
        carla = books.people["UCARLA"]
        await books.token(await books.party(f"Former {number}", contact="UERIK"), "t", collected_by=carla)
        await books.token(suspended, "t", suspended_at=books.now)
        asked = await books.token(asking, "t")
        await books.token(claimed, "t", left=9 * DAY, claimed_by=claimed.owner, claimed_at=books.now)
        await books.token(claimed, "next", collected_at=None, **IMPORTED)
        proposed = await books.proposal(awaiting, since=DAY)
        request = TokenRequestId(f"request {number}")
        async with books.world.ports.write(TEAM) as uow:
            why = RequestReason.STILL_WORKS
            await uow.token_requests.add(TokenRequest(request, asking.id, asked.id, why, carla, books.now))
            await uow.contact_keys.add(key(f"{number}", keyed, carla, books))
            await uow.contact_keys.add(key(f"proposed {number}", awaiting, proposed.contact, books))
            await uow.commit()


def key(name: str, party: ThirdParty, contact: PersonId, books: Books) -> ContactKey:
    return ContactKey(ContactKeyId(name), party.id, contact, books.now, KeyKind.AGE, "age1", "SHA256:".ljust(50, "A"))


async def overview(books: Books) -> int:
    return len(
        (await list_third_parties(ListThirdParties(caller=books.world.caller("UANNA")), books.world.ports)).lines
    )


async def register(books: Books) -> int:
    shown = (await make_home(MakeHome(caller=books.world.caller("UANNA"), look=Look()), books.world.ports)).register
    assert shown is not None
    needs = shown.needs
    waiting = (needs.suspended, needs.requests, needs.keys, needs.awaiting, needs.expiring)
    assert len({len(each.lines) for each in waiting}) == 1, "as many of each as are shown"
    return len(shown.page.lines) + sum(len(each.lines) for each in waiting)


async def holdings(books: Books) -> int:
    caller = books.world.caller("UCARLA")
    return len((await make_home(MakeHome(caller=caller, look=Look()), books.world.ports)).holdings.held)


async def report(books: Books) -> int:
    shown = await make_report(MakeReport(caller=books.world.caller("UANNA")), books.world.ports)
    return sum(len(each.lines) for each in (shown.keys, shown.awaiting, shown.expiring))


@pytest.mark.parametrize(
    ("show", "few", "many", "at_most"),
    [(overview, 6, 20, 5), (register, 6 + 5, 20 + 15, 39), (holdings, 6, 24, 8), (report, 3, 10, 25)],
)
async def test_many_cost_as_many_statements_as_few(
    tmp_path: Path, show: Callable[[Books], Awaitable[int]], few: int, many: int, at_most: int
) -> None:
    costs = []
    for each, lines in ((1, few), (4, many)):
        (folder := tmp_path / str(each)).mkdir()
        world = await World.make(folder)
        try:
            await fill(books := Books(world), each)
            with noting() as asked:
                assert await show(books) == lines
            costs.append(len(asked))
        finally:
            await world.close()
    assert at_most >= costs[0] >= costs[1]

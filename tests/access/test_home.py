"""The Home tab over a real database: who sees what, what waits for them, and pages of many third parties."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.contact_key import ContactKey, KeyKind
from access.model.home import Filter, Home, Look, Register
from access.model.ids import ContactKeyId, ThirdPartyId, TokenRequestId
from access.model.months import Month
from access.model.people import Acquaintance, Gone, Role
from access.model.policy import Policy
from access.model.report import Some
from access.model.token_request import RequestReason, TokenRequest
from access.operations import make_home as making
from access.operations import make_report as reporting
from access.operations.make_home import MakeHome, make_home
from access.operations.make_report import MakeReport, make_report
from access.ports.parties import DueLook
from tests.access.books import DAY, Books
from tests.access.world import TEAM, World


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path)
    world.town.settle("UAUDI", Role.AUDITOR)
    yield Books(world)
    await world.close()


async def home(books: Books, who: str = "UANNA", **look: Any) -> Home:
    return await make_home(MakeHome(caller=books.world.caller(who), look=Look(**look)), books.world.ports)


async def register(books: Books, who: str = "UANNA", **look: Any) -> Register:
    shown = (await home(books, who, **look)).register
    assert shown is not None
    return shown


async def names(books: Books, who: str = "UANNA", **look: Any) -> list[str]:
    return [line.party.name for line in (await register(books, who, **look)).page.lines]


def of(some: Some[Any]) -> list[str]:
    return [(line.party if hasattr(line, "party") else line).name for line in some.lines]


async def test_who_may_see_nothing_is_shown_nothing_and_nobody_is_refused(books: Books) -> None:
    await books.party("Acme")
    records = books.world.count_records()
    for who in ("UMIA", "UCARLA"):
        assert (await home(books, who)).register is None
    assert books.world.count_records() == records


async def test_admins_auditors_and_owners(books: Books) -> None:
    await books.token(await books.party("Acme"), "t")
    await books.party("Omars", owner="UOMAR")
    await books.party("Deputys", deputy="UOMAR")
    await books.party("Removed", owner="UMIA", contact="", removed_at=books.now, enabled=False)
    for who in ("UANNA", "UAUDI"):
        assert await names(books, who) == ["Acme", "Deputys", "Omars"]
    assert await names(books, "UOMAR") == ["Deputys", "Omars"]
    assert (await home(books, "UMIA")).register is None
    rights = {who: await register(books, who) for who in ("UANNA", "UAUDI", "UOMAR")}
    assert [(each.sees_all, each.may_manage, each.may_serve) for each in rights.values()] == [
        (True, True, True),
        (True, False, False),
        (False, False, True),
    ]
    (held, *_) = (await home(books, "UCARLA")).holdings.held
    assert held.party.name == "Acme"


async def test_a_guest_owns_nothing_any_more(books: Books) -> None:
    await books.party("Acme", owner="UOMAR")
    books.world.town.settle("UOMAR", Role.OUTSIDER, is_guest=True)
    assert (await home(books, "UOMAR")).register is None


async def test_where_all_is_well_nothing_waits(books: Books) -> None:
    await books.token(await books.party("Acme"), "t")
    assert (await register(books)).needs.is_empty


async def test_what_waits(books: Books) -> None:
    await books.token(await books.party("Suspended"), "t", suspended_at=books.now)
    await books.token(await books.party("Long over"), "t", suspended_at=books.now, left=-DAY)
    own = await books.proposal(await books.party("Awaits"), since=DAY, reached_at=books.now)
    await books.token(await books.party("Expires"), "t", left=20 * DAY)
    await books.token(await books.party("Offered"), "t", collected_at=None)
    await books.token(await books.party("Unused"), "t", confirmed=False)
    renewed = await books.party("Renewed")
    succeeded_at, used_at = books.now - 2 * DAY, books.now - DAY
    old = await books.token(renewed, "old", left=70 * DAY, succeeded_at=succeeded_at, last_accepted_at=used_at)
    await books.token(renewed, "new", renews=old.id, last_accepted_at=books.now)
    asks = {why: await books.party(f"Asks {why}") for why in RequestReason}
    for number, (why, party) in enumerate(asks.items()):
        token = await books.token(party, "t")
        request = TokenRequest(
            TokenRequestId(f"request {number}"), party.id, token.id, why, books.people["UCARLA"], books.now
        )
        async with books.world.ports.write(TEAM) as uow:
            await uow.token_requests.add(request)
            await uow.commit()
    with_keys = [await books.party("Key"), await books.party("Another's key", contact="")]
    async with books.world.ports.write(TEAM) as uow:
        for at, party in enumerate(with_keys):
            given: dict[str, Any] = {"kind": KeyKind.AGE, "text": "age1", "fingerprint": "SHA256:".ljust(50, "A")}
            key = ContactKey(ContactKeyId(f"key {at}"), party.id, books.people["UCARLA"], books.now, **given)
            await uow.contact_keys.add(key)
        await uow.commit()
    needs = (await register(books)).needs
    assert not needs.is_empty
    assert of(needs.keys) == ["Key"], "the other one's is approved together with them"
    assert of(needs.suspended) == ["Suspended"]
    assert of(needs.awaiting) == ["Awaits"]
    assert of(needs.requests) == ["Asks still_works"], "the other one is an alarm, and its token suspended"
    assert of(needs.expiring) == ["Expires"]
    assert of(needs.uncollected) == ["Offered"]
    assert of(needs.unused) == ["Unused"]
    assert of(needs.still_in_use) == ["Renewed"]
    assert needs.not_mine == {own.id}, "Anna has proposed it"
    assert (await register(books, "UBEN")).needs.not_mine == frozenset()
    alone = replace(books.world.ports, policy=Policy(self_approval=True))
    shown = (await make_home(MakeHome(caller=books.world.caller("UANNA")), alone)).register
    assert shown is not None
    assert shown.needs.not_mine == frozenset()
    assert of((await register(books, "UAUDI")).needs.suspended) == ["Suspended"]


async def test_an_owner_is_told_of_their_own_alone(books: Books) -> None:
    for owner in ("UANNA", "UOMAR"):
        await books.token(await books.party(f"Expires {owner}", owner=owner), "t", left=20 * DAY)
        await books.token(await books.party(f"Suspended {owner}", owner=owner), "t", suspended_at=books.now)
        await books.proposal(await books.party(f"Awaits {owner}", owner=owner), since=DAY)
    shown = await register(books, "UOMAR")
    assert [of(each) for each in (shown.needs.expiring, shown.needs.suspended, shown.needs.awaiting)] == [
        ["Expires UOMAR"],
        ["Suspended UOMAR"],
        ["Awaits UOMAR"],
    ]
    assert [each.count for each in shown.months] == [1, 0, 0, 0, 0, 0, 1]
    assert [each.count for each in (await register(books)).months] == [2, 0, 0, 0, 0, 0, 2]


async def gone(books: Books, user_id: str, reason: Gone | None) -> None:
    async with books.world.ports.write(TEAM) as uow:
        for due in await uow.people.due(books.now + 2 * DAY, 99):
            if due.person == books.people[user_id]:
                look = DueLook(due.person, due.slack, due.since, due.matters)
                await uow.people.note(look, Acquaintance(gone=reason), books.now + DAY)
        await uow.commit()


async def test_what_nobody_owns_any_more(books: Books) -> None:
    await books.party("Zebra", owner="UOMAR")
    await books.party("Acme", owner="UOMAR")
    await books.party("Has a deputy", owner="UOMAR", deputy="UMIA")
    await books.party("Removed", owner="UOMAR", contact="", removed_at=books.now, enabled=False)
    await books.party("Mias", owner="UMIA")
    assert of((await register(books)).needs.without_owner) == []
    await gone(books, "UOMAR", Gone.DEACTIVATED)
    assert of((await register(books)).needs.without_owner) == ["Acme", "Zebra"]
    assert of((await register(books, "UMIA")).needs.without_owner) == []


async def test_only_some_of_each_are_shown(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        party = await books.party(f"P{number}")
        await books.token(party, "t", left=(9 + number) * DAY)
        await books.token(await books.party(f"Q{number}"), "t", suspended_at=books.now + number * timedelta(seconds=1))
    needs = (await register(books)).needs
    assert (of(needs.expiring), needs.expiring.total, needs.expiring.exact) == (["P0", "P1", "P2"], 5, True)
    monkeypatch.setattr(making, "_SOUGHT", 4)
    needs = (await register(books)).needs
    assert (of(needs.expiring), needs.expiring.total, needs.expiring.exact) == (["P0", "P1", "P2"], 4, False)
    assert (of(needs.suspended), needs.suspended.exact) == (["Q1", "Q2", "Q3"], False)


async def walk(books: Books, who: str = "UANNA", **look: Any) -> list[list[str]]:
    """Every page, from the first to the last."""
    pages, after = [], None
    while True:
        page = (await register(books, who, **look, after=after)).page
        pages.append([line.party.name for line in page.lines])
        if page.next is None:
            return pages
        after = page.next


@pytest.fixture
async def many(books: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Seven, on pages of three, of which at most five are looked at for one page."""
    monkeypatch.setattr(making, "PAGE", 3)
    monkeypatch.setattr(making, "LOOKED_AT", 5)
    for name in ("beta", "Acme", "Ceta", "acme Ltd", "Zeta", "eta", "Theta"):
        await books.party(name, owner="UOMAR", enabled=name in ("Theta", "Zeta"))
    return books


ALL = [["Acme", "acme Ltd", "beta"], ["Ceta", "eta", "Theta"], ["Zeta"]]


@pytest.mark.parametrize("who", ["UANNA", "UAUDI", "UOMAR"])
async def test_pages_go_on_by_name_and_leave_nothing_out(many: Books, who: str) -> None:
    assert await walk(many, who) == ALL


async def test_a_page_goes_on_where_a_third_party_was_renamed_or_removed_meanwhile(many: Books) -> None:
    after = (await register(many)).page.next
    assert after is not None
    async with many.world.ports.write(TEAM) as uow:
        beta = await uow.third_parties.get(after)
        await uow.third_parties.save(replace(beta, removed_at=many.now, contact=None, enabled=False))
        await uow.commit()
    assert await names(many, after=after) == ALL[1]
    assert await names(many, after=ThirdPartyId("a" * 26)) == ["Acme", "acme Ltd", "Ceta"], "there never was such a one"


async def test_a_filter_looks_at_so_many_for_a_page_and_goes_on_from_there(many: Books) -> None:
    first = (await register(many, filter=Filter.ENABLED)).page
    assert ([line.party.name for line in first.lines], first.looked_at) == ([], 5)
    assert await walk(many, filter=Filter.ENABLED) == [[], ["Theta", "Zeta"]]
    assert await walk(many, filter=Filter.NOT_ENABLED) == [["Acme", "acme Ltd", "beta"], ["Ceta", "eta"]]


async def test_a_search_looks_into_every_name_where_there_are_few(books: Books) -> None:
    for name in ("Beta Acme", "ACME", "Zeta", "100%", "Straße"):
        await books.party(name, owner="UOMAR")
    assert await names(books, search="acme") == ["ACME", "Beta Acme"]
    assert await names(books, "UOMAR", search="acme") == ["ACME", "Beta Acme"]
    assert await names(books, search="%") == ["100%"]
    assert await names(books, search="STRASSE") == ["Straße"]
    assert await names(books, search="acme", filter=Filter.NOT_ENABLED) == []
    assert not (await register(books, search="acme")).page.begins


async def test_and_only_at_their_beginnings_where_there_are_many(many: Books) -> None:
    page = (await register(many, search="ACME")).page
    assert ([line.party.name for line in page.lines], page.begins, page.next) == (["Acme", "acme Ltd"], True, None)
    assert await names(many, search="eta") == ["eta"]
    assert await names(many, "UOMAR", search="eta") == ["eta"]
    assert await names(many, search="acme", after=page.lines[0].party.id) == ["acme Ltd"]


async def test_every_filter(books: Books) -> None:
    await books.token(await books.party("Well"), "t", last_accepted_at=books.now)
    await books.party("Off", enabled=False)
    await books.party("Alone", contact="")
    await books.token(await books.party("Expires"), "t", left=59 * DAY)
    await books.token(await books.party("Offered"), "t", collected_at=None, left=59 * DAY)
    await books.token(await books.party("Over"), "t", left=-DAY, suspended_at=books.now)
    await books.token(await books.party("Revoked"), "t", revoked_at=books.now, suspended_at=books.now)
    await books.token(await books.party("Suspended"), "t", suspended_at=books.now)
    found = {each: await names(books, filter=each) for each in Filter}
    assert found == {
        Filter.ALL: ["Alone", "Expires", "Off", "Offered", "Over", "Revoked", "Suspended", "Well"],
        Filter.ENABLED: ["Alone", "Expires", "Offered", "Over", "Revoked", "Suspended", "Well"],
        Filter.NOT_ENABLED: ["Off"],
        Filter.WITHOUT_CONTACT: ["Alone"],
        Filter.WITHOUT_TOKEN: ["Alone", "Off", "Over", "Revoked"],
        Filter.EXPIRING: ["Expires"],
        Filter.NOT_COLLECTED: ["Offered"],
        Filter.SUSPENDED: ["Suspended"],
    }
    (well,) = (await register(books, search="well")).page.lines
    assert well.used is not None
    assert well.used.last_accepted_at == books.now


async def test_how_much_expires_in_which_month(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the second of March."""
    for name, left in {"this month": 29, "the next": 30, "too": 40, "in August": 180, "in a year": 400}.items():
        await books.token(await books.party(name), "t", left=left * DAY)
    party = await books.party("without any that counts")
    await books.token(party, "offered", left=35 * DAY, collected_at=None)
    await books.token(party, "followed", left=35 * DAY, succeeded_at=books.now)
    await books.token(party, "revoked", left=35 * DAY, revoked_at=books.now)
    counts = {3: 1, 4: 2, 5: 0, 6: 0, 7: 0, 8: 1}
    assert (await register(books)).months == [Month(2026, month, count) for month, count in counts.items()]
    report = await make_report(MakeReport(caller=books.world.caller("UANNA")), books.world.ports)
    assert report.months == (await register(books)).months
    monkeypatch.setattr(reporting, "COUNTED_AT_MOST", 2)
    assert (await register(books)).months[1].exact is False

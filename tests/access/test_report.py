"""The report over a real database: what is in it, for whom, and how much of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.check import Noted
from access.model.contact_key import ContactKey, KeyKind
from access.model.errors import NotPermitted
from access.model.ids import ContactKeyId
from access.model.people import Role
from access.model.report import Renewal, Report, Some
from access.operations import make_report as making
from access.operations.make_report import MakeReport, make_report
from access.operations.record_checks import record_checks
from storage.repositories import overviews
from tests.access.books import DAY, VALID, Books
from tests.access.world import TEAM, World
from tests.checking import ASKER, add_resource_server


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path)
    world.town.settle("UAUDI", Role.AUDITOR)
    yield Books(world)
    await world.close()


async def read(books: Books, who: str = "UANNA") -> Report:
    return await make_report(MakeReport(caller=books.world.caller(who)), books.world.ports)


def expiring(report: Report) -> list[tuple[str, Renewal]]:
    return [(line.party.name, line.renewal) for line in report.expiring.lines]


async def test_there_is_nothing_to_see_to_where_there_is_nothing(books: Books) -> None:
    assert (await read(books)).is_empty


async def test_there_is_nothing_to_see_to_where_everything_is_well(books: Books) -> None:
    await books.token(await books.party("Well"), "t", left=61 * DAY)
    await books.party("Off", enabled=False)
    assert (await read(books)).is_empty


async def test_what_expires_next_comes_first_with_how_far_its_renewal_is(books: Books) -> None:
    later = await books.token(await books.party("Later"), "t", left=60 * DAY)
    claimed = await books.party("Claimed")
    await books.token(claimed, "t", left=5 * DAY, claimed_by=claimed.owner, claimed_at=books.now)
    off = await books.party("Off", enabled=False)
    await books.token(off, "t", left=9 * DAY, let_lapse_by=off.owner, let_lapse_at=books.now)
    renewing = await books.party("Renewing")
    old = await books.token(renewing, "old", left=7 * DAY)
    await books.token(renewing, "new", renews=old.id, collected_at=None)

    report = await read(books)

    assert expiring(report) == [
        ("Claimed", Renewal.CLAIMED),
        ("Renewing", Renewal.WAITS),
        ("Off", Renewal.LET_LAPSE),
        ("Later", Renewal.NOTHING_YET),
    ]
    assert [line.claimed_by and line.claimed_by.user_id for line in report.expiring.lines] == ["UANNA", *[None] * 3]
    assert (report.expiring.lines[-1].token, report.expiring.total, report.expiring.exact) == (later, 4, True)


async def test_what_is_replaced_or_has_ended_expires_unnoticed(books: Books) -> None:
    renewed = await books.party("Renewed")
    old = await books.token(renewed, "old", left=7 * DAY, succeeded_at=books.now - DAY)
    await books.token(renewed, "new", renews=old.id)
    ended = await books.party("Ended", enabled=False)
    await books.token(ended, "revoked", left=7 * DAY, revoked_at=books.now)
    await books.token(ended, "retired", left=6 * DAY, succeeded_at=books.now, retired_at=books.now)
    await books.token(ended, "expired", left=timedelta(0))
    assert (await read(books)).is_empty


async def test_the_delivery_gap(books: Books) -> None:
    party = await books.party("Acme")
    old = await books.token(
        party, "old", left=70 * DAY, succeeded_at=books.now - 9 * DAY, last_accepted_at=books.now - DAY
    )
    new = await books.token(
        party, "new", renews=old.id, confirmed=False, issued_at=books.now - 10 * DAY, collected_at=books.now - 9 * DAY
    )
    offered = await books.token(await books.party("Beta"), "t", issued_at=books.now - DAY, collected_at=None)
    sooner = await books.token(await books.party("Gamma"), "t", issued_at=books.now - 2 * DAY, collected_at=None)
    longer = await books.token(await books.party("Delta"), "t", confirmed=False, collected_at=books.now - 20 * DAY)

    report = await read(books)

    assert [(line.token, line.at) for line in report.uncollected.lines] == [
        (sooner, books.now + DAY),
        (offered, books.now + 2 * DAY),
    ]
    assert [(line.token, line.at) for line in report.unused.lines] == [
        (longer, books.now - 20 * DAY),
        (new, books.now - 9 * DAY),
    ]
    assert [(line.party, line.token, line.at) for line in report.still_in_use.lines] == [(party, old, books.now - DAY)]
    assert report.expiring.is_empty
    assert report.without_token.is_empty


async def test_no_gap_where_a_token_is_used_or_works_no_more(books: Books) -> None:
    party = await books.party("Acme")
    await books.token(party, "used", confirmed=False, last_accepted_at=books.now)
    await books.token(party, "revoked", confirmed=False, revoked_at=books.now)
    await books.token(party, "suspended", confirmed=False, suspended_at=books.now)
    await books.token(party, "expired", confirmed=False, left=-DAY)
    assert (await read(books)).is_empty


@pytest.mark.parametrize("used_ago", [8 * DAY, 10 * DAY])
async def test_an_old_token_that_was_not_used_lately_or_not_since_is_no_gap(books: Books, used_ago: timedelta) -> None:
    party = await books.party("Acme")
    old = await books.token(
        party, "old", left=70 * DAY, succeeded_at=books.now - 9 * DAY, last_accepted_at=books.now - used_ago
    )
    await books.token(party, "new", renews=old.id, last_accepted_at=books.now)
    assert (await read(books)).is_empty


LONG = 90 * DAY
SECOND = timedelta(seconds=1)


async def asked(books: Books, since: timedelta = 400 * DAY) -> None:
    """A resource server has asked about tokens, at first so long ago."""
    await add_resource_server(TEAM, books.world.ports)
    await record_checks(TEAM, Noted(asked={ASKER: books.now - since}), books.world.ports)
    await record_checks(TEAM, Noted(asked={ASKER: books.now}), books.world.ports)


async def test_what_nothing_has_used_for_long_the_longest_first(books: Books) -> None:
    await asked(books)
    used = await books.party("Used")
    await books.token(used, "t", last_accepted_at=books.now - LONG + SECOND)
    idle = await books.party("Idle")
    last = await books.token(idle, "t", last_accepted_at=books.now - LONG)
    never = await books.party("Never")
    await books.token(never, "t", left=70 * DAY)
    renewed = await books.party("Renewed")
    old = await books.token(
        renewed, "old", left=70 * DAY, succeeded_at=books.now - LONG, last_accepted_at=books.now - 95 * DAY
    )
    await books.token(renewed, "new", renews=old.id, issued_at=books.now - 93 * DAY, collected_at=books.now - 92 * DAY)
    fresh = await books.party("Fresh")
    await books.token(fresh, "old", left=70 * DAY, last_accepted_at=books.now - 95 * DAY)
    await books.token(fresh, "new", collected_at=books.now - DAY)
    off = await books.party("Off", enabled=False)
    await books.token(off, "t", last_accepted_at=books.now - LONG)
    gone = await books.party("Gone")
    await books.token(gone, "t", last_accepted_at=books.now - LONG, revoked_at=books.now)
    over = await books.party("Over", enabled=True)
    await books.token(over, "t", left=-DAY, last_accepted_at=books.now - LONG)

    report = await read(books)

    collected_at = books.now + 70 * DAY - VALID + DAY
    assert [(line.party, line.since, line.used) for line in report.long_unused.lines] == [
        (never, collected_at, None),
        (renewed, books.now - 92 * DAY, None),
        (idle, books.now - LONG, last),
    ]
    assert (report.long_unused.total, report.long_unused.exact) == (3, True)


async def test_where_nobody_asks_or_did_not_then_nothing_is_said_to_be_unused(books: Books) -> None:
    party = await books.party("Acme")
    token = await books.token(party, "t", left=70 * DAY, confirmed=False)
    assert (await read(books)).long_unused.is_empty
    await asked(books, since=LONG - SECOND)
    report = await read(books)
    assert report.long_unused.is_empty
    assert [line.token for line in report.unused.lines] == [token]
    books.world.clock.advance(SECOND)
    report = await read(books)
    assert [line.since for line in report.long_unused.lines] == [books.now - LONG]
    assert report.unused.is_empty, "it is said once"


@pytest.mark.parametrize(("who", "manages"), [("UANNA", True), ("UAUDI", False), ("UOMAR", False)])
async def test_only_who_may_disable_them_can(books: Books, who: str, manages: bool) -> None:
    await fill(books)
    assert (await read(books, who)).may_manage is manages


async def test_of_many_that_have_expired_only_some_are_looked_at(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overviews, "_TOKENS_LOOKED_AT", 2)
    await asked(books)
    for name, left in (("a", VALID), ("b", -DAY), ("c", -DAY)):
        await books.token(await books.party(name), "t", left=left, last_accepted_at=books.now - LONG - DAY)
    found = (await read(books)).long_unused
    assert found.exact is False
    assert len(found.lines) <= 1


async def test_contacts_awaiting_approval_and_third_parties_without_a_token(books: Books) -> None:
    waits = await books.party("Waits", enabled=False)
    proposal = await books.proposal(waits, since=2 * DAY, reached_at=books.now)
    introduced = await books.proposal(await books.party("Introduced", enabled=False), since=3 * DAY)
    expired = await books.party("Expired")
    await books.token(expired, "t", left=-DAY)
    never = await books.party("ever had one")
    pending = await books.party("Pending")
    await books.token(pending, "t", issued_at=books.now, collected_at=None)

    report = await read(books)

    assert [line.proposal for line in report.awaiting.lines] == [introduced, proposal]
    assert [line.contact and line.contact.user_id for line in report.awaiting.lines] == ["UERIK", "UERIK"]
    assert report.without_token.lines == [never, expired]


async def test_a_key_of_the_present_contact_waits_and_one_of_a_proposed_contact_goes_with_the_proposal(
    books: Books,
) -> None:
    party, other = await books.party("Warehouse"), await books.party("Other")
    async with books.world.ports.write(TEAM) as uow:
        for name, whose, contact in (("key", party, party.contact), ("else", other, party.owner)):
            given = (contact or party.owner, books.now, KeyKind.AGE, "age1", f"SHA256:{'k' * 43}")
            await uow.contact_keys.add(ContactKey(ContactKeyId(name), whose.id, *given))
        await uow.commit()

    report = await read(books)

    assert [(line.party, line.change.id) for line in report.keys.lines] == [(party, "key")]
    assert (report.keys.total, report.is_empty) == (1, False)


async def test_a_removed_one_is_nowhere(books: Books) -> None:
    gone = await books.party("Gone", contact="", enabled=False)
    async with books.world.ports.write(TEAM) as uow:
        await uow.third_parties.save(replace(gone, removed_at=books.now))
        await uow.commit()
    assert (await read(books)).is_empty


async def fill(books: Books) -> None:
    await asked(books)
    for name, owner, deputy in (("Annas", "UANNA", ""), ("Omars", "UOMAR", ""), ("Deputys", "UANNA", "UOMAR")):
        party = await books.party(name, owner=owner, deputy=deputy)
        await books.token(party, "old", left=9 * DAY, succeeded_at=books.now - DAY, last_accepted_at=books.now)
        await books.token(party, "new", confirmed=False)
        other = await books.party(f"{name} too", owner=owner, deputy=deputy)
        await books.proposal(other, since=DAY)
        await books.token(await books.party(f"{name} three", owner=owner, deputy=deputy), "t", collected_at=None)
        idle = await books.party(f"{name} four", owner=owner, deputy=deputy)
        await books.token(idle, "t", last_accepted_at=books.now - LONG)


def names(report: Report) -> set[str]:
    gap = (report.uncollected, report.unused, report.still_in_use)
    parts: list[Some[Any]] = [report.expiring, *gap, report.long_unused, report.awaiting]
    assert all(part.lines for part in parts)
    shown = {line.party.name for part in parts for line in part.lines}
    return shown | {party.name for party in report.without_token.lines}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("UANNA", {"Annas", "Omars", "Deputys"}),
        ("UAUDI", {"Annas", "Omars", "Deputys"}),
        ("UOMAR", {"Omars", "Deputys"}),
    ],
)
async def test_admins_and_auditors_see_all_and_owners_their_own(books: Books, who: str, sees: set[str]) -> None:
    await fill(books)
    assert names(await read(books, who)) == {
        f"{name}{more}" for name in sees for more in ("", " too", " three", " four")
    }


@pytest.mark.parametrize("who", ["UMIA", "UCARLA"])
async def test_nobody_else_sees_any(books: Books, who: str) -> None:
    await fill(books)
    before = books.world.count_records()
    with pytest.raises(NotPermitted):
        await read(books, who)
    assert books.world.count_records() == before + 1


async def test_of_many_only_some_are_looked_at_and_shown(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_LOOKED_AT", 3)
    monkeypatch.setattr(making, "_EXPIRING_SHOWN", 2)
    monkeypatch.setattr(making, "_SHOWN", 1)
    for number in range(4):
        await books.token(await books.party(f"Expiring {number}"), "t", left=(number + 1) * DAY, confirmed=False)
        await books.party(f"Without {number}")

    report = await read(books)

    assert [name for name, _ in expiring(report)] == ["Expiring 0", "Expiring 1"]
    assert (report.expiring.total, report.expiring.exact) == (3, False)
    assert [line.party.name for line in report.unused.lines] == ["Expiring 1"], "the latest three, the longest first"
    assert (report.unused.total, report.unused.exact) == (3, False)
    assert [party.name for party in report.without_token.lines] == ["Without 0"]
    assert (report.without_token.total, report.without_token.exact) == (3, False)


async def test_what_was_not_looked_at_is_not_said_to_be_well(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overviews, "_PARTIES_LOOKED_AT", 2)
    for name in ("a", "b", "c"):
        await books.party(name)
    found = (await read(books)).without_token
    assert ([party.name for party in found.lines], found.exact) == (["a", "b"], False)

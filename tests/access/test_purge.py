"""What is long over is forgotten: messages and reminders, and nothing that anybody could still need."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.contact import ProposalOutcome
from access.model.ids import ThirdPartyId, TokenId
from access.model.messages import MessageKind, PlannedMessage
from access.model.reminder import ReaderRole, Reminder, ReminderKind
from access.operations import purge as purging
from access.operations.purge import KEPT, purge
from access.ports.outbox import OutboxEnd
from tests.access.books import DAY, Books
from tests.access.world import TEAM, World

LONG_AGO = KEPT + DAY
Kind = MessageKind


@pytest.fixture
async def books(tmp_path: Path) -> AsyncIterator[Books]:
    world = await World.make(tmp_path)
    yield Books(world)
    await world.close()


async def message(
    books: Books, subject: str, party: ThirdPartyId | None, *, sent_ago: timedelta | None, kind: Kind = Kind.SWITCHED
) -> None:
    """A message that was planned a minute before it was sent, or waits for that."""
    minute = timedelta(minutes=1)
    planned_at = books.now - (sent_ago or LONG_AGO) - minute
    async with books.world.ports.write(TEAM) as uow:
        uow.plan(PlannedMessage(kind, books.people["UANNA"], party, subject), at=planned_at)
        await uow.commit()
    if sent_ago is not None:
        async with books.world.ports.write(TEAM) as uow:
            (queued,) = await uow.outbox.claim(planned_at, planned_at + minute, 9)
            await uow.outbox.posted(queued, "D1", "1.0", planned_at + minute)
            await uow.commit()


def left(books: Books, what: str = "subject FROM outbox") -> set[str]:
    return {str(value) for (value,) in books.world.rows(f"SELECT {what}")}


async def test_a_message_that_was_sent_long_ago_is_forgotten(books: Books) -> None:
    party = await books.party("Acme")
    await message(books, "old", party.id, sent_ago=LONG_AGO)
    await message(books, "days", None, sent_ago=LONG_AGO, kind=Kind.REMINDERS)
    await message(books, "young", party.id, sent_ago=KEPT - DAY)
    await message(books, "waiting", party.id, sent_ago=None)
    assert await purge(TEAM, books.world.ports) == 2
    assert left(books) == {"young", "waiting"}
    assert await purge(TEAM, books.world.ports) == 0


async def test_where_nobody_is_reminded_it_forgets_too(books: Books) -> None:
    party = await books.party("Acme")
    await message(books, "old", party.id, sent_ago=LONG_AGO)
    ports = books.world.ports
    assert await purge(TEAM, replace(ports, policy=replace(ports.policy, reminder_days=()))) == 1


@pytest.mark.parametrize(("ended_ago", "kept"), [(LONG_AGO, set()), (KEPT - DAY, {"given up"})])
async def test_one_that_was_given_up_is_kept_as_long(books: Books, ended_ago: timedelta, kept: set[str]) -> None:
    await books.party("Acme")
    await message(books, "given up", None, sent_ago=None)
    async with books.world.ports.write(TEAM) as uow:
        (queued,) = await uow.outbox.claim(books.now, books.now, 9)
        await uow.outbox.close(queued, OutboxEnd.DROPPED, books.now - ended_ago)
        await uow.commit()
    await purge(TEAM, books.world.ports)
    assert left(books) == kept


async def test_what_is_about_something_that_goes_on_is_kept(books: Books) -> None:
    """A token may be valid for years, a contact be one for as long: what was said of them is still shown anew."""
    lasting = await books.party("Lasting")
    await books.token(lasting, "t", left=300 * DAY, issued_at=books.now - 2 * LONG_AGO)
    await message(books, "of a token that works", lasting.id, sent_ago=LONG_AGO)
    await message(books, "of one before it", lasting.id, sent_ago=3 * LONG_AGO)

    acme = await books.party("Acme", deputy_contact=None)
    await books.token(acme, "t", left=-LONG_AGO, issued_at=books.now - 2 * LONG_AGO)
    await books.token(acme, "u", revoked_at=books.now - LONG_AGO, issued_at=books.now - 2 * LONG_AGO)
    await books.token(acme, "later")
    await message(books, "of tokens that ended", acme.id, sent_ago=LONG_AGO)

    decided = {"decided_at": books.now - LONG_AGO, "decided_by": acme.owner, "reached_at": books.now - LONG_AGO}
    approved = {"outcome": ProposalOutcome.APPROVED, **decided}
    present = await books.proposal(acme, since=LONG_AGO, **approved)
    async with books.world.ports.write(TEAM) as uow:
        await uow.third_parties.save(replace(acme, contact=present.contact))
        await uow.commit()
    rejected = await books.proposal(acme, since=LONG_AGO, **{**approved, "outcome": ProposalOutcome.REJECTED})
    former = await books.proposal(lasting, since=LONG_AGO, **approved)
    open_ = await books.proposal(acme, since=LONG_AGO)
    for proposal in (present, open_):
        await message(books, proposal.id, acme.id, sent_ago=LONG_AGO, kind=Kind.INTRODUCTION)
    await message(books, former.id, lasting.id, sent_ago=3 * LONG_AGO, kind=Kind.INTRODUCTION)
    assert rejected.contact == present.contact
    opened_by, owner, nobody = books.people["UCARLA"], books.people["UANNA"], "nobody any more"
    for person, kind in ((opened_by, Kind.CONTACT_GONE), (owner, Kind.OWNER_GONE), (nobody, Kind.OWNER_GONE)):
        await message(books, person, None, sent_ago=LONG_AGO, kind=kind)

    await purge(TEAM, books.world.ports)

    assert left(books) == {"of a token that works", present.id, open_.id, opened_by, owner}


def reminder(token: TokenId, party: ThirdPartyId, day: str, days: int = 7) -> Reminder:
    return Reminder(
        kind=ReminderKind.EXPIRY,
        token=token,
        third_party=party,
        days=days,
        reader=None,
        role=ReaderRole.ADMINS,
        occasion=day,
        message=Kind.REMINDERS,
        bundle=day,
    )


async def remind(books: Books, *reminders: Reminder) -> None:
    async with books.world.ports.write(TEAM) as uow:
        await uow.reminders.plan(reminders, books.now)
        await uow.commit()


async def test_reminders_of_tokens_that_ended_long_ago_are_forgotten(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_BATCH", 2)
    party = await books.party("Acme")
    ends: dict[str, dict[str, Any]] = {
        "expired": {"left": -LONG_AGO},
        "revoked": {"revoked_at": books.now - LONG_AGO, "issued_at": books.now - 2 * LONG_AGO},
        "retired": {"retired_at": books.now - LONG_AGO, "succeeded_at": books.now - 2 * LONG_AGO},
        "lately": {"left": -KEPT + DAY},
        "lasting": {"issued_at": books.now - 2 * LONG_AGO},
    }
    longest = max(books.world.ports.policy.reminder_days)
    old = (books.now - LONG_AGO - longest * DAY).date().isoformat()
    older = "2020-01-07T09:10"
    for name, end in ends.items():
        fields = {"collected_at": books.now - 2 * LONG_AGO, **end}
        token = await books.token(party, name, **fields)
        await remind(books, *(reminder(token.id, party.id, day, days) for day in (old, older) for days in (1, 3, 7)))
    young = (books.now - KEPT - longest * DAY).date().isoformat()
    await remind(books, reminder(TokenId(f"{party.id[:13]}xxxxxxexpired"), party.id, young, 60))

    assert await purge(TEAM, books.world.ports) == 18

    kept = left(books, "substr(token, 14) || ' ' || bundle FROM reminders")
    assert kept == {
        f"xxxxxxexpired {young}",
        *(f"{name:x>13} {day}" for name in ("lately", "lasting") for day in (old, older)),
    }
    assert await purge(TEAM, books.world.ports) == 0


async def test_many_go_a_few_at_a_time(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "_BATCH", 2)
    party = await books.party("Acme")
    for number in range(5):
        await message(books, str(number), party.id, sent_ago=LONG_AGO + number % 2 * DAY)
    assert await purge(TEAM, books.world.ports) == 5
    assert left(books) == set()


async def test_what_came_to_life_since_it_was_looked_at_is_kept(books: Books) -> None:
    party = await books.party("Acme")
    await message(books, "old", party.id, sent_ago=LONG_AGO)
    before = books.now - KEPT
    async with books.world.ports.read(TEAM) as reading:
        found = await reading.leftovers.messages(before, 9)
    books.world.rows("UPDATE outbox SET next_attempt_at = 1")
    async with books.world.ports.write(TEAM) as uow:
        await uow.leftovers.delete_messages(found, before)
        await uow.commit()
    assert left(books) == {"old"}

"""Reminders over a real database: planned once, whatever happens in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.ids import TokenId
from access.model.messages import MessageKind, PlannedMessage
from access.model.reminder import Reminder
from access.model.reminders_due import reminders_due
from access.model.token import Verdict
from access.operations import plan_reminders as module
from access.operations.deliver_messages import (
    claim_messages,
    note_dropped,
    note_posted,
    note_postponed,
    note_undeliverable,
    put_off,
)
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.plan_reminders import plan_reminders
from access.operations.revoke_token import RevokeToken, revoke_token
from access.ports.outbox import QueuedMessage
from storage.repositories.reminders import ReminderRows
from tests.access.renewing import Begun, Renewing
from tests.access.world import TEAM, World
from tests.checking import check

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
EXPIRES = datetime(2026, 9, 2, 9, tzinfo=UTC)
"""Six months after Monday, 2 March, 09:00; a Wednesday. Nobody's time zone is known, so everybody's is UTC."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    return Begun.make(tmp_path_factory.mktemp("begun"), then=lambda world: plan_reminders(TEAM, world.ports))


@pytest.fixture
async def acme(begun: Begun, tmp_path: Path) -> AsyncIterator[Renewing]:
    async with begun.go_on(tmp_path, Renewing) as acme:
        yield acme


def planned(acme: Renewing) -> list[tuple[int, str]]:
    return acme.world.rows("SELECT days, role FROM reminders ORDER BY planned_at, days DESC, role")


async def plan_at(acme: Renewing, now: datetime) -> int:
    acme.world.clock.set(now)
    return await plan_reminders(TEAM, acme.world.ports)


async def sent(acme: Renewing) -> list[QueuedMessage]:
    acme.world.clock.advance(2 * MINUTE)
    claimed, _ = await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100)
    for queued in claimed:
        await note_posted(queued, "D1", f"{queued.id}.0", acme.world.ports)
    return [each for each in claimed if each.message.kind in (MessageKind.REMINDERS, MessageKind.EXPIRED)]


WEEK_BEFORE = EXPIRES - 7 * DAY
ALL_THREE = [(7, "admins"), (7, "contact"), (7, "owner")]


async def test_what_is_due_is_planned_once_with_a_record_and_a_message_for_each_reader(acme: Renewing) -> None:
    assert await plan_at(acme, WEEK_BEFORE) == 1
    assert await plan_at(acme, WEEK_BEFORE + MINUTE) == 0
    assert planned(acme) == ALL_THREE
    messages = [each.message for each in await sent(acme)]
    assert [(each.kind.value, each.third_party, each.subject) for each in messages] == [
        ("reminders", None, "2026-08-26")
    ] * 3
    reminded = acme.world.rows("SELECT details FROM audit WHERE action = 'token.reminded'")
    assert [json.loads(details)["days"] for (details,) in reminded] == [7] * 3


async def test_nothing_is_looked_at_before_its_time(acme: Renewing) -> None:
    assert await plan_at(acme, EXPIRES - 61 * DAY) == 0
    assert await plan_at(acme, datetime(2026, 7, 6, 8, 59, tzinfo=UTC)) == 0
    assert await plan_at(acme, datetime(2026, 7, 6, 9, tzinfo=UTC)) == 1
    assert planned(acme) == [(60, "owner")]


async def test_asleep_for_months_it_sends_the_most_urgent_only(acme: Renewing) -> None:
    await plan_at(acme, EXPIRES - DAY + timedelta(hours=1))
    assert planned(acme) == [(1, "admins"), (1, "contact"), (1, "owner")]
    assert await plan_at(acme, EXPIRES + timedelta(minutes=5)) == 1
    assert [days for days, _ in planned(acme)] == [1, 1, 1, 0, 0, 0]
    assert await plan_at(acme, EXPIRES + 5 * DAY) == 0


async def test_expired_is_expired_at_that_second_whether_or_not_any_job_has_run(acme: Renewing) -> None:
    new = await acme.renewed()
    expires_at = (await acme.token(new)).expires_at
    bearer = acme.world.vault.sealed[new][1]
    acme.world.clock.set(expires_at - timedelta(microseconds=1))
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.ACCEPTED
    acme.world.clock.set(expires_at)
    assert await check(TEAM, bearer, acme.world.ports) is Verdict.EXPIRED


@pytest.mark.parametrize("fails", ["plan", "advance"])
async def test_a_crash_before_the_commit_loses_nothing_and_doubles_nothing(
    acme: Renewing, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    async def broken(self: ReminderRows, *given: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(ReminderRows, fails, broken)
        with pytest.raises(ZeroDivisionError):
            await plan_at(acme, WEEK_BEFORE)
    assert planned(acme) == []
    assert await sent(acme) == []
    assert await plan_at(acme, WEEK_BEFORE) == 1
    assert planned(acme) == ALL_THREE


async def test_two_that_plan_at_once_plan_once(acme: Renewing, tmp_path: Path) -> None:
    other = await World.make(tmp_path, seed=2)
    try:
        for world in (acme.world, other):
            world.clock.set(WEEK_BEFORE)
        await asyncio.gather(*(plan_reminders(TEAM, world.ports) for world in (acme.world, other) for _ in range(3)))
    finally:
        await other.close()
    assert planned(acme) == ALL_THREE
    assert len(await sent(acme)) == len(ALL_THREE)
    assert acme.world.rows("SELECT count(*) FROM audit WHERE action = 'token.reminded'") == [(3,)]


async def test_one_that_cannot_be_handled_keeps_no_other_back(acme: Renewing, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [await Renewing.begin(acme.world, name) for name in ("Bolt", "Cord", "Dune")]
    decide = reminders_due

    def broken(situation: Any, *given: Any) -> Any:
        if situation.token.id == others[1].first:
            raise ZeroDivisionError
        return decide(situation, *given)

    monkeypatch.setattr(module, "reminders_due", broken)
    with pytest.raises(ZeroDivisionError):
        await plan_at(acme, WEEK_BEFORE)
    assert {token for (token,) in acme.world.rows("SELECT token FROM reminders")} == {
        acme.first,
        others[0].first,
        others[2].first,
    }


async def test_other_settings_are_heeded_at_the_next_sweep_and_the_same_ones_cost_nothing(
    acme: Renewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RECONSIDERED", 1)
    await Renewing.begin(acme.world, "Bolt")
    assert await plan_at(acme, EXPIRES - 100 * DAY) == 1
    ports = replace(acme.world.ports, policy=replace(acme.world.ports.policy, reminder_days=(99,)))
    acme.world.clock.set(EXPIRES - 98 * DAY)
    assert await plan_reminders(TEAM, ports) == 2
    assert planned(acme) == [(99, "owner")] * 2
    assert await plan_reminders(TEAM, ports) == 0


async def test_disabled_it_is_silent_and_enabled_again_it_tells_what_was_missed(acme: Renewing) -> None:
    await acme.ask("UANNA", disable_third_party, DisableThirdParty, third_party=acme.party, reason="")
    await plan_at(acme, WEEK_BEFORE)
    assert planned(acme) == []
    await acme.ask("UANNA", enable_third_party, EnableThirdParty, third_party=acme.party)
    await plan_at(acme, WEEK_BEFORE + MINUTE)
    assert planned(acme) == ALL_THREE


async def test_a_successor_that_is_collected_ends_the_reminders_and_one_that_is_revoked_brings_them_back(
    acme: Renewing,
) -> None:
    acme.world.clock.set(EXPIRES - 20 * DAY)
    new = await acme.renewed()
    await plan_at(acme, EXPIRES - 14 * DAY)
    assert planned(acme) == []
    await acme.ask("UANNA", revoke_token, RevokeToken, token=new)
    await plan_at(acme, EXPIRES - 14 * DAY + MINUTE)
    assert planned(acme) == [(14, "contact"), (14, "owner")]


async def still_in_use(acme: Renewing) -> TokenId:
    """Let the old token be used beside the new one, and that be planned to be told; return the new one."""
    acme.world.clock.set(EXPIRES - 40 * DAY)
    new = await acme.renewed()
    acme.world.clock.advance(DAY)
    await acme.accepted(acme.first, new)
    await plan_at(acme, EXPIRES - 37 * DAY)
    return new


async def test_an_old_one_that_is_still_in_use_is_told_of(acme: Renewing) -> None:
    await still_in_use(acme)
    assert acme.world.rows("SELECT kind, role FROM reminders ORDER BY role") == [
        ("still_in_use", "contact"),
        ("still_in_use", "owner"),
    ]


async def test_the_week_until_it_is_said_again_counts_from_when_it_could_be_read(acme: Renewing) -> None:
    new = await still_in_use(acme)
    acme.world.clock.set(EXPIRES - 34 * DAY)  # three days without Slack
    assert {each.message.kind for each in await sent(acme)} == {MessageKind.REMINDERS}
    for days, times in ((30, 1), (27, 2)):
        await acme.accepted(acme.first, new)
        await plan_at(acme, EXPIRES - days * DAY + MINUTE)
        assert acme.world.rows("SELECT count(*) FROM reminders WHERE role = 'owner'") == [(times,)]


# --- the message that brings them -------------------------------------------------------------------------------------


async def add_one(acme: Renewing, bundle: str) -> None:
    """Plan one more reminder for the owner's message of that day."""
    ((owner,),) = acme.world.rows("SELECT reader FROM reminders WHERE role = 'owner'")
    async with acme.world.ports.write(TEAM) as uow:
        uow.plan(PlannedMessage(MessageKind.REMINDERS, owner, None, bundle), at=acme.world.clock.now())
        await uow.commit()


async def test_what_is_added_to_a_message_that_was_sent_is_shown_in_it(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    assert len(await sent(acme)) == 3
    await add_one(acme, "2026-08-26")
    (again,) = await sent(acme)
    assert again.ts is not None
    assert await sent(acme) == []


async def test_what_comes_during_an_outage_goes_into_the_message_that_still_waits(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    acme.world.clock.advance(2 * MINUTE)
    claimed, _ = await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100)
    for queued in claimed:
        await note_postponed(queued, MINUTE, acme.world.ports, uncertain=False, error="ClientConnectorError")
    await plan_at(acme, EXPIRES - 2 * DAY)
    brought = []
    for queued in await sent(acme):
        async with acme.world.ports.read(TEAM) as reading:
            reminders = [each.reminder for each in await reading.reminders.in_message(queued.message)]
        brought.append((reminders[0].role.value, [each.days for each in reminders]))
    assert sorted(brought) == [("admins", [7, 3]), ("contact", [7]), ("owner", [7, 3])]
    await plan_at(acme, EXPIRES - DAY)
    assert len(await sent(acme)) == 3, "what has arrived takes no more of another day"


async def test_a_message_that_may_have_arrived_takes_nothing_more_nobody_would_hear_of_it(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    acme.world.clock.advance(2 * MINUTE)
    claimed, _ = await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100)
    await note_postponed(claimed[0], MINUTE, acme.world.ports, uncertain=True, error="TimeoutError")
    await plan_at(acme, EXPIRES - 2 * DAY)  # what became of the others is not known either
    assert sorted(each.message.subject for each in await sent(acme)) == ["2026-08-26"] * 3 + ["2026-08-31"] * 2


async def test_one_that_was_put_off_until_the_morning_takes_what_falls_due_then(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    acme.world.clock.set(EXPIRES - 2 * DAY - MINUTE)  # on Monday, a minute before people are at work
    claimed, _ = await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100)
    about_reminders = [each for each in claimed if each.message.kind is MessageKind.REMINDERS]
    assert [await put_off(each, acme.world.ports) for each in about_reminders] == [True] * 3
    acme.world.clock.set(EXPIRES - 2 * DAY)
    assert (await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100))[0] == []
    await plan_at(acme, EXPIRES - 2 * DAY + timedelta(seconds=30))
    assert [each.message.subject for each in await sent(acme)] == ["2026-08-26"] * 3


async def test_what_matters_again_after_its_message_was_given_up_is_sent_after_all(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    owners = await the_owners(acme)
    await note_dropped(owners, acme.world.ports)
    assert planned(acme) == [each for each in ALL_THREE if each[1] != "owner"]
    await plan_at(acme, WEEK_BEFORE + 3 * MINUTE)
    assert sorted(planned(acme)) == ALL_THREE
    assert owners.id in {each.id for each in await sent(acme)}


async def the_owners(acme: Renewing) -> QueuedMessage:
    """Claim what is due two minutes later; return the owner's reminders."""
    acme.world.clock.advance(2 * MINUTE)
    claimed, _ = await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100)
    (owners,) = [each for each in claimed if await is_the_owners(acme, each)]
    return owners


async def test_one_that_may_have_arrived_keeps_what_it_may_have_brought(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    await note_postponed(await the_owners(acme), MINUTE, acme.world.ports, uncertain=True, error="TimeoutError")
    await note_dropped(await the_owners(acme), acme.world.ports)
    assert sorted(planned(acme)) == ALL_THREE


async def test_what_may_be_left_out_again_and_again_is_not_forgotten(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    acme.world.rows("UPDATE reminders SET role = 'asker' WHERE role = 'owner'")
    await note_dropped(await the_owners(acme), acme.world.ports)
    assert (7, "asker") in planned(acme)


async def is_the_owners(acme: Renewing, queued: QueuedMessage) -> bool:
    async with acme.world.ports.read(TEAM) as reading:
        party = await reading.third_parties.get(acme.party)
    return queued.message.kind is MessageKind.REMINDERS and queued.message.reader == party.owner


async def test_one_that_cannot_be_delivered_to_the_owner_is_told_to_the_admins_and_another_to_the_owner(
    acme: Renewing,
) -> None:
    await plan_at(acme, WEEK_BEFORE)
    acme.world.clock.advance(2 * MINUTE)
    claimed, _ = await claim_messages(TEAM, acme.world.ports, lease=2 * MINUTE, limit=100)
    for queued in claimed:
        if queued.message.kind is MessageKind.REMINDERS and queued.message.reader is not None:
            await note_undeliverable(queued, "user_disabled", acme.world.ports)
    told = acme.world.rows(
        "SELECT reader IS NULL, third_party, occasion FROM outbox WHERE kind = 'undeliverable' ORDER BY 1"
    )
    assert told == [(0, acme.party, acme.party), (1, acme.party, acme.party)]
    async with acme.world.ports.read(TEAM) as reading:
        problems = await reading.undelivered(acme.party)
    assert [(each.message, each.to_person) for each in problems] == [(MessageKind.REMINDERS, True)] * 2


async def test_a_reminder_that_became_moot_is_dropped_with_a_record_for_each_third_party(acme: Renewing) -> None:
    await Renewing.begin(acme.world, "Bolt")
    await plan_at(acme, WEEK_BEFORE)
    await note_dropped(await the_owners(acme), acme.world.ports)
    assert len(acme.world.rows("SELECT DISTINCT third_party FROM audit WHERE action = 'message.dropped'")) == 2


async def test_an_event_shows_the_reminders_of_its_third_party_anew_and_no_others(acme: Renewing) -> None:
    other = await Renewing.begin(acme.world, "Bolt")
    await plan_at(acme, WEEK_BEFORE)
    await sent(acme)
    await plan_at(acme, EXPIRES - 2 * DAY)
    await sent(acme)
    before = dict(acme.world.rows("SELECT id, revision FROM outbox WHERE third_party IS NULL"))
    assert len(before) == 5
    acme.world.rows("CREATE TABLE aside AS SELECT * FROM reminders WHERE days = 3")
    acme.world.rows(f"DELETE FROM reminders WHERE token = '{other.first}' AND days = 3")
    await other.ask("UANNA", disable_third_party, DisableThirdParty, third_party=other.party, reason="")
    acme.world.rows("INSERT INTO reminders SELECT * FROM aside WHERE true ON CONFLICT DO NOTHING")
    acme.world.rows("DROP TABLE aside")
    after = dict(acme.world.rows("SELECT id, revision FROM outbox WHERE third_party IS NULL"))
    assert sorted(after[each] - before[each] for each in before) == [0, 0, 1, 1, 1]


async def test_what_a_message_brings_is_what_was_planned_for_it(acme: Renewing) -> None:
    await plan_at(acme, WEEK_BEFORE)
    async with acme.world.ports.read(TEAM) as reading:
        for queued in await sent(acme):
            (brought,) = await reading.reminders.in_message(queued.message)
            assert isinstance(brought.reminder, Reminder)
            assert (brought.reminder.reader, brought.at) == (queued.message.reader, WEEK_BEFORE)
            spread = replace(queued.message, reader=brought.reminder.reader, occasion="admins")
            assert [each.reminder.role for each in await reading.reminders.in_message(spread)] == ["admins"]

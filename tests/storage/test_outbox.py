import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access.model.card import Undelivered
from access.model.ids import ThirdPartyId
from access.model.messages import MessageKind, Refresh
from access.ports import UnitOfWork
from access.ports.outbox import LONGEST_WAIT, TOO_LONG, OutboxEnd, QueuedMessage
from storage.engine import Database
from storage.repositories.outbox import OutboxRows, Planned
from tests.noting import noting
from tests.storage.conftest import open_database
from tests.storage.rows import CONTACT, HERE, HOUR, NOW, PARTY, keep_party, message, party

MINUTE = timedelta(minutes=1)
LEASE = 5 * MINUTE
REFRESH = Refresh(MessageKind.HANDOFF, PARTY, "token")


def outbox_of(uow: UnitOfWork) -> OutboxRows:
    assert isinstance(uow.outbox, OutboxRows)
    return uow.outbox


async def claim_one(rows: OutboxRows, now: datetime) -> QueuedMessage:
    (queued,) = await rows.claim(now, now + LEASE, 9)
    return queued


@pytest.fixture
async def with_party(database: Database) -> Database:
    await keep_party(database)
    return database


async def test_a_claimed_message_is_due_again_when_the_claim_runs_out(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        whole = message(actor=CONTACT, occasion="again")
        await rows.add([Planned(whole, NOW)])
        assert await rows.claim(NOW - MINUTE, NOW, 9) == []
        first = await claim_one(rows, NOW)
        assert first == QueuedMessage(first.id, HERE, whole, attempts=1, revision=1)
        assert await rows.claim(NOW + LEASE - MINUTE, NOW + HOUR, 9) == []
        assert await uow.next_message_due() == NOW + LEASE
        second = await claim_one(rows, NOW + LEASE)
        assert second == replace(first, attempts=2, uncertain_since=NOW)


async def test_claims_come_oldest_first_and_no_more_than_asked_for(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        for subject, at in (("later", NOW + HOUR), ("now", NOW), ("soon", NOW + MINUTE)):
            await rows.add([Planned(message(subject), at)])
        claimed = await rows.claim(NOW + HOUR, NOW + 2 * HOUR, 2)
        assert [each.message.subject for each in claimed] == ["now", "soon"]


async def test_what_seems_to_wait_for_longer_than_anything_does_is_due(with_party: Database) -> None:
    """The clock was set back since it was put off."""
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        for subject, at in (("far", NOW + TOO_LONG + MINUTE), ("longest", NOW + LONGEST_WAIT), ("now", NOW)):
            await rows.add([Planned(message(subject), at)])
        claimed = await rows.claim(NOW, NOW + LEASE, 9)
        assert [each.message.subject for each in claimed] == ["now", "far"]


async def test_what_one_transaction_plans_keeps_its_order(with_party: Database) -> None:
    subjects = [str(number) for number in range(9)]
    async with with_party.write(HERE) as uow:
        for subject in subjects:
            uow.plan(message(subject), at=NOW)
        await uow.commit()
    async with with_party.write(HERE) as uow:
        claimed = await outbox_of(uow).claim(NOW, NOW + LEASE, 9)
        assert [each.message.subject for each in claimed] == subjects


async def test_a_message_that_failed_is_claimed_before_those_that_were_planned_after_it(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message("first"), NOW)])
        await rows.postpone(await claim_one(rows, NOW), NOW + HOUR, uncertain=False, error="ratelimited")
        await rows.add([Planned(message("second"), NOW + MINUTE)])
        claimed = await rows.claim(NOW + HOUR, NOW + 2 * HOUR, 9)
        assert [each.message.subject for each in claimed] == ["first", "second"]


async def test_a_posted_message_rests_until_it_is_refreshed(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message(), NOW)])
        await rows.posted(await claim_one(rows, NOW), "D0CARLA", "17.1", NOW)
        assert await uow.next_message_due() is None
        await rows.refresh([REFRESH], NOW + HOUR)
        update = await claim_one(rows, NOW + HOUR)
        assert (update.channel, update.ts, update.revision, update.attempts) == ("D0CARLA", "17.1", 2, 1)
        assert (await claim_one(rows, NOW + HOUR + LEASE)).uncertain_since is None, "an update can be repeated"


async def test_a_refresh_during_the_attempt_is_not_lost(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message(), NOW)])
        queued = await claim_one(rows, NOW)
        await rows.refresh([REFRESH], NOW + MINUTE)
        assert await uow.next_message_due() == NOW + LEASE, "nobody else takes it meanwhile"
        await rows.posted(queued, "D0CARLA", "17.1", NOW + 2 * MINUTE)
        assert (await claim_one(rows, NOW + 2 * MINUTE)).ts == "17.1"


async def test_a_refresh_does_not_cut_a_wait_short(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message(), NOW)])
        await rows.postpone(await claim_one(rows, NOW), NOW + HOUR, uncertain=False)
        await rows.refresh([REFRESH], NOW + MINUTE)
        assert await uow.next_message_due() == NOW + HOUR


@pytest.mark.parametrize(
    ("what", "woken"),
    [
        (REFRESH, {"token"}),
        (Refresh(MessageKind.HANDOFF, PARTY, None), {"token", "other"}),
        (Refresh(MessageKind.HANDOFF_NUDGE, PARTY, None), set()),
        (Refresh(MessageKind.HANDOFF, ThirdPartyId("elsewhere"), None), {"elsewhere"}),
    ],
)
@pytest.mark.parametrize("besides", [[], [Refresh(MessageKind.HANDOFF_NUDGE, PARTY, "other")]])
async def test_a_refresh_is_for_one_kind_and_subject(
    with_party: Database, what: Refresh, woken: set[str], besides: Sequence[Refresh]
) -> None:
    elsewhere = ThirdPartyId("elsewhere")
    async with with_party.write(HERE) as uow:
        await uow.third_parties.add(party("Elsewhere", id=elsewhere))
        rows = outbox_of(uow)
        for each in (message(), message("other"), message("closed"), message("elsewhere", third_party=elsewhere)):
            await rows.add([Planned(each, NOW)])
        for queued in await rows.claim(NOW, NOW + LEASE, 9):
            if queued.message.subject == "closed":
                await rows.close(queued, OutboxEnd.DROPPED, NOW)
            else:
                await rows.posted(queued, "D0CARLA", "17.1", NOW)
        await rows.refresh([what, *besides], NOW)
        assert {each.message.subject for each in await rows.claim(NOW, NOW + LEASE, 9)} == woken


async def test_several_refreshes_are_one_statement_and_show_each_message_anew_once(with_party: Database) -> None:
    whole, one, other = (Refresh(MessageKind.HANDOFF, PARTY, each) for each in (None, "token", "other"))
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        for each in (message(), message("other"), message("third")):
            await rows.add([Planned(each, NOW)])
        for queued in await rows.claim(NOW, NOW + LEASE, 9):
            await rows.posted(queued, "D0CARLA", "17.1", NOW)
        with noting() as asked:
            await rows.refresh([one, other], NOW)
            await rows.refresh([whole, one], NOW)
        assert len(asked) == 2
        revisions = {each.message.subject: each.revision for each in await rows.claim(NOW, NOW + LEASE, 9)}
        assert revisions == {"token": 3, "other": 3, "third": 2}


async def test_what_was_undeliverable_is_listed_newest_first_five_at_most(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        for number in range(7):
            await rows.add([Planned(message(str(number)), NOW)])
        for queued in await rows.claim(NOW, NOW + LEASE, 9):
            number = int(queued.message.subject)
            if number == 6:
                await rows.close(queued, OutboxEnd.SPREAD, NOW + HOUR)
            else:
                await rows.close(queued, OutboxEnd.UNDELIVERABLE, NOW + number * MINUTE, "user_disabled")
        problems = await uow.undelivered(PARTY)
        assert await uow.next_message_due() is None
        assert await uow.undelivered(ThirdPartyId("elsewhere")) == []
    newest = [5, 4, 3, 2, 1]
    expected = [Undelivered(MessageKind.HANDOFF, "user_disabled", NOW + each * MINUTE, True) for each in newest]
    assert problems == expected


async def test_what_fails_again_and_again_is_listed_first_until_it_arrives(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message("lost", reader=None), NOW)])
        await rows.close(await claim_one(rows, NOW), OutboxEnd.UNDELIVERABLE, NOW, "no_admins")
        lost = Undelivered(MessageKind.HANDOFF, "no_admins", NOW, to_person=False)
        await rows.add([Planned(message(), NOW + MINUTE)])
        for attempt, error in enumerate(("no_answer", "missing_scope", "messages_tab_disabled"), 1):
            assert await uow.undelivered(PARTY) == [lost], f"before attempt {attempt}"
            await rows.postpone(await claim_one(rows, NOW + attempt * HOUR), NOW, uncertain=False, error=error)
        delayed = Undelivered(MessageKind.HANDOFF, "messages_tab_disabled", NOW + MINUTE, True, delayed=True)
        assert await uow.undelivered(PARTY) == [delayed, lost]
        await rows.postpone(await claim_one(rows, NOW), NOW, uncertain=False)
        assert await uow.undelivered(PARTY) == [delayed, lost], "it was only put back"
        await rows.posted(await claim_one(rows, NOW), "D0CARLA", "17.1", NOW)
        assert await uow.undelivered(PARTY) == [lost]


async def test_what_was_put_back_untried_is_no_problem(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message(), NOW)])
        for _ in range(9):
            await rows.postpone(await claim_one(rows, NOW), NOW, uncertain=False)
        assert await uow.undelivered(PARTY) == []


async def test_a_late_word_about_an_attempt_that_another_one_overtook_does_no_harm(with_party: Database) -> None:
    async with with_party.write(HERE) as uow:
        rows = outbox_of(uow)
        await rows.add([Planned(message(), NOW)])
        slow = await claim_one(rows, NOW)
        second = await claim_one(rows, NOW + LEASE)
        await rows.posted(slow, "D0CARLA", "17.1", NOW + LEASE)
        await rows.postpone(second, NOW + HOUR, uncertain=False)
        third = await claim_one(rows, NOW + HOUR)
        assert (third.ts, third.uncertain_since) == ("17.1", None)
        await rows.close(third, OutboxEnd.DROPPED, NOW + HOUR)
        await rows.postpone(third, NOW + HOUR, uncertain=True)
        assert await uow.next_message_due() is None


@dataclass
class Relay:
    """One message, what is true about it, and what Slack shows; a relay that may be killed at any moment."""

    rows: OutboxRows
    now: datetime = NOW
    truth: int = 1
    shown: int | None = None
    unclear_since: datetime | None = None
    claimed: QueuedMessage | None = None
    rendered: int = 0
    claimed_at: datetime = NOW

    async def act(self, step: str) -> None:
        match step:
            case "wait":
                self.now += 2 * MINUTE
            case "refresh":
                self.truth += 1
                await self.rows.refresh([REFRESH], self.now)
            case "claim" if self.claimed is None:
                await self.claim()
            case "arrived" | "failed" | "unclear" | "killed" if self.claimed is not None:
                await self.finish(self.claimed, step)

    async def claim(self) -> None:
        for queued in await self.rows.claim(self.now, self.now + LEASE, 9):
            assert queued.uncertain_since == self.unclear_since
            assert (queued.ts is None) == (self.shown is None)
            self.claimed, self.claimed_at, self.rendered = queued, self.now, self.truth

    async def finish(self, queued: QueuedMessage, outcome: str) -> None:
        self.claimed = None
        if outcome in ("unclear", "killed") and self.shown is None:
            self.unclear_since = self.unclear_since or self.claimed_at
        if outcome == "arrived":
            self.shown, self.unclear_since = self.rendered, None
            await self.rows.posted(queued, "D0CARLA", "17.1", self.now)
        elif outcome != "killed":
            await self.rows.postpone(queued, self.now + MINUTE, uncertain=outcome == "unclear", error="no_answer")

    async def come_to_rest(self) -> None:
        """Do the work faithfully until there is none."""
        if self.claimed is not None:
            await self.finish(self.claimed, "arrived")
        while (due := await self.rows.next_due()) is not None:
            self.now = max(self.now, due)
            await self.claim()
            assert self.claimed is not None
            await self.finish(self.claimed, "arrived")


@contextmanager
def database_with_party() -> Iterator[tuple[asyncio.Runner, Database]]:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        database = runner.run(open_database(Path(folder) / "thirdparty.db"))
        try:
            runner.run(database.migrate())
            runner.run(keep_party(database))
            yield runner, database
        finally:
            runner.run(database.close())


def test_whatever_happens_slack_shows_the_truth_in_the_end_and_doubt_is_remembered() -> None:
    steps = st.sampled_from(["wait", "claim", "refresh", "arrived", "failed", "unclear", "killed"])
    with database_with_party() as (runner, database):

        async def live(path: list[str]) -> None:
            async with database.write(HERE) as uow:
                relay = Relay(outbox_of(uow))
                await relay.rows.add([Planned(message(), NOW)])
                for step in path:
                    await relay.act(step)
                await relay.come_to_rest()
                assert relay.shown == relay.truth

        @settings(deadline=None)
        @given(st.lists(steps, max_size=20))
        def check(path: list[str]) -> None:
            runner.run(live(path))

        check()

"""The relay: when it sends, in which order, how fast, and what it does when it cannot."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from access.model.ids import WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.model.rendered import Rendered
from access.operations.deliver_messages import note_posted
from bot import slack_outbox, slack_poster
from sandbox.faults import Delay, Error, RateLimited, Status
from tests.bot.post_room import CHANNEL, PostRoom
from tests.bot.waiting import until
from tests.faulty_disk import full_disk

SECOND = timedelta(seconds=1)


async def test_it_sends_at_once_after_a_commit(room: PostRoom) -> None:
    room.start()
    await asyncio.sleep(0.05)  # it has found nothing, and waits
    await room.queue("hello")
    await room.slack.people["anna"].waits_for("hello", timeout=slack_outbox.IDLE.total_seconds() / 2)


async def test_what_was_queued_before_it_started_is_sent(room: PostRoom) -> None:
    await room.queue("hello")
    await room.queue("to all of you", to=None)
    room.start()
    await room.settled()
    assert room.reads("anna") == ["hello"]
    assert room.reads("ben", CHANNEL) == ["to all of you"]


async def test_commits_at_the_same_time_lose_no_message(room: PostRoom) -> None:
    room.start()
    subjects = [f"message {number}" for number in range(20)]
    for wave in (subjects[:10], subjects[10:]):
        await asyncio.gather(*(room.queue(subject) for subject in wave))
    await room.settled()
    assert sorted(room.reads("anna")) == sorted(subjects)


async def test_more_than_one_batch_is_sent_without_another_commit(
    room: PostRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_outbox, "BATCH", 2)
    subjects = [f"message {number}" for number in range(5)]
    await room.queue(*subjects)
    room.start()
    await room.settled()
    assert sorted(room.reads("anna")) == subjects


async def test_a_message_says_what_is_true_when_it_is_sent(room: PostRoom) -> None:
    await room.queue("offer")
    room.words.now = "withdrawn"
    room.start()
    await room.settled()
    assert room.reads("anna") == ["offer withdrawn"]


async def test_what_has_become_moot_is_dropped_with_a_record(room: PostRoom) -> None:
    await room.queue("offer")
    room.words.moot = True
    room.start()
    await room.settled()
    assert room.state("offer") == "dropped"
    assert room.rows("SELECT count(*) FROM audit WHERE action = 'message.dropped'") == [(1,)]
    assert room.calls("chat.postMessage") == 0


async def test_it_keeps_slacks_pace_for_each_reader_by_itself(room: PostRoom) -> None:
    await room.queue("a1", "a2", "a3")
    await room.queue("b1", to="ben")
    room.start(pace=0.15)
    await room.settled()
    sent = dict(room.words.written)
    assert sent["a2"] - sent["a1"] >= 0.15
    assert sent["a3"] - sent["a2"] >= 0.15
    assert sent["b1"] < sent["a2"]
    assert room.reads("anna") == ["a1", "a2", "a3"]


async def test_one_slow_conversation_does_not_keep_the_others_waiting(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("conversations.open", Delay(2))
    await room.queue("slow")
    await asyncio.sleep(0.05)
    await room.queue("quick", to="ben")
    await room.slack.people["ben"].waits_for("quick")
    assert room.reads("anna") == []


async def test_nothing_is_sent_before_slack_wants_it_again(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("chat.postMessage", RateLimited(30))
    await room.queue("too soon")
    await room.settled()
    await room.queue("behind it", to="ben")
    room.pass_time(29 * SECOND)
    await asyncio.sleep(0.05)
    assert room.calls("chat.postMessage") == 1
    assert room.calls("conversations.open") == 1
    room.pass_time(1 * SECOND)
    await room.settled()
    assert room.reads("anna") == ["too soon"]
    assert room.reads("ben") == ["behind it"]
    assert room.calls("chat.postMessage") == 3


async def test_what_waits_its_turn_when_slack_says_wait_is_put_back(room: PostRoom) -> None:
    room.slack.faults.next("chat.postMessage", RateLimited(30))
    await room.queue("first", "second")
    room.start(pace=0.1)
    await room.settled()
    assert (room.calls("chat.postMessage"), room.state("second")) == (1, "waiting")
    room.pass_time(30 * SECOND)
    await room.settled()
    assert room.reads("anna") == ["first", "second"]


@pytest.mark.parametrize(
    ("fault", "minutes"),
    [(Error("internal_error"), 15), (Error("missing_scope"), 15), (Status(502), 1), (Error("invalid_auth"), 1)],
    ids=str,
)
async def test_it_backs_off_and_never_gives_up(room: PostRoom, fault: Status | Error, minutes: int) -> None:
    """One message's own trouble is tried more and more rarely; an outage, in which all wait together, every minute."""
    room.start()
    room.slack.faults.always("conversations.open", fault)
    with capture_logs() as log:
        await room.queue("patience")
        waits = []
        for _ in range(13):
            await room.settled()
            waits.append(_wait(room))
            room.pass_time(waits[-1])
        await room.settled()
    for number, wait in enumerate(waits, 1):
        longest = min(timedelta(seconds=2**number), timedelta(minutes=minutes))
        assert longest / 2 <= wait <= longest
    assert len(set(waits[-4:])) > 1 or minutes == 1, "no jitter"
    assert [line["attempt"] for line in log if line["event"] == "message_not_sent"] == list(range(1, 15))
    assert room.failures == {"put_off": 14}
    room.slack.faults.clear()
    room.pass_time()
    await room.settled()
    assert room.reads("anna") == ["patience"]


def _wait(room: PostRoom) -> timedelta:
    (due,) = room.rows("SELECT next_attempt_at FROM outbox")[0]
    return timedelta(microseconds=due) - timedelta(seconds=room.ports.clock.now().timestamp())


async def test_when_slack_cannot_be_reached_one_failure_speaks_for_all(room: PostRoom) -> None:
    await room.queue("first", "second", "third")
    address = room.slack.api_url
    room.slack.api_url = "http://127.0.0.1:9/api/"
    with capture_logs() as log:
        room.start()
        await room.settled()
    assert [line["code"] for line in log if line["event"] == "message_not_sent"] == ["not_connected"]
    await room.stop()
    room.slack.api_url = address
    room.start()
    room.pass_time()
    await room.settled()
    assert sorted(room.reads("anna")) == ["first", "second", "third"]


async def test_after_an_outage_messages_go_in_the_order_of_their_planning(room: PostRoom) -> None:
    """However often each of them was tried in it, and however much later it was planned."""
    room.start()
    room.slack.faults.always("chat.postMessage", Error("token_revoked"))
    for subject in ("first", "second", "third"):
        await room.queue(subject)
        room.pass_time(timedelta(minutes=5))
        await room.settled()
    room.slack.faults.clear()
    room.pass_time(timedelta(minutes=1))
    await room.settled()
    assert room.reads("anna") == ["first", "second", "third"]


async def test_a_broken_message_keeps_no_other_back_and_is_tried_again(room: PostRoom) -> None:
    room.words.broken = {"broken"}
    room.start()
    with capture_logs() as log:
        await room.queue("broken", "whole")
        await room.settled()
    assert room.reads("anna") == ["whole"]
    assert room.state("broken") == "waiting"
    assert [line["code"] for line in log if line["event"] == "message_not_sent"] == ["ZeroDivisionError"]
    room.words.broken.clear()
    room.pass_time()
    await room.settled()
    assert room.reads("anna") == ["whole", "broken"]


async def test_a_database_that_fails_for_a_while_stops_nothing(room: PostRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(slack_outbox, "_AFTER_FAILURE", timedelta(milliseconds=10))
    await room.queue("hello")
    with monkeypatch.context() as for_a_while, capture_logs() as log:
        for_a_while.setattr(slack_outbox, "claim_messages", fail)
        room.start()
        await asyncio.sleep(0.05)
    await room.settled()
    assert room.reads("anna") == ["hello"]
    assert {line["event"] for line in log} == {"outbox_unusable"}


async def test_a_stop_finishes_what_is_being_sent_and_leaves_the_rest_queued(room: PostRoom) -> None:
    room.slack.faults.next("chat.postMessage", Delay(0.2))
    await room.queue("under way", "next")
    room.start(pace=5)
    await room.slack_has("chat.postMessage")
    started = asyncio.get_running_loop().time()
    await room.stop()
    assert asyncio.get_running_loop().time() - started < 1
    assert room.reads("anna") == ["under way"]
    assert (room.state("under way"), room.state("next")) == ("sent", "waiting")
    room.start()
    await room.settled()
    assert room.reads("anna") == ["under way", "next"]


async def test_a_change_while_a_message_is_under_way_is_shown_afterwards(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("chat.postMessage", Delay(0.2))
    await room.queue("offer")
    await room.slack_has("chat.postMessage")
    await room.refresh("offer", "collected")
    await room.settled()
    assert room.reads("anna") == ["offer collected"]
    assert (room.calls("chat.postMessage"), room.calls("chat.update")) == (1, 1)


async def test_a_message_that_was_sent_is_changed_in_its_place(room: PostRoom) -> None:
    room.start()
    await room.queue("offer")
    await room.settled()
    await room.refresh("offer", "withdrawn")
    await room.settled()
    assert room.reads("anna") == ["offer withdrawn"]
    room.words.moot = True
    await room.refresh("offer", "forgotten")
    await room.settled()
    assert room.reads("anna") == ["offer withdrawn"]
    assert room.state("offer") == "sent"


async def test_a_kind_that_is_posted_to_both_reaches_the_owner_and_the_channel(room: PostRoom) -> None:
    room.start()
    await room.queue("dispute", to=None, kind=MessageKind.DISPUTE)
    await room.queue("dispute", to="anna", kind=MessageKind.DISPUTE)
    await room.settled()
    assert room.reads("anna") == room.reads("ben", CHANNEL) == ["dispute"]


async def test_a_message_under_way_is_not_sent_twice_because_the_clock_was_set_back(
    room: PostRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, render = asyncio.Event(), room.words.render

    async def slowly(workspace: WorkspaceId, message: PlannedMessage, *, sent_at: datetime | None) -> Rendered | None:
        assert sent_at is None
        rendered = await render(workspace, message)
        await go_on.wait()
        return rendered

    monkeypatch.setattr(room.words, "render", slowly)
    relay = room.start()
    await room.queue("hello")
    await until(lambda: len(room.words.written) == 1, within=30)
    room.set_clock_back()
    relay.wake()
    await until(lambda: room.rows("SELECT attempts FROM outbox") == [(2,)], within=30)
    go_on.set()
    await until(lambda: room.state("hello") == "sent", within=30)
    assert (room.reads("anna"), room.calls("chat.postMessage")) == (["hello"], 1)
    assert len(room.words.written) == 1


async def test_with_a_full_disk_nothing_is_sent_and_afterwards_everything(
    room: PostRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the log is filled: what is wrong with the database is told elsewhere."""
    monkeypatch.setattr(slack_outbox, "_AFTER_FAILURE", timedelta(milliseconds=5))
    await room.queue("hello")
    tries: list[object] = []
    room.database.on_trouble(tries.append)
    with capture_logs() as log, full_disk():
        room.start()
        await until(lambda: len(tries) >= 3, within=30)
        assert room.calls("chat.postMessage") == 0
    await room.settled()
    assert (room.reads("anna"), log) == (["hello"], [])


async def test_what_was_posted_while_the_disk_filled_is_looked_for_before_it_is_repeated(
    room: PostRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note_on_a_full_disk(*posted: Any, **besides: Any) -> None:
        with full_disk():
            await note_posted(*posted, **besides)

    await room.queue("hello")
    with capture_logs() as log, monkeypatch.context() as meanwhile:
        meanwhile.setattr(slack_poster, "note_posted", note_on_a_full_disk)
        room.start()
        await until(lambda: log != [], within=30)
    assert [(line["event"], "exc_info" in line) for line in log] == [("message_not_accounted_for", False)]
    room.pass_time(slack_outbox.LEASE)
    await room.settled()
    assert (room.state("hello"), room.reads("anna"), room.calls("chat.postMessage")) == ("sent", ["hello"], 1)

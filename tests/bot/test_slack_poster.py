"""One message: refused, perhaps posted already, changed, or for admins without a channel."""

import pytest
from structlog.testing import capture_logs

from access.model.messages import MessageKind
from access.operations.propose_contact import ProposeContact, propose_contact
from bot import slack_outbox, slack_poster
from bot.slack_outbox import LEASE
from bot.slack_poster import REPEATED
from sandbox.faults import Dropped, Error, Fault, LostAnswer, RateLimited, Status
from tests.bot.post_room import CHANNEL, PostRoom
from tests.bot.waiting import until

UNCLEAR = [LostAnswer(), Dropped(), Status(500), Error("internal_error"), Error("fatal_error")]


def times(fault: Fault) -> int:
    """How often the message is in Slack after an attempt that met this fault."""
    return 1 if fault == LostAnswer() else 0


@pytest.mark.parametrize("fault", UNCLEAR, ids=str)
async def test_where_it_can_look_it_does_not_repeat_what_arrived(room: PostRoom, fault: Fault) -> None:
    room.start()
    room.slack.faults.next("chat.postMessage", fault)
    await room.queue("hello")
    await room.settled()
    assert (room.state("hello"), len(room.reads("anna"))) == ("uncertain", times(fault))
    room.pass_time()
    await room.settled()
    assert (room.state("hello"), room.reads("anna")) == ("sent", ["hello"])
    assert room.calls("chat.postMessage") == 2 - times(fault)
    assert room.calls("conversations.history") == 1


async def test_where_it_can_look_it_finds_what_arrived_before_the_clock_was_set_back(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("chat.postMessage", LostAnswer())
    await room.queue("hello")
    await room.settled()
    room.set_clock_back()
    room.pass_time()
    await until(lambda: room.state("hello") == "sent")
    assert (room.reads("anna"), room.calls("chat.postMessage")) == (["hello"], 1)


@pytest.mark.parametrize("fault", UNCLEAR[:3], ids=str)
async def test_where_it_cannot_look_it_repeats_once_and_says_so(blind_room: PostRoom, fault: Fault) -> None:
    room = blind_room
    room.start()
    room.slack.faults.next("chat.postMessage", fault)
    await room.queue("hello")
    await room.settled()
    for _ in range(3):
        room.pass_time()
        await room.settled()
    assert room.reads("anna") == ["hello"] * times(fault) + [f"{REPEATED}\nhello"]
    assert room.slack.people["anna"].reads()[-1].text == f"{REPEATED} hello"
    assert room.calls("chat.postMessage") == 2


async def test_killed_between_claim_and_post(room: PostRoom) -> None:
    await room.queue("hello")
    await room.claim_and_die()
    room.start()
    await room.settled()
    assert (room.calls("conversations.history"), room.reads("anna")) == (1, ["hello"])


async def test_killed_where_it_cannot_look(blind_room: PostRoom) -> None:
    room = blind_room
    await room.queue("hello")
    await room.claim_and_die()
    room.start()
    await room.settled()
    assert room.reads("anna") == [f"{REPEATED}\nhello"]


async def test_killed_between_post_and_note(room: PostRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(slack_poster, "note_posted", _die)
        dying.setattr(slack_outbox, "note_postponed", _die)
        room.start()
        await room.queue("hello")
        await room.slack.people["anna"].waits_for("hello")
        await room.stop()
    assert room.state("hello") == "uncertain"
    room.start()
    room.pass_time(LEASE)
    await room.settled()
    assert (room.state("hello"), room.reads("anna")) == ("sent", ["hello"])


async def _die(*_: object, **__: object) -> None:
    raise RuntimeError("the disk is full")


async def test_what_is_found_is_shown_as_things_are_now(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("chat.postMessage", LostAnswer())
    await room.queue("offer")
    await room.settled()
    await room.refresh("offer", "withdrawn")
    room.pass_time()
    await room.settled()
    assert room.reads("anna") == ["offer withdrawn"]


@pytest.mark.parametrize("fault", [RateLimited(60), Status(500)], ids=str)
async def test_it_does_not_repeat_before_it_has_looked(room: PostRoom, fault: Fault) -> None:
    room.start()
    room.slack.faults.next("chat.postMessage", LostAnswer())
    room.slack.faults.next("conversations.history", fault)
    await room.queue("hello")
    for _ in range(3):
        await room.settled()
        room.pass_time()
    await room.settled()
    assert (room.state("hello"), room.reads("anna")) == ("sent", ["hello"])
    assert (room.calls("conversations.history"), room.calls("chat.postMessage")) == (2, 1)


@pytest.mark.parametrize("fault", [LostAnswer(), Error("fatal_error")], ids=str)
async def test_a_failure_before_the_post_is_no_doubt(blind_room: PostRoom, fault: Fault) -> None:
    room = blind_room
    room.start()
    room.slack.faults.next("conversations.open", fault)
    await room.queue("hello")
    await room.settled()
    assert room.state("hello") == "waiting"
    room.pass_time()
    await room.settled()
    assert room.reads("anna") == ["hello"]


async def test_a_later_failure_does_not_end_an_earlier_doubt(blind_room: PostRoom) -> None:
    room = blind_room
    room.start()
    room.slack.faults.next("chat.postMessage", LostAnswer())
    room.slack.faults.next("chat.postMessage", RateLimited(1))
    await room.queue("hello")
    for _ in range(2):
        await room.settled()
        assert room.state("hello") == "uncertain"
        room.pass_time()
    await room.settled()
    assert room.reads("anna") == ["hello", f"{REPEATED}\nhello"]


# --- what Slack refuses for good --------------------------------------------------------------------------------------


async def test_a_contact_who_cannot_be_introduced_ends_the_proposal(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("conversations.open", Error("user_disabled"))
    proposed = ProposeContact(
        caller=room.caller("anna"), third_party=room.party.id, user_id=room.slack.people["carla"].id
    )
    proposal = await propose_contact(proposed, room.ports)
    await room.settled()
    assert room.rows("SELECT outcome FROM contact_proposals") == [("unreachable",)]
    assert room.reads("anna") == [proposal.id]  # the news, PROPOSAL_DECIDED
    assert await problems(room) == [(MessageKind.INTRODUCTION, "user_disabled")]


async def test_what_cannot_reach_a_contact_is_told_to_the_owner(room: PostRoom) -> None:
    room.start()
    await room.queue("offer", to="carla")
    await room.settled()
    room.slack.faults.next("chat.postMessage", Error("channel_not_found"))
    await room.queue("another offer", to="carla")
    await room.settled()
    assert room.state("another offer") == "undeliverable"
    assert room.failures == {"given_up": 1}
    (about,) = room.reads("anna")
    assert room.rows(f"SELECT subject FROM outbox WHERE id = '{about}'") == [("another offer",)]
    assert await problems(room) == [(MessageKind.HANDOFF, "channel_not_found")]


async def test_what_cannot_reach_the_owner_is_told_to_the_admins(room: PostRoom) -> None:
    room.start()
    room.slack.faults.next("conversations.open", Error("user_not_visible"))
    await room.queue("news", kind=MessageKind.HANDOFF_LAPSED)
    await room.settled()
    (about,) = room.reads("ben", CHANNEL)
    assert room.rows(f"SELECT subject FROM outbox WHERE id = '{about}'") == [("news",)]


@pytest.mark.parametrize("channel", ["", None], ids=["with a channel", "without one"])
async def test_what_cannot_reach_anybody_shows_in_show_alone(room: PostRoom, channel: str | None) -> None:
    room.start(channel=channel)
    room.slack.faults.always("chat.postMessage", Error("user_not_visible"))
    await room.queue("news", kind=MessageKind.HANDOFF_LAPSED)
    await room.settled()
    ends = ["undeliverable"] * 2 if channel == "" else ["undeliverable", "spread", "undeliverable", "undeliverable"]
    assert sorted(end for (end,) in room.rows('SELECT "end" FROM outbox')) == sorted(ends)
    told = await problems(room)
    assert (MessageKind.HANDOFF_LAPSED, "user_not_visible") in told
    assert {kind for kind, _ in told} == {MessageKind.HANDOFF_LAPSED, MessageKind.UNDELIVERABLE}


async def test_the_account_of_the_reader_was_erased(room: PostRoom) -> None:
    await room.queue("offer", to="carla")
    room.rows(f"DELETE FROM people WHERE user_id = '{room.slack.people['carla'].id}'")
    room.start()
    await room.settled()
    assert await problems(room) == [(MessageKind.HANDOFF, "person_erased")]
    assert len(room.reads("anna")) == 1


@pytest.mark.parametrize("code", ["message_not_found", "is_archived"])
async def test_what_cannot_be_changed_any_more_stays_as_it_was(room: PostRoom, code: str) -> None:
    room.start()
    await room.queue("offer")
    await room.settled()
    room.slack.faults.next("chat.update", Error(code))
    with capture_logs() as log:
        await room.refresh("offer", "withdrawn")
        await room.settled()
    assert (room.state("offer"), room.reads("anna")) == ("sent", ["offer"])
    assert [line["code"] for line in log if line["event"] == "message_not_updated"] == [code]
    assert await problems(room) == []


async def test_what_cannot_be_changed_but_is_to_be_pressed_is_posted_once_more(room: PostRoom) -> None:
    room.start()
    await room.queue("offer")
    await room.settled()
    room.words.button = True
    room.slack.faults.next("chat.update", Error("edit_window_closed"))
    await room.refresh("offer", "opened")
    await room.settled()
    await room.refresh("offer", "confirmed")
    await room.settled()
    assert (room.state("offer"), room.reads("anna")) == ("sent", ["offer", "offer confirmed\n[Press]"])


async def test_what_can_be_posted_no_more_either_stays_as_it_was(room: PostRoom) -> None:
    room.start()
    await room.queue("offer")
    await room.settled()
    room.words.button = True
    for method in ("chat.update", "chat.postMessage"):
        room.slack.faults.next(method, Error("is_archived"))
    await room.refresh("offer", "opened")
    await room.settled()
    assert (room.state("offer"), room.reads("anna")) == ("sent", ["offer"])
    assert await problems(room) == []


async def test_a_change_that_fails_for_a_while_is_shown_later(room: PostRoom) -> None:
    room.start()
    await room.queue("offer")
    await room.settled()
    room.slack.faults.next("chat.update", Status(503))
    await room.refresh("offer", "withdrawn")
    await room.settled()
    assert room.reads("anna") == ["offer"]
    room.pass_time()
    await room.settled()
    assert (room.state("offer"), room.reads("anna")) == ("sent", ["offer withdrawn"])


# --- admins without a channel -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["none", "archived", "not invited", "restricted"])
async def test_without_a_usable_channel_each_admin_is_told(room: PostRoom, trouble: str) -> None:
    match trouble:
        case "archived":
            room.slack.changes.archive_channel(CHANNEL)
        case "not invited":
            room.slack.changes.remove_from_channel(CHANNEL, "thirdparty")
        case "restricted":
            room.slack.faults.next("chat.postMessage", Error("restricted_action_read_only_channel"))
    room.start(channel=None if trouble == "none" else "")
    await room.queue("dispute", to=None, kind=MessageKind.DISPUTE)
    await room.settled()
    assert room.reads("anna") == room.reads("ben") == ["dispute"]
    assert room.reads("mia") == []
    await room.refresh("dispute", "settled", opened_by=room.party.owner)
    await room.settled()
    assert room.reads("anna") == room.reads("ben") == ["dispute settled"]


async def test_the_admins_wait_for_a_directory_that_does_not_answer(room: PostRoom) -> None:
    room.slack.faults.next("users.list", Error("internal_error"))
    room.start(channel=None)
    await room.queue("dispute", to=None)
    await room.settled()
    assert room.state("dispute") == "waiting"
    room.pass_time()
    await room.settled()
    assert room.reads("ben") == ["dispute"]


async def test_without_any_admin_the_owner_is_told(room: PostRoom) -> None:
    for handle in ("anna", "ben"):
        room.slack.changes.make_admin(handle, False)
    room.start(channel=None)
    await room.queue("dispute", to=None)
    await room.settled()
    assert await problems(room) == [(MessageKind.HANDOFF, "no_admins")]
    assert len(room.reads("anna")) == 1


async def problems(room: PostRoom) -> list[tuple[MessageKind, str]]:
    """What `show NAME` tells of messages that did not arrive."""
    async with room.ports.read(room.workspace) as reading:
        found = await reading.undelivered(room.party.id)
    return [(problem.message, problem.error) for problem in found]

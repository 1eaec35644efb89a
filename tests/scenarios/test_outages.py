"""Slack is away for hours: nothing that was promised is lost, nothing is said twice, and people read the truth."""

import asyncio
from datetime import timedelta

import pytest

from bot.slack_poster import REPEATED
from sandbox.faults import Error, Fault, RateLimited, Silence
from tests.bot.waiting import until
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press

POSTS = ("chat.postMessage", "chat.update", "conversations.open", "conversations.history")
EVERYTHING = (*POSTS, "users.info", "users.list", "views.open", "response_url")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a silent Slack gives up sooner than in earnest."""
    monkeypatch.setattr("bot.slack_client.TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("bot.directory.WAIT_SECONDS", 0.5)


def trouble(stage: Stage, fault: Fault, *methods: str) -> None:
    for method in methods:
        stage.slack.faults.always(method, fault)


def calls(stage: Stage, *methods: str) -> int:
    return sum(stage.slack.faults.uses.count(method) for method in methods)


async def much_happens(stage: Stage) -> None:
    """Ben changes much of what Anna owns, and she and Carla have to be told, in this order."""
    question = got((await stage.ben.types(f"/thirdparty revoke {ACME}")).ephemeral)
    assert "is revoked" in await press(stage.ben, question, "Revoke now")
    stage.slack.clock.advance(timedelta(seconds=1))
    question = got((await stage.ben.types(f"/thirdparty remove {ACME}")).ephemeral)
    assert "is removed" in await press(stage.ben, question, "Remove now")


def told(stage: Stage, handle: str, already: int) -> list[str]:
    return [seen.reading for seen in stage.slack.people[handle].reads()][already:]


async def test_after_an_hour_of_429_everything_arrives_once_and_in_order(stage: Stage) -> None:
    await stage.collected()
    before = {handle: len(stage.slack.people[handle].reads()) for handle in ("anna", "carla")}
    trouble(stage, RateLimited(3600), *POSTS)
    await much_happens(stage)
    await stage.settled()
    tried = calls(stage, *POSTS)
    for _ in range(5):
        await stage.later(minutes=11)
    assert calls(stage, *POSTS) == tried
    stage.slack.faults.clear()
    await stage.later(minutes=6)
    anna_reads, carla_reads = (told(stage, handle, count) for handle, count in before.items())
    assert ["revoked" in anna_reads[0], "removed" in anna_reads[1], len(anna_reads)] == [True, True, 2], anna_reads
    assert ["revoked" in carla_reads[0], len(carla_reads)] == [True, 1]


async def test_after_a_day_of_silence_everything_arrives_once_and_in_order(stage: Stage) -> None:
    await stage.collected()
    before = {handle: len(stage.slack.people[handle].reads()) for handle in ("anna", "carla")}
    trouble(stage, Silence(), *POSTS)
    await much_happens(stage)
    for _ in range(3):
        await stage.later(hours=8)
    assert told(stage, "anna", before["anna"]) == []
    stage.slack.faults.clear()
    await stage.later(minutes=1)
    await stage.later(minutes=1)
    anna_reads, carla_reads = (told(stage, handle, count) for handle, count in before.items())
    assert ["revoked" in anna_reads[0], "removed" in anna_reads[1], len(anna_reads)] == [True, True, 2], anna_reads
    assert ["revoked" in carla_reads[0], len(carla_reads)] == [True, 1]


async def test_in_a_day_of_silence_nobody_is_told_anything_untrue(stage: Stage) -> None:
    """An offer that is nudged and lapses meanwhile: the news of its end arrives, the nudge says what is so."""
    offer = await stage.issued()
    stage.slack.clock.advance(timedelta(hours=40))
    trouble(stage, Silence(), *EVERYTHING)
    asked = await stage.anna.types(f"/thirdparty disable {ACME}")
    assert "Slack didn't tell me in time who is who, so I changed nothing" in asked.reading
    assert (await offer.press("Show credentials")).modal is None
    for _ in range(3):
        await stage.later(hours=12)
    stage.slack.faults.clear()
    await stage.later(minutes=2)
    await stage.later(minutes=2)
    assert stage.refusals() == ["preview_handoff!directory_unavailable"]
    assert stage.audit()[-2:] == ["handoff.lapsed", "token.revoked"]
    assert all("This offer has lapsed" in seen.reading for seen in stage.carla.reads()[1:])
    assert not any("Show credentials" in seen.buttons for seen in stage.carla.reads())
    owner = [seen for seen in stage.anna.reads() if "didn't open the credentials" in seen.reading]
    assert [seen.buttons for seen in owner] == [["Offer new ones", "Show"]]


async def test_what_a_silent_slack_may_have_taken_is_said_again_with_a_word_about_it(stage: Stage) -> None:
    stage.slack.faults.next("chat.postMessage", Silence(), times=2)
    await stage.registered()
    await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    for _ in range(4):
        await stage.later(minutes=1)
    assert [REPEATED in seen.reading for seen in stage.carla.reads()] == [False]
    (request,) = stage.ben.reads(CHANNEL)
    assert "proposes @Carla Ruiz" in request.reading


async def test_with_a_revoked_bot_token_nothing_is_done_and_nothing_promised_is_lost(stage: Stage) -> None:
    await stage.approved()
    await stage.anna.types(f"/thirdparty enable {ACME}")
    trouble(stage, Error("token_revoked"), *EVERYTHING)
    await stage.anna.types(f"/thirdparty issue {ACME}")
    for _ in range(5):
        await stage.later(hours=1)
    asked = await stage.anna.types(f"/thirdparty disable {ACME}")
    assert "so I changed nothing" in asked.reading
    assert stage.audit()[-1] == "handoff.offered"
    assert not any("Show credentials" in seen.buttons for seen in stage.carla.reads())
    stage.slack.faults.clear()
    await stage.later(minutes=1)
    assert sum("Show credentials" in seen.buttons for seen in stage.carla.reads()) == 1


async def test_a_window_that_a_revoked_token_cannot_open_is_not_blamed_on_the_contact(stage: Stage) -> None:
    offer = await stage.issued()
    stage.slack.faults.next("views.open", Error("token_revoked"))
    assert "please try once more" in await press(stage.carla, offer, "Show credentials")
    await stage.settled()
    assert not any("doesn't let" in seen.reading for seen in stage.anna.reads())


async def promised(stage: Stage, silent: str) -> None:
    """An offer that waits to be sent, no bot, and a Slack that does not answer a call."""
    await stage.approved()
    await stage.anna.types(f"/thirdparty enable {ACME}")
    trouble(stage, Silence(), "chat.postMessage")
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    await stage.stop_bot()
    trouble(stage, Silence(), silent)


async def is_kept(stage: Stage) -> None:
    await stage.settled()
    assert sum("Show credentials" in seen.buttons for seen in stage.carla.reads()) == 1


@pytest.mark.parametrize("silent", ["auth.test", "apps.connections.open"])
async def test_a_bot_that_starts_while_slack_is_silent_waits_for_it_and_keeps_its_promises(
    stage: Stage, silent: str
) -> None:
    await promised(stage, silent)
    starting = asyncio.create_task(stage.start_bot())
    await until(lambda: "slack_away" in stage.log.getvalue(), within=30)
    stage.slack.faults.clear()
    stage.slack.clock.advance(timedelta(minutes=2))
    await starting
    await is_kept(stage)


async def test_what_slack_did_not_take_by_day_does_not_wake_anybody_at_night(stage: Stage) -> None:
    """The first reminder: 60 days before 2 September is a Saturday, so it is for Monday, 6 July."""
    await stage.collected()

    async def reminded_until(hours: float) -> list[str]:
        """Let time pass, with a look at what is due on the way; return what Anna has read of the expiry since."""
        stage.slack.clock.advance(timedelta(hours=hours))
        due = f"SELECT 1 FROM tokens WHERE next_reminder_at <= {int(stage.clock.now().timestamp() * 1_000_000)}"
        stage.hurry()
        await until(lambda: not stage.rows(due))
        await stage.later(minutes=1)
        return [seen.reading for seen in stage.anna.reads() if "expires" in seen.reading]

    trouble(stage, RateLimited(3600), *POSTS)
    assert await reminded_until(hours=126 * 24) == []
    stage.slack.clock.advance(timedelta(hours=14))
    stage.slack.faults.clear()
    assert [await reminded_until(hours=1) for _ in range(7)] == [[]] * 7
    assert len([await reminded_until(hours=0.7) for _ in range(2)][-1]) == 1

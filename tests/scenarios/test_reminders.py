"""Reminders, from the first one to the expiry, and what people do about them."""

from datetime import UTC, datetime
from pathlib import Path

from access.model.token import Verdict
from sandbox import Seen
from sandbox.faults import Error
from tests.bot.waiting import until
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in, set_stage

EXPIRES = datetime(2026, 9, 2, 9, tzinfo=UTC)
"""A Wednesday. At two o'clock by UTC everybody but Ben is at work."""
EVERYTHING = ["Renew now", "I'm on it", "Snooze", "Let it lapse", "Show"]


async def on(stage: Stage, month: int, day: int) -> None:
    """Let it be two o'clock on that day, and people be reminded."""
    clock = stage.slack.clock
    await stage.later(seconds=(datetime(2026, month, day, 14, tzinfo=UTC) - clock.now()).total_seconds())
    present = int(clock.now().timestamp() * 1_000_000)
    due = f"SELECT 1 FROM tokens WHERE next_reminder_at <= {present}"

    def looked_at() -> bool:
        stage.hurry()
        return not stage.rows(due)

    await until(looked_at, within=30)
    await stage.later(minutes=1)


def about_it(seen: list[Seen]) -> list[Seen]:
    return [each for each in seen if each.reading.startswith(("The token", "You wanted", "@Anna Berg @Ben Ito"))]


def read(stage: Stage) -> list[list[Seen]]:
    """The reminders that the owner, the admins and the contact have got."""
    return [about_it(seen) for seen in (stage.omar.reads(), stage.ben.reads(CHANNEL), stage.carla.reads())]


def counts(stage: Stage) -> tuple[int, ...]:
    return tuple(len(theirs) for theirs in read(stage))


def everywhere(stage: Stage) -> list[str]:
    """The latest of each."""
    return [theirs[-1].reading for theirs in read(stage)]


async def ready(stage: Stage) -> str:
    """Carla has a token, and Omar is the owner; returns the token."""
    _, token = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    return token


async def test_everybody_is_reminded_at_their_thresholds_and_told_of_the_expiry(stage: Stage) -> None:
    token = await ready(stage)
    told = []
    for month, day in ((7, 3), (7, 6), (8, 3), (8, 19), (8, 26), (8, 31), (9, 1), (9, 2)):
        await on(stage, month, day)
        told.append(counts(stage))
    assert told == [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 1), (4, 1, 2), (5, 2, 2), (6, 3, 3), (7, 4, 4)]
    assert await stage.verdict(token) is Verdict.EXPIRED
    owners = about_it(stage.omar.reads())
    assert "in 58 days. Nobody has offered a new one yet." in owners[0].reading
    assert owners[0].buttons == EVERYTHING
    assert "in 18 hours" in owners[-2].reading
    in_channel = about_it(stage.ben.reads(CHANNEL))
    assert "Responsible is @Omar Haddad." in in_channel[0].reading
    assert in_channel[2].reading.startswith("@Anna Berg @Ben Ito: this is the last call before a token expires.")
    assert in_channel[-1].reading.startswith("@Anna Berg @Ben Ito: a token has expired.")
    assert in_channel[-1].buttons == ["Issue a token", "Show"]
    assert "please ask @Omar Haddad for new credentials" in stage.carla.reads()[-1].reading
    assert "This token has expired already" in await press(stage.omar, owners[0], "I'm on it", stale=True)

    await in_channel[-1].press("Issue a token")
    await stage.settled()
    assert all("waits for @Carla Ruiz" in reading for reading in everywhere(stage)[:2])
    await stage.reveal(await stage.carla.waits_for("Show credentials"))
    assert all("Settled: " in reading for reading in everywhere(stage))
    await on(stage, 9, 9)
    assert counts(stage) == (7, 4, 4)


async def test_what_people_decide_shows_to_everybody_until_it_is_renewed(stage: Stage) -> None:
    await ready(stage)
    await on(stage, 8, 3)
    (reminder,) = about_it(stage.omar.reads())
    form = got((await reminder.press("Snooze")).modal)
    told = await form.set("Remind me", "Tomorrow, on Tuesday 4 August, 09:00").submit()
    assert "I remind you again" in told.reading
    await stage.settled()
    assert "I remind @Omar Haddad again" in about_it(stage.omar.reads())[-1].reading
    await on(stage, 8, 4)
    assert about_it(stage.omar.reads())[-1].reading.startswith("You wanted to be reminded again. The token")
    assert counts(stage) == (2, 0, 0)

    await on(stage, 8, 26)
    in_channel = about_it(stage.ben.reads(CHANNEL))[-1]
    await in_channel.press("I'm on it")
    await stage.settled()
    assert all("@Ben Ito is on it" in reading for reading in everywhere(stage)[:2])
    assert "Responsible" not in everywhere(stage)[1]
    lapse = about_it(stage.omar.reads())[-1]
    assert "Then it is not renewed" in lapse.confirmation("Let it lapse")
    await lapse.press("Let it lapse")
    await stage.settled()
    assert all("@Omar Haddad decided" in reading for reading in everywhere(stage)[:2])
    assert "It was decided that it is not renewed." in everywhere(stage)[2]
    card = got((await stage.anna.types(f"/thirdparty show {ACME}")).ephemeral)
    assert "to lapse, as @Omar Haddad decided" in card.reading
    await card.press("Undo")
    await stage.settled()
    assert "to lapse, as" not in stage.anna.reads("#general")[-1].reading
    assert all("@Ben Ito is on it" in reading for reading in everywhere(stage)[:2])

    renew = about_it(stage.omar.reads())[-1]
    assert renew.buttons == EVERYTHING
    assert "A token is issued" in await press(stage.omar, renew, "Renew now")
    await stage.settled()
    assert all("offered by @Omar Haddad" in reading for reading in everywhere(stage)[:2])
    assert "There is a token already" in await press(stage.omar, renew, "Renew now", stale=True)
    await stage.reveal(await stage.carla.waits_for("This is a renewal"))
    assert all("Settled: " in reading for reading in everywhere(stage))
    assert [each.buttons for each in about_it(stage.omar.reads())] == [[]] * 3
    before = counts(stage)
    await on(stage, 9, 2)
    assert counts(stage) == before
    assert stage.refusals() == ["renew_token!token_exists"]


async def bolt_has_a_token_too(stage: Stage) -> None:
    """Carla is its contact, and Anna the owner."""
    for step in ("add Bolt", "contact Bolt @carla"):
        await stage.anna.types(f"/thirdparty {step}")
        await stage.settled()
    await stage.ben.reads(CHANNEL)[-1].press("Approve")
    for step in ("enable Bolt", "issue Bolt"):
        await stage.anna.types(f"/thirdparty {step}")
    await stage.settled()
    await stage.reveal(stage.carla.reads()[-1])


async def test_after_weeks_asleep_each_reader_gets_what_still_matters_once_the_most_urgent_first(stage: Stage) -> None:
    await ready(stage)
    await stage.later(hours=47)
    await bolt_has_a_token_too(stage)
    await stage.stop_bot()
    stage.slack.clock.advance(datetime(2026, 8, 28, 14, tzinfo=UTC) - stage.slack.clock.now())
    await stage.start_bot()
    await on(stage, 8, 28)
    (to_omar,), (to_anna,) = about_it(stage.omar.reads()), about_it(stage.anna.reads())
    assert "Acme Corp expires" in to_omar.reading
    assert "Bolt expires" in to_anna.reading
    assert "Bolt expires" not in to_omar.reading
    for reads in (stage.ben.reads(CHANNEL), stage.carla.reads()):
        [together] = [each for each in reads if each.reading.startswith("2 tokens, the most urgent first:")]
        assert together.reading.index("Acme Corp expires") < together.reading.index("Bolt expires")
    await on(stage, 8, 29)
    assert counts(stage) == (1, 0, 0)


async def test_what_was_settled_while_slack_gave_no_clear_answer_is_not_named_later(stage: Stage) -> None:
    """Whether a message had arrived was not clear; the bot looks, and then knows what it has said."""
    await ready(stage)
    await bolt_has_a_token_too(stage)
    stage.slack.faults.always("chat.postMessage", Error("internal_error"))
    await on(stage, 8, 19)
    await stage.anna.types(f"/thirdparty disable {ACME}")
    stage.slack.faults.clear()
    await stage.later(minutes=15)
    (reminder,) = about_it(stage.carla.reads())
    assert ["Bolt" in reminder.reading, ACME in reminder.reading] == [True, False]
    await stage.removed()
    (reminder,) = about_it(stage.carla.reads())
    assert ACME not in reminder.reading


async def test_without_a_channel_each_admin_is_reminded_and_sees_who_is_on_it(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=lambda _slack: {"channel": None}) as stage:
        await stage.registered()
        await stage.anna.types(f"/thirdparty contact {ACME} @carla")
        await stage.settled()
        await stage.ben.reads()[0].press("Approve")
        await stage.anna.types(f"/thirdparty enable {ACME}")
        await stage.anna.types(f"/thirdparty issue {ACME}")
        await stage.settled()
        await stage.reveal(await stage.carla.waits_for("Show credentials"))
        await stage.owned_by("omar")
        await on(stage, 8, 26)
        (bens,) = about_it(stage.ben.reads())
        assert "Responsible is @Omar Haddad." in bens.reading
        await bens.press("I'm on it")
        await stage.settled()
        for person in (stage.anna, stage.ben, stage.omar):
            (theirs,) = about_it(person.reads())
            assert "@Ben Ito is on it" in theirs.reading
            assert theirs.edited

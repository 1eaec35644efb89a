"""The machine's clock is set while the bot runs: nothing waits for a time to come back, and nothing is done twice."""

from datetime import timedelta

from access.model.token import Verdict
from sandbox.faults import RateLimited, Status
from tests.bot.waiting import until
from tests.scenarios.stage import ACME, CHANNEL, Stage, secrets_in

HOURS = timedelta(hours=1)


async def test_a_message_that_waits_for_its_next_attempt_does_not_wait_for_the_clock(stage: Stage) -> None:
    await stage.registered()
    stage.slack.faults.always("conversations.open", Status(500))
    await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    await until(lambda: stage.rows("SELECT 1 FROM outbox WHERE error IS NOT NULL") != [], within=30)
    stage.slack.faults.clear()
    stage.clock.wrong_by -= 2 * HOURS
    stage.hurry()
    await stage.carla.waits_for("Anna Berg")
    await stage.settled()
    assert "approve" in stage.ben.reads(CHANNEL)[-1].reading.lower()


async def test_slacks_wish_to_wait_ends_when_the_clock_is_set_back(stage: Stage) -> None:
    await stage.registered()
    stage.slack.faults.next("conversations.open", RateLimited(600))
    await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    await until(lambda: stage.rows("SELECT 1 FROM outbox WHERE error = 'ratelimited'") != [], within=30)
    stage.clock.wrong_by -= 2 * HOURS
    stage.hurry()
    await stage.carla.waits_for("Anna Berg")
    await stage.settled()
    assert len(stage.carla.reads()) == 1


async def test_the_whole_story_goes_on_after_the_clock_was_set_back(stage: Stage) -> None:
    offer = await stage.issued()
    stage.clock.wrong_by -= 2 * HOURS
    await stage.anna.types(f"/thirdparty resend {ACME}")
    await stage.settled()
    assert not offer.buttons or "withdrawn" in stage.carla.reads()[-2].reading
    newer = await stage.carla.waits_for("Show credentials")
    stage.clock.wrong_by -= 2 * HOURS
    _, token = secrets_in(await stage.reveal(newer))
    assert await stage.verdict(token) is Verdict.ACCEPTED
    confirmed = await stage.carla.waits_for("It works")
    await confirmed.press("It works")
    await stage.settled()
    assert stage.audit()[-1] == "handoff.confirmed"
    assert stage.refusals() == []


async def test_numbers_and_not_times_give_the_order_of_the_audit_trail(stage: Stage) -> None:
    await stage.registered()
    stage.clock.wrong_by -= 2 * HOURS
    await stage.anna.types(f"/thirdparty enable {ACME}")
    assert stage.audit() == ["third_party.registered", "third_party.enabled"]
    trail = (await stage.anna.types(f"/thirdparty audit {ACME}")).reading
    assert trail.index("enabled") < trail.index("registered")


async def test_what_expired_stays_refused_by_the_clock_as_it_is_now(stage: Stage) -> None:
    """A clock that is wrong is believed: it is the only one there is. Put right, it is believed as well."""
    _, token = secrets_in(await stage.collected())
    stage.clock.wrong_by += 365 * 24 * HOURS
    assert await stage.verdict(token) is Verdict.EXPIRED
    stage.clock.wrong_by = timedelta(0)
    assert await stage.verdict(token) is Verdict.ACCEPTED

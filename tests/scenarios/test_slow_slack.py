"""A Slack that is slow or broken: whoever asks reads something true within the three seconds that Slack gives."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.faults import Delay, Silence, Status
from sandbox.timing import Timing
from tests.scenarios.stage import ACME, Stage, got, press, set_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot in a Slack that waits no longer than the real one."""
    async with set_stage(tmp_path, timing=Timing()) as stage:
        yield stage


async def forgotten(stage: Stage) -> None:
    """Let everything that the bot knows of people grow too old, once it has looked at them by itself."""
    await stage.looked()
    stage.slack.clock.advance(timedelta(minutes=2))


async def test_a_contact_is_proposed_in_time(stage: Stage) -> None:
    await stage.registered()
    await forgotten(stage)
    stage.slack.faults.always("users.info", Delay(1.0))
    answer = await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    assert not answer.timed_out
    assert "@Carla Ruiz is proposed as the contact" in answer.reading


async def test_new_owners_are_saved_in_time(stage: Stage) -> None:
    await stage.registered()
    form = (await stage.anna.types(f"/thirdparty edit {ACME}")).modal
    assert form is not None
    await forgotten(stage)
    stage.slack.faults.always("users.info", Delay(1.0))
    answer = await form.set("Owner", "@omar").set("Deputy owner", "@mia").submit()
    assert not answer.timed_out
    assert "Acme Corp is saved." in answer.reading


async def test_a_member_is_told_whom_to_ask_in_time(stage: Stage) -> None:
    stage.slack.faults.always("users.info", Delay(1.0))
    answer = await stage.mia.types("/thirdparty")
    assert not answer.timed_out
    assert "Please ask @Anna Berg, @Ben Ito or write in #third-party-access." in answer.reading


async def test_where_the_admins_are_not_known_in_time_the_channel_is_named(stage: Stage) -> None:
    stage.slack.faults.always("users.info", Delay(1.0))
    stage.slack.faults.always("users.list", Silence())
    answer = await stage.mia.types("/thirdparty")
    assert not answer.timed_out
    assert "together with the admins. Please write in #third-party-access." in answer.reading


async def test_who_was_not_recognised_in_time_is_the_next_time(stage: Stage) -> None:
    stage.slack.faults.next("users.info", Delay(1.5))
    first = await stage.anna.types("/thirdparty")
    assert not first.timed_out
    assert "Slack didn't tell me in time who is who" in first.reading
    assert "Slack didn't tell me" not in (await stage.anna.types("/thirdparty")).reading


async def test_a_press_with_three_waits_is_acknowledged_in_time_and_answered_all_the_same(stage: Stage) -> None:
    await stage.proposed()
    card = got((await stage.ben.types(f"/thirdparty show {ACME}")).ephemeral)
    await forgotten(stage)
    for method in ("users.info", "response_url"):
        stage.slack.faults.always(method, Delay(1.1))
    answer = await card.press("Approve")
    assert answer.acknowledged
    await stage.ben.waits_for("The contact is approved.", timeout=20)
    assert stage.audit()[-1] == "contact.approved"


async def test_a_window_that_slack_fails_to_open_is_owned_up_to(stage: Stage) -> None:
    offer = await stage.issued()
    stage.slack.faults.next("views.open", Status(502))
    told = await press(stage.carla, offer, "Show credentials")
    assert "Slack did not open the window in time. Nothing was changed; please try once more." in told
    assert stage.refusals() == []
    assert (await offer.press("Show credentials")).modal is not None

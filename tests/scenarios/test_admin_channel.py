"""Without a channel that can be used, the admins are asked and told one by one."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from access.model.token import Verdict
from sandbox import Sandbox
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, secrets_in, set_stage


def none_set(_slack: Sandbox) -> Mapping[str, object]:
    return {"channel": None}


def bot_removed(slack: Sandbox) -> Mapping[str, object]:
    slack.changes.remove_from_channel(CHANNEL, "thirdparty")
    return {}


@pytest.fixture(params=[none_set, bot_removed])
async def lonely(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """The bot without an admin channel."""
    settings: Callable[[Sandbox], Mapping[str, object]] = request.param
    async with set_stage(tmp_path, settings=settings) as stage:
        yield stage


async def proposed(stage: Stage) -> None:
    await stage.registered()
    await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    await stage.settled()


async def test_each_admin_is_asked_and_told(lonely: Stage) -> None:
    stage = lonely
    await proposed(stage)
    assert stage.ben.reads(CHANNEL) == []
    (annas,), (bens,) = stage.anna.reads(), stage.ben.reads()
    assert annas.buttons == ["Take it back", "Show"]
    assert "It takes another admin than you" in annas.reading
    assert bens.buttons == ["Approve", "Reject", "Show"]
    assert stage.mia.reads() == []

    await bens.press("Approve")
    await stage.settled()
    for person in (stage.anna, stage.ben):
        request = person.reads()[0]
        assert "Approved by @Ben Ito" in request.reading
        assert request.buttons == []
    assert "To go on" in stage.anna.reads()[-1].reading
    assert stage.audit()[-1] == "contact.approved"


async def test_whoever_proposed_takes_it_back(lonely: Stage) -> None:
    stage = lonely
    await proposed(stage)
    (request,) = stage.anna.reads()
    await got((await request.press("Take it back")).modal).submit()
    await stage.settled()
    assert "Rejected by @Anna Berg" in stage.ben.reads()[0].reading
    assert stage.ben.reads()[0].buttons == []
    assert stage.audit()[-1] == "contact.rejected"


async def test_an_alarm_reaches_each_admin_and_each_can_decide(lonely: Stage) -> None:
    stage = lonely
    await proposed(stage)
    await stage.ben.reads()[0].press("Approve")
    await stage.anna.types(f"/thirdparty enable {ACME}")
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    _, token = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    await got((await stage.carla.reads()[-1].press("That wasn't me")).modal).submit()
    await stage.settled()
    bens = await stage.ben.waits_for("Possible misuse", place="bot")
    assert bens.buttons == ["Revoke and replace", "It was a mistake", "Show"]
    annas = [seen for seen in stage.anna.reads() if "Possible misuse" in seen.reading]
    assert sorted(seen.buttons for seen in annas) == [bens.buttons, ["Show"]], "she is told as the owner, too"
    (annas_as_admin,) = (seen for seen in annas if seen.buttons == bens.buttons)
    await annas_as_admin.press("It was a mistake")
    await stage.settled()
    assert await stage.verdict(token) is Verdict.ACCEPTED
    for person, copies in ((stage.anna, 2), (stage.ben, 1)):
        alarms = [seen for seen in person.reads() if "Possible misuse" in seen.reading]
        assert ["Decided: it was a mistake" in seen.reading for seen in alarms] == [True] * copies


async def test_a_member_is_told_which_people_to_ask(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=none_set) as stage:
        answer = await stage.mia.types("/thirdparty")
        assert "Please ask @Anna Berg, @Ben Ito." in answer.reading

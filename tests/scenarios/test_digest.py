"""Monday morning in the admin channel."""

from tests.bot.waiting import until
from tests.scenarios.stage import CHANNEL, Stage, got, press


def digests(stage: Stage) -> list[str]:
    return [seen.reading for seen in stage.ben.reads(CHANNEL) if "Weekly digest" in seen.reading]


async def decided(stage: Stage, week: str) -> None:
    """Wait until the bot has decided about the digest of a week, and sent it."""
    await until(lambda: stage.rows("SELECT week FROM digests") == [(week,)], within=30)
    await stage.settled()


async def test_the_admins_read_on_monday_what_there_is_to_see_to(stage: Stage) -> None:
    await decided(stage, "2026-W10")
    await stage.collected()
    assert digests(stage) == [], "there was nothing to say when the week began"
    await stage.later(days=6, hours=23, minutes=59)
    assert digests(stage) == []

    await stage.later(minutes=1)
    await decided(stage, "2026-W11")
    (monday,) = digests(stage)
    assert "Nothing expires in the next 60 days." in monday
    assert "Collected, never used as far as I know (1)\nAcme Corp · " in monday
    await stage.later(hours=2)
    await stage.restart_bot()
    await stage.later(days=1)
    assert len(digests(stage)) == 1

    (seen,) = [seen for seen in stage.ben.reads(CHANNEL) if "Weekly digest" in seen.reading]
    assert "Next step:" in await press(stage.ben, seen, "Show")

    report = got((await stage.anna.types("/thirdparty report")).ephemeral)
    assert "Collected, never used as far as I know (1)" in report.reading
    await stage.carla.reads()[-1].press("It works")
    await stage.later(days=6)
    await decided(stage, "2026-W12")
    assert len(digests(stage)) == 1, "there is nothing to see to any more"

"""From a program's call of the API to what people read of it: checks, what they show, and what follows from it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from access.model.credentials import digest, fingerprint
from access.model.secret import Secret
from access.model.token import Verdict
from tests.checking import call, write_down
from tests.scenarios.stage import ACME, Stage, got, secrets_in, set_stage
from tests.scenarios.test_reminders import on

ACCEPTED = Verdict.ACCEPTED


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_stage(tmp_path) as stage:
        yield stage


async def calls(stage: Stage, token: str) -> Verdict:
    """A program calls the API with a token; the API asks the bot, which writes down what that shows."""
    verdict = await call(stage.bot.workspace, Secret(token), stage.bot.ports)
    await write_down(stage.bot.ports)
    await stage.settled()
    return verdict


def shown(token: str) -> str:
    """The fingerprint that people compare."""
    return fingerprint(digest(Secret(token)))


async def collected(stage: Stage) -> str:
    """Carla has a token of the third party that Omar owns."""
    _, token = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    return token


async def tested(stage: Stage) -> str:
    return (await stage.omar.types(f"/thirdparty test {ACME}")).reading


async def test_the_first_call_tells_contact_and_owner_that_the_credentials_work(stage: Stage) -> None:
    token = await collected(stage)
    assert "no API of yours asks me about tokens" in await tested(stage)
    living = stage.carla.reads()[-1]
    assert "It works" in living.buttons
    assert await calls(stage, token) is ACCEPTED
    for person in (stage.carla, stage.omar):
        told = (await person.waits_for("A program used the credentials of Acme Corp for the first time")).reading
        assert f"(fingerprint {shown(token)}), and they work." in told
    assert stage.audit()[-1] == "handoff.confirmed_by_use"
    (living,) = [seen for seen in stage.carla.reads() if "That wasn't me" in seen.buttons]
    assert "A program uses them, and they work." in living.reading
    assert "It works" not in living.buttons
    count = len(stage.carla.reads()), len(stage.audit())
    assert await calls(stage, token) is ACCEPTED
    assert (len(stage.carla.reads()), len(stage.audit())) == count
    assert "Used: yes · last today at 9:00 AM, at API" in await tested(stage)


async def test_a_renewal_from_the_old_one_still_in_use_to_its_retirement(stage: Stage) -> None:
    old = await collected(stage)
    assert await calls(stage, old) is ACCEPTED
    await stage.omar.types(f"/thirdparty renew {ACME}")
    await stage.settled()
    _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("This is a renewal")))
    await stage.later(hours=1)
    assert await calls(stage, old) is ACCEPTED

    await on(stage, 3, 3)
    for person in (stage.carla, stage.omar):
        told = await person.waits_for("but a program still uses this old one, last yesterday")
        assert f"The new one, {shown(new)}, was opened yesterday" in told.reading
        assert "The old one works until Sep 2" in told.reading
    assert "Everything is switched" in (await stage.carla.waits_for("still uses this old one")).buttons
    card = (await stage.omar.types(f"/thirdparty show {ACME}")).reading
    assert "last used yesterday at 10:00 AM, at API" in card
    assert "never used" in card

    assert await calls(stage, new) is ACCEPTED
    news = (await stage.carla.waits_for(f"for the first time today at 9:01 AM (fingerprint {shown(new)})")).reading
    assert f"The old token {shown(old)} works until the new one is in use" in news
    await stage.later(days=3)
    assert await calls(stage, old) is ACCEPTED
    await stage.later(days=6, hours=23)
    assert await stage.verdict(old) is ACCEPTED
    await stage.later(hours=1)
    assert await calls(stage, old) is Verdict.RETIRED
    assert await calls(stage, new) is ACCEPTED
    for person in (stage.carla, stage.omar):
        await person.waits_for("because the time in which both work is over")

    told_now = await tested(stage)
    assert "a call with this token is accepted" in told_now
    assert f"the program still sends the old token {shown(old)}, which was retired" in told_now
    assert f"It needs {shown(new)}." in told_now
    living = [seen for seen in stage.carla.reads() if "Test my access" in seen.buttons][-1]
    mine = got((await living.press("Test my access")).modal).reading
    assert f"your program still sends the old token {shown(old)}, which was retired" in mine
    assert "at API" not in mine


async def test_what_is_never_used_is_said_once_and_in_the_report_after_90_days(stage: Stage) -> None:
    token = await collected(stage)
    damaged = token[:-1] + ("0" if token[-1] != "0" else "1")
    assert await calls(stage, damaged) is Verdict.UNKNOWN
    await on(stage, 3, 9)
    nudge = await stage.carla.waits_for("no program has used it yet")
    assert nudge.buttons == ["Ask for a new token", "Test my access", "What I hold"]
    mine = got((await nudge.press("Test my access")).modal)
    assert "Used: no · no program has used it since" in mine.reading
    told = await stage.omar.waits_for("no program has used it yet")
    assert told.buttons == ["Test", "Show"]
    await stage.later(days=90)
    report = got((await stage.anna.types("/thirdparty report")).ephemeral)
    assert "Not used for 90 days (1)" in report.reading
    assert "never used, as far as I could see since Mar 2" in report.reading
    await report.press("Disable")
    await stage.settled()
    assert await stage.verdict(token) is Verdict.DISABLED
    assert "Not used for 90 days" not in (await stage.anna.types("/thirdparty report")).reading
    told_whom = stage.rows("SELECT role FROM reminders WHERE kind = 'never_used' ORDER BY role")
    assert told_whom == [("contact",), ("owner",)]


async def test_disabling_stops_the_next_call_and_nothing_that_is_said_of_it_is_a_token(stage: Stage) -> None:
    token = await collected(stage)
    assert await calls(stage, token) is ACCEPTED
    await stage.anna.types(f"/thirdparty disable {ACME} Under review.")
    await stage.later(minutes=1)
    assert await calls(stage, token) is Verdict.DISABLED
    told = await tested(stage)
    assert "at API: the access was switched off." in told
    spelt = f"{shown(token)[:4].upper()} {shown(token)[4:]}…"
    found = (await stage.anna.types(f"/thirdparty find {spelt}")).reading
    assert "A token of Acme Corp, not enabled:" in found
    assert "last used today at 10:00 AM, at API" in found
    pasted = (await stage.anna.types(f"/thirdparty find {token}")).reading
    assert "I have kept nothing of it" in pasted
    assert [each for each in (told, found, pasted) if token in each] == []

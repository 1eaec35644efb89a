"""What holds however long it takes: restarts, months, names that come back, one question to Slack about ourselves."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from access.model.token import Verdict
from bot.app import started
from storage.errors import AlreadyRunning
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in


async def test_the_story_goes_on_after_each_restart(either: Stage) -> None:
    stage = either
    request = await stage.proposed()
    await stage.restart_bot()
    await request.press("Approve")
    await stage.restart_bot()
    await (await stage.anna.waits_for("To go on")).press("Enable")
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    offer = await stage.carla.waits_for("Show credentials")
    await stage.restart_bot()
    explanation = got((await offer.press("Show credentials")).modal)
    await stage.restart_bot()
    shown = await explanation.submit()
    _, token = secrets_in(shown)
    await stage.restart_bot()
    assert await stage.verdict(token) is Verdict.ACCEPTED
    again = await stage.slack.redeliver("view_submission")
    assert "I never show them twice" in again.reading
    await stage.settled()
    await (await stage.carla.waits_for("It works")).press("It works")
    assert stage.audit()[-1] == "handoff.confirmed"


async def test_what_was_promised_before_a_stop_is_said_after_it(stage: Stage) -> None:
    offer = await stage.issued()
    await stage.stop_bot()
    silent = await offer.press("Show credentials")
    assert not silent.acknowledged
    assert "did not respond" in silent.reading
    stage.slack.clock.advance(timedelta(hours=72))
    await stage.start_bot()
    await stage.settled()
    assert stage.audit()[-2:] == ["handoff.lapsed", "token.revoked"]
    assert "This offer has lapsed" in stage.carla.reads()[-1].reading
    assert "Offer new ones" in (await stage.anna.waits_for("didn't open the credentials")).buttons


@pytest.mark.on_a_file
async def test_a_second_bot_on_one_database_is_refused(stage: Stage) -> None:
    with pytest.raises(AlreadyRunning):
        async with started(stage.settings, clock=stage.slack.clock):
            pass
    assert "no third party yet" in (await stage.anna.types("/thirdparty")).reading


async def test_a_token_expires_six_months_later_to_the_second(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.carla.reads()[-1].press("It works")
    expires_at = datetime(2026, 9, 2, 9, 0, tzinfo=UTC)
    await stage.later(seconds=(expires_at - stage.slack.clock.now()).total_seconds() - 1)
    assert await stage.verdict(token) is Verdict.ACCEPTED
    await stage.later(seconds=1)
    assert await stage.verdict(token) is Verdict.EXPIRED
    card = await stage.anna.types(f"/thirdparty show {ACME}")
    assert "expired" in card.reading
    assert f"Next step: issue a token, and I offer its credentials to @Carla Ruiz: /thirdparty issue {ACME}" in (
        card.reading
    )
    await stage.anna.types(f"/thirdparty issue {ACME}")
    await stage.settled()
    _, new = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    assert await stage.verdict(new) is Verdict.ACCEPTED
    assert await stage.verdict(token) is Verdict.EXPIRED


async def test_the_name_of_a_removed_third_party_can_be_used_again(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.removed()
    assert await stage.verdict(token) is Verdict.REMOVED
    assert "You are not the contact of Acme Corp" in stage.carla.reads()[0].reading
    assert "revoked" in stage.carla.reads()[-1].reading
    answer = await stage.ben.types(f"/thirdparty add {ACME}")
    assert "Acme Corp is registered" in answer.reading
    assert "Contact: nobody yet" in answer.reading
    assert "Tokens: none yet" in answer.reading
    assert stage.rows("SELECT count(*), count(removed_at), count(DISTINCT client_id) FROM third_parties") == [(2, 1, 2)]
    trail = await press(stage.ben, got(answer.ephemeral), "Audit trail")
    assert "@Ben Ito registered it" in trail
    assert "@Anna Berg" not in trail
    assert await stage.verdict(token) is Verdict.REMOVED


async def test_slack_is_asked_once_who_we_are(either: Stage) -> None:
    stage = either
    await asyncio.gather(*(stage.anna.types("/thirdparty") for _ in range(20)))
    await stage.collected()
    asked = [exchange for exchange in stage.slack.traffic if (exchange.kind, exchange.name) == ("api", "auth.test")]
    assert len(asked) == 1


async def test_nothing_is_said_twice_though_a_year_goes_by(stage: Stage) -> None:
    await stage.collected()
    before = [len(person.reads(place)) for person, place in ((stage.carla, "bot"), (stage.ben, CHANNEL))]
    for _ in range(12):
        await stage.later(days=31)
    assert [len(person.reads(place)) for person, place in ((stage.carla, "bot"), (stage.ben, CHANNEL))] == before

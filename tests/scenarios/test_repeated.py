"""What Slack sends a second time, an hour later or out of order, does nothing again and is answered truly."""

import re

from access.model.credentials import WELL_FORMED
from access.model.token import Verdict
from tests.bot.waiting import until
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in

KEPT = ("third_parties", "contact_proposals", "tokens", "handoffs", "sealed_credentials")
LATE = "Slack sent me this a second time, long after the first, so I did nothing this time."


def state(stage: Stage) -> dict[str, list[tuple[object, ...]]]:
    return {table: stage.rows(f"SELECT * FROM {table}") for table in KEPT}


async def much_is_done(stage: Stage) -> str:
    """Everything that can be typed, pressed and submitted, and at the end Acme Corp is enabled and has no token."""
    _, token = secrets_in(await stage.collected())
    await stage.carla.reads()[-1].press("It works")
    disabled = got((await stage.anna.types(f"/thirdparty disable {ACME}")).ephemeral)
    await press(stage.anna, disabled, "Undo")
    form = got((await stage.anna.types(f"/thirdparty edit {ACME}")).modal)
    await form.set("Notes", "Contract 7").submit()
    question = got((await stage.anna.types(f"/thirdparty revoke {ACME}")).ephemeral)
    await press(stage.anna, question, "Revoke now")
    await stage.settled()
    return token


async def test_everything_repeated_an_hour_later_does_nothing_again(either: Stage) -> None:
    stage = either
    token = await much_is_done(stage)
    stage.hurry()
    await until(lambda: not stage.rows("SELECT 1 FROM tokens WHERE next_reminder_at = 0"), within=30)
    before, done = state(stage), stage.audit()
    messages = [len(stage.carla.reads()), len(stage.anna.reads()), len(stage.ben.reads(CHANNEL))]
    await stage.later(hours=1)
    answers = await stage.slack.redeliver_all()
    await stage.settled()
    assert len(answers) == 14
    assert all(answer.acknowledged for answer in answers)
    assert sum(bool(re.search(WELL_FORMED, each.body)) for each in stage.slack.traffic) == 1, "the reveal, and no other"
    assert all(LATE in answer.reading for answer in answers if answer.body)
    assert (state(stage), stage.audit()) == (before, done)
    assert [len(stage.carla.reads()), len(stage.anna.reads()), len(stage.ben.reads(CHANNEL))] == messages
    assert await stage.verdict(token) is Verdict.REVOKED


async def test_an_old_disable_that_slack_repeats_stops_no_integration(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.anna.types(f"/thirdparty disable {ACME}")
    await (await stage.anna.waits_for("is disabled")).press("Undo")
    await stage.later(hours=1)
    again = await stage.slack.redeliver("/thirdparty")
    assert LATE in again.reading
    assert "/thirdparty shows how things are now" in again.reading
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_an_old_issue_that_slack_repeats_offers_nothing(stage: Stage) -> None:
    await stage.issued()
    question = got((await stage.ben.types(f"/thirdparty revoke {ACME}")).ephemeral)
    await press(stage.ben, question, "Revoke now")
    await stage.later(hours=1)
    await stage.slack.redeliver_all()
    await stage.settled()
    assert stage.audit().count("token.issued") == 1


async def test_what_is_pressed_anew_is_no_repetition(stage: Stage) -> None:
    await stage.registered()
    for hour in range(3):
        assert "is enabled" in (await stage.anna.types(f"/thirdparty enable {ACME}")).reading, hour
        await stage.later(hours=1)
        assert "is disabled" in (await stage.anna.types(f"/thirdparty disable {ACME}")).reading, hour


class TestOutOfOrder:
    """What was on somebody's screen before things changed."""

    async def test_the_window_of_an_offer_that_was_replaced_meanwhile(self, stage: Stage) -> None:
        offer = await stage.issued()
        window = got((await offer.press("Show credentials")).modal)
        await stage.later(minutes=2)
        await stage.anna.types(f"/thirdparty resend {ACME}")
        await stage.settled()
        answer = await window.submit()
        assert "This offer was withdrawn. If there is a newer message from me, please use that one" in answer.reading
        assert not re.search(WELL_FORMED, answer.reading)
        assert stage.audit().count("handoff.collected") == 0

    async def test_it_works_about_credentials_that_were_replaced_meanwhile(self, stage: Stage) -> None:
        await stage.collected()
        old = stage.carla.reads()[-1]
        await old.press("I didn't see it")
        await stage.settled()
        for label in ("I didn't see it", "It works"):
            told = await press(stage.carla, old, label, stale=True)
            assert "These credentials don't work any more. If there is a newer message from me" in told
        assert stage.audit().count("handoff.confirmed") == 0
        assert stage.audit().count("token.issued") == 2

    async def test_a_proposal_from_a_form_that_an_approval_overtook(self, stage: Stage) -> None:
        await stage.registered()
        card = got((await stage.anna.types(f"/thirdparty show {ACME}")).ephemeral)
        form = got((await card.press("Propose a contact")).modal)
        await (await stage.propose("@carla")).press("Approve")
        answer = await form.set("Contact", "@carla").submit()
        assert "That person is the contact already." in answer.reading
        assert stage.audit().count("contact.proposed") == 1

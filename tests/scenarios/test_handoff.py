"""What becomes of an offer that is not simply opened: declined, lapsed, paused, replaced, not seen."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from access.model.token import Verdict
from sandbox import MovableClock
from tests.scenarios.stage import ACME, Stage, got, press, secrets_in, set_stage


def sealed(stage: Stage) -> list[tuple[object, ...]]:
    return stage.rows("SELECT token FROM sealed_credentials")


async def test_the_wrong_person_declines(stage: Stage) -> None:
    offer = await stage.issued()
    await offer.press("I'm not the right person")
    await stage.settled()
    (*_, message) = stage.carla.reads()
    assert "You told me that you are not the right person, so you are no longer the contact" in message.reading
    assert message.buttons == []
    news = await stage.anna.waits_for("they are not the right person for Acme Corp")
    assert f"/thirdparty contact {ACME} @user" in news.reading
    assert stage.audit()[-3:] == ["handoff.declined", "token.revoked", "contact.withdrawn"]
    assert sealed(stage) == []
    assert "Next step: propose the contact" in await press(stage.anna, news, "Show")
    told = await press(stage.carla, offer, "Show credentials", stale=True)
    assert "isn't you" in told
    assert stage.audit()[-1] == "preview_handoff!not_the_contact"


async def test_a_contact_who_has_become_an_admin_is_shown_nothing(stage: Stage) -> None:
    offer = await stage.issued("@mia")
    window = got((await offer.press("Show credentials")).modal)
    stage.slack.changes.make_admin("mia")
    stage.slack.clock.advance(timedelta(seconds=61))
    told = (await window.submit()).reading
    assert "an admin never sees credentials" in told
    assert "propose somebody else" in told
    assert stage.audit()[-1] == "collect_handoff!admin_cannot_collect"
    assert len(sealed(stage)) == 1


async def test_declining_is_over_once_they_were_shown(stage: Stage) -> None:
    offer = await stage.issued()
    _, token = secrets_in(await stage.reveal(offer))
    told = await press(stage.carla, offer, "I'm not the right person", stale=True)
    assert "shown already" in told
    assert stage.audit()[-1] == "decline_handoff!already_collected"
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_nobody_opens_it_in_72_hours(stage: Stage) -> None:
    offer = await stage.issued()
    await stage.later(hours=47, minutes=59)
    assert len(stage.carla.reads()) == 2
    await stage.later(minutes=1)
    (*_, nudge) = stage.carla.reads()
    assert "The credentials of Acme Corp still wait for you" in nudge.reading
    assert "Show credentials" in nudge.buttons
    await stage.later(hours=12)
    await stage.later(hours=11, minutes=59)
    assert len(stage.carla.reads()) == 3
    assert stage.audit()[-1] == "handoff.nudged"

    await stage.later(minutes=1)
    assert stage.audit()[-2:] == ["handoff.lapsed", "token.revoked"]
    assert sealed(stage) == []
    assert ["This offer has lapsed" in seen.reading for seen in stage.carla.reads()] == [False, True, True]
    assert "This offer has lapsed" in await press(stage.carla, offer, "Show credentials", stale=True)
    news = await stage.anna.waits_for("@Carla Ruiz didn't open the credentials of Acme Corp in time")
    assert news.buttons == ["Offer new ones", "Show"]
    await news.press("Offer new ones")
    await stage.settled()
    _, token = secrets_in(await stage.reveal(await stage.carla.waits_for("offers you the credentials")))
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_it_opens_from_the_nudge_until_the_last_second(stage: Stage) -> None:
    await stage.issued()
    await stage.later(hours=71, minutes=59, seconds=59)
    nudge = await stage.carla.waits_for("still wait for you")
    _, token = secrets_in(await stage.reveal(nudge))
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert "Settled: the credentials of Acme Corp were opened" in stage.carla.reads()[-1].reading
    await stage.later(seconds=1)
    assert "handoff.lapsed" not in stage.audit()


async def test_it_does_not_open_in_the_second_in_which_it_lapses(stage: Stage) -> None:
    """Also where the bot has not noticed yet that the time is over."""
    offer = await stage.issued()
    explanation = got((await offer.press("Show credentials")).modal)
    stage.slack.clock.advance(timedelta(hours=72))
    answer = await explanation.submit()
    assert "This offer has lapsed" in answer.reading
    assert "ask the person who offered them for new ones" in answer.reading


async def test_it_never_lapses_on_a_weekend(tmp_path: Path) -> None:
    """Offered on Wednesday at 05:00 in New York, lapsing on Monday at 05:00: of daylight saving time, by then."""
    wednesday = MovableClock(datetime(2026, 3, 4, 10, 0, tzinfo=UTC))
    async with set_stage(tmp_path, clock=wednesday) as stage:
        offer = await stage.issued()
        assert "until Mar 9 at 5:00 AM" in offer.reading
        await stage.later(hours=72)
        assert "handoff.nudged" not in stage.audit()
        await stage.later(hours=23)
        assert stage.audit()[-1] == "handoff.nudged"
        await stage.later(hours=23, minutes=59)
        assert stage.audit()[-1] == "handoff.nudged"
        await stage.later(minutes=1)
        assert stage.audit()[-2:] == ["handoff.lapsed", "token.revoked"]


async def test_disabling_pauses_the_opening(stage: Stage) -> None:
    offer = await stage.issued()
    explanation = got((await offer.press("Show credentials")).modal)
    disabled = got((await stage.anna.types(f"/thirdparty disable {ACME}")).ephemeral)
    await stage.settled()
    paused = "The access is switched off for now"
    assert paused in (await explanation.submit()).reading
    assert paused in await press(stage.carla, offer, "Show credentials")
    assert stage.refusals() == ["collect_handoff!handoff_paused", "preview_handoff!handoff_paused"]
    assert len(sealed(stage)) == 1

    switched_off = "At the moment the access is switched off. Please ask @Anna Berg"
    assert switched_off in stage.carla.reads()[-1].reading

    await press(stage.anna, disabled, "Undo")
    await stage.settled()
    assert switched_off not in stage.carla.reads()[-1].reading
    _, token = secrets_in(await stage.reveal(offer))
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_the_72_hours_run_on_while_it_is_disabled(stage: Stage) -> None:
    await stage.issued()
    await stage.anna.types(f"/thirdparty disable {ACME}")
    await stage.later(hours=48)
    assert "handoff.nudged" not in stage.audit()
    await stage.later(hours=24)
    assert stage.audit()[-2:] == ["handoff.lapsed", "token.revoked"]
    news = await stage.anna.waits_for("didn't open the credentials of Acme Corp in time")
    assert "Offer new ones" not in news.buttons
    answer = await stage.anna.types(f"/thirdparty resend {ACME}")
    assert f"It is not enabled, and that comes first: /thirdparty enable {ACME}" in answer.reading


async def test_resend_puts_a_new_offer_in_the_place_of_the_old_one(stage: Stage) -> None:
    offer = await stage.issued()
    explanation = got((await offer.press("Show credentials")).modal)
    await stage.later(minutes=1)
    answer = await stage.anna.types(f"/thirdparty resend {ACME}")
    assert "I am offering its credentials to @Carla Ruiz" in answer.reading
    await stage.settled()
    assert stage.audit()[-4:] == ["handoff.withdrawn", "token.revoked", "token.issued", "handoff.offered"]
    assert len(sealed(stage)) == 1
    _, old, new = stage.carla.reads()
    assert "This offer was withdrawn. If there is a newer message from me" in old.reading
    assert "This offer was withdrawn" in (await explanation.submit()).reading
    _, token = secrets_in(await stage.reveal(new))
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_a_resend_that_slack_repeats_offers_once(stage: Stage) -> None:
    await stage.issued()
    await stage.later(minutes=1)
    await stage.anna.types(f"/thirdparty resend {ACME}")
    told = await stage.slack.redeliver("/thirdparty")
    assert "offered less than a minute ago" in told.reading
    assert stage.audit()[-1] == "resend_token!offered_just_now"
    assert len(stage.rows("SELECT id FROM tokens")) == 2


async def test_a_lapsed_offer_is_renewed_once_by_its_button(stage: Stage) -> None:
    await stage.issued()
    await stage.later(days=4)
    news = await stage.anna.waits_for("in time, so the offer lapsed")
    await news.press("Offer new ones")
    await stage.settled()
    assert "A new one has been offered since" in (await stage.anna.waits_for("so the offer lapsed")).reading
    await stage.later(minutes=2)
    assert "A newer offer has taken" in await press(stage.anna, news, "Offer new ones", stale=True)
    assert len(stage.rows("SELECT id FROM tokens")) == 2


async def test_what_an_admin_revoked_is_not_offered_again_by_the_owner(stage: Stage) -> None:
    await stage.issued()
    await stage.owned_by("omar")
    await got((await stage.anna.types(f"/thirdparty revoke {ACME}")).ephemeral).press("Revoke now")
    await stage.later(minutes=2)
    assert "nothing to resend" in (await stage.omar.types(f"/thirdparty resend {ACME}")).reading
    assert stage.audit()[-1] == "resend_token!nothing_to_resend"


async def test_there_is_nothing_to_resend_once_it_was_collected(stage: Stage) -> None:
    await stage.collected()
    answer = await stage.anna.types(f"/thirdparty resend {ACME}")
    assert "No credentials are waiting to be collected" in answer.reading
    assert f"/thirdparty show {ACME}" in answer.reading
    assert stage.audit()[-1] == "resend_token!nothing_to_resend"


async def test_not_seen_once_replaces_the_token_and_twice_tells_the_owner(stage: Stage) -> None:
    _, first = secrets_in(await stage.collected())
    await stage.carla.reads()[-1].press("I didn't see it")
    await stage.settled()
    assert await stage.verdict(first) is Verdict.REVOKED
    assert stage.audit()[-4:] == ["handoff.not_seen", "token.revoked", "token.issued", "handoff.offered"]
    assert not [seen for seen in stage.anna.reads() if "in a row" in seen.reading]
    _, replaced, offer = stage.carla.reads()
    assert "They were revoked and don't work any more" in replaced.reading

    _, second = secrets_in(await stage.reveal(offer))
    assert second != first
    await stage.carla.reads()[-1].press("I didn't see it")
    await stage.settled()
    assert await stage.verdict(second) is Verdict.REVOKED
    advice = (await stage.anna.waits_for("2 times in a row")).reading
    assert "do it together, in a call" in advice
    _, third = secrets_in(await stage.reveal(await stage.carla.waits_for("offers you the credentials")))
    assert await stage.verdict(third) is Verdict.ACCEPTED


async def test_not_seen_is_refused_once_they_said_that_it_works(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    message = stage.carla.reads()[-1]
    await message.press("It works")
    await stage.settled()
    assert stage.carla.reads()[-1].buttons == ["That wasn't me", "Ask for a new token", "Test my access", "What I hold"]
    told = await press(stage.carla, message, "I didn't see it", stale=True)
    assert "I know that these credentials work: you told me" in told
    assert stage.audit()[-2:] == ["handoff.confirmed", "report_not_seen!already_confirmed"]
    assert await stage.verdict(token) is Verdict.ACCEPTED


async def test_not_seen_pressed_twice_replaces_once(stage: Stage) -> None:
    await stage.collected()
    message = stage.carla.reads()[-1]
    await message.press("I didn't see it")
    told = await press(stage.carla, message, "I didn't see it", stale=True)
    assert "These credentials don't work any more" in told
    assert stage.audit().count("token.issued") == 2
    assert stage.audit()[-1] == "report_not_seen!credentials_ended"


async def test_a_lapsed_offer_is_followed_by_new_ones_only_while_they_can_be_made(stage: Stage) -> None:
    await stage.issued()
    await stage.later(hours=72)
    assert (await stage.anna.waits_for("didn't open the credentials")).buttons == ["Offer new ones", "Show"]
    await stage.anna.types(f"/thirdparty disable {ACME}")
    await stage.settled()
    assert (await stage.anna.waits_for("didn't open the credentials")).buttons == ["Show"]
    await stage.anna.types(f"/thirdparty enable {ACME}")
    await stage.settled()
    assert (await stage.anna.waits_for("didn't open the credentials")).buttons == ["Offer new ones", "Show"]
    await stage.removed()
    told = await stage.anna.waits_for("didn't open the credentials")
    assert "The third party has been removed since" in told.reading
    assert told.buttons == []

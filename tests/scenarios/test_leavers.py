"""Somebody leaves: Slack says that they have changed, the bot looks, and whoever has to decide reads it."""

from datetime import timedelta
from pathlib import Path

from access.model.token import Verdict
from tests.scenarios.stage import ACME, CHANNEL, Stage, got, press, secrets_in, set_stage


async def test_a_contact_who_is_deactivated_loses_the_offer_and_the_owner_replaces_what_they_opened(
    stage: Stage,
) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.owned_by("omar")
    await stage.omar.types(f"/thirdparty renew {ACME}")
    await stage.settled()
    await stage.looked()
    stage.slack.changes.deactivate("carla")
    await stage.looked("carla")

    told = await stage.omar.waits_for("A contact is gone: @Carla Ruiz (their Slack account is deactivated)")
    assert "Acme Corp has no contact now; an admin can propose somebody" in told.reading
    in_channel = await stage.anna.waits_for("A contact is gone:", CHANNEL)
    assert in_channel.buttons == ["Propose a contact", "Revoke and replace"]
    assert stage.rows("SELECT count(*) FROM sealed_credentials") == [(0,)]
    assert stage.audit()[-3:] == ["handoff.withdrawn", "token.revoked", "contact.gone"]
    assert await stage.verdict(token) is Verdict.ACCEPTED

    assert "No new one was offered" in await press(stage.omar, told, "Revoke and replace")
    await stage.settled()
    assert await stage.verdict(token) is Verdict.REVOKED
    for person, place in ((stage.omar, "bot"), (stage.ben, CHANNEL)):
        settled = await person.waits_for("A contact is gone:", place)
        assert "No token that they opened works any more" in settled.reading
        assert "Revoke and replace" not in settled.buttons


async def test_an_owner_who_is_deactivated_is_told_to_the_admins_who_name_another_one(tmp_path: Path) -> None:
    async with set_stage(tmp_path, http=True) as stage:
        await stage.registered()
        await stage.owned_by("omar")
        await stage.looked()
        stage.slack.changes.deactivate("omar")
        await stage.looked("omar")
        told = await stage.ben.waits_for("An owner is gone: @Omar Haddad, owner of a third party", CHANNEL)
        assert "Acme Corp: nobody acts for it" in told.reading
        form = got((await told.press("Edit")).modal)
        await form.set("Owner", "@mia").submit()
        await stage.settled()
        settled = await stage.ben.waits_for("has another owner, so there is nothing to do", CHANNEL)
        assert settled.buttons == []
        await stage.later(days=2)
        await stage.looked()
        assert stage.audit().count("third_party.owner_gone") == 1


async def test_who_shares_no_channel_any_more_is_found_the_day_after_though_nothing_tells(stage: Stage) -> None:
    await stage.collected("@erik")
    await stage.looked()
    stage.slack.changes.make_stranger("erik")
    stage.slack.clock.advance(timedelta(days=1))
    await stage.looked()
    told = await stage.anna.waits_for(
        "A contact is gone: @Erik Lund (they share no channel with this workspace", CHANNEL
    )
    assert "Revoke and replace" in told.buttons

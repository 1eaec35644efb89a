"""The daily look at people: whom it asks about, when, and what is known afterwards, over a real database."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access.model.people import Acquaintance, Gone, SlackPerson
from access.operations import look_at_people as looking
from access.operations.deliver_messages import claim_messages, note_undeliverable
from access.operations.note_person_changed import note_person_changed
from access.operations.plan_reminders import plan_reminders
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.ports import CannotKeep
from storage.repositories.people import PersonRows
from tests.access.place import DAY, SECOND, Place, lived_in
from tests.access.world import TEAM


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with lived_in(tmp_path) as made:
        yield made


# --- whom it asks about -----------------------------------------------------------------------------------------------


async def test_whoever_matters_is_asked_about_at_once_and_then_once_a_day(place: Place) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")
    assert await place.look() == 3
    assert place.town.asked_since() == ["UCARLA", "UMIA", "UOMAR"]
    assert place.watched() == ["UCARLA", "UMIA", "UOMAR"]
    place.world.clock.advance(DAY - SECOND)
    assert await place.look() == 0
    place.world.clock.advance(SECOND)
    assert await place.look() == 3
    assert place.known("UMIA") == Acquaintance("Europe/Berlin")


async def test_a_former_contact_is_asked_about_as_long_as_their_token_lives_and_then_nobody_is(place: Place) -> None:
    party, token = await place.opened()
    await place.contact(party, "UERIK")
    await place.look()
    assert place.town.asked_since() == ["UCARLA", "UERIK", "UMIA"]
    await revoke_token(RevokeToken(caller=place.world.caller("UANNA"), token=token), place.world.ports)
    await place.tomorrow()
    assert place.town.asked_since() == ["UERIK", "UMIA"]
    await remove_third_party(RemoveThirdParty(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    assert await place.tomorrow() == 0
    assert (place.town.asked_since(), place.watched()) == ([], [])


async def test_a_few_at_a_time_and_all_in_the_end(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "AT_A_TIME", 2)
    await place.opened(owner="UMIA", deputy="UOMAR")
    assert [await place.look() for _ in range(3)] == [2, 1, 0]
    assert Counter(place.town.asked) == {"UCARLA": 1, "UMIA": 1, "UOMAR": 1}


async def test_while_slack_is_silent_nobody_is_asked_about_any_more_and_nobody_is_forgotten(place: Place) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")
    place.town.silent = True
    assert [await place.look() for _ in range(3)] == [0, 0, 0]
    assert place.town.asked_since() == ["UCARLA", "UMIA", "UOMAR"]  # another one each time, whoever it is that fails
    place.town.silent = False
    assert await place.look() == 3


async def test_whom_slack_says_nonsense_of_keeps_nobody_else_waiting(place: Place) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")
    place.town.nonsense = {"UCARLA", "UMIA"}
    with pytest.raises(KeyError):
        await place.look()
    assert place.known("UOMAR").time_zone == "Europe/Berlin"
    assert await place.look() == 0
    place.town.nonsense.clear()
    place.world.clock.advance(timedelta(hours=1))
    assert await place.look() == 2


async def test_while_nothing_can_be_kept_nobody_else_is_asked_about(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.opened(owner="UMIA", deputy="UOMAR")

    async def full(*_: object) -> None:
        raise CannotKeep

    with monkeypatch.context() as patched:
        patched.setattr(PersonRows, "note", full)
        with pytest.raises(CannotKeep):
            await place.look()
    assert len(place.town.asked_since()) == 1
    assert await place.look() == 3


async def test_whoever_was_erased_meanwhile_is_left_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await place.opened()
    look_anew = place.town.look_anew

    async def erased(user_id: str) -> SlackPerson | None:
        place.rows(f"DELETE FROM people WHERE user_id = '{user_id}'")
        return await look_anew(user_id)

    monkeypatch.setattr(place.town, "look_anew", erased)
    place.town.alter("UCARLA", is_deactivated=True)
    assert await place.look() == 2
    assert place.records("contact.gone") == []


# --- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.on_a_file
async def test_an_event_has_somebody_asked_about_at_once_and_nobody_else(place: Place) -> None:
    await place.opened()
    await place.look()
    place.town.asked_since()
    before = place.world.file.read_bytes()
    for user_id in ("UCARLA", "UANNA", "UNOBODY"):  # Anna is an admin, and has no part in a third party
        await note_person_changed(TEAM, user_id, place.world.ports)
    await place.look()
    assert place.town.asked_since() == ["UCARLA"]
    assert place.world.file.read_bytes()[:16] == before[:16]


async def test_an_event_during_the_look_has_them_asked_about_once_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack answers, and the account is deactivated before the answer is noted."""
    await place.opened()
    await place.look()
    look_anew = place.town.look_anew

    async def changed_meanwhile(user_id: str) -> SlackPerson | None:
        answer = await look_anew(user_id)
        if not place.town.people[user_id].is_deactivated:
            place.town.alter(user_id, is_deactivated=True)
            await note_person_changed(TEAM, user_id, place.world.ports)
        return answer

    monkeypatch.setattr(place.town, "look_anew", changed_meanwhile)
    await note_person_changed(TEAM, "UCARLA", place.world.ports)
    assert await place.look() == 2
    assert place.known("UCARLA").gone is Gone.DEACTIVATED


async def test_whoever_cannot_be_written_to_is_asked_about_at_once(place: Place) -> None:
    party, _ = await place.opened()
    await place.look()
    place.town.asked_since()
    await place.world.deliver()
    await renew_token(RenewToken(caller=place.world.caller("UANNA"), third_party=party), place.world.ports)
    queued, _ = await claim_messages(TEAM, place.world.ports, lease=timedelta(minutes=2), limit=99)
    (offer,) = [each for each in queued if each.message.kind == "handoff" and each.ts is None]
    await note_undeliverable(offer, "user_disabled", place.world.ports)
    place.town.alter("UCARLA", is_deactivated=True)
    await place.look()
    assert place.town.asked_since() == ["UCARLA"]
    assert (await place.read_party(party)).contact is None


# --- what is known ----------------------------------------------------------------------------------------------------


async def test_another_time_zone_or_end_of_the_account_has_the_tokens_looked_at_anew(place: Place) -> None:
    _, token = await place.opened()
    await place.look()
    await plan_reminders(TEAM, place.world.ports)
    assert place.waits_to_be_reminded_of() == []
    ends_at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for user_id, change in (("UMIA", {"time_zone": None}), ("UCARLA", {"account_ends_at": ends_at})):
        place.town.alter(user_id, **change)
        await place.tomorrow()
        assert place.waits_to_be_reminded_of() == [token]
        await plan_reminders(TEAM, place.world.ports)
        await place.tomorrow()
        assert place.waits_to_be_reminded_of() == []
    assert place.known("UMIA") == Acquaintance(None)
    assert place.known("UCARLA") == Acquaintance("Europe/Berlin", ends_at, Gone.OUTSIDER)


async def test_the_owner_is_told_two_weeks_before_the_contacts_account_ends(place: Place) -> None:
    await place.opened()
    ends_at = place.world.clock.now() + timedelta(days=50)  # a Tuesday; the token lives half a year
    place.town.alter("UCARLA", account_ends_at=ends_at)
    planned = "SELECT reader.user_id, role FROM reminders JOIN people reader ON reader.id = reader WHERE kind = '{}'"
    days = 33  # so long nothing happens
    place.world.clock.advance(days * DAY)
    while not (rows := place.rows(planned.format("account_ends"))) and days < 50:
        place.world.clock.advance(DAY)
        days += 1
        await place.look()
        await plan_reminders(TEAM, place.world.ports)
    assert (days, rows) == (36, [("UMIA", "owner")])

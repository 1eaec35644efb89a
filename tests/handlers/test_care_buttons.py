"""The buttons of a reminder, pressed: by those who may and those who may not, late, twice, and one after the other."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from access.model.ids import TokenId
from access.model.token import Token
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from handlers import ids
from tests.access.world import TEAM
from tests.crash.truths import complaints
from tests.handlers.office import Json, Office, handoff_of, typed
from tests.handlers.story import NAME, lay_out

BUTTONS = (ids.RENEW_REMINDED, ids.CLAIM, ids.SNOOZE, ids.LET_LAPSE, ids.UNDO_LAPSE)
CARD = f'show "{NAME}"'
DAY = timedelta(days=1)
EXPIRES = datetime(2026, 9, 2, 9, tzinfo=UTC)


class Desktop(Office):
    """An office in which Carla has a token of Anna's third party, nine days before it expires."""

    token: TokenId
    party: str

    async def press(self, user: str, action: str, place: str = "direct") -> str:
        """Press a button of the token's reminder; return what the person reads at once."""
        before = len(self.replies.said)
        await self.presses(user, action, self.token, place)
        return plain("\n".join(each.text for each in self.replies.said[before:]))

    async def kept(self) -> Token:
        async with self.world.ports.read(TEAM) as reading:
            return await reading.tokens.get(self.token)

    async def who(self, person: Any) -> str | None:
        async with self.world.ports.read(TEAM) as reading:
            account = await reading.people.slack_of(person) if person else None
        return account.user_id if account else None

    async def snooze(self, user: str, option: int = 0) -> Json:
        """Press *Snooze* and choose one of the options."""
        assert await self.press(user, ids.SNOOZE)
        (_, choice) = self.last.view["blocks"]
        chosen = choice["element"]["options"][option]
        return await self.submits(user, ids.SNOOZE_FORM, self.token, when_field=radio(chosen))


def radio(option: Json | None) -> Json:
    return {"type": "radio_buttons", "selected_option": option}


def plain(text: str) -> str:
    return re.sub(r"<!date[^>]*>", "then", text)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Desktop]:
    about = await lay_out(tmp_path)
    made = await Office.make(tmp_path, seed=1)
    desktop = Desktop(made.world, made.app, made.replies)
    desktop.token, desktop.party = about["token"], about["party"]
    desktop.world.clock.advance(EXPIRES - 9 * DAY - desktop.world.clock.now())
    async with desktop.world.ports.write(TEAM) as uow:
        await uow.people.note_time_zone(await uow.people.id_of(desktop.world.caller("UANNA").slack), "Europe/Berlin")
        await uow.commit()
    yield desktop
    await desktop.world.close()
    with closing(sqlite3.connect(desktop.world.file)) as database:
        assert complaints(database) == [], "the records tell the state that there is"


async def test_each_does_what_it_says_once(office: Desktop) -> None:
    assert await office.press("UANNA", ids.CLAIM) == ""
    records = office.world.count_records()
    assert await office.press("UANNA", ids.CLAIM) == ""
    assert office.world.count_records() == records
    assert await office.who((await office.kept()).claimed_by) == "UANNA"
    for _ in range(2):
        assert await office.press("UANNA", ids.LET_LAPSE) == ""
    assert await office.who((await office.kept()).let_lapse_by) == "UANNA"
    for _ in range(2):
        assert await office.press("UBEN", ids.UNDO_LAPSE) == ""
    assert (await office.kept()).let_lapse_at is None
    assert office.world.count_records() == records + 2


async def test_whoever_takes_it_over_is_told_from_whom(office: Desktop) -> None:
    await office.press("UANNA", ids.CLAIM)
    told = await office.press("UBEN", ids.CLAIM, "channel")
    assert "You look after the token" in told
    assert "Until now <@UANNA> did, since then; best tell them." in told
    assert await office.who((await office.kept()).claimed_by) == "UBEN"


async def test_snoozing_asks_until_when_and_reminds_whoever_asked(office: Desktop) -> None:
    await office.press("UANNA", ids.SNOOZE)
    (said, choice) = office.last.view["blocks"]
    labels = [option["text"]["text"] for option in choice["element"]["options"]]
    assert labels == ["Tomorrow, on Tuesday 25 August, 09:00"], "the owner's next reminder comes the morning after"
    next_at = EXPIRES - 7 * DAY - timedelta(hours=2)
    assert f"the next one comes, at the latest, <!date^{int(next_at.timestamp())}^" in said["text"]["text"]
    told = await office.snooze("UANNA")
    assert "I remind you again then, unless it is renewed by then." in plain(str(told["view"]))
    kept = await office.kept()
    assert kept.snoozed_until == next_at - DAY, "nine where Anna is"
    records = office.world.count_records()
    await office.snooze("UANNA")
    assert office.world.count_records() == records


async def test_one_person_at_a_time_and_not_beyond_the_next_reminder(office: Desktop) -> None:
    await office.snooze("UANNA")
    assert "Somebody else is reminded of this again then" in await office.press("UBEN", ids.SNOOZE)
    option = {"value": str(int((EXPIRES - 7 * DAY).timestamp()))}
    refused = await office.submits("UANNA", ids.SNOOZE_FORM, office.token, when_field=radio(option))
    assert "The next reminder comes then anyway" in plain(str(refused["view"]))
    option = {"value": str(int(office.world.clock.now().timestamp()))}
    refused = await office.submits("UANNA", ids.SNOOZE_FORM, office.token, when_field=radio(option))
    assert "That time has passed meanwhile" in str(refused["view"])
    office.world.clock.advance(EXPIRES - timedelta(hours=8) - office.world.clock.now())
    assert "there is nothing to do for now" in await office.press("UBEN", ids.SNOOZE)


async def test_what_the_form_never_offered_is_out_of_date(office: Desktop) -> None:
    values: list[Any] = [None, "", "9" * 11, "-1", "1.5", {"a": 1}]
    for field in (*(radio({"value": value}) for value in values), radio(None), typed("1"), {}):
        body = await office.submits("UANNA", ids.SNOOZE_FORM, office.token, when_field=field)
        assert "out of date" in str(body)


async def test_nobody_else_may(office: Desktop) -> None:
    before = await office.kept()
    for user in ("UMIA", "UCARLA"):
        for action in BUTTONS:
            assert "ask" in await office.press(user, action)
        body = await office.submits(user, ids.SNOOZE_FORM, office.token, when_field=radio({"value": "1787000000"}))
        assert "ask" in str(body["view"])
    assert await office.kept() == before


async def renewed(office: Desktop) -> None:
    await office.types("UANNA", f'renew "{NAME}"')


async def collected(office: Desktop) -> None:
    await renewed(office)
    card = await office.card(NAME)
    command = CollectHandoff(caller=office.world.caller("UCARLA"), handoff=handoff_of(card.tokens[0]).id)
    await collect_handoff(command, office.world.ports)


async def expired(office: Desktop) -> None:
    office.world.clock.advance(9 * DAY)


async def revoked(office: Desktop) -> None:
    await office.presses("UANNA", ids.REVOKE_NOW, office.token)


async def disabled(office: Desktop) -> None:
    await office.types("UANNA", f'disable "{NAME}"')


async def removed(office: Desktop) -> None:
    await office.presses("UANNA", ids.REMOVE_NOW, office.party)


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (collected, "It is renewed already: a newer token works in its place"),
        (expired, "This token has expired already"),
        (revoked, "This token is revoked already"),
        (disabled, "It is not enabled, and that comes first"),
        (removed, "There is no such third party; it may have been removed"),
    ],
)
async def test_pressed_too_late_it_says_what_is_true_now(office: Desktop, happens: Any, said: str) -> None:
    await happens(office)
    before = await office.kept()
    for action in BUTTONS:
        told = await office.press("UBEN", action)
        assert said in told, action
        assert office.last.how == "open", "in a window: beside a direct message nothing may be seen"
    assert await office.kept() == before


async def test_while_a_new_one_waits_it_may_be_looked_after_but_not_let_lapse(office: Desktop) -> None:
    await renewed(office)
    assert "There is a newer token beside it already" in await office.press("UBEN", ids.LET_LAPSE)
    assert await office.press("UBEN", ids.CLAIM) == ""
    assert await office.press("UBEN", ids.UNDO_LAPSE) == ""
    assert "snooze_form" in await office.press("UBEN", ids.SNOOZE)


async def test_what_is_to_lapse_is_not_looked_after_and_renewing_it_ends_that(office: Desktop) -> None:
    await office.press("UBEN", ids.LET_LAPSE)
    for action in (ids.CLAIM, ids.SNOOZE):
        assert "It is decided that this token is to lapse" in await office.press("UANNA", action)
    await renewed(office)
    assert (await office.kept()).let_lapse_at is None
    assert await office.press("UANNA", ids.CLAIM) == ""


async def test_the_card_shows_what_was_decided_and_undoes_it(office: Desktop) -> None:
    await office.press("UBEN", ids.CLAIM)
    await office.snooze("UANNA")
    assert "· <@UBEN> is on its renewal · <@UANNA> is reminded again then" in plain(await office.types("UANNA", CARD))
    await office.press("UBEN", ids.LET_LAPSE)
    shown = await office.types("UANNA", CARD)
    assert "· to lapse, as <@UBEN> decided then" in plain(shown)
    assert "is on its renewal" not in shown
    told = await office.press("UANNA", ids.UNDO_LAPSE, "ephemeral")
    assert "is not to lapse: reminders go out as before." in told
    assert "to lapse, as" not in told


async def test_it_renews_from_the_reminder(office: Desktop) -> None:
    await office.presses("UANNA", ids.RENEW_REMINDED, office.token, "direct")
    assert office.last.how == "say"
    assert "A token is issued" in office.last.text


async def test_a_button_left_over_renews_no_token_but_its_own(office: Desktop) -> None:
    await collected(office)
    await office.presses("UANNA", ids.RETIRE_NOW, office.token)
    assert "This token is retired already" in await office.press("UANNA", ids.RENEW_REMINDED)
    assert len((await office.card(NAME)).tokens) == 2

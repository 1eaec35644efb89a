"""Somebody with an account who forges nothing, but types, presses and submits everything there is, with every id.

What there is to press is read from the bot's own tables, so that a new button cannot be forgotten here.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest

from access.model.credentials import WELL_FORMED
from handlers import ids
from handlers.commands.table import COMMANDS
from handlers.register import PRESSES, SUBMISSIONS
from tests.attacks.town import COLLECTED, OFFERED, REMOVED, Attacked, fields_of_every_form
from tests.handlers.office import Json, command, opened_home, press, submission

LEARN_NOTHING = ("UMIA", "UOMAR", "UCARLA", "UDINA")
"""A member, the owner of another third party, a guest who is a contact: of what is their own nothing is tried, and a
guest who is a deputy contact. An auditor besides may read."""
OF_CONTACTS = {
    *(ids.OPEN_HANDOFF, ids.DECLINE, ids.WORKS, ids.NOT_SEEN, ids.NOT_ME, ids.HANDOFF_FORM, ids.DISPUTE_FORM),
    *(ids.HOLDINGS, ids.TEST_MINE, ids.ASK, ids.ASK_STILL_WORKS, ids.ASK_SOMEBODY_ELSE, ids.ASK_FORM),
}


def everything(town: Attacked, attacker: str) -> Iterator[Json]:
    """Every payload that Slack could sign for somebody who knows every id and every name."""
    fields = fields_of_every_form(attacker)
    tried = [name for name in (*PRESSES, *SUBMISSIONS) if attacker != "UCARLA" or name not in OF_CONTACTS]
    for name, about in product(tried, town.ids.values()):
        if name in PRESSES:
            yield press(attacker, name, about, "channel")
        else:
            seen = f":{'0' * 16}" if name == ids.EDIT_FORM else ""
            yield submission(attacker, name, about + seen, **fields)
    if attacker != "UCARLA":  # there she reads what is her own
        yield opened_home(attacker)
        for name in set(tried) & set(PRESSES):
            yield press(attacker, name, town.ids["offered"], "home")
    for word, rest in product(COMMANDS, [f'"{COLLECTED}"', f'"{OFFERED}" <@{attacker}|me>', f'"{REMOVED}"']):
        yield command(attacker, f"{word} {rest}")


@pytest.mark.parametrize("attacker", [*LEARN_NOTHING, "UAUDI"])
async def test_whoever_tries_everything_with_every_id_changes_nothing_and_learns_nothing(
    town: Attacked, attacker: str
) -> None:
    hidden = town.hidden()
    before, records = town.state(), town.office.world.count_records()
    for payload in everything(town, attacker):
        await town.sends(payload)
        said = town.everything_said()
        assert not WELL_FORMED.search(said)
        if attacker in LEARN_NOTHING:
            typed = str(payload.get("text"))
            assert [each for each in hidden if each in said and each not in typed] == [], payload
    assert town.state() == before
    outcomes = {outcome for (outcome,) in town.rows(f"SELECT outcome FROM audit WHERE number > {records}")}
    assert outcomes
    assert "done" not in outcomes


@pytest.mark.parametrize("attacker", ["UMIA", "UOMAR"])
async def test_a_name_that_there_is_is_answered_like_one_that_there_is_not(town: Attacked, attacker: str) -> None:
    for word in COMMANDS:
        answers = set()
        for name in (COLLECTED, REMOVED, "Gossamer"):
            await town.sends(command(attacker, f'{word} "{name}"'))
            answers.add(town.everything_said().replace(name, "…"))
        assert len(answers) == 1, (word, answers)


async def test_what_is_refused_again_writes_nothing_at_all(town: Attacked) -> None:
    """One record for each person, operation and hour; and of people, messages and reasons none."""

    async def press_everything() -> None:
        for action in PRESSES:
            await town.sends(press("UMIA", action, town.ids["offered"], "channel"))

    await press_everything()
    grown = town.rows("SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM people)")
    files = town.files()
    for _ in range(4):
        await press_everything()
    assert town.files() == files
    town.office.world.clock.advance(timedelta(hours=1))
    await press_everything()
    ((records, people),) = grown
    assert town.rows("SELECT count(*) FROM people") == [(people,)]
    assert 0 < town.office.world.count_records() - records <= len(PRESSES)

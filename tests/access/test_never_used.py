"""The nudge about what was collected and never used, over a real database: looked at in time, whatever happens."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access.model.check import Noted
from access.operations.disable_third_party import DisableThirdParty, disable_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.plan_reminders import plan_reminders
from access.operations.record_checks import record_checks
from tests.access.renewing import Begun, Renewing
from tests.access.world import TEAM
from tests.checking import ASKER, add_resource_server

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
A_WEEK_LATER = datetime(2026, 3, 9, 9, tzinfo=UTC)
"""After Monday, 2 March, 09:00, when Carla collected it. Nobody's time zone is known, so everybody's is UTC."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    return Begun.make(tmp_path_factory.mktemp("begun"))


@pytest.fixture
async def acme(begun: Begun, tmp_path: Path) -> AsyncIterator[Renewing]:
    async with begun.go_on(tmp_path, Renewing) as acme:
        acme.world.ports = replace(acme.world.ports, policy=replace(acme.world.ports.policy, reminder_days=()))
        yield acme


async def asked(acme: Renewing) -> None:
    """A resource server asks about some token or other."""
    await add_resource_server(TEAM, acme.world.ports)
    await record_checks(TEAM, Noted(asked={ASKER: acme.world.clock.now()}), acme.world.ports)


async def plan_at(acme: Renewing, now: datetime) -> int:
    acme.world.clock.set(now)
    return await plan_reminders(TEAM, acme.world.ports)


def nudged(acme: Renewing) -> list[tuple[str, str]]:
    return acme.world.rows("SELECT role, token FROM reminders WHERE kind = 'never_used' ORDER BY planned_at, role")


async def test_it_is_planned_once_in_the_morning_a_week_later_and_with_a_record(acme: Renewing) -> None:
    await asked(acme)
    await plan_at(acme, acme.world.clock.now())
    assert await plan_at(acme, A_WEEK_LATER - HOUR) == 0
    assert await plan_at(acme, A_WEEK_LATER) == 1
    assert nudged(acme) == [("contact", acme.first), ("owner", acme.first)]
    assert (await acme.records())[:2] == ["token.reminded"] * 2
    assert await plan_at(acme, A_WEEK_LATER + 30 * DAY) == 0
    assert len(nudged(acme)) == 2


async def test_where_nobody_asks_nobody_is_nudged(acme: Renewing) -> None:
    await plan_at(acme, acme.world.clock.now())
    await add_resource_server(TEAM, acme.world.ports)
    assert await plan_at(acme, A_WEEK_LATER + 30 * DAY) == 0
    assert nudged(acme) == []


async def test_when_somebody_begins_to_ask_every_token_is_looked_at_anew_once(acme: Renewing) -> None:
    await plan_at(acme, acme.world.clock.now())
    acme.world.clock.set(A_WEEK_LATER + 7 * DAY)
    await asked(acme)
    assert await plan_at(acme, A_WEEK_LATER + 7 * DAY + HOUR) == 1
    assert nudged(acme) == [], "a week from then on"
    await asked(acme)
    assert await plan_at(acme, A_WEEK_LATER + 7 * DAY + 2 * HOUR) == 0
    assert await plan_at(acme, A_WEEK_LATER + 14 * DAY) == 1
    assert len(nudged(acme)) == 2


async def test_what_is_used_in_time_is_not_waited_for_any_more(acme: Renewing) -> None:
    await asked(acme)
    await plan_at(acme, acme.world.clock.now())
    acme.world.clock.set(A_WEEK_LATER - HOUR)
    await acme.accepted(acme.first)
    await plan_at(acme, A_WEEK_LATER - HOUR)
    assert await plan_at(acme, A_WEEK_LATER) == 0
    assert nudged(acme) == []


async def test_while_it_is_disabled_nobody_is_nudged_and_afterwards_they_are(acme: Renewing) -> None:
    await asked(acme)
    about = {"third_party": acme.party}
    await acme.ask("UANNA", disable_third_party, DisableThirdParty, **about)
    await plan_at(acme, A_WEEK_LATER)
    assert nudged(acme) == []
    await acme.ask("UANNA", enable_third_party, EnableThirdParty, **about)
    assert await plan_at(acme, A_WEEK_LATER + HOUR) == 1
    assert len(nudged(acme)) == 2


async def test_beside_an_old_one_that_is_in_use_it_waits_until_that_is_over(acme: Renewing) -> None:
    await asked(acme)
    await acme.accepted(acme.first)
    new = await acme.renewed()
    await plan_at(acme, acme.world.clock.now() + HOUR)
    for days in (1, 4, 8, 11):
        acme.world.clock.set(A_WEEK_LATER - 7 * DAY + days * DAY)
        await acme.accepted(acme.first)
        await plan_reminders(TEAM, acme.world.ports)
    assert nudged(acme) == []
    told = acme.world.rows("SELECT DISTINCT kind, token FROM reminders")
    assert told == [("still_in_use", acme.first)]
    await plan_at(acme, datetime(2026, 3, 20, 12, tzinfo=UTC))
    assert nudged(acme) == [], "the old one was used a week ago, on a Friday"
    await plan_at(acme, datetime(2026, 3, 23, 9, tzinfo=UTC))
    assert nudged(acme) == [("contact", new), ("owner", new)]

"""A payload and `users.info` tell the same organisation of a person, so that they stay the same person."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from access.model.errors import DirectoryUnavailable
from access.model.people import Caller, Role, SlackPerson, SlackUser
from handlers.actor import Payload, caller_of, contact_of
from handlers.desk import Desk
from handlers.views.handoff import ApiGuide
from tests.access.world import TEAM
from tests.handlers.office import CHANNEL, Office, SilentTown, command

Who = Callable[[Payload, Desk], Awaitable[Caller]]
OURS, THEIRS = "E0OURS", "E0THEIRS"


@dataclass(frozen=True)
class Case:
    """A person, by what `users.info` makes of them, and what Slack sends when they press and submit."""

    org: str
    home: str
    pressed: dict[str, Any]
    submitted: dict[str, Any]
    foreign: bool = False


def _team(team: str, enterprise: str | None = None) -> dict[str, Any]:
    named = {"id": team} | ({"enterprise_id": enterprise} if enterprise else {})
    return {"team": named, "enterprise": {"id": enterprise} if enterprise else None}


CASES = {
    "member": Case(TEAM, TEAM, _team(TEAM), _team(TEAM)),
    "other organisation": Case("T0OTHER", "T0OTHER", _team(TEAM), _team("T0OTHER"), foreign=True),
    "grid": Case(OURS, TEAM, _team(TEAM, OURS), _team(TEAM, OURS)),
    "grid, home is the enterprise": Case(OURS, OURS, _team(TEAM, OURS), _team(TEAM, OURS)),
    "grid, home is a sister workspace": Case(OURS, "T0SISTER", _team(TEAM, OURS), _team(TEAM, OURS)),
    "other grid": Case(THEIRS, "T0OTHER", _team(TEAM), _team("T0OTHER", THEIRS), foreign=True),
    "other grid, told by its team": Case("T0OTHER", "T0OTHER", _team(TEAM), _team("T0OTHER", THEIRS), foreign=True),
    "other grid, seen from ours": Case(THEIRS, "T0OTHER", _team(TEAM, OURS), _team("T0OTHER", THEIRS), foreign=True),
}


@pytest.fixture
async def desk(office: Office) -> Desk:
    return Desk(office.world.ports, ApiGuide(None, None), TEAM, CHANNEL, office.replies)


def _settle(office: Office, case: Case, role: Role = Role.OUTSIDER) -> None:
    office.world.town.people["UX"] = SlackPerson(SlackUser("UX", case.org), role, is_foreign=case.foreign)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("who", [caller_of, contact_of])
async def test_payload_and_directory_mean_the_same_person(office: Office, desk: Desk, case: Case, who: Who) -> None:
    _settle(office, case)
    user = {"user": {"id": "UX", "team_id": case.home}}

    for payload in (case.pressed, case.submitted):
        assert (await who(user | payload, desk)).slack == SlackUser("UX", case.org)


@pytest.mark.parametrize("name", ["member", "other organisation", "grid", "grid, home is the enterprise"])
async def test_a_contact_is_known_without_the_directory(desk: Desk, name: str) -> None:
    case, silent = CASES[name], replace(desk, ports=replace(desk.ports, directory=SilentTown()))
    user = {"user": {"id": "UX", "team_id": case.home}}

    for payload in (case.pressed, case.submitted):
        assert await contact_of(user | payload, silent) == Caller(TEAM, SlackUser("UX", case.org), Role.OUTSIDER)


@pytest.mark.parametrize(("enterprise", "org"), [("", TEAM), (OURS, OURS)])
async def test_who_types_a_command(office: Office, desk: Desk, enterprise: str, org: str) -> None:
    office.world.town.people["UX"] = SlackPerson(SlackUser("UX", org), Role.ADMIN)
    payload = command("UX", "help") | {"enterprise_id": enterprise}

    assert await caller_of(payload, desk) == Caller(TEAM, SlackUser("UX", org), Role.ADMIN)


async def test_an_admins_user_id_in_another_organisation_is_nobody(desk: Desk) -> None:
    """The directory means our UANNA; whoever signed this one has the same user ID elsewhere."""
    payload = {"user": {"id": "UANNA", "team_id": "T0OTHER"}} | _team(TEAM)

    assert await caller_of(payload, desk) == Caller(TEAM, SlackUser("UANNA", "T0OTHER"), Role.OUTSIDER)


async def test_whom_slack_does_not_know_is_nobody(desk: Desk) -> None:
    payload = {"user": {"id": "UGHOST", "team_id": TEAM}} | _team(TEAM)

    assert (await caller_of(payload, desk)).role is Role.OUTSIDER


async def test_without_the_directory_nobody_is_an_admin(desk: Desk) -> None:
    silent = replace(desk, ports=replace(desk.ports, directory=SilentTown()))

    with pytest.raises(DirectoryUnavailable):
        await caller_of({"user": {"id": "UANNA", "team_id": TEAM}} | _team(TEAM), silent)

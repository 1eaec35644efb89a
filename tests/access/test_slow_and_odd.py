"""What an operation does when Slack is slow or silent, and where two settings meet."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access.model.errors import DirectoryUnavailable, TookTooLong
from access.model.ids import HandoffId, ThirdPartyId
from access.model.people import SlackPerson, SlackUser
from access.model.policy import Policy
from access.model.token import TokenState
from access.operations import collect_handoff as collecting
from access.operations import offering
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from bot.directory import Nobody
from tests.access.world import TEAM, World, in_clear


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World.make(tmp_path, Policy(token_months=1, handoff_time=timedelta(hours=720)))
    yield made
    await made.close()


async def ready(world: World) -> ThirdPartyId:
    """A third party to which a token can be issued."""
    anna, ports = world.caller("UANNA"), world.ports
    party = await register_third_party(RegisterThirdParty(caller=anna, name="Acme"), ports)
    proposal = await propose_contact(ProposeContact(caller=anna, third_party=party.id, user_id="UCARLA"), ports)
    await world.deliver()
    await approve_contact(ApproveContact(caller=world.caller("UBEN"), proposal=proposal.id), ports)
    await enable_third_party(EnableThirdParty(caller=anna, third_party=party.id), ports)
    return party.id


async def offered(world: World) -> HandoffId:
    third_party = await ready(world)
    issued = await issue_token(IssueToken(caller=world.caller("UANNA"), third_party=third_party), world.ports)
    async with world.ports.read(TEAM) as reading:
        return (await reading.handoffs.of_token(issued.token.id)).id


@dataclass
class SlowTown:
    """A directory that answers, but not soon."""

    seconds: float

    async def look_up(self, user_id: str) -> SlackPerson | None:
        await asyncio.sleep(self.seconds)
        return None

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        return await self.look_up(user_id)

    async def admins(self) -> Sequence[SlackUser]:
        return []


async def test_nothing_is_claimed_while_slack_keeps_us_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    handoff = await offered(world)
    request = CollectHandoff(caller=world.caller("UCARLA"), handoff=handoff)
    monkeypatch.setattr(offering, "LOOK_UP", timedelta(seconds=0.05))
    with pytest.raises(TookTooLong):
        await collect_handoff(request, replace(world.ports, directory=SlowTown(5)))
    assert in_clear(await collect_handoff(request, world.ports)).token.reveal().startswith("tpt_")


async def test_nothing_is_claimed_too_late_to_be_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    handoff = await offered(world)
    request = CollectHandoff(caller=world.caller("UCARLA"), handoff=handoff)
    monkeypatch.setattr(collecting, "IN_TIME", timedelta(0))
    with pytest.raises(TookTooLong):
        await collect_handoff(request, world.ports)
    async with world.ports.read(TEAM) as reading:
        assert (await reading.handoffs.get(handoff)).is_open


async def test_a_token_is_not_stopped_for_a_replacement_that_slack_holds_up(world: World) -> None:
    handoff = await offered(world)
    async with world.ports.read(TEAM) as reading:
        token = (await reading.handoffs.get(handoff)).token
    with pytest.raises(DirectoryUnavailable):
        await replace_token(
            ReplaceToken(caller=world.caller("UANNA"), token=token), replace(world.ports, directory=Nobody())
        )
    async with world.ports.read(TEAM) as reading:
        assert (await reading.tokens.get(token)).state(world.clock.now()) is TokenState.PENDING


async def test_an_offer_never_outlives_its_token(world: World) -> None:
    world.clock.advance(datetime(2027, 1, 30, 9, tzinfo=UTC) - world.clock.now())
    third_party = await ready(world)
    request = IssueToken(caller=world.caller("UANNA"), third_party=third_party)
    issued = await issue_token(request, world.ports)
    assert issued.lapses_at == issued.token.expires_at == datetime(2027, 2, 28, 9, tzinfo=UTC)
    world.clock.advance(issued.lapses_at - world.clock.now())
    again = await issue_token(request, world.ports)  # although no job has noted the lapse
    async with world.ports.read(TEAM) as reading:
        states = [token.state(world.clock.now()) for token in await reading.tokens.of(third_party)]
    assert states == [TokenState.PENDING, TokenState.REVOKED]
    assert again.token.id != issued.token.id

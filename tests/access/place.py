"""People who come and go: a world, a Slack that is asked about them, and a few words for what happens."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from access.model.errors import DirectoryUnavailable
from access.model.ids import HandoffId, PersonId, ThirdPartyId, TokenId
from access.model.people import Acquaintance, Gone, SlackPerson
from access.model.third_party import ThirdParty, details_hash
from access.model.token import Token
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.edit_third_party import EditThirdParty, edit_third_party
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.look_at_people import look_at_people
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from tests.access.world import TEAM, Town, World

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass
class AskedTown(Town):
    """A directory that remembers whom it was asked about anew, and may not answer, or answer nonsense."""

    asked: list[str] = field(default_factory=list)
    silent: bool = False
    nonsense: set[str] = field(default_factory=set)

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        self.asked.append(user_id)
        if self.silent:
            raise DirectoryUnavailable
        if user_id in self.nonsense:
            raise KeyError("team_id")
        return await super().look_anew(user_id)

    def alter(self, user_id: str, **given: Any) -> None:
        self.people[user_id] = replace(self.people[user_id], **given)

    def asked_since(self) -> list[str]:
        """Whom it was asked about since the last time, in order of their names."""
        asked = sorted(self.asked)
        self.asked.clear()
        return asked


@dataclass
class Place:
    """A world, with a few words for what happens in it."""

    world: World
    town: AskedTown

    @classmethod
    async def make(cls, folder: Path) -> "Place":
        world = await World.make(folder)
        town = AskedTown(world.town.people)
        world.ports = replace(world.ports, directory=town)
        return cls(world, town)

    async def look(self) -> int:
        return await look_at_people(TEAM, self.world.ports)

    async def tomorrow(self) -> int:
        self.world.clock.advance(DAY)
        return await self.look()

    async def party(self, name: str, *, owner: str = "UMIA", deputy: str | None = None) -> ThirdPartyId:
        anna, ports = self.world.caller("UANNA"), self.world.ports
        party = await register_third_party(RegisterThirdParty(caller=anna, name=name), ports)
        await self.edit(party, owner=owner, deputy_owner=deputy)
        await enable_third_party(EnableThirdParty(caller=anna, third_party=party.id), ports)
        return party.id

    async def edit(self, party: ThirdParty, *, owner: str | None, deputy_owner: str | None) -> None:
        request = EditThirdParty(
            caller=self.world.caller("UANNA"),
            third_party=party.id,
            name=party.name,
            callback_url=None,
            owner=owner,
            deputy_owner=deputy_owner,
            notes="",
            seen=details_hash(party),
        )
        await edit_third_party(request, self.world.ports)

    async def contact(self, party: ThirdPartyId, user_id: str = "UCARLA", *, deputy: bool = False) -> None:
        anna, ben, ports = self.world.caller("UANNA"), self.world.caller("UBEN"), self.world.ports
        request = ProposeContact(caller=anna, third_party=party, user_id=user_id, deputy=deputy)
        proposal = await propose_contact(request, ports)
        await self.world.deliver()
        await approve_contact(ApproveContact(caller=ben, proposal=proposal.id), ports)

    async def issue(self, party: ThirdPartyId) -> TokenId:
        request = IssueToken(caller=self.world.caller("UANNA"), third_party=party)
        return (await issue_token(request, self.world.ports)).token.id

    async def collect(self, token: TokenId, user_id: str = "UCARLA") -> None:
        async with self.world.ports.read(TEAM) as reading:
            handoff: HandoffId = (await reading.handoffs.of_token(token)).id
        await collect_handoff(CollectHandoff(caller=self.world.caller(user_id), handoff=handoff), self.world.ports)

    async def opened(self, name: str = "Acme", **people: Any) -> tuple[ThirdPartyId, TokenId]:
        """A third party whose contact, Carla, has opened a token."""
        party = await self.party(name, **people)
        await self.contact(party)
        token = await self.issue(party)
        await self.collect(token)
        return party, token

    async def read_party(self, party: ThirdPartyId) -> ThirdParty:
        async with self.world.ports.read(TEAM) as reading:
            found = await reading.third_parties.find(party)
        assert found is not None
        return found

    async def read_token(self, token: TokenId) -> Token:
        async with self.world.ports.read(TEAM) as reading:
            return await reading.tokens.get(token)

    def rows(self, query: str) -> list[Any]:
        return self.world.rows(query)

    def known(self, user_id: str) -> Acquaintance:
        ((zone, ends, gone),) = self.rows(
            f"SELECT time_zone, account_ends_at, gone FROM people WHERE user_id = '{user_id}'"
        )
        ends_at = None if ends is None else datetime.fromtimestamp(ends / 1_000_000, UTC)
        return Acquaintance(zone, ends_at, Gone(gone) if gone else None)

    def watched(self) -> list[str]:
        return [user for (user,) in self.rows("SELECT user_id FROM people WHERE next_look_at IS NOT NULL ORDER BY 1")]

    def person(self, user_id: str) -> PersonId:
        return PersonId(self.rows(f"SELECT id FROM people WHERE user_id = '{user_id}'")[0][0])

    def told(self, kind: str) -> list[tuple[str | None, str]]:
        """Who was told of whom, in messages of a kind: user IDs, None for the admins."""
        return self.rows(
            "SELECT reader.user_id, subject.user_id FROM outbox LEFT JOIN people reader ON reader.id = outbox.reader "
            f"JOIN people subject ON subject.id = outbox.subject WHERE kind = '{kind}' "
            "ORDER BY 1 NULLS FIRST, outbox.planned_at, outbox.id"
        )

    def records(self, action: str) -> list[Mapping[str, Any]]:
        return [json.loads(row) for (row,) in self.rows(f"SELECT details FROM audit WHERE action = '{action}'")]

    def waits_to_be_reminded_of(self) -> list[str]:
        return [token for (token,) in self.rows("SELECT id FROM tokens WHERE next_reminder_at = 0")]

    def everything(self) -> Sequence[Sequence[Any]]:
        return self.world.everything("third_parties", "tokens", "handoffs", "outbox", "audit", "sealed_credentials")


def go(place: Place, user_id: str, change: Mapping[str, Any] | None) -> None:
    if change is None:
        del place.town.people[user_id]
    else:
        place.town.alter(user_id, **change)


@asynccontextmanager
async def lived_in(folder: Path) -> AsyncIterator[Place]:
    """Make a place; in the end, look whether everything in its database is true together."""
    place = await Place.make(folder)
    yield place
    await place.world.end()

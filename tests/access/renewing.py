"""A third party with its first token, which is then renewed, reminded of, asked for: a few words for it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from access.model.ids import ThirdPartyId, TokenId
from access.model.token import Token, TokenState
from access.operations.approve_contact import ApproveContact, approve_contact
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.enable_third_party import EnableThirdParty, enable_third_party
from access.operations.issue_token import IssueToken, issue_token
from access.operations.propose_contact import ProposeContact, propose_contact
from access.operations.register_third_party import RegisterThirdParty, register_third_party
from access.operations.renew_token import RenewToken, renew_token
from access.operations.retire_token import RetireToken, retire_token
from access.operations.sweep_tokens import sweep_tokens
from tests.access.world import TEAM, World
from tests.checking import note_accepted

_R = TypeVar("_R", bound="Renewing")


@dataclass
class Renewing:
    """Acme, whose contact Carla has collected a first token."""

    world: World
    party: ThirdPartyId
    first: TokenId

    async def ask(self, who: str, operation: Any, command: Any, **about: Any) -> Any:
        return await operation(command(caller=self.world.caller(who), **about), self.world.ports)

    @classmethod
    async def begin(cls, world: World, name: str = "Acme") -> Self:
        about = RegisterThirdParty(caller=world.caller("UANNA"), name=name)
        begun = cls(world, (await register_third_party(about, world.ports)).id, TokenId(""))
        await begun.contact_is("UCARLA")
        await begun.ask("UANNA", enable_third_party, EnableThirdParty, third_party=begun.party)
        begun.first = (await begun.ask("UANNA", issue_token, IssueToken, third_party=begun.party)).token.id
        await begun.collect(begun.first)
        await world.deliver()
        return begun

    async def contact_is(self, whom: str) -> None:
        about = {"third_party": self.party, "user_id": whom}
        proposal = await self.ask("UANNA", propose_contact, ProposeContact, **about)
        await self.world.deliver()
        await self.ask("UBEN", approve_contact, ApproveContact, proposal=proposal.id)

    async def renew(self, who: str = "UANNA") -> TokenId:
        issued = await self.ask(who, renew_token, RenewToken, third_party=self.party)
        return TokenId(issued.token.id)

    async def renewed(self) -> TokenId:
        """Renew and collect."""
        new = await self.renew()
        await self.collect(new)
        return new

    async def of_handoff(self, operation: Any, command: Any, token: TokenId, who: str = "UCARLA") -> Any:
        async with self.world.ports.read(TEAM) as reading:
            handoff = await reading.handoffs.of_token(token)
        return await self.ask(who, operation, command, handoff=handoff.id)

    async def collect(self, token: TokenId, who: str = "UCARLA") -> None:
        await self.of_handoff(collect_handoff, CollectHandoff, token, who)

    async def token(self, token: TokenId) -> Token:
        async with self.world.ports.read(TEAM) as reading:
            return await reading.tokens.get(token)

    async def state(self, token: TokenId) -> TokenState:
        return (await self.token(token)).state(self.world.clock.now())

    async def retire(self, who: str, token: TokenId, *, as_contact: bool = False) -> Any:
        return await self.ask(who, retire_token, RetireToken, token=token, as_contact=as_contact)

    async def sweep_after(self, time: timedelta) -> int:
        self.world.clock.advance(time)
        return await sweep_tokens(TEAM, self.world.ports)

    async def accepted(self, *tokens: TokenId) -> None:
        await note_accepted(TEAM, tokens, self.world.clock.now(), self.world.ports)

    async def records(self) -> list[str]:
        async with self.world.ports.read(TEAM) as reading:
            return [line.entry.action for line in await reading.audit_trail(self.party, 3)]


@dataclass(frozen=True)
class Begun:
    """How such stories begin, told once for all tests of a module: its folder, and what is in it."""

    folder: Path
    party: ThirdPartyId
    first: TokenId

    @classmethod
    def make(cls, folder: Path, *, then: Callable[[World], Awaitable[object]] | None = None) -> Self:
        """Tell it, in a folder of its own. `then`: what happens further."""

        async def begin() -> Self:
            renewing = await Renewing.begin(await World.make(folder))
            if then is not None:
                await then(renewing.world)
            await renewing.world.close()
            return cls(folder, renewing.party, renewing.first)

        return asyncio.run(begin())

    @asynccontextmanager
    async def go_on(self, folder: Path, kind: type[_R]) -> AsyncIterator[_R]:
        """Go on from there in another folder; in the end, look whether everything in the database is true together."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        await World.bring_over(folder)
        world = await World.make(folder, seed=1)
        yield kind(world, self.party, self.first)
        await world.end()

"""What a random life needs to be lived: somebody who asks, and an observer with a pencil."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from access.model.errors import AccessError
from access.model.handoff import Handoff
from access.model.ids import HandoffId, PersonId, ProposalId, ThirdPartyId, TokenId
from access.model.third_party import ThirdParty
from access.model.token import Token, Verdict
from access.operations.check_token import check_token
from access.ports import Ports
from tests.access.world import TEAM, World

ADMINS = {"UANNA", "UBEN"}

T = TypeVar("T")
Operation = Callable[[Any, Ports], Awaitable[T]]


@dataclass
class Noted:
    """What was seen of one token."""

    issued_at: datetime
    secrets: list[str]
    shown_to: list[str] = field(default_factory=list)
    stopped: bool = False
    suspended: bool = False


@dataclass
class Memory:
    """What was seen of the third party."""

    enabled: bool = False
    removed: bool = False
    contact: str | None = None
    proposed: tuple[str, str] | None = None
    tokens: dict[TokenId, Noted] = field(default_factory=dict)


class Observed(RuleBasedStateMachine):
    """One third party in a world of its own, and what was seen of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.world = self.runner.run(World.make(self.folder))
        self.memory = Memory()
        self.party = ThirdPartyId("")

    def teardown(self) -> None:
        self.runner.run(self.world.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    def ask(self, who: str, operation: Operation[T], command: Any, **about: Any) -> T:
        """Ask for an operation; return what it gave. Raises its refusal."""

        async def answer() -> T:
            return await operation(command(caller=self.world.caller(who), **about), self.world.ports)

        return self.runner.run(answer())

    def attempt(self, who: str, operation: Operation[T], command: Any, **about: Any) -> tuple[bool, T | None]:
        """Ask for an operation; return whether it happened, and what it gave. Either way there is a record of it."""
        before = self.world.count_records()
        try:
            result = self.ask(who, operation, command, **about)
        except AccessError:
            assert who not in ADMINS or self.world.count_records() == before + 1, "an admin's refusal leaves a record"
            return False, None
        assert self.world.count_records() > before, "what happened leaves a record"
        return True, result

    def read(self) -> tuple[ThirdParty, list[Token], dict[TokenId, Handoff]]:
        async def read() -> tuple[ThirdParty, list[Token], dict[TokenId, Handoff]]:
            async with self.world.ports.read(TEAM) as reading:
                party = await reading.third_parties.find(self.party)
                assert party is not None
                tokens = list(await reading.tokens.of(self.party))
                return party, tokens, {token.id: await reading.handoffs.of_token(token.id) for token in tokens}

        return self.runner.run(read())

    def verdicts(self) -> dict[TokenId, Verdict]:
        async def check() -> dict[TokenId, Verdict]:
            return {
                token: await check_token(TEAM, self.world.vault.sealed[token][1], self.world.ports)
                for token in self.memory.tokens
            }

        return self.runner.run(check())

    def open_proposal(self) -> ProposalId:
        async def find() -> ProposalId:
            async with self.world.ports.read(TEAM) as reading:
                proposal = await reading.proposals.open_for(self.party)
                return proposal.id if proposal else ProposalId("none")

        return self.runner.run(find())

    def newest_handoff(self) -> HandoffId:
        _, tokens, handoffs = self.read()
        return handoffs[tokens[0].id].id

    def note_new_tokens(self) -> None:
        """Note what was issued, and what was stopped because of it."""
        for token, secrets in self.world.vault.sealed.items():
            token_id = TokenId(token)
            if token_id not in self.memory.tokens:
                texts = [secret.reveal() for secret in secrets]
                self.memory.tokens[token_id] = Noted(self.world.clock.now(), texts)

    def uncollected_end(self) -> None:
        for noted in self.memory.tokens.values():
            noted.stopped = noted.stopped or not noted.shown_to

    def person(self, user_id: str) -> PersonId | None:
        async def find() -> PersonId | None:
            async with self.world.ports.read(TEAM) as reading:
                return await reading.people.known(self.world.town.people[user_id].slack)

        return self.runner.run(find())

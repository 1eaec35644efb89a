"""What a random life needs to be lived: somebody who asks, and an observer with a pencil."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from dateutil.relativedelta import relativedelta
from hypothesis.stateful import RuleBasedStateMachine

from access.model.errors import AccessError
from access.model.handoff import Handoff
from access.model.ids import HandoffId, PersonId, ProposalId, ThirdPartyId, TokenId
from access.model.third_party import ThirdParty
from access.model.token import Token, Verdict
from access.ports import Ports
from tests.access.world import TEAM, World
from tests.checking import check

ADMINS = {"UANNA", "UBEN"}

T = TypeVar("T")
Operation = Callable[[Any, Ports], Awaitable[T]]


@dataclass
class Noted:
    """What was seen of one token. `instead_of`: the one it is to replace. `used_at`: when a check last accepted it.

    `overlaps_since`: since when one that is to replace it has been in somebody's hands.
    """

    issued_at: datetime
    secrets: list[str]
    shown_to: list[str] = field(default_factory=list)
    stopped: bool = False
    suspended: bool = False
    instead_of: TokenId | None = None
    used_at: datetime | None = None
    overlaps_since: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return not self.stopped and now < self.issued_at + relativedelta(months=6)

    def works(self, now: datetime) -> bool:
        """Whether it is accepted while the third party is enabled."""
        return bool(self.shown_to) and self.is_live(now) and not self.suspended


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
        async def checked() -> dict[TokenId, Verdict]:
            return {
                token: await check(TEAM, self.world.vault.sealed[token][1], self.world.ports)
                for token in self.memory.tokens
            }

        return self.runner.run(checked())

    def open_proposal(self) -> ProposalId:
        async def find() -> ProposalId:
            async with self.world.ports.read(TEAM) as reading:
                proposal = await reading.proposals.open_for(self.party)
                return proposal.id if proposal else ProposalId("none")

        return self.runner.run(find())

    def newest_handoff(self) -> HandoffId:
        _, tokens, handoffs = self.read()
        return handoffs[tokens[0].id].id

    def note_new_tokens(self, instead_of: TokenId | None = None) -> None:
        """Note what was issued, and what it is to replace."""
        for token, secrets in self.world.vault.sealed.items():
            token_id = TokenId(token)
            if token_id not in self.memory.tokens:
                texts = [secret.reveal() for secret in secrets]
                self.memory.tokens[token_id] = Noted(self.world.clock.now(), texts, instead_of=instead_of)

    def overlap_begins(self, token: TokenId) -> None:
        old = self.memory.tokens[token].instead_of
        if old is not None:
            self.memory.tokens[old].overlaps_since = self.world.clock.now()

    def overlap_is_off(self, token: TokenId) -> None:
        """This one stopped: if it was to replace another one, that one stays."""
        old = self.memory.tokens[token].instead_of
        if old is not None and self.memory.tokens[token].shown_to:
            self.memory.tokens[old].overlaps_since = None

    def is_superseded(self, old: TokenId) -> bool:
        """Whether, by product.md, this old token's time is over: its overlap, and its use as far as it is known."""
        now, noted = self.world.clock.now(), self.memory.tokens[old]
        since = noted.overlaps_since
        newer = [each for each in self.memory.tokens.values() if each.instead_of == old and each.works(now)]
        if since is None or not newer or not noted.works(now) or now < since + timedelta(days=7):
            return False
        if not any(each.used_at for each in self.memory.tokens.values()):
            return True
        unused_since = max(since, noted.used_at or since)
        return newer[0].used_at is not None and now >= unused_since + timedelta(days=7)

    def uncollected_end(self) -> None:
        for noted in self.memory.tokens.values():
            noted.stopped = noted.stopped or not noted.shown_to

    def person(self, user_id: str) -> PersonId | None:
        async def find() -> PersonId | None:
            async with self.world.ports.read(TEAM) as reading:
                return await reading.people.known(self.world.town.people[user_id].slack)

        return self.runner.run(find())

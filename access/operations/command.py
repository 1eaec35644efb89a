"""What every operation has in common: who asks, about what, and that a refusal is recorded too."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

from access.model.audit import entry_of_refusal
from access.model.errors import (
    AccessError,
    HandoffNotFound,
    KeyChangeNotFound,
    ProposalNotFound,
    TokenNotFound,
    TokenRequestNotFound,
)
from access.model.ids import ContactKeyId, HandoffId, ProposalId, ThirdPartyId, TokenId, TokenRequestId
from access.model.people import Caller
from access.ports import Ports, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A request for an operation, by somebody."""

    caller: Caller

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return the third party that a refusal of this request is recorded under, if it exists."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnThirdParty(Command):
    """A request about one third party."""

    third_party: ThirdPartyId

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return it, unless there never was such a one."""
        party = await reading.third_parties.find(self.third_party)
        return party.id if party else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnProposal(Command):
    """A request about one contact proposal."""

    proposal: ProposalId

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return the third party of the proposal."""
        try:
            return (await reading.proposals.get(self.proposal)).third_party
        except ProposalNotFound:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnToken(Command):
    """A request about one token."""

    token: TokenId

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return the third party of the token."""
        try:
            return (await reading.tokens.get(self.token)).third_party
        except TokenNotFound:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnHandoff(Command):
    """A request about one handoff."""

    handoff: HandoffId

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return the third party of the handoff."""
        try:
            return (await reading.handoffs.get(self.handoff)).third_party
        except HandoffNotFound:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTokenRequest(Command):
    """A request about one request of a contact's for a new token."""

    request: TokenRequestId

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return the third party of the request."""
        try:
            return (await reading.token_requests.get(self.request)).third_party
        except TokenRequestNotFound:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnContactKey(Command):
    """A request about one change of a contact's key."""

    key: ContactKeyId

    async def concerns(self, reading: Reading) -> ThirdPartyId | None:
        """Return the third party whose contact's key it is."""
        try:
            return (await reading.contact_keys.get(self.key)).third_party
        except KeyChangeNotFound:
            return None


_C = TypeVar("_C", bound=Command)
_R = TypeVar("_R")
Operation = Callable[[_C, Ports], Awaitable[_R]]


def operation(name: str) -> Callable[[Operation[_C, _R]], Operation[_C, _R]]:
    """Make a function an operation: when it refuses, the refusal gets an audit record under `name`."""

    def decorate(run: Operation[_C, _R]) -> Operation[_C, _R]:
        @wraps(run)
        async def recorded(cmd: _C, ports: Ports) -> _R:
            async with refusals_recorded(name, cmd, ports):
                return await run(cmd, ports)

        return recorded

    return decorate


@asynccontextmanager
async def refusals_recorded(name: str, cmd: Command, ports: Ports) -> AsyncIterator[None]:
    """Give a refusal within the block an audit record under `name`, also before a form or question that leads there.

    A refused transaction has rolled back by then, so the record is written in one of its own.
    """
    try:
        yield
    except AccessError as refusal:
        await record_refusal(name, cmd, refusal, ports)
        raise


async def record_refusal(name: str, cmd: Command, refusal: AccessError, ports: Ports) -> None:
    """Write the audit record of a refusal, in a transaction of its own."""
    async with ports.write(cmd.caller.workspace) as uow:
        entry = entry_of_refusal(
            refusal,
            operation=name,
            actor=await uow.people.id_of(cmd.caller.slack),
            role=cmd.caller.role,
            third_party=await cmd.concerns(uow),
            at=ports.clock.now(),
        )
        uow.enter(entry)
        await uow.commit()

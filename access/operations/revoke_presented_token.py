"""Revoke a token for whoever presents it, whether they say who they are or not."""

import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from access.model.credentials import SecretKind
from access.model.errors import ClientUnknown, TokenOfAnother
from access.model.events import RevocationAsked, RevocationAskedAtCommandLine
from access.model.ids import WorkspaceId
from access.model.secret import Secret
from access.model.token import RevocationCause, Token
from access.operations.offering import stop_token
from access.operations.presented import PresentedToken, find_presented
from access.ports import Ports, Reading, UnitOfWork


@dataclass(frozen=True, slots=True)
class Client:
    """How a third party's program says who it is. Source: RFC 6749 §2.3.1."""

    id: str | None = field(repr=False)  # a program may have mixed the two up
    secret: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokePresentedToken:
    """Revoke it. `presented`: the token or its client secret. `client`: None for somebody who only holds it.

    `at_command_line`: by somebody who runs the bot, without a client.
    """

    workspace: WorkspaceId
    presented: Secret
    client: Client | None = None
    at_command_line: bool = False

    @property
    def cause(self) -> RevocationCause:
        """Why the token is revoked."""
        if self.at_command_line:
            return RevocationCause.AT_COMMAND_LINE
        return RevocationCause.BY_HOLDER if self.client is None else RevocationCause.BY_THIRD_PARTY


class Revocation(StrEnum):
    """What came of it; whoever asked is answered alike."""

    REVOKED = "revoked"
    NOTHING_TO_REVOKE = "nothing_to_revoke"
    """There is no such token, or it has ended."""


async def revoke_presented_token(cmd: RevokePresentedToken, ports: Ports) -> Revocation:
    """Revoke a token for good, for the third party that it was issued to, or for anybody who has it.

    That a suspended token ends only by an admin keeps it from working again; whoever has it may end it. Nothing is
    written unless a token is revoked: nobody outside makes the database grow, and a refusal leaves no record.

    Raises: ClientUnknown, TokenOfAnother; CannotKeep. Source: RFC 7009 §2.1; that holding it is enough is ours.
    """
    async with ports.read(cmd.workspace) as reading:
        meant = await find_presented(cmd.presented, reading, ports)
        if cmd.client is not None:
            await _must_be_client(cmd.client, meant.token if meant else None, reading, ports)
    if meant is None or not meant.token.is_live(ports.clock.now()):
        return Revocation.NOTHING_TO_REVOKE
    async with ports.write(cmd.workspace) as uow:
        return await _revoke(uow, meant, cmd.cause, ports)


async def _must_be_client(client: Client, meant: Token | None, reading: Reading, ports: Ports) -> None:
    """Its client secret belongs to a token of the third party with its client ID, which has not ended.

    The secret of the very token that is meant counts afterwards too: a request that is repeated, because its answer was
    lost, is answered like the first.

    Raises: ClientUnknown; TokenOfAnother, if `meant` was issued to another third party.
    """
    found = await find_presented(client.secret, reading, ports)
    own = found.token if found is not None and found.presented is SecretKind.CLIENT_SECRET else None
    party = await reading.third_parties.find(own.third_party) if own else None
    if own is None or party is None or not hmac.compare_digest(party.client_id.encode(), (client.id or "").encode()):
        raise ClientUnknown
    if not own.is_live(ports.clock.now()) and (meant is None or meant.id != own.id):
        raise ClientUnknown
    if meant is not None and meant.third_party != own.third_party:
        raise TokenOfAnother


async def _revoke(uow: UnitOfWork, meant: PresentedToken, cause: RevocationCause, ports: Ports) -> Revocation:
    now = ports.clock.now()
    token = await uow.tokens.get(meant.token.id)
    if not token.is_live(now):  # somebody was faster
        return Revocation.NOTHING_TO_REVOKE
    party = await uow.third_parties.get(token.third_party)
    asked = (RevocationAskedAtCommandLine if cause is RevocationCause.AT_COMMAND_LINE else RevocationAsked)(
        party.id,
        token=token.id,
        cause=cause.value,
        presented=meant.presented.value,
        owner=party.owner,
        contact=party.contact,
        opened_by=token.holder(party.contact),
    )
    uow.record(None, [asked], at=now)
    await stop_token(uow, party, token, cause, actor=None, now=now)
    await uow.commit()
    return Revocation.REVOKED

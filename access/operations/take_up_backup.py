"""Go on with what a backup holds, which knows nothing of what was ended after it was made."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.audit import entry_at_command_line
from access.model.handoff import HandoffEnd
from access.model.ids import PersonId, ThirdPartyId, WorkspaceId
from access.model.messages import MessageKind, Refresh
from access.model.resource_server import ResourceServer
from access.model.restored import BackupEnd, restored_message
from access.model.token import RevocationCause
from access.operations.offering import end_open_handoff, end_waiting, waiting_token
from access.operations.succession import plan_retirements
from access.ports import Ports, UnitOfWork


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What was done about a workspace in a backup.

    `waiting`: the names of those that an admin has to confirm; `withdrawn`: of those whose offer ended;
    `messages_dropped`: how many were not sent any more; `servers`: who may ask, also of those removed since.
    """

    waiting: Sequence[str]
    withdrawn: Sequence[str]
    messages_dropped: int
    servers: Sequence[ResourceServer]


async def take_up_backup(workspace: WorkspaceId, end: BackupEnd, ports: Ports, *, chain_fits: bool) -> TakenUp:
    """Make a workspace that comes out of a backup safe to go on with, in one transaction, before a bot works on it.

    A token that was revoked since works again in it. So each third party is disabled, and an admin confirms which were
    enabled; each open offer is withdrawn and its token revoked, as is an imported one that waits to be offered, because
    it may have been since; what was still to be sent is dropped, but for what somebody waits for. The admins, and the
    owners whom it concerns, are told. `chain_fits` is recorded.

    Raises: CannotKeep.
    """
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        parties = await uow.third_parties.names()
        dropped = await uow.outbox.set_aside([each async for each in _waited_for(parties, uow)], now)
        servers = await uow.resource_servers.all()
        record = entry_at_command_line(
            "restored",
            now,
            backup_number=end.number,
            backup_at=end.at,
            chain_fits=int(chain_fits),
            messages_dropped=dropped,
        )
        uow.enter(record)
        waiting, withdrawn, owners = list[str](), list[str](), dict[PersonId, None]()
        for third_party, name in parties:
            owner, waits, had_offer = await _restore(third_party, uow, ports, now)
            waiting += [name] if waits else []
            withdrawn += [name] if had_offer else []
            owners |= {owner: None} if waits or had_offer else {}
        for reader in (None, *owners):
            uow.plan(restored_message(reader, now, end), at=now)
        await uow.commit()
    return TakenUp(waiting, withdrawn, dropped, servers)


async def _waited_for(
    parties: Sequence[tuple[ThirdPartyId, str]], uow: UnitOfWork
) -> AsyncIterator[tuple[MessageKind, str]]:
    """Give the messages without which somebody would wait for ever, for an approval or for an answer."""
    for third_party, _ in parties:
        proposal = await uow.proposals.open_for(third_party)
        if proposal is not None:
            yield MessageKind.INTRODUCTION, proposal.id
            yield MessageKind.APPROVAL_REQUEST, proposal.id
        request = await uow.token_requests.open_for(third_party)
        if request is not None:
            yield MessageKind.TOKEN_REQUEST, request.id


async def _restore(
    third_party: ThirdPartyId, uow: UnitOfWork, ports: Ports, now: datetime
) -> tuple[PersonId, bool, bool]:
    """Return its owner, whether an admin has to confirm it, and whether an offer was withdrawn."""
    party = await uow.third_parties.get(third_party)
    had_offer = await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=None, now=now)
    waiting, _ = await waiting_token(party.id, uow, now)
    if waiting is not None:
        await end_waiting(uow, party, waiting, RevocationCause.WITHDRAWN, actor=None, now=now)
    restored, news = party.restore(now)
    await uow.third_parties.save(restored)
    uow.record(None, news, at=now)
    await plan_retirements(uow, ports, restored, now=now)
    proposal, request = await uow.proposals.open_for(party.id), await uow.token_requests.open_for(party.id)
    if proposal is not None:  # what was decided since shows in Slack as decided
        uow.refresh([Refresh(MessageKind.APPROVAL_REQUEST, party.id, proposal.id)], at=now)
    if request is not None:
        uow.refresh([Refresh(MessageKind.TOKEN_REQUEST, party.id, request.id)], at=now)
    return restored.owner, restored.awaits_confirmation, had_offer or waiting is not None

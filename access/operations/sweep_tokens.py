"""Retire the old tokens whose overlap is over, and end those that nobody was ever offered."""

from access.model.ids import WorkspaceId
from access.model.token import RevocationCause, Token
from access.operations.offering import end_waiting
from access.operations.succession import plan_retirement
from access.ports import Ports

_BATCH = 100


async def sweep_tokens(workspace: WorkspaceId, ports: Ports) -> int:
    """Retire each old token whose time has come, if its successor still works and the policy still says so.

    One that is to stay longer gets another time, or none, so that it is not read at every tick. An imported one that
    expired before it was offered is revoked, and its sealed credentials are deleted. Every token is a transaction of
    its own. Returns how many were due.
    """
    async with ports.read(workspace) as reading:
        due = await reading.tokens.due(ports.clock.now(), _BATCH)
        never_offered = await reading.tokens.never_offered(ports.clock.now(), _BATCH)
    for token in due:
        await _handle(workspace, token, ports)
    for token in never_offered:
        await _end(workspace, token, ports)
    return len(due) + len(never_offered)


async def _handle(workspace: WorkspaceId, seen: Token, ports: Ports) -> None:
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        party = await uow.third_parties.find(seen.third_party)
        token = await plan_retirement(uow, ports, await uow.tokens.get(seen.id), now=now)
        if party is not None and token.retires_at is not None and now >= token.retires_at:
            retired, news = token.retire(party.owner, party.contact, now)
            await uow.tokens.save(retired)
            uow.record(None, news, at=now)
        await uow.commit()


async def _end(workspace: WorkspaceId, seen: Token, ports: Ports) -> None:
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        party, token = await uow.third_parties.find(seen.third_party), await uow.tokens.get(seen.id)
        if party is not None and token.never_collected:
            await end_waiting(uow, party, token, RevocationCause.LAPSED, actor=None, now=now)
        await uow.commit()

"""The contact presses *That wasn't me*."""

from dataclasses import dataclass

from access.model.token import Token
from access.operations.command import OnHandoff, operation
from access.operations.succession import cancel_retirement
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeHandoff(OnHandoff):
    """The contact says that somebody else opened the credentials."""


@operation("dispute_handoff")
async def dispute_handoff(cmd: DisputeHandoff, ports: Ports) -> Token | None:
    """Suspend the token until an admin decides, and alert admins and owner. Returns the token, if it was suspended.

    From a former contact it only alerts; a token that has ended already stays as it is. The token that a suspended one
    was to replace stays too.

    Raises: HandoffNotFound, ThirdPartyNotFound, NotTheContact, NotCollected, HandoffEnded, AlreadyDisputed.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        handoff = await uow.handoffs.get(cmd.handoff)
        party = await uow.third_parties.get(handoff.third_party)
        token = await uow.tokens.get(handoff.token)
        disputed, news = handoff.dispute(actor, party, now)
        await uow.handoffs.save(disputed)
        suspends = party.contact == actor and token.is_live(now)
        if suspends:
            suspended, suspend_news = token.suspend(now)
            await uow.tokens.save(suspended)
            await cancel_retirement(uow, suspended, actor=actor, now=now)
            news = [*suspend_news, *news]
        uow.record(actor, news, at=now)
        await uow.commit()
    return token if suspends else None

"""The contact presses *It works*."""

from dataclasses import dataclass

from access.model.handoff import Handoff
from access.operations.command import OnHandoff, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmHandoff(OnHandoff):
    """The contact says that the credentials work."""


@operation("confirm_handoff")
async def confirm_handoff(cmd: ConfirmHandoff, ports: Ports) -> Handoff:
    """Note that the credentials arrived and work.

    Raises: HandoffNotFound, ThirdPartyNotFound, NotTheContact, NotCollected, HandoffEnded, AlreadyConfirmed,
    AlreadyDisputed, CredentialsEnded.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        handoff = await uow.handoffs.get(cmd.handoff)
        party = await uow.third_parties.get(handoff.third_party)
        token = await uow.tokens.get(handoff.token)
        confirmed, news = handoff.confirm(actor, party, token, now)
        await uow.handoffs.save(confirmed)
        uow.record(actor, news, at=now)
        await uow.commit()
    return confirmed

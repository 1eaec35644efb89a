"""The contact presses *I'm not the right person*."""

from dataclasses import dataclass

from access.model.handoff import HandoffEnd
from access.operations.command import OnHandoff, operation
from access.operations.offering import end_open_handoff
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineHandoff(OnHandoff):
    """The contact says that they are the wrong one."""


@operation("decline_handoff")
async def decline_handoff(cmd: DeclineHandoff, ports: Ports) -> None:
    """End the offer before its reveal: its token is revoked and the contact's approval withdrawn; nothing else.

    Raises: HandoffNotFound, ThirdPartyNotFound, NotTheContact, AlreadyCollected, HandoffEnded.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        handoff = await uow.handoffs.get(cmd.handoff)
        party = await uow.third_parties.get(handoff.third_party)
        handoff.must_decline_for(actor, party)
        await end_open_handoff(uow, party, HandoffEnd.DECLINED, actor=actor, now=now)
        alone, news = party.without_contact()
        await uow.third_parties.save(alone)
        uow.record(actor, news, at=now)
        await uow.commit()

"""End a third party."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.handoff import HandoffEnd
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause
from access.operations.command import OnThirdParty, operation
from access.operations.offering import end_open_handoff, stop_token
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveThirdParty(OnThirdParty):
    """Remove it."""


@operation("remove_third_party")
async def remove_third_party(cmd: RemoveThirdParty, ports: Ports) -> ThirdParty:
    """Remove a third party: every token is revoked, open offers and proposals end, the history stays.

    Raises: NotPermitted, ThirdPartyNotFound.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        for token in reversed(await uow.tokens.of(party.id)):  # an old one before its successor
            if token.is_live(now):
                await stop_token(uow, party, token, RevocationCause.REMOVED, actor=actor, now=now)
        await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=actor, now=now, cause=RevocationCause.REMOVED)
        if (proposal := await uow.proposals.open_for(party.id)) is not None:
            superseded, proposal_news = proposal.supersede(now)
            await uow.proposals.save(superseded)
            uow.record(actor, proposal_news, at=now)
        removed, news = party.remove(now)
        await uow.third_parties.save(removed)
        uow.record(actor, news, at=now)
        await uow.commit()
    return removed

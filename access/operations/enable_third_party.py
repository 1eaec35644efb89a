"""Turn a third party's switch on."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.third_party import ThirdParty
from access.operations.command import OnThirdParty, operation
from access.operations.succession import plan_retirements
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableThirdParty(OnThirdParty):
    """Enable it."""


@operation("enable_third_party")
async def enable_third_party(cmd: EnableThirdParty, ports: Ports) -> ThirdParty:
    """Enable a third party: its collected tokens are accepted and its handoff may be opened.

    Raises: NotPermitted, ThirdPartyNotFound, AlreadyEnabled.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party, news = (await uow.third_parties.get(cmd.third_party)).enable(now)
        await uow.third_parties.save(party)
        uow.record(actor, news, at=now)
        await plan_retirements(uow, ports, party, now=now)
        await uow.commit()
    return party

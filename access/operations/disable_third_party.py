"""Turn a third party's switch off."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.third_party import ThirdParty, checked_text
from access.operations.command import OnThirdParty, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableThirdParty(OnThirdParty):
    """Disable it, for a reason that people may read."""

    reason: str = ""


@operation("disable_third_party")
async def disable_third_party(cmd: DisableThirdParty, ports: Ports) -> ThirdParty:
    """Disable a third party: the next check of any of its tokens is refused, and its handoff cannot be opened.

    Raises: NotPermitted, ThirdPartyNotFound, AlreadyDisabled, TextTooLong.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    reason_text = checked_text(cmd.reason)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        reason = await uow.reasons.keep(party.id, reason_text)
        disabled, news = party.disable(reason)
        await uow.third_parties.save(disabled)
        uow.record(actor, news, at=now)
        await uow.commit()
    return disabled

"""*Everything is switched*: retire the old token."""

from dataclasses import dataclass, replace

from access.operations.command import OnToken, operation
from access.operations.succession import Overlap, overlap_to_end
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireToken(OnToken):
    """Retire the old one. `as_contact`: pressed by the contact, whose right hangs on no role."""

    as_contact: bool = False


@operation("retire_token")
async def retire_token(cmd: RetireToken, ports: Ports) -> Overlap:
    """Retire a token whose successor works, for good; the owner and the contact are told.

    Raises: NotPermitted, NotTheContact, TokenNotFound, TokenEnded, NotOverlapping, ThirdPartyNotFound.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        overlap = await overlap_to_end(cmd, uow, now, as_contact=cmd.as_contact)
        retired, news = overlap.old.retire(overlap.party.owner, overlap.party.contact, now)
        await uow.tokens.save(retired)
        uow.record(actor, news, at=now)
        await uow.commit()
    return replace(overlap, old=retired)

"""Say no to a change of a contact's public key."""

from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.contact_key import ContactKey
from access.operations.command import OnContactKey, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectContactKey(OnContactKey):
    """Reject exactly this change."""


@operation("reject_contact_key")
async def reject_contact_key(cmd: RejectContactKey, ports: Ports) -> ContactKey:
    """Leave it at the key that is in force, if there is one. Whoever waits to become the contact waits on, without it.

    Raises: NotPermitted, KeyChangeNotFound, KeyChangeDecided, OwnKey.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        rejected, news = (await uow.contact_keys.get(cmd.key)).reject(actor, now)
        await uow.contact_keys.save(rejected)
        uow.record(actor, news, at=now)
        await uow.commit()
    return rejected

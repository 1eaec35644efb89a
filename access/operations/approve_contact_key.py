"""Approve another public key of a contact, or that they have none any more."""

from dataclasses import dataclass
from datetime import datetime

from access.model.authority import Right, must_be_allowed
from access.model.contact_key import ContactKey
from access.model.errors import ContactNotApproved
from access.model.ids import PersonId
from access.operations.command import OnContactKey, operation
from access.ports import Ports, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveContactKey(OnContactKey):
    """Approve exactly this change."""


@operation("approve_contact_key")
async def approve_contact_key(cmd: ApproveContactKey, ports: Ports) -> ContactKey:
    """Put a contact's key in force in the place of the one before, or take that one away, as the contact has asked.

    The key of somebody who waits to become the contact is approved together with them, and not here.

    Raises: NotPermitted, KeyChangeNotFound, KeyChangeDecided, ThirdPartyNotFound, ContactNotApproved, OwnKey.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        key = await uow.contact_keys.get(cmd.key)
        key.must_be_open()
        party = await uow.third_parties.get(key.third_party)
        if party.contact != key.contact:
            raise ContactNotApproved
        approved = await put_in_force(key, uow, actor=actor, now=ports.clock.now())
        await uow.commit()
    return approved


async def put_in_force(key: ContactKey, uow: UnitOfWork, *, actor: PersonId, now: datetime) -> ContactKey:
    """Approve a change within the caller's transaction. Raises KeyChangeDecided, OwnKey."""
    former = (await uow.contact_keys.of(key.third_party, key.contact)).in_force
    approved, ended, news = key.approve(actor, former, now)
    if ended is not None:
        await uow.contact_keys.save(ended)
    await uow.contact_keys.save(approved)
    uow.record(actor, news, at=now)
    return approved

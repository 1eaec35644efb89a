"""Change the details of a third party."""

import asyncio
from dataclasses import dataclass

from access.model.authority import Right, must_be_allowed
from access.model.errors import ChangedMeanwhile, OwnerUnsuitable
from access.model.people import SlackPerson
from access.model.third_party import ThirdParty, details_hash, must_suit_as_owner
from access.operations.command import OnThirdParty, operation
from access.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class EditThirdParty(OnThirdParty):
    """New details. `owner` and `deputy_owner` are Slack user IDs; `owner` None leaves the owner as it is.

    `seen`: the `details_hash` of the details that the caller was shown.
    """

    name: str
    callback_url: str | None
    owner: str | None
    deputy_owner: str | None
    notes: str
    seen: str


@operation("edit_third_party")
async def edit_third_party(cmd: EditThirdParty, ports: Ports) -> ThirdParty:
    """Change name, callback URL, owner, deputy owner and notes, and return the third party as it is now.

    Raises: NotPermitted, ThirdPartyNotFound, NameInvalid, NameTaken, CallbackUrlInvalid, TextTooLong,
    OwnerUnsuitable, ChangedMeanwhile, DirectoryUnavailable.
    """
    must_be_allowed(cmd.caller.role, Right.MANAGE)
    owner, deputy = await asyncio.gather(_full_member(cmd.owner, ports), _full_member(cmd.deputy_owner, ports))
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        party = await uow.third_parties.get(cmd.third_party)
        edited, news = party.edit(
            name=cmd.name,
            callback_url=cmd.callback_url,
            owner=await uow.people.id_of(owner.slack) if owner else party.owner,
            deputy_owner=await uow.people.id_of(deputy.slack) if deputy else None,
            notes=cmd.notes,
        )
        if news and details_hash(party) != cmd.seen:  # a form that is sent twice changes nothing the second time
            raise ChangedMeanwhile
        await uow.third_parties.save(edited)
        await uow.third_parties.note_skeleton(edited.id, edited.name, ports.lookalikes.skeleton(edited.name))
        if owner and edited.owner != party.owner:
            await uow.people.meet_anew(edited.owner, owner.time_zone)
        uow.record(actor, news, at=now)
        await uow.commit()
    return edited


async def _full_member(user_id: str | None, ports: Ports) -> SlackPerson | None:
    if not user_id:
        return None
    person = await ports.directory.look_up(user_id)
    if person is None:
        raise OwnerUnsuitable(problem="unknown")
    must_suit_as_owner(person)
    return person

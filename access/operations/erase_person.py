"""Forget who somebody is in Slack."""

from collections.abc import Sequence

from access.model.audit import entry_at_command_line
from access.model.errors import PersonNotKnown, PersonStillNeeded
from access.model.ids import PersonId, WorkspaceId
from access.model.people import Tie
from access.model.third_party import ThirdParty
from access.operations.at_machine import refusals_at_machine
from access.ports import Ports, Reading


async def look_before_erasing(workspace: WorkspaceId, user_id: str, ports: Ports) -> Sequence[tuple[Tie, ThirdParty]]:
    """Return what somebody still is, which has to end before they can be erased. Raises PersonNotKnown; CannotKeep."""
    now = ports.clock.now()
    async with ports.read(workspace) as reading:
        return [tie for person in await _known(user_id, reading) for tie in await reading.personal.ties(person, now)]


async def erase_person(workspace: WorkspaceId, user_id: str, ports: Ports) -> Sequence[PersonId]:
    """Delete what ties a person id to a Slack account, and what they wrote; return the ids, which the trail keeps.

    If they come again, they are somebody new.

    Raises: PersonNotKnown, PersonStillNeeded; CannotKeep.
    """
    now = ports.clock.now()
    async with refusals_at_machine("erase_person", workspace, ports), ports.write(workspace) as uow:
        people = await _known(user_id, uow)
        ties = [tie for person in people for tie in await uow.personal.ties(person, now)]
        if ties:
            raise PersonStillNeeded(count=len(ties))
        for person in people:
            await uow.personal.erase(person)
            uow.enter(entry_at_command_line("person.erased", now, person=person))
        await uow.commit()
    return people


async def _known(user_id: str, reading: Reading) -> Sequence[PersonId]:
    people = await reading.personal.known_as(user_id)
    if not people:
        raise PersonNotKnown
    return people

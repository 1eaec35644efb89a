"""Look at everybody who matters, once a day: are they still who they were?"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from access.model.contact import must_suit_as_contact
from access.model.errors import ContactUnsuitable, DirectoryUnavailable
from access.model.handoff import HandoffEnd
from access.model.ids import PersonId, WorkspaceId
from access.model.leaving import LOOK_AGAIN_AFTER, Change, contact_changes, owner_changes
from access.model.people import Role, SlackUser, acquaintance_of
from access.operations.deputies import let_deputy_take_over
from access.operations.offering import end_open_handoff
from access.ports import CannotKeep, Ports, UnitOfWork
from access.ports.parties import DueLook

AT_A_TIME: Final = 40
"""Slack takes more than a hundred questions of this kind a minute, and others have questions, too."""

_AFTER_FAILURE: Final = timedelta(hours=1)


async def look_at_people(workspace: WorkspaceId, ports: Ports) -> int:
    """Ask Slack about those whose time has come, at most AT_A_TIME of them, and heed what it says.

    What is noted of somebody, and everything that follows from it, is one transaction. While Slack does not answer,
    nobody is looked at: whose turn it was goes behind the others who wait. Somebody with whom anything else fails is
    left for an hour, and the first such error is raised in the end. Who is nobody here any more is not asked about.
    Returns how many were looked at.
    """
    looked, failures = 0, list[BaseException]()
    while looked < AT_A_TIME and (due := await _due(workspace, AT_A_TIME - looked, ports)):
        for each in due:
            if not each.matters:
                continue
            [failure] = await asyncio.gather(_look(each, workspace, ports), return_exceptions=True)
            if isinstance(failure, CannotKeep):
                raise failure
            if isinstance(failure, DirectoryUnavailable):
                await _put_off(each, timedelta(0), workspace, ports)
                return looked
            if failure is not None:
                failures.append(failure)
                await _put_off(each, _AFTER_FAILURE, workspace, ports)
            looked += 1
    if failures:
        raise failures[0]
    return looked


async def _due(workspace: WorkspaceId, limit: int, ports: Ports) -> Sequence[DueLook]:
    """Return whose time has come; those who are nobody here any more are let go."""
    now = ports.clock.now()
    async with ports.read(workspace) as reading:
        due = await reading.people.due(now, limit)
    if strangers := [each.person for each in due if not each.matters]:
        async with ports.write(workspace) as uow:
            await uow.people.let_go(strangers, now)
            await uow.commit()
    return due


async def _put_off(look: DueLook, by: timedelta, workspace: WorkspaceId, ports: Ports) -> None:
    async with ports.write(workspace) as uow:
        await uow.people.put_off(look, ports.clock.now() + by)
        await uow.commit()


async def _look(look: DueLook, workspace: WorkspaceId, ports: Ports) -> None:
    seen = await ports.directory.look_anew(look.slack.user_id)
    after = acquaintance_of(seen, look.slack)
    successors = frozenset[PersonId]() if after.may_be_contact else await _successors(look.person, workspace, ports)
    is_admin = seen is not None and seen.role is Role.ADMIN
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        before = (await uow.people.acquaintances([look.person])).get(look.person)
        if before is None:  # erased meanwhile
            return
        await uow.people.note(look, after, now + LOOK_AGAIN_AFTER)
        if after != before or is_admin or not after.may_be_contact:
            await _heed(Change(look.person, before, after, is_admin), successors, uow, now)
        await uow.commit()


async def _successors(contact: PersonId, workspace: WorkspaceId, ports: Ports) -> frozenset[PersonId]:
    """Return the deputies of somebody who may take over from them, as Slack says at this moment."""
    async with ports.read(workspace) as reading:
        parties = await reading.third_parties.of_person(contact)
        deputies = {each.deputy_contact for each in parties if each.contact == contact and each.deputy_contact}
        accounts = [(deputy, await reading.people.slack_of(deputy)) for deputy in sorted(deputies)]
    return frozenset([deputy for deputy, account in accounts if account and await _suits(account, ports)])


async def _suits(account: SlackUser, ports: Ports) -> bool:
    seen = await ports.directory.look_anew(account.user_id)
    if seen is None or not acquaintance_of(seen, account).may_be_contact:
        return False
    try:
        must_suit_as_contact(seen)
    except ContactUnsuitable:
        return False
    return True


async def _heed(change: Change, successors: frozenset[PersonId], uow: UnitOfWork, now: datetime) -> None:
    """`successors`: the deputies of theirs who may take over."""
    opened = {token.third_party for token in await uow.tokens.opened_by(change.person) if token.is_live(now)}
    parties = {each.id: each for each in await uow.third_parties.of_person(change.person)}
    further = [await uow.third_parties.find(each) for each in sorted(opened - parties.keys())]
    parties |= {each.id: each for each in further if each is not None}
    if change.after != change.before:
        await uow.reminders.reconsider(parties.keys(), now)
    owners = [(each.owner, each.deputy_owner) for each in parties.values()]
    people = await uow.people.acquaintances({person for each in owners for person in each if person})
    for party in parties.values():
        uow.record(None, owner_changes(party, change, people), at=now)
        left, news = contact_changes(party, change, people, opened=party.id in opened)
        if left.contact != party.contact:
            await end_open_handoff(uow, party, HandoffEnd.WITHDRAWN, actor=None, now=now)
        uow.record(None, news, at=now)
        if left != party:
            await uow.third_parties.save(left)
        if left.contact != party.contact and left.deputy_contact in successors:
            await let_deputy_take_over(uow, left, now=now)

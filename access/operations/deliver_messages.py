"""What becomes of a queued message: the bookkeeping of the relay, each step one transaction."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from access.model.events import MessageDropped, MessageUndeliverable
from access.model.ids import PersonId, ProposalId, ThirdPartyId, WorkspaceId
from access.model.messages import ABOUT_PERSON, OF_SEVERAL, MessageKind, PlannedMessage
from access.model.reminder import GATHER
from access.model.reminders_due import may_go_out
from access.operations.leavers import third_parties_of
from access.ports import Ports, Reading, UnitOfWork
from access.ports.outbox import LONGEST_WAIT, TOO_LONG, OutboxEnd, QueuedMessage


async def claim_messages(
    workspace: WorkspaceId, ports: Ports, *, lease: timedelta, limit: int
) -> tuple[Sequence[QueuedMessage], datetime | None]:
    """Claim the messages that are due, and return them with the time at which the next ones will be.

    What seems to be put off for longer than anything ever is, is due as well.
    """
    now = ports.clock.now()
    async with ports.read(workspace) as reading:
        next_due = await reading.next_message_due()
    if next_due is None or now < next_due <= now + TOO_LONG:
        return [], next_due
    async with ports.write(workspace) as uow:
        claimed = await uow.outbox.claim(now, now + lease, limit)
        next_due = await uow.next_message_due()
        await uow.commit()
    return claimed, next_due


async def put_off(queued: QueuedMessage, ports: Ports) -> bool:
    """Put off a message that brings reminders until its reader is at work; tell whether that was done.

    It was planned while they were, but the bot, or Slack, may have been gone since. What falls due that morning is
    still taken up.
    """
    message = queued.message
    if message.kind not in OF_SEVERAL or queued.ts is not None:
        return False
    now = ports.clock.now()
    async with ports.read(queued.workspace) as reading:
        brought = await reading.reminders.in_message(message)
        situations = await reading.reminders.situations({each.reminder.token for each in brought}, now)
    known = {person: each for situation in situations for person, each in situation.people.items()}
    reader = None if message.is_for_admins or message.reader is None else known.get(message.reader)
    zone_name = (reader and reader.time_zone) or ports.policy.time_zone
    about = {each.token.id: each for each in situations}
    of_known = [each.reminder for each in brought if each.reminder.token in about]
    at = may_go_out([(each.kind, about[each.token]) for each in of_known], zone_name, now)
    if at <= now:
        return False
    await note_postponed(queued, at - now + GATHER, ports, uncertain=False)
    return True


async def note_posted(
    queued: QueuedMessage, channel: str, ts: str, ports: Ports, *, left_out: Collection[str] = ()
) -> None:
    """Note that a message arrived. An introduction that arrived makes its proposal ready to be decided.

    `left_out`: the keys of reminders that it was to bring and did not, of which there is a record.
    """
    now = ports.clock.now()
    async with ports.write(queued.workspace) as uow:
        await uow.outbox.posted(queued, channel, ts, now)
        if left_out:
            _record_dropped(queued, await _forget(queued, left_out, uow, now), uow, now)
        if queued.message.kind is MessageKind.INTRODUCTION:
            proposal = await uow.proposals.get(ProposalId(queued.message.subject))
            for each in (proposal, *await uow.proposals.imported_alike(proposal)):  # one introduction is enough
                reached, news = each.reached(now)
                await uow.proposals.save(reached)
                uow.record(None, news, at=now)
        await uow.commit()


async def _forget(
    queued: QueuedMessage, left_out: Collection[str] | None, uow: UnitOfWork, now: datetime
) -> Collection[ThirdPartyId]:
    """Forget those reminders that a message did not bring, None: any; return whose they were.

    Should they matter again, they are planned again; nor does the message, shown anew, ever name them. One that is
    uncertain may have brought them.
    """
    if queued.uncertain_since is not None:
        return ()
    brought = [each.reminder for each in await uow.reminders.in_message(queued.message)]
    untold = [each for each in brought if each.may_be_forgotten and (left_out is None or each.key in left_out)]
    concerned = dict.fromkeys(each.third_party for each in untold)
    await uow.leftovers.delete_reminders([each.key for each in untold])
    await uow.reminders.reconsider(concerned, now)  # they may matter again since the message was written
    return concerned


async def note_postponed(
    queued: QueuedMessage, delay: timedelta, ports: Ports, *, uncertain: bool, error: str | None = None
) -> None:
    """Try a message again after `delay`, of at most LONGEST_WAIT.

    `uncertain`: it may have arrived all the same. `error`: why it failed.
    """
    now = ports.clock.now()
    async with ports.write(queued.workspace) as uow:
        await uow.outbox.postpone(queued, now + min(delay, LONGEST_WAIT), uncertain=uncertain, error=error)
        await uow.commit()


async def note_dropped(queued: QueuedMessage, ports: Ports) -> None:
    """Give up a message that has become moot, with a record."""
    now = ports.clock.now()
    async with ports.write(queued.workspace) as uow:
        await uow.outbox.close(queued, OutboxEnd.DROPPED, now)
        about = await _about(queued.message, uow)
        if queued.message.kind in OF_SEVERAL:
            await _forget(queued, None, uow, now)
        _record_dropped(queued, about, uow, now)
        await uow.commit()


def _record_dropped(queued: QueuedMessage, about: Iterable[ThirdPartyId], uow: UnitOfWork, now: datetime) -> None:
    uow.record(None, [MessageDropped(each, message=queued.message.kind.value) for each in about], at=now)


async def note_undeliverable(queued: QueuedMessage, error: str, ports: Ports) -> None:
    """Give up a message that Slack refuses for good, and see to it that somebody knows.

    An introduction that cannot be delivered ends its proposal. Anything else is told to the owner; what cannot be
    delivered to the owner, to the admins; and what cannot be delivered to them shows in `show` alone. A digest, or the
    audit trail's head, which is about no third party in particular, shows in the log alone. Whoever could not be
    reached may be gone, and is looked at at once.
    """
    now = ports.clock.now()
    message = queued.message
    async with ports.write(queued.workspace) as uow:
        await uow.outbox.close(queued, OutboxEnd.UNDELIVERABLE, now, error)
        if message.reader is not None:
            await uow.people.look_at_once([message.reader], now)
        if message.kind is MessageKind.INTRODUCTION:
            proposal = await uow.proposals.get(ProposalId(message.subject))
            for each in (proposal, *await uow.proposals.imported_alike(proposal)):
                ended, news = each.unreachable(now)
                await uow.proposals.save(ended)
                uow.record(None, news, at=now)
        else:
            for third_party in await _about(message, uow):
                await _tell_undeliverable(queued, third_party, error, uow, now)
        await uow.commit()


async def _tell_undeliverable(
    queued: QueuedMessage, third_party: ThirdPartyId, error: str, uow: UnitOfWork, now: datetime
) -> None:
    message, party = queued.message, await uow.third_parties.find(third_party)
    if party is None:
        return
    # That even the news of it cannot be delivered is news of the same message: told once to each reader.
    about = message.subject if message.kind is MessageKind.UNDELIVERABLE else queued.id
    several = message.kind in OF_SEVERAL or message.kind in ABOUT_PERSON
    owner = None if several and party.is_owned_by(message.reader) else party.owner
    told = MessageUndeliverable(party.id, message=message.kind.value, message_id=about, error=error, owner=owner)
    uow.record(None, [told], at=now)


async def _about(message: PlannedMessage, reading: Reading) -> list[ThirdPartyId]:
    """Return the third parties that a message is about: none where it is a digest or the audit trail's head."""
    if message.third_party is not None:
        return [message.third_party]
    if message.kind in ABOUT_PERSON:
        return await third_parties_of(PersonId(message.subject), reading)
    if message.kind not in OF_SEVERAL:
        return []
    return list(dict.fromkeys(each.reminder.third_party for each in await reading.reminders.in_message(message)))


async def spread_to_admins(queued: QueuedMessage, ports: Ports) -> None:
    """Send a message for the admins to each of them instead, because there is no usable channel.

    The audit trail's head is given up: it is kept where many see it, or it proves nothing.

    Raises: DirectoryUnavailable.
    """
    if queued.message.kind is MessageKind.AUDIT_HEAD:
        await note_undeliverable(queued, "no_channel", ports)
        return
    admins = await ports.directory.admins()
    if not admins:
        await note_undeliverable(queued, "no_admins", ports)
        return
    now = ports.clock.now()
    async with ports.write(queued.workspace) as uow:
        await uow.outbox.close(queued, OutboxEnd.SPREAD, now)
        for admin in admins:
            reader = await uow.people.id_of(admin)
            uow.plan(queued.message.to_each(reader), at=now)
        await uow.commit()

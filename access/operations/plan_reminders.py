"""Plan the reminders that are due."""

import asyncio
from collections.abc import Sequence
from typing import Final

from access.model.events import TokenReminded
from access.model.ids import TokenId, WorkspaceId
from access.model.messages import PlannedMessage
from access.model.policy import Policy
from access.model.reminder import GATHER, Reminder
from access.model.reminders_due import reminders_due
from access.model.resource_server import Askers
from access.ports import CannotKeep, Ports
from access.ports.tokens import DueToken

_BATCH: Final = 20
"""As many as hold the one connection that writes for about 25 ms: a command that writes waits for one batch at most."""

_RECONSIDERED: Final = 1_000


async def plan_reminders(workspace: WorkspaceId, ports: Ports) -> int:
    """Remind everybody of what they are to be reminded of now, each once, and note when to look at each token next.

    What is due, its audit records and the messages are one transaction for some tokens at a time. Where one of these
    fails, the others are planned all the same, and its error is raised in the end. Returns how many tokens were due.
    """
    await _heed_settings(workspace, ports)
    count, after, failures = 0, None, list[BaseException]()
    while due := await _due(workspace, after, ports):
        failures += await _plan_all(workspace, due, ports)
        count += len(due)
        after = due[-1]
    if failures:
        raise failures[0]
    return count


async def _due(workspace: WorkspaceId, after: DueToken | None, ports: Ports) -> Sequence[DueToken]:
    async with ports.read(workspace) as reading:
        return await reading.reminders.due(ports.clock.now(), _BATCH, after)


async def _heed_settings(workspace: WorkspaceId, ports: Ports) -> None:
    """Have every token looked at anew if the settings that decide about reminders have changed since.

    So it is when checks begin to be made: then use can be known.
    """
    async with ports.read(workspace) as reading:
        value = _settings(ports.policy, await reading.resource_servers.askers())
        if await reading.reminders.settings() == value:
            return
    after = None
    while True:
        async with ports.write(workspace) as uow:
            after = await uow.reminders.reconsider_some(after, _RECONSIDERED, ports.clock.now())
            if after is None:
                await uow.reminders.note_settings(value)
            await uow.commit()
        if after is None:
            return


def _settings(policy: Policy, askers: Askers) -> str:
    checked = f" {askers.since.isoformat()}" if askers.since else ""
    return f"{','.join(map(str, policy.reminder_days))} {policy.time_zone}{checked}"


async def _plan_all(workspace: WorkspaceId, due: Sequence[DueToken], ports: Ports) -> list[BaseException]:
    """Plan for these tokens; return what went wrong, with as few of them as possible."""
    [failure] = await asyncio.gather(_plan([each.token for each in due], workspace, ports), return_exceptions=True)
    if failure is None:
        return []
    if len(due) == 1 or isinstance(failure, CannotKeep):
        return [failure]
    half = len(due) // 2
    return [*await _plan_all(workspace, due[:half], ports), *await _plan_all(workspace, due[half:], ports)]


async def _plan(due: Sequence[TokenId], workspace: WorkspaceId, ports: Ports) -> None:
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        situations = await uow.reminders.situations(due, now)
        outlooks = {each.token.id: reminders_due(each, ports.policy, now) for each in situations}
        expiry = {each.token.id: each.token.expires_at for each in situations}
        planned = [reminder for outlook in outlooks.values() for reminder in outlook.due]
        planned.sort(key=lambda reminder: expiry[reminder.token])
        await uow.reminders.plan(planned, now)
        uow.record(None, map(_reminded, planned), at=now)
        for message in dict.fromkeys(map(_message, planned)):  # it may be in Slack already
            uow.plan(message, at=now, wait=GATHER)
        await uow.reminders.advance({token: outlook.next_at for token, outlook in outlooks.items()})
        await uow.commit()


def _reminded(reminder: Reminder) -> TokenReminded:
    return TokenReminded(
        reminder.third_party,
        token=reminder.token,
        reminder=reminder.kind.value,
        days=reminder.days,
        reader=reminder.reader,
    )


def _message(reminder: Reminder) -> PlannedMessage:
    """Return the message that brings a reminder."""
    return PlannedMessage(reminder.message, reminder.reader, None, reminder.bundle)

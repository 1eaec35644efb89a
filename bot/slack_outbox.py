"""The relay: sends what the outbox promises, at Slack's pace, and never gives up silently."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from access.model.errors import AccessError
from access.model.ids import PersonId, WorkspaceId
from access.model.rendered import Rendered
from access.operations.deliver_messages import (
    claim_messages,
    note_dropped,
    note_posted,
    note_postponed,
    note_undeliverable,
    spread_to_admins,
)
from access.ports import Ports, QueuedMessage, Renderer
from bot.slack_faults import Fault, Meaning, code_of, fault_of

LEASE: Final = timedelta(minutes=2)
"""How long a claimed message may take; after that its outcome counts as unknown."""

BATCH: Final = 50
LONGEST_WAIT: Final = timedelta(minutes=15)
IDLE: Final = timedelta(seconds=20)
REPEATED: Final = "You may have read this already."
MARK: Final = "message:"
_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"})
_CHANNEL_UNUSABLE: Final = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "restricted_action", "restricted_action_read_only_channel"}
)
_HISTORY_MARGIN: Final = timedelta(minutes=1)
_SHORTEST_WAIT: Final = timedelta(milliseconds=50)
_log = structlog.get_logger()


class Relay:
    """Sends queued messages until it is stopped.

    `channel` is the admin channel's id, or None. `pace` is the time between two messages to one conversation:
    Slack takes about one a second.
    """

    def __init__(
        self,
        ports: Ports,
        client: AsyncWebClient,
        renderer: Renderer,
        workspace: WorkspaceId,
        *,
        channel: str | None,
        pace: timedelta = timedelta(seconds=1),
    ) -> None:
        self._ports = ports
        self._client = client
        self._renderer = renderer
        self._workspace = workspace
        self._channel = channel
        self._pace = pace
        self._conversations: dict[str, str] = {}
        self._free_at: dict[str, float] = defaultdict(float)
        self._blocked_until: datetime | None = None
        self._awake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the outbox now: something was committed, or the clock was moved."""
        self._awake.set()

    def stop(self) -> None:
        """Finish what is being sent, then return from `run`."""
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Relay until `stop()`."""
        while not self._stopping:
            self._awake.clear()
            wait = await self._round()
            if wait > timedelta(0):
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), wait.total_seconds())

    async def _round(self) -> timedelta:
        """Send what is due; return how long to wait for more."""
        now = self._ports.clock.now()
        if self._blocked_until is not None and now < self._blocked_until:
            return max(min(self._blocked_until - now, IDLE), _SHORTEST_WAIT)
        claimed, next_due = await claim_messages(self._workspace, self._ports, lease=LEASE, limit=BATCH)
        if claimed:
            await asyncio.gather(*(self._deliver_all(group) for group in _by_reader(claimed)))
            return timedelta(0)
        return IDLE if next_due is None else min(max(next_due - now, _SHORTEST_WAIT), IDLE)

    async def _deliver_all(self, messages: Iterable[QueuedMessage]) -> None:
        """Send one reader's messages in their order. One that fails does not keep the others back."""
        for queued in messages:
            (outcome,) = await asyncio.gather(self._deliver(queued), return_exceptions=True)
            if isinstance(outcome, Exception):
                await self._handle(queued, outcome)

    async def _deliver(self, queued: QueuedMessage) -> None:
        if self._blocked_until is not None and self._blocked_until > (now := self._ports.clock.now()):
            await note_postponed(queued, self._blocked_until - now, self._ports, uncertain=False)
            return
        rendered = await self._renderer.render(queued.workspace, queued.message)
        if queued.channel is not None and queued.ts is not None:
            await self._update(queued, queued.channel, queued.ts, rendered)
        elif rendered is None:
            await note_dropped(queued, self._ports)
        elif queued.message.reader is not None:
            await self._post(queued, await self._open_conversation(queued.message.reader), rendered)
        elif self._channel is not None:
            await self._post_to_admins(queued, self._channel, rendered)
        else:
            await spread_to_admins(queued, self._ports)

    async def _update(self, queued: QueuedMessage, channel: str, ts: str, rendered: Rendered | None) -> None:
        if rendered is not None:
            await self._keep_pace(channel)
            try:
                await self._client.chat_update(channel=channel, ts=ts, **_content(queued, rendered))
            except SlackApiError as error:
                if code_of(error) not in _GONE:
                    raise
        await note_posted(queued, channel, ts, self._ports)

    async def _post_to_admins(self, queued: QueuedMessage, channel: str, rendered: Rendered) -> None:
        try:
            await self._post(queued, channel, rendered)
        except SlackApiError as error:
            code = code_of(error)
            if code not in _CHANNEL_UNUSABLE:
                raise
            _log.warning("admin_channel_unusable", code=code)
            await spread_to_admins(queued, self._ports)

    async def _post(self, queued: QueuedMessage, channel: str, rendered: Rendered) -> None:
        repeated = queued.uncertain_since is not None
        if queued.uncertain_since is not None:
            found = await self._find(queued, channel, queued.uncertain_since)
            if found is not None:
                await note_posted(queued, channel, found, self._ports)
                return
        await self._keep_pace(channel)
        answer = await self._client.chat_postMessage(
            channel=channel,
            unfurl_links=False,
            unfurl_media=False,
            **_content(queued, rendered, repeated=repeated),
        )
        await note_posted(queued, str(answer["channel"]), str(answer["ts"]), self._ports)

    async def _find(self, queued: QueuedMessage, channel: str, since: datetime) -> str | None:
        """Look in the conversation's history for a message that may have been posted; None if it cannot be read."""
        try:
            history = await self._client.conversations_history(
                channel=channel, oldest=f"{(since - _HISTORY_MARGIN).timestamp():.6f}", limit=200
            )
        except SlackApiError as error:
            _log.info("history_unreadable", code=code_of(error))
            return None
        for message in history.get("messages") or []:
            if any(block.get("block_id") == MARK + queued.id for block in message.get("blocks") or []):
                return str(message["ts"])
        return None

    async def _open_conversation(self, person: PersonId) -> str:
        """Return the id of the direct messages with a person. Raises PersonErased."""
        async with self._ports.read(self._workspace) as reading:
            account = await reading.people.slack_of(person)
        if account is None:
            raise PersonErased
        if account.user_id not in self._conversations:
            try:
                answer = await self._client.conversations_open(users=account.user_id)
            except SlackApiError as error:
                raise _NotPosted(error) from error
            channel: Mapping[str, Any] = answer["channel"]
            self._conversations[account.user_id] = str(channel["id"])
        return self._conversations[account.user_id]

    async def _keep_pace(self, channel: str) -> None:
        clock = asyncio.get_running_loop().time
        wait = self._free_at[channel] - clock()
        self._free_at[channel] = max(clock(), self._free_at[channel]) + self._pace.total_seconds()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _handle(self, queued: QueuedMessage, error: Exception) -> None:
        fault = _meaning(error)
        _log.warning("message_not_sent", message=queued.message.kind.value, code=fault.code, attempt=queued.attempts)
        if fault.meaning is Meaning.NEVER:
            await note_undeliverable(queued, fault.code, self._ports)
            return
        delay = fault.retry_after or self._backoff(queued.attempts)
        if fault.everything:
            self._blocked_until = self._ports.clock.now() + min(delay, timedelta(minutes=1))
        if fault.retry_after is not None:
            self._blocked_until = self._ports.clock.now() + fault.retry_after
        await note_postponed(queued, delay, self._ports, uncertain=fault.meaning is Meaning.UNKNOWN)

    def _backoff(self, attempts: int) -> timedelta:
        """Twice as long each time, up to a quarter of an hour, less a random part so that replicas spread out."""
        longest = min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_WAIT)
        return longest * (0.5 + self._ports.random.entropy(1)[0] / 510)


class PersonErased(Exception):
    """The reader's account is not known any more."""


class _NotPosted(Exception):
    """A call failed before anything could have been posted. `__cause__` is the error."""


def _meaning(error: Exception) -> Fault:
    if isinstance(error, PersonErased):
        return Fault(Meaning.NEVER, "person_erased")
    if isinstance(error, AccessError):
        return Fault(Meaning.LATER, error.code)
    if isinstance(error, _NotPosted) and isinstance(error.__cause__, Exception):
        fault = fault_of(error.__cause__)
        if fault is not None and fault.meaning is Meaning.UNKNOWN:
            return replace(fault, meaning=Meaning.LATER)
        error = error.__cause__
    return fault_of(error) or Fault(Meaning.UNKNOWN, type(error).__name__)


def _content(queued: QueuedMessage, rendered: Rendered, *, repeated: bool = False) -> dict[str, Any]:
    """Return what Slack is sent, marked so that it can be found again, without Slack guessing links into it."""
    blocks = [dict(block) for block in rendered.blocks]
    text = rendered.text
    if repeated:
        blocks.insert(0, {"type": "context", "elements": [{"type": "plain_text", "text": REPEATED}]})
        text = f"{REPEATED} {text}"
    blocks[0]["block_id"] = MARK + queued.id
    return {"text": text, "blocks": blocks, "parse": "none", "link_names": False}


def _by_reader(claimed: Iterable[QueuedMessage]) -> list[list[QueuedMessage]]:
    groups: dict[PersonId | None, list[QueuedMessage]] = defaultdict(list)
    for queued in claimed:
        groups[queued.message.reader].append(queued)
    return list(groups.values())

"""One message on its way to Slack: where it goes, whether it is there already, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from access.model.ids import PersonId
from access.model.rendered import Rendered
from access.operations.deliver_messages import (
    note_dropped,
    note_posted,
    note_undeliverable,
    put_off,
    spread_to_admins,
)
from access.ports import Ports
from access.ports.outbox import QueuedMessage, Renderer
from bot.slack_faults import Meaning, code_of, fault_of

REPEATED: Final = "You may have read this already."
MARK: Final = "message:"
"""Before a message's id, in the id of its first block: by this it is found again in a history."""

_HISTORY_MARGIN: Final = timedelta(minutes=5)  # Slack's clock is not ours
_HISTORY_LIMIT: Final = 200
_CHANNEL_UNUSABLE: Final = frozenset(
    {"channel_not_found", "is_archived", "not_in_channel", "posting_to_general_channel_denied"}
)
_log = structlog.get_logger()


@dataclass(slots=True)
class Attempt:
    """One try to send a message. `under_way`: from here on Slack may have it, whatever goes wrong."""

    queued: QueuedMessage
    under_way: bool = False


class Poster:
    """Posts a message, or shows it anew. `channel` is the admin channel's id, or None."""

    def __init__(self, ports: Ports, client: AsyncWebClient, renderer: Renderer, channel: str | None) -> None:
        self._ports = ports
        self._client = client
        self._renderer = renderer
        self._channel = channel
        self._conversations: dict[str, str] = {}

    async def send(self, attempt: Attempt) -> None:
        """Send a message as things are at this moment, and note what became of it.

        Raises: whatever a call to Slack, the directory, the renderer or the database raises.
        """
        queued = attempt.queued
        reader = queued.message.reader
        if await put_off(queued, self._ports):
            return
        rendered = await self._renderer.render(queued.workspace, queued.message, sent_at=queued.sent_at)
        if queued.channel is not None and queued.ts is not None:
            await self._update(queued, queued.channel, queued.ts, rendered)
        elif rendered is None:
            await note_dropped(queued, self._ports)
        elif reader is not None:
            await self._post_to_person(attempt, reader, rendered)
        elif self._channel is not None:
            await self._post_to_admins(attempt, self._channel, rendered)
        else:
            await spread_to_admins(queued, self._ports)

    async def _post_to_person(self, attempt: Attempt, person: PersonId, rendered: Rendered) -> None:
        async with self._ports.read(attempt.queued.workspace) as reading:
            account = await reading.people.slack_of(person)
        if account is None:
            await note_undeliverable(attempt.queued, "person_erased", self._ports)
        else:
            await self._post(attempt, await self._conversation_with(account.user_id), rendered)

    async def _post_to_admins(self, attempt: Attempt, channel: str, rendered: Rendered) -> None:
        try:
            await self._post(attempt, channel, rendered)
        except SlackApiError as error:
            code = code_of(error)
            if code not in _CHANNEL_UNUSABLE and not code.startswith("restricted_action"):
                raise
            _log.warning("admin_channel_unusable", code=code)
            await spread_to_admins(attempt.queued, self._ports)

    async def _post(self, attempt: Attempt, channel: str, rendered: Rendered) -> None:
        queued = attempt.queued
        repeated = False
        if queued.uncertain_since is not None:
            try:
                found = await self._find(queued, channel, queued.uncertain_since)
            except _HistoryUnreadable:
                repeated = True
            else:
                if found is not None:  # as it was at that attempt, which may not be how things are now
                    await self._update(queued, channel, found, rendered)
                    return
                queued = replace(queued, uncertain_since=None)  # it has not arrived
        attempt.under_way = True
        content = _content(queued, rendered, repeated=repeated)
        answer = await self._client.chat_postMessage(channel=channel, unfurl_links=False, unfurl_media=False, **content)
        posted_to, posted_ts = str(answer["channel"]), str(answer["ts"])
        await note_posted(queued, posted_to, posted_ts, self._ports, left_out=rendered.left_out)

    async def _update(self, queued: QueuedMessage, channel: str, ts: str, rendered: Rendered | None) -> None:
        """Show a message anew. One that Slack does not let us change stays as it is: it did arrive.

        But where somebody is to press something in it, it is posted once more, or they could never go on.
        """
        if rendered is not None:
            try:
                await self._client.chat_update(channel=channel, ts=ts, **_content(queued, rendered))
            except SlackApiError as error:
                self._given_up(queued, error)
                if any(block["type"] == "actions" for block in rendered.blocks):
                    ts = await self._post_instead(queued, channel, rendered) or ts
        await note_posted(queued, channel, ts, self._ports)

    async def _post_instead(self, queued: QueuedMessage, channel: str, rendered: Rendered) -> str | None:
        """Post a message that cannot be changed once more; return its ts, or None where Slack does not take that."""
        try:
            answer = await self._client.chat_postMessage(
                channel=channel, unfurl_links=False, unfurl_media=False, **_content(queued, rendered)
            )
        except SlackApiError as error:
            self._given_up(queued, error)
            return None
        return str(answer["ts"])

    def _given_up(self, queued: QueuedMessage, error: SlackApiError) -> None:
        """Note that a change is not shown. Raises the error where another try may do."""
        fault = fault_of(error)
        if fault.meaning is not Meaning.NEVER:
            raise error
        _log.warning("message_not_updated", message=queued.message.kind.value, code=fault.code)

    async def _find(self, queued: QueuedMessage, channel: str, since: datetime) -> str | None:
        """Return the ts of a message that may have been posted, None if it was not. Raises _HistoryUnreadable.

        `since` is by our clock. If that was set back meanwhile, nobody knows when it was, and the whole history counts.
        """
        oldest = (since - _HISTORY_MARGIN).timestamp() if since <= self._ports.clock.now() else 0
        try:
            history = await self._client.conversations_history(
                channel=channel, oldest=f"{oldest:.6f}", limit=_HISTORY_LIMIT
            )
        except SlackApiError as error:
            fault = fault_of(error)
            if fault.meaning is Meaning.UNKNOWN or fault.everything:
                raise
            raise _HistoryUnreadable from None
        for message in history["messages"]:
            if any(block.get("block_id") == MARK + queued.id for block in message.get("blocks") or []):
                return str(message["ts"])
        return None

    async def _conversation_with(self, user_id: str) -> str:
        if user_id not in self._conversations:
            answer = await self._client.conversations_open(users=user_id)
            channel: Mapping[str, Any] = answer["channel"]
            self._conversations[user_id] = str(channel["id"])
        return self._conversations[user_id]


class _HistoryUnreadable(Exception):
    """The bot may not read that conversation: `im:history` is optional, and channels' histories are not asked for."""


def _content(queued: QueuedMessage, rendered: Rendered, *, repeated: bool = False) -> dict[str, Any]:
    """Return what Slack is sent, marked so that it can be found again, without Slack guessing links into it."""
    blocks = [dict(block) for block in rendered.blocks]
    text = rendered.text
    if repeated:
        blocks.insert(0, {"type": "context", "elements": [{"type": "plain_text", "text": REPEATED}]})
        text = f"{REPEATED} {text}"
    blocks[0]["block_id"] = MARK + queued.id
    return {"text": text, "blocks": blocks, "parse": "none", "link_names": False}

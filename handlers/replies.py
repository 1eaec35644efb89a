"""The calls to Slack that a listener makes before it acknowledges: short, never repeated, and never fatal.

Whatever a request did is committed by then, so a call that fails is logged and changes nothing.
"""

import asyncio
import copy
import logging
from collections.abc import Awaitable, Mapping
from enum import Enum, auto
from typing import Any, Final

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from access.model.rendered import Rendered
from handlers.deadline import Deadline

SECONDS: Final = 1.2
"""For one call, and less where the request's own deadline comes first. The acknowledgement waits no longer; the call
itself goes on, since what it brings is still due."""

LONGEST: Final = 10.0
"""Seconds after which a call is given up."""

_UNREADABLE: Final = "unreadable_answer"

_NOT_NOW: Final = frozenset(
    {
        # The moment's trouble.
        "exchanged_trigger_id",
        "expired_trigger_id",
        "fatal_error",
        "hash_conflict",
        "internal_error",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "trigger_exchanged",
        "trigger_expired",
        # The installation's: nothing about this person, and an operator mends it.
        "accesslimited",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
    }
)

_log = structlog.get_logger()


class Outcome(Enum):
    """What became of a call."""

    DONE = auto()
    NOT_NOW = auto()
    """Slack was late, busy or silent; another press may do."""
    REFUSED = auto()
    """Slack does not allow it, and will not the next time."""


class Replies:
    """Shows a person something at once, besides the acknowledgement.

    `client` and `logger` must not log below WARNING, where slack_sdk prints whole requests. A call that takes too long
    goes on behind the acknowledgement, until `close`.
    """

    def __init__(self, client: AsyncWebClient, logger: logging.Logger, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._logger = logger
        self._seconds = seconds
        self._deadline: Deadline | None = None
        self._under_way: set[asyncio.Task[Outcome]] = set()
        self.unopened = False
        """Whether Slack opened no window for one of the answers: of the replies of one request."""

    def until(self, deadline: Deadline) -> "Replies":
        """Return the replies of one request: none of its calls is waited for after its deadline."""
        hurried = copy.copy(self)
        hurried._deadline = deadline
        return hurried

    async def close(self) -> None:
        """Wait a little for the calls that still go on, then give them up."""
        if self._under_way:
            _, unfinished = await asyncio.wait(self._under_way, timeout=self._seconds)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> Outcome:
        """Open a modal. A trigger id works once, within three seconds."""
        call = self._client.views_open(trigger_id=trigger_id, view=dict(view))
        outcome = await self._attempt("views.open", call)
        self.unopened = self.unopened or outcome is not Outcome.DONE
        return outcome

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> Outcome:
        """Put another view in the place of one that is open."""
        return await self._attempt("views.update", self._client.views_update(view_id=view_id, view=dict(view)))

    async def say(self, response_url: str, message: Rendered, *, replace: bool) -> Outcome:
        """Show a message to the person alone; `replace` puts it in the place of the one they pressed in."""
        return await self._respond(
            response_url,
            {
                "response_type": "ephemeral",
                "replace_original": replace,
                "text": message.text,
                "blocks": [dict(block) for block in message.blocks],
            },
        )

    async def delete(self, response_url: str) -> Outcome:
        """Take away the message that the person pressed in."""
        return await self._respond(response_url, {"delete_original": True})

    async def _respond(self, response_url: str, body: dict[str, Any]) -> Outcome:
        webhook = AsyncWebhookClient(response_url, logger=self._logger, retry_handlers=[])
        return await self._attempt("response_url", _sent(webhook, body))

    async def _attempt(self, method: str, call: Awaitable[object]) -> Outcome:
        """Make a call, and see what becomes of it while there is time to wait."""
        task = asyncio.create_task(_outcome_of(method, call))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        left = self._seconds if self._deadline is None else min(self._seconds, self._deadline.seconds_left)
        await asyncio.wait([task], timeout=left)
        if task.done():
            return task.result()
        _log.warning("slack_call_late", method=method)
        return Outcome.NOT_NOW


async def _outcome_of(method: str, call: Awaitable[object]) -> Outcome:
    try:
        async with asyncio.timeout(LONGEST):
            await call
    except SlackApiError as error:
        code, outcome = _meaning(error)
        _log.warning("slack_call_refused", method=method, code=code)
        return outcome
    except (SlackClientError, aiohttp.ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
        _log.warning("slack_call_failed", method=method, error=type(error).__name__)
        return Outcome.NOT_NOW
    return Outcome.DONE


def _meaning(error: SlackApiError) -> tuple[str, Outcome]:
    """Read the error's code. Where a proxy answered in Slack's place there is none, whatever slack_sdk made of it."""
    data = getattr(error.response, "data", error.response)
    code = data.get("error") if isinstance(data, dict) else None
    if not isinstance(code, str):
        return _UNREADABLE, Outcome.NOT_NOW
    failed = getattr(error.response, "status_code", 200) >= 500
    return code, Outcome.NOT_NOW if failed or code in _NOT_NOW else Outcome.REFUSED


async def _sent(webhook: AsyncWebhookClient, body: dict[str, Any]) -> None:
    """Raises SlackClientError if Slack did not take it. Its answer is free text and stays unread."""
    answer = await webhook.send_dict(body)
    if answer.status_code != 200:
        raise SlackClientError(f"status {answer.status_code}")

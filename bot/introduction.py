"""Who the bot is in Slack: asked at the start, and again for as long as Slack is away."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CommandError
from bot.slack_faults import CALL_ERRORS, fault_of, is_away

TRY_AGAIN_SECONDS: Final = 2
"""After so long the bot tries again what it cannot start without."""

_log = structlog.get_logger()


class SlackRefused(CommandError):
    """Slack did not accept the bot token."""


class SlackAway(SlackRefused):
    """Slack did not say whether it does, because of `code`. `again_in`: for so many seconds it is to be left alone."""

    def __init__(self, text: str, code: str, again_in: float) -> None:
        super().__init__(text)
        self.code = code
        self.again_in = again_in


@dataclass(frozen=True, slots=True)
class Installation:
    """What `auth.test` says, once, at start."""

    team_id: str
    team_name: str | None
    enterprise_id: str | None
    bot_user_id: str
    bot_id: str | None


async def introduce(client: AsyncWebClient) -> Installation:
    """Ask Slack who the bot is. Raises SlackRefused, SlackAway."""
    try:
        answer = await client.auth_test()
    except CALL_ERRORS as error:
        fault, away = fault_of(error), is_away(error)
    else:
        return Installation(
            team_id=str(answer["team_id"]),
            team_name=answer.get("team"),
            enterprise_id=answer.get("enterprise_id"),
            bot_user_id=str(answer["user_id"]),
            bot_id=answer.get("bot_id"),
        )
    told = f"Slack did not accept the bot ({fault.code}). Check SLACK_BOT_TOKEN, and that Slack can be reached."
    if not away:
        raise SlackRefused(told)
    raise SlackAway(told, fault.code, fault.retry_after.total_seconds() if fault.retry_after else 0.0)


async def introduced(client: AsyncWebClient, meanwhile: Callable[[], Awaitable[None]]) -> Installation:
    """Ask until Slack answers, every two seconds or as seldom as it wants; that it does not is logged once.

    `meanwhile` is run each time that it did not. Raises SlackRefused, where it answers that it does not accept the bot.
    """
    is_news = True
    while True:
        try:
            return await introduce(client)
        except SlackAway as away:
            if is_news:
                _log.error("slack_away", problem=f"it does not answer ({away.code}); it is asked again, checks go on")
            is_news, again_in = False, max(away.again_in, TRY_AGAIN_SECONDS)
        await meanwhile()
        await asyncio.sleep(again_in)

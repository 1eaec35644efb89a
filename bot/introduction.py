"""Who the bot is in Slack."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import CommandError
from bot.patience import answered
from bot.slack_faults import CALL_ERRORS, fault_of


class SlackRefused(CommandError):
    """Slack did not accept the bot token."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What `auth.test` says, once, at start."""

    team_id: str
    team_name: str | None
    enterprise_id: str | None
    bot_user_id: str
    bot_id: str | None


async def introduce(client: AsyncWebClient) -> Installation:
    """Ask Slack who the bot is. Raises SlackRefused, also where it does not answer."""
    return await _introduced(client.auth_test())


async def introduced(client: AsyncWebClient, meanwhile: Callable[[], Awaitable[None]]) -> Installation:
    """The same, until Slack answers; `meanwhile` is run each time that it did not. Raises SlackRefused."""
    return await _introduced(answered(client.auth_test, meanwhile=meanwhile))


async def _introduced(asked: Awaitable[AsyncSlackResponse]) -> Installation:
    try:
        answer = await asked
    except CALL_ERRORS as error:
        code = fault_of(error).code
        told = f"Slack did not accept the bot ({code}). Check SLACK_BOT_TOKEN, and that Slack can be reached."
        raise SlackRefused(told) from None
    return Installation(
        team_id=str(answer["team_id"]),
        team_name=answer.get("team"),
        enterprise_id=answer.get("enterprise_id"),
        bot_user_id=str(answer["user_id"]),
        bot_id=answer.get("bot_id"),
    )

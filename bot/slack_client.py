"""The one way in which the bot talks to Slack's Web API."""

import logging
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from access.model.secret import Secret

SLACK_LOGGER: Final = "slack_sdk.thirdparty"
TIMEOUT_SECONDS: Final = 10


def slack_logger() -> logging.Logger:
    """Return the logger for Bolt and slack_sdk, fixed at WARNING: at DEBUG both print payloads."""
    logger = logging.getLogger(SLACK_LOGGER)
    logger.setLevel(logging.WARNING)
    return logger


def slack_client(bot_token: Secret | None, api_url: str) -> AsyncWebClient:
    """Make a client without retries of its own.

    slack_sdk's default repeats a call after a broken connection, which can post a message twice; whoever calls here
    decides what may be repeated.
    """
    return AsyncWebClient(
        token=bot_token.reveal() if bot_token else None,
        base_url=api_url,
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[],
        logger=slack_logger(),
    )

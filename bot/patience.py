"""Asking Slack for what the bot cannot start without, for as long as Slack is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from bot.slack_faults import CALL_ERRORS, fault_of, is_away

TRY_AGAIN_SECONDS: Final = 2
"""After so long the bot tries again what it cannot start without."""

_Answer = TypeVar("_Answer")
_log = structlog.get_logger()


async def answered(
    ask: Callable[[], Awaitable[_Answer]], *, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> _Answer:
    """Ask until Slack answers, every two seconds or as seldom as it wants; that it does not is logged once.

    `meanwhile` is run each time that it did not. Raises one of CALL_ERRORS, where Slack refuses and would go on to.
    """
    is_news = True
    while True:
        try:
            return await ask()
        except CALL_ERRORS as error:
            if not is_away(error):
                raise
            fault = fault_of(error)
        if is_news:
            _log.error("slack_away", problem=f"it does not answer ({fault.code}); it is asked again, checks go on")
        is_news = False
        if meanwhile is not None:
            await meanwhile()
        await asyncio.sleep(max(fault.retry_after.total_seconds() if fault.retry_after else 0.0, TRY_AGAIN_SECONDS))

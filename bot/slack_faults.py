"""What an error of Slack's means for a message that was to be sent."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError


class Meaning(Enum):
    """What to do about a failed call."""

    NEVER = auto()
    """Slack will not take it: give up, and tell somebody."""

    LATER = auto()
    """It was not taken: try again."""

    UNKNOWN = auto()
    """It may have been taken and nobody can tell: look before repeating."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed call. `retry_after` is Slack's own wish; `everything` means that other messages fail alike."""

    meaning: Meaning
    code: str
    retry_after: timedelta | None = None
    everything: bool = False


_MAY_HAVE_HAPPENED: Final = frozenset({"internal_error", "fatal_error", "request_timeout", "service_unavailable"})
_OURS_TO_MEND: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "missing_scope",
        "not_allowed_token_type",
        "team_access_not_granted",
        "ekm_access_denied",
        "org_login_required",
        "messages_tab_disabled",
    }
)
"""Errors of the installation, not of the message: an operator mends them, and the message waits."""


def fault_of(error: Exception) -> Fault | None:
    """Say what a failed Web API call means, or None if the error is not one of a call to Slack."""
    if isinstance(error, SlackApiError):
        return _refused(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Fault(Meaning.LATER, "not_connected", everything=True)
    if isinstance(error, aiohttp.ClientError | asyncio.TimeoutError | OSError):
        return Fault(Meaning.UNKNOWN, "no_answer", everything=True)
    return None


def _refused(error: SlackApiError) -> Fault:
    status = _status(error)
    code = code_of(error)
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        seconds = getattr(error.response, "headers", {}).get("Retry-After", "30")
        wish = timedelta(seconds=int(seconds) if str(seconds).isdigit() else 30)
        return Fault(Meaning.LATER, "ratelimited", wish, everything=True)
    if status >= 500 or code in _MAY_HAVE_HAPPENED:
        return Fault(Meaning.UNKNOWN, code)
    if code in _OURS_TO_MEND:
        return Fault(Meaning.LATER, code, everything=True)
    return Fault(Meaning.NEVER, code)


def _status(error: SlackApiError) -> int:
    """Return the HTTP status of a SlackResponse, or of the bare answer that slack_sdk gives where there is no JSON."""
    status = getattr(error.response, "status_code", None)
    return status if isinstance(status, int) else int(getattr(error.response, "status", 200))


def code_of(error: SlackApiError) -> str:
    """Return Slack's error code, also where the answer is not the JSON that it should be."""
    response = error.response
    data = getattr(response, "data", response)
    if isinstance(data, dict) and isinstance(data.get("error"), str):
        return str(data["error"])
    return "unreadable_answer"

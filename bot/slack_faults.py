"""What an error of Slack's means for a message that was to be sent."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError

CALL_ERRORS: Final = (SlackApiError, aiohttp.ClientError, OSError)
"""What a call of slack_sdk's client raises when Slack refuses it or does not answer (a TimeoutError is an OSError)."""


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
    """One failed call. `retry_after` is Slack's own wish; `everything` means that other calls fail alike."""

    meaning: Meaning
    code: str
    retry_after: timedelta | None = None
    everything: bool = False


_MAY_HAVE_HAPPENED: Final = frozenset({"internal_error", "fatal_error", "service_unavailable"})
_INSTALLATION: Final = frozenset(
    {
        "accesslimited",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
    }
)
"""Errors that every call meets until somebody has mended them: all messages wait together."""

_LATER: Final = _INSTALLATION | {
    # An operator mends these, and the message waits.
    "messages_tab_disabled",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    # These pass by themselves.
    "message_limit_exceeded",
    "request_timeout",
}
"""Errors of the installation or of the moment, not of the message
(https://docs.slack.dev/reference/methods/chat.postMessage)."""

_UNREADABLE: Final = "unreadable_answer"
_DEFAULT_RETRY_SECONDS: Final = 30
_LONGEST_RETRY_SECONDS: Final = 3600


def fault_of(error: SlackApiError | aiohttp.ClientError | OSError) -> Fault:
    """Say what a failed Web API call means: `error` is one of CALL_ERRORS."""
    if isinstance(error, SlackApiError):
        return _refused(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Fault(Meaning.LATER, "not_connected", everything=True)
    return Fault(Meaning.UNKNOWN, "no_answer", everything=True)


def is_away(error: SlackApiError | aiohttp.ClientError | OSError) -> bool:
    """Tell whether Slack has not said anything that would stay so: it is out of reach, in trouble, or overrun."""
    if not isinstance(error, SlackApiError):
        return True
    return _status(error) >= 500 or _refused(error).code in _MAY_HAVE_HAPPENED | {"ratelimited"}


def code_of(error: SlackApiError) -> str:
    """Return Slack's error code, also where the answer is not the JSON that it should be."""
    data = getattr(error.response, "data", error.response)
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) else _UNREADABLE


def _refused(error: SlackApiError) -> Fault:
    status, code = _status(error), code_of(error)
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return Fault(Meaning.LATER, "ratelimited", _retry_after(error), everything=True)
    if code == _UNREADABLE:  # not from Slack's application, so not its decision: an outage, or a proxy in between
        return Fault(Meaning.UNKNOWN, code, everything=True)
    if status >= 500 or code in _MAY_HAVE_HAPPENED:
        return Fault(Meaning.UNKNOWN, code)
    return Fault(Meaning.LATER if code in _LATER else Meaning.NEVER, code, everything=code in _INSTALLATION)


def _status(error: SlackApiError) -> int:
    """Return the HTTP status of a SlackResponse, or of the bare answer that slack_sdk gives where there is no JSON."""
    status = getattr(error.response, "status_code", None)
    return status if isinstance(status, int) else int(getattr(error.response, "status", 200))


def _retry_after(error: SlackApiError) -> timedelta:
    header = getattr(error.response, "headers", {}).get("Retry-After", "")
    seconds = int(header) if header.isascii() and header.isdigit() else _DEFAULT_RETRY_SECONDS
    return timedelta(seconds=min(seconds, _LONGEST_RETRY_SECONDS))

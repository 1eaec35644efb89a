"""Asking Slack, without changing anything there."""

import re
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from access.model.errors import DirectoryUnavailable
from access.model.people import SlackPerson
from access.ports.machine import Clock
from bot.directory import SlackDirectory
from bot.slack_faults import CALL_ERRORS, fault_of

_CODE: Final = re.compile(r"[a-z0-9_:.]{1,64}")
_ONE_SECOND: Final = timedelta(seconds=1)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed. `needed` is the scope that it lacks, where Slack says so."""

    code: str
    needed: str = ""


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who the bot is, by `auth.test`."""

    team_id: str
    team: str
    enterprise_id: str | None
    bot: str


@dataclass(frozen=True, slots=True)
class FirstCall:
    """What `auth.test` tells, in its answer and around it.

    Attributes:
        scopes: What the app may do; None where Slack did not say.
        ahead: By how much our clock is ahead of Slack's, negative if it is behind; None where Slack did not say.
    """

    who: Introduction | Failure
    scopes: frozenset[str] | None
    ahead: timedelta | None


@dataclass(frozen=True, slots=True)
class Channel:
    """What `conversations.info` says (docs.slack.dev: reference/objects/conversation-object)."""

    name: str
    is_member: bool
    is_archived: bool
    is_private: bool
    is_shared_outside: bool
    is_invited_outside: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Each id on a list of admins or auditors, and what Slack knows of it; None: nothing."""

    users: Mapping[str, SlackPerson | Failure | None]
    groups: Mapping[str, frozenset[str] | Failure | None]


async def introduce(client: AsyncWebClient, clock: Clock) -> FirstCall:
    """Ask Slack who the bot is."""
    asked_at = clock.now()
    who: Introduction | Failure
    try:
        answer = await client.auth_test()
        headers: Mapping[str, str] = answer.headers
        who = Introduction(
            team_id=str(answer["team_id"]),
            team=str(answer.get("team")),
            enterprise_id=answer.get("enterprise_id"),
            bot=str(answer.get("user")),
        )
    except CALL_ERRORS as error:
        headers = getattr(error.response, "headers", {}) if isinstance(error, SlackApiError) else {}
        who = _failure(error)
    given = headers.get("X-OAuth-Scopes")
    granted = None if given is None else frozenset(filter(None, re.split(r"[,\s]+", given)))
    return FirstCall(who, granted, _ahead(asked_at, clock.now(), headers.get("Date")))


def _ahead(asked_at: datetime, answered_at: datetime, date: str | None) -> timedelta | None:
    """Return by how much our clock is ahead at least: Slack's whole second lay between question and answer."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    theirs = theirs.replace(tzinfo=theirs.tzinfo or UTC)
    return max(timedelta(0), asked_at - theirs - _ONE_SECOND) + min(timedelta(0), answered_at - theirs)


async def ask_for_connection(client: AsyncWebClient) -> Failure | None:
    """Ask for the address of a Socket Mode connection, which opens none. `client` carries the app-level token."""
    answer = await _asked(client.api_call("apps.connections.open"))
    return answer if isinstance(answer, Failure) else None


async def ask_for_channel(client: AsyncWebClient, channel: str) -> Channel | Failure:
    """Ask for the admin channel."""
    answer = await _asked(client.conversations_info(channel=channel))
    if isinstance(answer, Failure):
        return answer
    info: Mapping[str, Any] = answer["channel"]
    is_shared_inside = info.get("is_org_shared", False)
    return Channel(
        name=str(info.get("name", channel)),
        is_member=info.get("is_member", False),
        is_archived=info.get("is_archived", False),
        is_private=info.get("is_private", False),
        is_shared_outside=info.get("is_ext_shared", False) or (info.get("is_shared", False) and not is_shared_inside),
        is_invited_outside=info.get("is_pending_ext_shared", False),
    )


class Asked:
    """What the directory says. `granted`: the app's scopes, which may be why it says nothing; None if unknown."""

    def __init__(self, directory: SlackDirectory, granted: frozenset[str] | None) -> None:
        self._directory = directory
        self._granted = granted

    async def admins(self) -> list[str] | Failure:
        """Return the user ids of the admins."""
        answer = await self._known(self._directory.admins(), "users:read", "usergroups:read")
        return answer if isinstance(answer, Failure) else [admin.user_id for admin in answer]

    async def listed(self, ids: Collection[str]) -> Listed:
        """Look each id of a list up."""
        groups = [each for each in ids if each.startswith("S")]
        users = [each for each in ids if not each.startswith("S")]
        return Listed(
            users={each: await self._known(self._directory.look_up(each), "users:read") for each in users},
            groups={each: await self._known(self._directory.members_of(each), "usergroups:read") for each in groups},
        )

    async def _known(self, answer: Awaitable[_T], *scopes: str) -> _T | Failure:
        try:
            return await answer
        except DirectoryUnavailable:
            lacking = [scope for scope in scopes if self._granted is not None and scope not in self._granted]
            return Failure("missing_scope", lacking[0]) if lacking else Failure("no_answer")


async def _asked(call: Awaitable[_T]) -> _T | Failure:
    try:
        return await call
    except CALL_ERRORS as error:
        return _failure(error)


def _failure(error: Any) -> Failure:
    """Keep Slack's words for it, if they are its words and no other text: `error` is one of CALL_ERRORS."""
    code = fault_of(error).code
    data = getattr(getattr(error, "response", None), "data", None)
    needed = data.get("needed", "") if isinstance(data, dict) else ""
    return Failure(*(word if _CODE.fullmatch(str(word)) else "" for word in (code, needed)))

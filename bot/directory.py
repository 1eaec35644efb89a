"""Who is who in Slack, at most 60 seconds old."""

import asyncio
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.model.errors import DirectoryUnavailable
from access.model.people import Role, SlackPerson, SlackUser
from access.ports.machine import Clock
from bot.freshness import Fresh
from bot.slack_faults import CALL_ERRORS, fault_of

WAIT_SECONDS: Final = 1.2
"""For one question, however many calls it takes: a command has to be acknowledged within three seconds. All questions
of one request together have a limit too, in `handlers.deadline`."""

_MAX_AGE: Final = timedelta(seconds=60)
_PAGE: Final = 500  # people in one answer of users.list, which Slack allows twenty times a minute
_UNKNOWN: Final = frozenset({"user_not_found", "user_not_visible", "no_such_subteam"})
_SLACKBOT: Final = "USLACKBOT"  # Slack does not call it a bot

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Account:
    """What `users.info` says, before our own lists decide about the role."""

    person: SlackPerson
    runs_workspace: bool


class _UnknownToSlack(Exception):
    """There is no such user or user group."""


class Nobody:
    """The port `Directory` where Slack is not asked: for the command line, and for checks before Slack has answered."""

    async def look_up(self, user_id: str) -> SlackPerson | None:
        """Raises DirectoryUnavailable."""
        raise DirectoryUnavailable

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        """Raises DirectoryUnavailable."""
        raise DirectoryUnavailable

    async def admins(self) -> Sequence[SlackUser]:
        """Raises DirectoryUnavailable."""
        raise DirectoryUnavailable


class SlackDirectory:
    """`access.ports.machine.Directory` over Slack's Web API. When Slack does not answer, nobody is anybody.

    `team` and `enterprise` are ours, from `auth.test`. `admins` and `auditors` hold ids of users (U…, W…) and of user
    groups (S…); without any admins, the workspace's admins and owners are ours.

    An answer that comes too late for whoever asked is there for the next one: the calls go on, each for as long as
    `client` waits, until `close`.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        team: str,
        enterprise: str | None,
        admins: Collection[str],
        auditors: Collection[str],
        clock: Clock,
        wait_seconds: float | None = None,
    ) -> None:
        """`wait_seconds`: for one question; None: WAIT_SECONDS."""
        self._client = client
        self._wait_seconds = wait_seconds
        self._ours = {team, enterprise}
        self._lone_team = team if enterprise is None else None
        self._admins = admins
        self._auditors = auditors
        self._missing_groups: set[str] = set()
        self._accounts = Fresh(self._fetch_account, max_age=_MAX_AGE, clock=clock)
        self._groups = Fresh(self._fetch_group, max_age=_MAX_AGE, clock=clock)
        self._managers = Fresh(self._fetch_managers, max_age=_MAX_AGE, clock=clock)

    async def look_up(self, user_id: str) -> SlackPerson | None:
        """Return what Slack says of an account, or None if it knows no such user. Raises DirectoryUnavailable."""
        return await self._in_time("look_up", self._look_up(user_id))

    async def look_anew(self, user_id: str) -> SlackPerson | None:
        """Return what Slack says of an account at this moment, and keep that; nobody waits for it.

        It takes as long as the client waits. Raises DirectoryUnavailable.
        """
        self._accounts.forget(user_id)
        return await self._look_up(user_id)

    async def admins(self) -> Sequence[SlackUser]:
        """Return everybody who is an admin here. Raises DirectoryUnavailable."""
        return await self._in_time("admins", self._all_admins())

    async def members_of(self, group: str) -> frozenset[str] | None:
        """Return the user ids in a user group, or None if Slack knows no such group. Raises DirectoryUnavailable."""
        return await self._in_time("members_of", self._groups.get(group))

    async def person_of(self, user: dict[str, Any]) -> SlackPerson:
        """Return who a user object is that Slack has just given. Raises DirectoryUnavailable."""
        return await self._with_role(self._read_account(user))

    async def close(self) -> None:
        """Stop the calls that are under way."""
        await asyncio.gather(self._accounts.close(), self._groups.close(), self._managers.close())

    async def _in_time(self, question: str, answer: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._wait_seconds or WAIT_SECONDS):
                return await answer
        except TimeoutError:
            _log.warning("directory_late", operation=question)
            raise DirectoryUnavailable from None

    async def _look_up(self, user_id: str) -> SlackPerson | None:
        account = await self._accounts.get(user_id)
        return await self._with_role(account) if account else None

    async def _all_admins(self) -> Sequence[SlackUser]:
        if not self._admins:
            return await self._managers.get("")
        people = await asyncio.gather(*map(self._look_up, sorted(await self._members(self._admins))))
        return [person.slack for person in people if person and person.role is Role.ADMIN]

    async def _with_role(self, account: _Account) -> SlackPerson:
        person = account.person
        if person.role is Role.OUTSIDER:
            return person
        if await self._is_admin(account):
            return replace(person, role=Role.ADMIN)
        if await self._is_on(self._auditors, person):
            return replace(person, role=Role.AUDITOR)
        return person

    async def _is_admin(self, account: _Account) -> bool:
        if not self._admins:
            return account.runs_workspace
        return await self._is_on(self._admins, account.person)

    async def _is_on(self, listed: Collection[str], person: SlackPerson) -> bool:
        return person.slack.user_id in listed or person.slack.user_id in await self._members(listed)

    async def _members(self, listed: Collection[str]) -> set[str]:
        groups = [each for each in listed if each.startswith("S")]
        members = await asyncio.gather(*map(self._groups.get, groups))
        return set(listed).difference(groups).union(*filter(None, members))

    async def _fetch_account(self, user_id: str) -> _Account | None:
        try:
            answer = await _ask("users.info", self._client.users_info(user=user_id))
        except _UnknownToSlack:
            return None
        return self._read_account(answer["user"])

    async def _fetch_group(self, group: str) -> frozenset[str] | None:
        try:
            answer = await _ask("usergroups.users.list", self._client.usergroups_users_list(usergroup=group))
        except _UnknownToSlack:
            if group not in self._missing_groups:
                self._missing_groups.add(group)
                _log.warning("user_group_missing", user_group=group)
            return None
        return frozenset(answer["users"])

    async def _fetch_managers(self, _: str) -> Sequence[SlackUser]:
        found: list[SlackUser] = []
        cursor = None
        while cursor != "":
            answer = await _ask("users.list", self._client.users_list(limit=_PAGE, cursor=cursor))
            accounts = [self._read_account(user) for user in answer["members"]]
            found += [each.person.slack for each in accounts if each.runs_workspace and each.person.role is Role.MEMBER]
            cursor = (answer["response_metadata"] or {}).get("next_cursor", "")
        return found

    def _read_account(self, user: dict[str, Any]) -> _Account:
        """Read a user object (docs.slack.dev: reference/objects/user-object).

        Whoever has our workspace as their own is not foreign because that has joined an enterprise since we started.
        """
        in_enterprise = user.get("enterprise_user", {})
        enterprise, team = in_enterprise.get("enterprise_id"), user["team_id"]
        org = enterprise or team
        ends = user.get("profile", {}).get("guest_expiration_ts")
        person = SlackPerson(
            slack=SlackUser(user["id"], org),
            role=Role.MEMBER,
            is_bot=user.get("is_bot", False) or user["id"] == _SLACKBOT,
            is_deactivated=user.get("deleted", False),
            is_guest=user.get("is_restricted", False) or user.get("is_ultra_restricted", False),
            is_foreign=org not in self._ours and team != self._lone_team,
            is_reachable=not user.get("is_stranger", False),
            time_zone=_known_zone(user.get("tz")),
            account_ends_at=datetime.fromtimestamp(ends, UTC) if ends else None,
            teams=frozenset({team, *in_enterprise.get("teams", ())} if enterprise else ()),
        )
        outside = person.is_bot or person.is_deactivated or person.is_guest or person.is_foreign
        return _Account(
            replace(person, role=Role.OUTSIDER) if outside else person,
            runs_workspace=user.get("is_admin", False) or user.get("is_owner", False),
        )


async def _ask(method: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Wait for Slack. Raises: _UnknownToSlack; DirectoryUnavailable for every other failure."""
    try:
        return await call
    except CALL_ERRORS as error:
        code = fault_of(error).code
    if code in _UNKNOWN:
        raise _UnknownToSlack
    _log.warning("directory_unavailable", method=method, code=code)
    raise DirectoryUnavailable


def _known_zone(name: str | None) -> str | None:
    """Return a time zone's name, or None where Slack gives none, or one that is not known here."""
    try:
        return ZoneInfo(name).key if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None

"""Who all the people are whom a file names: with one walk through Slack's list, not with a question for each."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from access.model.people import SlackPerson
from bot.directory import SlackDirectory
from bot.errors import CommandError
from bot.slack_faults import CALL_ERRORS, fault_of

_PAGE: Final = 500
"""People in one answer of users.list, which Slack allows twenty times a minute."""

_ONE_BY_ONE: Final = 20
"""So few user IDs are asked about one by one."""

_STRANGERS: Final = 500
"""User IDs that are not in the list, of other organisations or of nobody, are asked about one by one: no more than so
many, or a wrong file would take hours."""

_A_SECOND: Final = timedelta(seconds=1)
_UNKNOWN: Final = frozenset({"user_not_found", "user_not_visible"})


class SlackDidNotTell(CommandError):
    """Slack did not say who is who. Nothing was changed."""


class PeopleList:
    """Everybody whom a file names, by Slack user ID or email address."""

    def __init__(self, client: AsyncWebClient, directory: SlackDirectory) -> None:
        self._client = client
        self._directory = directory
        self.has_emails = False

    async def whom(self, named: Collection[str], progress: Callable[[int], None]) -> Mapping[str, SlackPerson | None]:
        """Return who they are, None where Slack knows nobody. `progress` is called with how many are known.

        Afterwards `has_emails` tells whether Slack names email addresses: without users:read.email it does not.

        Raises: SlackDidNotTell, DirectoryUnavailable.
        """
        found = dict[str, SlackPerson | None]()
        by_id = {text for text in named if "@" not in text}
        if len(by_id) < len(named) or len(by_id) > _ONE_BY_ONE:
            await self._walk(set(named), found, progress)
        strangers = by_id - found.keys()
        if len(strangers) > _STRANGERS:
            raise SlackDidNotTell(
                f"The file names {len(strangers):,} people who are not in this workspace, and {_STRANGERS} is the most "
                "that are asked about one by one: nothing was imported; import it in parts."
            )
        for user_id in sorted(strangers):
            found[user_id] = await self._ask_about(user_id)
            progress(len(found))
        return {text: found.get(text) for text in named}

    async def _walk(
        self, named: set[str], found: dict[str, SlackPerson | None], progress: Callable[[int], None]
    ) -> None:
        cursor = None
        while cursor != "":
            answer = await _patiently(partial(self._client.users_list, limit=_PAGE, cursor=cursor))
            for user in answer["members"] if answer else ():
                await self._take(user, named, found)
            progress(len(found))
            cursor = ((answer["response_metadata"] if answer else None) or {}).get("next_cursor", "")

    async def _take(self, user: dict[str, Any], named: set[str], found: dict[str, SlackPerson | None]) -> None:
        email = str(user.get("profile", {}).get("email") or "").lower()
        self.has_emails = self.has_emails or bool(email)
        for text in {user["id"], email} & named:
            before = found.get(text)
            if before is None or before.is_deactivated:  # an address may have had an account before this one
                found[text] = await self._directory.person_of(user)

    async def _ask_about(self, user_id: str) -> SlackPerson | None:
        answer = await _patiently(partial(self._client.users_info, user=user_id))
        return await self._directory.person_of(answer["user"]) if answer else None


async def _patiently(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> AsyncSlackResponse | None:
    """Wait for Slack as long as it asks to be waited for; None where it knows no such user. Raises SlackDidNotTell."""
    while True:
        try:
            return await call()
        except CALL_ERRORS as error:
            fault = fault_of(error)
        if fault.code in _UNKNOWN:
            return None
        if fault.retry_after is None:
            raise SlackDidNotTell(
                f"Slack did not say who is who ({fault.code}): nothing was imported; try again later."
            )
        await asyncio.sleep((fault.retry_after + _A_SECOND).total_seconds())

"""Who is asked about whom a file names."""

from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import people_list
from bot.directory import SlackDirectory
from bot.people_list import PeopleList, SlackDidNotTell


class NobodyIsHere:
    """A workspace without people."""

    async def users_list(self, **_: object) -> dict[str, Any]:
        return {"members": [], "response_metadata": None}


async def test_more_strangers_than_can_be_asked_about_are_said_and_not_taken_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(people_list, "_STRANGERS", 30)
    people = PeopleList(cast("AsyncWebClient", NobodyIsHere()), cast("SlackDirectory", None))
    with pytest.raises(SlackDidNotTell, match="names 31 people who are not in this workspace"):
        await people.whom([f"U{number:05}" for number in range(31)], lambda _: None)

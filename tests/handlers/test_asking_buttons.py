"""*Ask for a new token* and *What I hold*, pressed: what each reads, in a window or, where there is none, in words."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from access.model.messages import MessageKind as Kind
from access.model.rendered import Rendered
from access.model.token import TokenState
from handlers import ids
from handlers.replies import Outcome
from tests.access.world import TEAM
from tests.attacks.town import ASKS
from tests.handlers.desktop import Desktop, plain
from tests.handlers.office import Json, press, typed
from tests.handlers.story import NAME

STILL_WORKS: Json = {"type": "radio_buttons", "selected_option": {"value": "still_works"}}


class AskersDesktop(Desktop):
    """Where Carla asks for a new token."""

    async def submit(self, why: Json, user: str = "UCARLA") -> str:
        body = await self.submits(user, ids.ASK_FORM, self.story.token, **{ids.REASON_FIELD: why})
        return plain(str(body["view"]))

    def requests(self) -> list[tuple[str, str, str | None]]:
        with closing(sqlite3.connect(self.world.file)) as connection:
            return list(connection.execute("SELECT id, why, outcome FROM token_requests ORDER BY position"))

    async def state(self) -> TokenState:
        async with self.world.ports.read(TEAM) as reading:
            return (await reading.tokens.get(self.story.token)).state(self.world.clock.now())


def words(rendered: Rendered | None) -> str:
    assert rendered is not None
    return plain(rendered.text)


def labels(rendered: Rendered | None) -> list[str]:
    assert rendered is not None
    rows = [block["elements"] for block in rendered.blocks if block["type"] == "actions"]
    return [button["text"]["text"] for row in rows for button in row]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[AskersDesktop]:
    async with AskersDesktop.set_up(tmp_path) as desktop:
        yield desktop


async def test_the_program_still_works_from_the_question_to_the_new_offer(office: AskersDesktop) -> None:
    asked = await office.press("UCARLA", ids.ASK)
    assert office.last.how == "open"
    assert "The program still works" in asked
    assert "your own program is refused too" in asked
    assert office.requests() == []
    assert "What they decide, you read in my message about it." in await office.submit(STILL_WORKS)
    ((request, why, outcome),) = office.requests()
    assert (why, outcome) == ("still_works", None)
    sent = await office.story.post()
    for reader in ("UANNA", "admins"):
        question = sent[Kind.TOKEN_REQUEST, reader]
        assert "<@UCARLA> asks for a new token" in words(question)
        assert labels(question) == ["Offer a new token", "Not now", "Show"]
    assert "<@UANNA> or an admin decides about it, and you read it here." in words(sent[Kind.TOKEN_ASKED, "UCARLA"])

    assert await office.press("UANNA", ids.GRANT_REQUEST, request) == ""
    sent = await office.story.post()
    for reader in ("UANNA", "admins"):
        assert "<@UANNA> offered a new token then." in words(sent[Kind.TOKEN_REQUEST, reader])
        assert labels(sent[Kind.TOKEN_REQUEST, reader]) == ["Show"]
    assert "<@UANNA> said yes then" in words(sent[Kind.TOKEN_ASKED, "UCARLA"])
    assert (Kind.HANDOFF, "UCARLA") in sent
    for action in (ids.GRANT_REQUEST, ids.DECLINE_REQUEST):
        assert "A new token was offered already" in await office.press("UBEN", action, request)
    assert "New credentials wait for you already" in await office.submit(STILL_WORKS)


async def test_not_now_is_told_with_what_to_do(office: AskersDesktop) -> None:
    await office.submit(STILL_WORKS)
    await office.story.post()
    ((request, _, _),) = office.requests()
    assert await office.press("UBEN", ids.DECLINE_REQUEST, request, "channel") == ""
    sent = await office.story.post()
    assert "<@UBEN> said _Not now_ then. The present one works until then; if it can't wait, please talk" in words(
        sent[Kind.TOKEN_ASKED, "UCARLA"]
    )
    assert "<@UBEN> said _Not now_ then." in words(sent[Kind.TOKEN_REQUEST, "UANNA"])
    assert "This was declined already" in await office.press("UANNA", ids.GRANT_REQUEST, request)
    assert "the answer was no for now" in await office.submit(STILL_WORKS)


async def test_somebody_else_may_have_them_stops_it_at_once(office: AskersDesktop) -> None:
    assert "the token is to be used no more" in await office.submit(ASKS)
    assert await office.state() is TokenState.SUSPENDED
    sent = await office.story.post()
    assert labels(sent[Kind.TOKEN_REQUEST, "admins"]) == ["Revoke and replace", "It was a mistake", "Show"]
    assert labels(sent[Kind.TOKEN_REQUEST, "UANNA"]) == ["Show"]
    assert "somebody else may have the credentials" in words(sent[Kind.TOKEN_REQUEST, "admins"])
    assert "refused, in your own program too" in words(sent[Kind.TOKEN_ASKED, "UCARLA"])
    assert "You told me that somebody else may have them." in words(sent[Kind.HANDOFF, "UCARLA"])
    assert "A token is suspended, and the admins know." in await office.press("UCARLA", ids.ASK)
    await office.presses("UBEN", ids.REPLACE, office.story.token, "channel")
    sent = await office.story.post()
    assert "Decided: <@UBEN> revoked the token then to replace it." in words(sent[Kind.TOKEN_REQUEST, "admins"])
    assert "<@UBEN> revoked the token then: please remove it" in words(sent[Kind.TOKEN_ASKED, "UCARLA"])


async def test_where_slack_opens_no_window_it_asks_in_a_message(office: AskersDesktop) -> None:
    """As for people of other organisations, which no document settles."""
    office.replies.opening = Outcome.REFUSED
    assert "Why do you need a new one?" in await office.press("UCARLA", ids.ASK)
    assert "I have asked the owner and the admins." in await office.press("UCARLA", ids.ASK_STILL_WORKS)
    assert "the token is to be used no more" in await office.press("UCARLA", ids.ASK_SOMEBODY_ELSE)
    assert [(why, outcome) for _, why, outcome in office.requests()] == [
        ("still_works", "settled"),
        ("somebody_else", None),
    ]
    held = await office.press("UCARLA", ids.HOLDINGS, "")
    assert office.story.fingerprint in held
    assert "suspended" in held


async def test_what_i_hold_shows_everything_but_a_secret(office: AskersDesktop) -> None:
    held = await office.press("UCARLA", ids.HOLDINGS, "")
    card = await office.card(NAME)
    assert f"client ID `{card.party.client_id}`" in held
    assert f"Token `{office.story.fingerprint}`: active. It works until then." in held
    await office.submit(STILL_WORKS)
    assert "You asked for a new token then, and that isn't decided yet." in await office.press(
        "UCARLA", ids.HOLDINGS, ""
    )
    for user in ("UMIA", "UERIK", "UANNA"):
        assert "You are nobody's contact at the moment" in await office.press(user, ids.HOLDINGS, "")
    # the button names nothing, so that nothing can be forged into it
    assert office.story.fingerprint not in await office.press("UMIA", ids.HOLDINGS, office.story.token)


async def test_whoever_is_not_the_contact_gets_nowhere(office: AskersDesktop) -> None:
    for user in ("UMIA", "UERIK", "UANNA", "UOMAR"):
        for action in (ids.ASK, ids.ASK_STILL_WORKS, ids.ASK_SOMEBODY_ELSE):
            assert office.story.fingerprint not in await office.press(user, action)
        assert "contact" in await office.submit(ASKS, user)
    assert office.requests() == []
    assert await office.state() is TokenState.ACTIVE


async def test_what_the_form_never_offered_is_out_of_date(office: AskersDesktop) -> None:
    values: list[Any] = [None, "", "granted", {"a": 1}, 1]
    chosen: list[Json] = [{"type": "radio_buttons", "selected_option": {"value": value}} for value in values]
    for field in (*chosen, {"type": "radio_buttons", "selected_option": None}, typed("still_works"), {}):
        assert "out of date" in await office.submit(field)
    assert office.requests() == []


async def test_a_contact_of_another_organisation_asks_like_anybody(office: AskersDesktop) -> None:
    stop = press("UCARLA", ids.ASK_SOMEBODY_ELSE, office.story.token, "direct")
    stop["user"]["team_id"] = "T0OTHER"
    await office.sends(stop)
    assert await office.state() is TokenState.ACTIVE, "somebody else of the same user ID"
    people = office.world.town.people
    people["UCARLA"] = replace(people["UCARLA"], is_guest=False, is_foreign=True)
    await office.sends(stop)
    assert await office.state() is TokenState.SUSPENDED

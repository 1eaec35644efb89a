"""A corpus of blocks in a real browser: nothing breaks out, nothing runs, nothing is wider than the screen."""

from typing import Any

import pytest
from playwright.async_api import expect

from sandbox import Sandbox
from tests.page.visitor import Visitor
from tests.sandbox.apps import Json, section, web_client
from tests.sandbox.page.corpus import inputs, plain, rich, shown
from tests.sandbox.page.test_hostile_text import PAYLOADS, Texts

HOSTILE = Texts([f"{payload}<img src=x onerror=\"document.title='broken'\">" for payload in PAYLOADS])
ELSEWHERE = "document.querySelectorAll('script[src], img, iframe, object, embed, link[rel=stylesheet], style, [style]')"
OURS = 2  # the script and the style sheet


@pytest.fixture(params=[1280, 360])
def how(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"viewport": {"width": request.param, "height": 720}}


async def is_whole(guest: Visitor, last: str) -> None:
    await expect(guest.page.get_by_text(last).last).to_be_visible()
    assert await guest.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await guest.page.evaluate(f"{ELSEWHERE}.length") == OURS
    assert "broken" not in await guest.page.title()


def sized(blocks: list[Json]) -> list[list[Json]]:
    """Messages of at most so many blocks that Slack takes their text."""
    return [blocks[place : place + 3] for place in range(0, len(blocks), 3)]


async def test_hostile_text_stays_text(slack: Sandbox, guest: Visitor) -> None:
    await guest.page.goto(f"{guest.address}/as/anna/channel/third-party-access")
    api = web_client(slack)
    person = slack.person("anna")
    space = person.client.space
    for blocks in sized(shown(HOSTILE)):
        space.post_as_bot(space.channel("#third-party-access"), {"text": "x", "blocks": blocks})
    await api.chat_postMessage(channel=slack.admin_channel, text="The end")
    await is_whole(guest, "The end")
    view = {"type": "modal", "title": plain("Window"), "submit": plain(HOSTILE(24)), "blocks": inputs(HOSTILE)}
    space.views.open(person.id, view)
    space.bell.ring()
    await expect(guest.window).to_be_visible()
    await is_whole(guest, "Window")


async def test_long_many_and_from_right_to_left(slack: Sandbox, guest: Visitor) -> None:
    await guest.page.goto(f"{guest.address}/as/anna/channel/third-party-access")
    api = web_client(slack)
    word, hebrew = "x" * 2_900, "\u05e9\u05dc\u05d5\u05dd \U0001f600 " * 30
    long = [
        section(word),
        section(f"`{word}`"),
        section(f"```{word}```"),
        section(f"<https://example.com/{word[:2000]}>"),
    ]
    for blocks in (
        [section(f"Block {number}") for number in range(50)],
        long,
        [section(hebrew), rich(lambda _: hebrew)],
    ):
        space = slack.person("anna").client.space
        space.post_as_bot(space.channel("#third-party-access"), {"text": "x", "blocks": blocks})
    await api.chat_postMessage(channel=slack.admin_channel, text="The end")
    await is_whole(guest, "The end")
    await expect(guest.page.get_by_text("Block 49")).to_have_count(1)

"""The Home tabs' publisher: when it shows whose tab anew, how often, and what it does when it cannot."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from access.model.errors import DirectoryUnavailable
from access.model.home import Look
from access.ports import CannotKeep
from bot import home
from bot.home import HomeTabs
from sandbox import Sandbox
from sandbox.faults import Dropped, Error, RateLimited, Status
from tests.bot.waiting import nothing_left, until
from tests.fakes import FrozenClock
from tests.manifest import our_manifest

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def tab(*lines: str) -> dict[str, Any]:
    text = "\n".join(lines)
    return {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}


@dataclass
class Source:
    """What is to be shown, as the test says."""

    says: str = "first"
    record: int = 0
    trouble: Exception | None = None
    nobody: bool = False
    rendered: list[tuple[str, Look]] = field(default_factory=list)
    going_on: int = 0
    most: int = 0
    takes: float = 0.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def render(self, user_id: str, look: Look) -> Mapping[str, Any] | None:
        self.rendered.append((user_id, look))
        self.going_on += 1
        self.most = max(self.most, self.going_on)
        await self.gate.wait()
        await asyncio.sleep(self.takes)
        self.going_on -= 1
        if self.trouble is not None:
            raise self.trouble
        return None if self.nobody else tab(self.says, look.search or "everything")

    async def newest_record(self) -> int:
        return self.record


@dataclass
class House:
    """The publisher, and a Slack that shows what it publishes."""

    slack: Sandbox
    source: Source
    clock: FrozenClock
    tabs: HomeTabs

    def id(self, handle: str = "anna") -> str:
        return self.slack.people[handle].id

    def calls(self) -> int:
        return self.slack.faults.uses.count("views.publish")

    def shown(self, handle: str = "anna") -> list[str]:
        return self.slack.people[handle].home

    async def shows(self, *lines: str, handle: str = "anna") -> None:
        await until(lambda: self.shown(handle) == list(lines))

    async def opened(self, handle: str = "anna") -> None:
        self.tabs.opened(self.id(handle))
        await self.shows(self.source.says, "everything", handle=handle)

    async def idle(self) -> None:
        await until(lambda: not self.tabs._tasks)


@asynccontextmanager
async def house(pace: float = 0.0, rest: float = 0.0) -> AsyncIterator[House]:
    async with await Sandbox.start(manifest=our_manifest()) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        client.retry_handlers.clear()
        source, clock = Source(), FrozenClock()
        source.gate.set()
        async with nothing_left():
            tabs = HomeTabs(source, client, clock, unavailable=tab("unavailable"), pace=pace, rest=rest)
            yield House(slack, source, clock, tabs)
            source.gate.set()
            await tabs.stop()


async def test_who_opens_it_is_shown_it_and_anew_when_something_changed() -> None:
    async with house() as here:
        await here.opened()
        here.source.says = "second"
        here.tabs.changed()
        await here.shows("second", "everything")
        assert here.calls() == 2


async def test_what_is_the_same_is_not_published_again_but_for_who_opens_it() -> None:
    async with house() as here:
        await here.opened()
        here.tabs.changed()
        here.tabs.moved(here.id(), Look())
        await until(lambda: len(here.source.rendered) >= 2)
        await here.idle()
        assert here.calls() == 1
        here.tabs.opened(here.id())
        await until(lambda: here.calls() == 2)


async def test_a_reader_stays_where_they_are() -> None:
    async with house() as here:
        await here.opened()
        here.tabs.moved(here.id(), Look("acme"))
        await here.shows("first", "acme")
        here.source.says = "second"
        here.tabs.changed()
        await here.shows("second", "acme")


async def test_changes_at_once_make_one_update_and_a_press_waits_for_none() -> None:
    async with house(pace=30) as here:
        await here.opened()
        here.source.says = "second"
        for _ in range(9):
            here.tabs.changed()
        await asyncio.sleep(0.05)
        assert here.calls() == 1, "it keeps its pace"
        here.tabs.moved(here.id(), Look("acme"))
        await here.shows("second", "acme")
        assert here.calls() == 2


async def test_however_many_look_most_of_the_time_is_left_for_others_and_a_press_waits_for_none() -> None:
    async with house(rest=5) as here:
        here.source.takes = 0.05
        people = ["anna", "ben", "mia"]
        for handle in people:
            await here.opened(handle)
        began = asyncio.get_running_loop().time()
        here.source.says = "second"
        here.tabs.changed()
        here.tabs.moved(here.id("mia"), Look("acme"))
        await here.shows("second", "acme", handle="mia")
        assert [here.shown(handle)[0] for handle in ("anna", "ben")] != ["second", "second"]
        for handle in ("anna", "ben"):
            await here.shows("second", "everything", handle=handle)
        assert asyncio.get_running_loop().time() - began > 0.25


async def test_one_at_a_time_to_each_person_and_the_last_wish_counts() -> None:
    async with house() as here:
        here.source.gate.clear()
        here.tabs.opened(here.id())
        await until(lambda: here.source.going_on == 1)
        for search in ("a", "b", "c"):
            here.tabs.moved(here.id(), Look(search))
        await asyncio.sleep(0.02)
        assert here.source.going_on == 1
        here.source.gate.set()
        await here.shows("first", "c")
        assert [look.search for _, look in here.source.rendered] == ["", "c"]


async def test_not_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_AT_ONCE", 2)
    async with house() as here:
        here.source.gate.clear()
        for handle in ("anna", "ben", "carla", "omar"):
            here.tabs.opened(here.id(handle))
        await until(lambda: here.source.going_on == 2)
        await asyncio.sleep(0.02)
        here.source.gate.set()
        for handle in ("anna", "ben", "carla", "omar"):
            await here.shows("first", "everything", handle=handle)
        assert here.source.most == 2


async def test_who_has_not_opened_it_for_a_day_is_shown_nothing_more() -> None:
    async with house() as here:
        await here.opened()
        here.clock.advance(DAY)
        here.source.says = "second"
        here.tabs.changed()
        await here.idle()
        assert here.calls() == 1
        await here.opened()


async def test_it_remembers_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_REMEMBERED", 2)
    async with house() as here:
        for handle in ("anna", "ben", "carla"):
            await here.opened(handle)
        here.source.says = "second"
        here.tabs.changed()
        await here.shows("second", "everything", handle="carla")
        await here.shows("second", "everything", handle="ben")
        await here.idle()
        assert here.shown("anna") == ["first", "everything"]


async def test_however_many_have_opened_it_one_task_brings_all_up_to_date_and_nothing_is_left_of_who_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home, "_REMEMBERED", 2)
    async with house(pace=30) as here:
        for handle in ("anna", "ben", "carla", "mia", "omar"):
            await here.opened(handle)
            here.tabs.changed()
        await until(lambda: len(here.tabs._tasks) == 1)
        assert len(here.tabs._tabs) == 2


async def test_what_changes_while_somebody_is_shown_theirs_is_shown_afterwards() -> None:
    async with house() as here:
        here.source.gate.clear()
        here.tabs.opened(here.id())
        await until(lambda: here.source.going_on == 1)
        here.tabs.changed()
        here.source.gate.set()
        await here.idle()
        assert len(here.source.rendered) == 2
        assert here.calls() == 1


async def test_what_another_process_or_time_has_changed_is_noticed() -> None:
    async with house() as here:
        await here.tabs.look()
        await here.opened()
        here.source.says = "second"
        await here.tabs.look()
        await here.idle()
        assert here.calls() == 1, "nothing was recorded, and an hour has not passed"
        here.source.record = 1
        await here.tabs.look()
        await here.shows("second", "everything")
        here.source.says = "third"
        here.clock.advance(HOUR)
        await here.tabs.look()
        await here.shows("third", "everything")
        here.source.says = "fourth"
        here.clock.advance(-3 * HOUR)
        await here.tabs.look()
        await here.shows("fourth", "everything")


@pytest.mark.parametrize("trouble", [DirectoryUnavailable(), CannotKeep()])
async def test_while_nothing_can_be_looked_up_who_opens_it_reads_so_and_the_others_keep_what_they_have(
    trouble: Exception,
) -> None:
    async with house() as here:
        await here.opened("ben")
        here.source.trouble = trouble
        here.tabs.opened(here.id())
        await here.shows("unavailable")
        here.tabs.changed()
        await until(lambda: len(here.source.rendered) >= 4)
        await here.idle()
        assert (here.shown("ben"), here.shown()) == (["first", "everything"], ["unavailable"])
        here.source.trouble, here.source.says = None, "second"
        await here.tabs.look()
        await here.shows("second", "everything")
        await here.shows("second", "everything", handle="ben")


async def test_who_is_to_be_shown_nothing_is_shown_nothing_and_forgotten() -> None:
    async with house() as here:
        await here.opened()
        here.source.nobody = True
        here.tabs.changed()
        await until(lambda: not here.tabs._tabs)
        assert here.calls() == 1


async def test_where_slack_takes_nothing_for_a_while_all_wait_and_show_what_is_true_then() -> None:
    async with house() as here:
        here.slack.faults.next("views.publish", RateLimited(1))
        with capture_logs() as log:
            here.tabs.opened(here.id())
            await until(lambda: bool(log))
            here.tabs.opened(here.id("ben"))
            await asyncio.sleep(0.05)
            here.source.says = "second"
            assert here.calls() == 1
            await here.shows("second", "everything")
            await here.shows("second", "everything", handle="ben")
        assert log == [{"event": "home_not_shown", "code": "ratelimited", "log_level": "warning"}]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Status(500), "unreadable_answer"), (Error("internal_error"), "internal_error"), (Dropped(), "no_answer")],
)
async def test_after_another_trouble_the_next_look_tries_again(fault: Any, code: str) -> None:
    async with house() as here:
        await here.tabs.look()
        here.slack.faults.next("views.publish", fault)
        with capture_logs() as log:
            here.tabs.opened(here.id())
            await until(lambda: here.calls() == 1)
            await here.idle()
        assert log == [{"event": "home_not_shown", "code": code, "log_level": "warning"}]
        await here.tabs.look()
        await here.shows("first", "everything")


async def test_what_slack_refuses_is_given_up_until_it_is_opened_again() -> None:
    async with house() as here:
        here.slack.faults.next("views.publish", Error("not_enabled"))
        here.tabs.opened(here.id())
        await until(lambda: here.calls() == 1 and not here.tabs._tabs)
        await here.tabs.look()
        await here.opened()


async def test_a_mistake_of_ours_is_logged_without_its_words_and_stops_nothing() -> None:
    async with house() as here:
        here.source.trouble = ValueError("tpt_secret of Acme")
        with capture_logs() as log:
            here.tabs.opened(here.id())
            await until(lambda: bool(log))
        assert log == [{"event": "home_broken", "exc_info": True, "log_level": "error"}]
        here.source.trouble = None
        await here.opened()


async def test_stopping_finishes_what_is_under_way_and_begins_nothing() -> None:
    async with house(pace=30) as here:
        await here.opened("ben")
        here.source.says = "second"
        here.source.gate.clear()
        here.tabs.opened(here.id())
        here.tabs.changed()  # Ben's waits for its turn
        await until(lambda: here.source.going_on == 1)
        stopping = asyncio.create_task(here.tabs.stop())
        await asyncio.sleep(0.01)
        assert not stopping.done()
        here.source.gate.set()
        await stopping
        assert (here.shown(), here.shown("ben")) == (["second", "everything"], ["first", "everything"])
        here.tabs.opened(here.id("carla"))
        await asyncio.sleep(0.01)
        assert here.shown("carla") == []

"""People's Home tabs: shown when they open them, and anew when something changed. See ADR 14."""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from access.model.errors import DirectoryUnavailable
from access.model.home import Look
from access.ports import CannotKeep
from access.ports.machine import Clock
from bot.slack_faults import CALL_ERRORS, Meaning, fault_of

LOOK_EVERY: Final = timedelta(minutes=1)
"""What other processes changed is noticed that soon."""

EVERYTHING_EVERY: Final = timedelta(hours=1)
"""What time has changed, or a check, is shown that soon."""

PACE: Final = 3.0
"""Seconds between two times that a tab is brought up to date by itself."""

REST: Final = 5.0
"""After a tab that nobody waits for was written, the next of those waits so many times as long as that took: however
many are remembered, and however often something changes, they take a small part of the process's time."""

_REMEMBERED: Final = 200
_REMEMBERED_FOR: Final = timedelta(days=1)
_AT_ONCE: Final = 4
"""Tabs that people wait for and that are written at the same time: the others wait, and so does nobody else."""

log = structlog.get_logger()


class HomeSource(Protocol):
    """Where the content comes from."""

    async def render(self, user_id: str, look: Look) -> Mapping[str, Any] | None:
        """Return somebody's Home tab, or None for who is shown nothing. Raises DirectoryUnavailable, CannotKeep."""

    async def newest_record(self) -> int:
        """Return the number of the newest audit record. Raises CannotKeep."""


@dataclass(slots=True)
class _Tab:
    """One person's tab. `shown`: a hash of what Slack shows, as far as is known.

    `wanted`: it is to be shown anew, when its turn comes; `asked`: at once, as the person waits for it; `opened`:
    whatever it shows already. `behind`: it could not be shown anew.
    """

    opened_at: datetime
    look: Look = field(default_factory=Look)
    shown: bytes = b""
    free_at: float = 0.0
    wanted: bool = False
    asked: bool = False
    opened: bool = False
    behind: bool = False
    is_served: bool = False
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)


class HomeTabs:
    """Shows Home tabs, from when it is made until `stop`: one after the other to each person, and never the same twice.

    It remembers, in this process alone, who opened theirs within a day, of the last 200 people. `unavailable`: what is
    shown to whoever opens it while nothing can be looked up. `pace` and `rest`: see PACE and REST.
    """

    def __init__(
        self,
        source: HomeSource,
        client: AsyncWebClient,
        clock: Clock,
        *,
        unavailable: Mapping[str, Any],
        pace: float = PACE,
        rest: float = REST,
    ) -> None:
        self._source = source
        self._client = client
        self._clock = clock
        self._unavailable = unavailable
        self._pace = pace
        self._rest = rest
        self._rested_at = 0.0  # by the event loop's clock: until then no tab is written that nobody waits for
        self._tabs: OrderedDict[str, _Tab] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refresher: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._taken_again_at = 0.0  # by the event loop's clock: until then Slack takes nothing
        self._newest_record: int | None = None
        self._looked_at: datetime | None = None
        self._stopping = False

    def opened(self, user_id: str) -> None:
        """Show somebody their tab, now: they have opened it."""
        tab = self._tab_of(user_id)
        tab.opened = True
        self._ask(user_id, tab)

    def moved(self, user_id: str, look: Look) -> None:
        """Show somebody their tab at that place in the list, now: they have pressed something in it."""
        tab = self._tab_of(user_id)
        tab.look = look
        self._ask(user_id, tab)

    def changed(self) -> None:
        """Bring all tabs up to date that were opened lately, soon: something was changed."""
        now = self._clock.now()
        for user_id, tab in list(self._tabs.items()):
            if now - tab.opened_at < _REMEMBERED_FOR:  # also where the clock was set back
                tab.wanted = True
            else:
                del self._tabs[user_id]
        self._refresh_soon()

    async def look(self) -> None:
        """Look whether another process, or time, has changed anything, and bring up to date what could not be before.

        Raises: CannotKeep.
        """
        newest, now = await self._source.newest_record(), self._clock.now()
        before = self._looked_at
        if newest != self._newest_record or before is None or not timedelta(0) <= now - before < EVERYTHING_EVERY:
            self._newest_record, self._looked_at = newest, now
            self.changed()
        for tab in self._tabs.values():
            tab.wanted = tab.wanted or tab.behind
        self._refresh_soon()

    async def stop(self) -> None:
        """Finish what is being shown; everything else is shown when it is opened again."""
        self._stopping = True
        self._bell.set()
        await asyncio.gather(*self._tasks)

    def _tab_of(self, user_id: str) -> _Tab:
        now = self._clock.now()
        tab = self._tabs.setdefault(user_id, _Tab(now))
        tab.opened_at = now
        self._tabs.move_to_end(user_id)
        if len(self._tabs) > _REMEMBERED:
            self._tabs.popitem(last=False)
        return tab

    def _ask(self, user_id: str, tab: _Tab) -> None:
        tab.asked = True
        if not tab.is_served and not self._stopping:
            tab.is_served = True
            self._begin(self._serve(user_id, tab))

    def _refresh_soon(self) -> None:
        self._bell.set()
        if (self._refresher is None or self._refresher.done()) and self._next() and not self._stopping:
            self._refresher = self._begin(self._refresh())

    def _begin(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, user_id: str, tab: _Tab) -> None:
        """Show somebody what they wait for."""
        while tab.asked and not self._stopping:
            if not await self._passed(self._taken_again_at):
                continue
            async with self._room:
                await self._show_safely(user_id, tab)
        tab.is_served = False
        self._refresh_soon()

    async def _refresh(self) -> None:
        """Bring one tab after the other up to date, as long as there is any, with a rest in between."""
        while (found := self._next()) and not self._stopping:
            user_id, tab = found
            if not await self._passed(max(self._taken_again_at, self._rested_at, tab.free_at)):
                continue
            begun = _time()
            await self._show_safely(user_id, tab)
            self._rested_at = _time() + self._rest * (_time() - begun)

    def _next(self) -> tuple[str, _Tab] | None:
        """Return whose turn it is, of those who wait for nothing."""
        wanted = (each for each in self._tabs.items() if each[1].wanted and not each[1].is_served)
        return min(wanted, key=lambda each: each[1].free_at, default=None)

    async def _passed(self, at: float) -> bool:
        """Tell whether that moment has passed, by the event loop's clock; where not, wait for it, or for the bell."""
        if (wait := at - _time()) <= 0:
            return True
        self._bell.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), wait)
        return False

    async def _show_safely(self, user_id: str, tab: _Tab) -> None:
        """Show one person what they are to be shown, one time after the other. Raises nothing."""
        async with tab.writing:
            try:
                await self._show(user_id, tab)
            except Exception:  # the last net: the next time that it is opened, it is tried again
                log.exception("home_broken")
                self._tabs.pop(user_id, None)
                tab.asked = False
            tab.free_at = _time() + self._pace

    async def _show(self, user_id: str, tab: _Tab) -> None:
        asked, opened = tab.asked, tab.opened
        tab.wanted = tab.asked = tab.opened = tab.behind = False
        try:
            view = await self._source.render(user_id, tab.look)
        except (DirectoryUnavailable, CannotKeep):
            tab.behind = True
            if not asked:
                return  # what stands there was true, and names nothing new
            view = self._unavailable
        if view is None:
            self._tabs.pop(user_id, None)
            return
        shown = hashlib.sha256(json.dumps(view).encode()).digest()
        if shown == tab.shown and not opened:
            return
        try:
            await self._client.views_publish(user_id=user_id, view=dict(view))
        except CALL_ERRORS as error:
            self._failed(error, user_id, tab)
            tab.asked, tab.opened = tab.asked or (tab.wanted and asked), tab.opened or opened
        else:
            tab.shown = shown

    def _failed(self, error: Any, user_id: str, tab: _Tab) -> None:
        """Wait as long as Slack wishes; after anything else, until somebody looks again."""
        fault = fault_of(error)
        log.warning("home_not_shown", code=fault.code)
        tab.shown = b""  # it may have arrived
        if fault.retry_after is not None:
            self._taken_again_at = max(self._taken_again_at, _time() + fault.retry_after.total_seconds())
            tab.wanted = True
        elif fault.meaning is Meaning.NEVER:
            self._tabs.pop(user_id, None)
        else:
            tab.behind = True


def _time() -> float:
    return asyncio.get_running_loop().time()

"""One sitting at the terminal: who one is, where one is, and what one can do."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sandbox.durations import duration
from sandbox.elements import Control, controls
from sandbox.modal import Modal
from sandbox.refusals import Impossible
from sandbox.sandbox import Sandbox
from sandbox.seen import Seen
from sandbox.terminal import guide
from sandbox.terminal.asking import Ask, chosen, confirmed
from sandbox.terminal.display import Display
from sandbox.terminal.form import Form
from sandbox.terminal.news import News, places_of
from sandbox.traffic import Exchange

_GLANCE = 0.05  # real seconds between two looks at the traffic
_QUIET_GLANCES = 4  # so many without traffic: the bot has finished
_MOST_GLANCES = 80
_TRAFFIC_SHOWN = 10


class Session:
    """Somebody at the terminal, who can be anybody of the cast."""

    def __init__(self, sandbox: Sandbox, ask: Ask, display: Display) -> None:
        self._sandbox = sandbox
        self._ask = ask
        self._display = display
        self._cast = {handle: person for handle, person in sandbox.people.items() if not person.client.user.is_bot}
        self._news = News(self._cast.values())
        self._me = self._cast["anna"]
        self._place = "#general"
        self._pressable: list[tuple[Seen | Modal, int]] = []
        self._at_home: list[Control] = []
        self._commands: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "be": self._be,
            "people": self._people,
            "read": self._read,
            "home": self._home,
            "go": self._go,
            "press": self._press,
            "wait": self._wait,
            "traffic": self._traffic,
            "story": self._story,
            "help": self._help,
        }

    async def run(self) -> None:
        """Do what is typed until "quit" or the end of input."""
        self._display.say(guide.PAGE.format(sandbox=self._sandbox) + guide.WELCOME)
        while (line := await self._next_line()) is not None and line.strip() not in ("quit", "exit"):
            try:
                await self._do(line.strip())
                await Form(self._me, self._ask, self._display).fill_in()
            except Impossible as error:
                self._display.problem(f"{error}")
            await self._settled()
            self._tell_news()

    async def _next_line(self) -> str | None:
        """The next line typed; news that come meanwhile are told at once."""
        prompt = f"{self._me.name} ({self._me.role}) in {self._place} > "
        asked = asyncio.ensure_future(self._ask(prompt))
        try:
            while not (await asyncio.wait({asked}, timeout=1))[0]:
                self._tell_news(again=prompt)
            return asked.result()
        finally:
            asked.cancel()

    async def _do(self, line: str) -> None:
        if line.startswith("/"):
            await self._type(line)
        elif line.isdecimal():
            await self._press(line)
        elif line:
            word, _, rest = line.partition(" ")
            command = self._commands.get(word.casefold())
            if command:
                await command(rest.strip())
            else:
                self._display.problem(guide.UNKNOWN.format(word=word))

    async def _type(self, line: str) -> None:
        answer = await self._me.types(line, self._place)
        if not answer.acknowledged:
            self._display.problem(answer.reading)

    async def _be(self, name: str) -> None:
        person = self._cast.get(name.removeprefix("@").casefold())
        if person is None:
            self._display.problem(f"There is no {name or 'nobody'} here. people lists everybody.")
            return
        self._me = person
        self._place = next(iter(places_of(person)), "bot")
        self._pressable.clear()

    async def _people(self, _: str) -> None:
        for handle, person in self._cast.items():
            self._display.say(f"  be {handle:8} {person.name:14} {person.role}")

    async def _read(self, place: str) -> None:
        places = [place] if place else places_of(self._me)
        self._pressable.clear()
        messages = [seen for each in places for seen in self._me.reads(each)]
        for seen in messages:
            self._show(seen)
        if not messages:
            self._display.note("Nothing to read.")

    async def _home(self, _: str) -> None:
        """Look at the Home tab, as it is once the app has heard of that."""
        self._me.opens_home()
        await self._settled()
        if self._me.home:
            self._show_home()
        else:
            self._display.note("There is nothing on the Home tab.")

    def _show_home(self) -> None:
        home = self._me.home_tab
        self._display.head(f"┌ the Home tab of {self._me.name}")
        self._display.reading(home.reading)
        self._pressable.clear()
        self._at_home = home.controls
        self._pressable += [(home, index) for index in range(len(self._at_home))]
        self._display.buttons((f"press {number}", control.label) for number, control in enumerate(self._at_home, 1))

    async def _press_at_home(self, home: Modal, control: Control) -> None:
        """Press or choose; what became of the tab is shown, unless a window came up instead."""
        before = home.reading
        if control.type == "button" and not await confirmed(control, self._me, self._ask, self._display):
            return
        answer = await home.act(control, "" if control.type == "button" else await self._chosen(control))
        if not answer.acknowledged:
            self._display.problem(answer.reading)
        await self._settled()
        if self._me.modal is None and self._me.home_tab.reading != before:
            self._show_home()

    async def _chosen(self, control: Control) -> str:
        return await chosen(control, f"  {control.label}: ", self._ask, self._display) or ""

    async def _go(self, place: str) -> None:
        if place not in places_of(self._me):
            self._display.problem(f"{self._me.name} is in {', '.join(places_of(self._me)) or 'no channel'}.")
            return
        self._place = place

    async def _press(self, number: str) -> None:
        if not number.isdecimal() or not 0 < int(number) <= len(self._pressable):
            self._display.problem(
                "Type the number that stands beside a button, such as press 1. read shows them again."
            )
            return
        shown, index = self._pressable[int(number) - 1]
        if isinstance(shown, Modal):
            await self._press_at_home(shown, self._at_home[index])
            return
        seen = next((each for each in self._me.reads(shown.place) if each.ts == shown.ts), None)
        if seen is None or seen.blocks != shown.blocks:
            self._display.problem("That message has changed meanwhile." if seen else "That message is gone.")
            return
        control = controls(seen.blocks)[index]
        if control.type != "button":
            answer = await seen.choose(control.action_id, await self._chosen(control))
        elif await confirmed(control, self._me, self._ask, self._display):
            buttons = [each for each in controls(seen.blocks) if each.type == "button"]
            answer = await seen.press(buttons.index(control))
        else:
            return
        if not answer.acknowledged:
            self._display.problem(answer.reading)

    async def _wait(self, written: str) -> None:
        clock = self._sandbox.clock
        try:
            clock.advance(duration(written, clock.now()))
        except ValueError:
            self._display.problem("Say how long: wait 1 day, wait 72 hours, wait 6 months.")
            return
        local = clock.now().astimezone(self._me.client.user.zone)
        self._display.note(f"It is {local:%A, %d %B %Y, %H:%M} for {self._me.name}.")

    async def _traffic(self, count: str) -> None:
        shown = int(count) if count.isdecimal() and len(count) < 6 else _TRAFFIC_SHOWN
        for exchange in self._sandbox.traffic[-shown:] if shown else []:
            self._display.say(traffic_line(exchange))

    async def _story(self, _: str) -> None:
        self._display.say(guide.WELCOME)

    async def _help(self, _: str) -> None:
        self._display.say(guide.HELP)

    async def _settled(self) -> None:
        """Wait until the bot has finished what it was asked to do: nothing travels for a while."""
        seen, quiet = len(self._sandbox.traffic), 0
        for _ in range(_MOST_GLANCES):
            await asyncio.sleep(_GLANCE)
            quiet = quiet + 1 if len(self._sandbox.traffic) == seen else 0
            seen = len(self._sandbox.traffic)
            if quiet == _QUIET_GLANCES:
                return

    def _tell_news(self, again: str = "") -> None:
        """Show what is new for the person at the terminal, then the prompt `again`, and say who else has something."""
        own, others = self._news.for_reader(self._me), self._news.for_others(self._me)
        if again and (own or others):
            self._display.say()
        for seen in own:
            self._show(seen)
        for person, place in others:
            where = "" if place == "bot" else f" in {place}"
            self._display.note(f"{person.name} has a new message{where}: be {person.handle}")
        if again and (own or others):
            self._display.prompt(again)

    def _show(self, seen: Seen) -> None:
        where = "the bot" if seen.place == "bot" else seen.place
        at = datetime.fromtimestamp(float(seen.ts), self._me.client.user.zone)
        aside = " (only you can see this)" if seen.ephemeral else " (edited)" if seen.edited else ""
        self._display.head(f"┌ {where}, {at:%d %B %H:%M}{aside}")
        self._display.reading(seen.reading)
        first = len(self._pressable) + 1
        found = controls(seen.blocks)
        self._pressable += [(seen, index) for index in range(len(found))]
        self._display.buttons((f"press {number}", control.label) for number, control in enumerate(found, first))


def traffic_line(exchange: Exchange) -> str:
    """One exchange without its body, which may hold credentials."""
    way = "bot → Slack" if exchange.direction == "in" else "Slack → bot"
    return f"  {exchange.at:%H:%M:%S}  {way}  {exchange.kind:12} {exchange.name}"

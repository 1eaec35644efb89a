"""The page: its addresses, and what answers at each."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from aiohttp import web

from sandbox.chance import word
from sandbox.page import acts
from sandbox.page.completion import completion_of
from sandbox.page.guard import HEADERS, Guard, Handler
from sandbox.page.looks import WINDOW, Looks
from sandbox.page.place import NoSuchPlace, Place, place_of, places_of
from sandbox.page.regions import Regions
from sandbox.page.stream import Stream
from sandbox.page.time_machine import NextEvent, TimeMachine
from sandbox.page.tour import Tour
from sandbox.page.travelled import Travelled
from sandbox.page.unread import Unread
from sandbox.people import Person
from sandbox.refusals import Impossible
from sandbox.traffic import Traffic
from sandbox.workspace import Workspace

_OLDER = 50
_TOGETHER = 0.03  # real seconds in which changes are gathered
_PING_EVERY = 5.0
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_READ_ONLY = "Sending messages to this app has been turned off."
_SIGNED_OUT = "This account is deactivated."


class Page:
    """The sandbox in the browser."""

    def __init__(self, people: Mapping[str, Person], space: Workspace, traffic: Traffic, address: str) -> None:
        self._people = {handle: person for handle, person in people.items() if not person.client.user.is_bot}
        self._space = space
        self._run = word(8)
        self._guard = Guard(address)
        self._looks = Looks(space)
        self.unread = Unread(space)
        self._travelled = Travelled(traffic)
        self._tour = Tour(space)
        self._time_machine = TimeMachine(space)
        self._regions = Regions(
            people=self._people,
            looks=self._looks,
            unread=self.unread,
            travelled=self._travelled,
            tour=self._tour,
            time_machine=self._time_machine,
        )

    def knows_next_event(self, next_event: NextEvent) -> None:
        """Offer to move the clock to the next event, which somebody else knows."""
        self._time_machine.next_event = next_event

    def routes(self) -> list[web.RouteDef]:
        """Its addresses."""
        place = "/as/{person}/{tab:channel|app}/{name}"
        gets = {
            "/": self._start,
            "/as/{person}": self._best_place,
            place: self._whole,
            f"{place}/stream": self._stream,
            f"{place}/before/{{ts}}": self._older,
            "/travelled/{number:[0-9]+}": self._exchange,
            "/static/{file}": self._static,
        }
        posts = {
            f"{place}/say": self._say,
            f"{place}/opened": self._opened,
            "/as/{person}/message/{channel}/{ts}": self._act_on_message,
            "/as/{person}/view/{view}": self._act_in_view,
            "/as/{person}/view/{view}/close": self._close,
            "/clock": self._clock,
            "/tour": self._set_tour,
        }
        guarded = self._guard.guarded
        return [
            *(web.get(path, guarded(handler)) for path, handler in gets.items()),
            *(web.post(path, guarded(_noticed(self._space, handler))) for path, handler in posts.items()),
        ]

    async def _start(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/as/anna", headers=HEADERS)

    async def _best_place(self, request: web.Request) -> web.StreamResponse:
        """Where somebody has something to read, else their first place."""
        places = places_of(self._person(request))
        user = places[0].person.client.user
        waiting = [each for each in places if each.is_conversation and self.unread.count(user, each.channel)]
        raise web.HTTPFound((waiting or places)[0].path, headers=HEADERS)

    async def _whole(self, request: web.Request) -> web.StreamResponse:
        place = self._place(request)
        since = len(self._space.messages.log)
        shown = self._looks.shown(place) if place.is_conversation else []
        window = shown[-WINDOW:]
        above = shown[-WINDOW - 1] if len(shown) > WINDOW else None
        cannot_type = self._cannot_type(place)
        if place.is_conversation:
            self.unread.read(place.person.client.user, place.channel)
        html = self._looks.draw(
            "page.html",
            place=place,
            team=self._space.team.name,
            about=self._about(place),
            run=self._run,
            since=since,
            older=above is not None,
            messages=self._looks.messages(place, window, above),
            regions=self._regions.draw(place),
            can_type=not cannot_type,
            cannot_type=cannot_type,
            completion=json.dumps(completion_of(place)),
        )
        return web.Response(text=html, content_type="text/html", headers=HEADERS)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        place, bell = self._place(request), self._space.bell
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        since = int(request.headers.get("Last-Event-ID") or request.query.get("since", "0"))
        stream = Stream(place, self._looks, self._regions, self.unread, response, since=since)
        try:
            if request.query.get("run") != self._run:
                await stream.send("again", {})
            while True:
                count = bell.count
                await stream.tell()
                if await bell.rung(count, within=_PING_EVERY) == count:
                    await stream.ping()
                await asyncio.sleep(_TOGETHER)
        except ConnectionError:
            return response

    async def _older(self, request: web.Request) -> web.StreamResponse:
        place, ts = self._place(request), float(request.match_info["ts"])
        before = [message for message in self._looks.shown(place) if float(message.ts) < ts]
        window, above = before[-_OLDER:], before[-_OLDER - 1] if len(before) > _OLDER else None
        drawn = "".join(html for _, html in self._looks.messages(place, window, above))
        return web.json_response({"html": drawn, "more": above is not None}, headers=HEADERS)

    async def _exchange(self, request: web.Request) -> web.StreamResponse:
        try:
            body = self._travelled.body(int(request.match_info["number"]))
        except IndexError:
            raise web.HTTPNotFound from None
        return web.Response(text=body, content_type="text/html", headers=HEADERS)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        file = files("sandbox.page") / "static" / request.match_info["file"]
        kind = _TYPES.get("." + file.name.rpartition(".")[2])
        if kind is None or not file.is_file():
            raise web.HTTPNotFound
        return web.Response(body=file.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)

    async def _say(self, request: web.Request) -> str:
        place = self._place(request)
        return await acts.say(place, str((await request.post()).get("text", "")))

    async def _opened(self, request: web.Request) -> str:
        self._place(request).person.client.open_home()
        return ""

    async def _act_on_message(self, request: web.Request) -> str:
        channel = self._space.channels.get(request.match_info["channel"])
        if channel is None:
            raise web.HTTPNotFound
        ts = request.match_info["ts"]
        return await acts.act_on_message(self._person(request), channel, ts, await request.post())

    async def _act_in_view(self, request: web.Request) -> str:
        return await acts.act_in_view(self._person(request), request.match_info["view"], await request.post())

    async def _close(self, request: web.Request) -> str:
        await acts.close_view(self._person(request), request.match_info["view"])
        return ""

    async def _clock(self, request: web.Request) -> str:
        step = str((await request.post()).get("step"))
        if step == "next":
            return await self._time_machine.to_next_event()
        try:
            await self._time_machine.advance(step)
        except ValueError:
            raise web.HTTPBadRequest from None
        return ""

    async def _set_tour(self, request: web.Request) -> str:
        self._tour.shown = (await request.post()).get("do") == "show"
        return ""

    def _person(self, request: web.Request) -> Person:
        try:
            return self._people[request.match_info["person"]]
        except KeyError:
            raise web.HTTPNotFound from None

    def _place(self, request: web.Request) -> Place:
        try:
            return place_of(self._person(request), request.match_info["tab"], request.match_info["name"])
        except NoSuchPlace:
            raise web.HTTPNotFound from None

    def _about(self, place: Place) -> str:
        if place.tab != "channel":
            return "Only you and the app read this."
        names = [self._space.users[member].real_name for member in place.channel.members]
        return f"{place.channel.kind.capitalize()} channel: {', '.join(names)}"

    def _cannot_type(self, place: Place) -> str:
        if place.person.client.user.deleted:
            return _SIGNED_OUT
        return _READ_ONLY if place.tab == "messages" and self._space.app.messages_read_only else ""


def _noticed(space: Workspace, handler: Callable[[web.Request], Awaitable[str]]) -> Handler:
    """Answer a deed with what is to be noticed about it, as text: nothing where all went well."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            notice, status = await handler(request), 200
        except Impossible as error:
            notice, status = str(error), 409
        space.bell.ring()
        return web.Response(text=notice, status=status, headers=HEADERS)

    return answer

"""A person in the sandbox: types, reads, presses, waits."""

import asyncio

from sandbox.answer import Answer
from sandbox.client import Client, Outcome
from sandbox.clock import real_seconds
from sandbox.modal import Modal
from sandbox.records import Channel
from sandbox.refusals import Impossible
from sandbox.screen import Screen
from sandbox.seen import Seen

_POLL_EVERY = 0.01


class Person:
    """Somebody of the cast with Slack open."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.screen = Screen(client.user, client.space)
        self.id = client.user.id
        self.name = client.user.real_name
        self.handle = client.user.handle

    async def types(self, text: str, in_: str = "#general") -> Answer:
        """Type a command, or a plain message, in a place: "#channel" or "bot".

        Waits for the acknowledgement of a command, as long as Slack does.
        """
        if text.startswith("/"):
            return self.answer(await self.client.run_command(self._place(in_), text))
        channel = self._place(in_)
        self.client.say(channel, text)
        return Answer()

    def reads(self, place: str = "bot") -> list[Seen]:
        """The messages that this person can see in a place, oldest first, own ephemeral ones included."""
        space = self.client.space
        channel = space.direct_messages(self.client.user) if place == "bot" else space.channel(place)
        if channel is None or self.id not in channel.members:
            return []
        return [Seen(self, message) for message in space.messages.seen_by(self.id, channel.id)]

    async def waits_for(self, text: str, place: str | None = None, timeout: float = 5) -> Seen:
        """The newest message whose reading contains `text`, in a place or anywhere; `timeout` is in real seconds.

        Raises: Impossible, an AssertionError that lists what can be read instead.
        """
        deadline = real_seconds() + timeout
        while True:
            seen = self._everything(place)
            found = [each for each in seen if text in each.reading]
            if found:
                return found[-1]
            if real_seconds() > deadline:
                raise Impossible(f"{self.handle} reads no {text!r} but {seen}")
            await asyncio.sleep(_POLL_EVERY)

    async def waits_for_modal(self, text: str = "", timeout: float = 5) -> Modal:
        """The modal on the screen, once there is one whose reading contains `text`; `timeout` is in real seconds.

        Raises: Impossible, an AssertionError that tells what is there instead.
        """
        deadline = real_seconds() + timeout
        while True:
            modal = self.modal
            if modal is not None and text in modal.reading:
                return modal
            if real_seconds() > deadline:
                raise Impossible(f"{self.handle} has no modal with {text!r} but {modal}")
            await asyncio.sleep(_POLL_EVERY)

    @property
    def role(self) -> str:
        """What this person is in the workspace."""
        user, space = self.client.user, self.client.space
        if user.deleted:
            return "deactivated"
        if space.is_external(user):
            return f"of {space.teams[user.team_id].name}"
        if user.guest:
            return "guest"
        return "admin" if user.is_admin else "member"

    @property
    def modal(self) -> Modal | None:
        """The top of the view stack."""
        view = self.client.space.views.top(self.id)
        return Modal(self, view) if view else None

    @property
    def home(self) -> list[str]:
        """The lines of the published Home tab."""
        view = self.client.space.views.home(self.id)
        return self.screen.view(view).splitlines() if view else []

    @property
    def home_tab(self) -> Modal:
        """The published Home tab, to press and choose in. Raises: Impossible when nothing was published."""
        view = self.client.space.views.home(self.id)
        if view is None:
            raise Impossible(f"{self.handle} has no Home tab")
        return Modal(self, view)

    async def waits_for_home(self, text: str = "", timeout: float = 5) -> Modal:
        """The Home tab, once its reading contains `text`; `timeout` is in real seconds.

        Raises: Impossible, an AssertionError that tells what is there instead.
        """
        deadline = real_seconds() + timeout
        while True:
            home = "\n".join(self.home)
            if home and text in home:
                return self.home_tab
            if real_seconds() > deadline:
                raise Impossible(f"{self.handle} has no Home tab with {text!r} but {home!r}")
            await asyncio.sleep(_POLL_EVERY)

    def opens_home(self) -> None:
        """Open the app's Home tab, of which the app hears by `app_home_opened`."""
        self.client.open_home()

    def answer(self, outcome: Outcome) -> Answer:
        """What this person knows after acting."""
        message = Seen(self, outcome.message) if outcome.message else None
        modal = Modal(self, outcome.view) if outcome.view else None
        read = [outcome.error, message.reading if message else "", modal.reading if modal else ""]
        return Answer(
            acknowledged=outcome.reply.acknowledged,
            timed_out=outcome.reply.timed_out,
            status=outcome.reply.status,
            body=outcome.reply.body,
            ephemeral=message if message and message.ephemeral else None,
            modal=modal,
            reading="\n".join(filter(None, read)),
        )

    def _place(self, place: str) -> Channel:
        space = self.client.space
        return space.open_direct_messages(self.client.user) if place == "bot" else space.channel(place)

    def _everything(self, place: str | None) -> list[Seen]:
        if place is not None:
            return self.reads(place)
        places = [channel.place for channel in self.client.space.places_of(self.client.user)]
        return sorted((seen for each in places for seen in self.reads(each)), key=lambda seen: seen.ts)

    def __repr__(self) -> str:
        return f"<{self.handle}>"

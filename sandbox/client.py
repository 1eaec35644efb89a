"""Slack's client: checks what a person does, tells the app, and shows what its acknowledgement says."""

from dataclasses import dataclass

from sandbox.delivery import Delivery, Reply
from sandbox.elements import Control, entered_state
from sandbox.messages import Message
from sandbox.payloads import Parcel, Payloads
from sandbox.records import Channel, JsonObject, User
from sandbox.refusals import Impossible, SlackError
from sandbox.responses import Origin, Responses
from sandbox.submissions import apply, complaints
from sandbox.typing_text import escaped
from sandbox.views import View
from sandbox.workspace import Workspace

NOT_SENT = Reply(acknowledged=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one thing that a person did has led to.

    Attributes:
        message: What the acknowledgement of a command put before the caller.
        view: The modal that came of it.
        error: What Slack itself says to the person.
    """

    reply: Reply
    message: Message | None = None
    view: View | None = None
    error: str = ""


class Client:
    """The client in one person's hands."""

    def __init__(
        self, user: User, space: Workspace, payloads: Payloads, responses: Responses, delivery: Delivery
    ) -> None:
        self.user = user
        self.space = space
        self._payloads = payloads
        self._responses = responses
        self._delivery = delivery

    async def run_command(self, channel: Channel, text: str) -> Outcome:
        """Run what starts with a slash."""
        self._signed_in()
        command, _, rest = text.partition(" ")
        rest = rest.strip()
        if command not in self.space.app.commands:
            return Outcome(NOT_SENT, error=f"{command} is not a valid command.")
        if self.user.guest or self.space.is_external(self.user):
            return Outcome(NOT_SENT, error=f"{command} can only be run by full members of {self.space.team.name}.")
        sent = escaped(rest, self.space) if self.space.app.commands[command] else rest
        parcel, origin = self._payloads.command(self.user, channel, command, sent)
        return self._command_outcome(parcel, origin, await self._delivery.send(parcel))

    def say(self, channel: Channel, text: str) -> Message:
        """Write a plain message."""
        self._signed_in()
        if self.user.id not in channel.members or (channel.kind == "im" and self.space.app.messages_read_only):
            raise Impossible(f"{self.user.handle} cannot write in {channel.place}")
        message = self.space.messages.post(channel.id, self.user.id, text)
        kind = {"public": "channel", "private": "group", "im": "im"}[channel.kind]
        event = {
            "type": "message",
            "channel": channel.id,
            "user": self.user.id,
            "text": text,
            "ts": message.ts,
            "team": self.user.team_id,
            "channel_type": kind,
        }
        self._delivery.announce(event, "message.im" if kind == "im" else f"message.{kind}s")
        return message

    async def act_on_message(
        self, message: Message, shown: Message, control: Control, value: str | list[str] = ""
    ) -> Outcome:
        """Press a button or choose something in a message, of which the person sees the version `shown`."""
        state = self._entered(control, value)
        return await self._act(self._payloads.message_action(self.user, message, shown, control, state))

    async def act_in_view(self, view: View, control: Control, value: str | list[str] = "") -> Outcome:
        """Press a button or choose something in a modal or on the Home tab."""
        if view is not self.space.views.home(self.user.id):
            _on_screen(view)
        state = self._entered(control, value)
        if state:
            view.state.setdefault(control.block_id, {})[control.action_id] = state
        if not control.dispatches:
            return Outcome(NOT_SENT)
        return await self._act(self._payloads.view_action(self.user, view, control, state))

    async def submit(self, view: View) -> Outcome:
        """Submit a modal; what the form's rules refuse is not sent."""
        self._signed_in()
        _on_screen(view)
        view.trouble, view.errors = "", complaints(view)
        if view.errors:
            return Outcome(NOT_SENT, view=view)
        answered = view.answered
        reply = await self._delivery.send(self._payloads.submission(self.user, view))
        # Where another submission of the same view was answered first, this one came from a second device.
        own = view if view.answered == answered and view.on_screen else view.twin()
        return Outcome(reply, view=apply(own, reply, self.space.views))

    async def close(self, view: View) -> None:
        """Close a modal with its close button, and the whole window where the view wants that."""
        _on_screen(view)
        cleared = bool(view.body.get("clear_on_close"))
        for each in list(reversed(view.stack)) if cleared else [view]:
            parcel = self._payloads.closed(self.user, each, is_cleared=cleared)
            each.close()
            if each.body.get("notify_on_close"):
                await self._delivery.send(parcel)
        self.space.bell.ring()

    def open_home(self) -> None:
        """Look at the app's Home tab."""
        channel = self.space.open_direct_messages(self.user)
        event = {"type": "app_home_opened", "user": self.user.id, "channel": channel.id, "tab": "home"}
        self._delivery.announce(event)

    async def repeat(self, parcel: Parcel) -> Outcome:
        """Have a payload delivered once more; a view that comes back appears in a window of its own."""
        reply = await self._delivery.send_again(parcel)
        if parcel.origin is not None:
            return self._command_outcome(parcel, parcel.origin, reply)
        if parcel.name != "view_submission":
            return self._action_outcome(parcel, reply)
        twin = self.space.views.known(parcel.payload["view"]["id"]).twin()
        return Outcome(reply, view=apply(twin, reply, self.space.views))

    def resolve(self, name: str) -> str:
        """The id of whom or what a person picks by "@handle", "#channel", handle or id.

        Raises: Impossible when there is nothing of that name.
        """
        if name in self.space.users or name in self.space.channels:
            return name
        try:
            return self.space.channel(name).id if name.startswith("#") else self.space.user(name).id
        except KeyError:
            raise Impossible(f"there is no {name} to pick") from None

    def entered(self, control: Control, value: str | list[str]) -> JsonObject:
        """The state of an element into which this person has entered `value`."""
        return entered_state(control, value, self.resolve)

    def _entered(self, control: Control, value: str | list[str]) -> JsonObject:
        return {} if control.type == "button" else self.entered(control, value)

    async def _act(self, parcel: Parcel) -> Outcome:
        self._signed_in()
        if not self.space.app.interactivity:
            raise Impossible("the manifest does not enable interactivity")
        return self._action_outcome(parcel, await self._delivery.send(parcel))

    def _action_outcome(self, parcel: Parcel, reply: Reply) -> Outcome:
        trigger_id = parcel.payload.get("trigger_id", "")
        opened = self.space.triggers.opened_by(trigger_id) if trigger_id else None
        error = "" if reply.acknowledged else f"{self.space.app.name} did not respond ({reply.error})."
        return Outcome(reply, view=opened, error=error)

    def _command_outcome(self, parcel: Parcel, origin: Origin, reply: Reply) -> Outcome:
        opened = self._action_outcome(parcel, reply).view
        if not reply.acknowledged:
            return Outcome(reply, view=opened, error=f'{parcel.name} failed with the error "{reply.error}"')
        if not reply.body:
            return Outcome(reply, view=opened)
        try:
            return Outcome(reply, self._responses.answer(origin, reply.body), opened)
        except SlackError:
            return Outcome(reply, error=f'{parcel.name} failed with the error "invalid_command_response"')

    def _signed_in(self) -> None:
        if self.user.deleted:
            raise Impossible(f"{self.user.handle} cannot sign in any more")


def _on_screen(view: View) -> None:
    if not view.on_screen:
        raise Impossible("this modal is not on the screen any more")

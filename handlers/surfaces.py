"""Where a person asked from, and how an answer reaches them there.

Each surface turns an answer into the acknowledgement's arguments, making at most the calls to Slack that this needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, ClassVar, Final, Protocol

from access.model.rendered import Rendered
from handlers.answer import Answer, Correct, Dismiss, Refresh, Refuse, Say, Show
from handlers.payloads import typed_texts
from handlers.replies import Outcome, Replies
from handlers.views.answers import sentence
from handlers.views.kit import View, modal

Acknowledgement = dict[str, Any]
"""Keyword arguments for Bolt's `ack`."""

TITLE: Final = "Third party access"
NOT_OPENED: Final = "Slack did not open the window in time. Nothing was changed; please try once more."
NOT_ALLOWED: Final = "Slack does not let you open this window. Nothing was changed; please ask your Slack admin."
NOTHING_CHANGED: Final = "Nothing was changed. You can close this window."


class Surface(Protocol):
    """Where a request came from."""

    kind: ClassVar[str]

    def typed(self) -> Iterator[str]:
        """Give every text that the person may have typed."""

    async def deliver(self, answer: Answer, replies: Replies) -> Acknowledgement:
        """Bring an answer to the person; return what the acknowledgement has to say."""


@dataclass(frozen=True, slots=True)
class CommandSurface:
    """A slash command: the acknowledgement is the answer, visible to the caller alone."""

    kind: ClassVar[str] = "command"
    text: str = field(repr=False)
    trigger_id: str

    def typed(self) -> Iterator[str]:
        """Give the command's text."""
        yield self.text

    async def deliver(self, answer: Answer, replies: Replies) -> Acknowledgement:
        """Answer in the acknowledgement, or open a modal first."""
        match answer:
            case Say(message) | Refresh(message) | Refuse(message):
                return _ephemeral(message)
            case Show(view):
                outcome = await replies.open_view(self.trigger_id, view)
                return {} if outcome is Outcome.DONE else _ephemeral(_not_opened(outcome))
            case _:
                return {}


class Place(Enum):
    """Where the pressed button stands."""

    EPHEMERAL = auto()
    CHANNEL = auto()
    DIRECT = auto()
    MODAL = auto()
    HOME = auto()
    """The bot's Home tab, which has no place for an answer: it opens in a window, and the tab is shown anew."""


@dataclass(frozen=True, slots=True)
class PressSurface:
    """A press of a button. Its acknowledgement says nothing; what is to be seen takes a call of its own."""

    kind: ClassVar[str] = "press"
    place: Place
    trigger_id: str
    response_url: str = field(repr=False)  # whoever has it may write there
    view_id: str
    beside: Sequence[str] = field(default=(), repr=False)

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "PressSurface":
        """Find out where somebody pressed."""
        container = payload.get("container") or {}
        view = payload.get("view") or {}
        if view.get("type") == "home":
            place = Place.HOME
        elif view or container.get("type") == "view":
            place = Place.MODAL
        elif container.get("is_ephemeral"):
            place = Place.EPHEMERAL
        else:
            channel = container.get("channel_id") or (payload.get("channel") or {}).get("id") or ""
            place = Place.DIRECT if channel.startswith("D") else Place.CHANNEL
        beside = typed_texts([payload.get("state"), view.get("state"), payload["actions"]])
        trigger_id, response_url = payload.get("trigger_id") or "", payload.get("response_url") or ""
        return cls(place, trigger_id, response_url, view.get("id") or "", tuple(beside))

    def typed(self) -> Iterator[str]:
        """Give every text in the fields that stand beside the button, which come along."""
        yield from self.beside

    async def deliver(self, answer: Answer, replies: Replies) -> Acknowledgement:
        """Show the answer where the button stands, or beside it."""
        match answer:
            case Say(message):
                await self._say(message, replies)
            case Refresh(message) if self.place in (Place.EPHEMERAL, Place.MODAL, Place.HOME):
                await self._say(message, replies)
            case Refuse(message):
                await self._refuse(message, replies)
            case Show():
                await self._show(answer, replies)
            case Dismiss() if self.place is Place.EPHEMERAL:
                await replies.delete(self.response_url)
            case Dismiss() if self.place is not Place.HOME:
                await self._say(sentence(NOTHING_CHANGED), replies)
            case _:
                pass
        return {}

    async def _say(self, message: Rendered, replies: Replies) -> None:
        if self.place is Place.MODAL:
            await replies.update_view(self.view_id, in_modal(message))
        elif self.place is Place.HOME:
            await replies.open_view(self.trigger_id, in_modal(message))
        else:
            await replies.say(self.response_url, message, replace=self.place is Place.EPHEMERAL)

    async def _refuse(self, message: Rendered, replies: Replies) -> None:
        if self.place is Place.MODAL:
            await replies.update_view(self.view_id, in_modal(message))
            return
        if self.place is Place.HOME:
            await replies.open_view(self.trigger_id, in_modal(message))
            return
        in_window = self.place is Place.DIRECT  # where an ephemeral message may not arrive
        if not in_window or await replies.open_view(self.trigger_id, in_modal(message)) is not Outcome.DONE:
            await replies.say(self.response_url, message, replace=False)

    async def _show(self, answer: Show, replies: Replies) -> None:
        if self.place is Place.MODAL:
            await replies.update_view(self.view_id, answer.view)
            return
        outcome = await replies.open_view(self.trigger_id, answer.view)
        if self.place is Place.HOME:
            if outcome is Outcome.REFUSED and answer.if_refused is not None:
                await answer.if_refused()  # there is no place to show it, but the owner may be told by it
        elif outcome is Outcome.REFUSED and answer.if_refused is not None:
            await replies.say(self.response_url, await answer.if_refused(), replace=False)
        elif outcome is not Outcome.DONE:
            await replies.say(self.response_url, _not_opened(outcome), replace=False)


@dataclass(frozen=True, slots=True)
class SubmissionSurface:
    """A submitted modal: the acknowledgement says what stands in its place."""

    kind: ClassVar[str] = "submission"
    values: Mapping[str, Any] = field(repr=False)

    def typed(self) -> Iterator[str]:
        """Give every text in the fields."""
        yield from typed_texts(self.values)

    async def deliver(self, answer: Answer, replies: Replies) -> Acknowledgement:
        """Answer in the acknowledgement, without a call to Slack."""
        match answer:
            case Say(message) | Refresh(message) | Refuse(message):
                return {"response_action": "update", "view": in_modal(message)}
            case Show(view):
                return {"response_action": "update", "view": view}
            case Correct(errors) if errors.keys() <= self.values.keys():
                return {"response_action": "errors", "errors": dict(errors)}
            case Correct(errors):
                return {"response_action": "update", "view": in_modal(sentence(" ".join(errors.values())))}
            case _:
                return {}


def in_modal(message: Rendered) -> View:
    """Return a modal that says what a message says, with its buttons."""
    return modal(TITLE, message.blocks)


def _ephemeral(message: Rendered) -> Acknowledgement:
    return {"response_type": "ephemeral", "text": message.text, "blocks": [dict(block) for block in message.blocks]}


def _not_opened(outcome: Outcome) -> Rendered:
    return sentence(NOT_ALLOWED if outcome is Outcome.REFUSED else NOT_OPENED)

"""A message in front of a person."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.client import NOT_SENT, Outcome
from sandbox.elements import Control, controls
from sandbox.messages import Message
from sandbox.records import JsonObject
from sandbox.refusals import Impossible

if TYPE_CHECKING:
    from sandbox.answer import Answer
    from sandbox.people import Person


class Seen:
    """A message as a person saw it at one moment; `press` and `choose` act on what it has become since.

    Attributes:
        reading: All blocks in words, buttons as [Label]; the message's text where it has no blocks.
        place: "bot" for the direct messages with the bot, or "#channel".
    """

    def __init__(self, person: Person, message: Message) -> None:
        self._person = person
        self._message = message
        self._shown = replace(message, blocks=copy.deepcopy(message.blocks))
        self.reading = person.screen.message(self._shown)
        self.place = person.client.space.channels[message.channel].place

    @property
    def text(self) -> str:
        """The top-level text: notifications and screen readers."""
        return self._shown.text

    @property
    def blocks(self) -> list[JsonObject]:
        """The blocks as Slack keeps them, with their ids."""
        return self._shown.blocks

    @property
    def ts(self) -> str:
        """When it was posted, which is also its id in its channel."""
        return self._shown.ts

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees it."""
        return self._shown.ephemeral

    @property
    def edited(self) -> bool:
        """Whether it has been updated since it was posted."""
        return self._shown.edited_ts is not None

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons, in reading order."""
        return [control.label for control in _buttons(self._shown.blocks)]

    async def press(self, label: str | int, *, confirm: bool = True, stale: bool = False) -> Answer:
        """Press a button, by label or by its place in `buttons`.

        Without `confirm` a confirmation dialog is cancelled, and nothing is sent. With `stale` it is the message as it
        was seen that is pressed, even if it has been updated or removed since.

        Raises: Impossible when there is not exactly one such button.
        """
        shown = self._version(stale)
        control = pick(_buttons(shown.blocks), label)
        if "confirm" in control.element and not confirm:
            return self._person.answer(Outcome(NOT_SENT))
        return self._person.answer(await self._person.client.act_on_message(self._message, shown, control))

    async def choose(self, label: str, value: str, *, stale: bool = False) -> Answer:
        """Choose from a menu, by placeholder, the text beside it, or action id."""
        shown = self._version(stale)
        control = pick([each for each in controls(shown.blocks) if each.type != "button"], label)
        return self._person.answer(await self._person.client.act_on_message(self._message, shown, control, value))

    def confirmation(self, label: str) -> str:
        """The words of a button's confirmation dialog, "" when it has none."""
        return self._person.screen.confirmation(pick(_buttons(self._shown.blocks), label))

    def _version(self, stale: bool) -> Message:
        if stale:
            return self._shown
        if self._message.deleted:
            raise Impossible(f"this message has been removed: {self.reading!r}")
        return self._message

    def __repr__(self) -> str:
        return f"<{self.place}{' ephemeral' if self.ephemeral else ''}: {self.reading!r}>"


def pick(candidates: list[Control], label: str | int) -> Control:
    """The one control that is meant. Raises: Impossible when none or several answer to that name."""
    if isinstance(label, int):
        return candidates[label]
    found = [control for control in candidates if control.is_called(label)]
    if len(found) != 1:
        raise Impossible(f"{len(found)} called {label!r} among {[control.label for control in candidates]}")
    return found[0]


def _buttons(blocks: list[JsonObject]) -> list[Control]:
    return [control for control in controls(blocks) if control.type == "button"]

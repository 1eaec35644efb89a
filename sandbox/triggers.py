"""Trigger ids: leave to open a view, three seconds long, once (docs: interactivity/handling, "Modal triggers")."""

from dataclasses import dataclass

from sandbox.chance import digits, hexadecimal
from sandbox.clock import real_seconds
from sandbox.refusals import SlackError
from sandbox.views import View


@dataclass(slots=True)
class Trigger:
    """What a trigger id stands for.

    Attributes:
        view_id: The view in which the person acted, if it was in a view.
        opened: The view that it was exchanged for.
    """

    user_id: str
    view_id: str | None
    expires: float
    spent: bool = False
    opened: View | None = None


class Triggers:
    """All trigger ids that were handed out. They live in real time, whatever the sandbox's clock says."""

    def __init__(self, lives: float) -> None:
        self._lives = lives
        self._by_id: dict[str, Trigger] = {}

    def issue(self, user_id: str, view_id: str | None = None) -> str:
        """A new trigger id for what this user has just done."""
        trigger_id = f"{digits(13)}.{digits(13)}.{hexadecimal(32)}"
        self._by_id[trigger_id] = Trigger(user_id, view_id, real_seconds() + self._lives)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Spend a trigger id.

        Raises: SlackError invalid_trigger_id, exchanged_trigger_id, expired_trigger_id.
        """
        trigger = self._by_id.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.spent:
            raise SlackError("exchanged_trigger_id")
        if real_seconds() > trigger.expires:
            raise SlackError("expired_trigger_id")
        trigger.spent = True
        return trigger

    def opened_by(self, trigger_id: str) -> View | None:
        """The view that this trigger id was exchanged for, if it was."""
        return self._by_id[trigger_id].opened

"""What a listener decides to answer. `handlers.surfaces` brings it to the person."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from access.model.rendered import Rendered
from handlers.views.kit import View


@dataclass(frozen=True, slots=True)
class Say:
    """Say this to the person alone, in the place of the answer or modal in which they pressed."""

    message: Rendered


@dataclass(frozen=True, slots=True)
class Refresh:
    """The same, but nothing beside a message of a conversation: that one the outbox brings up to date."""

    message: Rendered


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say this to the person alone and leave standing what they pressed in: nothing was done."""

    message: Rendered


@dataclass(frozen=True, slots=True)
class Show:
    """Show a modal. `if_refused` says what to tell the person where Slack does not let them open one."""

    view: View = field(repr=False)  # one of them is the reveal
    if_refused: Callable[[], Awaitable[Rendered]] | None = None


@dataclass(frozen=True, slots=True)
class Correct:
    """Keep the submitted modal open, with a sentence beneath each of these fields (by block id)."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Take away the answer in which they pressed."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing more: a message that the outbox sends or brings up to date says it all. A submitted modal closes."""


Answer = Say | Refresh | Refuse | Show | Correct | Dismiss | Nothing

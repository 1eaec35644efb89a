"""The bot's Home tab. Never a secret, and for each person only what they may see."""

from collections.abc import Iterator
from typing import Final

from access.model.home import Home
from access.model.people import Role
from access.model.rendered import Block, Rendered
from handlers.mrkdwn import command
from handlers.views.holdings import held_in_home
from handlers.views.home_list import third_party_list
from handlers.views.home_look import metadata_of
from handlers.views.home_needs import needs_now
from handlers.views.kit import Spoken, View, context, home, section
from handlers.views.months import chart

_WHAT_THIS_IS: Final = (
    "*Third parties' access to our API.* I look after the credentials with which suppliers, integrators and auditors "
    "call it: they reach one approved person, once, and nobody else."
)


_UNANSWERED: Final = (
    "Slack opened no window for my answer to what you pressed. Here is how things are now; if what you wanted isn't "
    "done, please press once more."
)


def home_tab(shown: Home, ask: Rendered) -> View:
    """Return the Home tab. `ask`: whom to ask, for who holds and sees nothing."""
    return home([*_blocks(shown, ask)], about=metadata_of(shown.look) if shown.register else "")


def home_unavailable() -> View:
    """Return the Home tab of somebody of whom nothing can be said at present, not even who they are."""
    return home(
        [
            section(_WHAT_THIS_IS),
            section(
                "I can't show you more at the moment, because I can't look it up. Nothing is lost. Please open this "
                f"tab again in a minute, or try {command('')}."
            ),
        ]
    )


def _blocks(shown: Home, ask: Rendered) -> Iterator[Block]:
    held = [*held_in_home(shown.holdings)]
    if shown.look.unanswered:
        yield section(_UNANSWERED)
    if shown.register is None:
        yield section(_WHAT_THIS_IS)
        yield from held or ask.blocks
        if held:
            yield context("If something here looks wrong to you, please ask an admin.")
            yield from ask.blocks
        return
    yield from held
    yield from needs_now(shown.register)
    yield from third_party_list(shown, shown.register)
    yield from _seen(chart(shown.register.months, shown.time_zone))
    yield context(_about(shown))


def _seen(parts: Iterator[Block | Spoken]) -> Iterator[Block]:
    for part in parts:
        yield part.block if isinstance(part, Spoken) else part


def _about(shown: Home) -> str:
    if shown.role is Role.AUDITOR:
        return f"You may look at everything here, and change nothing. {command('help')} shows what you can type."
    return f"I bring this up to date when something changes. {command('help')} shows what you can type, too."

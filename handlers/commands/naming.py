"""Which third party the typed words mean."""

from collections.abc import Awaitable, Callable, Sequence

from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.model.rendered import Rendered
from access.model.third_party import NAME_LIMIT
from access.operations.find_third_party import find_third_party, suggest_third_parties
from handlers.answer import Answer
from handlers.commands.words import Word, phrase
from handlers.desk import Desk
from handlers.topic import speaking_of
from handlers.views.answers import help_text, no_such_third_party

Run = Callable[[Sequence[Word], Caller, Desk], Awaitable[Answer]]
"""Does what a subcommand is for."""


class Misunderstood(Exception):
    """The words make no request. `answer` says what would: for people who may see third parties at all."""

    def __init__(self, answer: Rendered) -> None:
        super().__init__("misunderstood")
        self.answer = answer


async def named(
    command: str, words: Sequence[Word], caller: Caller, desk: Desk, *, or_removed: bool = False
) -> ThirdPartyId:
    """Return the third party that all the words name. Raises Misunderstood."""
    third_party, _ = await _first_found(command, words, [len(words)], caller, desk, or_removed=or_removed)
    return third_party


async def named_with(
    keyword: str, command: str, words: Sequence[Word], caller: Caller, desk: Desk
) -> tuple[ThirdPartyId, bool]:
    """Return the third party that the words name, and whether `keyword` stands behind its name.

    A quoted phrase is the name; without quotes, the keyword may be the name's own last word. Raises Misunderstood.
    """
    said = len(words) > 1 and words[-1].is_keyword(keyword)
    whole = [] if said and words[0].quoted else [len(words)]
    shorter = [len(words) - 1] if said else []
    third_party, rest = await _first_found(command, words, [*whole, *shorter], caller, desk)
    return third_party, bool(rest)


async def named_first(
    command: str, words: Sequence[Word], caller: Caller, desk: Desk
) -> tuple[ThirdPartyId, Sequence[Word]]:
    """Return the third party that the words begin with, and the words after its name.

    A quoted phrase is the name; without quotes it is the longest one that there is. Raises Misunderstood.
    """
    lengths = [1] if words and words[0].quoted else range(len(words), 0, -1)
    return await _first_found(command, words, lengths, caller, desk)


def on_named(
    command: str, flow: Callable[[ThirdPartyId, Caller, Desk], Awaitable[Answer]], *, or_removed: bool = False
) -> Run:
    """Make a command out of a flow about the third party that all the words name.

    `or_removed`: where none has that name now, they may name one that was removed.
    """

    async def run(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
        third_party = await named(command, words, caller, desk, or_removed=or_removed)
        async with speaking_of(third_party, desk):
            return await flow(third_party, caller, desk)

    return run


def at_one_moment(run: Run) -> Run:
    """Let a command that only looks, and asks nothing of Slack, read the name and all else in one transaction."""

    async def run_then(words: Sequence[Word], caller: Caller, desk: Desk) -> Answer:
        async with desk.at_one_moment() as then:
            return await run(words, caller, then)

    return run_then


async def _first_found(
    command: str,
    words: Sequence[Word],
    lengths: Sequence[int],
    caller: Caller,
    desk: Desk,
    *,
    or_removed: bool = False,
) -> tuple[ThirdPartyId, Sequence[Word]]:
    if not words:
        raise Misunderstood(help_text(command))
    named = {length: phrase(words[:length]) for length in lengths if length == 1 or length <= NAME_LIMIT}
    tried = {length: name for length, name in named.items() if length == 1 or len(name) <= NAME_LIMIT}
    for length, name in tried.items():
        third_party = await find_third_party(caller, name, desk.ports, or_removed=or_removed)
        if third_party is not None:
            return third_party, words[length:]
    unknown = phrase(words[: lengths[0]])
    suggestions = await suggest_third_parties(caller, list(tried.values()) or [unknown[:NAME_LIMIT]], desk.ports)
    raise Misunderstood(no_such_third_party(unknown, suggestions.close, suggestions.alike))

"""Names that can be mistaken for one another, told apart in words."""

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from handlers.mrkdwn import code, strong

_CHARACTERS_NAMED: Final = 2


def lookalike_warning(name: str, others: Sequence[str]) -> str:
    """Return mrkdwn that warns of other third parties whose names look like this one's."""
    which = ", ".join(f"{strong(other)} ({told_apart(name, other)})" for other in others)
    kind = "another third party" if len(others) == 1 else "other third parties"
    return f"*Careful:* {strong(name)} looks like {which}, {kind}. Please make sure that it is the one you mean."


def looks_the_same(typed: str, others: Sequence[str]) -> str:
    """Return mrkdwn that names third parties which look like what was typed and are not called so."""
    which = " or ".join(f"{code(other)} ({told_apart(typed, other)})" for other in others)
    return f"There is one that only looks the same: {which}. Please copy its name from there if you mean it."


def told_apart(here: str, there: str) -> str:
    """Return the first difference between two names that look alike, by what Unicode calls its characters."""
    folded, other = ([character.casefold() for character in name] for name in (here, there))
    for kind, at, end, other_at, other_end in SequenceMatcher(None, folded, other, autojunk=False).get_opcodes():
        if kind != "equal":
            return f"here: {_called(here[at:end])}, there: {_called(there[other_at:other_end])}"
    return "written in another way"


def _called(characters: str) -> str:
    names = [unicodedata.name(each, f"U+{ord(each):04X}").lower() for each in characters[:_CHARACTERS_NAMED]]
    return " and ".join(names) or "nothing"

"""Names that can be mistaken for one another, by Unicode's list of characters that look alike.

Source: UTS #39, Unicode Security Mechanisms, https://www.unicode.org/reports/tr39/#Confusable_Detection. The package
turns that list, from a character to its prototype, into one from each text to all those that look like it.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final

from confusable_homoglyphs.confusables import confusables_data

from access.model.third_party import name_key

_REMEMBERED: Final = 20_000
_MARK: Final = "\N{LEFT-TO-RIGHT MARK}"
"""The list puts it around right-to-left characters, to be printed."""


class UnicodeLookalikes:
    """Implements `access.ports.machine.Lookalikes`."""

    def skeleton(self, name: str) -> str:
        """Return what all names that look like this one have in common; people never see it.

        As case does not make a name, either, PAYPAI looks like PayPal: capitals are compared as they look, then small
        letters as they do.
        """
        return _skeleton(name)


@lru_cache(_REMEMBERED)
def _skeleton(name: str) -> str:
    return _prototype(name_key(_prototype(name)))


def _prototype(text: str) -> str:
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).translate(_prototypes()))


@cache
def _prototypes() -> Mapping[int, str]:
    table = {ord(character): prototype for character, prototype in _read(confusables_data) if len(character) == 1}
    return {character: prototype.translate(table) for character, prototype in table.items()}


def _read(listed: Mapping[str, list[Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    """Yield each text with its prototype: what looks like more than one other, or is longer, or else comes first."""
    alike = {_plain(text): [_plain(other["c"]) for other in others] for text, others in listed.items()}
    for text, others in alike.items():
        if len(others) > 1:
            continue
        (other,) = others
        if len(other) > 1 or len(alike.get(other, ())) > 1 or other < text:
            yield text, other


def _plain(text: str) -> str:
    return text.strip(_MARK)

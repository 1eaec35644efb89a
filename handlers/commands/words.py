"""What was typed after /thirdparty, word by word.

Slack writes a mention as `<@U…|name>`, a link as `<https://…|label>`, and `&`, `<` and `>` as entities; phones and Macs
turn straight quotes into curly ones. Sources: https://docs.slack.dev/interactivity/implementing-slash-commands,
https://docs.slack.dev/messaging/formatting-message-text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_QUOTES: Final = {
    '"': ('"', "“”"),
    **dict.fromkeys("“”„", ("“”", '"')),
    **dict.fromkeys("'\N{LEFT SINGLE QUOTATION MARK}", ("'’",)),
    "«": ("»",),
}
"""What may close a phrase, by what opens it; the second only where the first is not there."""
_DOUBLE: Final = '"“”'
_WORD: Final = re.compile(r"(?:<[^<>]*>|\S)+")
_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>[.,;:!]?")
_LINK: Final = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_ESCAPED: Final = re.compile(r"\\([\"\\“”])")


class UnbalancedQuote(Exception):
    """A quote was opened and not closed."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a quoted phrase, as the person saw it. `user_id`: of the person that a mention names."""

    text: str
    quoted: bool = False
    user_id: str | None = None

    def is_keyword(self, keyword: str) -> bool:
        """Tell whether it is that word of a command, however it is capitalised, and no quoted name."""
        return not self.quoted and self.text.casefold() == keyword


def split(text: str) -> list[Word]:
    r"""Take the typed text apart; within double quotes, `\"` stands for a quote. Raises UnbalancedQuote."""
    return list(_words(text))


def phrase(words: Sequence[Word]) -> str:
    """Return words as one text again."""
    return " ".join(word.text for word in words)


def _words(text: str) -> Iterator[Word]:
    at = 0
    missing: set[str] = set()
    while word := _WORD.search(text, at):
        end = _closing(text, word.start(), missing)
        if end is None:
            yield _word(word[0])
            at = word.end()
        else:
            yield Word(_as_seen(_ESCAPED.sub(r"\1", text[word.start() + 1 : end])), quoted=True)
            at = end + 1


def _closing(text: str, start: int, missing: set[str]) -> int | None:
    """Return where the phrase that is quoted from `start` ends, or None if none begins there.

    An apostrophe may begin a name; a double quote that is not closed is a slip. Raises UnbalancedQuote.

    `missing` collects the closers that don't come any more: looking for them again behind each of ten thousand
    apostrophes would take minutes.
    """
    for closers in _QUOTES.get(text[start], ()):
        if closers in missing:
            continue
        end = re.compile(rf"(?<!\\)(?:\\\\)*[{closers}](?!\S)").search(text, start + 1)
        if end is not None:
            return end.end() - 1
        missing.add(closers)
    if text[start] in _DOUBLE:
        raise UnbalancedQuote
    return None


def _word(raw: str) -> Word:
    mention = _MENTION.fullmatch(raw)
    return Word(_as_seen(raw), user_id=mention[1] if mention else None)


def _as_seen(raw: str) -> str:
    shown = _LINK.sub(_label, raw)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _label(link: re.Match[str]) -> str:
    sign, target, label = link.groups()
    return (sign.replace("!", "@") + (label or target)) if sign else (label or target)

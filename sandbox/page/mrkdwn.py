"""Text objects and mrkdwn as HTML.

Every piece of it is made by `Markup.format`, which escapes what it is given: there is no other way for a text into the
page.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from sandbox.dates import read_date
from sandbox.mrkdwn import CODE_OR_REFERENCE, FORMATS, QUOTE, unescaped, visible
from sandbox.page.reader import PageReader

_TAGS = ("b", "i", "s")  # in the order of FORMATS
_HELD = re.compile("([\x00\x01])(\\d+)\\1")
_AFTER_FENCE = re.compile("(\x01\\d+\x01)\n")


def text_html(text: object, reader: PageReader) -> Markup:
    """A text object, plain or mrkdwn."""
    if not isinstance(text, Mapping):
        return Markup()
    written = str(text.get("text", ""))
    return mrkdwn_html(written, reader) if text.get("type") == "mrkdwn" else escape(plain(text))


def plain(text: Mapping[str, Any] | None) -> str:
    """The words of a plain text object."""
    return unescaped(visible(str(text["text"]))) if text else ""


def mrkdwn_html(text: str, reader: PageReader) -> Markup:
    """A mrkdwn text. Code and what stands in `<…>` is held aside while the marks around it are read."""
    held: list[Markup] = []

    def hold(found: re.Match[str]) -> str:
        held.append(_held_html(found, reader))
        mark = "\x01" if found["fence"] else "\x00"
        return f"{mark}{len(held) - 1}{mark}"

    bare = _AFTER_FENCE.sub(r"\1", CODE_OR_REFERENCE.sub(hold, visible(text)))
    return Markup().join(_paragraphs(bare, held))


def link_html(url: str, label: str = "") -> Markup:
    """A link that opens beside the page; where the address is none of the web's or of mail, its words alone."""
    words = label or url
    if not is_link(url):
        return escape(words)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>').format(url, words)


def is_link(url: str) -> bool:
    """Whether an address may become a link: anything but the web and mail could run something."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https") else parts.scheme == "mailto"


def mention_html(mark: str, object_id: str, reader: PageReader) -> Markup:
    """A mention; one of the reader stands out."""
    kind = "mention me" if object_id == reader.me else "mention"
    return Markup('<span class="{}">{}</span>').format(kind, reader.mention(mark, object_id))


def date_html(timestamp: str, form: str, fallback: str, reader: PageReader) -> Markup:
    """An instant in the reader's zone."""
    return Markup("<time>{}</time>").format(read_date(timestamp, form, fallback, now=reader.now, tz=reader.tz))


def _paragraphs(bare: str, held: list[Markup]) -> Iterator[Markup]:
    for is_quote, lines in groupby(bare.split("\n"), key=lambda line: bool(QUOTE.match(line))):
        if is_quote:
            yield Markup("<blockquote>{}</blockquote>").format(
                _formatted("\n".join(QUOTE.sub("", line) for line in lines), held)
            )
        else:
            yield _formatted("\n".join(lines), held)


def _formatted(bare: str, held: list[Markup]) -> Markup:
    """Bold, italic and struck text. Inside of a mark stands another kind only, so this goes three deep at most."""
    parts, place = [], 0
    found = {tag: pattern.search(bare) for tag, pattern in zip(_TAGS, FORMATS, strict=True)}
    while nearest := min(filter(None, found.values()), key=lambda match: match.start(), default=None):
        tag = next(tag for tag, match in found.items() if match is nearest)
        parts.append(_leaf(bare[place : nearest.start()], held))
        parts.append(Markup("<{0}>{1}</{0}>").format(tag, _formatted(nearest[1], held)))
        place = nearest.end()
        for tag, pattern in zip(_TAGS, FORMATS, strict=True):
            match = found[tag]
            if match and match.start() < place:
                found[tag] = pattern.search(bare, place)
    return Markup().join([*parts, _leaf(bare[place:], held)])


def _leaf(bare: str, held: list[Markup]) -> Markup:
    pieces = _HELD.split(bare)  # text, mark, number, text, mark, number, text
    texts, numbers = pieces[::3], pieces[2::3]
    parts = [escape(unescaped(texts[0]))]
    for number, text in zip(numbers, texts[1:], strict=True):
        parts += [held[int(number)], escape(unescaped(text))]
    return Markup().join(parts)


def _held_html(found: re.Match[str], reader: PageReader) -> Markup:
    if found["fence"]:
        return Markup("<pre>{}</pre>").format(unescaped(found["fence"]))
    if found["code"]:
        return Markup("<code>{}</code>").format(unescaped(found["code"]))
    return _reference(found["reference"], reader)


def _reference(body: str, reader: PageReader) -> Markup:
    target, _, label = body.partition("|")
    words = unescaped(label)
    if re.fullmatch(r"[@#][A-Z0-9]+", target):
        return mention_html(target[0], target[1:], reader)
    if target.startswith("!date^"):
        _, timestamp, form, url, *_ = [*target.split("^"), "", "", ""]
        shown = date_html(timestamp, unescaped(form), words, reader)
        return link_html(unescaped(url), shown) if url else shown
    if target.startswith("!subteam^"):
        return Markup('<span class="mention">{}</span>').format(words or _group(target, reader))
    if target in ("!here", "!channel", "!everyone"):
        return Markup('<span class="mention me">@{}</span>').format(target[1:])
    if target.startswith(("!", "@", "#")):
        return escape(words or target)
    return link_html(unescaped(target), words)


def _group(target: str, reader: PageReader) -> str:
    return reader.mention("@", target.removeprefix("!subteam^"))

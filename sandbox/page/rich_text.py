"""Rich text blocks as HTML."""

from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from sandbox.mrkdwn import visible
from sandbox.page.mrkdwn import date_html, link_html, mention_html
from sandbox.page.reader import PageReader

_Part = Mapping[str, Any]
_Writer = Callable[[_Part, PageReader], Markup]
_STYLES = {"bold": "b", "italic": "i", "strike": "s", "underline": "u", "code": "code"}


def rich_text_html(block: _Part, reader: PageReader) -> Markup:
    """A rich text block: paragraphs, lists, quotes and preformatted text."""
    return Markup().join(_PARTS[part["type"]](part, reader) for part in block["elements"])


def _words(part: _Part, reader: PageReader) -> Markup:
    return Markup().join(_styled(_INLINE[each["type"]](each, reader), each) for each in part["elements"])


def _styled(html: Markup, part: _Part) -> Markup:
    for style, tag in _STYLES.items():
        if part.get("style", {}).get(style):
            html = Markup("<{0}>{1}</{0}>").format(tag, html)
    return html


def _wrapped(around: Markup) -> _Writer:
    return lambda part, reader: around.format(_words(part, reader))


def _list(part: _Part, reader: PageReader) -> Markup:
    items = Markup().join(Markup("<li>{}</li>").format(_words(item, reader)) for item in part["elements"])
    indent = min(int(part.get("indent", 0)), 8)
    if part.get("style") == "ordered":
        return Markup('<ol class="indent-{}" start="{}">{}</ol>').format(indent, part.get("offset", 0) + 1, items)
    return Markup('<ul class="indent-{}">{}</ul>').format(indent, items)


def _emoji(part: _Part) -> str:
    """The character where the app names it, as clients send it back; else its name."""
    try:
        return visible("".join(chr(int(code, 16)) for code in part["unicode"].split("-")))
    except (KeyError, ValueError, OverflowError):
        return f":{visible(part['name'])}:"


def _date(part: _Part, reader: PageReader) -> Markup:
    shown = date_html(str(part["timestamp"]), visible(part["format"]), visible(part.get("fallback", "")), reader)
    return link_html(part["url"], shown) if part.get("url") else shown


_INLINE: Mapping[str, _Writer] = {
    "text": lambda part, _: escape(visible(part["text"])),
    "link": lambda part, _: link_html(visible(part["url"]), visible(part.get("text", ""))),
    "user": lambda part, reader: mention_html("@", part["user_id"], reader),
    "channel": lambda part, reader: mention_html("#", part["channel_id"], reader),
    "usergroup": lambda part, reader: mention_html("@", part["usergroup_id"], reader),
    "broadcast": lambda part, _: Markup('<span class="mention me">@{}</span>').format(part["range"]),
    "emoji": lambda part, _: escape(_emoji(part)),
    "date": _date,
    "color": lambda part, _: escape(visible(part["value"])),
}
_PARTS: Mapping[str, _Writer] = {
    "rich_text_section": _wrapped(Markup('<div class="paragraph">{}</div>')),
    "rich_text_preformatted": _wrapped(Markup("<pre>{}</pre>")),
    "rich_text_quote": _wrapped(Markup("<blockquote>{}</blockquote>")),
    "rich_text_list": _list,
}

"""What a person reads: Block Kit turned into plain text.

Nothing here refuses anything: unknown blocks and broken ones are read as far as they go.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sandbox.dates import read_date
from sandbox.mrkdwn import Names, Reader, read_link, read_mrkdwn, unescaped, visible

__all__ = ["Names", "read_blocks", "read_mrkdwn", "read_text"]

_Writer = Callable[[Mapping[str, Any], Reader], str]
_UNREADABLE = "(this cannot be shown here)"


def read_blocks(blocks: object, *, names: Names, now: datetime, tz: tzinfo) -> str:
    """Read the blocks of a message or view from top to bottom, one line or more each.

    `names` turns ids into bare names, `now` is aware, `tz` is the reader's zone. Buttons read as `[Label]`, menus as
    `[Label ▾]`, inputs as `Label: ____`; a confirmation dialog is not part of the reading.
    """
    reader = Reader(names=names, now=now, tz=tz)
    return "\n".join(text for block in _objects(blocks) if (text := _read(block, _BLOCKS, reader)))


def read_text(text: object, *, names: Names, now: datetime, tz: tzinfo) -> str:
    """Read a text object, plain or mrkdwn."""
    return _text(text, Reader(names=names, now=now, tz=tz))


def _objects(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [entry for entry in value if isinstance(entry, Mapping)]


def _string(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return visible(value) if isinstance(value, str) else ""


def _plain(text: object) -> str:
    """A plain text object's words."""
    return unescaped(_string(text, "text")) if isinstance(text, Mapping) else ""


def _text(text: object, reader: Reader) -> str:
    if isinstance(text, Mapping) and text.get("type") == "mrkdwn":
        return read_mrkdwn(_string(text, "text"), names=reader.names, now=reader.now, tz=reader.tz)
    return _plain(text)


def _pressed_in(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if block.get("type") == "actions":
        yield from _objects(block.get("elements"))
    elif block.get("type") == "section":
        yield from _objects([block.get("accessory")])


def _section(block: Mapping[str, Any], reader: Reader) -> str:
    lines = [_text(block.get("text"), reader), *(_text(field, reader) for field in _objects(block.get("fields")))]
    lines += [_element(element) for element in _pressed_in(block)]
    return "\n".join(filter(None, lines))


def _context(block: Mapping[str, Any], reader: Reader) -> str:
    parts = _objects(block.get("elements"))
    return " ".join(_image(part) if part.get("type") == "image" else _text(part, reader) for part in parts)


def _image(part: Mapping[str, Any]) -> str:
    return f"(image: {_string(part, 'alt_text')})"


def _option(option: object) -> str:
    return _plain(option.get("text")) if isinstance(option, Mapping) else ""


def _element(element: Mapping[str, Any]) -> str:
    kind = element.get("type")
    if kind == "image":
        return _image(element)
    if kind in ("overflow", "checkboxes", "radio_buttons"):
        return f"[{' | '.join(_option(option) for option in _objects(element.get('options')))}]"
    if kind == "button":
        return f"[{_plain(element.get('text'))}]"
    label = _option(element.get("initial_option")) or _plain(element.get("placeholder")) or "Choose"
    return f"[{label} ▾]"


def _input(block: Mapping[str, Any]) -> str:
    element = block.get("element")
    filled = element if isinstance(element, Mapping) else {}
    chosen = [_option(option) for option in _objects(filled.get("initial_options"))]
    initial = _string(filled, "initial_value") or _option(filled.get("initial_option")) or ", ".join(chosen)
    label = f"{_plain(block.get('label'))}{' (optional)' if block.get('optional') is True else ''}"
    return "\n".join(filter(None, [f"{label}: {unescaped(initial) or '____'}", _plain(block.get("hint"))]))


def _rich_text(block: Mapping[str, Any], reader: Reader) -> str:
    return "\n".join(_read(part, _RICH, reader) for part in _objects(block.get("elements")))


def _words(part: Mapping[str, Any], reader: Reader) -> str:
    return "".join(_read(inner, _INLINE, reader) for inner in _objects(part.get("elements"))).removesuffix("\n")


def _quote(part: Mapping[str, Any], reader: Reader) -> str:
    return "\n".join(f"| {line}" for line in _words(part, reader).split("\n"))


def _list(part: Mapping[str, Any], reader: Reader) -> str:
    indent = part.get("indent")
    margin = "  " * min(indent, 8) if isinstance(indent, int) else ""
    ordered = part.get("style") == "ordered"
    items = [_words(item, reader) for item in _objects(part.get("elements"))]
    return "\n".join(f"{margin}{f'{number}.' if ordered else '•'} {item}" for number, item in enumerate(items, 1))


def _named(mark: str, field: str) -> _Writer:
    return lambda part, reader: reader.mention(mark, _string(part, field))


def _date(part: Mapping[str, Any], reader: Reader) -> str:
    form, fallback = _string(part, "format"), _string(part, "fallback")
    return read_date(str(part.get("timestamp")), form, fallback, now=reader.now, tz=reader.tz)


def _read(part: Mapping[str, Any], writers: Mapping[str, _Writer], reader: Reader) -> str:
    """Read a part by its type; what no writer knows is not left out silently."""
    writer = writers.get(_string(part, "type"))
    return writer(part, reader) if writer else _UNREADABLE


_INLINE: Mapping[str, _Writer] = {
    "text": lambda part, reader: _string(part, "text"),
    "link": lambda part, reader: read_link(_string(part, "url"), _string(part, "text")),
    "user": _named("@", "user_id"),
    "channel": _named("#", "channel_id"),
    "usergroup": _named("@", "usergroup_id"),
    "broadcast": lambda part, reader: f"@{_string(part, 'range')}",
    "emoji": lambda part, reader: f":{_string(part, 'name')}:",
    "date": _date,
    "color": lambda part, reader: _string(part, "value"),
}
_RICH: Mapping[str, _Writer] = {
    "rich_text_section": _words,
    "rich_text_preformatted": _words,
    "rich_text_quote": _quote,
    "rich_text_list": _list,
}
_BLOCKS: Mapping[str, _Writer] = {
    "header": lambda block, reader: _text(block.get("text"), reader),
    "section": _section,
    "divider": lambda block, reader: "————",
    "context": _context,
    "actions": lambda block, reader: "  ".join(_element(element) for element in _pressed_in(block)),
    "input": lambda block, reader: _input(block),
    "image": lambda block, reader: _image(block),
    "rich_text": _rich_text,
}

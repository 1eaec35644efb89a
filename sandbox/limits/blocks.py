"""The blocks themselves, rich text included.

Source: https://docs.slack.dev/reference/block-kit/blocks, one page for each kind.
"""

from collections.abc import Iterator, Mapping

from sandbox.limits.elements import (
    ELEMENTS,
    IDENTIFIER,
    IMAGE_FIELDS,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    any_text,
    plain_text,
    text_kinds,
)
from sandbox.limits.schema import (
    Check,
    array,
    at_least_one,
    boolean,
    exactly_one,
    one_of,
    record,
    string,
    tagged,
    unique,
    whole,
)

_TEXT_STYLE = record(
    {}, dict.fromkeys(("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight"), boolean)
)


def _inline(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    return record({"type": string(), **required}, {"style": _TEXT_STYLE, **(optional or {})})


_INLINE: Mapping[str, Check] = {
    "text": _inline({"text": string()}),
    "link": _inline({"url": string()}, {"text": string(), "unsafe": boolean}),
    "user": _inline({"user_id": string()}),
    "usergroup": _inline({"usergroup_id": string()}),
    "channel": _inline({"channel_id": string()}),
    "emoji": _inline({"name": string()}, {"unicode": string(), "skin_tone": whole(2, 6)}),
    "broadcast": _inline({"range": one_of("here", "channel", "everyone")}),
    "date": _inline({"timestamp": whole(0, 2**53), "format": string()}, {"url": string(), "fallback": string()}),
    "color": _inline({"value": string()}),
}
_BORDER: Mapping[str, Check] = {"border": whole(0, 1)}


def _rich(kinds: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    return record({"type": string(), "elements": array(tagged(kinds), least=0)}, optional)


_RICH_SECTION = _rich(_INLINE)
_RICH_TEXT = tagged(
    {
        "rich_text_section": _RICH_SECTION,
        "rich_text_list": record(
            {
                "type": string(),
                "style": one_of("bullet", "ordered"),
                "elements": array(tagged({"rich_text_section": _RICH_SECTION})),
            },
            {"indent": whole(0, 8), "offset": whole(0, 2**31), **_BORDER},
        ),
        "rich_text_preformatted": _rich({"text": _INLINE["text"], "link": _INLINE["link"]}, _BORDER),
        "rich_text_quote": _rich(_INLINE, _BORDER),
    }
)


def _unique_actions(value: object, where: str) -> Iterator[str]:
    """A rule: an `action_id` stands once in its block."""
    if isinstance(value, Mapping):
        yield from unique("action_id", value["elements"], lambda number: f"{where}/elements/{number}")


def _block(*rules: Check, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    return record({"type": string(), **required}, {"block_id": IDENTIFIER, **(optional or {})}, *rules)


BLOCKS: Mapping[str, Check] = {
    "section": _block(
        at_least_one("text", "fields"),
        required={},
        optional={
            "text": any_text(),
            "fields": array(any_text(2000), 10),
            "accessory": IN_SECTION,
            "expand": boolean,
        },
    ),
    "header": _block(required={"text": plain_text(150)}),
    "divider": _block(required={}),
    "context": _block(required={"elements": array(tagged({**text_kinds(), "image": ELEMENTS["image"]}), 10)}),
    "actions": _block(_unique_actions, required={"elements": array(IN_ACTIONS, 25)}),
    "input": _block(
        required={"label": plain_text(2000), "element": IN_INPUT},
        optional={"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": _block(
        exactly_one("image_url", "slack_file"),
        required={"alt_text": string(2000)},
        optional={**IMAGE_FIELDS, "title": plain_text(2000)},
    ),
    "rich_text": _block(required={"elements": array(_RICH_TEXT)}),
}

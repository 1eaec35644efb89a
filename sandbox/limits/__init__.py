"""What Slack refuses in a message and in a view, told without sending any_object.

Sources: https://docs.slack.dev/reference/block-kit (shapes and lengths), the error tables of chat.postMessage,
chat.update and views.open under https://docs.slack.dev/reference/methods. Lengths count Unicode code points.

Kinds of block and element that this bot has no use for (video, file, tables …) are unsupported here although Slack
knows them: a view that passes here passes there, which is the direction that matters.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sandbox.limits.blocks import BLOCKS
from sandbox.limits.elements import plain_text
from sandbox.limits.schema import Check, any_object, array, boolean, complaint, record, string, tagged, unique

POSTED_TEXT_LONGEST = 40_000
UPDATED_TEXT_LONGEST = 4_000
ALL_BLOCKS_LONGEST = 13_200
VIEW_LARGEST = 250_000

_BLOCK = tagged(BLOCKS)
_METADATA = record({"event_type": string(255), "event_payload": any_object})


class Refusal(NamedTuple):
    """Why Slack would refuse: its error `code` and the lines of its `response_metadata.messages`."""

    code: str
    messages: list[str]


def check_message(payload: Mapping[str, Any], *, updates: bool = False) -> Refusal | None:
    """Say how Slack refuses the content of a message, or None where it takes it.

    Takes the arguments of chat.postMessage, chat.postEphemeral, chat.update or a response_url, where `blocks`,
    `attachments` and `metadata` may still be JSON text. `updates` says that it is chat.update, whose text may be
    shorter only (https://docs.slack.dev/reference/methods/chat.update, msg_too_long).
    """
    blocks = _decoded(payload.get("blocks"), [])
    if not isinstance(blocks, list):
        return Refusal("invalid_blocks_format", [])
    text = payload.get("text") or ""
    if not isinstance(text, str):
        return _refusal("invalid_arguments", [complaint("must be a string", "/text")])
    if not blocks and not text.strip() and not _decoded(payload.get("attachments"), None):
        return Refusal("no_text", [])
    if len(text) > (UPDATED_TEXT_LONGEST if updates else POSTED_TEXT_LONGEST):
        return Refusal("msg_too_long", [])
    return _blocks_refusal(blocks) or _metadata_refusal(payload.get("metadata"))


def check_view(view: Mapping[str, Any] | str) -> Refusal | None:
    """Say how Slack refuses a modal or a Home tab, or None where it takes it. `view` may still be JSON text."""
    decoded = _decoded(view, None)
    complaints = list(_VIEW(decoded, "/view"))
    if not complaints and len(json.dumps(decoded, ensure_ascii=False).encode(errors="replace")) > VIEW_LARGEST:
        return Refusal("view_too_large", [])
    return _refusal("invalid_arguments", complaints)


def _refusal(code: str, complaints: Sequence[str]) -> Refusal | None:
    return Refusal(code, [f"[ERROR] {line}" for line in complaints]) if complaints else None


def _decoded(value: object, absent: object) -> Any:
    """The value behind an argument that may be JSON text; `absent` for nothing, the text itself if it is no JSON."""
    if value is None or value == "":
        return absent
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _blocks(most: int) -> Check:
    def check(value: object, where: str) -> Iterator[str]:
        yield from array(_BLOCK, most, least=0)(value, where)
        if isinstance(value, list):
            yield from unique("block_id", value, lambda number: f"{where}/{number}")

    return check


_MESSAGE_BLOCKS = _blocks(50)


def _blocks_refusal(blocks: list[object]) -> Refusal | None:
    refusal = _refusal("invalid_blocks", list(_MESSAGE_BLOCKS(blocks, "/blocks")))
    if refusal is None and _text_length(blocks) > ALL_BLOCKS_LONGEST:
        return Refusal("msg_blocks_too_long", [])
    return refusal


def _text_length(part: object) -> int:
    """The length of all texts in sound blocks.

    Slack documents no figure for msg_blocks_too_long; about 13,200 characters were measured
    (https://github.com/slackapi/bolt-js/issues/2509).
    """
    if isinstance(part, str):
        return 0
    if isinstance(part, list):
        return sum(map(_text_length, part))
    if not isinstance(part, Mapping):
        return 0
    text = part.get("text")
    return (len(text) if isinstance(text, str) else 0) + sum(map(_text_length, part.values()))


def _metadata_refusal(metadata: object) -> Refusal | None:
    decoded = _decoded(metadata, None)
    if decoded is None:
        return None
    if not isinstance(decoded, Mapping):
        return Refusal("invalid_metadata_format", [])
    return _refusal("invalid_metadata_schema", list(_METADATA(decoded, "/metadata")))


def _submit_with_inputs(value: object, where: str) -> Iterator[str]:
    """A rule: input blocks in a modal need its submit button."""
    if not isinstance(value, Mapping) or "submit" in value:
        return
    for number, block in enumerate(value["blocks"]):
        if block["type"] == "input":
            yield complaint("must define `submit` to use an `input` block in modals", f"{where}/blocks/{number}/input")


_VIEW_FIELDS: Mapping[str, Check] = {
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
_VIEW = tagged(
    {
        "home": record({"type": string(), "blocks": _blocks(100)}, _VIEW_FIELDS),
        "modal": record(
            {"type": string(), "title": plain_text(24), "blocks": _blocks(100)},
            {
                **_VIEW_FIELDS,
                "submit": plain_text(24),
                "close": plain_text(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
            },
            _submit_with_inputs,
        ),
    }
)

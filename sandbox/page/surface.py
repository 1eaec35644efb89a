"""One list of blocks before one person: what the templates ask while they draw it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from markupsafe import Markup

from sandbox.elements import Control, controls, initial_state
from sandbox.mrkdwn import read_mrkdwn
from sandbox.page.mrkdwn import is_link, plain, text_html
from sandbox.page.reader import PageReader
from sandbox.page.rich_text import rich_text_html
from sandbox.records import JsonObject
from sandbox.workspace import Workspace

_VALUE_KEYS = (
    "value",
    "selected_option",
    "selected_options",
    "selected_user",
    "selected_conversation",
    "selected_date",
)


@dataclass
class Surface:
    """The blocks of a message, a modal or a Home tab, which the person sees as `reader`.

    Attributes:
        key: What makes ids on the page unique.
        entered: What has been entered, by block id and action id.
        errors: What stands under inputs, by block id.
    """

    key: str
    blocks: list[JsonObject]
    reader: PageReader
    space: Workspace
    entered: Mapping[str, Mapping[str, JsonObject]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    _controls: dict[tuple[str, str], tuple[int, Control]] = field(init=False)

    def __post_init__(self) -> None:
        found = enumerate(controls(self.blocks))
        self._controls = {(control.block_id, control.action_id): (number, control) for number, control in found}

    def text(self, text: object) -> Markup:
        """A text object."""
        return text_html(text, self.reader)

    def plain(self, text: Mapping[str, Any] | None) -> str:
        """The words of a plain text object."""
        return plain(text)

    def rich_text(self, block: JsonObject) -> Markup:
        """A rich text block."""
        return rich_text_html(block, self.reader)

    def number(self, block: JsonObject, element: JsonObject) -> int:
        """The place of an element among all of them, by which the page names it to the server."""
        return self._found(block, element)[0]

    def label(self, block: JsonObject, element: JsonObject) -> str:
        """What a person calls an element that has no label of its own."""
        reader = self.reader
        label = self._found(block, element)[1].label
        return read_mrkdwn(label, names=reader.names, now=reader.now, tz=reader.tz)

    def dispatches(self, block: JsonObject, element: JsonObject) -> bool:
        """Whether a change is told to the app at once."""
        return self._found(block, element)[1].dispatches

    def id(self, block: JsonObject, element: JsonObject) -> str:
        """The element's id on the page: the same after an update that keeps its block id and action id."""
        name = f"{block['block_id']}\n{element['action_id']}"
        return f"{self.key}-{crc32(name.encode(errors='replace')):x}"

    def value(self, block: JsonObject, element: JsonObject) -> Any:
        """What is entered or chosen: a text, an id, an option, options; None for nothing."""
        control = self._found(block, element)[1]
        state = self.entered.get(block["block_id"], {}).get(element["action_id"]) or initial_state(control) or {}
        return next((state[key] for key in _VALUE_KEYS if state.get(key)), None)

    def error(self, block: JsonObject) -> str:
        """What stands under an input."""
        return str(self.errors.get(block["block_id"], ""))

    def groups(self, element: JsonObject) -> Iterator[tuple[str, list[JsonObject]]]:
        """The options of a menu under their headings; one without a name where they have none."""
        for group in element.get("option_groups") or [element]:
            yield plain(group.get("label")), group["options"]

    def people(self) -> list[tuple[str, str]]:
        """Who can be picked: id and name."""
        users = [user for user in self.space.users.values() if self.space.is_visible(user) and not user.deleted]
        return [(user.id, f"{user.real_name} (@{user.handle})") for user in users]

    def conversations(self) -> list[tuple[str, str]]:
        """Which conversations can be picked: id and name."""
        shared = [each for each in self.space.channels.values() if self.reader.me in each.members]
        return [(each.id, f"#{each.name}") for each in shared if each.kind != "im"]

    def is_link(self, url: str) -> bool:
        """Whether an address may become a link."""
        return is_link(url)

    def _found(self, block: JsonObject, element: JsonObject) -> tuple[int, Control]:
        return self._controls[block["block_id"], element["action_id"]]

"""What is shown in Slack, as plain values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]
"""One Block Kit block."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message. `text` says everything that `blocks` say: screen readers and notifications read it alone.

    `left_out`: the keys of reminders that it was to bring and does not, because they have become moot.
    """

    text: str
    blocks: Sequence[Block]
    left_out: Collection[str] = ()

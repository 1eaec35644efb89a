"""What is shown in Slack, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Block = Mapping[str, Any]
"""One Block Kit block."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message. `text` says everything that `blocks` say: screen readers and notifications read it alone."""

    text: str
    blocks: Sequence[Block]

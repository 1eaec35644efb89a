"""What takes the place of audit records that were pruned: a note, signed, of the last of them.

Whoever can write to the database file can neither make one nor change one. They can put an older one back; the record
in the trail that announces the newest pruning tells.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from access.model.ids import WorkspaceId

_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The records up to `number` fitted each other, and were pruned; the last of them had that MAC.

    `until`: up to where the newest pruning goes, which is beyond `number` as long as it is under way; `at`: when it was
    announced.
    """

    number: int
    mac: bytes
    until: int
    at: datetime

    def covered(self, workspace: WorkspaceId) -> bytes:
        """Return what the signature covers besides the MAC, in the place of a record that would follow the last one.

        No record is the same: each has other fields.
        """
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return _CANONICAL.encode(
            {"workspace": workspace, "checkpoint": self.number, "until": self.until, "at": at}
        ).encode()

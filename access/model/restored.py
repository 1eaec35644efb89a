"""What came back out of a backup, as those see it who have to judge whether it works again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from access.model.card import Who
from access.model.ids import PersonId
from access.model.messages import TO_EACH_ADMIN, MessageKind, PlannedMessage
from access.model.third_party import ThirdParty
from access.model.token import Token


@dataclass(frozen=True, slots=True)
class BackupEnd:
    """The newest audit record in a backup: its number, and when it was written. What came later is lost."""

    number: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RestoredLine:
    """A third party that came back out of a backup.

    `live`: its tokens that neither expired nor ended, as far as the backup knows. `withdrawn`: the token whose offer
    was withdrawn by the restore, where no other has been issued since; of an imported one also where it was to be
    offered yet.
    """

    party: ThirdParty
    contact: Who
    live: Sequence[Token]
    withdrawn: Token | None


def restored_message(reader: PersonId | None, restored_at: datetime, end: BackupEnd) -> PlannedMessage:
    """Return the message that says what was restored, out of a backup that ends there."""
    occasion = f"{end.number}@{end.at.isoformat()}"
    return PlannedMessage(MessageKind.RESTORED, reader, None, restored_at.isoformat(), occasion=occasion)


def told_by(message: PlannedMessage) -> tuple[datetime, BackupEnd]:
    """Return what `restored_message` was given: when it was restored, and where the backup ends."""
    number, _, at = message.occasion.removeprefix(f"{TO_EACH_ADMIN}:").partition("@")
    return datetime.fromisoformat(message.subject), BackupEnd(int(number), datetime.fromisoformat(at))

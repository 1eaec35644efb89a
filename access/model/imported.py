"""What an import has brought, in the one message about all of it."""

from dataclasses import dataclass
from datetime import datetime

from access.model.messages import MessageKind, PlannedMessage


@dataclass(frozen=True, slots=True)
class Imported:
    """How many third parties were new, how many contacts were proposed, and how many tokens added."""

    third_parties: int = 0
    contacts: int = 0
    tokens: int = 0

    def message(self, at: datetime) -> PlannedMessage:
        """Return the message that tells the admins of it."""
        occasion = f"{self.third_parties}-{self.contacts}-{self.tokens}"
        return PlannedMessage(MessageKind.IMPORTED, None, None, at.isoformat(), occasion=occasion)

    @staticmethod
    def of(message: PlannedMessage) -> "Imported":
        """Return what a message tells of, also where it goes to one admin in the place of all."""
        return Imported(*map(int, message.occasion.rpartition(":")[2].split("-")))

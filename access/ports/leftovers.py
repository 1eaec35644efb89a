"""What of one workspace is of no use any more, or is to be forgotten."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from access.model.ids import PersonId
from access.model.people import Tie
from access.model.retention import Finished
from access.model.third_party import ThirdParty


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message of the outbox that may be deleted, and its place in the order of all of them."""

    planned_at: datetime
    id: str


class Leftovers(Protocol):
    """What is of no use any more, looked for by reading, so that nobody waits, and then deleted some at a time."""

    async def messages(self, before: datetime, limit: int, after: OldMessage | None = None) -> Sequence[OldMessage]:
        """Return messages that were planned, and sent or given up, before then, and have nothing to show any more.

        A message may have something to show while a proposal that it is about is open or made a present contact, while
        a key that it is about waits or is in force, while
        the third party has a token that was there already and had not ended then, or while somebody whom it is about
        owns a third party or opened such a token. In order, from `after` on.
        """

    async def delete_messages(self, messages: Sequence[OldMessage], before: datetime) -> None:
        """Delete these messages, but for those of which that is not true any more."""

    async def bundle(self, before: date, after: str | None = None) -> str | None:
        """Return the first bundle of reminders of a day before that one, after `after`; None in the end."""

    async def reminders(self, bundle: str, before: datetime, limit: int) -> Sequence[str]:
        """Return the keys of reminders of that bundle whose token had ended before then."""

    async def delete_reminders(self, keys: Sequence[str]) -> None:
        """Delete these reminders."""


class History(Protocol):
    """What is finished, looked for by reading, so that nobody waits, and then pruned some at a time.

    Nothing is that anything alive refers to, that is shown of a third party, or of which a message waits.
    """

    async def finished(self, kind: Finished, before: datetime, limit: int, after: str = "") -> Sequence[str]:
        """Return the ids of what was finished before then, in order, from `after` on."""

    async def delete(self, kind: Finished, ids: Sequence[str], before: datetime) -> Sequence[str]:
        """Delete these, with everything of theirs, but for those of which that is not true any more; return which."""

    async def delete_switched(self, before: datetime) -> None:
        """Delete what was said before then of a third party's switch: what it said is known from the records alone."""

    async def strangers(self, limit: int, after: str = "") -> Sequence[str]:
        """Return people whom nothing but, perhaps, the audit trail refers to, in order, from `after` on."""

    async def delete_strangers(self, people: Collection[str]) -> Sequence[str]:
        """Delete those of these people of whom that is still true; return which."""


class PersonalData(Protocol):
    """What is kept of somebody that is more than a random person id."""

    async def known_as(self, user_id: str) -> Sequence[PersonId]:
        """Return whom a Slack user ID means: one for each organisation."""

    async def ties(self, person: PersonId, now: datetime) -> Sequence[tuple[Tie, ThirdParty]]:
        """Return what somebody still is, and to which third party."""

    async def erase(self, person: PersonId) -> None:
        """Delete the account behind a person id, the reasons that they gave, their keys, and messages to them.

        They leave the journal too once this is committed.
        """


class Pruning(Protocol):
    """The beginning of the audit trail: a signed checkpoint takes the place of records that were pruned."""

    async def last_older(self, before: datetime) -> int:
        """Return the number of the last record of those that are all older, and announced or not; 0 for none."""

    async def announce(self, until: int, at: datetime) -> int:
        """Note that the trail is pruned up to that number; return how many records that are. Raises TrailDoesNotFit."""

    async def prune(self, limit: int) -> int:
        """Prune some of what was announced, if it fits; return how many records. Raises TrailDoesNotFit."""

    async def named_after(self, number: int | None) -> tuple[int | None, Collection[str]]:
        """Return which ids some records after that one name, and the number of the last of these; None in the end."""

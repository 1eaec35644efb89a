"""What happened in a year, one fact after the other, as far as the checker needs it. Tokens go by their fingerprint.

Nothing of the bot is imported here: the checker reads this and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

ADMINS: Final = "admins"
"""The reader of the admin channel; every other reader is a person's Slack id."""

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fact:
    at: datetime


@dataclass(frozen=True, slots=True)
class OfParty(Fact):
    party: str


@dataclass(frozen=True, slots=True)
class OwnedBy(OfParty):
    """From now on. `owner` and `deputy` are people."""

    owner: str
    deputy: str | None = None


@dataclass(frozen=True, slots=True)
class ContactIs(OfParty):
    contact: str | None


@dataclass(frozen=True, slots=True)
class Switched(OfParty):
    enabled: bool
    by_nobody: bool = False


@dataclass(frozen=True, slots=True)
class Removed(OfParty):
    by_nobody: bool = False


@dataclass(frozen=True, slots=True)
class OfToken(OfParty):
    token: str


@dataclass(frozen=True, slots=True)
class Issued(OfToken):
    """`renews`: the token in whose place it is offered. `elsewhere`: when that was, where the token was imported."""

    renews: str | None = None
    elsewhere: datetime | None = None

    @property
    def issued(self) -> datetime:
        return self.elsewhere or self.at


@dataclass(frozen=True, slots=True)
class Collected(OfToken):
    pass


@dataclass(frozen=True, slots=True)
class Revoked(OfToken):
    """`by_nobody`: the bot did it by itself."""

    by_nobody: bool = False


@dataclass(frozen=True, slots=True)
class Suspended(OfToken):
    by_nobody: bool = False


@dataclass(frozen=True, slots=True)
class Lifted(OfToken):
    pass


@dataclass(frozen=True, slots=True)
class RetiredByHand(OfToken):
    pass


@dataclass(frozen=True, slots=True)
class LetLapse(OfToken):
    """`undone`: it is not to lapse after all."""

    undone: bool = False


@dataclass(frozen=True, slots=True)
class Snoozed(OfToken):
    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Accepted(OfToken):
    """An accepted check that the bot was told of."""


@dataclass(frozen=True, slots=True)
class Called(OfToken):
    """The third party's program called the API with this token, whether the bot heard of it or not."""


@dataclass(frozen=True, slots=True)
class Left(Fact):
    """Somebody's account was deactivated; from now on the bot may know."""

    person: str


@dataclass(frozen=True, slots=True)
class RemindedAt(Fact):
    """The setting was changed: people are reminded so many days before, the longest first."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BotDown(Fact):
    pass


@dataclass(frozen=True, slots=True)
class BotUp(Fact):
    pass


@dataclass(frozen=True, slots=True)
class SlackDown(Fact):
    pass


@dataclass(frozen=True, slots=True)
class SlackUp(Fact):
    pass


@dataclass(frozen=True, slots=True)
class Trouble(Fact):
    """Something that was put in the bot's way. `unknown`: whether a message arrived cannot be known to the bot.

    `lasts`: how long Slack wants to be left alone.
    """

    what: str
    unknown: bool
    lasts: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Posted(Fact):
    """A new message that brings no reminders. `reader`, `message`, `mark` and `repeat` are as in `Said`."""

    reader: str
    message: str
    mark: str
    repeat: bool


@dataclass(frozen=True, slots=True)
class Said(Fact):
    """A message that brings reminders, as it stood in Slack from then on.

    `reader`: a person, or ADMINS. `message`: its identity. `tokens`: those of which it says something. `mark`: equal
    for two copies of the same promise. `repeat`: it says that it may have been read already. `more`: it says that there
    are more tokens than it has room for.
    """

    reader: str
    message: str
    tokens: frozenset[str]
    mark: str
    is_new: bool
    repeat: bool
    more: bool = False


@dataclass(frozen=True, slots=True)
class Mentioned(Fact):
    """Another message to a reader that names a token and says until when it works."""

    reader: str
    token: str


@dataclass(frozen=True, slots=True)
class Checked(Fact):
    """What a resource server was told of tokens at that moment, when all was quiet: whether each is accepted."""

    accepted: Mapping[str, bool]


@dataclass
class Journal:
    """`zones`: a person's time zone in Slack, absent where Slack gives none. `months`: how long a token lives.

    `guests`: when a guest's account ends.
    """

    zones: Mapping[str, str]
    facts: list[Fact] = field(default_factory=list)
    months: int = 6
    guests: dict[str, datetime] = field(default_factory=dict)

    def note(self, fact: Fact) -> None:
        self.facts.append(fact)

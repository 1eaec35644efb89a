"""The bot's Home tab: what one person is shown there, and where they are in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from access.model.card import OverviewLine, Who
from access.model.holdings import Holdings
from access.model.ids import ProposalId, ThirdPartyId
from access.model.months import Month
from access.model.people import Role
from access.model.report import LOOKS_AHEAD, AwaitingLine, ExpiringLine, GapLine, KeyLine, Some
from access.model.resource_server import Askers
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.model.token_request import TokenRequest

SEARCH_LIMIT: Final = 80
"""As long as a name may be."""

SOON: Final[timedelta] = LOOKS_AHEAD


class Filter(StrEnum):
    """Which third parties the list holds."""

    ALL = "all"
    ENABLED = "enabled"
    NOT_ENABLED = "not_enabled"
    WITHOUT_CONTACT = "without_contact"
    WITHOUT_TOKEN = "without_token"
    EXPIRING = "expiring"
    """One of its tokens expires within LOOKS_AHEAD."""

    NOT_COLLECTED = "not_collected"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Look:
    """Where somebody is in the list. `after`: the last third party of the page before, None on the first.

    `turn` grows whenever the field for the search has to be empty, or to say something else than what was typed.
    `unanswered`: they pressed something, and Slack opened no window for the answer.
    """

    search: str = ""
    filter: Filter = Filter.ALL
    after: ThirdPartyId | None = None
    turn: int = 0
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list. `next`: from which the next one goes on; None on the last.

    `begins`: there are too many to look into all names, so only those were found that begin with the search.
    `looked_at`: so many third parties, where that ended the page before it was full.
    """

    lines: Sequence[OverviewLine]
    next: ThirdPartyId | None = None
    begins: bool = False
    looked_at: int | None = None


@dataclass(frozen=True, slots=True)
class SuspendedLine:
    """A token that an admin has to decide about. `contact`: who opened it, and said that something is wrong."""

    party: ThirdParty
    token: Token
    contact: Who


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A contact's open request for a new token."""

    party: ThirdParty
    request: TokenRequest
    contact: Who


@dataclass(frozen=True, slots=True)
class Needs:
    """What waits for somebody, the most urgent first, some of each.

    `not_mine`: the proposals that the reader may not approve, because they made them. `without_owner`: nobody who is
    still here owns them.
    """

    suspended: Some[SuspendedLine]
    awaiting: Some[AwaitingLine]
    keys: Some[KeyLine]
    requests: Some[RequestLine]
    expiring: Some[ExpiringLine]
    uncollected: Some[GapLine]
    unused: Some[GapLine]
    still_in_use: Some[GapLine]
    without_owner: Some[ThirdParty]
    not_mine: Collection[ProposalId] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        some = (self.suspended, self.awaiting, self.keys, self.requests, self.expiring, self.uncollected, self.unused)
        return all(each.is_empty for each in (*some, self.still_in_use, self.without_owner))


@dataclass(frozen=True, slots=True)
class Register:
    """The third parties, for who may see them. `sees_all`: admins and auditors; owners see their own.

    `may_manage`: everything; `may_serve`: keep the access alive.
    """

    needs: Needs
    page: ListPage
    months: Sequence[Month]
    askers: Askers
    sees_all: bool
    may_manage: bool
    may_serve: bool


@dataclass(frozen=True, slots=True)
class Home:
    """What one person is shown. `register` is None for who may see no third party."""

    now: datetime
    time_zone: str
    role: Role
    look: Look
    holdings: Holdings
    register: Register | None = None

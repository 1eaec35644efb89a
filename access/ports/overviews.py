"""What is looked up across all third parties of one workspace. Each search looks at a bounded number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from access.model.contact import ContactProposal
from access.model.contact_key import ContactKey
from access.model.home import Filter
from access.model.ids import PersonId, ThirdPartyId
from access.model.months import Span
from access.model.report import GapLine
from access.model.third_party import ThirdParty
from access.model.token import Token
from access.model.token_request import TokenRequest

_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[_T_co]):
    """What was found where a search ends after so many rows. `complete`: it did not have to, and this is all."""

    items: Sequence[_T_co]
    complete: bool


@dataclass(frozen=True, slots=True)
class TokenAmongOthers:
    """A token with its third party and all of its tokens."""

    token: Token
    party: ThirdParty
    tokens: Sequence[Token]


@dataclass(frozen=True, slots=True)
class ProposalOfParty:
    """A contact proposal with its third party."""

    proposal: ContactProposal
    party: ThirdParty


class Overviews(Protocol):
    """What is looked up across all third parties of one workspace, or across those that `owner` owns.

    Each search looks at a bounded number of rows, whatever there is.
    """

    async def expiring(
        self, now: datetime, until: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return collected tokens, neither revoked nor retired, that expire from now `until` then, the next first."""

    async def uncollected(self, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return the tokens of open offers, by the end of the offer."""

    async def unused(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return tokens that work and whose handoff nothing has confirmed, those first that were collected first.

        Where there are more than `limit` unconfirmed handoffs, these are among the latest.
        """

    async def perhaps_unused(
        self, now: datetime, since: datetime, *, owner: PersonId | None, limit: int
    ) -> Found[TokenAmongOthers]:
        """Return tokens that have not ended and were not used since then, nor collected, the latest of them first.

        Where there are more than `limit`, or many that have expired, these are some.
        """

    async def still_in_use(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[GapLine]:
        """Return old tokens that were used since their successor was collected, those first that expire first."""

    async def awaiting_approval(self, *, owner: PersonId | None, limit: int) -> Found[ProposalOfParty]:
        """Return the proposals that are not decided, those first that have waited longest."""

    async def without_token(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[ThirdParty]:
        """Return third parties that are enabled and have no live token, by name."""

    async def last_digest(self) -> str | None:
        """Return the last week for which it was decided whether there is something to tell; None before the first."""

    async def note_digest(self, week: str) -> None:
        """Note that it is decided for a week."""

    async def is_head_planned(self, day: str, number: int) -> bool:
        """Tell whether the admins were, or are still to be, told of the head of a day, or of the record `number`."""


@dataclass(frozen=True, slots=True)
class RequestOfParty:
    """A contact's request for a new token with its third party."""

    request: TokenRequest
    party: ThirdParty


@dataclass(frozen=True, slots=True)
class KeyOfParty:
    """A change of a contact's public key with its third party."""

    change: ContactKey
    party: ThirdParty


@dataclass(frozen=True, slots=True)
class Walk:
    """Which page of third parties is asked for, by name: those that a search and a filter leave, `after` one of them.

    `owner`: only theirs. At most `limit` are found, and at most `look_at` looked at.
    """

    search: str
    filter: Filter
    after: ThirdPartyId | None
    owner: PersonId | None
    limit: int
    look_at: int


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk has found. `next`: after which the next page begins, None where there is no more.

    `begins`: of more third parties than may be looked at, only names that begin with the search were looked for.
    `stopped`: it ended because so many were looked at.
    """

    found: Sequence[ThirdParty]
    next: ThirdPartyId | None
    begins: bool
    stopped: bool


class Lists(Protocol):
    """What the Home tab shows, of one workspace. Each question looks at a bounded number of rows."""

    async def page(self, walk: Walk, now: datetime) -> Walked:
        """Return a page of third parties, by name."""

    async def owns_any(self, person: PersonId) -> bool:
        """Tell whether somebody owns a third party that was not removed, as owner or deputy."""

    async def count_expiring(
        self, spans: Sequence[Span], *, owner: PersonId | None, limit: int
    ) -> Sequence[tuple[int, bool]]:
        """Return of each span how many collected tokens expire in it that no other has followed.

        Neither revoked nor retired ones count, nor those whose successor was collected. Of `limit` rows that were
        looked at for each; the second value tells whether these were all.
        """

    async def suspended(self, now: datetime, *, owner: PersonId | None, limit: int) -> Found[TokenAmongOthers]:
        """Return suspended tokens that have not ended, those first that were suspended first.

        Where there are more than `limit` that were neither revoked nor retired, these are among the latest.
        """

    async def open_requests(self, *, owner: PersonId | None, limit: int) -> Found[RequestOfParty]:
        """Return the contacts' requests that are not decided."""

    async def waiting_keys(self, *, owner: PersonId | None, limit: int) -> Found[KeyOfParty]:
        """Return the changes of public keys that are not decided, also of those who wait to become the contact."""

    async def without_owner(self, *, limit: int) -> Found[ThirdParty]:
        """Return third parties of which somebody who is gone is the owner, by name, and nobody the deputy owner."""

"""The tokens of one workspace: their handoffs, reminders and requests, and what checks have shown of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from access.model.check import Looked, Refusal, Use
from access.model.handoff import Handoff
from access.model.ids import Fingerprint, HandoffId, PersonId, ResourceServerId, ThirdPartyId, TokenId, TokenRequestId
from access.model.messages import PlannedMessage
from access.model.policy import Policy
from access.model.reminder import Reminded, Reminder, Situation
from access.model.resource_server import Askers, ResourceServer
from access.model.token import Token, Verdict
from access.model.token_request import TokenRequest


class Tokens(Protocol):
    """The tokens of one workspace."""

    async def add(self, token: Token) -> None:
        """Insert."""

    async def save(self, token: Token) -> None:
        """Update."""

    async def get(self, token: TokenId) -> Token:
        """Raises TokenNotFound."""

    async def of(self, third_party: ThirdPartyId) -> Sequence[Token]:
        """Return all tokens of a third party, newest first."""

    async def of_each(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Sequence[Token]]:
        """Return all tokens of each of these third parties, newest first."""

    async def opened_by(self, person: PersonId) -> Sequence[Token]:
        """Return all tokens that somebody has opened, whatever has become of them, the newest first."""

    async def by_fingerprint(self, fingerprint: Fingerprint) -> Sequence[Token]:
        """Return the tokens of the workspace with that fingerprint."""

    async def by_digest(self, digest: bytes) -> Token | None:
        """Return the token whose own digest, or whose client secret's, that is."""

    async def due(self, now: datetime, limit: int) -> Sequence[Token]:
        """Return old tokens whose time to retire has come, the longest overdue first."""

    async def never_offered(self, now: datetime, limit: int) -> Sequence[Token]:
        """Return tokens that were made elsewhere, waited to be offered, and have expired."""


@dataclass(frozen=True, slots=True)
class DueToken:
    """A token that has to be looked at, since then, because somebody may be to be reminded of it."""

    since: datetime
    token: TokenId


class Reminders(Protocol):
    """When to look at which token of one workspace, and what people were reminded of."""

    async def due(self, now: datetime, limit: int, after: DueToken | None = None) -> Sequence[DueToken]:
        """Return the tokens that have to be looked at, the longest overdue first, from `after` on."""

    async def situations(self, due: Collection[TokenId], now: datetime) -> Sequence[Situation]:
        """Return what the decision about each of these tokens hangs on, in the order of their expiry."""

    async def plan(self, planned: Sequence[Reminder], at: datetime) -> None:
        """Note what people are reminded of; nothing happens for what was noted before."""

    async def advance(self, next_at: Mapping[TokenId, datetime | None]) -> None:
        """Note when to look at each token next; None: not before something happens."""

    async def in_message(self, message: PlannedMessage) -> Sequence[Reminded]:
        """Return the reminders that a message brings, in the order of their planning, the most urgent first."""

    async def reconsider(self, concerned: Collection[ThirdPartyId], now: datetime) -> None:
        """Have the tokens of third parties looked at anew, those that may matter to somebody."""

    async def settings(self) -> str | None:
        """Return the settings with which all of it was worked out; None before the first time."""

    async def note_settings(self, value: str) -> None:
        """Note the settings with which all of it is worked out from now on."""

    async def reconsider_some(self, after: TokenId | None, limit: int, now: datetime) -> TokenId | None:
        """Have some tokens looked at anew, in the order of their ids; return the last of them, None in the end."""


class TokenRequests(Protocol):
    """The contacts' requests for a new token, of one workspace."""

    async def add(self, request: TokenRequest) -> None:
        """Insert."""

    async def save(self, request: TokenRequest) -> None:
        """Update."""

    async def get(self, request: TokenRequestId) -> TokenRequest:
        """Raises TokenRequestNotFound."""

    async def open_for(self, third_party: ThirdPartyId) -> TokenRequest | None:
        """Return the request that still waits for a decision, if any."""

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, TokenRequest]:
        """Return the requests that still wait for a decision, of these third parties."""

    async def newest_for(self, third_party: ThirdPartyId) -> TokenRequest | None:
        """Return the request that was made last, if any was."""


class ResourceServers(Protocol):
    """The resource servers of one workspace."""

    async def add(self, server: ResourceServer) -> None:
        """Insert. Raises ResourceServerNameTaken."""

    async def save(self, server: ResourceServer) -> None:
        """Update."""

    async def by_name(self, name: str) -> ResourceServer | None:
        """Return the one with that name, compared without regard to case, width or runs of spaces."""

    async def by_digest(self, digest: bytes) -> ResourceServer | None:
        """Return the one whose secret's SHA-256 is `digest`, also if it was removed."""

    async def all(self) -> Sequence[ResourceServer]:
        """Return those that were not removed, by name."""

    async def askers(self) -> Askers:
        """Return who asks, of all that there are or were."""

    async def note_asked(self, asked: Mapping[ResourceServerId, datetime]) -> None:
        """Note when they asked, at first and last. The last never moves back, the first never on."""


class Checks(Protocol):
    """What checks have shown of the tokens of one workspace. Of tokens that there are not, nothing is kept."""

    async def with_consequences(self, uses: Mapping[TokenId, Use], policy: Policy) -> Sequence[TokenId]:
        """Return those of the tokens whose use changes more than the time of their last use."""

    async def note_accepted(self, uses: Mapping[TokenId, Use]) -> None:
        """Note the last use of tokens, whatever else it may mean. It never moves back."""

    async def note_refused(self, refused: Mapping[tuple[TokenId, Verdict], Use]) -> None:
        """Note the last refusal of tokens, for each reason. It never moves back."""

    async def refusals(self, of: Collection[TokenId]) -> Sequence[Refusal]:
        """Return the last refusals of these tokens, one for each reason, the latest first."""


class Handoffs(Protocol):
    """The handoffs of one workspace."""

    async def add(self, handoff: Handoff) -> None:
        """Insert."""

    async def save(self, handoff: Handoff) -> None:
        """Update."""

    async def get(self, handoff: HandoffId) -> Handoff:
        """Raises HandoffNotFound."""

    async def of_token(self, token: TokenId) -> Handoff:
        """Return the one handoff of a token. Raises HandoffNotFound."""

    async def find_of(self, token: TokenId) -> Handoff | None:
        """Return the one handoff of a token; None where it was made elsewhere, and not offered here."""

    async def of_tokens(self, among: Collection[TokenId]) -> Mapping[TokenId, Handoff]:
        """Return the handoffs of these tokens, but for those that were not offered here."""

    async def open_for(self, third_party: ThirdPartyId) -> Handoff | None:
        """Return the handoff that waits for its reveal, if any."""

    async def open_of(self, parties: Collection[ThirdPartyId]) -> Mapping[ThirdPartyId, Handoff]:
        """Return the handoffs that wait for their reveal, of these third parties."""

    async def claim(self, handoff: HandoffId, now: datetime) -> bool:
        """Claim the one reveal by a conditional UPDATE; False if it was claimed or ended before."""

    async def due(self, now: datetime, limit: int) -> Sequence[Handoff]:
        """Return open handoffs whose nudge or lapse is due, the oldest first."""


class SealedCredentials(Protocol):
    """The sealed credentials that wait for their reveal."""

    async def put(self, token: TokenId, *, client_secret: bytes | None, bearer: bytes) -> None:
        """Keep the sealed client secret, if there is one, and token until the reveal."""

    async def take(self, token: TokenId) -> tuple[bytes | None, bytes]:
        """Read and delete the sealed client secret, if there is one, and token.

        Raises AlreadyCollected if they are gone.
        """

    async def discard(self, token: TokenId) -> None:
        """Delete them unread."""


class TokenLookup(Protocol):
    """The one query that a check makes: there are many of them, and nothing is kept between two."""

    async def look_up(self, secret_digest: bytes, token_digest: bytes | None) -> Looked | None:
        """Return the resource server whose secret's SHA-256 that is, and the token of its workspace with the other one.

        It sees what was committed before it began. None: no resource server has that secret. Raises CannotKeep.
        """

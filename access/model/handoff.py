"""One delivery of credentials to a contact: offered → collected → confirmed; or lapsed, withdrawn, declined."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from access.model import events as happened
from access.model.errors import (
    AlreadyCollected,
    AlreadyConfirmed,
    AlreadyDisputed,
    CredentialsEnded,
    HandoffEnded,
    HandoffPaused,
    NotCollected,
    NothingToResend,
    NotTheContact,
    OfferedJustNow,
)
from access.model.ids import ContactKeyId, HandoffId, PersonId, ThirdPartyId, TokenId
from access.model.policy import Policy
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token, TokenState

JUST_NOW = timedelta(minutes=1)
"""So young is an offer that was made by the first of two presses, or by a request that Slack repeats."""

_SATURDAY = 5
_E = TypeVar("_E", bound=happened.HandoffEvent)


class HandoffEnd(StrEnum):
    """How an offer ended before its reveal."""

    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"

    @property
    def cause(self) -> RevocationCause:
        """Why the token of such an offer is revoked."""
        return RevocationCause(self.value)


@dataclass(frozen=True, slots=True)
class Handoff:
    """An offer of one token's credentials to one contact. All instants are UTC.

    `not_seen` counts the reveals in a row that the contact said they didn't see, those of earlier handoffs included.
    `disputed_by_former`: whoever disputed it was not the contact any more, so the token was not suspended.
    """

    id: HandoffId
    third_party: ThirdPartyId
    token: TokenId
    contact: PersonId
    offered_at: datetime
    lapses_at: datetime
    nudge_at: datetime
    not_seen: int = 0
    nudged_at: datetime | None = None
    collected_at: datetime | None = None
    confirmed_at: datetime | None = None
    disputed_at: datetime | None = None
    disputed_by_former: bool = False
    ended_at: datetime | None = None
    end: HandoffEnd | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it still waits for its reveal."""
        return self.collected_at is None and self.end is None

    def must_open_for(self, person: PersonId, party: ThirdParty, token: Token, now: datetime) -> None:
        """Check everything a reveal needs.

        Raises:
            NotTheContact: `person` is not the currently approved contact.
            AlreadyCollected: it was revealed before.
            HandoffEnded: lapsed (also when no job has noted it yet), withdrawn or declined, or its token has ended.
            HandoffPaused: the third party is disabled.
        """
        self._must_be_contact(person, party)
        if self.collected_at is not None:
            raise AlreadyCollected
        if self.end is not None:
            raise HandoffEnded(end=self.end.value)
        if now >= self.lapses_at:
            raise HandoffEnded(end=HandoffEnd.LAPSED.value)
        if token.state(now) is not TokenState.PENDING:
            raise HandoffEnded(end=HandoffEnd.WITHDRAWN.value)
        if not party.enabled:
            raise HandoffPaused

    def collect(
        self, party: ThirdParty, now: datetime, key: ContactKeyId | None = None
    ) -> tuple["Handoff", list[happened.Event]]:
        """Note the reveal, after `must_open_for` and the claim in the database. `key`: it is encrypted to that one."""
        event = happened.HandoffCollected(
            self.third_party, handoff=self.id, token=self.token, contact=self.contact, owner=party.owner, key=key
        )
        return replace(self, collected_at=now), [event]

    def confirm(
        self, by: PersonId, party: ThirdParty, token: Token, now: datetime
    ) -> tuple["Handoff", list[happened.Event]]:
        """*It works*. Raises NotTheContact, NotCollected, AlreadyConfirmed, AlreadyDisputed, CredentialsEnded."""
        self._must_be_contact(by, party)
        self._must_be_collected()
        if self.confirmed_at is not None:
            raise AlreadyConfirmed
        if self.disputed_at is not None:
            raise AlreadyDisputed
        if not token.is_live(now):
            raise CredentialsEnded
        return replace(self, confirmed_at=now), [self._event(happened.HandoffConfirmed, party)]

    def confirm_by_use(self, party: ThirdParty, at: datetime) -> tuple["Handoff", list[happened.Event]]:
        """A check has accepted its token: the credentials arrived and work.

        Nothing happens to one that was confirmed before, or of which the contact said that it wasn't them.
        """
        if self.collected_at is None or self.confirmed_at is not None or self.disputed_at is not None:
            return self, []
        event = happened.HandoffConfirmedByUse(
            self.third_party,
            handoff=self.id,
            token=self.token,
            contact=self.contact,
            owner=party.owner,
            by_former_contact=party.contact != self.contact,
        )
        return replace(self, confirmed_at=at), [event]

    def not_seen_by(
        self, person: PersonId, party: ThirdParty, token: Token, now: datetime, *, replaced: bool = True
    ) -> tuple[int, list[happened.Event]]:
        """*I didn't see it*: return how often in a row that is now. The token is to be `replaced`, where it can be.

        Raises: NotTheContact, NotCollected, AlreadyConfirmed, AlreadyDisputed, CredentialsEnded, HandoffPaused.
        """
        self._must_be_contact(person, party)
        self._must_be_collected()
        if self.confirmed_at is not None:
            raise AlreadyConfirmed
        if self.disputed_at is not None or token.state(now) is TokenState.SUSPENDED:
            raise AlreadyDisputed
        if not token.is_live(now):
            raise CredentialsEnded
        if not party.enabled:
            raise HandoffPaused
        times = self.not_seen + 1
        event = happened.HandoffNotSeen(
            self.third_party,
            handoff=self.id,
            token=self.token,
            contact=self.contact,
            owner=party.owner,
            times=times,
            replaced=replaced,
        )
        return times, [event]

    def dispute(self, by: PersonId, party: ThirdParty, now: datetime) -> tuple["Handoff", list[happened.Event]]:
        """*That wasn't me*, once. From a former contact it only alerts.

        Raises: NotTheContact (the handoff was never theirs), NotCollected, AlreadyDisputed.
        """
        if by != self.contact:
            raise NotTheContact
        self._must_be_collected()
        if self.disputed_at is not None:
            raise AlreadyDisputed
        by_former = party.contact != by
        event = happened.HandoffDisputed(
            self.third_party,
            handoff=self.id,
            token=self.token,
            contact=self.contact,
            owner=party.owner,
            by_former_contact=by_former,
        )
        return replace(self, disputed_at=now, disputed_by_former=by_former), [event]

    def must_decline_for(self, person: PersonId, party: ThirdParty) -> None:
        """*I'm not the right person*, before the reveal only. Raises NotTheContact, AlreadyCollected, HandoffEnded."""
        self._must_be_contact(person, party)
        if self.collected_at is not None:
            raise AlreadyCollected
        if self.end is not None:
            raise HandoffEnded(end=self.end.value)

    def must_be_resendable(self, party: ThirdParty, now: datetime) -> None:
        """A new token may be offered in this one's place: while it is open, or after it ended by nobody's decision.

        What an admin revoked stays revoked: the next token is `issue`'s.

        Raises: OfferedJustNow, NothingToResend.
        """
        if self.is_open:
            if abs(now - self.offered_at) < JUST_NOW:  # the clock may have been set back since
                raise OfferedJustNow(seconds=int(JUST_NOW.total_seconds()))
            return
        by_nobody = self.contact != party.contact or self.was_withdrawn_by_restore(party)
        if self.end not in (HandoffEnd.LAPSED, HandoffEnd.DECLINED) and not (
            self.end is HandoffEnd.WITHDRAWN and by_nobody
        ):
            raise NothingToResend

    def was_withdrawn_by_restore(self, party: ThirdParty) -> bool:
        """Tell whether it was open when the backup was made from which the database was restored."""
        return self.end is HandoffEnd.WITHDRAWN and self.ended_at is not None and self.ended_at == party.restored_at

    def finish(self, end: HandoffEnd, party: ThirdParty, now: datetime) -> tuple["Handoff", list[happened.Event]]:
        """End an open offer. The caller revokes its token in the same transaction. Raises HandoffEnded."""
        if not self.is_open:
            raise HandoffEnded(end=(self.end or HandoffEnd.WITHDRAWN).value)
        kinds: dict[HandoffEnd, type[happened.HandoffEvent]] = {
            HandoffEnd.LAPSED: happened.HandoffLapsed,
            HandoffEnd.WITHDRAWN: happened.HandoffWithdrawn,
            HandoffEnd.DECLINED: happened.HandoffDeclined,
        }
        return replace(self, ended_at=now, end=end), [self._event(kinds[end], party)]

    def nudge(self, party: ThirdParty, now: datetime) -> tuple["Handoff", list[happened.Event]]:
        """Remind the contact once, before the offer lapses. A disabled third party's contact is left in peace."""
        if not self.is_open or self.nudged_at is not None or not self.nudge_at <= now < self.lapses_at:
            return self, []
        news = [self._event(happened.HandoffNudged, party)] if party.enabled else []
        return replace(self, nudged_at=now), news

    def _must_be_contact(self, person: PersonId, party: ThirdParty) -> None:
        if person != self.contact or person != party.contact:
            raise NotTheContact

    def _must_be_collected(self) -> None:
        if self.end is not None:
            raise HandoffEnded(end=self.end.value)
        if self.collected_at is None:
            raise NotCollected

    def _event(self, kind: type[_E], party: ThirdParty) -> happened.Event:
        return kind(self.third_party, handoff=self.id, token=self.token, contact=self.contact, owner=party.owner)


def offer(
    handoff: HandoffId,
    token: Token,
    party: ThirdParty,
    contact: PersonId,
    *,
    time_zone: str,
    not_seen: int,
    policy: Policy,
    now: datetime,
) -> tuple[Handoff, list[happened.Event]]:
    """Offer a pending token to the approved contact, until it lapses or at most until the token expires.

    `time_zone`: the contact's, an IANA name.
    """
    lapses_at = min(lapse_time(now, policy.handoff_time, time_zone), token.expires_at)
    offered = Handoff(
        id=handoff,
        third_party=party.id,
        token=token.id,
        contact=contact,
        offered_at=now,
        lapses_at=lapses_at,
        nudge_at=lapses_at - policy.nudge_before_lapse,
        not_seen=not_seen,
    )
    return offered, [offered._event(happened.HandoffOffered, party)]


def lapse_time(offered_at: datetime, handoff_time: timedelta, time_zone: str) -> datetime:
    """Return when an offer lapses: after `handoff_time`, and on Monday at the same hour instead of on a weekend.

    The weekend is that of the contact's time zone; an unknown one counts as UTC.
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    local = (offered_at + handoff_time).astimezone(zone)
    days_to_monday = 7 - local.weekday() if local.weekday() >= _SATURDAY else 0
    return (local + timedelta(days=days_to_monday)).astimezone(offered_at.tzinfo)

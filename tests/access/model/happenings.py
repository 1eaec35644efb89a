"""Events as they happen in tests, to a third party and people who have names alone."""

from datetime import UTC, datetime

from access.model import events
from access.model.ids import (
    ContactKeyId,
    HandoffId,
    PersonId,
    ProposalId,
    ReasonHash,
    ThirdPartyId,
    TokenId,
    TokenRequestId,
)
from access.model.messages import MessageKind
from access.model.token import RevocationCause

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW.replace(hour=10)
TP, P, T, H = ThirdPartyId("tp"), ProposalId("p"), TokenId("t"), HandoffId("h")
NEW, R, K = TokenId("new"), TokenRequestId("r"), ContactKeyId("k")
ANNA, BEN, CARLA, OMAR = PersonId("anna"), PersonId("ben"), PersonId("carla"), PersonId("omar")


def handoff(kind: type[events.HandoffEvent]) -> events.HandoffEvent:
    return kind(TP, handoff=H, token=T, contact=CARLA, owner=OMAR)


def confirmed_by_use(*, by_former_contact: bool = False) -> events.HandoffConfirmedByUse:
    return events.HandoffConfirmedByUse(
        TP, handoff=H, token=T, contact=CARLA, owner=OMAR, by_former_contact=by_former_contact
    )


def revoked(cause: RevocationCause, contact: PersonId | None = CARLA) -> events.TokenRevoked:
    return events.TokenRevoked(
        TP, token=T, cause=cause.value, owner=OMAR, contact=contact, collected=contact is not None
    )


def asked(cause: RevocationCause, contact: PersonId | None, opened_by: PersonId | None) -> events.RevocationAsked:
    at_command_line = cause is RevocationCause.AT_COMMAND_LINE
    kind = events.RevocationAskedAtCommandLine if at_command_line else events.RevocationAsked
    return kind(TP, token=T, cause=cause.value, presented="token", owner=OMAR, contact=contact, opened_by=opened_by)


def retired(contact: PersonId | None) -> events.TokenRetired:
    return events.TokenRetired(TP, token=T, owner=OMAR, contact=contact)


def requested(owner: PersonId = OMAR) -> events.TokenRequested:
    return events.TokenRequested(TP, request=R, token=T, why="still_works", contact=CARLA, owner=owner)


def registered(*, of_contact: bool) -> events.ContactKeyRegistered:
    hashed = ReasonHash("hashed")
    return events.ContactKeyRegistered(TP, key=K, contact=CARLA, kind="age", hashed=hashed, of_contact=of_contact)


def undeliverable(kind: MessageKind) -> events.MessageUndeliverable:
    return events.MessageUndeliverable(TP, message=kind.value, message_id="m", error="user_disabled", owner=OMAR)

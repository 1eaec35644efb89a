"""What becomes of a contact's request for a new token, event by event."""

from datetime import timedelta

import pytest

from access.model import events
from access.model.errors import TokenRequestDecided
from access.model.ids import HandoffId, PersonId, ProposalId, ThirdPartyId, TokenId, TokenRequestId
from access.model.token import RevocationCause
from access.model.token_request import RequestOutcome, RequestReason, TokenRequest, may_end_requests
from tests.fakes import MONDAY_MORNING

TP, MINE, OTHER = ThirdPartyId("tp"), TokenId("mine"), TokenId("other")
CARLA, OMAR, BEN = PersonId("carla"), PersonId("omar"), PersonId("ben")
DECIDED_AT = MONDAY_MORNING + timedelta(hours=1)
WORKS, ALARM = RequestReason.STILL_WORKS, RequestReason.SOMEBODY_ELSE
GRANTED, DECLINED, SETTLED = RequestOutcome.GRANTED, RequestOutcome.DECLINED, RequestOutcome.SETTLED


def request(why: RequestReason) -> TokenRequest:
    return TokenRequest(TokenRequestId("r"), TP, MINE, why, asked_by=CARLA, asked_at=MONDAY_MORNING)


def revoked(token: TokenId, cause: RevocationCause) -> events.TokenRevoked:
    return events.TokenRevoked(TP, token=token, cause=cause.value, owner=OMAR, contact=CARLA, collected=True)


def gone(*, deputy: bool) -> events.ContactGone:
    return events.ContactGone(TP, contact=CARLA, deputy=deputy, reason="moved", owner=OMAR)


OUTCOMES: list[tuple[events.Event, RequestOutcome | None, RequestOutcome | None]] = [
    (revoked(MINE, RevocationCause.BY_HAND), SETTLED, SETTLED),
    (revoked(MINE, RevocationCause.REPLACED), SETTLED, GRANTED),
    (revoked(OTHER, RevocationCause.REPLACED), None, None),
    (events.TokenSuspended(TP, token=MINE), SETTLED, None),
    (events.TokenSuspended(TP, token=OTHER), None, None),
    (events.SuspensionLifted(TP, token=MINE), None, DECLINED),
    (events.SuspensionLifted(TP, token=OTHER), None, None),
    (events.TokenRetired(TP, token=MINE, owner=OMAR, contact=CARLA), SETTLED, None),
    (events.OverlapStarted(TP, token=MINE, successor=OTHER), SETTLED, None),
    (events.OverlapStarted(TP, token=OTHER, successor=MINE), None, None),
    (events.TokenRetired(TP, token=OTHER, owner=OMAR, contact=CARLA), None, None),
    (events.HandoffOffered(TP, handoff=HandoffId("h"), token=OTHER, contact=CARLA, owner=OMAR), SETTLED, None),
    (
        events.ContactApproved(TP, proposal=ProposalId("p"), contact=BEN, proposed_by=OMAR, former=CARLA),
        SETTLED,
        None,
    ),
    (events.ContactWithdrawn(TP, contact=CARLA), SETTLED, None),
    (gone(deputy=False), SETTLED, None),
    (gone(deputy=True), None, None),
    (events.ThirdPartyDisabled(TP, owner=OMAR, reason=None), SETTLED, None),
    (events.ThirdPartyRemoved(TP, owner=OMAR), SETTLED, SETTLED),
]


@pytest.mark.parametrize(("event", "of_renewal", "of_alarm"), OUTCOMES)
def test_what_happens_decides_or_leaves_it_open(
    event: events.Event, of_renewal: RequestOutcome | None, of_alarm: RequestOutcome | None
) -> None:
    for why, outcome in ((WORKS, of_renewal), (ALARM, of_alarm)):
        before = request(why)
        after, news = before.after(event, BEN, DECIDED_AT)
        assert after.outcome is outcome
        if outcome is None:
            assert (after, news) == (before, [])
        else:
            assert may_end_requests(event)
            assert (after.decided_by, after.decided_at) == (BEN, DECIDED_AT)
            (told,) = news
            assert told.action == f"token.request_{'settled' if outcome is SETTLED else outcome.value}"


def test_nothing_else_has_to_be_looked_at() -> None:
    assert not may_end_requests(events.ThirdPartyEnabled(TP, owner=OMAR))
    assert not may_end_requests(events.TokenRequestSettled(TP, request=TokenRequestId("r"), token=MINE))


def test_what_has_ended_ends_no_second_time() -> None:
    ended, _ = request(WORKS).settle(None, DECIDED_AT)
    for press in (ended.grant, ended.decline, ended.settle):
        with pytest.raises(TokenRequestDecided):
            press(BEN, DECIDED_AT)

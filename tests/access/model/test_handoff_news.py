"""What a handoff gives to tell, and which case each of its refusals says it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from access.model import events
from access.model.errors import (
    AccessError,
    AlreadyDisputed,
    CredentialsEnded,
    HandoffEnded,
    NothingToResend,
    OfferedJustNow,
)
from access.model.handoff import JUST_NOW, Handoff, HandoffEnd, offer
from access.model.policy import Policy
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause
from tests.access.model.test_handoff import ANNA, CARLA, COLLECTED, ERIK, HELD, LAPSED, NOW, OPEN, PARTY, TOKEN

SECOND = timedelta(seconds=1)
DISPUTED, _ = COLLECTED.dispute(CARLA, PARTY, NOW)


@pytest.mark.parametrize(
    ("news", "kind"),
    [
        (OPEN.collect(PARTY, NOW)[1], events.HandoffCollected),
        (COLLECTED.confirm(CARLA, PARTY, HELD, NOW)[1], events.HandoffConfirmed),
        (OPEN.finish(HandoffEnd.LAPSED, PARTY, NOW)[1], events.HandoffLapsed),
        (OPEN.finish(HandoffEnd.WITHDRAWN, PARTY, NOW)[1], events.HandoffWithdrawn),
        (OPEN.finish(HandoffEnd.DECLINED, PARTY, NOW)[1], events.HandoffDeclined),
        (OPEN.nudge(PARTY, OPEN.nudge_at)[1], events.HandoffNudged),
    ],
)
def test_it_names_the_offer_its_token_the_contact_and_the_owner(
    news: list[events.Event], kind: type[events.HandoffEvent]
) -> None:
    assert news == [kind(PARTY.id, handoff=OPEN.id, token=TOKEN.id, contact=CARLA, owner=ANNA)]


def test_it_remembers_when_it_was_collected() -> None:
    assert OPEN.collect(PARTY, NOW)[0] == replace(OPEN, collected_at=NOW)


def test_a_dispute_says_whether_it_is_a_former_contacts() -> None:
    for party, former in ((PARTY, False), (replace(PARTY, contact=ERIK), True)):
        disputed, news = COLLECTED.dispute(CARLA, party, NOW)
        assert (disputed.disputed_at, disputed.disputed_by_former) == (NOW, former)
        assert news == [
            events.HandoffDisputed(
                PARTY.id, handoff=OPEN.id, token=TOKEN.id, contact=CARLA, owner=ANNA, by_former_contact=former
            )
        ]


def test_not_seen_says_how_often() -> None:
    _, news = replace(COLLECTED, not_seen=1).not_seen_by(CARLA, PARTY, HELD, NOW)
    assert news == [
        events.HandoffNotSeen(PARTY.id, handoff=OPEN.id, token=TOKEN.id, contact=CARLA, owner=ANNA, times=2)
    ]


def test_not_seen_is_refused_after_a_dispute_also_when_the_token_works_again() -> None:
    with pytest.raises(AlreadyDisputed):
        DISPUTED.not_seen_by(CARLA, PARTY, HELD, NOW)


def test_an_offer_is_made_of_what_it_was_given() -> None:
    policy = Policy(handoff_time=timedelta(hours=48), nudge_before_lapse=timedelta(hours=3))
    offered, news = offer(OPEN.id, TOKEN, PARTY, ERIK, time_zone="UTC", not_seen=3, policy=policy, now=NOW)
    assert offered == Handoff(
        id=OPEN.id,
        third_party=PARTY.id,
        token=TOKEN.id,
        contact=ERIK,
        offered_at=NOW,
        lapses_at=NOW + timedelta(hours=48),
        nudge_at=NOW + timedelta(hours=45),
        not_seen=3,
    )
    assert news == [events.HandoffOffered(PARTY.id, handoff=OPEN.id, token=TOKEN.id, contact=ERIK, owner=ANNA)]


def test_no_offer_outlives_its_token() -> None:
    dying = replace(TOKEN, expires_at=NOW + timedelta(hours=2))
    offered, _ = offer(OPEN.id, dying, PARTY, CARLA, time_zone="UTC", not_seen=0, policy=Policy(), now=NOW)
    assert offered.lapses_at == dying.expires_at


REVOKED = HELD.revoke(RevocationCause.BY_HAND, ANNA, NOW)[0]
DECLINED, _ = OPEN.finish(HandoffEnd.DECLINED, PARTY, NOW)


@pytest.mark.parametrize(
    ("attempt", "error", "fields"),
    [
        (lambda: DECLINED.must_open_for(CARLA, PARTY, TOKEN, NOW), HandoffEnded, {"end": "declined"}),
        (lambda: OPEN.must_open_for(CARLA, PARTY, TOKEN, OPEN.lapses_at), HandoffEnded, {"end": "lapsed"}),
        (lambda: OPEN.must_open_for(CARLA, PARTY, REVOKED, NOW), HandoffEnded, {"end": "withdrawn"}),
        (lambda: DECLINED.must_decline_for(CARLA, PARTY), HandoffEnded, {"end": "declined"}),
        (lambda: DECLINED.confirm(CARLA, PARTY, HELD, NOW), HandoffEnded, {"end": "declined"}),
        (lambda: DECLINED.finish(HandoffEnd.LAPSED, PARTY, NOW), HandoffEnded, {"end": "declined"}),
        (lambda: COLLECTED.finish(HandoffEnd.LAPSED, PARTY, NOW), HandoffEnded, {"end": "withdrawn"}),
        (lambda: COLLECTED.not_seen_by(CARLA, PARTY, REVOKED, NOW), CredentialsEnded, {}),
        (lambda: COLLECTED.not_seen_by(CARLA, PARTY, HELD, HELD.expires_at), CredentialsEnded, {}),
        (lambda: OPEN.must_be_resendable(PARTY, NOW), OfferedJustNow, {"seconds": 60}),
    ],
)
def test_a_refusal_says_which_case_it_is(
    attempt: Callable[[], object], error: type[AccessError], fields: dict[str, object]
) -> None:
    with pytest.raises(error) as refused:
        attempt()
    assert refused.value.fields == fields


class TestResending:
    @pytest.mark.parametrize(
        ("handoff", "party"),
        [
            (LAPSED, PARTY),
            (DECLINED, PARTY),
            (OPEN.finish(HandoffEnd.WITHDRAWN, PARTY, NOW)[0], replace(PARTY, contact=ERIK)),
            (OPEN.finish(HandoffEnd.WITHDRAWN, PARTY, NOW)[0], replace(PARTY, contact=None)),
        ],
    )
    def test_after_what_nobody_decided_at_once(self, handoff: Handoff, party: ThirdParty) -> None:
        handoff.must_be_resendable(party, NOW)

    def test_in_the_place_of_an_open_offer_a_minute_after_it(self) -> None:
        OPEN.must_be_resendable(PARTY, NOW + JUST_NOW)
        with pytest.raises(OfferedJustNow):
            OPEN.must_be_resendable(PARTY, NOW + JUST_NOW - SECOND)

    @pytest.mark.parametrize(
        ("handoff", "party"),
        [
            (OPEN.finish(HandoffEnd.WITHDRAWN, PARTY, NOW)[0], PARTY),
            (COLLECTED, PARTY),
            (COLLECTED, replace(PARTY, contact=ERIK)),
        ],
    )
    def test_never_after_a_revocation_or_a_reveal(self, handoff: Handoff, party: ThirdParty) -> None:
        with pytest.raises(NothingToResend):
            handoff.must_be_resendable(party, NOW + JUST_NOW)

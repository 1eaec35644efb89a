from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model import events
from access.model.errors import (
    AccessError,
    AlreadyCollected,
    AlreadyConfirmed,
    AlreadyDisputed,
    CredentialsEnded,
    HandoffEnded,
    HandoffPaused,
    NotCollected,
    NotTheContact,
)
from access.model.handoff import Handoff, HandoffEnd, lapse_time, offer
from access.model.ids import ClientId, Fingerprint, HandoffId, PersonId, ThirdPartyId, TokenId
from access.model.policy import Policy
from access.model.third_party import ThirdParty
from access.model.token import RevocationCause, Token

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
LATER = NOW + timedelta(hours=1)
CARLA, ERIK, ANNA = PersonId("carla"), PersonId("erik"), PersonId("anna")
PARTY = ThirdParty(ThirdPartyId("tp"), "Acme", ClientId("tpc"), ANNA, NOW, contact=CARLA, enabled=True)
TOKEN = Token(TokenId("t"), PARTY.id, Fingerprint("0" * 8), bytes(32), bytes(32), NOW, NOW + timedelta(days=180), ANNA)
OPEN, _ = offer(HandoffId("h"), TOKEN, PARTY, CARLA, time_zone="Europe/Berlin", not_seen=0, policy=Policy(), now=NOW)
COLLECTED, _ = OPEN.collect(PARTY, NOW)
HELD = TOKEN.collect(CARLA, NOW)
OVERLAPPING, _ = HELD.succeed(TokenId("new"), NOW)
RETIRED, _ = OVERLAPPING.retire(ANNA, CARLA, NOW)
LAPSED, _ = OPEN.finish(HandoffEnd.LAPSED, PARTY, NOW)


class TestLapse:
    @pytest.mark.parametrize(
        ("offered", "zone", "lapses"),
        [
            ("2026-03-02T09:00", "Europe/Berlin", "2026-03-05T09:00"),  # Monday → Thursday
            ("2026-03-04T09:00", "Europe/Berlin", "2026-03-09T09:00"),  # Saturday → Monday
            ("2026-03-05T09:00", "Europe/Berlin", "2026-03-09T09:00"),  # Sunday → Monday
            ("2026-03-03T23:30", "America/New_York", "2026-03-06T23:30"),  # still Friday over there
            ("2026-03-03T23:30", "Asia/Tokyo", "2026-03-08T23:30"),  # Saturday over there → Monday over there
            ("2026-03-25T10:00", "Europe/Berlin", "2026-03-30T09:00"),  # over the change to summer time: 11 stays 11
            ("2026-03-04T09:00", "No/Where", "2026-03-09T09:00"),
            ("2026-03-04T09:00", "../etc/passwd", "2026-03-09T09:00"),
            ("2026-03-04T09:00", "", "2026-03-09T09:00"),
        ],
    )
    def test_never_on_a_weekend(self, offered: str, zone: str, lapses: str) -> None:
        at = datetime.fromisoformat(offered).replace(tzinfo=UTC)
        assert lapse_time(at, timedelta(hours=72), zone) == datetime.fromisoformat(lapses).replace(tzinfo=UTC)

    @pytest.mark.usefixtures("in_kolkata")
    def test_an_unknown_time_zone_is_utc_and_not_the_machines(self) -> None:
        friday_evening = datetime(2026, 3, 6, 20, tzinfo=UTC)  # Saturday in Kolkata
        lapses = lapse_time(friday_evening - timedelta(hours=72), timedelta(hours=72), "No/Where")
        assert (lapses, lapses.tzinfo) == (friday_evening, UTC)

    @given(
        st.integers(0, 200_000_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland", "Europe/London"]),
    )
    def test_no_sooner_than_promised_and_no_later_than_two_days_after(self, at: datetime, zone: str) -> None:
        lapses = lapse_time(at, timedelta(hours=72), zone)
        assert lapses.astimezone(ZoneInfo(zone)).weekday() < 5
        assert timedelta(hours=72) <= lapses - at <= timedelta(hours=72 + 49)


class TestOpening:
    def test_the_contact_may(self) -> None:
        OPEN.must_open_for(CARLA, PARTY, TOKEN, OPEN.lapses_at - timedelta(seconds=1))

    @pytest.mark.parametrize(
        ("handoff", "asked", "error"),
        [
            (OPEN, (ERIK, PARTY, TOKEN, NOW), NotTheContact),
            (OPEN, (ANNA, PARTY, TOKEN, NOW), NotTheContact),
            (OPEN, (CARLA, replace(PARTY, contact=ERIK), TOKEN, NOW), NotTheContact),
            (OPEN, (CARLA, replace(PARTY, contact=None), TOKEN, NOW), NotTheContact),
            (OPEN, (ERIK, replace(PARTY, contact=ERIK), TOKEN, NOW), NotTheContact),
            (COLLECTED, (CARLA, PARTY, HELD, NOW), AlreadyCollected),
            (LAPSED, (CARLA, PARTY, TOKEN, NOW), HandoffEnded),
            (OPEN, (CARLA, PARTY, TOKEN, OPEN.lapses_at), HandoffEnded),
            (OPEN, (CARLA, PARTY, replace(TOKEN, revoked_at=NOW), NOW), HandoffEnded),
            (OPEN, (CARLA, replace(PARTY, enabled=False), TOKEN, NOW), HandoffPaused),
        ],
    )
    def test_nobody_else_and_at_no_other_time(
        self, handoff: Handoff, asked: tuple[PersonId, ThirdParty, Token, datetime], error: type[AccessError]
    ) -> None:
        with pytest.raises(error):
            handoff.must_open_for(*asked)


class TestAfterTheReveal:
    def test_it_works(self) -> None:
        confirmed, news = COLLECTED.confirm(CARLA, PARTY, HELD, NOW)
        assert confirmed.confirmed_at == NOW
        assert [type(event) for event in news] == [events.HandoffConfirmed]
        with pytest.raises(AlreadyConfirmed):
            confirmed.confirm(CARLA, PARTY, HELD, NOW)
        with pytest.raises(AlreadyConfirmed):
            confirmed.not_seen_by(CARLA, PARTY, HELD, NOW)

    @pytest.mark.parametrize(("contact", "former"), [(CARLA, False), (ERIK, True), (None, True)])
    def test_the_first_use_confirms_it_whoever_is_the_contact(self, contact: PersonId | None, former: bool) -> None:
        confirmed, news = COLLECTED.confirm_by_use(replace(PARTY, contact=contact), LATER)
        assert confirmed == replace(COLLECTED, confirmed_at=LATER)
        (event,) = news
        assert event == events.HandoffConfirmedByUse(
            PARTY.id, handoff=OPEN.id, token=TOKEN.id, contact=CARLA, owner=ANNA, by_former_contact=former
        )
        with pytest.raises(AlreadyConfirmed):
            confirmed.confirm(CARLA, PARTY, HELD, NOW)

    @pytest.mark.parametrize(
        "handoff",
        [OPEN, LAPSED, replace(COLLECTED, confirmed_at=NOW), COLLECTED.dispute(CARLA, PARTY, NOW)[0]],
        ids=["open", "lapsed", "confirmed", "disputed"],
    )
    def test_a_use_says_nothing_new_of_one_that_is_not_open_to_it(self, handoff: Handoff) -> None:
        assert handoff.confirm_by_use(PARTY, LATER) == (handoff, [])

    @pytest.mark.parametrize(
        ("token", "now"),
        [(HELD.revoke(RevocationCause.NOT_SEEN, ANNA, NOW)[0], NOW), (RETIRED, NOW), (HELD, HELD.expires_at)],
    )
    def test_what_has_ended_works_for_nobody(self, token: Token, now: datetime) -> None:
        with pytest.raises(CredentialsEnded):
            COLLECTED.confirm(CARLA, PARTY, token, now)

    def test_a_token_with_a_successor_can_still_be_confirmed(self) -> None:
        confirmed, _ = COLLECTED.confirm(CARLA, PARTY, OVERLAPPING, NOW)
        assert confirmed.confirmed_at == NOW

    @pytest.mark.parametrize(("handoff", "error"), [(OPEN, NotCollected), (LAPSED, HandoffEnded)])
    def test_not_before_it(self, handoff: Handoff, error: type[AccessError]) -> None:
        with pytest.raises(error):
            handoff.confirm(CARLA, PARTY, TOKEN, NOW)
        with pytest.raises(error):
            handoff.not_seen_by(CARLA, PARTY, TOKEN, NOW)
        with pytest.raises(error):
            handoff.dispute(CARLA, PARTY, NOW)

    def test_not_seen_counts_on_over_replacements(self) -> None:
        times, _ = COLLECTED.not_seen_by(CARLA, PARTY, HELD, NOW)
        assert times == 1
        again = replace(COLLECTED, not_seen=times)
        times, news = again.not_seen_by(CARLA, PARTY, HELD, NOW)
        assert times == 2
        assert isinstance(news[0], events.HandoffNotSeen)

    @pytest.mark.parametrize(
        ("party", "token", "error"),
        [
            (replace(PARTY, enabled=False), HELD, HandoffPaused),
            (PARTY, HELD.suspend(NOW)[0], AlreadyDisputed),
            (PARTY, HELD.revoke(RevocationCause.BY_HAND, ANNA, NOW)[0], CredentialsEnded),
            (PARTY, RETIRED, CredentialsEnded),
            (replace(PARTY, contact=ERIK), HELD, NotTheContact),
        ],
    )
    def test_not_seen_is_refused(self, party: ThirdParty, token: Token, error: type[AccessError]) -> None:
        with pytest.raises(error):
            COLLECTED.not_seen_by(CARLA, party, token, NOW)

    def test_a_dispute_is_said_once_and_stays(self) -> None:
        disputed, news = COLLECTED.dispute(CARLA, PARTY, NOW)
        assert not disputed.disputed_by_former
        assert isinstance(news[0], events.HandoffDisputed)
        assert not news[0].by_former_contact
        with pytest.raises(AlreadyDisputed):
            disputed.dispute(CARLA, PARTY, NOW)
        with pytest.raises(AlreadyDisputed):
            disputed.confirm(CARLA, PARTY, HELD, NOW)

    def test_from_a_former_contact_it_only_alerts(self) -> None:
        disputed, news = COLLECTED.dispute(CARLA, replace(PARTY, contact=ERIK), NOW)
        assert disputed.disputed_by_former
        assert isinstance(news[0], events.HandoffDisputed)
        assert news[0].by_former_contact

    def test_nobody_disputes_for_somebody_else(self) -> None:
        with pytest.raises(NotTheContact):
            COLLECTED.dispute(ERIK, replace(PARTY, contact=ERIK), NOW)


class TestEnd:
    def test_an_offer_ends_once(self) -> None:
        assert (LAPSED.end, LAPSED.ended_at, LAPSED.is_open) == (HandoffEnd.LAPSED, NOW, False)
        for over in (LAPSED, COLLECTED):
            with pytest.raises(HandoffEnded):
                over.finish(HandoffEnd.WITHDRAWN, PARTY, NOW)

    def test_the_wrong_person_declines_before_the_reveal_only(self) -> None:
        OPEN.must_decline_for(CARLA, PARTY)
        for handoff, person, error in (
            (COLLECTED, CARLA, AlreadyCollected),
            (LAPSED, CARLA, HandoffEnded),
            (OPEN, ERIK, NotTheContact),
        ):
            with pytest.raises(error):
                handoff.must_decline_for(person, PARTY)

    @pytest.mark.parametrize("end", list(HandoffEnd))
    def test_every_end_has_a_cause_for_its_token(self, end: HandoffEnd) -> None:
        assert end.cause.value == end.value


class TestNudge:
    def test_once_a_day_before_the_lapse(self) -> None:
        at = OPEN.lapses_at - timedelta(hours=24)
        assert OPEN.nudge(PARTY, at - timedelta(seconds=1)) == (OPEN, [])
        nudged, news = OPEN.nudge(PARTY, at)
        assert [type(event) for event in news] == [events.HandoffNudged]
        assert nudged.nudge(PARTY, at) == (nudged, [])

    def test_a_paused_offer_is_left_in_peace(self) -> None:
        nudged, news = OPEN.nudge(replace(PARTY, enabled=False), OPEN.nudge_at)
        assert (nudged.nudged_at, news) == (OPEN.nudge_at, [])

    def test_none_when_it_is_too_late(self) -> None:
        assert OPEN.nudge(PARTY, OPEN.lapses_at) == (OPEN, [])

"""Who is to be reminded of a token, of what, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from access.model.ids import PersonId, TokenId
from access.model.people import Acquaintance, Gone
from access.model.policy import Policy
from access.model.reminder import (
    Reader,
    ReaderRole,
    ReminderKind,
    contact_days,
    is_replaced,
    is_still_in_use,
    readers,
    threshold_at,
)
from access.model.reminders_due import may_go_out
from access.model.token import Token
from tests.access.model.reminding import (
    ASKER,
    BERLIN,
    CONTACT,
    DAY,
    DEPUTY,
    EXPIRES,
    NEWER,
    OWNER,
    PARTY,
    TOKEN,
    Case,
    said,
)
from tests.access.model.test_working_hours import at

START = EXPIRES - 183 * DAY
END = EXPIRES + 30 * DAY
LAST_DAYS = [("Mon 31 Aug 09:00", 3), ("Tue 01 Sep 09:00", 1), ("Wed 02 Sep 12:15", 0)]


def test_the_owner_the_admins_and_the_contact_each_at_their_thresholds() -> None:
    """60 days before is a Saturday, 30 a Monday."""
    heard = Case().live(START, END)
    assert said(heard, "owner") == [
        ("Mon 06 Jul 09:00", 60),
        ("Mon 03 Aug 09:00", 30),
        ("Wed 19 Aug 09:00", 14),
        ("Wed 26 Aug 09:00", 7),
        *LAST_DAYS,
    ]
    assert said(heard, "admins") == [("Wed 26 Aug 09:00", 7), *LAST_DAYS]
    assert said(heard, "contact") == [("Wed 19 Aug 09:00", 14), ("Wed 26 Aug 09:00", 7), *LAST_DAYS[1:]]


def test_looked_at_every_few_minutes_or_only_when_it_is_time_it_is_the_same() -> None:
    often = Case().live(at("2026-08-25 12:00"), END, step=timedelta(minutes=15))
    rarely = Case().live(at("2026-08-25 12:00"), END)
    assert often == rarely


def test_after_a_sleep_only_the_most_urgent_that_was_missed() -> None:
    case = Case()
    assert said(case.live(START, at("2026-08-02 12:00")), "owner") == [("Mon 06 Jul 09:00", 60)]
    assert said(case.live(at("2026-08-27 11:00"), END), "owner") == [("Thu 27 Aug 11:00", 7), *LAST_DAYS]


def test_what_was_missed_waits_for_working_hours_but_not_beyond_the_expiry() -> None:
    assert said(Case().live(at("2026-08-27 19:00"), END), "owner")[0] == ("Fri 28 Aug 09:00", 7)
    assert said(Case().live(at("2026-09-01 19:00"), END), "owner")[0] == ("Wed 02 Sep 09:00", 1)
    early = Case().change(expires_at=at("2026-09-02 08:00"))
    assert said(early.live(at("2026-09-01 19:00"), END), "owner")[0] == ("Tue 01 Sep 19:00", 1)


def test_friday_covers_the_weekend() -> None:
    """One that expires on Monday before work: the three-day and the one-day threshold are one, on Friday."""
    heard = Case().change(expires_at=at("2026-09-07 08:00")).live(START, END)
    assert said(heard, "owner")[-3:] == [("Mon 31 Aug 09:00", 7), ("Fri 04 Sep 09:00", 1), ("Mon 07 Sep 09:00", 0)]


def test_the_expiry_is_told_in_the_first_working_hours_after_it_and_to_all_three() -> None:
    heard = Case().change(expires_at=at("2026-09-05 03:00")).live(at("2026-09-05 02:00"), END)
    assert [(reminder.role.value, reminder.message.value) for _, reminder in heard if reminder.days == 0] == [
        ("owner", "expired"),
        ("admins", "expired"),
        ("contact", "expired"),
    ]
    assert said(heard, "owner")[-1] == ("Mon 07 Sep 09:00", 0)


def test_an_expiry_of_long_ago_is_no_news() -> None:
    assert said(Case().live(EXPIRES + 13 * DAY, END), "owner") == [("Tue 15 Sep 12:15", 0)]
    assert Case().live(EXPIRES + 14 * DAY, END) == []


def test_thresholds_before_the_collection_are_skipped() -> None:
    late = Case().change(collected_at=EXPIRES - 10 * DAY)
    assert said(late.live(EXPIRES - 10 * DAY, END), "owner")[0] == ("Wed 26 Aug 09:00", 7)
    assert Case().change(collected_at=None, collected_by=None).look(EXPIRES - DAY).due == []


@pytest.mark.parametrize(
    "case",
    [
        Case(party=replace(PARTY, enabled=False)),
        Case(party=replace(PARTY, enabled=False, contact=None, removed_at=START)),
        Case().change(revoked_at=START),
        Case().change(suspended_at=START),
        Case().change(retired_at=START, succeeded_at=START),
        Case(others=[NEWER]),
        Case(others=[replace(NEWER, renews=None)]),
    ],
    ids=["disabled", "removed", "revoked", "suspended", "retired", "renewed", "issued anew"],
)
def test_nobody_is_reminded_of_what_does_not_matter_any_more(case: Case) -> None:
    for now in (EXPIRES - DAY, EXPIRES, EXPIRES + DAY):
        outlook = case.look(now)
        assert (outlook.due, outlook.next_at) == ([], None)


def test_a_third_party_that_is_enabled_again_is_reminded_of_what_was_missed() -> None:
    case = Case(party=replace(PARTY, enabled=False))
    assert case.live(START, EXPIRES - 8 * DAY) == []
    case.party = PARTY
    assert said(case.live(at("2026-08-25 10:00"), END), "owner")[0] == ("Tue 25 Aug 10:00", 14)


WAITING = replace(NEWER, collected_at=None, collected_by=None)


@pytest.mark.parametrize(
    ("newer", "used", "replaced"),
    [
        (WAITING, None, False),
        (replace(NEWER, revoked_at=START), None, False),
        (replace(NEWER, suspended_at=START), None, False),
        (NEWER, None, True),
        (NEWER, START, False),
        (replace(NEWER, last_accepted_at=EXPIRES - 30 * DAY), START, True),
    ],
    ids=["waits", "revoked", "suspended", "collected", "use known, not accepted", "accepted"],
)
def test_a_successor_in_use_ends_the_reminders(newer: Token, used: datetime | None, replaced: bool) -> None:
    old = replace(TOKEN, last_accepted_at=used)
    assert is_replaced(old, [newer, old], EXPIRES - 10 * DAY) is replaced
    assert not is_replaced(newer, [newer, old], EXPIRES - 10 * DAY)


def test_one_issued_at_the_same_instant_replaces_only_what_it_renews() -> None:
    twin = replace(NEWER, issued_at=TOKEN.issued_at)
    assert is_replaced(TOKEN, [twin, TOKEN], EXPIRES - DAY)
    assert not is_replaced(twin, [twin, TOKEN], EXPIRES - DAY)


@pytest.mark.parametrize(
    ("days", "of_contact"),
    [
        ((60, 30, 14, 7, 3, 1), (14, 7, 1)),
        ((45, 10, 2), (10, 2)),
        ((90, 20), ()),
        ((5,), (5,)),
        ((1, 7, 14), (14, 7, 1)),
        ((), ()),
    ],
)
def test_the_contacts_thresholds_follow_those_that_are_set(days: tuple[int, ...], of_contact: tuple[int, ...]) -> None:
    assert contact_days(days) == of_contact


def test_a_policy_that_changes_in_mid_life_repeats_nothing_and_goes_on_with_its_own_thresholds() -> None:
    case = Case()
    case.live(START, at("2026-08-20 12:00"))
    case.policy = replace(case.policy, reminder_days=(20, 10, 2))
    assert said(case.live(at("2026-08-20 12:00"), END), "owner") == [
        ("Mon 24 Aug 09:00", 10),
        ("Mon 31 Aug 09:00", 2),
        ("Wed 02 Sep 12:15", 0),
    ]
    without = Case(policy=Policy(reminder_days=(), time_zone="Europe/Berlin"))
    assert said(without.live(START, END), "owner") == [("Wed 02 Sep 12:15", 0)]


def test_let_lapse_the_last_threshold_and_the_expiry_are_told_all_the_same() -> None:
    case = Case().change(let_lapse_by=OWNER, let_lapse_at=START)
    assert said(case.live(START, END), "owner") == LAST_DAYS[1:]
    none = Case(policy=Policy(reminder_days=())).change(let_lapse_by=OWNER, let_lapse_at=START)
    assert [days for _, days in said(none.live(START, END), "owner")] == [0]


# --- where people are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "expires", "days", "told"),
    [
        ("Asia/Kolkata", "2026-09-02 10:15", 1, "2026-09-01 09:00"),
        ("America/New_York", "2026-09-02 00:30", 1, "2026-09-01 09:00"),
        ("Europe/Berlin", "2026-04-01 12:00", 3, "2026-03-30 09:00"),
        ("Europe/Berlin", "2026-10-27 08:59", 1, "2026-10-26 09:00"),
        ("Australia/Lord_Howe", "2026-10-06 09:01", 1, "2026-10-05 09:00"),
        ("Europe/Berlin", "2026-09-02 20:00", 1, "2026-09-02 09:00"),
        ("Europe/Berlin", "2026-09-07 09:00", 1, "2026-09-04 09:00"),
        ("Europe/Berlin", "2026-09-07 09:01", 1, "2026-09-07 09:00"),
    ],
)
def test_nine_oclock_is_the_readers(zone: str, expires: str, days: int, told: str) -> None:
    """Also where clocks were changed meanwhile, by an hour or by half an hour."""
    token = replace(TOKEN, expires_at=at(expires, zone))
    assert threshold_at(token, days, zone) == at(told, zone)


def test_a_reader_without_a_time_zone_has_the_channels() -> None:
    case = Case(people={OWNER: Acquaintance(), CONTACT: Acquaintance("Asia/Kolkata")})
    heard = case.live(START, END)
    assert said(heard, "owner")[0] == ("Mon 06 Jul 09:00", 60)
    assert said(heard, "contact", "Asia/Kolkata")[0] == ("Wed 19 Aug 09:00", 14)


def test_a_clock_that_jumps_repeats_nothing() -> None:
    case = Case()
    ahead = case.live(EXPIRES - 7 * DAY, EXPIRES - 7 * DAY)
    assert said(ahead, "owner") == [("Wed 26 Aug 12:15", 7)]
    assert said(case.live(START, END), "owner") == LAST_DAYS


# --- one message a reader and day -------------------------------------------------------------------------------------


def test_all_of_a_day_is_one_message_until_ten_minutes_after_it_was_planned() -> None:
    case, now = Case(), at("2026-08-26 14:00")
    case.told = {OWNER: now - timedelta(minutes=9, seconds=59), CONTACT: at("2026-08-25 09:00")}
    assert {(each.role.value, each.bundle) for each in case.look(now).due} == {
        ("owner", "2026-08-26"),
        ("admins", "2026-08-26"),
        ("contact", "2026-08-26"),
    }


def test_what_comes_after_the_message_of_the_day_waits_for_the_next_working_day() -> None:
    case, now = Case(), at("2026-08-26 14:00")
    case.told = {OWNER: now - timedelta(minutes=10)}
    assert said(case.live(now, END), "owner") == [("Thu 27 Aug 09:00", 7), *LAST_DAYS]


def test_what_cannot_wait_is_a_message_of_its_own() -> None:
    case, now = Case(), at("2026-09-01 14:37")
    case.told = {OWNER: at("2026-09-01 09:00")}
    (reminder,) = [each for each in case.look(now).due if each.role is ReaderRole.OWNER]
    assert (reminder.days, reminder.message.value, reminder.bundle) == (1, "reminders", "2026-09-01T14:30")


def test_what_an_outage_holds_up_takes_what_comes_meanwhile() -> None:
    case, now = Case(), at("2026-08-26 14:37")
    case.told = {OWNER: at("2026-08-26 09:00"), CONTACT: at("2026-08-26 09:00")}
    case.waiting = {OWNER: "2026-08-25"}
    assert {(each.role.value, each.bundle) for each in case.look(now).due} == {
        ("owner", "2026-08-25"),
        ("admins", "2026-08-26"),
    }, "the contact has had theirs"
    assert {each.bundle for each in case.look(EXPIRES).due} == {"2026-09-02T12:10"}, "an expiry is no reminder"


def test_what_cannot_wait_for_working_hours_does_not_wait_for_a_message_that_does() -> None:
    case, night = guest(at("2026-08-02 12:00")), at("2026-07-31 23:00")
    for waiting in ("2026-07-30", "2026-07-31"):
        case.told = {OWNER: at("2026-07-31 09:00")}
        case.waiting = {OWNER: waiting}
        (reminder,) = replace(case, reminded=[]).look(night).due
        assert reminder.bundle == "2026-07-31T23:00"


def test_an_expiry_is_told_whatever_else_was_told_that_day() -> None:
    case = Case()
    case.told = {OWNER: at("2026-09-02 09:00")}
    (reminder,) = [each for each in case.look(EXPIRES).due if each.role is ReaderRole.OWNER]
    assert (reminder.message.value, reminder.bundle) == ("expired", "2026-09-02T12:10")


def test_each_is_planned_under_a_key_of_its_own() -> None:
    case = Case().change(snoozed_by=ASKER, snoozed_until=at("2026-08-26 09:00"))
    assert [each.key for each in case.look(at("2026-08-26 09:00")).due] == [
        "reminder:t:2026-09-02T10:15:00Z:7:owner",
        "reminder:t:2026-09-02T10:15:00Z:7:admins",
        "reminder:t:2026-09-02T10:15:00Z:7:contact",
        "snoozed:t:2026-08-26T07:00:00Z:asker",
    ]


# --- who reads --------------------------------------------------------------------------------------------------------


def roles(case: Case) -> dict[str, Reader]:
    return {each.role.value: each for each in readers(case.situation(), case.policy)}


def test_where_the_owner_is_gone_the_deputy_is_reminded_and_without_one_the_admins_of_everything() -> None:
    case = Case(people={OWNER: replace(BERLIN, gone=Gone.DEACTIVATED)})
    assert roles(case)["admins"].days == (60, 30, 14, 7, 3, 1)
    assert "owner" not in roles(case)
    case.party = replace(PARTY, deputy_owner=DEPUTY)
    assert (roles(case)["owner"].person, roles(case)["admins"].days) == (DEPUTY, (7, 3, 1))
    case.people[DEPUTY] = replace(BERLIN, gone=Gone.OUTSIDER)
    assert "owner" not in roles(case)


def test_a_contact_who_is_gone_is_not_reminded_and_a_guest_is() -> None:
    case = Case(people={CONTACT: replace(BERLIN, gone=Gone.UNREACHABLE)})
    assert "contact" not in roles(case)
    case.people[CONTACT] = replace(BERLIN, gone=Gone.OUTSIDER)
    assert "contact" in roles(case)
    case.party = replace(PARTY, contact=None)
    assert "contact" not in roles(case)


def test_whoever_is_owner_and_contact_is_reminded_once() -> None:
    case = Case(party=replace(PARTY, contact=OWNER))
    assert "contact" not in roles(case)


def test_whoever_snoozed_is_asked_again_unless_they_are_gone() -> None:
    case = Case().change(snoozed_by=ASKER, snoozed_until=START)
    assert roles(case)["asker"].person == ASKER
    case.people[ASKER] = Acquaintance(gone=Gone.DEACTIVATED)
    assert "asker" not in roles(case)


# --- other reminders --------------------------------------------------------------------------------------------------


def test_a_snoozed_one_comes_back_once_in_working_hours_and_silences_nothing() -> None:
    case = Case().change(snoozed_by=OWNER, snoozed_until=at("2026-08-08 09:00"))
    heard = [(when, each) for when, each in case.live(START, END) if each.reader == OWNER]
    assert said(heard, "asker") == [("Mon 10 Aug 09:00", 23)]
    assert [days for _, days in said(heard, "owner")] == [60, 30, 14, 7, 3, 1, 0]


@pytest.mark.parametrize("over", [{"let_lapse_by": OWNER, "let_lapse_at": START}, {"revoked_at": START}])
def test_a_snoozed_one_that_is_over_does_not_come_back(over: dict[str, object]) -> None:
    case = Case().change(snoozed_by=OWNER, snoozed_until=at("2026-08-10 09:00"), **over)
    assert said(case.live(START, END), "asker") == []
    late = Case().change(snoozed_by=OWNER, snoozed_until=EXPIRES + DAY)
    assert said(late.live(START, END), "asker") == []


OVERLAPPING = replace(TOKEN, succeeded_at=EXPIRES - 39 * DAY)


@pytest.mark.parametrize(
    ("used_at", "now", "in_use"),
    [
        (None, EXPIRES - 30 * DAY, False),
        (EXPIRES - 39 * DAY, EXPIRES - 35 * DAY, False),
        (EXPIRES - 38 * DAY, EXPIRES - 35 * DAY, True),
        (EXPIRES - 38 * DAY, EXPIRES - 31 * DAY, False),
        (EXPIRES - DAY, EXPIRES, False),
    ],
    ids=["never", "before the overlap", "in it", "a week ago", "expired"],
)
def test_an_old_token_is_in_use_while_it_was_accepted_in_the_last_week(
    used_at: datetime | None, now: datetime, in_use: bool
) -> None:
    assert is_still_in_use(replace(OVERLAPPING, last_accepted_at=used_at), Policy(), now) is in_use
    assert not is_still_in_use(replace(TOKEN, last_accepted_at=used_at), Policy(), now)


def in_use(case: Case, start: datetime, days: int) -> list[tuple[str, str]]:
    """Live with an old token that is used every hour of every day."""
    heard = []
    for hour in range(24 * days):
        now = start + timedelta(hours=hour)
        case.change(last_accepted_at=now)
        heard += [(now, each) for each in case.look(now).due if each.kind is ReminderKind.STILL_IN_USE]
    return [(when.astimezone(UTC).strftime("%a %d %b"), each.role.value) for when, each in heard]


def test_while_the_old_one_is_in_use_owner_and_contact_hear_on_the_first_working_day_and_then_weekly() -> None:
    """Collected on Saturday, 25 July."""
    used = replace(NEWER, last_accepted_at=EXPIRES - 39 * DAY)
    case = Case(token=OVERLAPPING, others=[used])
    assert in_use(case, EXPIRES - 39 * DAY, 20) == [
        (day, role) for day in ("Mon 27 Jul", "Mon 03 Aug", "Mon 10 Aug") for role in ("owner", "contact")
    ]


def test_in_the_last_week_they_hear_every_working_day() -> None:
    case = Case(token=OVERLAPPING, others=[replace(NEWER, last_accepted_at=EXPIRES - 39 * DAY)])
    assert [day for day, role in in_use(case, EXPIRES - 20 * DAY, 20) if role == "contact"] == [
        "Thu 13 Aug", "Thu 20 Aug", "Wed 26 Aug", "Thu 27 Aug", "Fri 28 Aug", "Mon 31 Aug", "Tue 01 Sep", "Wed 02 Sep",
    ]  # fmt: skip


def test_that_it_was_in_use_is_said_again_though_nothing_happens_meanwhile() -> None:
    """The decision itself says when to look next."""
    used = replace(OVERLAPPING, last_accepted_at=EXPIRES - 6 * DAY)
    case = Case(token=used, others=[replace(NEWER, last_accepted_at=EXPIRES - 39 * DAY)])
    heard = [each for each in case.live(EXPIRES - 6 * DAY, EXPIRES) if each[1].kind is ReminderKind.STILL_IN_USE]
    assert [when[:6] for when, _ in said(heard, "contact")] == ["Thu 27", "Fri 28", "Mon 31", "Tue 01", "Wed 02"]


def test_an_old_one_that_is_in_use_though_disabled_or_ownerless() -> None:
    case = Case(
        token=OVERLAPPING, others=[replace(NEWER, last_accepted_at=EXPIRES)], party=replace(PARTY, enabled=False)
    )
    assert in_use(case, EXPIRES - 20 * DAY, 5) == []
    case = Case(token=OVERLAPPING, others=[replace(NEWER, last_accepted_at=EXPIRES)])
    case.people[OWNER] = replace(BERLIN, gone=Gone.DEACTIVATED)
    assert {role for _, role in in_use(case, EXPIRES - 20 * DAY, 5)} == {"admins", "contact"}


@pytest.mark.parametrize(
    ("when", "expires", "goes_out"),
    [
        ("2026-08-10 14:00", EXPIRES, "2026-08-10 14:00"),
        ("2026-08-10 17:05", EXPIRES, "2026-08-10 17:05"),
        ("2026-08-10 17:10", EXPIRES, "2026-08-11 09:00"),
        ("2026-08-10 23:00", EXPIRES, "2026-08-11 09:00"),
        ("2026-08-08 12:00", EXPIRES, "2026-08-10 09:00"),
        ("2026-08-10 23:00", at("2026-08-11 08:59"), "2026-08-10 23:00"),
        ("2026-08-10 23:00", at("2026-08-11 09:00"), "2026-08-10 23:00"),
        ("2026-08-10 23:00", at("2026-08-11 09:01"), "2026-08-11 09:00"),
        ("2026-08-10 23:00", at("2026-08-10 23:00"), "2026-08-11 09:00"),
    ],
)
def test_a_message_that_was_kept_back_goes_out_in_working_hours_unless_that_is_too_late(
    when: str, expires: datetime, goes_out: str
) -> None:
    situation = Case().change(expires_at=expires).situation()
    assert may_go_out([(ReminderKind.EXPIRY, situation)], "Europe/Berlin", at(when)) == at(goes_out)


def test_what_is_settled_hurries_nobody() -> None:
    settled = Case().change(expires_at=at("2026-08-11 08:59"), revoked_at=at("2026-08-10 12:00")).situation()
    assert may_go_out([(ReminderKind.EXPIRY, settled)], "Europe/Berlin", at("2026-08-10 23:00")) == at(
        "2026-08-11 09:00"
    )
    assert may_go_out([], "Europe/Berlin", at("2026-08-10 23:00")) == at("2026-08-11 09:00")


def test_an_account_that_ends_before_people_are_at_work_cannot_wait_either() -> None:
    in_the_night = at("2026-07-31 23:00")
    weekend, later = guest(at("2026-08-02 12:00")).situation(), guest(at("2026-08-03 12:00")).situation()
    assert may_go_out([(ReminderKind.ACCOUNT_ENDS, weekend)], "Europe/Berlin", in_the_night) == in_the_night
    assert may_go_out([(ReminderKind.ACCOUNT_ENDS, later)], "Europe/Berlin", in_the_night) == at("2026-08-03 09:00")
    assert may_go_out([(ReminderKind.EXPIRY, weekend)], "Europe/Berlin", in_the_night) == at("2026-08-03 09:00")
    gone = replace(weekend, party=replace(PARTY, contact=None))
    assert may_go_out([(ReminderKind.ACCOUNT_ENDS, gone)], "Europe/Berlin", in_the_night) == at("2026-08-03 09:00")


def of_account(case: Case) -> list[tuple[str, str]]:
    heard = [each for each in case.live(START, END) if each[1].kind is ReminderKind.ACCOUNT_ENDS]
    return [(when.astimezone(UTC).strftime("%a %d %b"), each.role.value) for when, each in heard]


def guest(ends_at: datetime) -> Case:
    return Case(people={OWNER: BERLIN, CONTACT: replace(BERLIN, account_ends_at=ends_at)})


def test_the_owner_hears_two_weeks_before_the_contacts_account_ends() -> None:
    assert of_account(guest(at("2026-08-01 12:00"))) == [("Mon 20 Jul", "owner")]
    assert of_account(guest(at("2026-07-31 12:00"))) == [("Fri 17 Jul", "owner")]


def test_an_account_that_outlives_the_token_is_no_matter() -> None:
    assert of_account(guest(EXPIRES)) == []
    assert of_account(guest(START)) == []
    assert of_account(Case(party=replace(PARTY, contact=None))) == []
    assert of_account(guest(at("2026-08-01 12:00")).change(let_lapse_by=OWNER, let_lapse_at=START)) == []


def test_an_account_that_is_prolonged_is_told_of_again_when_its_new_end_is_near() -> None:
    case = guest(at("2026-07-31 12:00"))
    case.live(START, at("2026-07-18 12:00"))
    case.people[CONTACT] = replace(BERLIN, account_ends_at=at("2026-08-28 12:00"))
    assert of_account(case) == [("Fri 14 Aug", "owner")]


def test_ids_are_of_the_token_and_its_third_party() -> None:
    for _, each in Case().live(START, END):
        assert (each.token, each.third_party) == (TokenId("t"), PARTY.id)
        assert each.reader in (OWNER, CONTACT, None, PersonId("owner"))

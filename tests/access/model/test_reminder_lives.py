"""Whatever the token, the place, the policy and the history: what holds for all reminders."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from access.model.people import Acquaintance
from access.model.policy import Policy
from access.model.reminder import GATHERED_FOR, ReminderKind, threshold_at
from access.model.working_hours import first_working_moment, last_opening_before, local_day, zone_of
from tests.access.model.reminding import CONTACT, DAY, EXPIRES, OWNER, TOKEN, Case

ZONES = [
    None,
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    expires_at = EXPIRES + draw(st.timedeltas(timedelta(), 400 * DAY))
    days = draw(st.lists(st.integers(1, 90), unique=True, max_size=6))
    people = {each: Acquaintance(draw(st.sampled_from(ZONES))) for each in (OWNER, CONTACT)}
    case = Case(
        people=people, policy=Policy(reminder_days=tuple(days), time_zone=draw(st.sampled_from(ZONES[1:])) or "")
    )
    case.token = replace(
        TOKEN,
        expires_at=expires_at,
        collected_at=expires_at - draw(st.timedeltas(timedelta(hours=1), 100 * DAY)),
    )
    if draw(st.booleans()):
        case.checked_since = expires_at - draw(st.timedeltas(timedelta(), 120 * DAY))
    if draw(st.booleans()):
        case.change(snoozed_by=OWNER, snoozed_until=expires_at - draw(st.timedeltas(timedelta(hours=2), 40 * DAY)))
    return case


@settings(max_examples=40)
@given(cases(), st.lists(st.timedeltas(timedelta(minutes=1), 12 * DAY), max_size=30))
def test_in_any_life_with_any_sleeps(case: Case, sleeps: list[timedelta]) -> None:
    """Awake at once, the bot looks whenever the decision said to; between that it may sleep, however long."""
    expires_at = case.token.expires_at
    now, heard = case.token.collected_at or expires_at, []
    for sleep in [*sleeps, 120 * DAY]:
        until = now + sleep
        outlook = case.look(now)
        heard += [(now, each) for each in outlook.due]
        while outlook.next_at is not None and outlook.next_at < now + DAY and outlook.next_at <= until:
            now = outlook.next_at
            outlook = case.look(now)
            heard += [(now, each) for each in outlook.due]
        now = until
    days_of_messages: Counter[object] = Counter()
    seen = set()
    for when, each in heard:
        zone = zone_of(case.zone(each))
        expired = each.kind is ReminderKind.EXPIRY and each.days == 0
        assert expired == (when >= expires_at)
        last_chance = not expired and first_working_moment(when, zone) >= expires_at
        assert first_working_moment(when, zone) == when or last_chance
        if each.kind is ReminderKind.EXPIRY and not expired:
            assert threshold_at(case.token, each.days, zone.key) <= when
            assert when > last_opening_before(threshold_at(case.token, each.days, zone.key), zone)
        if each.message.value == "reminders" and (each.reader, each.bundle) not in seen:
            seen.add((each.reader, each.bundle))
            days_of_messages[each.reader, local_day(when, zone)] += 1
            if days_of_messages[each.reader, local_day(when, zone)] > 1:  # only what could not wait
                assert when > case.told[each.reader] + GATHERED_FOR - timedelta(seconds=1)
                assert expires_at - when < 5 * DAY
    for role in {each.role for _, each in heard}:
        told = [each.days for _, each in heard if each.role is role and each.kind is ReminderKind.EXPIRY]
        assert told == sorted(set(told), reverse=True)


@settings(max_examples=12)
@given(cases())
def test_looking_only_when_it_is_time_misses_nothing(case: Case) -> None:
    start = case.token.expires_at - 9 * DAY
    case.change(collected_at=start)
    often = replace(case, reminded=[], told={}).live(start, case.token.expires_at + 4 * DAY, step=timedelta(minutes=30))
    rarely = replace(case, reminded=[], told={}).live(start, case.token.expires_at + 4 * DAY)
    assert sorted(each.key for _, each in often) == sorted(each.key for _, each in rarely)
    at = {each.key: when for when, each in rarely}
    assert all(timedelta() <= when - at[each.key] <= timedelta(minutes=30) for when, each in often)


@settings(max_examples=40)
@given(cases(), st.timedeltas(2 * DAY, 9 * DAY), st.timedeltas(2 * DAY, 6 * DAY))
def test_what_falls_due_in_an_outage_is_one_message_for_each_reader(
    case: Case, before: timedelta, lasts: timedelta
) -> None:
    """But for what is planned outside of their working hours: that cannot wait."""
    case.policy = replace(case.policy, reminder_days=tuple(range(1, 10)))
    gone = case.token.expires_at - before
    back = gone + lasts
    now: datetime | None = case.token.collected_at
    while now is not None and now < case.token.expires_at:
        if not gone <= now < back:
            case.waiting.clear()
        outlook = case.look(now)
        for each in outlook.due if gone <= now < back else ():
            held_up = case.waiting.get(each.reader)
            at_work = first_working_moment(now, zone_of(case.zone(each))) == now
            assert held_up is None or not at_work or each.bundle == held_up
            if held_up is None and len(each.bundle) == len("2026-09-02"):
                case.waiting[each.reader] = each.bundle
        now = outlook.next_at

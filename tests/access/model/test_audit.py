import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from access.model.audit import DONE, canonical, entry_of, entry_of_refusal
from access.model.errors import AccessError, NotPermitted, OfferedJustNow, TokenExists, TokenNotFound
from access.model.events import ThirdPartyEdited, TokenIssued
from access.model.ids import PersonId, ThirdPartyId, TokenId, WorkspaceId
from access.model.people import Role

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ANNA = PersonId("anna")


def refusal_key(role: Role, at: datetime, person: str = "mia", operation: str = "issue_token") -> str | None:
    entry = entry_of_refusal(
        TokenExists(state="active"), operation=operation, actor=PersonId(person), role=role, third_party=None, at=at
    )
    return entry.once_key


def test_an_event_is_recorded_with_what_it_knows() -> None:
    entry = entry_of(TokenIssued(ThirdPartyId("tp"), token=TokenId("t"), expires_at=NOW), ANNA, NOW)
    assert (entry.action, entry.third_party, entry.outcome, entry.actor) == ("token.issued", "tp", DONE, "anna")
    assert entry.details == {"token": "t", "expires_at": "2026-03-02T09:30:00.000000+00:00"}


def test_a_refusal_is_recorded_with_its_code() -> None:
    entry = entry_of_refusal(
        TokenExists(state="active"), operation="issue_token", actor=ANNA, role=Role.ADMIN, third_party=None, at=NOW
    )
    assert (entry.action, entry.outcome, entry.details) == ("issue_token", "token_exists", {"state": "active"})


def test_a_refusal_says_who_asked_about_what_and_when() -> None:
    entry = entry_of_refusal(
        OfferedJustNow(seconds=60, until=NOW, by=None),
        operation="resend_token",
        actor=ANNA,
        role=Role.ADMIN,
        third_party=ThirdPartyId("tp"),
        at=NOW,
    )
    assert (entry.at, entry.actor, entry.third_party) == (NOW, ANNA, "tp")
    assert entry.details == {"seconds": 60, "until": "2026-03-02T09:30:00.000000+00:00", "by": None}


def test_every_refusal_of_an_admin_is_kept() -> None:
    assert refusal_key(Role.ADMIN, NOW) is None


def test_anybody_else_gets_one_record_per_person_operation_and_hour() -> None:
    for role in (Role.MEMBER, Role.OUTSIDER, Role.AUDITOR):
        same = refusal_key(role, NOW + timedelta(minutes=29))
        assert refusal_key(role, NOW) == same
        others = {
            refusal_key(role, NOW + timedelta(minutes=31)),
            refusal_key(role, NOW, person="erik"),
            refusal_key(role, NOW, operation="collect_handoff"),
        }
        assert len(others | {same}) == 4


def test_who_may_not_ask_at_all_gets_one_record_for_all_third_parties() -> None:
    def key(refusal: AccessError, third_party: str) -> str | None:
        about = ThirdPartyId(third_party)
        return entry_of_refusal(
            refusal, operation="revoke_token", actor=ANNA, role=Role.MEMBER, third_party=about, at=NOW
        ).once_key

    denied = NotPermitted(right="serve", role="member")
    assert key(denied, "one") == key(denied, "other")
    allowed = TokenExists(state="active")
    assert len({key(allowed, "one"), key(allowed, "other"), key(TokenNotFound(), "one"), key(denied, "one")}) == 4


def test_the_bytes_that_are_chained_cover_every_field() -> None:
    entry = entry_of(ThirdPartyEdited(ThirdPartyId("tp"), fields=("name", "owner")), ANNA, NOW)
    whole = canonical(WorkspaceId("T1"), 7, entry)
    assert json.loads(whole)["details"] == {"fields": ["name", "owner"]}
    others = [
        canonical(WorkspaceId("T2"), 7, entry),
        canonical(WorkspaceId("T1"), 8, entry),
        canonical(WorkspaceId("T1"), 7, replace(entry, at=NOW + timedelta(microseconds=1))),
        canonical(WorkspaceId("T1"), 7, replace(entry, actor=None)),
        canonical(WorkspaceId("T1"), 7, replace(entry, action="x")),
        canonical(WorkspaceId("T1"), 7, replace(entry, third_party=None)),
        canonical(WorkspaceId("T1"), 7, replace(entry, outcome="x")),
        canonical(WorkspaceId("T1"), 7, replace(entry, details={})),
        canonical(WorkspaceId("T1"), 7, replace(entry, once_key="x")),
    ]
    assert len({whole, *others}) == 10


def test_the_bytes_do_not_depend_on_the_time_zone_they_were_written_in() -> None:
    entry = entry_of(ThirdPartyEdited(ThirdPartyId("tp"), fields=()), ANNA, NOW)
    elsewhere = replace(entry, at=NOW.astimezone(timezone(timedelta(hours=5, minutes=30))))
    assert canonical(WorkspaceId("T1"), 1, entry) == canonical(WorkspaceId("T1"), 1, elsewhere)


@pytest.mark.usefixtures("in_kolkata")
def test_hours_and_instants_are_those_of_utc_wherever_the_bot_runs() -> None:
    late = NOW.replace(minute=59)
    assert (
        refusal_key(Role.MEMBER, NOW) == refusal_key(Role.MEMBER, late) == "mia:issue_token::token_exists:2026-03-02T09"
    )
    entry = entry_of(TokenIssued(ThirdPartyId("tp"), token=TokenId("t"), expires_at=NOW), ANNA, NOW)
    assert entry.details["expires_at"] == "2026-03-02T09:30:00.000000+00:00"
    assert b'"at":"2026-03-02T09:30:00.000000+00:00"' in canonical(WorkspaceId("T1"), 7, entry)
    denied = entry_of_refusal(
        NotPermitted(), operation="issue_token", actor=ANNA, role=Role.MEMBER, third_party=ThirdPartyId("tp"), at=NOW
    )
    assert denied.once_key == "anna:issue_token:2026-03-02T09"


def test_the_bytes_stay_the_same_from_version_to_version() -> None:
    entry = entry_of(ThirdPartyEdited(ThirdPartyId("tp"), fields=("name",)), ANNA, NOW)
    assert canonical(WorkspaceId("T1"), 7, entry) == (
        b'{"action":"third_party.edited","actor":"anna","at":"2026-03-02T09:30:00.000000+00:00",'
        b'"details":{"fields":["name"]},"number":7,"once_key":null,"outcome":"done","third_party":"tp","workspace":"T1"}'
    )

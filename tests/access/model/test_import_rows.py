"""What rows say, and a thousand that say something wrong: each is named, in its line and column."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product

import pytest

from access.model.import_plan import Known, plan_import
from access.model.import_rows import COLUMNS, REQUIRED, ImportedParty, parties_of
from access.model.people import Role, SlackPerson, SlackUser
from access.model.sheet import Problem, Record, Sheet, Wrong
from access.model.token import TokenOrigin
from bot.cli.import_words import plan_in_words, reason_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET, OTHER = "former-token-0001", "former-secret-0001"
OURS = "tpt_0123456789ABCDEFGHIJ0123456789"
GOOD: Mapping[str, str] = {
    "name": "Acme Corp",
    "callback_url": "https://acme.example/callback",
    "owner": "U01ANNABERG",
    "deputy_owner": "ben@meadow.example",
    "contact": "carla@acme.example",
    "notes": "some notes",
    "enabled": "yes",
    "client_id": "acme-client",
    "token_kind": "migrated",
    "token": SECRET,
    "client_secret": OTHER,
    "issued_at": "2026-01-15",
    "expires_at": "2026-07-15T09:00+02:00",
    "delivered": "yes",
}

_UNSEEN = ["\u200b", "\u202e", "\x00", "\x07", "\x1b", "\ue000", "\u00ad", "\ufeff", "\u2066"]
_SPOILT_NAMES = ["", "   ", "x" * 81, "\uff21" * 81, *(f"Ac{each}me" for each in _UNSEEN), OURS, f"to {OURS}"]
_SPOILT_URLS = [
    "acme.example",
    "http://acme.example",
    "ftp://acme.example",
    "https://",
    "https://acme.example/#x",
    "https://a:b@acme.example",
    "https://acme.example/ x",
    "https://[bad",
    "https://acme.example:port",
    "https://acme.example/" + "x" * 2_000,
    "javascript:alert(1)",
    f"https://acme.example/?t={OURS}",
    f"https://acme.example/?t={SECRET}",
]
_SPOILT_PEOPLE = [
    *("anna", "@anna", "Anna Berg", "C01GENERAL0", "u01annaberg", "U 01", "<@U01ANNABERG>", "a@b@c", "a b@c.d"),
    *("@", "x@", "#anna", "U01,U02", "https://x.example"),
]
_SPOILT_TIMES = [
    *("31.03.2026", "3/31/2026", "2026-13-01", "2026-02-30", "yesterday", "46112", "2026-03-31T25:00"),
    *("1999-12-31", "2150-01-01", "0001-01-01", "9999-12-31T23:59-12:00", ""),
]
_SPOILT_WORDS = ["ja", "y", "1", "maybe", "yes!", "wahr", "0", "n", "on", "off"]
_SPOILT_SECRETS = [
    *("short", "1234567", "x" * 4_097, "with space in it", "schl\u00fcssel-1234", "emoji-\U0001f511-1234"),
    *(OURS, OURS.upper(), "tab\there-1234"),
]
SPOILT: Mapping[str, list[str]] = {
    "name": _SPOILT_NAMES,
    "callback_url": _SPOILT_URLS,
    "owner": ["", *_SPOILT_PEOPLE, OURS],
    "deputy_owner": [*_SPOILT_PEOPLE, OURS],
    "contact": [*_SPOILT_PEOPLE, OURS],
    "notes": ["x" * 501, OURS, f"it is {SECRET}", f"AGE-SECRET-KEY-1{'Q' * 58}"],
    "enabled": _SPOILT_WORDS,
    "client_id": ["x" * 256, "schlüssel", "a\tb", OURS, SECRET],
    "token_kind": ["", "issued", "imported", "old", "extern"],
    "token": ["", *_SPOILT_SECRETS],
    "client_secret": [SECRET, *_SPOILT_SECRETS],
    "issued_at": ["2026-03-03", "2026-07-16", *_SPOILT_TIMES],
    "expires_at": ["2026-01-14", "2025-07-15", *_SPOILT_TIMES],
    "delivered": ["", *_SPOILT_WORDS],
}


REMINDED_OF = {"token_kind": "external", "token": "", "client_secret": "", "delivered": ""}


def catalogue() -> Iterator[dict[str, str]]:
    """Rows in which something is wrong: in one column, or in two."""
    one = [(column, cell) for column, cells in SPOILT.items() for cell in cells]
    yield from ({column: cell} for column, cell in one)
    for (column, cell), (other, further) in product(one[::3], one[1::3]):
        if column != other:
            yield {column: cell, other: further}


ROWS = list(catalogue())


def read(*rows: Mapping[str, str]) -> tuple[list[ImportedParty], list[Problem]]:
    records = [Record(line, {**GOOD, **row}) for line, row in enumerate(rows, 2)]
    parties, problems = parties_of(Sheet(COLUMNS, records, []), NOW)
    return list(parties), list(problems)


def test_a_good_row_says_everything() -> None:
    [party], problems = read({})
    assert problems == []
    assert party == ImportedParty(
        line=2,
        name="Acme Corp",
        owner="U01ANNABERG",
        callback_url="https://acme.example/callback",
        deputy_owner="ben@meadow.example",
        contact="carla@acme.example",
        notes="some notes",
        enabled=True,
        client_id=party.client_id,
    )
    [token] = party.tokens
    assert (token.origin, token.delivered) == (TokenOrigin.MIGRATED, True)
    assert token.issued_at == datetime(2026, 1, 15, tzinfo=UTC)
    assert token.expires_at == datetime(2026, 7, 15, 7, tzinfo=UTC)
    assert REQUIRED == ("name", "owner")


def test_a_day_alone_is_over_with_its_last_second() -> None:
    [party], _ = read({"expires_at": "2026-07-15"})
    assert party.tokens[0].expires_at == datetime(2026, 7, 15, 23, 59, 59, tzinfo=UTC)


def test_there_are_a_thousand_kinds_of_bad_row() -> None:
    assert len(ROWS) >= 1_000


def test_each_of_a_thousand_bad_rows_is_named_with_line_and_column_and_no_reason_repeats_a_secret() -> None:
    for number, row in enumerate(ROWS):
        _, problems = read({"name": "Other", "client_id": "other", **REMINDED_OF}, row)
        assert problems, row
        named = {problem.column for problem in problems}
        may_name = row.keys() | {"token", "client_secret", "expires_at", "delivered", "token_kind"}
        assert named & may_name, (number, row)
        assert {problem.line for problem in problems} == {3}
        said = " ".join(map(reason_of, problems))
        assert OURS not in said
        assert SECRET not in said
        assert "{" not in said


@pytest.mark.parametrize("column", [column for column in GOOD if column != "name"][:7])
def test_rows_of_one_third_party_have_to_agree(column: str) -> None:
    other = {"callback_url": "", "deputy_owner": "", "contact": "", "notes": "", "enabled": "no", "client_id": ""}
    row = {column: other.get(column, "U02BENITO00"), "token": "another-token-1", "client_secret": ""}
    _, problems = read({}, {**row, "name": "ACME  corp"})
    assert {(each.line, each.column, each.detail) for each in problems} == {(3, "name", "2"), (3, column, "2")}


def test_two_tokens_of_an_export_may_have_the_same_times() -> None:
    row = {**REMINDED_OF, "token_kind": "migrated", "token_state": "active"}
    [party], problems = read(row, row)
    assert (len(party.tokens), problems) == (2, [])


@pytest.mark.parametrize("name", [OURS, f"our {SECRET}"])
def test_a_name_that_holds_a_secret_is_shown_to_nobody(name: str) -> None:
    parties, problems = read({"name": name})
    assert (parties, [problem.column for problem in problems]) == ([], ["name"])


def test_where_anything_is_wrong_nobody_is_named() -> None:
    known = Known(kept={}, client_ids={}, digests={}, people=PEOPLE, ids={})
    for row, named in (({}, True), ({"enabled": "perhaps"}, False)):
        assert ("Acme" in plan_in_words(plan_import(*read(row), known, NOW))) is named


def test_a_secret_stands_in_a_file_once() -> None:
    _, problems = read({}, {"name": "Other", "client_id": "", "client_secret": ""})
    assert problems == [Problem(3, "token", Wrong.TOKEN_TWICE, "2")]
    _, problems = read({}, {"name": "Other", "token": "another-token-1", "client_secret": ""})
    assert problems == [Problem(3, "client_id", Wrong.CLIENT_ID_TWICE, "2")]


def test_of_an_external_token_without_its_secret_people_are_only_reminded() -> None:
    [party], problems = read({**REMINDED_OF, "delivered": "no"})
    assert problems == []
    assert (party.tokens[0].token, party.tokens[0].delivered) == (None, True)
    _, problems = read(REMINDED_OF, REMINDED_OF)
    assert problems == [Problem(3, "", Wrong.ROW_TWICE, "2")]


@pytest.mark.parametrize("state", ["pending", "expired", "retired", "revoked"])
def test_what_has_ended_or_nobody_has_is_left_out_of_an_export_that_is_imported(state: str) -> None:
    row = {**REMINDED_OF, "token_kind": "issued", "token_state": state}
    [party], problems = read(row)
    assert (party.tokens, party.left_out, problems) == ((), 1, [])


@pytest.mark.parametrize("kind", ["issued", "migrated"])
def test_what_comes_out_of_an_export_without_its_secret_is_reminded_of(kind: str) -> None:
    [party], problems = read({**REMINDED_OF, "token_kind": kind, "token_state": "active"})
    assert problems == []
    assert party.tokens[0].origin is TokenOrigin.EXTERNAL


def test_what_has_expired_is_left_out() -> None:
    [party], problems = read({"issued_at": "2025-01-15", "expires_at": "2025-07-15"})
    assert (party.tokens, party.left_out, problems) == ((), 1, [])


def person(user_id: str, role: Role = Role.MEMBER, *, is_guest: bool = False) -> SlackPerson:
    return SlackPerson(SlackUser(user_id, "T0"), role, is_guest=is_guest)


PEOPLE: Mapping[str, SlackPerson | None] = {
    "U01ANNABERG": person("U01ANNABERG", Role.ADMIN),
    "ben@meadow.example": person("U02BENITO00", Role.ADMIN),
    "carla@acme.example": person("U05CARLARUZ", Role.OUTSIDER, is_guest=True),
}


def planned(
    *rows: Mapping[str, str], people: Mapping[str, SlackPerson | None] = PEOPLE, has_emails: bool = True
) -> list[tuple[int, str, str]]:
    parties, problems = read(*rows)
    known = Known(kept={}, client_ids={}, digests={}, people=people, ids={}, has_emails=has_emails)
    return [(each.line, each.column, reason_of(each)) for each in plan_import(parties, problems, known, NOW).problems]


def test_people_have_to_suit() -> None:
    assert planned({}) == []
    [(line, column, why)] = planned({}, people={**PEOPLE, "carla@acme.example": PEOPLE["U01ANNABERG"]})
    assert (line, column) == (2, "contact")
    assert "an admin never sees credentials" in why
    [(_, column, why)] = planned({}, people={**PEOPLE, "U01ANNABERG": PEOPLE["carla@acme.example"]})
    assert (column, "not a guest" in why) == ("owner", True)
    [(_, column, why)] = planned({}, people={**PEOPLE, "ben@meadow.example": PEOPLE["U01ANNABERG"]})
    assert (column, "two people" in why) == ("deputy_owner", True)
    [(_, column, why)] = planned({}, people={**PEOPLE, "carla@acme.example": None})
    assert (column, "Slack knows nobody" in why) == ("contact", True)
    [(_, column, why)] = planned({}, people={**PEOPLE, "carla@acme.example": None}, has_emails=False)
    assert (column, "users:read.email" in why) == ("contact", True)


def test_at_most_two_tokens_of_a_third_party_and_one_that_waits() -> None:
    rows = [{"token": f"token-number-{number}", "client_secret": "", "delivered": "no"} for number in range(3)]
    assert [(line, column) for line, column, _ in planned(*rows)] == [(3, "delivered"), (4, "")]

"""What the Home tab says to whom, and where a press in it leads."""

import json
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.home import SEARCH_LIMIT, Filter, Look
from access.model.ids import ThirdPartyId
from access.model.months import Month
from handlers import ids
from handlers.register import PRESSES
from handlers.views.home_look import begun_anew, chosen_value, look_after, metadata_of, parse_look
from handlers.views.kit import Spoken, View
from handlers.views.months import chart
from sandbox.reading import read_blocks
from tests.fakes import MONDAY_MORNING
from tests.handlers.views.home_gallery import home_tabs

TABS = dict(home_tabs("Acme Corp"))
PARTY = ThirdPartyId("a" * 26)
NAVIGATION = {ids.HOME_SEARCH, ids.HOME_FILTER, ids.HOME_NEXT, ids.HOME_START, ids.HOME_ALL}
DECIDES = {ids.APPROVE, ids.REJECT, ids.REPLACE, ids.LIFT, ids.GRANT_REQUEST, ids.DECLINE_REQUEST}
ACTS = DECIDES | {ids.RENEW_REMINDED, ids.RESEND, ids.EDIT, ids.ADD}


def reading(tab: str) -> str:
    blocks = [dict(block) for block in TABS[tab]["blocks"]]
    return read_blocks(blocks, names=lambda each: each, now=MONDAY_MORNING, tz=UTC)


def elements(view: View) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for block in view["blocks"]:
        found += block.get("elements", []) if block["type"] == "actions" else []
        found += [block[part] for part in ("accessory", "element") if part in block]
    return found


def actions_of(tab: str) -> set[str]:
    return {each["action_id"] for each in elements(TABS[tab])}


def test_everything_that_can_be_pressed_has_its_handling() -> None:
    assert set().union(*map(actions_of, TABS)) <= set(PRESSES)


def test_the_fullest_tab_fits_with_room_to_spare() -> None:
    assert 80 < len(TABS["home: full"]["blocks"]) <= 100
    assert len(json.dumps(TABS["home: full"]).encode()) < 100_000
    assert len(TABS["home: full"]["private_metadata"]) < 1_500


def test_an_admin_can_mend_each_thing_that_waits() -> None:
    assert actions_of("home: full") >= ACTS | NAVIGATION | {ids.SHOW, ids.TEST}


def test_what_one_has_proposed_oneself_another_one_approves() -> None:
    approved = [each["value"] for each in elements(TABS["home: full"]) if each["action_id"] == ids.APPROVE]
    assert approved == ["proposal:key"]
    assert "They give a public key, which is approved together with them: age SHA256:" in reading("home: full")
    assert "You proposed it, so another admin approves it." in reading("home: full")


def test_an_auditor_looks_and_changes_nothing() -> None:
    assert not actions_of("home: auditor") & ACTS
    assert "What waits for an admin" in reading("home: auditor")
    assert "You may look at everything here, and change nothing." in reading("home: auditor")


def test_an_owner_serves_and_decides_nothing() -> None:
    assert not actions_of("home: owner") & {
        ids.APPROVE,
        ids.REJECT,
        ids.APPROVE_KEY,
        ids.REPLACE,
        ids.LIFT,
        ids.ADD,
        ids.EDIT,
    }
    assert actions_of("home: owner") >= {ids.GRANT_REQUEST, ids.RENEW_REMINDED, ids.RESEND}
    assert "The third parties that you own" in reading("home: owner")
    assert "What you hold" in reading("home: owner")


def test_a_contact_sees_what_they_hold_and_nothing_of_anybody_else() -> None:
    assert actions_of("home: contact") <= {
        *(ids.OPEN_HANDOFF, ids.ASK, ids.TEST_MINE, ids.HOLDINGS, ids.ADD_KEY, ids.REMOVE_KEY)
    }
    assert {ids.OPEN_HANDOFF, ids.TEST_MINE} <= actions_of("home: contact")
    assert "private_metadata" not in TABS["home: contact"]
    assert "What you hold" in reading("home: contact")


def test_who_is_no_contact_any_more_can_press_nothing() -> None:
    assert actions_of("home: former contact") == set()


@pytest.mark.parametrize("tab", ["home: nobody", "home: unavailable"])
def test_anybody_else_learns_what_this_is_and_no_name(tab: str) -> None:
    assert "Third parties' access to our API." in reading(tab)
    assert "Acme" not in reading(tab)
    assert elements(TABS[tab]) == []


def test_where_nothing_waits_that_is_said() -> None:
    assert "Nothing needs you now." in reading("home: new")
    assert "There is no third party yet." in reading("home: new")


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("home: full", "whose name begins with"),
        ("home: full", "There are too many to look into every name"),
        ("home: full", "I looked at 1,000 third parties for this page"),
        ("home: full", "Only: credentials not collected."),
        ("home: full", "At least 197 more not shown."),
        ("home: nothing more", "There are no more."),
        ("home: nothing found", "None was found."),
        ("home: nothing yet", "whose name contains Acme Corp. None was found yet."),
        ("home: used", "never used"),
        ("home: used", "last used"),
    ],
)
def test_what_is_not_plain_is_said(tab: str, said: str) -> None:
    assert said in reading(tab)


looks = st.builds(
    Look,
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=SEARCH_LIMIT).map(
        lambda text: " ".join(text.split())
    ),
    st.sampled_from(Filter),
    st.none() | st.just(PARTY),
    st.integers(0, 999),
)


@given(looks)
def test_what_is_written_down_is_read_again(look: Look) -> None:
    assert parse_look(metadata_of(look)) == look
    assert len(metadata_of(look)) < 1_500


@pytest.mark.parametrize(
    "metadata",
    [
        *("", "null", "{}", "[]", "[" * 5_000, "7", '["","all","",-1]', '["","all","",1000]', '["","other","",0]'),
        *('["","all","",0,1]', '[1,"all","",0]', '["","all",null,0]', '["","all","",0.5]', '{"search":"x"}'),
    ],
)
def test_anything_else_is_the_beginning_of_the_list(metadata: str) -> None:
    assert parse_look(metadata) == Look()


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=6).map(json.dumps))
def test_no_metadata_breaks_it(metadata: str) -> None:
    look = parse_look(metadata)
    assert parse_look(metadata_of(look)) == look


def test_an_id_that_is_none_is_the_first_page() -> None:
    assert parse_look('["x","enabled","../../etc",3]') == Look("x", Filter.ENABLED, None, 3)
    assert look_after(Look(), ids.HOME_NEXT, "' OR 1=1 --").after is None


SOMEWHERE = Look("acme", Filter.ENABLED, PARTY, 4)


@pytest.mark.parametrize(
    ("action", "value", "there"),
    [
        (ids.HOME_SEARCH, "  Zebra \n Ltd ", Look("Zebra Ltd", Filter.ENABLED, None, 5)),
        (ids.HOME_SEARCH, "", Look("", Filter.ENABLED, None, 5)),
        (ids.HOME_SEARCH, "x" * 500, Look("x" * 80, Filter.ENABLED, None, 5)),
        (ids.HOME_FILTER, "suspended", Look("acme", Filter.SUSPENDED, None, 4)),
        (ids.HOME_FILTER, "of another version", SOMEWHERE),
        (ids.HOME_NEXT, "b" * 26, replace(SOMEWHERE, after=ThirdPartyId("b" * 26))),
        (ids.HOME_START, "", replace(SOMEWHERE, after=None)),
        (ids.HOME_ALL, "", Look(turn=5)),
        (ids.SHOW, PARTY, SOMEWHERE),
        ("unknown", "x", SOMEWHERE),
    ],
)
def test_where_a_press_leads(action: str, value: str, there: Look) -> None:
    assert look_after(SOMEWHERE, action, value) == there


def test_the_field_begins_anew_again_and_again() -> None:
    assert begun_anew(Look(turn=999)) == Look(turn=0)


def test_nothing_that_looks_like_a_secret_is_looked_for() -> None:
    token = "tpt_" + "0" * 49
    assert look_after(Look(), ids.HOME_SEARCH, f"x {token}").search == ""
    assert parse_look(json.dumps([token, "all", "", 0])).search == ""


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ({"selected_option": {"value": "enabled"}}, "enabled"),
        ({"selected_option": None, "value": "typed"}, "typed"),
        ({"selected_option": {"value": 7}}, 7),
        ({"value": None}, None),
        ({}, None),
    ],
)
def test_what_a_press_carries(action: dict[str, Any], value: object) -> None:
    assert chosen_value(action) == value


def test_the_chart_says_in_words_what_it_shows() -> None:
    months = [Month(2026, 3, 1), Month(2026, 4, 0), Month(2026, 5, 40), Month(2026, 6, 1_000, exact=False)]
    _, drawn, _ = chart(months, "Europe/Berlin")
    assert isinstance(drawn, Spoken)
    (text,) = drawn.lines
    assert text == (
        "Tokens that expire in each month: March 2026: 1, April 2026: none, May 2026: 40, June 2026: 1,000 or more."
    )
    lines = drawn.block["elements"][0]["elements"][0]["text"].splitlines()
    assert [line.count("█") for line in lines] == [0, 1, 0, 1, 20]
    assert lines[2].startswith("April 2026")
    assert lines[2].endswith("none")


def test_where_nothing_expires_there_is_no_chart() -> None:
    assert list(chart([], "UTC")) == []

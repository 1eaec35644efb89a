from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model.people import SlackUser
from handlers.mrkdwn import code, command, days, escape, instant, person, quote, quoted, shortened, strong
from sandbox.reading import read_mrkdwn

LOOK_ALIKES = str.maketrans(
    {
        "\N{ASTERISK OPERATOR}": "*",
        "\N{MODIFIER LETTER LOW MACRON}": "_",
        "\N{TILDE OPERATOR}": "~",
        "\N{MODIFIER LETTER GRAVE ACCENT}": "`",
        "\N{RATIO}": ":",
    }
)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1) | st.text("*_~`:<>&|@!#aé ", min_size=1)


def read(text: str) -> str:
    return read_mrkdwn(text, names=lambda found: f"SOMEONE {found}", now=datetime(2026, 3, 2, tzinfo=UTC), tz=UTC)


@given(NAMES)
def test_what_was_typed_is_what_is_read(name: str) -> None:
    assert read(f"the name {escape(name)} is shown").translate(LOOK_ALIKES) == f"the name {name} is shown".translate(
        LOOK_ALIKES
    )


@given(NAMES)
def test_code_is_read_as_it_was_typed(text: str) -> None:
    assert read(code(text)).translate(LOOK_ALIKES) == text.translate(LOOK_ALIKES)


@given(NAMES)
def test_an_escaped_name_is_at_most_five_times_as_long(name: str) -> None:
    assert len(escape(name)) <= 5 * len(name) + 2


@pytest.mark.parametrize("name", ["acme_corp_eu", "3*4", "Acme: North", "10:30", "C&A"])
def test_a_mark_that_formats_nothing_stays(name: str) -> None:
    assert escape(name) == name.replace("&", "&amp;")


@pytest.mark.parametrize("name", ["*a*", "_a_", "~a~", "`a`", ":tada:", "**", "a *b* c"])
def test_a_mark_that_would_format_is_replaced(name: str) -> None:
    assert not set("*_~`").intersection(escape(name))
    assert ":tada:" not in escape(name)


def test_right_to_left_text_is_isolated() -> None:
    name = "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}"
    assert strong(name) == f"*\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}*"
    assert code(name) == f"`{name}`"


def test_a_command_is_written_as_it_is_typed() -> None:
    assert command("enable", "Acme") == "`/thirdparty enable Acme`"
    assert command("enable", "Acme Corp") == '`/thirdparty enable "Acme Corp"`'
    assert command("contact", "Acme Corp", "@user") == '`/thirdparty contact "Acme Corp" @user`'
    assert command("list") == "`/thirdparty list`"


def test_quotes_and_backslashes_in_a_name_are_marked() -> None:
    assert quoted('The "Acme"') == r'"The \"Acme\""'
    assert quoted("a\\b") == r'"a\\b"'
    assert quoted("O'Neill") == '"O\'Neill"'
    assert quoted("@acme") == '"@acme"'
    assert quoted("“Acme”") == '"“Acme”"'


def test_foreign_lines_are_set_off() -> None:
    assert quote("first\n> second & *third*") == (
        "> first\n> &gt; second &amp; \N{ASTERISK OPERATOR}third\N{ASTERISK OPERATOR}"
    )


def test_a_person_is_a_mention() -> None:
    assert person(SlackUser("U0ANNA", "T0")) == "<@U0ANNA>"
    assert person(None) == "someone whose account is not known any more"


def test_an_instant_is_read_in_each_readers_time_zone() -> None:
    at = datetime(2026, 11, 23, 15, 0, tzinfo=timezone(timedelta(hours=1)))
    assert instant(at) == "<!date^1795442400^{date_short_pretty} at {time}|2026-11-23 14:00 UTC>"
    assert read_mrkdwn(instant(at), names=str, now=at, tz=ZoneInfo("America/New_York")) == "today at 9:00 AM"


def test_a_long_text_is_shortened_and_says_so() -> None:
    assert shortened("abcd", 4) == "abcd"
    assert shortened("abcde", 4) == "abc…"


def test_a_length_of_days_in_words() -> None:
    assert [days(timedelta(days=count)) for count in (1, 7)] == ["1 day", "7 days"]

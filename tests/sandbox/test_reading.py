"""What a person reads of what the bot sends, and that nothing it sends can break the reading."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import reading
from sandbox.dates import read_date
from tests.sandbox.parts import actions, button, confirm, menu, mrkdwn, option, plain, question, rich, rich_section

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {"U1": "Anna Berg", "C1": "general", "S1": "access-admins"}


def name(id_: str) -> str:
    return NAMES.get(id_, "somebody")


def read(*blocks: Any) -> str:
    return reading.read_blocks(list(blocks), names=name, now=NOW, tz=BERLIN)


def mrkdwn_read(text: str) -> str:
    return reading.read_mrkdwn(text, names=name, now=NOW, tz=BERLIN)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("*bold* _italic_ ~struck~ `code`", "bold italic struck code"),
        ("*_both_* and _*both*_", "both and both"),
        ("*<@U1>* approved", "@Anna Berg approved"),
        ("5 * 3 * 2, snake_case_name, a~b~c", "5 * 3 * 2, snake_case_name, a~b~c"),
        ("`*literal* &lt;b&gt;`", "*literal* <b>"),
        ("before\n```\nKEY=*1*\nTOKEN=_2_\n```\nafter", "before\nKEY=*1*\nTOKEN=_2_\nafter"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("&lt;@U1&gt;", "<@U1>"),
        ("<@U1> <@U1|anna> <#C1> <#C1|general>", "@Anna Berg @Anna Berg #general #general"),
        ("<!subteam^S1> <!subteam^S1|@access-admins>", "@access-admins @access-admins"),
        ("<!here> <!channel> <!everyone> <!new|label>", "@here @channel @everyone label"),
        ("<https://a.example/?x=1&amp;y=2|the page>", "the page (https://a.example/?x=1&y=2)"),
        ("<https://a.example> <https://a.example|https://a.example>", "https://a.example https://a.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("&gt; quoted\nnot", "| quoted\nnot"),
        ("<", "<"),
        ("<>", "<>"),
        ("```", "```"),
    ],
)
def test_mrkdwn_reads_as_slack_shows_it(written: str, seen: str) -> None:
    assert mrkdwn_read(written) == seen


@pytest.mark.parametrize(
    ("form", "seen"),
    [
        ("{date_num}", "2026-03-11"),
        ("{date_slash}", "03/11/2026"),
        ("{date}", "March 11th"),
        ("{date_short}", "Mar 11"),
        ("{date_long}", "Wednesday, March 11th"),
        ("{date_short_pretty} at {time}", "tomorrow at 12:30 AM"),
        ("{time_secs}", "12:30:05 AM"),
        ("{ago}", "in 11 hours"),
        ("{unheard_of}", "{unheard_of}"),
    ],
)
def test_a_date_reads_in_the_readers_time_zone(form: str, seen: str) -> None:
    at = datetime(2026, 3, 10, 23, 30, 5, tzinfo=UTC)
    assert mrkdwn_read(f"<!date^{at.timestamp():.0f}^{form}|fallback>") == seen


@pytest.mark.parametrize(
    ("away", "seen"),
    [
        (timedelta(days=-1), "yesterday"),
        (timedelta(0), "today"),
        (timedelta(days=1), "tomorrow"),
        (timedelta(days=2), "Mar 12"),
        (timedelta(days=300), "Jan 4, 2027"),
    ],
)
def test_a_date_nearby_has_a_name_and_one_far_away_a_year(away: timedelta, seen: str) -> None:
    stamp = f"{(NOW + away).timestamp():.0f}"
    assert read_date(stamp, "{date_short_pretty}", "fallback", now=NOW, tz=BERLIN) == seen


def test_days_have_their_english_endings() -> None:
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)]
    seen = [read_date(f"{day.timestamp():.0f}", "{date}", "", now=NOW, tz=UTC).removeprefix("March ") for day in days]
    assert seen == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st"]


def test_how_long_ago_something_was() -> None:
    spans = [timedelta(days=-2), timedelta(minutes=-1), timedelta(seconds=30), timedelta(0)]
    seen = [read_date(f"{(NOW + span).timestamp():.0f}", "{ago}", "", now=NOW, tz=UTC) for span in spans]
    assert seen == ["2 days ago", "1 minute ago", "in 30 seconds", "now"]


def test_a_date_may_carry_a_link() -> None:
    assert mrkdwn_read("<!date^1773144000^{date_num}^https://a.example|then>") == "2026-03-10 (https://a.example)"


@pytest.mark.parametrize("stamp", ["", "soon", "1.5", "9" * 30, "-" + "9" * 30, "253402300799", "9" * 5000])
def test_a_date_that_is_none_reads_as_its_fallback(stamp: str) -> None:
    assert mrkdwn_read(f"<!date^{stamp}^{{date}}|in a while>") == "in a while"


def test_a_message_reads_from_top_to_bottom() -> None:
    text = read(
        {"type": "header", "text": plain("Acme &amp; Sons")},
        {
            "type": "section",
            "text": mrkdwn("*Contact* <@U1>"),
            "fields": [mrkdwn("*Enabled*\nno"), plain("Active")],
            "accessory": button(text=plain("Edit")),
        },
        {"type": "divider"},
        {
            "type": "context",
            "elements": [
                {"type": "image", "image_url": "https://a.example", "alt_text": "a key"},
                mrkdwn("since _May_"),
            ],
        },
        actions(button(text=plain("Approve"), confirm=confirm(text=plain("Really?"))), button(text=plain("Reject"))),
    )
    assert text.split("\n") == [
        "Acme & Sons",
        "Contact @Anna Berg",
        "Enabled",
        "no",
        "Active",
        "[Edit]",
        "————",
        "(image: a key) since May",
        "[Approve]  [Reject]",
    ]


def test_inputs_read_as_a_form_to_fill_in() -> None:
    text = read(
        question(label=plain("Name"), hint=plain("80 characters at most")),
        question({"type": "url_text_input", "initial_value": "https://a.example"}, label=plain("URL"), optional=True),
        question(menu(initial_option=option("Later")), label=plain("When")),
        question(
            {"type": "checkboxes", "options": [option("A")], "initial_options": [option("A")]}, label=plain("Which")
        ),
    )
    assert text.split("\n") == [
        "Name: ____",
        "80 characters at most",
        "URL (optional): https://a.example",
        "When: Later",
        "Which: A",
    ]


def test_menus_show_what_they_ask() -> None:
    overflow = {"type": "overflow", "options": [option("Edit"), option("Remove")]}
    chosen = menu(initial_option=option("Now"))
    people = {"type": "users_select", "placeholder": plain("Choose a contact")}
    assert read(actions(overflow, chosen, people, {**people, "placeholder": None})) == (
        "[Edit | Remove]  [Now ▾]  [Choose a contact ▾]  [Choose ▾]"
    )


def test_rich_text_reads_as_plain_text_and_keeps_what_is_preformatted() -> None:
    credentials = "THIRDPARTY_CLIENT_ID=acme\nTHIRDPARTY_TOKEN=*_~&lt;"
    inline: list[Any] = [
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": " of "},
        {"type": "channel", "channel_id": "C1"},
        {"type": "text", "text": " and "},
        {"type": "usergroup", "usergroup_id": "S1"},
        {"type": "broadcast", "range": "here"},
        {"type": "emoji", "name": "key"},
        {"type": "link", "url": "https://a.example", "text": "page"},
        {"type": "date", "timestamp": int(NOW.timestamp()), "format": " {date_num}"},
        {"type": "color", "value": "#fff"},
    ]
    items = [rich_section({"type": "text", "text": word}) for word in ("one", "two")]
    text = read(
        rich(
            rich_section(*inline),
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": credentials}]},
            {"type": "rich_text_list", "style": "ordered", "elements": items},
            {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": items[:1]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said\ntwice"}]},
        )
    )
    assert text == (
        "@Anna Berg of #general and @access-admins@here:key:page (https://a.example) 2026-03-10#fff\n"
        f"{credentials}\n1. one\n2. two\n  • one\n| said\n| twice"
    )


def test_what_is_unknown_is_said_to_be_there() -> None:
    unknown = "(this cannot be shown here)"
    assert read({"type": "video"}, {}, rich({"type": "poem"})) == "\n".join([unknown] * 3)
    assert reading.read_blocks(None, names=name, now=NOW, tz=UTC) == ""
    assert reading.read_blocks("words", names=name, now=NOW, tz=UTC) == ""


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x07", "\r", "\x00", "\x9b31m", "\u202e", "\u2066", "\x7f", "\ud800"])
def test_nothing_that_a_terminal_obeys_gets_through(hidden: str) -> None:
    texts = [plain(f"a{hidden}b"), mrkdwn(f"a{hidden}b <https://x|{hidden}> `{hidden}`")]
    shown = [
        read({"type": "section", "text": texts[0], "fields": texts, "accessory": button(text=texts[0])}),
        read(question({"type": "plain_text_input", "initial_value": hidden}, label=texts[0], hint=texts[0])),
        read(rich(rich_section({"type": "text", "text": hidden}, {"type": "link", "url": hidden, "text": "a"}))),
        reading.read_text(texts[1], names=lambda _: hidden, now=NOW, tz=UTC),
        reading.read_mrkdwn("<@U1><!subteam^S1>", names=lambda _: hidden, now=NOW, tz=UTC),
    ]
    assert all(hidden[0] not in text for text in shown)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
KINDS = [
    *("header", "section", "divider", "context", "actions", "input", "image", "rich_text", "rich_text_list"),
    *("rich_text_section", "button", "overflow", "users_select", "text", "link", "user", "date", "mrkdwn"),
]
FIELDS = [
    *("text", "fields", "elements", "element", "label", "options"),
    *("initial_option", "user_id", "timestamp", "indent", "url"),
]
BROKEN = st.fixed_dictionaries({"type": st.sampled_from(KINDS)}, optional=dict.fromkeys(FIELDS, ANYTHING))
NESTED = st.recursive(
    BROKEN | ANYTHING,
    lambda inner: st.builds(
        lambda part, name, held: {**part, name: held},
        BROKEN,
        st.sampled_from(["elements", "element", "accessory", "text", "options"]),
        inner | st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@given(st.lists(NESTED, max_size=3))
def test_broken_blocks_are_read_as_far_as_they_go(blocks: list[Any]) -> None:
    assert isinstance(read(*blocks), str)


@given(st.text(alphabet=st.characters() | st.sampled_from("<>@#!|^*_~`&;\n{}0123")))
def test_no_text_breaks_the_reading(text: str) -> None:
    seen = mrkdwn_read(text)
    assert all(char in "\n\t" or char.isprintable() or ord(char) > 0x9F for char in seen)


def test_long_hostile_text_is_read_in_no_time() -> None:
    for piece in ("*", "_a ", "<", "`", "```", "<!date^", "*a_", "&amp;", "\n>"):
        assert isinstance(mrkdwn_read(piece * 40_000), str)

"""A third party whose name, callback URL, notes or reason is meant to harm whoever reads it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from access.model.errors import AccessError
from access.model.rendered import Rendered
from access.model.third_party import NAME_LIMIT, checked_callback_url, checked_name, checked_text
from handlers.commands.words import split
from handlers.mrkdwn import quote
from handlers.views import card, contact_messages, forms, owner_messages
from sandbox.limits import check_message, check_view
from tests.handlers.office import Office
from tests.handlers.views.gallery import (
    DORA,
    answer_messages,
    card_of,
    party,
    proposed,
    queued_messages,
    reveals,
    views,
)
from tests.handlers.views.reminder_gallery import reminder_messages

OVERRIDE, ISOLATE, END_ISOLATE = "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
NAMES = [
    "<!channel> <!subteam^S0> <@U0EVIL> <https://evil.example|Acme> &lt;!here&gt;",
    "*Acme* _Corp_ ~Ltd~ :tada: > quoted https://evil.example --help {command} %s $X",
    '=HYPERLINK("https://evil.example","Acme") +1+cmd|\' /C calc\'!A0',
    '" @carla; /thirdparty remove "Acme Corp" \\" \\ \\\\" “Acme” «x» „z“',
    "\N{HEBREW LETTER ALEF}\N{ARABIC LETTER MEEM} \N{CYRILLIC CAPITAL LETTER A}cme Z\N{COMBINING GRAVE ACCENT}",
    "\N{FAMILY}" * NAME_LIMIT,
    "enable",
    "tpt_short `rm` ```x```",
]
NOT_NAMES = [
    f"Acme{OVERRIDE}proC",
    f"Acme{END_ISOLATE}",
    "Acme\N{ZERO WIDTH SPACE}Corp",
    "Acme\N{ZERO WIDTH JOINER}Corp",
    "\N{BYTE ORDER MARK}Acme",
    "Acme\x00",
    "Acme\x1b[2J",
    "\N{TAG LATIN SMALL LETTER A}Acme",
    "Acme\ue000",
    "a" * 10_000,
    " \n\t ",
]
TEXTS = [*NAMES, f"Acme {OVERRIDE}fdp.exe {END_ISOLATE}{END_ISOLATE} end", "a\n> b\n*c*", "x" * 400]
HARM = re.compile(
    r"<[!@#](?!date)(?!U0(?:ANNA|BEN|CARLA|DORA|ERIK)>)(?!C0ADMINS>)|<https?:|:tada:|\*Acme\*|_Corp_|```x"
)
TURNING = re.compile("[\u202a-\u202e\u2066\u2067]")


def texts_of(node: object) -> Iterator[str]:
    """Every text in which Slack looks for formatting."""
    if isinstance(node, str):
        return
    if isinstance(node, Mapping):
        if node.get("type") == "mrkdwn":
            yield node["text"]
        node = list(node.values())
    if isinstance(node, list | tuple):
        for each in node:
            yield from texts_of(each)


def assert_harmless(shown: Mapping[str, Any]) -> None:
    for text in [shown.get("text", ""), *texts_of(shown["blocks"])]:
        if isinstance(text, str):
            outside = re.sub(r"`[^`\n]*`", "", text)
            assert not HARM.search(outside), outside
            assert not TURNING.search(text)
            assert all(line.count(ISOLATE) == line.count(END_ISOLATE) for line in text.split("\n"))


def as_shown(rendered: Rendered) -> dict[str, Any]:
    shown = {"text": rendered.text, "blocks": [dict(block) for block in rendered.blocks]}
    assert check_message(shown, updates=True) is None
    return shown


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_does_anything_and_every_suggested_command_means_it_and_nothing_else(name: str) -> None:
    """In any message and window. A command is read as it is shown; a name with a backtick cannot be shown as typed."""
    assert checked_name(name) == name
    messages = {**queued_messages(name), **reminder_messages(name), **answer_messages(name)}
    suggested = set()
    for rendered in {repr(each): each for each in messages.values()}.values():  # in most states a message is the same
        assert_harmless(as_shown(rendered))
    for label, rendered in messages.items():
        if not label.startswith("help_text"):
            suggested.update(re.findall(r"`/thirdparty ([^`\n]*)`", rendered.text))
    for view in (*views(name).values(), *reveals(name)):
        assert check_view(view) is None
        assert_harmless(view)
    about_it = [words for words in map(split, suggested) if "`" in name or name in [word.text for word in words[1:]]]
    assert {words[0].text for words in about_it} >= {"enable", "issue", "contact", "show"}
    taken_apart = map(split, suggested if "`" not in name else [])
    assert all([word.text for word in words[3:]] in ([], ["deputy"]) for words in taken_apart)


@pytest.mark.parametrize("text", NOT_NAMES)
def test_what_does_not_read_as_it_is_written_is_no_name(text: str) -> None:
    with pytest.raises(AccessError):
        checked_name(text)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_note_or_reason_does_anything(text: str) -> None:
    noted = checked_text(text)
    assert_harmless(as_shown(card.third_party_card(card_of(party=party(notes=noted)))))
    assert_harmless(as_shown(owner_messages.switched(party(), DORA, noted)))
    for outcome in ("waiting", "rejected"):
        it = proposed(outcome, "enabled", reason=noted)
        for rendered in (
            contact_messages.introduction(it, "this workspace"),
            contact_messages.proposal_decided(it),
            contact_messages.approval_request(it, may_approve=True),
        ):
            if rendered is not None:
                assert_harmless(as_shown(rendered))
    assert check_view(forms.edit_form(card_of(party=party(notes=noted)))) is None


def test_every_line_of_a_note_is_set_off_from_ours() -> None:
    assert all(line.startswith("> ") for line in quote("a\r\nb\x0bc\x85d\u2028e").split("\n"))


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example/`*_~:tada:<!channel>|x",
        "https://acme.example/?a=<@U0EVIL>&b=<https://evil.example|x>",
        "https://xn--80ak6aa92e.example/",
        "https://acme.example/" + "a" * 1_900,
    ],
)
def test_no_callback_url_does_anything(url: str) -> None:
    assert checked_callback_url(url) == url
    each = card_of(party=party(callback_url=url))
    assert_harmless(as_shown(card.third_party_card(each)))
    assert check_view(forms.edit_form(each)) is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://acme.example@evil.example/",
        "https://\N{CYRILLIC SMALL LETTER A}cme.example/",
        f"https://a/{OVERRIDE}",
    ],
)
def test_what_only_looks_like_a_callback_url_is_none(url: str) -> None:
    with pytest.raises(AccessError):
        checked_callback_url(url)


async def test_twenty_thousand_characters_are_answered_briefly_and_before_anybody_notices(office: Office) -> None:
    """Every open quote was searched for anew, half a minute long, in which nobody else was answered."""
    for piece in ("'a ", "„a ", "« ", '"a', "\\", "<@", "a ", "tpt_ ", ":a", "*", "&lt;"):
        many = piece * (20_000 // len(piece))
        for user, word in (("UANNA", "disable"), ("UANNA", ""), ("UMIA", "show")):
            assert len(await office.types(user, f"{word} {many}")) < 1_000

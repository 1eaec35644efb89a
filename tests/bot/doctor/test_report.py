"""How the findings are written down: for people, in a terminal and elsewhere, and for programs."""

import json

import pytest

from bot.doctor.findings import Finding, Report, State, not_looked_at, note, ok, problem
from bot.doctor.report import as_json, as_text

WELL = ok("settings", "Every setting is understood.")
KNOWN = note("channel", "No admin channel is set.", "Make one.")
WRONG = problem("bot token", "Slack does not know SLACK_BOT_TOKEN.", "Copy it anew from the page OAuth & Permissions.")
UNSEEN = not_looked_at("admins", "The bot token has to work first.")


def last_line(*findings: Finding) -> str:
    return as_text(Report(findings), width=1_000).splitlines()[-1]


def test_a_person_reads_a_word_for_each_state_and_the_mend_below() -> None:
    assert as_text(Report([WELL, KNOWN, WRONG, UNSEEN]), width=78).splitlines() == [
        "ok             settings        Every setting is understood.",
        "note           channel         No admin channel is set.",
        "                               What to do: Make one.",
        "problem        bot token       Slack does not know SLACK_BOT_TOKEN.",
        "                               What to do: Copy it anew from the page OAuth &",
        "                               Permissions.",
        "not looked at  admins          The bot token has to work first.",
        "",
        "One problem is in the way. Mend what is named above, then run `thirdparty-bot",
        "doctor` again. What was not looked at can be looked at then: 1.",
    ]


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        ([WELL], "All is well: `thirdparty-bot run` can start, or go on."),
        ([WELL, KNOWN], "All is well: `thirdparty-bot run` can start, or go on. The notes are worth reading once."),
        (
            [WRONG, WRONG],
            "2 problems are in the way. Mend what is named above, then run `thirdparty-bot doctor` again.",
        ),
        ([WELL, UNSEEN], "No problem was found, but not everything could be looked at. Wait a minute, then run"),
    ],
)
def test_it_ends_in_one_sentence_about_all_of_it(findings: list[Finding], words: str) -> None:
    assert last_line(*findings).startswith(words)


def test_colour_is_added_to_the_words_and_changes_nothing_else() -> None:
    report = Report([WELL, KNOWN, WRONG, UNSEEN])
    plain, coloured = as_text(report, width=78), as_text(report, width=78, colour=True)
    assert "\x1b" not in plain
    assert coloured.count("\x1b[0m") == len(report.findings)
    assert coloured.splitlines()[3].replace("\x1b[31m\x1b[1m", "").replace("\x1b[0m", "") == plain.splitlines()[3]


def test_a_name_from_slack_cannot_take_over_the_terminal() -> None:
    text = as_text(Report([ok("bot token", "The workspace \x1b[2J\x07\u202eevil\n")]), width=78)
    assert not any(sign in text for sign in "\x1b\x07\u202e")


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (Report([WELL, KNOWN]), 0),
        (Report([WELL, WRONG]), 1),
        (Report([WELL, UNSEEN]), 1),
        (Report([WRONG], settings_are_wrong=True), 2),
    ],
)
def test_programs_get_one_object_of_a_stable_shape(report: Report, status: int) -> None:
    written = json.loads(as_json(report))
    assert written.keys() == {"ok", "checks"}
    assert written["ok"] is (status == 0)
    assert report.exit_status == status
    assert [tuple(each) for each in written["checks"]] == [("name", "state", "found", "mend")] * len(report.findings)
    assert {each["state"] for each in written["checks"]} <= set(map(str, State))

"""The findings, for people and for programs."""

import json
import textwrap
from typing import Final

import typer

from bot.doctor.findings import Finding, Report, State

_COLOURS: Final = {
    State.OK: typer.colors.GREEN,
    State.NOTE: typer.colors.CYAN,
    State.PROBLEM: typer.colors.RED,
    State.NOT_LOOKED_AT: typer.colors.YELLOW,
}
_STATE_WIDTH: Final = max(map(len, State)) + 2
_NAME_WIDTH: Final = 16
_TO_DO: Final = "What to do: "


def as_json(report: Report) -> str:
    """Write one JSON object: `ok`, and `checks` of `name`, `state`, `found` and `mend` (null: nothing to do)."""
    checks = [
        {"name": each.name, "state": each.state.value, "found": each.found, "mend": each.mend}
        for each in report.findings
    ]
    return json.dumps({"ok": report.ok, "checks": checks}, indent=2)


def as_text(report: Report, *, width: int, colour: bool = False) -> str:
    """Write a line for each finding, what to do below it, and what it comes to in the end."""
    lines = [line for finding in report.findings for line in _lines(finding, width, colour=colour)]
    return "\n".join([*lines, "", textwrap.fill(_conclusion(report), width)])


def _lines(finding: Finding, width: int, *, colour: bool) -> list[str]:
    state = f"{finding.state:<{_STATE_WIDTH}}"
    if colour:
        state = typer.style(state, fg=_COLOURS[finding.state], bold=finding.state is State.PROBLEM or None)
    margin = " " * (_STATE_WIDTH + _NAME_WIDTH)
    room = max(width - len(margin), 30)
    first, *rest = textwrap.wrap(_printable(finding.found), room)
    lines = [f"{state}{finding.name:<{_NAME_WIDTH}}{first}", *(margin + line for line in rest)]
    if finding.mend:
        mend = textwrap.wrap(_TO_DO + _printable(finding.mend), room, break_on_hyphens=False, break_long_words=False)
        lines += [margin + line for line in mend]
    return lines


def _printable(text: str) -> str:
    """A workspace may have any name."""
    return "".join(each if each.isprintable() else " " for each in text)


def _conclusion(report: Report) -> str:
    problems, unseen = report.count(State.PROBLEM), report.count(State.NOT_LOOKED_AT)
    again = "run `thirdparty-bot doctor` again"
    if problems:
        it = "One problem is" if problems == 1 else f"{problems} problems are"
        until = f" What was not looked at can be looked at then: {unseen}." if unseen else ""
        return f"{it} in the way. Mend what is named above, then {again}.{until}"
    if unseen:
        return f"No problem was found, but not everything could be looked at. Wait a minute, then {again}."
    notes = " The notes are worth reading once." if report.count(State.NOTE) else ""
    return f"All is well: `thirdparty-bot run` can start, or go on.{notes}"

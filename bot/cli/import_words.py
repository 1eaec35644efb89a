"""What an import says to whoever types it. Nothing that a file holds is repeated, but for names of third parties."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from access.model.import_plan import ImportPlan, Step
from access.model.import_rows import COLUMNS, ImportedToken
from access.model.sheet import Problem, Wrong
from access.model.token import TokenOrigin
from bot.cli.terminal import in_columns, printable
from handlers.error_text import explain

_STEPS_SHOWN: Final = 20
_CALLED: Final = {TokenOrigin.MIGRATED: "migrated token", TokenOrigin.EXTERNAL: "external token"}

_REASONS: Final[Mapping[Wrong, str]] = {
    Wrong.EMPTY: "The file is empty. `thirdparty-bot import --template` prints one to begin with.",
    Wrong.WORKBOOK: "That is an Excel workbook. In Excel choose Save As, then CSV UTF-8, and import that file.",
    Wrong.UTF16: "The file is UTF-16 text. Save it as CSV UTF-8: in Excel by Save As, not as Unicode Text.",
    Wrong.NOT_UTF8: "From here on it is no UTF-8 text. Save it as CSV UTF-8.",
    Wrong.QUOTES: 'The quotes don\'t fit: a cell in quotes ends with one, and a quote within it is written twice ("").',
    Wrong.CELL_TOO_LONG: "A cell is longer than anything that belongs here. A quote may be missing before it.",
    Wrong.NO_ROWS: "There is a header, and no row below it.",
    Wrong.COLUMN_UNKNOWN: f"No column has that name. There are: {', '.join(COLUMNS)}.",
    Wrong.COLUMN_TWICE: "There are two columns of this name. Take one away.",
    Wrong.COLUMN_MISSING: "The header lacks this column, which every file needs.",
    Wrong.TOO_FEW_CELLS: "The row has {0} cells, and the header {1}.",
    Wrong.TOO_MANY_CELLS: "The row has {0} cells, and the header {1}. A cell with a separator in it needs quotes.",
    Wrong.REQUIRED: "The cell is empty, and must not be.",
    Wrong.HOLDS_SECRET: "It holds what looks like a secret, which belongs into the columns token or client_secret.",
    Wrong.REPEATS_SECRET: "The token or client secret of the row stands in this cell, too. Take it out here.",
    Wrong.NOT_YES_OR_NO: "It has to be yes or no.",
    Wrong.NOT_A_PERSON: "It is neither a Slack user ID (U…, W…) nor an email address.",
    Wrong.NOT_A_CLIENT_ID: "A client ID has at most 255 letters, digits and signs of plain ASCII.",
    Wrong.CLIENT_ID_TWICE: "The third party of line {0} has the same client ID.",
    Wrong.CLIENT_ID_TAKEN: "Another third party has this client ID already.",
    Wrong.KIND_MISSING: "Say whether the token is migrated (checked here from now on) or external (by its own system).",
    Wrong.KIND_UNKNOWN: "A token is migrated or external.",
    Wrong.ISSUED_WITH_SECRET: "A token that another bot issued is migrated or external here, where its secret is.",
    Wrong.MIGRATED_WITHOUT_SECRET: "Without the token nothing can be checked. If only reminders are wanted: external.",
    Wrong.TOKEN_OF_OURS: "That looks like a secret that thirdparty-bot made. It can't be imported.",
    Wrong.TOKEN_TOO_SHORT: "It has fewer than {0} characters, so anybody could guess it. Issue a new one instead.",
    Wrong.TOKEN_TOO_LONG: "It has more than {0} characters.",
    Wrong.TOKEN_NOT_ASCII: "It holds something else than visible ASCII characters: a space within, or a letter with an "
    "accent.",
    Wrong.CLIENT_SECRET_ALONE: "A client secret comes with its token.",
    Wrong.TOKEN_TWICE: "The same secret stands in line {0}. Each token and client secret is one of its own.",
    Wrong.TOKEN_TAKEN: "Another third party has the same secret already.",
    Wrong.CLIENT_SECRET_KEPT: "A token that this third party has here already came with the same client secret, "
    "and each is kept once: leave the cell empty.",
    Wrong.DELIVERED_MISSING: "Say yes if the third party has the token already, no if it is to be handed over.",
    Wrong.NOT_AN_INSTANT: "It is no day (2026-03-31) and no instant (2026-03-31T09:00+02:00).",
    Wrong.YEAR_ODD: "The year is not between {0} and {1}.",
    Wrong.ISSUED_IN_FUTURE: "That is in the future.",
    Wrong.EXPIRES_BEFORE_ISSUE: "It expires before it is issued.",
    Wrong.ROW_TWICE: "Line {0} describes the same token.",
    Wrong.DIFFERS: "Line {0} says something else of the same third party.",
    Wrong.TOO_MANY_TOKENS: "A third party has at most {0} tokens that work; this would be one more.",
    Wrong.TOO_MANY_UNDELIVERED: "Only one token of a third party can wait to be handed over.",
    Wrong.PERSON_UNKNOWN: "Slack knows nobody of that user ID or email address here.",
    Wrong.NO_EMAILS: "Slack tells this app no email addresses: give it the scope users:read.email and install it anew, "
    "or use Slack user IDs.",
}


def reason_of(problem: Problem) -> str:
    """Say what is wrong, and what to do about it."""
    if not isinstance(problem.wrong, Wrong):
        return explain(problem.wrong)
    if problem.wrong is Wrong.COLUMN_UNKNOWN and problem.detail:
        return f"No column has that name. Did you mean {problem.detail}?"
    details = (problem.detail,) if problem.wrong not in _OF_TWO else problem.detail.split()
    return _REASONS[problem.wrong].format(*details)


_OF_TWO: Final = frozenset({Wrong.TOO_FEW_CELLS, Wrong.TOO_MANY_CELLS, Wrong.YEAR_ODD})


def problems_in_words(problems: Sequence[Problem]) -> str:
    """Write every problem: where it is, and what."""
    rows = [(f"{each.line}" if each.line else "", each.column, reason_of(each)) for each in problems]
    return in_columns([("LINE", "COLUMN", "WHAT IS WRONG"), *rows])


def plan_in_words(plan: ImportPlan) -> str:
    """Write what would happen: how much of what, and, if anything would, of the first third parties each."""
    counts = [(what, f"{count:,}") for what, count in _counts(plan) if count]
    table = in_columns([("WHAT WOULD HAPPEN", "HOW MANY"), *counts])
    if plan.problems:
        return table
    shown = [(step.party.name, _what_happens(step)) for step in plan.steps[:_STEPS_SHOWN]]
    more = len(plan.steps) - len(shown)
    return "\n".join(
        [
            table,
            "",
            in_columns([("THIRD PARTY", "WHAT WOULD HAPPEN"), *shown]),
            *([f"and {more:,} more"] if more else []),
        ]
    )


def _counts(plan: ImportPlan) -> Iterable[tuple[str, int]]:
    steps = plan.steps
    tokens = [token for step in steps for token, _ in step.tokens]
    kinds = Counter(_kind(token) for token in tokens)
    yield "new third parties", sum(step.kept is None for step in steps)
    yield "contacts to be proposed", sum(step.proposes for step in steps)
    yield from ((f"{kind}s", count) for kind, count in sorted(kinds.items()))
    yield "third parties that are there, and stay as they are", sum(not step.changes for step in steps)
    yield "of these, described differently in the file", sum(bool(step.differs) for step in steps)
    yield "tokens that are there already", sum(step.same for step in steps)
    yield "tokens left out: ended, or never collected", sum(step.party.left_out for step in steps)
    yield "problems", len(plan.problems)


def _kind(token: ImportedToken) -> str:
    if token.token is None:
        return f"{_CALLED[token.origin]} for reminders alone"
    return _CALLED[token.origin] if token.delivered else f"{_CALLED[token.origin]} to be handed over"


def _what_happens(step: Step) -> str:
    does = ["new"] if step.kept is None else []
    does += ["its contact is proposed"] if step.proposes else []
    does += [f"{_kind(token)}{' in place of the present one' if renews else ''}" for token, renews in step.tokens]
    does += [f"differs, and stays as it is: {', '.join(step.differs)}"] if step.differs else []
    return ", ".join(does) or "stays as it is"


def destroy(what: str) -> str:
    """Say what becomes of the file: it holds secrets that work."""
    return (
        f"{printable(what)} holds secrets that work. Destroy it now: delete it, and every copy of it: where it was "
        "downloaded to, in mail, in what a spreadsheet program keeps, in backups. On an SSD nothing overwrites a file "
        "for certain: if it lay on a disk that is not encrypted, have these tokens renewed soon."
    )

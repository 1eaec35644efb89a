"""What Slack says of the app: its tokens, its scopes, the time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from bot.doctor.findings import Finding, not_looked_at, note, ok, problem
from bot.doctor.slack_facts import Failure, Introduction

CLOCK_MAY_BE_OFF: Final = timedelta(minutes=1)

_PAGES: Final = "At https://api.slack.com/apps choose the app"
_NEW_BOT_TOKEN: Final = f"{_PAGES}, and copy the bot token from OAuth & Permissions to SLACK_BOT_TOKEN."
_NEW_APP_TOKEN: Final = (
    f"{_PAGES}, and on Basic Information generate an app-level token (xapp-…) with the scope connections:write for "
    "SLACK_APP_TOKEN."
)
_REINSTALL: Final = f"{_PAGES}, install it to the workspace again, and copy the bot token to SLACK_BOT_TOKEN."
_ONLINE: Final = "See whether this machine can reach the internet: its network, firewall and proxy."
_LATER: Final = "Wait a minute, then run `thirdparty-bot doctor` again."

_UNREACHED: Final = {
    "not_connected": ("Slack cannot be reached.", _ONLINE),
    "no_answer": ("Slack does not answer.", _ONLINE),
    "unreadable_answer": ("Something else answers in Slack's place.", _ONLINE),
    "ratelimited": ("Slack asks to be left alone for a moment.", _LATER),
}
_UNKNOWN_TOKEN: Final = frozenset({"invalid_auth", "not_authed", "not_allowed_token_type"})
_ENDED_TOKEN: Final = frozenset({"account_inactive", "token_revoked", "token_expired"})

USES: Final[Mapping[str, str]] = {
    "channels:read": "look at the admin channel",
    "chat:write": "write messages",
    "commands": "hear /thirdparty",
    "groups:read": "look at a private admin channel",
    "im:history": "look before it repeats a message",
    "im:write": "open direct messages",
    "usergroups:read": "see who is in a user group",
    "users:read": "see who is an admin",
    "users:read.email": "import people by their email addresses",
}
"""What each scope of the manifest is for."""


def bot_token(answer: Introduction | Failure) -> Finding:
    """Judge how Slack takes the bot token."""
    if isinstance(answer, Introduction):
        return ok("bot token", f"Slack takes it: the bot is @{answer.bot} in the workspace {answer.team}.")
    if answer.code in _UNREACHED:
        return problem("bot token", *_UNREACHED[answer.code])
    if answer.code in _UNKNOWN_TOKEN:
        return problem("bot token", "Slack does not know SLACK_BOT_TOKEN.", _NEW_BOT_TOKEN)
    if answer.code in _ENDED_TOKEN:
        return problem("bot token", f"SLACK_BOT_TOKEN is no longer valid ({answer.code}).", _REINSTALL)
    return problem("bot token", f"Slack refuses SLACK_BOT_TOKEN ({answer.code}).", _REINSTALL)


def clock(ahead: timedelta | None) -> Finding:
    """Judge by how much this machine's clock is ahead of Slack's (negative: behind)."""
    if ahead is None:
        return not_looked_at("clock", "Slack did not say what time it is.")
    seconds = round(abs(ahead).total_seconds())
    if abs(ahead) <= CLOCK_MAY_BE_OFF:
        return ok("clock", "This machine's clock agrees with Slack's.")
    way = "ahead of" if ahead > timedelta(0) else "behind"
    return problem(
        "clock",
        f"This machine's clock is {seconds} seconds {way} Slack's. Tokens would expire at the wrong time, and what "
        "Slack signs would be refused.",
        "Set the clock, best by the network: timedatectl set-ntp true",
    )


def scopes(granted: frozenset[str] | None, asked: Mapping[str, Sequence[str]], unneeded: Collection[str]) -> Finding:
    """Compare what the app may do with what its manifest asks for.

    `granted` is None where Slack did not say. `asked` are the manifest's lists `bot` and `bot_optional`; the settings
    make those in `unneeded` optional too.
    """
    if granted is None:
        return not_looked_at("scopes", "Slack did not say what the app may do.")
    required = [scope for scope in asked["bot"] if scope not in unneeded]
    if missing := [scope for scope in required if scope not in granted]:
        return problem("scopes", f"The app lacks {_with_uses(missing)}.", _add(missing))
    wanted = {*asked["bot"], *asked["bot_optional"]}
    if missing := sorted(wanted - granted):
        return note("scopes", f"The app lacks {_with_uses(missing)}; it works without.", _add(missing))
    if more := sorted(granted - wanted):
        mend = f"{_PAGES}, and remove them on OAuth & Permissions."
        return note("scopes", f"The app may do more than the bot needs: {', '.join(more)}.", mend)
    return ok("scopes", "The app may do what the bot needs, and no more.")


def _with_uses(scopes: Collection[str]) -> str:
    return ", ".join(f"{scope} (to {USES[scope]})" for scope in scopes)


def _add(scopes: Collection[str]) -> str:
    return f"{_PAGES}, add {', '.join(scopes)} on OAuth & Permissions, and install the app to the workspace again."


def socket_mode(failure: Failure | None) -> Finding:
    """Judge what came of asking for a Socket Mode connection."""
    if failure is None:
        return ok("socket mode", "Slack gives the bot a connection.")
    if failure.code in _UNREACHED:
        return problem("socket mode", *_UNREACHED[failure.code])
    if failure.code == "missing_scope":
        found = "SLACK_APP_TOKEN lacks the scope connections:write."
    elif failure.code == "not_allowed_token_type":
        found = "SLACK_APP_TOKEN is no app-level token."
    elif failure.code in _UNKNOWN_TOKEN:
        found = "Slack does not know SLACK_APP_TOKEN."
    else:
        found = f"Slack refuses SLACK_APP_TOKEN ({failure.code})."
    return problem("socket mode", found, _NEW_APP_TOKEN)


def signing_secret() -> Finding:
    """Say what nobody but Slack can tell, in HTTP mode."""
    mend = "If every command fails, copy SLACK_SIGNING_SECRET anew from the app's page Basic Information."
    return note("signing secret", "Whether it is right shows only when Slack calls.", mend)

"""Who decides, and where they are asked: the admins and their channel."""

from collections.abc import Sequence
from typing import Final, Literal

from access.model.people import SlackPerson
from bot.doctor.findings import Finding, not_looked_at, note, ok, problem
from bot.doctor.slack_facts import Channel, Failure, Listed

NEEDS_TOKEN: Final = "The bot token has to work first."
_INVITE: Final = "In Slack, type /invite @thirdparty in that channel"
_NOT_FOUND: Final = frozenset({"channel_not_found", "not_in_channel"})


def channel(found: Channel | Failure | None) -> Sequence[Finding]:
    """Judge the admin channel; None where none is set."""
    match found:
        case None:
            mend = (
                "Make a private channel for the admins, invite the bot, and put the channel's id in THIRDPARTY_CHANNEL."
            )
            return [note("channel", "No admin channel is set: each admin is asked in a direct message.", mend)]
        case Failure():
            return [_unseen(found)]
    return _wrong_with(found) or [_whose(found)]


def _unseen(failure: Failure) -> Finding:
    if failure.code in _NOT_FOUND:
        return problem(
            "channel",
            "Slack shows the bot no such channel: there is none, or it is private and the bot is not in it.",
            f"{_INVITE}; or correct THIRDPARTY_CHANNEL: the id is at the end of the channel's details.",
        )
    return not_looked_at("channel", _why_not(failure, "channels:read or groups:read"))


def _wrong_with(found: Channel) -> Sequence[Finding]:
    place = f"#{found.name}"
    findings = []
    if found.is_archived:
        mend = "Unarchive it, or set THIRDPARTY_CHANNEL to another channel."
        findings.append(problem("channel", f"{place} is archived.", mend))
    if not found.is_member:
        findings.append(problem("channel", f"The bot is not in {place}.", f"{_INVITE}."))
    if found.is_shared_outside:
        mend = "End the sharing, or set THIRDPARTY_CHANNEL to a private channel of the admins."
        findings.append(problem("channel", f"{place} is shared with another organisation, which reads along.", mend))
    elif found.is_invited_outside:
        mend = "Withdraw the invitation, or set THIRDPARTY_CHANNEL to a private channel of the admins."
        findings.append(problem("channel", f"Another organisation is invited to {place} and would read along.", mend))
    return findings


def _whose(found: Channel) -> Finding:
    if found.is_private:
        return ok("channel", f"The bot is in #{found.name}, which is private.")
    mend = "A private channel of the admins keeps contacts and names among them."
    return note("channel", f"The bot is in #{found.name}, which everybody in the workspace can read.", mend)


def admins(found: Sequence[str] | Failure, *, self_approval: bool) -> Finding:
    """Judge how many admins there are: a contact takes two, one to propose and one to approve."""
    if isinstance(found, Failure):
        return not_looked_at("admins", _why_not(found, "users:read"))
    match len(found):
        case 0:
            mend = "Put the ids of two or more members in THIRDPARTY_ADMINS; empty, it means the workspace's admins."
            return problem("admins", "Nobody is an admin here, so nobody can do anything.", mend)
        case 1 if not self_approval:
            return problem(
                "admins",
                "There is a single admin, and nobody could approve a contact that this admin proposes.",
                "Name a second one in THIRDPARTY_ADMINS, or set THIRDPARTY_SELF_APPROVAL=true.",
            )
        case 1:
            mend = "Name a second one in THIRDPARTY_ADMINS, for the days when the first is away."
            return note("admins", "There is a single admin, who may approve their own proposals.", mend)
        case count if self_approval:
            mend = "Remove THIRDPARTY_SELF_APPROVAL, so that every contact is approved by a second person."
            return note("admins", f"There are {count} admins, and each may approve their own proposals.", mend)
        case count:
            return ok("admins", f"There are {count} admins.")


def lists(found: Listed, setting: Literal["THIRDPARTY_ADMINS", "THIRDPARTY_AUDITORS"]) -> Sequence[Finding]:
    """Judge each id on one of the two lists."""
    name = setting.removeprefix("THIRDPARTY_").lower()
    findings = []
    for group, members in found.groups.items():
        if isinstance(members, Failure):
            findings.append(not_looked_at(name, f"{group}: {_why_not(members, 'usergroups:read')}"))
        elif members is None:
            findings.append(problem(name, f"Slack knows no user group {group}.", f"Correct or remove it in {setting}."))
        else:
            mend = "Make sure that only admins may edit user groups: Slack can let every member do it."
            findings.append(note(name, f"The user group {group} is on the list, with {len(members)} people.", mend))
    for user, person in found.users.items():
        if isinstance(person, Failure):
            findings.append(not_looked_at(name, f"{user}: {_why_not(person, 'users:read')}"))
        elif why := _excluded(person):
            findings.append(problem(name, f"{user} is on the list, but {why}.", f"Correct or remove it in {setting}."))
    return findings


def _excluded(person: SlackPerson | None) -> str | None:
    if person is None:
        return "Slack knows no such person"
    if person.is_bot:
        return "is a bot"
    if person.is_deactivated:
        return "is deactivated"
    if person.is_foreign:
        return "belongs to another organisation"
    return "is a guest" if person.is_guest else None


def _why_not(failure: Failure, scope: str) -> str:
    if failure.code == "missing_scope":
        return f"The app lacks the scope {failure.needed or scope}."
    return f"Slack did not say ({failure.code})."

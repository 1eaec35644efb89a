"""Who somebody is in Slack, and what that makes of them here."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from access.model.ids import WorkspaceId


@dataclass(frozen=True, slots=True)
class SlackUser:
    """One Slack account: the user ID and the organisation it belongs to.

    `org` is the enterprise ID where there is one, else the team ID. Both come from a signed payload or from
    `users.info`, never from a name or a button's value.
    """

    user_id: str
    org: str


class Role(StrEnum):
    """What a person may be here. Guests and people of other organisations are always outsiders."""

    ADMIN = "admin"
    AUDITOR = "auditor"
    MEMBER = "member"
    OUTSIDER = "outsider"


class Gone(StrEnum):
    """Why somebody cannot be what they were here any more, as Slack said it last."""

    DEACTIVATED = "deactivated"
    MOVED = "moved"
    """The account belongs to another organisation now."""

    OUTSIDER = "outsider"
    """No full member any more: too little for an owner, and no matter for a contact."""

    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"


class Tie(StrEnum):
    """What somebody still is to a third party, so that they cannot be erased; in the order in which it is told.

    The first four are named as the third party names them.
    """

    OWNER = "owner"
    DEPUTY_OWNER = "deputy_owner"
    CONTACT = "contact"
    DEPUTY_CONTACT = "deputy_contact"
    HOLDER = "holder"
    """They opened a token that has not ended, whoever is the contact now."""

    OFFERED = "offered"
    PROPOSED = "proposed"
    PROPOSER = "proposer"
    """Who proposed a contact may not approve them, and would be somebody new."""

    ASKER = "asker"


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What was kept of an account when it was looked at last.

    `time_zone` is an IANA name, None where Slack gives none. `account_ends_at` (UTC): a guest's.
    """

    time_zone: str | None = None
    account_ends_at: datetime | None = None
    gone: Gone | None = None

    @property
    def may_own(self) -> bool:
        """Tell whether this may be an owner still."""
        return self.gone is None

    @property
    def may_be_contact(self) -> bool:
        """Tell whether this may be a contact still."""
        return self.gone in (None, Gone.OUTSIDER)


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """What the directory knows about an account at this moment.

    `time_zone` is an IANA name, None where Slack gives none. `account_ends_at` (UTC) is set for guests whose account
    has an end.
    `is_reachable` is false for a person with whom the workspace shares no channel. `teams`: where an enterprise is the
    organisation, the workspaces of it in which they are; before there was one, theirs was the organisation.
    """

    slack: SlackUser
    role: Role
    is_bot: bool = False
    is_deactivated: bool = False
    is_guest: bool = False
    is_foreign: bool = False
    is_reachable: bool = True
    time_zone: str | None = None
    account_ends_at: datetime | None = None
    teams: frozenset[str] = frozenset()


def acquaintance_of(seen: SlackPerson | None, account: SlackUser) -> Acquaintance:
    """Return what is kept of an account of which Slack says that; None: it knows no such user.

    Nobody moves because their workspace joins an enterprise.
    """
    if seen is None:
        return Acquaintance(gone=Gone.UNKNOWN)
    reasons = {
        Gone.DEACTIVATED: seen.is_deactivated,
        Gone.MOVED: account.org not in {seen.slack.org, *seen.teams},
        Gone.UNREACHABLE: not seen.is_reachable,
        Gone.OUTSIDER: seen.role is Role.OUTSIDER or seen.is_guest or seen.is_foreign or seen.is_bot,
    }
    gone = next((reason for reason, applies in reasons.items() if applies), None)
    return Acquaintance(seen.time_zone, seen.account_ends_at, gone)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks for an operation: their workspace, their Slack account, and the role they have now."""

    workspace: WorkspaceId
    slack: SlackUser
    role: Role

"""Who is calling, from the signed payload: never from a button's value or a name.

A payload names up to three organisations: the user's home (`user.team_id`), the workspace it tells of (`team`) and that
workspace's enterprise. In a message of ours, `team` and `enterprise` are ours even where the person is of another
organisation; in their modal they are theirs. On Enterprise Grid the home may be the enterprise itself or another of its
workspaces. Source: https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/enterprise.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from access.model.errors import DirectoryUnavailable
from access.model.ids import WorkspaceId
from access.model.people import Caller, Role, SlackPerson, SlackUser
from handlers.desk import Desk

Payload = Mapping[str, Any]


def is_about(payload: Payload, workspace: WorkspaceId) -> bool:
    """Tell whether a payload is about that workspace. Slack signs those of every workspace with the app's one secret.

    A modal names the workspace in which the app is installed beside `team`, which there may be the person's own. A
    payload that names none, as an organisation-wide installation sends it, is left to whoever signed it.
    """
    if payload.get("command"):
        return bool(payload["team_id"] == workspace)
    view = payload.get("view")
    named = view.get("app_installed_team_id") if view else (payload.get("team") or {}).get("id")
    return named in (None, "", workspace)


async def caller_of(payload: Payload, desk: Desk) -> Caller:
    """Return who calls, with the role that the directory gives them now.

    Raises: DirectoryUnavailable: without the directory nobody is anybody.
    """
    signed = _Signed.read(payload)
    return signed.caller(await desk.ports.directory.look_up(signed.user_id), desk.workspace)


async def contact_of(payload: Payload, desk: Desk) -> Caller:
    """Return who presses a contact's button: no role is needed for it, so the directory may be silent.

    It is asked only about people of whom the payload does not say for certain which organisation they belong to.
    """
    signed = _Signed.read(payload)
    slack = signed.slack
    if signed.home not in (desk.workspace, signed.enterprise):
        with suppress(DirectoryUnavailable):
            slack = (await caller_of(payload, desk)).slack
    return Caller(desk.workspace, slack, Role.OUTSIDER)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What the payload says. `enterprise` is empty where there is none."""

    user_id: str
    home: str
    team: str
    enterprise: str

    @classmethod
    def read(cls, payload: Payload) -> "_Signed":
        if payload.get("command"):  # only people of the workspace can type a command
            team = payload["team_id"]
            return cls(payload["user_id"], team, team, payload.get("enterprise_id") or "")
        user = payload["user"]
        team = payload.get("team") or {}
        enterprise = (payload.get("enterprise") or {}).get("id") or team.get("enterprise_id") or ""
        team_id = team.get("id") or ""
        return cls(user["id"], user.get("team_id") or team_id, team_id, enterprise)

    @property
    def slack(self) -> SlackUser:
        """The account as the payload alone tells it."""
        org = self.enterprise if self.enterprise and self.home == self.team else self.home
        return SlackUser(self.user_id, org)

    def caller(self, person: SlackPerson | None, workspace: WorkspaceId) -> Caller:
        """Give the caller the directory's role and organisation, if it means the account that signed."""
        if person is None or not self._may_be(person, workspace):
            return Caller(workspace, self.slack, Role.OUTSIDER)
        return Caller(workspace, person.slack, person.role)

    def _may_be(self, person: SlackPerson, workspace: WorkspaceId) -> bool:
        both_foreign = person.is_foreign and self.home not in (workspace, self.enterprise)
        return person.slack.org in (self.slack.org, self.home, self.enterprise) or both_foreign

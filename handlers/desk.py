"""What every listener needs, made once by `bot.app`."""

from dataclasses import dataclass

from access.model.ids import WorkspaceId
from access.ports import Ports
from handlers.replies import Replies
from handlers.views.handoff import ApiGuide


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests from one workspace are received. `channel` is the admin channel's id, if there is one."""

    ports: Ports
    api: ApiGuide
    workspace: WorkspaceId
    channel: str | None
    replies: Replies

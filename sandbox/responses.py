"""response_url: five answers within thirty minutes (docs: interactivity/handling, "Message responses")."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.chance import digits, word
from sandbox.limits import check_message
from sandbox.messages import Message
from sandbox.records import JsonObject
from sandbox.refusals import SlackError
from sandbox.workspace import Workspace

USES = 5
LIVES = timedelta(minutes=30)


@dataclass(slots=True)
class Origin:
    """Where a person acted, and therefore where an answer appears.

    Attributes:
        message: The message with the pressed button; None for a command.
        expires: On the sandbox's clock, UTC.
    """

    user_id: str
    channel_id: str
    message: Message | None
    expires: datetime
    uses: int = 0


class Responses:
    """The response URLs that were handed out."""

    def __init__(self, space: Workspace, address: str) -> None:
        self._space = space
        self._address = address
        self._by_path: dict[str, Origin] = {}

    def issue(self, user_id: str, channel_id: str, message: Message | None = None) -> tuple[str, Origin]:
        """A new response URL for what this user has just done, and what it stands for."""
        kind = "actions" if message else "commands"
        path = f"/{kind}/{self._space.team.id}/{digits(13)}/{word(24)}"
        origin = Origin(user_id, channel_id, message, self._space.clock.now() + LIVES)
        self._by_path[path] = origin
        return self._address + path, origin

    def use(self, path: str, content: JsonObject) -> None:
        """What a POST to a response URL does.

        Raises: SlackError expired_url, used_url, or for a message that Slack refuses.
        """
        origin = self._by_path.get(path)
        if origin is None or self._space.clock.now() > origin.expires:
            raise SlackError("expired_url")
        if origin.uses >= USES:
            raise SlackError("used_url")
        self.answer(origin, content)
        origin.uses += 1

    def answer(self, origin: Origin, content: Mapping[str, Any]) -> Message | None:
        """Show, replace or remove a message where the person acted; also for an answer in an acknowledgement.

        Returns: the message that now stands there, None when it was removed.
        Raises: SlackError for a message that Slack refuses.
        """
        original = origin.message if origin.message and not origin.message.deleted else None
        if content.get("delete_original"):
            if original:
                self._space.messages.delete(original)
            return None
        refused = check_message(content)
        if refused is not None:
            raise SlackError.with_messages(*refused)
        if content.get("replace_original") and original:
            self._space.messages.update(original, {"blocks": [], **content})
            return original
        public = content.get("response_type") == "in_channel"
        channel = self._space.channels[origin.channel_id]
        return self._space.post_as_bot(channel, content, None if public else origin.user_id)

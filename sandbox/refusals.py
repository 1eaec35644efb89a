"""What Slack says no with."""

from collections.abc import Sequence
from typing import Any


class Impossible(AssertionError):
    """Something that nobody could do or see in Slack; an AssertionError, so that a test which tries it fails."""


class SlackError(Exception):
    """Slack refuses a call: `{"ok": false, "error": code, …fields}`."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    @classmethod
    def with_messages(cls, code: str, messages: Sequence[str]) -> "SlackError":
        """A refusal that explains itself in `response_metadata.messages`."""
        return cls(code, response_metadata={"messages": list(messages)})

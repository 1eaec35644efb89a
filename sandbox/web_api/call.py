"""A Web API call and what all methods share: arguments, tokens, scopes, cursors."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sandbox.records import JsonObject
from sandbox.refusals import SlackError
from sandbox.workspace import Workspace

Item = TypeVar("Item")
Handler = Callable[["Call"], JsonObject]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API.

    Attributes:
        scope: What the bot token needs; empty where it depends on the arguments or nothing is needed.
        token: The kinds of token that may call it.
        takes_json: False for methods whose arguments come as a form or a query only.
    """

    name: str
    handler: Handler
    scope: str = ""
    token: Literal["bot", "app", "any"] = "bot"
    takes_json: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its arguments, as they came."""

    space: Workspace
    arguments: Mapping[str, Any]
    ticket: Callable[[], str]

    def text(self, name: str) -> str:
        """An optional string argument, "" when it is missing."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """A string argument. Raises: SlackError invalid_arguments when it is missing."""
        value = self.text(name)
        if not value:
            message = f"[ERROR] missing required field: {name}"
            raise SlackError.with_messages("invalid_arguments", [message])
        return value

    def flag(self, name: str) -> bool:
        """A boolean argument, false when it is missing."""
        return self.text(name).lower() in ("true", "1")

    def structure(self, name: str) -> Any:
        """An argument that is JSON, as a structure or as text.

        Raises: SlackError invalid_arguments for text that is no JSON.
        """
        value = self.arguments.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError.with_messages("invalid_arguments", [f"[ERROR] {name} is not valid JSON"]) from None

    def need_scope(self, scope: str, *, of_app_token: bool = False) -> None:
        """Raises: SlackError missing_scope, with what is needed and what is there."""
        granted = self.space.app_token_scopes if of_app_token else self.space.app.scopes
        if scope not in granted:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(granted)))

    def page(self, items: Sequence[Item], default: int = 100) -> tuple[list[Item], JsonObject]:
        """A part of `items` by the arguments `cursor` and `limit`, with the metadata that leads to the next part.

        Raises: SlackError invalid_cursor, invalid_limit.
        """
        start = self._cursor()
        try:
            limit = int(self.text("limit") or default)
        except ValueError:
            raise SlackError("invalid_limit") from None
        if not 1 <= limit <= 1000:
            raise SlackError("invalid_limit")
        end = start + limit
        following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
        return list(items[start:end]), {"response_metadata": {"next_cursor": following}}

    def _cursor(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        try:
            word, _, position = base64.b64decode(cursor, validate=True).decode().partition(":")
            if word == "next":
                return int(position)
        except ValueError:
            pass
        raise SlackError("invalid_cursor")

"""Keeping the workspace in a folder, so that a restart goes on where it was.

One file of JSON Lines, to which every change is appended: messages, and the clock, people, channels, user groups and
marks of what was read whenever they look different. Windows on people's screens and what travelled are not kept, so
that nothing that was shown once lies in a file.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.messages import Message
from sandbox.page.unread import Unread
from sandbox.records import Channel, JsonObject, User, UserGroup
from sandbox.workspace import Workspace

FILE = "workspace.jsonl"
_RESTS = 0.2  # real seconds between two looks for changes


class Unreadable(Exception):
    """The file holds something else than a workspace."""


class Keeper:
    """Reads the file at the start, and writes what changes."""

    def __init__(self, folder: Path, space: Workspace, unread: Unread) -> None:
        self._file = folder / FILE
        self._space = space
        self._unread = unread
        self._written = 0
        self._known: dict[str, str] = {}

    def restore(self) -> None:
        """Bring back what the file holds, if there is one, and write it anew without what is over.

        Raises: Unreadable, OSError.
        """
        if self._file.exists():
            try:
                self._take(self._lines())
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise Unreadable(str(self._file)) from error
        fresh = self._file.with_suffix(".new")
        fresh.write_text("".join(self._all()), encoding="utf-8")
        fresh.replace(self._file)

    async def run(self) -> None:
        """Write what changes until cancelled."""
        count = -1
        while True:
            self.write()
            count = await self._space.bell.rung(count, within=3600)
            await asyncio.sleep(_RESTS)

    def write(self) -> None:
        """Append what has changed since the last time."""
        lines = [*self._changed_messages(), *self._changed_rest()]
        if lines:
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(lines)

    def _lines(self) -> Iterator[JsonObject]:
        lines = self._file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError:
                if number < len(lines):  # the last one may have been cut off by the end of the process
                    raise

    def _take(self, lines: Iterator[JsonObject]) -> None:
        messages: dict[tuple[str, str], Message] = {}
        newest: JsonObject = {}
        for line in lines:
            if "message" in line:
                message = Message(**line["message"])
                messages[message.channel, message.ts] = message
            else:
                newest |= line
        if newest:
            self._restore_rest(newest)
        self._space.messages.restore(each for each in messages.values() if not each.deleted)

    def _restore_rest(self, newest: Mapping[str, Any]) -> None:
        space = self._space
        space.clock.advance(timedelta(seconds=newest["moved"]))
        for user in (User(**_with_instant(each, "guest_until")) for each in newest["users"]):
            record = space.users[user.id]  # people hold the record itself
            for field in fields(user):
                setattr(record, field.name, getattr(user, field.name))
        space.channels = {each["id"]: Channel(**each) for each in newest["channels"]}
        space.user_groups = {each["id"]: UserGroup(**each) for each in newest["user_groups"]}
        self._unread.marks = {(user, channel): ts for user, channel, ts in newest["read"]}

    def _all(self) -> Iterator[str]:
        for message in self._space.messages.everything():
            yield _line(message=_plain(message))
        self._written = len(self._space.messages.log)
        yield from self._changed_rest()

    def _changed_messages(self) -> Iterator[str]:
        log = self._space.messages.log
        changed = {(message.channel, message.ts): message for message in log[self._written :]}
        self._written = len(log)
        return (_line(message=_plain(message)) for message in changed.values())

    def _changed_rest(self) -> Iterator[str]:
        space = self._space
        rest = {
            "moved": space.clock.moved.total_seconds(),
            "users": [asdict(user) for user in space.users.values()],
            "channels": [asdict(channel) for channel in space.channels.values()],
            "user_groups": [asdict(group) for group in space.user_groups.values()],
            "read": [[*key, ts] for key, ts in self._unread.marks.items()],
        }
        for name, value in rest.items():
            line = _line(**{name: value})
            if self._known.get(name) != line:
                self._known[name] = line
                yield line


def _plain(message: Message) -> JsonObject:
    return {field.name: getattr(message, field.name) for field in fields(message)}


def _with_instant(record: JsonObject, name: str) -> JsonObject:
    return record | {name: datetime.fromisoformat(record[name]) if record[name] else None}


def _line(**content: Any) -> str:
    return json.dumps(content, default=datetime.isoformat) + "\n"

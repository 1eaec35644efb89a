"""Who looks at the files of a dead bot and at what Slack shows, and remembers what was so before."""

import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote_plus

from access.model.credentials import WELL_FORMED
from access.model.ids import WorkspaceId
from access.model.messages import MessageKind, PlannedMessage
from access.model.policy import Policy
from access.model.rendered import Rendered
from access.ports import Ports
from bot.age_keys import AgeKeys
from bot.keyring import load_keyring
from bot.lookalikes import UnicodeLookalikes
from bot.vault import ChainSeal, SealingVault
from handlers.messages import MessageRenderer
from sandbox import Sandbox, Seen
from sandbox.answer import Answer
from storage.chain import verify_chain
from storage.engine import Database
from storage.types import instant
from tests.access.world import Town
from tests.crash.people import CHANNEL, Step
from tests.crash.trail import read_trail
from tests.crash.truths import complaints, contents, copy_database
from tests.fakes import CountingRandom

REPEATED: Final = "You may have read this already."
_SAYS: Final = {
    "is registered": "third_party.registered",
    "Another third party has this name": "third_party.registered",
    "is proposed as the contact": "contact.proposed",
    "is enabled": "third_party.enabled",
    "A token is issued": "token.issued",
    "tps_": "handoff.collected",
    "I never show them twice": "handoff.collected",
    "The token is refused from now on": "token.suspended",
}
"""What is true, in the words of the trail, when somebody reads this in an answer."""

_MARK: Final = re.compile(r"message:([a-z2-7]{26})")
_KEPT_TRUE: Final = {
    *("introduction", "approval_request", "handoff", "handoff_nudge", "handoff_collected", "handoff_lapsed", "dispute")
}
"""What is shown anew whenever it is no longer how things are. Other messages are news of one moment."""

_FAILURE: Final = re.compile(r'"level": "(?:error|critical)"|Traceback')


@dataclass(frozen=True, slots=True)
class _Due:
    """A record about a third party that has to be in the trail, after the first `since`; or a later refusal."""

    name: str
    action: str
    since: int = 0
    refused_since: int = sys.maxsize

    def is_met_by(self, number: int, action: str) -> bool:
        return number > self.since if action == self.action else "!" in action and number > self.refused_since


@dataclass
class Witness:
    """One bot's folder and one workspace, from the first life to the last."""

    folder: Path
    slack: Sandbox
    complaints: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    _trail: list[tuple[object, ...]] = field(default_factory=list)
    _due: list[_Due] = field(default_factory=list)
    _sealed: set[bytes] = field(default_factory=set)
    _posts: dict[str, list[bool]] = field(default_factory=dict)
    _heard: int = 0
    _log_read: int = 0

    @property
    def file(self) -> Path:
        return self.folder / "thirdparty.db"

    @property
    def log(self) -> Path:
        return self.folder / "thirdparty.log"

    @property
    def records(self) -> int:
        return len(self._trail)

    @property
    def reveals(self) -> int:
        return len(self.secrets) // 2

    @property
    def messages(self) -> int:
        """How many promised messages stand in Slack."""
        return len(self._shown())

    @property
    def repeats(self) -> int:
        """How many messages stand in Slack twice, each of them in a channel whose history the bot may not read."""
        return sum(len(shown) - 1 for shown in self._shown().values())

    def was_answered(self, step: Step, name: str, answer: Answer, before: int) -> None:
        """Somebody's step was answered: what was acknowledged, and what they read, is so from now on.

        `before`: how many records there were when they began.
        """
        if answer.acknowledged:
            self._due.append(_Due(name, step.promise, since=0 if step.is_contacts else before, refused_since=before))
        self._due += [_Due(name, action) for text, action in _SAYS.items() if text in answer.reading]

    async def after_death(self) -> None:
        """The bot is dead: look at a copy of what it left."""
        self._hear()
        with tempfile.TemporaryDirectory() as folder:
            copy = copy_database(self.file, Path(folder))
            kept = b"".join(path.read_bytes() for path in Path(folder).iterdir())
            self._complain(f"{secret[:4]}… in clear" for secret in self.secrets if secret.encode() in kept)
            with closing(sqlite3.connect(copy)) as database:
                self._complain(complaints(database))
                if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone():
                    self._complain(["the trail is gone"] if self._trail else [])
                    return
                self._remember(database)
            await self._chain(copy)

    def _remember(self, database: sqlite3.Connection) -> None:
        """The trail only grows, and what was acknowledged is in it."""
        trail = database.execute("SELECT number, mac, action, outcome FROM audit ORDER BY number").fetchall()
        if trail[: len(self._trail)] != self._trail:
            self._complain(["the trail is not what it was"])
        self._trail = trail
        parties = dict(database.execute("SELECT id, name FROM third_parties").fetchall())
        records = [(record.number, parties.get(record.party), record.action) for record in read_trail(database)]
        for due in self._due:
            if not any(due.is_met_by(number, action) for number, party, action in records if party == due.name):
                self._complain([f"acknowledged and not there: {due}"])
        self._due = []
        rows = contents(database)["sealed_credentials"]
        self._sealed |= {value for row in rows for _, value in row if isinstance(value, bytes)}

    async def _chain(self, copy: Path) -> None:
        database, seal = await self._open(copy)
        try:
            verified = await verify_chain(database, WorkspaceId(self.slack.team_id), seal)
        finally:
            await database.close()
        if (verified.count, verified.first_wrong) != (self.records, None):
            self._complain([f"chain: {verified} of {self.records} records"])

    async def _open(self, copy: Path) -> tuple[Database, ChainSeal]:
        keyring = load_keyring(self.folder / "keyring.json")
        vault = SealingVault(keyring, CountingRandom())
        seal = ChainSeal(keyring)
        database = await Database.open(
            f"sqlite:///{copy}", seal=seal, random=CountingRandom(), hash_reason=vault.hash_reason
        )
        return database, seal

    # --- everything that is due is done -------------------------------------------------------------------------------

    async def at_rest(self) -> None:
        """The bot lives and has nothing to do: everything promised is in Slack, once, and shows how things are."""
        await self.after_death()
        with tempfile.TemporaryDirectory() as folder:
            copy = copy_database(self.file, Path(folder))
            database, _ = await self._open(copy)
            try:
                await self._messages(copy, database)
            finally:
                await database.close()

    async def _messages(self, copy: Path, database: Database) -> None:
        keyring = load_keyring(self.folder / "keyring.json")
        random = CountingRandom()
        vault = SealingVault(keyring, random)
        lookalikes, clock = UnicodeLookalikes(), self.slack.clock
        ports = Ports(
            database.write, database.read, clock, random, vault, Town(), lookalikes, Policy(), database, AgeKeys()
        )
        renderer = MessageRenderer(ports, workspace_name="Meadow")
        shown = self._shown()
        with closing(sqlite3.connect(copy)) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("SELECT * FROM outbox").fetchall()
            dropped = connection.execute("SELECT count(*) FROM audit WHERE action = 'message.dropped'").fetchone()[0]
        if dropped != sum(row["end"] == "dropped" for row in rows):
            self._complain(["a message was dropped without a record"])
        self._complain(f"{mark} was never promised" for mark in shown.keys() - {row["id"] for row in rows})
        for row in rows:
            planned = PlannedMessage(
                MessageKind(row["kind"]),
                row["reader"],
                row["third_party"],
                row["subject"],
                row["actor"],
                row["occasion"],
            )
            sent_at = None if row["sent_at"] is None else instant(row["sent_at"])
            rendered = await renderer.render(WorkspaceId(self.slack.team_id), planned, sent_at=sent_at)
            self._look_at(row, shown.get(row["id"], []), rendered)

    def _look_at(self, row: sqlite3.Row, shown: list[Seen], rendered: Rendered | None) -> None:
        """One promise and what Slack shows of it. `rendered`: what it has to say now."""
        if row["ended_at"] is not None:
            self._complain([f"{row['key']} ended as {row['end']}: {row['error']}"] if row["end"] != "dropped" else [])
            return
        if not shown:
            self._complain([f"{row['key']} never arrived"])
            return
        newest = [seen for seen in shown if seen.ts == row["ts"]]
        if not newest or (row["kind"] in _KEPT_TRUE and not _says(newest[0], rendered)):
            self._complain([f"{row['key']} does not show how things are: {newest} but {rendered}"])
        if row["reader"] is not None and len(shown) > 1:  # the bot may look there before it repeats
            self._complain([f"{row['key']} arrived {len(shown)} times"])
        if row["reader"] is None and not all(self._posts[row["id"]][1:]):
            self._complain([f"{row['key']} was repeated without saying so"])

    def _shown(self) -> dict[str, list[Seen]]:
        """What Slack shows, by the mark of the promise that it keeps."""
        found: dict[str, list[Seen]] = {}
        everything = [seen for person in self.slack.people.values() for seen in person.reads()]
        for seen in [*everything, *self.slack.people["ben"].reads(CHANNEL)]:
            mark = str(seen.blocks[0].get("block_id", "")) if seen.blocks else ""
            if mark.startswith("message:"):
                found.setdefault(mark.removeprefix("message:"), []).append(seen)
        return found

    def forgotten(self) -> bool:
        """Whether no sealed value that was taken is on the disk any more."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as database:
            rows = contents(database)["sealed_credentials"]
        waiting = {value for row in rows for _, value in row}
        kept = b"".join(path.read_bytes() for path in self.folder.glob("thirdparty.db*"))
        return not any(value in kept for value in self._sealed - waiting)

    def _hear(self) -> None:
        """Every secret travelled once, in an acknowledgement; none is in the log, and nothing there failed."""
        traffic = self.slack.traffic[self._heard :]
        self._heard += len(traffic)
        for exchange in traffic:
            told = set(WELL_FORMED.findall(exchange.body))
            if told and exchange.kind != "ack":
                self._complain([f"a secret in {exchange.kind} {exchange.name}"])
            self._complain(f"{secret[:4]}… was shown twice" for secret in told & self.secrets)
            self.secrets |= told
            if exchange.kind == "api" and exchange.name == "chat.postMessage":
                body = unquote_plus(exchange.body)
                for mark in set(_MARK.findall(body)):
                    self._posts.setdefault(mark, []).append(REPEATED in body)
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._log_read)
            said = log.read()
            self._log_read = log.tell()
        if WELL_FORMED.search(said):
            self._complain(["a secret in the log"])
        self._complain(line[:600] for line in said.splitlines() if _FAILURE.search(line))

    def _complain(self, found: Iterator[str] | list[str]) -> None:
        self.complaints += found


def _says(seen: Seen, rendered: Rendered | None) -> bool:
    """Whether a message reads and can be pressed as it would be if it were sent now."""
    if rendered is None:
        return False
    elements = [each for block in rendered.blocks for each in [block.get("accessory"), *block.get("elements", [])]]
    buttons = [element["text"]["text"] for element in elements if element and element["type"] == "button"]
    return (seen.text.removeprefix(f"{REPEATED} "), seen.buttons) == (rendered.text, buttons)


def kinds(places: list[str]) -> Counter[str]:
    """Places counted by their kind: all statements are alike."""
    return Counter(
        re.sub(r"(?<= )(?!COMMIT)[A-Z]{2}[A-Z]+.*?(?= and a little later|$)", "a statement", place) for place in places
    )

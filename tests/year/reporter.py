"""Writes the journal: what people did, as the audit trail tells it, and what Slack shows, as it appears there."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox import Sandbox
from sandbox.messages import Message
from tests.crash.trail import Record
from tests.year import journal as happened
from tests.year.journal import ADMINS, LONG_AGO, Journal
from tests.year.looking import Look

_TRAIL: Final = """
    SELECT number, at, actor, action, third_party, outcome, details FROM audit
    WHERE workspace = ? AND number > ? ORDER BY number
"""
_FINGERPRINT: Final = re.compile(r"`([0-9a-f]{8})`")
_REMINDS: Final = re.compile(r"\bexpire[sd]?\b|\bstill (?:in use|used|uses)\b|\bno program has used\b", re.IGNORECASE)
_MORE: Final = re.compile(r"\bThere (?:is|are) \d+ more token")
_OTHER_NEWS: Final = re.compile(r"\b(?:contact|owner) is gone[:.]|\bWeekly digest:", re.IGNORECASE)
_WORKS: Final = re.compile(r"\b(?:works|working) (?:until|beside)\b")
_TOKEN: Final = re.compile(r"tpt_[0-9A-Za-z]+")
_OFFERS: Final = {"Show credentials", "It works", "That wasn't me"}
_BY_HOLDERS: Final = ("by_third_party", "by_holder")
"""Why a token was revoked that somebody outside asked for."""

_REPEATED: Final = "You may have read this already"
_MARK: Final = "message:"


class Reporter:
    """One year's. `secrets` are the tokens that people were shown, by their fingerprint."""

    def __init__(self, slack: Sandbox, journal: Journal) -> None:
        self.journal = journal
        self.secrets: dict[str, str] = {}
        self.complaints: list[str] = []
        self._slack = slack
        self._read = 0
        self._listed: dict[str, frozenset[str]] = {}
        self._others: set[str] = set()
        self._ids: dict[str, str] = {}

    # --- what people did

    def hear(self, database: Look) -> list[happened.Fact]:
        """Note what the trail says that is new, and the secrets that were shown; return it."""
        for exchange in self._slack.traffic:
            if exchange.kind == "ack":
                for secret in _TOKEN.findall(exchange.body):
                    self.secrets[hashlib.sha256(secret.encode()).hexdigest()[:8]] = secret
        self._slack.traffic.clear()
        found: list[happened.Fact] = []
        for row in database.execute(_TRAIL, [self._slack.team_id, self._read]).fetchall():
            record = Record.read(tuple(row))
            self._read = record.number
            found += self._facts(record, database)
        for fact in found:
            self.journal.note(fact)
        return found

    def _facts(self, record: Record, database: Look) -> Iterator[happened.Fact]:
        if "!" in record.action or record.party is None:
            return
        at, given = record.at, record.details
        party = self._name(database, "third_parties", "name", record.party)
        match record.action:
            case "third_party.registered" | "third_party.edited" | "third_party.owner_assigned":
                yield self._owners(at, party, record.party, database)
            case "third_party.imported":
                yield self._owners(at, party, record.party, database)
                yield happened.Switched(at, party, given["enabled"])
            case "third_party.enabled" | "third_party.disabled":
                yield happened.Switched(at, party, record.action == "third_party.enabled", record.actor is None)
            case "third_party.removed":
                yield happened.Removed(at, party, record.actor is None)
            case "contact.approved" | "deputy.took_over":
                yield happened.ContactIs(at, party, self._name(database, "people", "user_id", given["contact"]))
            case "contact.withdrawn" | "contact.gone" if not given.get("deputy"):
                yield happened.ContactIs(at, party, None)
            case "token.imported":
                yield from self._imported(record, party, database)
            case _ if "token" in given:
                yield from self._about_token(record, party, database)

    def _owners(self, at: datetime, party: str, key: str, database: Look) -> happened.Fact:
        owner, deputy = database.execute("SELECT owner, deputy_owner FROM third_parties WHERE id = ?", [key]).fetchone()
        deputy = self._name(database, "people", "user_id", deputy) if deputy else None
        return happened.OwnedBy(at, party, self._name(database, "people", "user_id", owner), deputy)

    def _imported(self, record: Record, party: str, database: Look) -> Iterator[happened.Fact]:
        key = record.details["token"]
        token = self._name(database, "tokens", "fingerprint", key)
        issued = database.execute("SELECT issued_at FROM tokens WHERE id = ?", [key]).fetchone()[0]
        yield happened.Issued(record.at, party, token, None, LONG_AGO + timedelta(microseconds=issued))
        if record.details["delivered"]:
            yield happened.Collected(record.at, party, token)

    def _about_token(self, record: Record, party: str, database: Look) -> Iterator[happened.Fact]:
        at, given = record.at, record.details
        token = self._name(database, "tokens", "fingerprint", given["token"])
        match record.action:
            case "token.issued":
                old = database.execute("SELECT renews FROM tokens WHERE id = ?", [given["token"]]).fetchone()[0]
                renews = self._name(database, "tokens", "fingerprint", old) if old else None
                yield happened.Issued(at, party, token, renews)
            case "handoff.collected":
                yield happened.Collected(at, party, token)
            case "token.revoked":
                yield happened.Revoked(at, party, token, record.actor is None and given["cause"] not in _BY_HOLDERS)
            case "token.suspended":
                yield happened.Suspended(at, party, token, record.actor is None)
            case "token.suspension_lifted":
                yield happened.Lifted(at, party, token)
            case "token.retired" if record.actor is not None:
                yield happened.RetiredByHand(at, party, token)
            case "token.let_lapse":
                yield happened.LetLapse(at, party, token)
            case "token.lapse_undone":
                yield happened.LetLapse(at, party, token, undone=True)
            case "token.snoozed":
                by = self._name(database, "people", "user_id", record.actor or "")
                yield happened.Snoozed(at, party, token, by, datetime.fromisoformat(given["until"]))

    def _name(self, database: Look, table: str, column: str, key: str) -> str:
        if key not in self._ids:
            self._ids[key] = str(database.execute(f"SELECT {column} FROM {table} WHERE id = ?", [key]).fetchone()[0])
        return self._ids[key]

    # --- what Slack shows

    def see(self, message: Message, *, is_new: bool) -> None:
        """A message of the bot's stands there, or stands there anew."""
        reader = self.reader(message)
        if reader is None or message.ephemeral:
            return
        now, identity = self._slack.clock.now(), f"{message.channel}/{message.ts}"
        is_other = _OFFERS & set(button_labels(message.blocks)) or _OTHER_NEWS.search(message.text)
        tokens = frozenset[str]() if is_other else _listed(message.blocks)
        if identity in self._listed or (is_new and tokens):
            fresh = tokens - self._listed.get(identity, frozenset())
            self._listed[identity] = tokens | self._listed.get(identity, frozenset())
            if fresh:
                mark, repeat = _mark(message), message.text.startswith(_REPEATED)
                more = _MORE.search(message.text) is not None
                self.journal.note(happened.Said(now, reader, identity, fresh, mark, is_new, repeat, more))
        else:
            self._others.add(_mark(message))
            if is_new:
                repeat = message.text.startswith(_REPEATED)
                self.journal.note(happened.Posted(now, reader, identity, _mark(message), repeat))
            for text in _texts(message.blocks):
                if _WORKS.search(text):
                    for token in _FINGERPRINT.findall(text):
                        self.journal.note(happened.Mentioned(now, reader, token))

    def reader(self, message: Message) -> str | None:
        """Who reads a message; None where nobody is meant in particular."""
        space = self._slack.people["anna"].client.space
        channel = space.channels[message.channel]
        if message.author != space.bot.id:
            return None
        if channel.kind == "im":
            return next(member for member in channel.members if member != space.bot.id)
        return ADMINS if channel.id == self._slack.admin_channel else None

    def misread(self, database: Look) -> Iterator[str]:
        """Messages in which the wording was not recognised, so that this whole year would prove nothing."""
        query = "SELECT id, kind FROM outbox WHERE workspace = ? AND sent_at IS NOT NULL"
        rows = database.execute(query, [self._slack.team_id]).fetchall()
        listed = {fact.mark for fact in self.journal.facts if isinstance(fact, happened.Said)}
        for row in rows:
            reminds = row["kind"] in ("reminders", "expired")
            if reminds and row["id"] not in listed:
                yield f"unreadable: a message of the kind {row['kind']} lists no token"
            if not reminds and row["id"] in listed:
                yield f"unreadable: a message of the kind {row['kind']} looks like a reminder"


def _mark(message: Message) -> str:
    mark = str(message.blocks[0].get("block_id", "")) if message.blocks else ""
    return mark.removeprefix(_MARK) if mark.startswith(_MARK) else f"{message.channel}/{message.ts}"


def _texts(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        for part in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]


def _listed(blocks: list[dict[str, Any]]) -> frozenset[str]:
    """The tokens that a message reminds of: the first one that is named in a text about expiry or use."""
    found = [_FINGERPRINT.search(text) for text in _texts(blocks) if _REMINDS.search(text)]
    return frozenset(each[1] for each in found if each)


def button_labels(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        for element in (block.get("accessory"), *block.get("elements", [])):
            if isinstance(element, dict) and element.get("type") == "button":
                yield element["text"]["text"]

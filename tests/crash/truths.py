"""What a database must look like at every moment at which somebody may pull the plug.

An examiner who has the file alone: plain SQL, and a reading of the audit trail that is its own, not the program's.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.crash.promises import promised
from tests.crash.trail import Record, read_trail

JOURNAL: Final = "-wal"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = tuple[tuple[str, Any], ...]
Contents = dict[str, list[Row]]


def contents(database: sqlite3.Connection) -> Contents:
    """Every row of every table, each value with the name of its column."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: _rows(database.execute(f'SELECT * FROM "{table}"')) for table in tables}


def _rows(cursor: sqlite3.Cursor) -> list[Row]:
    names = [column[0] for column in cursor.description]
    return sorted((tuple(zip(names, row, strict=True)) for row in cursor), key=repr)


def copy_database(file: Path, folder: Path) -> Path:
    """Copy a database that nobody has open, with its journal, so that the recovery is left to whoever opens it next."""
    for path in (file, file.with_name(file.name + JOURNAL)):
        if path.exists():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder / file.name


def complaints(database: sqlite3.Connection) -> list[str]:
    """What is wrong with a database; nothing is wrong with one that is not migrated yet."""
    found = [f"integrity: {line}" for (line,) in database.execute("PRAGMA integrity_check") if line != "ok"]
    found += [f"points nowhere: {row}" for row in database.execute("PRAGMA foreign_key_check")]
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone() is None:
        return found
    found += [*_about_offers(database), *_about_records(database), *_about_digests(database), *_about_heads(database)]
    found += [*_about_messages(database), *_about_reminders(database), *_about_requests(database)]
    return [*found, *_about_keys(database)]


def _about_offers(database: sqlite3.Connection) -> Iterator[str]:
    """A pending token has its sealed values and an open handoff, unless it was imported; nothing else has either."""
    pending = _column(database, "SELECT id FROM tokens WHERE collected_at IS NULL AND revoked_at IS NULL")
    open_for = _column(database, "SELECT token FROM handoffs WHERE collected_at IS NULL AND ended_at IS NULL")
    sealed = _column(database, "SELECT token FROM sealed_credentials")
    imported = set(_column(database, "SELECT id FROM tokens WHERE origin <> 'issued'"))
    if not set(open_for) <= set(pending) or not set(pending) - set(open_for) <= imported:
        yield f"pending tokens {pending} but open handoffs of {open_for}"
    if sealed != pending:
        yield f"pending tokens {pending} but sealed values of {sealed}"
    for party, count in database.execute(
        "SELECT third_party, count(*) FROM handoffs WHERE collected_at IS NULL AND ended_at IS NULL"
        " GROUP BY third_party HAVING count(*) > 1"
    ):
        yield f"{count} open handoffs of {party}"


def _about_records(database: sqlite3.Connection) -> Iterator[str]:
    """The trail has no gap, begins and ends where it is said to, and tells exactly the state that there is."""
    records = read_trail(database)
    numbers = [record.number for record in records]
    heads = [head for (head,) in database.execute("SELECT number FROM audit_heads")]
    pruned = sum(_column(database, "SELECT number FROM audit_checkpoints"))
    if numbers != list(range(pruned + 1, pruned + len(numbers) + 1)) or heads != numbers[-1:]:
        yield f"records {numbers} but the head {heads}"
    reveals = Counter(record.details["handoff"] for record in records if record.action == "handoff.collected")
    for handoff, count in reveals.items():
        if count > 1:
            yield f"{count} reveals of {handoff}"
    told, kept = _told(records), _kept(database)
    for thing in told.keys() | kept.keys():
        if told.get(thing) != kept.get(thing):
            yield f"{thing} is {kept.get(thing)} but the records tell {told.get(thing)}"


_COPIED: Final = (
    "occasion LIKE 'admins%' AND EXISTS (SELECT 1 FROM outbox AS instead WHERE instead.\"end\" = 'spread'"
    " AND instead.kind = copy.kind AND instead.subject = copy.subject)"
)
"""One of those that went to each admin instead of their channel."""


_OF_A_DAY = "('digest', 'audit_head', 'restored', 'imported')"
"""Kinds of messages that a day, a week, a restore or an import brings, and no record of a third party."""


def _about_messages(database: sqlite3.Connection) -> Iterator[str]:
    """Every message that the records promise is in the outbox, and no other."""
    records = read_trail(database)
    due = {key for record in records for key in promised(record)}
    due |= set(_column(database, "SELECT message || ':' || bundle || ':' || coalesce(reader, 'admins') FROM reminders"))
    queued = set(_column(database, f"SELECT key FROM outbox AS copy WHERE kind NOT IN {_OF_A_DAY} AND NOT ({_COPIED})"))
    if due - queued:
        yield f"promised but never queued: {sorted(due - queued)}"
    due |= set(
        _column(database, "SELECT key FROM outbox WHERE kind IN ('reminders', 'expired') AND \"end\" = 'dropped'")
    )
    if queued - due:
        yield f"queued but never promised: {sorted(queued - due)}"


def _about_digests(database: sqlite3.Connection) -> Iterator[str]:
    """The admins read of no week before it was decided that there is something to tell, and of none twice."""
    [decided] = _column(database, "SELECT week FROM digests") or [""]
    for week, count in database.execute(
        "SELECT subject, count(*) FROM outbox WHERE kind = 'digest' AND reader IS NULL GROUP BY subject"
    ):
        if week > decided or count > 1:
            yield f"{count} digests of {week}, decided up to {decided}"


def _about_heads(database: sqlite3.Connection) -> Iterator[str]:
    """Where the trail ends is told of records that there are, once a day, to the channel, and of none twice."""
    heads = database.execute(
        "SELECT subject, CAST(occasion AS INTEGER), reader FROM outbox WHERE kind = 'audit_head' ORDER BY subject"
    ).fetchall()
    (records,) = database.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()
    days, numbers = [day for day, *_ in heads], [number for _, number, _ in heads]
    if len({*days}) < len(days) or sorted({*numbers}) != numbers or any(number > records for number in numbers):
        yield f"heads of {list(zip(days, numbers, strict=True))}, with {records} records"
    if any(reader is not None for *_, reader in heads):
        yield "an admin was told alone where the trail ends"


def _about_reminders(database: sqlite3.Connection) -> Iterator[str]:
    """Of each reminder that is kept there is a record, and each record's is kept, or was left out with a record."""
    records = read_trail(database)
    told = [record.details for record in records if record.action == "token.reminded"]
    recorded = Counter((each["token"], each["reminder"], each["days"], each["reader"] or "") for each in told)
    kept = Counter(database.execute("SELECT token, kind, days, coalesce(reader, '') FROM reminders"))
    if kept - recorded:
        yield f"reminders {kept} but records of {recorded}"
    left_out = {record.party for record in records if record.action == "message.dropped"}
    party_of = dict(database.execute("SELECT id, third_party FROM tokens"))
    for token, *what in recorded - kept:
        if party_of[token] not in left_out:
            yield f"of {token} there is no reminder {what}, though it was not left out"


def _about_requests(database: sqlite3.Connection) -> Iterator[str]:
    """No request is open about what is decided already, and none for a renewal that cannot be asked for any more."""
    yield from _column(
        database,
        "SELECT 'nothing is left to decide about ' || asked.id FROM token_requests AS asked"
        " JOIN tokens ON tokens.id = asked.token JOIN third_parties AS party ON party.id = asked.third_party"
        " WHERE asked.outcome IS NULL AND (revoked_at IS NOT NULL OR retired_at IS NOT NULL OR removed_at IS NOT NULL"
        " OR why = 'somebody_else' AND suspended_at IS NULL OR why = 'still_works' AND (suspended_at IS NOT NULL"
        " OR enabled = 0 OR contact IS NOT asked.asked_by OR EXISTS (SELECT 1 FROM handoffs AS waiting WHERE"
        " waiting.third_party = party.id AND waiting.collected_at IS NULL AND waiting.ended_at IS NULL)))",
    )


def _about_keys(database: sqlite3.Connection) -> Iterator[str]:
    """No key waits or is in force but of the contact, or of who waits to become it; a text is kept no longer."""
    yield from _column(
        database,
        "SELECT 'a key of nobody who may have one: ' || held.id FROM contact_keys AS held"
        " JOIN third_parties AS party ON party.workspace = held.workspace AND party.id = held.third_party"
        " WHERE (held.outcome IS NULL OR held.text IS NOT NULL) AND (party.removed_at IS NOT NULL"
        " OR party.contact IS NOT held.contact AND (held.outcome IS NOT NULL OR NOT EXISTS (SELECT 1 FROM"
        " contact_proposals AS waits WHERE waits.third_party = party.id AND waits.outcome IS NULL AND NOT waits.deputy"
        " AND waits.contact = held.contact)))",
    )


_Facts = dict[tuple[str, str], dict[str, Any]]

_TOKEN_INSTANTS: Final = ["collected", "suspended", "revoked", "succeeded", "retired", "claimed", "let_lapse"]
_SNOOZED: Final = ["snoozed_by", "snoozed_until"]
_ENDS: Final = {"handoff.declined": "declined", "handoff.withdrawn": "withdrawn", "handoff.lapsed": "lapsed"}
_OUTCOMES: Final = {
    "contact.approved": "approved",
    "deputy.approved": "approved",
    "contact.rejected": "rejected",
    "contact.unreachable": "unreachable",
    "contact.proposal_superseded": "superseded",
}


def _told(records: Sequence[Record]) -> _Facts:
    """What the records tell about third parties, proposals, tokens and handoffs."""
    facts: _Facts = {}
    for record in records:
        party = facts.setdefault(("party", record.party), {}) if record.party and "!" not in record.action else {}
        _tell_party(record, party)
        _tell_proposal(record, facts)
        _tell_token(record, facts)
        _tell_handoff(record, facts)
        _tell_request(record, facts)
        _tell_key(record, facts)
    return facts


def _tell_party(record: Record, party: dict[str, Any]) -> None:
    match record.action:
        case "third_party.registered":
            party.update(owner=record.details["owner"], enabled=0, contact=None, deputy_contact=None, removed=0)
        case "third_party.imported":
            party.update(contact=None, deputy_contact=None, removed=0)
            party.update(owner=record.details["owner"], enabled=int(record.details["enabled"]))
        case "third_party.owner_assigned":
            party["owner"] = record.details["owner"]
        case "third_party.enabled" | "third_party.enabled_after_restore":
            party["enabled"] = 1
        case "third_party.disabled" | "third_party.disabled_by_restore":
            party["enabled"] = 0
        case "third_party.removed":
            party.update(enabled=0, contact=None, deputy_contact=None, removed=1)
        case _:
            _tell_contact(record, party)


def _tell_contact(record: Record, party: dict[str, Any]) -> None:
    match record.action:
        case "contact.approved" | "deputy.took_over":
            party["contact"] = record.details["contact"]
            if party["deputy_contact"] == party["contact"]:
                party["deputy_contact"] = None
        case "contact.withdrawn":
            party["contact"] = None
        case "deputy.approved":
            party["deputy_contact"] = record.details["contact"]
        case "deputy.withdrawn" | "deputy.became_admin":
            party["deputy_contact"] = None
        case "contact.gone":
            party["deputy_contact" if record.details["deputy"] else "contact"] = None


def _tell_proposal(record: Record, facts: _Facts) -> None:
    if record.action in ("contact.proposed", "deputy.proposed"):
        facts["proposal", record.details["proposal"]] = {
            "contact": record.details["contact"],
            "deputy": int(record.action == "deputy.proposed"),
            "reached": 0,
            "outcome": None,
        }
    elif record.action in ("contact.reached", "contact.imported_reached"):
        facts["proposal", record.details["proposal"]]["reached"] = 1
    elif record.action in _OUTCOMES:
        facts["proposal", record.details["proposal"]]["outcome"] = _OUTCOMES[record.action]


def _tell_token(record: Record, facts: _Facts) -> None:
    match record.action:
        case "token.issued":
            facts["token", record.details["token"]] = dict.fromkeys(_TOKEN_INSTANTS, 0) | dict.fromkeys(_SNOOZED)
        case "token.imported":
            facts["token", record.details["token"]] = dict.fromkeys(_TOKEN_INSTANTS, 0) | dict.fromkeys(_SNOOZED)
            facts["token", record.details["token"]]["collected"] = int(record.details["delivered"])
        case "token.revoked":
            facts["token", record.details["token"]]["revoked"] = 1
        case "token.suspended":
            facts["token", record.details["token"]]["suspended"] = 1
        case "token.suspension_lifted":
            facts["token", record.details["token"]]["suspended"] = 0
        case "token.overlap_started":
            facts["token", record.details["token"]]["succeeded"] = 1
        case "token.retirement_cancelled":
            facts["token", record.details["token"]]["succeeded"] = 0
        case "token.retired":
            facts["token", record.details["token"]]["retired"] = 1
        case "handoff.collected":
            facts["token", record.details["token"]]["collected"] = 1
        case _:
            _tell_decision(record, facts)


def _tell_decision(record: Record, facts: _Facts) -> None:
    """What somebody decided about a token's renewal."""
    match record.action:
        case "token.claimed":
            facts["token", record.details["token"]]["claimed"] = 1
        case "token.snoozed":
            until = (datetime.fromisoformat(record.details["until"]) - EPOCH) // timedelta(microseconds=1)
            facts["token", record.details["token"]] |= {"snoozed_by": record.actor, "snoozed_until": until}
        case "token.let_lapse":
            facts["token", record.details["token"]]["let_lapse"] = 1
        case "token.lapse_undone":
            facts["token", record.details["token"]]["let_lapse"] = 0


def _tell_handoff(record: Record, facts: _Facts) -> None:
    match record.action:
        case "handoff.offered":
            facts["handoff", record.details["handoff"]] = {
                "token": record.details["token"],
                "contact": record.details["contact"],
                "collected": 0,
                "confirmed": 0,
                "disputed": 0,
                "end": None,
            }
        case "handoff.collected" | "handoff.confirmed" | "handoff.disputed":
            facts["handoff", record.details["handoff"]][record.action.removeprefix("handoff.")] = 1
        case "handoff.confirmed_by_use":
            facts["handoff", record.details["handoff"]]["confirmed"] = 1
        case "handoff.declined" | "handoff.withdrawn" | "handoff.lapsed":
            facts["handoff", record.details["handoff"]]["end"] = _ENDS[record.action]


def _tell_request(record: Record, facts: _Facts) -> None:
    given = record.details
    match record.action:
        case "token.requested":
            facts["request", given["request"]] = {
                "token": given["token"],
                "why": given["why"],
                "asked_by": given["contact"],
                "outcome": None,
                "decided": 0,
            }
        case "token.request_granted" | "token.request_declined" | "token.request_settled":
            outcome = record.action.removeprefix("token.request_")
            facts["request", given["request"]] |= {"outcome": outcome, "decided": 1}


def _tell_key(record: Record, facts: _Facts) -> None:
    given = record.details
    match record.action:
        case "contact_key.registered" | "contact_key.removal_asked":
            kind = given.get("kind")
            facts["key", given["key"]] = {"contact": given["contact"], "kind": kind, "outcome": None, "ended": 0}
        case "contact_key.approved":
            approved = facts["key", given["key"]]
            approved |= {"outcome": "approved", "ended": int(approved["kind"] is None)}
            if given["former"]:
                facts["key", given["former"]]["ended"] = 1
        case "contact_key.rejected" | "contact_key.superseded":
            facts["key", given["key"]]["outcome"] = record.action.removeprefix("contact_key.")
        case "contact_key.ended":
            ended = facts["key", given["key"]]
            ended |= {"outcome": "withdrawn"} if ended["outcome"] is None else {"ended": 1}


_KEPT: Final = {
    "party": ("third_parties", ["owner", "enabled", "contact", "deputy_contact"], ["removed"]),
    "proposal": ("contact_proposals", ["contact", "deputy", "outcome"], ["reached"]),
    "token": ("tokens", _SNOOZED, _TOKEN_INSTANTS),
    "handoff": ("handoffs", ["token", "contact", '"end"'], ["collected", "confirmed", "disputed"]),
    "key": ("contact_keys", ["contact", "kind", "outcome"], ["ended"]),
    "request": ("token_requests", ["token", "why", "asked_by", "outcome"], ["decided"]),
}
"""Where the same is kept: the table, what is kept as it is, and the instants of which it matters that there is one."""


def _kept(database: sqlite3.Connection) -> _Facts:
    facts: _Facts = {}
    for kind, (table, values, instants) in _KEPT.items():
        columns = ["id", *values, *(f"{name}_at IS NOT NULL AS {name}" for name in instants)]
        cursor = database.execute(f"SELECT {', '.join(columns)} FROM {table}")
        names = [column[0] for column in cursor.description[1:]]
        facts |= {(kind, row[0]): dict(zip(names, row[1:], strict=True)) for row in cursor}
    return facts


def _column(database: sqlite3.Connection, query: str) -> list[Any]:
    return sorted(value for (value,) in database.execute(query))

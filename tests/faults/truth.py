"""What has to be so at the end of the story, whatever went wrong on the way."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from access.model.credentials import WELL_FORMED
from bot.slack_poster import MARK, REPEATED
from tests.scenarios.stage import Stage

SECRET: Final = re.compile(WELL_FORMED)
_BROKEN: Final = (
    "request_failed",
    "answer_failed",
    "outbox_unusable",
    "message_broken",
    "message_not_accounted_for",
    "ticker_failed",
    "Traceback",
)


def of_everything(stage: Stage, shown: Sequence[str]) -> list[str]:
    """Return all that is wrong. `shown`: what the contact read at each reveal."""
    wrong = (_of_the_state, _of_the_audit_trail, _of_promises, _of_the_log)
    return [*(each for check in wrong for each in check(stage)), *_of_secrets(stage, shown)]


def _of_the_state(stage: Stage) -> Iterator[str]:
    expected = {
        "SELECT count(*), count(removed_at) FROM third_parties": [(1, 1)],
        "SELECT count(*) FROM tokens WHERE revoked_at IS NULL": [(0,)],
        "SELECT count(*) FROM handoffs WHERE collected_at IS NULL AND ended_at IS NULL": [(0,)],
        "SELECT count(*) FROM sealed_credentials": [(0,)],
    }
    for query, rows in expected.items():
        if stage.rows(query) != rows:
            yield f"state: {query} gives {stage.rows(query)}"


def _of_the_audit_trail(stage: Stage) -> Iterator[str]:
    """Each effect has exactly one record: no subject has the same thing done to it twice, but for the switch."""
    done = "SELECT action, details, third_party FROM audit WHERE outcome = 'done' ORDER BY number"
    about = [(str(action), _subject(str(details))) for action, details, _ in stage.rows(done)]
    switch = ("third_party.enabled", "third_party.disabled", "third_party.enabled")
    if tuple(action for action, _ in about if action in switch) != switch:
        yield f"audit: the switch went {stage.audit()}"
    silent = (*switch, "message.dropped", "message.undeliverable")
    for (action, subject), times in Counter(each for each in about if each[0] not in silent).items():
        if times > 1:
            yield f"audit: {action} of {subject} happened {times} times"


def _subject(details: str) -> str:
    content = json.loads(details)
    return str(content.get("token") or content.get("proposal") or "")


def _of_promises(stage: Stage) -> Iterator[str]:
    """Every message is in Slack once; a second copy says that it may be one. None waits, none is lost unnoticed.

    One that Slack did not let us change may be there in its older form, too.
    """
    unchanged = stage.log.getvalue().count('"message_not_updated"')
    query = 'SELECT id, kind, sent_at IS NOT NULL, "end", error, next_attempt_at IS NULL FROM outbox'
    for identifier, kind, sent, end, error, at_rest in stage.rows(query):
        copies = [text for mark, text in _messages(stage) if mark == MARK + str(identifier)]
        if not at_rest:
            yield f"promise: {kind} still waits ({error})"
        if bool(copies) != bool(sent) and end != "undeliverable":
            yield f"promise: {kind} is sent={sent}, end={end} and {len(copies)} times in Slack"
        if not sent and end is None:
            yield f"promise: {kind} was never sent"
        if sum(REPEATED not in text for text in copies) > 1 + unchanged:
            yield f"promise: {kind} is in Slack {len(copies)} times, unmarked"


def _messages(stage: Stage) -> Iterator[tuple[str, str]]:
    places = [("carla", "bot"), ("anna", "bot"), ("ben", "bot"), ("ben", "#third-party-access")]
    for handle, place in places:
        for seen in stage.slack.people[handle].reads(place):
            for block in seen.blocks:
                yield str(block.get("block_id", "")), seen.reading


def _of_secrets(stage: Stage, shown: Sequence[str]) -> Iterator[str]:
    """Each secret travelled in acknowledgements alone, was read at most once, and lies nowhere."""
    travelled = {
        (secret, each.kind) for each in stage.slack.traffic for secret in SECRET.findall(each.body)
    }  # fmt: skip
    yield from (f"secret: one travelled as {kind}" for _, kind in travelled if kind != "ack")
    for secret, times in Counter(secret for read in shown for secret in set(SECRET.findall(read))).items():
        if times > 1:
            yield f"secret: {secret[:8]} was shown {times} times"
    kept = {path.name: path.read_bytes().decode("latin-1") for path in stage.folder.iterdir()}
    for name, content in {**kept, "log": stage.searched_log()}.items():
        if any(secret in content for secret, _ in travelled):
            yield f"secret: one lies in {name}"


def _of_the_log(stage: Stage) -> Iterator[str]:
    for line in stage.log.getvalue().splitlines():
        if any(word in line for word in _BROKEN):
            yield f"log: {line[:400]}"

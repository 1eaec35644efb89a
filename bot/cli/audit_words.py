"""What there is to say of an audit trail that was verified."""

from collections.abc import Mapping
from datetime import UTC
from typing import Final

from access.model.audit_head import Head
from access.model.checkpoint import Checkpoint
from storage.chain import Verified
from storage.chain_fault import How, Wrong

SENTENCES: Final[Mapping[How, str]] = {
    How.CHANGED: "record {number} was changed: it does not say what it said when it was written.",
    How.FORGED: "record {number} is not as it was written: it was changed, or put in.",
    How.MISSING: "{up_to_other} missing: removed from the middle of the trail.",
    How.CLOSED_UP: "{before_other} missing: removed, and the later ones were numbered anew.",
    How.INSERTED: "record {number} does not belong there: it was put in before the one that does, now number {other}.",
    How.MOVED: "record {number} is out of order: it was written as record {other}.",
    How.UNREADABLE: "record {number} cannot be read: it was changed, or the file is damaged.",
    How.KEY_MISSING: (
        "record {number} names the key {key_id}, which the keyring does not have: put it back, then verify again. If "
        "there never was such a key, the record was changed."
    ),
    How.CUT_OFF: "the end is cut off: {up_to_other} missing, as the database itself notes.",
    How.END_UNKNOWN: "nobody can tell whether there was a record {number}: the note of where the trail ends is gone.",
    How.END_FALSE: "the note of where the trail ends was changed: it does not fit the record before number {number}.",
    How.BEFORE_POSTED: (
        "the trail ends with record {other}, before the one that was posted: the newest records were cut off, or an "
        "older file was put back."
    ),
    How.NOT_AS_POSTED: (
        "record {number} is another one than was posted: records were cut off or an older file was put back, and "
        "others were written since."
    ),
    How.POSTED_PRUNED: (
        "record {number} was pruned since it was posted, with all up to {other}, so nobody can tell whether it was the "
        "one that was posted: take a line that was posted later."
    ),
    How.BEGINNING_CUT: "the beginning is cut off: {up_to_other} missing, and not by a pruning of the bot's.",
    How.CHECKPOINT_FALSE: (
        "nobody can tell whether the oldest records were pruned or cut off: the note of where the trail begins is not "
        "as the bot wrote it."
    ),
    How.CHECKPOINT_KEY_MISSING: (
        "the note of where the trail begins names the key {key_id}, which the keyring does not have: put it back, then "
        "verify again. If there never was such a key, the note was changed."
    ),
    How.CHECKPOINT_OTHER: (
        "the trail does not begin where its newest record of a pruning says: an older beginning, or that of another "
        "copy, was put in its place."
    ),
}


def in_words(verified: Verified, *, since: Head | None = None, posted: Head | None = None) -> str:
    """Say that all is well, or which record is the first that is not, and how; and how many before it are."""
    if verified.wrong is not None:
        return f"{_what_is_wrong(verified.wrong)} {_what_fits(verified, since)}"
    if verified.count == 0:
        return "There is no record yet."
    head = Head(verified.count, verified.mac)
    lines = (
        pruned_in_words(verified.pruned),
        _all_is_well(verified, since),
        _as_posted(posted),
        f"It ends with {head}",
    )
    return "\n".join(filter(None, lines))


def pruned_in_words(pruned: Checkpoint | None) -> str:
    """Say which records were pruned, and when; nothing if none were."""
    if pruned is None or pruned.number == 0:
        return ""
    which = _range(1, pruned.number, "was", "were")
    on = f"on {pruned.at.astimezone(UTC):%Y-%m-%d}"
    return f"{which.capitalize()} pruned {on}; the last was {Head(pruned.number, pruned.mac)}"


def _all_is_well(verified: Verified, since: Head | None) -> str:
    if since is None:
        first = verified.pruned.number + 1 if verified.pruned else 1
        kept = "from the first to the last" if first == 1 else f"from number {first:,} to the last"
        return f"{_count(verified.count - first + 1)}, {kept}, are as they were written."
    later = verified.count - since.number
    if later == 0:
        return f"Record {since.number:,} is the one that was posted, and the last."
    return (
        f"Record {since.number:,} is the one that was posted, and {_count(later)} after it are as they were written. "
        "Those before it were not looked at."
    )


def _as_posted(posted: Head | None) -> str:
    return f"Record {posted.number:,} is the one that was posted." if posted else ""


def _what_fits(verified: Verified, since: Head | None) -> str:
    looked_at = max(0, verified.count - (since.number if since else 0))
    if looked_at == 0:
        return "Nothing before it was looked at." if since else ""
    return f"Up to record {verified.count:,} all that was looked at is as it was written."


def _what_is_wrong(wrong: Wrong) -> str:
    other = wrong.other or 0
    said = SENTENCES[wrong.how].format(
        number=f"{wrong.number:,}",
        other=f"{other:,}",
        up_to_other=_range(wrong.number, other),
        before_other=_range(wrong.number, other - 1),
        key_id=wrong.key_id,
    )
    return f"{said[0].upper()}{said[1:]}"


def _range(first: int, last: int, one: str = "is", several: str = "are") -> str:
    return f"record {first:,} {one}" if first == last else f"records {first:,} to {last:,} {several}"


def _count(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"

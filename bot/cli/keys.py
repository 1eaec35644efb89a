"""`thirdparty-bot keys`: which keys there are, a new first one, and the end of an old one."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import typer

from bot import logs
from bot.cli.progress import progress_bar
from bot.cli.rotation import Resealed, announce, make_new_first, new_key_first, reseal_all, retire, without
from bot.cli.terminal import UsedWrongly, in_columns, instant
from bot.cli.workplace import Workplace, at_work
from bot.errors import CommandError
from bot.keyring import Keyring
from bot.keyring_place import KeyringPlace, Replacement, read_keyring
from bot.settings import CommonSettings, read_settings
from storage.keys_in_use import KeysInUse
from storage.others import changing_keys

commands: Final = typer.Typer(
    help="The keys: which there are, a new one, the end of an old one.", no_args_is_help=True, rich_markup_mode=None
)
_ToStdout = Annotated[
    bool,
    typer.Option(
        "--to-stdout",
        help="Write the keyring as it is to be to standard output, for a secret manager, and change nothing.",
    ),
]
_PROBLEMS: Final = {"missing": "the keyring does not have it", "wrong": "it does not fit them", "damaged": ""}
_R = TypeVar("_R")


class LeftUnsealed(CommandError):
    """Some offers could not be sealed anew."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key, what it is for, and how much hangs on it."""

    id: str
    made_at: datetime | None
    does: str
    offers: int
    records: int
    tokens: int
    can_be_retired: bool


@commands.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, for programs.")] = False,
) -> None:
    """Show the keys: what each is for, and how many waiting offers, imported tokens and audit records need it."""

    async def look(workplace: Workplace, place: KeyringPlace) -> Sequence[KeyLine]:
        return _lines(read_keyring(place), await workplace.database.keys_in_use(workplace.ports.clock.now()))

    lines = _do(look)
    if as_json:
        typer.echo(json.dumps([_as_json(line) for line in lines], indent=2))
        return
    rows = [
        (
            each.id,
            instant(each.made_at) if each.made_at else "",
            each.does,
            f"{each.offers:,}",
            f"{each.tokens:,}",
            f"{each.records:,}",
        )
        for each in lines
    ]
    typer.echo(in_columns([("KEY", "MADE", "DOES", "OFFERS", "TOKENS", "RECORDS"), *rows]))
    for each in lines:
        if each.can_be_retired:
            typer.echo(f"Nothing is sealed with {each.id} any more: `thirdparty-bot keys retire {each.id}`.")
        if each.does == "missing":
            typer.echo(f"The keyring lacks {each.id}: put it back, if you have a copy.")


@commands.command()
def rotate(to_stdout: _ToStdout = False) -> None:
    """Make a new key, which seals from now on, and seal anew with it what waits to be opened.

    A bot may run meanwhile. Where a rotation was stopped, the next one finishes it, and makes no other key.
    """
    if to_stdout:
        _write(_do(_with_new_key))
        return
    is_new, keyring, resealed = _do(_rotate)
    typer.echo(_what_was_done(keyring, resealed, is_new=is_new))
    if resealed.unopened:
        raise LeftUnsealed(_what_is_left(resealed))


@commands.command("retire")
def retire_key(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Its id.", show_default=False)],
    to_stdout: _ToStdout = False,
) -> None:
    """Take an old key away, once nothing is sealed with it: nobody can open with it what old copies hold.

    The part of it that verifies audit records stays, as long as there are records that it chained.
    """
    if to_stdout:
        new, _ = _do(lambda workplace, place: without(workplace, place, key_id))
        _write(new)
        return
    verifies = _do(lambda workplace, place: retire(workplace, place, key_id))
    typer.echo(f"{key_id} opens nothing any more. " + (_STILL_VERIFIES if verifies else "It had chained no record."))
    typer.echo("Older copies of the keyring still have it whole: replace them, and delete them.")


_STILL_VERIFIES: Final = "What it chained in the audit trail can be verified as before."
_Do = Callable[[Workplace, KeyringPlace], Awaitable[_R]]


def _do(work: _Do[_R]) -> _R:
    """Work on the keys, alone. Raises CommandError, StorageError, OSError."""
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    return asyncio.run(_at_work(settings, work))


async def _at_work(settings: CommonSettings, work: _Do[_R]) -> _R:
    async with at_work(settings) as workplace, changing_keys(settings.database_url):
        return await work(workplace, settings.keyring_place)


def _write(new: Replacement) -> None:
    """Write a keyring to standard output. Raises UsedWrongly, where somebody would read it."""
    if sys.stdout.isatty():
        raise UsedWrongly(
            "What would be written are keys, which nobody should see: pipe it to your secret manager, or into a file "
            "that is yours alone."
        )
    sys.stdout.write(new.text.reveal())


async def _with_new_key(workplace: Workplace, place: KeyringPlace) -> Replacement:
    return Replacement(place, new_key_first(workplace.ports))


async def _rotate(workplace: Workplace, place: KeyringPlace) -> tuple[bool, Keyring, Resealed]:
    """Finish what another rotation has begun; where there is nothing to finish, make a new key first."""
    keyring = read_keyring(place)
    announced = await announce(workplace, keyring)
    resealed = await _reseal(workplace, keyring)
    is_new = not announced and not resealed.count
    if is_new:
        await make_new_first(workplace, place)
        keyring = read_keyring(place)
        resealed = await _reseal(workplace, keyring)
    await workplace.forget_what_was_deleted()
    return is_new, keyring, resealed


async def _reseal(workplace: Workplace, keyring: Keyring) -> Resealed:
    count = await workplace.database.count_sealed_otherwise(keyring.first.id)
    with progress_bar("Sealing anew", count) as advance:
        return await reseal_all(workplace.database, keyring, workplace.ports.random, advance)


def _lines(keyring: Keyring, in_use: KeysInUse) -> Sequence[KeyLine]:
    def line(key_id: str, made_at: datetime | None, does: str) -> KeyLine:
        offers, records = in_use.offers.get(key_id, 0), in_use.records.get(key_id, 0)
        tokens = in_use.tokens.get(key_id, 0)
        return KeyLine(key_id, made_at, does, offers, records, tokens, does == "opens" and not offers and not tokens)

    keys = [line(key.id, key.made_at, "opens" if place else "seals") for place, key in enumerate(keyring.keys)]
    retired = [line(key.id, key.made_at, "verifies") for key in keyring.retired]
    missing = in_use.without(opening=[key.id for key in keyring.keys], verifying=keyring.audit_roots)
    return [*keys, *retired, *(line(key_id, None, "missing") for key_id in missing.ids)]


def _as_json(line: KeyLine) -> dict[str, Any]:
    return {**asdict(line), "made_at": line.made_at.isoformat() if line.made_at else None}


def _what_was_done(keyring: Keyring, resealed: Resealed, *, is_new: bool) -> str:
    first = keyring.first.id
    offers = "1 waiting offer was" if resealed.count == 1 else f"{resealed.count:,} waiting offers were"
    begun = (
        f"Made the key {first}, which seals from now on."
        if is_new
        else f"Finished the rotation to the key {first}, which had been begun. For another new key, do it once more."
    )
    return (
        f"{begun} {offers} sealed anew.\nCopy the keyring to its safe place again: older copies lack {first}, and "
        "without it nobody can open what it seals."
    )


def _what_is_left(resealed: Resealed) -> str:
    each = [
        f"{count:,} sealed with {key_id} ({_PROBLEMS[problem]})" if key_id else f"{count:,} that name no key"
        for (key_id, problem), count in sorted(resealed.unopened.items())
    ]
    return (
        f"Some waiting offers could not be opened, and stay as they are: {', '.join(each)}. Put back your copy of the "
        "key and rotate once more; or type `/thirdparty resend` for each of them."
    )

"""`thirdparty-bot export`: everything about third parties and tokens but secrets, for spreadsheets and programs."""

import asyncio
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from access.model.sheet import guarded
from bot import logs
from bot.cli.export_columns import EXPORTED, Value, rows_of
from bot.cli.progress import progress_bar
from bot.cli.workplace import at_work
from bot.errors import CommandError
from bot.settings import CommonSettings, read_settings
from storage.metadata_export import exported_parties

_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes the file for one of an old code page."""

_Writer = Callable[[Mapping[str, Value]], None]


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


class NotExported(CommandError):
    """What was asked for would overwrite something."""


def export(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where to: a new file. Without it, to standard output."),
    ] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="csv, for a spreadsheet and for `import`; jsonl, for programs.")
    ] = Format.CSV,
) -> None:
    """Write out third parties and tokens, a row for each token: everything but secrets. A bot may run meanwhile.

    No cell of the CSV is run as a formula: one that would be begins with an apostrophe, which `import` takes away.
    """
    settings = read_settings(CommonSettings)
    logs.configure(settings.log_format, settings.log_level)
    with _opened(file) as out:
        asyncio.run(_export(settings, _csv(out) if format_ is Format.CSV else _json_lines(out)))


@contextmanager
def _opened(file: Path | None) -> Iterator[TextIO]:
    """Give where to write; a new file is its owner's alone, and is gone if it is not finished. Raises NotExported."""
    if file is None:
        yield sys.stdout
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NotExported(f"{file} is there already, and stays as it is. Name a new file.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        raise


async def _export(settings: CommonSettings, write: _Writer) -> None:
    async with at_work(settings) as workplace:
        workspace, now = await workplace.workspace(), workplace.ports.clock.now()
        async with workplace.database.read(workspace) as reading:
            count = len(await reading.third_parties.names())
        with progress_bar("Writing", count) as advance:
            async for party in exported_parties(workplace.database, workspace, progress=advance):
                for row in rows_of(party, now):
                    write(row)


def _csv(out: TextIO) -> _Writer:
    out.write(_BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180 §2
    writer.writerow(EXPORTED)
    return lambda row: writer.writerow([_cell(value) for value in row.values()])


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return guarded(value or "")


def _json_lines(out: TextIO) -> _Writer:
    return lambda row: print(json.dumps(row, separators=(",", ":")), file=out)

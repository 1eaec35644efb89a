"""A disk that keeps only what was synced, and of the rest whatever it likes: SQLite's files pass through a VFS of ours.

Everything is really written, so that SQLite reads what it wrote. Beside it is kept what each file would be if the power
failed now: its bytes at the last sync, and the writes since then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from threading import Lock

import apsw
from typing_extensions import override

from tests.crash.dice import Dice

SECTOR = 512
"""What a disk writes whole or not at all."""


@dataclass(frozen=True, slots=True)
class _Write:
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Truncate:
    size: int


_Change = _Write | _Truncate


@dataclass(slots=True)
class _File:
    """`made`: SQLite made it, and has not synced it yet. `named`: its name is on the disk for certain. `removed`: that
    was taken away again, but not for certain."""

    synced: bytes
    made: bool
    named: bool
    since: list[_Change] = field(default_factory=list)
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Remains:
    """What there is to choose from when the power fails: the files by their names, as they are noted."""

    files: dict[str, _File]

    def settle(self, folder: Path, dice: Dice) -> None:
        """Write into a folder what is on the disk after the cut. SQLite's shared memory was never on one."""
        for name, file in self.files.items():
            if (file.named or dice.chance(0.5)) and not (file.removed and dice.chance(0.5)):
                (folder / name).write_bytes(_after_cut(file.synced, file.since, dice))


class Disk:
    """The disk under one folder, as a VFS of SQLite's called `name`.

    `on_change` is called before each change that reaches the disk, in the thread of the connection that makes it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.on_change: Callable[[], None] = lambda: None
        self._files: dict[str, _File] = {}
        self._lock = Lock()
        self._vfs = _Vfs(self)

    def close(self) -> None:
        self._vfs.unregister()

    def remains(self) -> Remains:
        with self._lock:
            return Remains({Path(path).name: replace(file, since=[*file.since]) for path, file in self._files.items()})

    def opened(self, path: str) -> None:
        """SQLite opens a file, or makes it. An empty one that is there already was made by us a moment ago."""
        with self._lock:
            if path not in self._files or self._files[path].removed:
                there = Path(path)
                content = there.read_bytes() if there.exists() else b""
                self._files[path] = _File(content, made=not there.exists(), named=bool(content))

    def changed(self, path: str, change: _Change) -> None:
        self.on_change()
        with self._lock:
            self._files[path].since.append(change)

    def synced(self, path: str) -> None:
        """With the first sync of a file that it has made SQLite syncs the folder too: then all names are certain."""
        self.on_change()
        with self._lock:
            file = self._files[path]
            content = bytearray(file.synced)
            for change in file.since:
                _apply(content, change)
            self._files[path] = replace(file, synced=bytes(content), since=[], made=False)
            if file.made:
                self._files = {
                    each: replace(other, named=True) for each, other in self._files.items() if not other.removed
                }

    def removed(self, path: str, for_certain: bool) -> None:
        self.on_change()
        with self._lock:
            if for_certain:
                del self._files[path]
            else:
                self._files[path].removed = True


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.name, "")

    @override
    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._disk.opened(path)
        return _VfsFile(self._disk, path, name, flags)

    @override
    def xDelete(self, filename: str, syncdir: bool) -> None:
        self._disk.removed(filename, syncdir)
        super().xDelete(filename, syncdir)


class _VfsFile(apsw.VFSFile):
    def __init__(self, disk: Disk, path: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._path = path
        super().__init__("", name, flags)

    @override
    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.changed(self._path, _Write(offset, bytes(data)))
        super().xWrite(data, offset)

    @override
    def xTruncate(self, newsize: int) -> None:
        self._disk.changed(self._path, _Truncate(newsize))
        super().xTruncate(newsize)

    @override
    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._disk.synced(self._path)


def _after_cut(synced: bytes, since: Sequence[_Change], dice: Dice) -> bytes:
    """Some of the unsynced changes were on their way: none, all, the first few, or any sectors in any order."""
    content = bytearray(synced)
    fate = dice.pick(["none", "all", "first", "any", "any"])
    if fate == "none":
        since = ()
    elif fate == "first":
        since = since[: dice.below(len(since) + 1)]
    for change in since:
        for part in _sectors(change):
            if fate != "any" or dice.chance(0.5):
                _apply(content, part)
    return bytes(content)


def _sectors(change: _Change) -> list[_Change]:
    if isinstance(change, _Truncate):
        return [change]
    end = change.offset + len(change.data)
    borders = [change.offset, *range((change.offset // SECTOR + 1) * SECTOR, end, SECTOR), end]
    return [
        _Write(start, change.data[start - change.offset : stop - change.offset]) for start, stop in pairwise(borders)
    ]


def _apply(content: bytearray, change: _Change) -> None:
    if isinstance(change, _Truncate):
        del content[change.size :]
        return
    content.extend(b"\0" * (change.offset - len(content)))
    content[change.offset : change.offset + len(change.data)] = change.data

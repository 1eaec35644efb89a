"""Files that only their owner may read."""

import os
from contextlib import suppress
from pathlib import Path


def create_private_file(path: Path, text: str) -> None:
    """Write a new file with mode 0600, on the disk before this returns. An existing file is never touched.

    Raises: FileExistsError; another OSError when it cannot be written, and then nothing is left of it.
    """
    _write_new(path, text)
    try:
        _sync_folder(path.parent)
    except OSError:
        path.unlink()
        raise


def replace_private_file(path: Path, text: str) -> None:
    """Put a new file in place of one, whole or not at all, and on the disk before this returns. Its owner stays.

    What a replacement that was killed has left beside it goes. Nobody else may do the same meanwhile.

    Raises: OSError, and then the file is as it was, or, if its folder could not be synced, may be.
    """
    new = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()
    owner = path.stat()
    _write_new(new, text)
    try:
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(new, owner.st_uid, owner.st_gid)
        new.replace(path)
    except OSError:
        new.unlink()
        raise
    _sync_folder(path.parent)


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    """A new file outlives a power cut only once its folder's entry is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

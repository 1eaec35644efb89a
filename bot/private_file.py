"""Files that only their owner may read."""

import os
from pathlib import Path


def create_private_file(path: Path, text: str) -> None:
    """Write a new file with mode 0600, on the disk before this returns. An existing file is never touched.

    Raises: FileExistsError; another OSError when it cannot be written, and then nothing is left of it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
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

"""Where the keyring is: in a file that we may write, in one that we may not, or in the environment."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import structlog

from access.model.secret import Secret
from bot.errors import CommandError
from bot.keyring import Keyring, KeyringError, parse_keyring, read_keyring_file
from bot.private_file import replace_private_file

GIVEN: Final = "THIRDPARTY_KEYRING"
_log = structlog.get_logger()


class KeyringChanged(CommandError):
    """Somebody else has changed the keyring meanwhile."""


class KeyringPlace(Protocol):
    """Where the keyring is. `name` says it to people."""

    @property
    def name(self) -> str:
        """What to call it."""

    def text(self) -> Secret:
        """Return what is there. Raises KeyringError."""

    def stamp(self) -> object:
        """Return something that is another one once the keyring is. Takes microseconds."""

    def replace(self, before: Secret, after: Secret) -> None:
        """Put another keyring in place of that one, whole or not at all.

        Raises: KeyringError, if it cannot be written here; KeyringChanged, if it is not that one any more.
        """


class KeyringFile:
    """A file, made by `thirdparty-bot init`, or put there by systemd or a secret manager."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """Its path."""
        return str(self._path)

    def text(self) -> Secret:
        """Return what is in it. Raises KeyringError."""
        return Secret(read_keyring_file(self._path))

    def stamp(self) -> object:
        """Return what tells it from the file that was there before, or that it was written to; None without one."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size

    def replace(self, before: Secret, after: Secret) -> None:
        """Put another one in its place. A link to it stays one. Raises KeyringError, KeyringChanged.

        One that its owner may not write to is a copy, and something else would put the original back.
        """
        path = self._path.resolve()
        try:
            with _one_at_a_time(path.parent):
                if not path.stat().st_mode & stat.S_IWUSR:
                    raise PermissionError(errno.EACCES, "it is read-only")
                if self.text().reveal() != before.reveal():
                    raise KeyringChanged(f"Somebody else has changed the keyring {self.name} meanwhile: try again.")
                replace_private_file(path, after.reveal())
        except OSError as error:
            raise KeyringError(
                f"The keyring {self.name} cannot be written ({error.strerror})",
                "where something else puts it there, add --to-stdout and hand that what is written",
            ) from None


class KeyringGiven:
    """The value of THIRDPARTY_KEYRING. Another one takes effect with the next start."""

    name = GIVEN

    def __init__(self, text: Secret) -> None:
        self._text = text

    def text(self) -> Secret:
        """Return it."""
        return self._text

    def stamp(self) -> object:
        """Return nothing: it stays as it is."""
        return None

    def replace(self, before: Secret, after: Secret) -> None:
        """Raises KeyringError."""
        raise KeyringError(
            f"The keyring is given in {GIVEN}, where nothing can be written",
            "add --to-stdout and hand what is written to your secret manager",
        )


class Replacement:
    """Another keyring for a place, made from the one that is there. `before` and `keyring` are the two."""

    def __init__(self, place: KeyringPlace, change: Callable[[str, str], str]) -> None:
        """`change` takes what is there, and what to call its place. Raises KeyringError, and what `change` does."""
        self._place = place
        self._text = place.text()
        self.before = parse_keyring(self._text.reveal(), place.name)
        self.text = Secret(change(self._text.reveal(), place.name))
        self.keyring = parse_keyring(self.text.reveal(), place.name)

    def put_in_place(self) -> None:
        """Raises KeyringError, KeyringChanged."""
        self._place.replace(self._text, self.text)


class LiveKeyring:
    """`bot.keyring.Keys`: the keyring as it is in its place at each moment.

    Where it became unreadable, the one that was read last serves on, and the log says so once.
    """

    def __init__(self, place: KeyringPlace) -> None:
        """Raises KeyringError."""
        self._place = place
        self._stamp = place.stamp()
        self._keyring = read_keyring(place)

    def now(self) -> Keyring:
        """Return it, read anew if it was changed. Raises nothing."""
        stamp = self._place.stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._keyring = read_keyring(self._place)
            except KeyringError as error:
                _log.error("keyring_unreadable", problem=str(error))
            else:
                _log.info("keyring_read_anew", key_id=self._keyring.first.id)
        return self._keyring


def read_keyring(place: KeyringPlace) -> Keyring:
    """Read the keyring. Raises KeyringError."""
    return parse_keyring(place.text().reveal(), place.name)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Keep everybody else from replacing a keyring in a folder meanwhile. Raises OSError, KeyringChanged."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise KeyringChanged(
            "Somebody else is changing a keyring in that folder: wait for it, then try again."
        ) from None
    finally:
        os.close(descriptor)

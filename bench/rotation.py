"""How fast sealed values are sealed anew under another key, while all of them wait in a database.

Beside it, in the same run, the same loop with the same UPDATEs: once without any cryptography, with values as long, and
once with `MultiFernet.rotate` (https://cryptography.io/en/latest/fernet/).
"""

import os
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final, Protocol

from cryptography.fernet import Fernet, MultiFernet

from access.model.credentials import CLIENT_SECRET_PREFIX, ENTROPY_BYTES, TOKEN_PREFIX, mint
from access.model.ids import TokenId
from access.model.secret import Secret
from access.operations.offering import bearer_place, secret_place
from access.ports.machine import Place
from bench.result import Result
from bench.writers import TEAM, opened
from bot.chance import SystemRandom
from bot.cli.rotation import reseal_each, resealing
from bot.clock import SystemClock
from bot.keyring import load_keyring, parse_keyring, with_new_key
from bot.vault import SealingVault
from storage.resealing import Reseal, SealedRow

VALUES = 100_000
"""Two of each offer."""

ROUNDS = 5
_HEADER: Final = 9
"""How long what names the key is, after a byte for the version."""

_random = SystemRandom()


class Contender(Protocol):
    """A way to seal. `next_key` makes another key, and what seals anew with it; its id comes first."""

    def seal(self, text: str, place: Place) -> bytes:
        """Seal with the first key."""

    def next_key(self) -> tuple[str, Reseal]:
        """Make another key the first."""


class Bot:
    """The bot's vault and its rotation, as they are."""

    def __init__(self, folder: Path) -> None:
        self._text = (folder / "keyring").read_text()
        self._vault = SealingVault(load_keyring(folder / "keyring"), _random)

    def seal(self, text: str, place: Place) -> bytes:
        """Seal with the first key."""
        return self._vault.seal(Secret(text), place)

    def next_key(self) -> tuple[str, Reseal]:
        """Make another key the first."""
        self._text = with_new_key(self._text, "here", now=SystemClock().now(), random=_random)
        keyring = parse_keyring(self._text, "here")
        return keyring.first.id, resealing(SealingVault(keyring, _random), Counter())


class Plain:
    """Values as long as the bot's, of which nothing but the key's id changes."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._ids = map("{:08}".format, count())

    def seal(self, text: str, place: Place) -> bytes:
        """Make a value that is as long."""
        return self._bot.seal(text, place)

    def next_key(self) -> tuple[str, Reseal]:
        """Make another id the first."""
        key_id = next(self._ids)
        header = b"\1" + key_id.encode()
        return key_id, lambda row: (header + row.client_secret[_HEADER:], header + row.bearer[_HEADER:])


class Multi:
    """Fernet tokens behind the same header."""

    def __init__(self) -> None:
        self._ids = map("{:08}".format, count())
        self._first, self._header = Fernet(Fernet.generate_key()), b"\1" + next(self._ids).encode()

    def seal(self, text: str, place: Place) -> bytes:
        """Encrypt with the first key."""
        return self._header + self._first.encrypt(text.encode())

    def next_key(self) -> tuple[str, Reseal]:
        """Make another key the first."""
        before, key_id = self._first, next(self._ids)
        self._first, self._header = Fernet(Fernet.generate_key()), b"\1" + key_id.encode()
        both, header = MultiFernet([self._first, before]), self._header

        def reseal(row: SealedRow) -> tuple[bytes, bytes]:
            client_secret = row.client_secret or b""  # there is one in each row here
            return header + both.rotate(client_secret[_HEADER:]), header + both.rotate(row.bearer[_HEADER:])

        return key_id, reseal


def _folder() -> Path:
    folder = Path("build").absolute()
    folder.mkdir(exist_ok=True)
    return folder


async def measure() -> list[Result]:
    """Seal everything anew, in turns; rates are of values a second."""
    rates: dict[str, list[float]] = {"bot": [], "no_cryptography": [], "fernet": []}
    with tempfile.TemporaryDirectory(dir=_folder()) as name:
        places = {each: Path(name) / each for each in rates}
        for place in places.values():
            os.mkdir(place)
            async with opened(place):
                pass  # its keyring and its tables are made
        bot = Bot(places["bot"])
        contenders: dict[str, Contender] = {"bot": bot, "no_cryptography": Plain(bot), "fernet": Multi()}
        for each, contender in contenders.items():
            _fill(places[each], contender)
        for _ in range(ROUNDS):
            for each, contender in contenders.items():
                rates[each].append(await _rate(places[each], contender))
    return _results(rates)


def _results(rates: dict[str, list[float]]) -> list[Result]:
    middle = {name: median(each) for name, each in rates.items()}
    return [
        *(
            Result(f"rotation_{name}", middle[name], "1/s", spread=(min(each), max(each)))
            for name, each in rates.items()
        ),
        Result("rotation_to_no_cryptography", middle["bot"] / middle["no_cryptography"], "", 0.55, at_least=True),
        Result("rotation_to_fernet", middle["bot"] / middle["fernet"], "", 3.0, at_least=True),
    ]


def _fill(folder: Path, contender: Contender) -> None:
    def row(token: TokenId) -> tuple[str, str, bytes, bytes]:
        secret, bearer = (
            mint(prefix, _random.entropy(ENTROPY_BYTES)).reveal() for prefix in (CLIENT_SECRET_PREFIX, TOKEN_PREFIX)
        )
        sealed = contender.seal(secret, secret_place(TEAM, token)), contender.seal(bearer, bearer_place(TEAM, token))
        return TEAM, token, *sealed

    with closing(sqlite3.connect(folder / "bench.db")) as connection, connection:
        tokens = (TokenId(f"t{number:025}") for number in range(VALUES // 2))
        connection.executemany("INSERT INTO sealed_credentials VALUES (?, ?, ?, ?)", map(row, tokens))


async def _rate(folder: Path, contender: Contender) -> float:
    key_id, reseal = contender.next_key()
    async with opened(folder) as (database, _, _seal):
        began = time.perf_counter()
        done = await reseal_each(database, key_id, reseal, lambda _: None, pause=timedelta(0))
        took = time.perf_counter() - began
    assert done == VALUES // 2, f"{done} offers"
    return VALUES / took

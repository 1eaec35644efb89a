"""What was needed once does not stay with the bot."""

import subprocess
import sys

_WORK = """
from pathlib import Path
from bot.memory import give_back_what_is_free

def megabytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024

{before}
del [bytes(16 << 20)][:]  # from now on the C library would think nothing of pieces of that size
before, pieces, between = megabytes(), [], []
for _ in range(100):
    pieces.append(b"x" * (1 << 20))
    between.append(b"x" * 60_000)  # it stays, and what was freed below it cannot go back
pieces.clear()
print(megabytes() - before - 6)
"""


def _kept(before: str) -> float:
    asked = [sys.executable, "-c", _WORK.format(before=before)]
    return float(subprocess.run(asked, check=True, capture_output=True, timeout=60).stdout)


def test_what_is_free_goes_back_to_the_system() -> None:
    assert _kept("give_back_what_is_free()") < 10
    assert _kept("") > 50

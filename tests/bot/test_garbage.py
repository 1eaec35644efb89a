"""Garbage is found as soon as if nothing had been set aside."""

import json
import subprocess
import sys

_WORK = """
import collections, gc, json
from bot.garbage import set_started_aside

class Caught:
    def __init__(self):
        self.itself = self

libraries = [[each] for each in range(600_000)]
{before}
most = 0
held_for_a_while = collections.deque(maxlen=2_000)  # so that the short searches leave it alone
for _ in range(60):
    held_for_a_while.extend(Caught() for _ in range(5_000))
    most = max(most, sum(type(each) is Caught for each in gc.get_objects()))
print(json.dumps({{"most": most, "aside": gc.get_freeze_count()}}))
"""


def _work(before: str) -> dict[str, int]:
    asked = subprocess.run(
        [sys.executable, "-c", _WORK.format(before=before)], check=True, capture_output=True, timeout=60
    )
    told: dict[str, int] = json.loads(asked.stdout)
    return told


def test_what_was_set_aside_does_not_let_garbage_pile_up() -> None:
    told = _work("set_started_aside()")
    naive = _work("gc.collect(); gc.freeze()")
    assert told["aside"] >= 600_000
    assert told["most"] < naive["most"] / 2

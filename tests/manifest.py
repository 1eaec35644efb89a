"""The app's manifest, parsed once in a process: it takes ten milliseconds, and hundreds of tests want it."""

from copy import deepcopy
from functools import cache
from typing import Any

from bot.manifest import read_manifest

_read = cache(read_manifest)


def our_manifest() -> dict[str, Any]:
    """Return the content of `manifest.yml`, to change at will."""
    return deepcopy(_read())

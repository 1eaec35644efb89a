"""Debian's Chromium, or the one that the environment names.

`python -m tests.page.browser` leaves with 0 when there is one, and otherwise says what to install.
"""

import os
import shutil

from playwright.async_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = [
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--in-process-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """Where the browser is. Raises: RuntimeError that says what to install."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise RuntimeError("The tests of the page need a browser: install the package chromium, or set CHROMIUM.")
    return found


async def launched(playwright: Playwright) -> Browser:
    """Start it. Root has no use of Chromium's sandbox, which refuses it."""
    unsafe = [] if os.getuid() else ["--no-sandbox"]
    return await playwright.chromium.launch(executable_path=chromium(), args=[*_QUIET, *unsafe])


if __name__ == "__main__":
    try:
        chromium()
    except RuntimeError as error:
        raise SystemExit(str(error)) from None

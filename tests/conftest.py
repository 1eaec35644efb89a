"""Every server of a test is on loopback: a proxy of the machine's has no part in it, and slack_sdk ignores NO_PROXY."""

import os

for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)

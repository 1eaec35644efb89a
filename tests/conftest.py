"""Every server of a test is on loopback: a proxy of the machine's has no part in it, and slack_sdk ignores NO_PROXY.

`HYPOTHESIS_PROFILE=thorough` lets the tests against hostile input try twenty times as much.
"""

import os

from hypothesis import settings

for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)

settings.register_profile("thorough", max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

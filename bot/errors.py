"""What stops a command of `thirdparty-bot` in an orderly way."""

from typing import ClassVar


class CommandError(Exception):
    """An expected failure. Its message is one line that says what is wrong, where, and how to mend it; never a secret.

    `exit_code`: 1 for what went wrong, 2 for what was configured wrongly, as with a wrong option.
    """

    exit_code: ClassVar[int] = 1

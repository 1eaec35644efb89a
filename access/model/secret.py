"""The type of everything that must never be shown by accident."""

from typing import Never


class Secret:
    """A text that shows itself only through `reveal()`.

    `repr`, `str`, `format` and f-strings give a placeholder; pickling, copying and JSON are refused. Two secrets
    compare equal only by identity: comparing contents belongs to constant-time code.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text. The places that may call this are listed in `tests/house/test_reveal.py`."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "[secret]"

    def __format__(self, format_spec: str) -> str:
        return format("[secret]", format_spec)

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a Secret is not copied, pickled or serialised")

"""The bot's randomness: the only file of this package that draws random values."""

import base64
import secrets


class SystemRandom:
    """The operating system's generator, as `access.ports.machine.Random` wants it."""

    def identifier(self) -> str:
        """Return a new random id: 26 characters of lower-case base32 (128 bits)."""
        return base64.b32encode(self.entropy(16)).decode().rstrip("=").lower()

    def entropy(self, size: int) -> bytes:
        """Return `size` bytes from the system's generator."""
        return secrets.token_bytes(size)

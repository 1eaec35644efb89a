"""Who may do what, by role, and what the owner may without being an admin."""

from enum import StrEnum

from access.model.errors import NotPermitted
from access.model.people import Role


class Right(StrEnum):
    """What an operation asks of its caller."""

    LOOK = "look"
    """See third parties: admins and auditors; owners see their own."""

    MANAGE = "manage"
    """Everything: admins."""

    SERVE = "serve"
    """Keep the access alive (renew, resend) or end a token (retire, revoke): admins, and owners for their own."""


def may(role: Role, right: Right, *, owns: bool = False) -> bool:
    """Tell whether a caller of that role has that right, over a third party that they own or don't."""
    if role is Role.ADMIN:
        return True
    if right is Right.LOOK and role is Role.AUDITOR:
        return True
    return owns and role is not Role.OUTSIDER and right in (Right.LOOK, Right.SERVE)


def must_be_allowed(role: Role, right: Right, *, owns: bool = False) -> None:
    """Raises NotPermitted."""
    if not may(role, right, owns=owns):
        raise NotPermitted(right=right.value, role=role.value)

"""Names for the identifiers, so that one kind is never handed over in place of another."""

from typing import NewType

WorkspaceId = NewType("WorkspaceId", str)
"""The Slack workspace (team ID) that a row belongs to."""

PersonId = NewType("PersonId", str)
"""A random id of our own; the row that ties it to a Slack user can be deleted without touching the audit trail."""

ThirdPartyId = NewType("ThirdPartyId", str)
ProposalId = NewType("ProposalId", str)
TokenId = NewType("TokenId", str)
HandoffId = NewType("HandoffId", str)
TokenRequestId = NewType("TokenRequestId", str)
ContactKeyId = NewType("ContactKeyId", str)

ResourceServerId = NewType("ResourceServerId", str)
"""With which a resource server authenticates, beside its secret: RFC 6749 §2.2's client identifier. It is public."""

ClientId = NewType("ClientId", str)
"""RFC 6749 §2.2: public, belongs to the third party and never changes."""

Fingerprint = NewType("Fingerprint", str)
"""The first 8 hex digits of a token's SHA-256: what people compare."""

ReasonHash = NewType("ReasonHash", str)
"""A keyed hash of a reason; the text itself lives in a row that can be deleted."""

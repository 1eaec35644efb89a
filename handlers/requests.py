"""From a press or a submission to the flow that it asks for, with what it is about checked first."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from access.model.ids import ContactKeyId, ProposalId, ThirdPartyId
from access.model.people import Caller
from handlers.actor import Payload, caller_of, contact_of
from handlers.answer import Answer
from handlers.desk import Desk
from handlers.topic import speaking_of

_IDENTIFIER: Final = re.compile(r"[a-z2-7]{26}")
_IDENTIFIER_AND_HASH: Final = re.compile(r"([a-z2-7]{26}):([0-9a-f]{16})")
_PROPOSAL_AND_KEY: Final = re.compile(r"([a-z2-7]{26})(?::([a-z2-7]{26}))?")
_Id = TypeVar("_Id", bound=str)


class OutOfDate(Exception):
    """A button or modal that this version doesn't make: of an earlier one, or with an id that can't be one of ours."""


@dataclass(frozen=True, slots=True)
class Request:
    """A press, or a submission with the values of its fields.

    `about` is a button's value or a modal's private_metadata: it says what is meant, never what is allowed.
    """

    caller: Caller
    about: str
    values: Mapping[str, Any] = field(repr=False)

    def identifier(self, kind: Callable[[str], _Id]) -> _Id:
        """Return what it is about as an id of that kind. Raises OutOfDate for what cannot be one."""
        if not _IDENTIFIER.fullmatch(self.about):
            raise OutOfDate
        return kind(self.about)

    def identifier_and_hash(self, kind: Callable[[str], _Id]) -> tuple[_Id, str]:
        """Return what a form is about, and the hash of what it showed. Raises OutOfDate for what cannot be these."""
        match = _IDENTIFIER_AND_HASH.fullmatch(self.about)
        if match is None:
            raise OutOfDate
        return kind(match[1]), match[2]

    def proposal_and_key(self) -> tuple[ProposalId, ContactKeyId | None]:
        """Return a proposal, and the key that was shown with it. Raises OutOfDate for what cannot be these."""
        match = _PROPOSAL_AND_KEY.fullmatch(self.about)
        if match is None:
            raise OutOfDate
        return ProposalId(match[1]), ContactKeyId(match[2]) if match[2] else None


@dataclass(frozen=True, slots=True)
class Handling:
    """The flow behind a button or a modal, and how to tell who is calling."""

    run: Callable[[Request, Desk], Awaitable[Answer]]
    who: Callable[[Payload, Desk], Awaitable[Caller]] = caller_of


def about_nothing(flow: Callable[[Caller, Desk], Awaitable[Answer]]) -> Handling:
    """A button that names nothing."""
    return Handling(lambda request, desk: flow(request.caller, desk))


def about(kind: Callable[[str], _Id], flow: Callable[[_Id, Caller, Desk], Awaitable[Answer]]) -> Handling:
    """A button about one proposal or token."""
    return Handling(lambda request, desk: flow(request.identifier(kind), request.caller, desk))


def by_contact(kind: Callable[[str], _Id], flow: Callable[[_Id, Caller, Desk], Awaitable[Answer]]) -> Handling:
    """A contact's button or modal: what they may do does not hang on a role."""
    return Handling(about(kind, flow).run, contact_of)


def by_anybody(flow: Callable[[Caller, Desk], Awaitable[Answer]]) -> Handling:
    """A button that names nothing and shows a person what is their own: that does not hang on a role either."""
    return Handling(about_nothing(flow).run, contact_of)


def about_third_party(flow: Callable[[ThirdPartyId, Caller, Desk], Awaitable[Answer]]) -> Handling:
    """A button about one third party."""

    async def run(request: Request, desk: Desk) -> Answer:
        third_party = request.identifier(ThirdPartyId)
        async with speaking_of(third_party, desk):
            return await flow(third_party, request.caller, desk)

    return Handling(run)


def form_of_third_party(
    flow: Callable[[ThirdPartyId, Mapping[str, Any], Caller, Desk], Awaitable[Answer]],
) -> Handling:
    """A form about one third party."""

    async def run(request: Request, desk: Desk) -> Answer:
        third_party = request.identifier(ThirdPartyId)
        async with speaking_of(third_party, desk):
            return await flow(third_party, request.values, request.caller, desk)

    return Handling(run)


async def out_of_date(_request: Request, _desk: Desk) -> Answer:
    """The flow behind what we don't know. Raises OutOfDate."""
    raise OutOfDate

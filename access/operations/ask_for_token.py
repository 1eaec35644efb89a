"""The contact presses *Ask for a new token*."""

from dataclasses import dataclass

from access.model.errors import NotTheContact
from access.model.ids import TokenRequestId
from access.model.token import Token
from access.model.token_request import RequestReason, TokenRequest, ask, must_be_askable
from access.operations.command import OnToken, operation
from access.operations.succession import cancel_retirement
from access.ports import Ports, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAsking(OnToken):
    """*Ask for a new token*: the first of the two steps. `token`: the one that the contact has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForToken(PreviewAsking):
    """The second one: `why` a new token is asked for."""

    why: RequestReason


@operation("ask_for_token")
async def preview_asking(cmd: PreviewAsking, ports: Ports) -> tuple[Token, str]:
    """Check that the caller may ask now, for some reason; return the token and the third party's name.

    Raises: TokenNotFound, NotTheContact, CannotAsk.
    """
    async with ports.read(cmd.caller.workspace) as reading:
        return await _askable(cmd, RequestReason.SOMEBODY_ELSE, reading, ports)  # what can be asked for longest


@operation("ask_for_token")
async def ask_for_token(cmd: AskForToken, ports: Ports) -> TokenRequest:
    """Ask for a new token in the place of the one that the contact has; owner and admins are told.

    If somebody else may have that one, it is suspended at once, until an admin decides; the token that it was to
    replace stays, and an earlier request gives way. At most one request of a third party is open, and after one that
    was declined *The program still works* waits for an hour, so that nobody can make the trail grow.

    Raises: TokenNotFound, NotTheContact, CannotAsk.
    """
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        token, _ = await _askable(cmd, cmd.why, uow, ports)
        party = await uow.third_parties.get(token.third_party)
        if (earlier := await uow.token_requests.open_for(party.id)) is not None:  # its token expired, or worse came
            settled, news = earlier.settle(actor, now)
            await uow.token_requests.save(settled)
            uow.record(actor, news, at=now)
        if cmd.why is RequestReason.SOMEBODY_ELSE:
            suspended, news = token.suspend(now)
            await uow.tokens.save(suspended)
            uow.record(actor, news, at=now)
            await cancel_retirement(uow, suspended, actor=actor, now=now)
        request_id = TokenRequestId(ports.random.identifier())
        request, news = ask(request_id, token, party, cmd.why, by=actor, now=now)
        await uow.token_requests.add(request)
        uow.record(actor, news, at=now)
        await uow.commit()
    return request


async def _askable(cmd: PreviewAsking, why: RequestReason, reading: Reading, ports: Ports) -> tuple[Token, str]:
    person = await reading.people.known(cmd.caller.slack)
    token = await reading.tokens.get(cmd.token)
    party = await reading.third_parties.find(token.third_party)
    if person is None or party is None:
        raise NotTheContact
    newest = await reading.token_requests.newest_for(party.id)
    tokens = await reading.tokens.of(party.id)
    must_be_askable(token, party, tokens, newest, why, by=person, now=ports.clock.now())
    return token, party.name

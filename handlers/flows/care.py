"""What people do about a reminder. The messages that brought it are brought up to date by the outbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from access.model.ids import TokenId
from access.model.people import Caller
from access.operations.claim_token import ClaimToken, claim_token
from access.operations.command import OnToken
from access.operations.let_token_lapse import LetTokenLapse, let_token_lapse
from access.operations.preview_renewal import PreviewRenewal, preview_renewal
from access.operations.snooze_token import PreviewSnooze, SnoozeToken, preview_snooze, snooze_token
from access.operations.undo_lapse import UndoLapse, undo_lapse
from handlers.answer import Answer, Nothing, Refresh, Say, Show
from handlers.desk import Desk
from handlers.flows import tokens
from handlers.flows.cards import fresh_card, third_party_of
from handlers.mrkdwn import code, instant, person, strong
from handlers.requests import Request
from handlers.topic import speaking_of
from handlers.views.answers import sentence
from handlers.views.notice import notice
from handlers.views.snooze import SnoozeShown, parse_snooze_form, snooze_form


async def renew(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Renew now*: that token, and not one that has taken its place since the message was written."""
    async with _speaking_of_its_party(token, caller, desk):
        party = await preview_renewal(PreviewRenewal(caller=caller, token=token), desk.ports)
        return await tokens.renew(party.id, caller, desk)


async def claim(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*I'm on it*. Whoever takes it over is told from whom: the one before is not told by me."""
    async with _speaking_of_its_party(token, caller, desk):
        claimed = await claim_token(ClaimToken(caller=caller, token=token), desk.ports)
    if claimed.former_since is None:
        return Nothing()
    which = f"the token {code(claimed.token.fingerprint)} of {strong(claimed.party.name)}"
    return Say(
        sentence(
            f"You look after {which} now. Until now {person(claimed.former)} did, since "
            f"{instant(claimed.former_since)}; best tell them."
        )
    )


async def open_snooze(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Snooze*: ask until when."""
    async with _speaking_of_its_party(token, caller, desk):
        offer = await preview_snooze(PreviewSnooze(caller=caller, token=token), desk.ports)
    now = desk.ports.clock.now()
    shown = SnoozeShown(offer.party.name, offer.token, offer.choices, offer.next_at, offer.time_zone, now)
    return Show(snooze_form(shown))


async def submit_snooze(request: Request, desk: Desk) -> Answer:
    """Remind whoever asked at the time that the form says."""
    token, until = request.identifier(TokenId), parse_snooze_form(request.values)
    async with _speaking_of_its_party(token, request.caller, desk):
        await snooze_token(SnoozeToken(caller=request.caller, token=token, until=until), desk.ports)
    return Show(notice("Remind me again", f"I remind you again {instant(until)}, unless it is renewed by then."))


async def let_lapse(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Let it lapse*."""
    async with _speaking_of_its_party(token, caller, desk):
        lapsing = await let_token_lapse(LetTokenLapse(caller=caller, token=token), desk.ports)
    lead = f"The token {code(lapsing.fingerprint)} is to lapse {instant(lapsing.expires_at)}."
    return Refresh(await fresh_card(lapsing.third_party, caller, desk, lead=lead))


async def undo(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Undo* that."""
    async with _speaking_of_its_party(token, caller, desk):
        kept = await undo_lapse(UndoLapse(caller=caller, token=token), desk.ports)
    lead = f"The token {code(kept.fingerprint)} is not to lapse: reminders go out as before."
    return Refresh(await fresh_card(kept.third_party, caller, desk, lead=lead))


@asynccontextmanager
async def _speaking_of_its_party(token: TokenId, caller: Caller, desk: Desk) -> AsyncIterator[None]:
    """Add the third party's name to a refusal."""
    third_party = await third_party_of(OnToken(caller=caller, token=token), desk)
    async with speaking_of(third_party, desk):
        yield

"""Issuing, renewing, resending, retiring, revoking and replacing tokens, and deciding about a suspended one."""

from collections.abc import Sequence

from access.model.authority import Right, must_be_allowed
from access.model.card import ThirdPartyCard
from access.model.errors import TokenEnded
from access.model.ids import ThirdPartyId, TokenId, TokenRequestId
from access.model.people import Caller
from access.model.token import Token, TokenOrigin, TokenState
from access.operations.command import OnThirdParty, OnToken, OnTokenRequest, refusals_recorded
from access.operations.decline_token_request import DeclineTokenRequest, decline_token_request
from access.operations.grant_token_request import GrantTokenRequest, grant_token_request
from access.operations.issue_token import IssueToken, issue_token
from access.operations.lift_suspension import LiftSuspension, lift_suspension
from access.operations.offering import IssuedToken
from access.operations.preview_retirement import preview_retirement
from access.operations.renew_token import RenewToken, renew_token
from access.operations.replace_token import ReplaceToken, replace_token
from access.operations.resend_token import ResendToken, resend_token
from access.operations.retire_token import RetireToken, retire_token
from access.operations.revoke_token import RevokeToken, revoke_token
from access.operations.succession import Overlap
from handlers.answer import Answer, Refresh, Say, Show
from handlers.desk import Desk
from handlers.error_text import explain
from handlers.flows.cards import card_of, fresh_card, third_party_of
from handlers.mrkdwn import code, days, instant, person
from handlers.topic import speaking_of
from handlers.views.card import third_party_card
from handlers.views.notice import notice
from handlers.views.questions import OverlapShown, retire_form, retire_question, revoke_question
from handlers.views.token_line import stop_elsewhere


async def issue(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Issue the first token and say where its offer went."""
    issued = await issue_token(IssueToken(caller=caller, third_party=third_party), desk.ports)
    return Say(await fresh_card(third_party, caller, desk, lead=_offered(issued)))


async def renew(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Issue a token beside the one that works and say where its offer went."""
    issued = await renew_token(RenewToken(caller=caller, third_party=third_party), desk.ports)
    return Say(await fresh_card(third_party, caller, desk, lead=_renewed(issued, desk)))


async def grant_request(request: TokenRequestId, caller: Caller, desk: Desk) -> Answer:
    """Renew it, as its contact has asked."""
    third_party = await third_party_of(OnTokenRequest(caller=caller, request=request), desk)
    async with speaking_of(third_party, desk):
        issued = await grant_token_request(GrantTokenRequest(caller=caller, request=request), desk.ports)
        return Refresh(await fresh_card(third_party, caller, desk, lead=_renewed(issued, desk)))


async def decline_request(request: TokenRequestId, caller: Caller, desk: Desk) -> Answer:
    """*Not now*: the contact, who has asked, reads that."""
    third_party = await third_party_of(OnTokenRequest(caller=caller, request=request), desk)
    async with speaking_of(third_party, desk):
        await decline_token_request(DeclineTokenRequest(caller=caller, request=request), desk.ports)
        return Refresh(await fresh_card(third_party, caller, desk, lead="Not now, then. The contact is told."))


async def ask_retire(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Ask whether an old token is to retire. Raises NotPermitted, TokenEnded, NotOverlapping."""
    overlap = await preview_retirement(RetireToken(caller=caller, token=token), desk.ports)
    return Say(retire_question(_shown(overlap)))


async def retire(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Retire it."""
    overlap = await retire_token(RetireToken(caller=caller, token=token), desk.ports)
    lead = (
        f"The old token {code(overlap.old.fingerprint)} is retired: it is refused from now on. The new one, "
        f"{code(overlap.successor.fingerprint)}, works until {instant(overlap.successor.expires_at)}."
    )
    return Say(await fresh_card(overlap.party.id, caller, desk, lead=lead))


async def open_switched(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Everything is switched*, pressed by the contact: ask whether it is meant."""
    overlap = await preview_retirement(RetireToken(caller=caller, token=token, as_contact=True), desk.ports)
    return Show(retire_form(_shown(overlap)))


async def switched(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Everything is switched*, meant. The contact's messages are brought up to date by the outbox."""
    overlap = await retire_token(RetireToken(caller=caller, token=token, as_contact=True), desk.ports)
    told = f"The old token {code(overlap.old.fingerprint)} is retired: it is refused from now on. The owner is told."
    return Show(notice("Thank you", told))


async def resend(third_party: ThirdPartyId, caller: Caller, desk: Desk, *, instead: TokenId | None = None) -> Answer:
    """Offer a new token in place of the newest one, or of `instead`, which was not collected."""
    command = ResendToken(caller=caller, third_party=third_party, token=instead)
    issued = await resend_token(command, desk.ports)
    return Say(await fresh_card(third_party, caller, desk, lead=_offered(issued)))


async def resend_instead(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Offer a new token in place of the one that a button names: pressed twice, it is no longer the newest."""
    third_party = await third_party_of(OnToken(caller=caller, token=token), desk)
    async with speaking_of(third_party, desk):
        return await resend(third_party, caller, desk, instead=token)


async def ask_revoke(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Ask whether this token is to be revoked. Raises NotPermitted, TokenEnded."""
    about = OnToken(caller=caller, token=token)
    third_party = await third_party_of(about, desk)
    card = await card_of(third_party, caller, desk)
    async with desk.ports.read(caller.workspace) as reading:
        meant = await reading.tokens.get(token)
    async with refusals_recorded("revoke_token", about, desk.ports):
        if not meant.is_live(card.now):
            raise TokenEnded(state=meant.state(card.now).value)
    return await ask_which(card, [meant], caller, desk)


async def ask_which(card: ThirdPartyCard, tokens: Sequence[Token], caller: Caller, desk: Desk) -> Answer:
    """Ask whether, or which of, these tokens are to be revoked; a suspended one is the admins'. Raises NotPermitted."""
    about = OnThirdParty(caller=caller, third_party=card.party.id)
    async with refusals_recorded("revoke_token", about, desk.ports):
        theirs = [token for token in tokens if card.may_manage or token.state(card.now) is not TokenState.SUSPENDED]
        must_be_allowed(caller.role, Right.SERVE if theirs else Right.MANAGE, owns=card.may_serve)
    return Say(revoke_question(card, theirs))


async def revoke(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Revoke it."""
    revoked = await revoke_token(RevokeToken(caller=caller, token=token), desk.ports)
    refused = stop_elsewhere(revoked) or " A program that uses it is refused from now on."
    lead = f"The token {code(revoked.fingerprint)} is revoked.{refused}"
    return Say(await fresh_card(revoked.third_party, caller, desk, lead=lead))


async def replace(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Revoke it and offer a new one; say so where no new one could be offered."""
    replacement = await replace_token(ReplaceToken(caller=caller, token=token), desk.ports)
    lead = f"The token {code(replacement.revoked.fingerprint)} is revoked.{stop_elsewhere(replacement.revoked)}"
    card = await card_of(replacement.revoked.third_party, caller, desk)
    if replacement.issued is not None:
        return Refresh(third_party_card(card, lead=f"{lead} {_offered(replacement.issued)}"))
    reason = explain(replacement.why_not, card.party.name) if replacement.why_not else ""
    return Say(third_party_card(card, lead=f"{lead} No new one was offered. {reason}"))


async def lift(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """Let a suspended token work again."""
    lifted = await lift_suspension(LiftSuspension(caller=caller, token=token), desk.ports)
    works = "is active in my books" if lifted.is_external else "works"
    lead = f"It was a mistake, then: the token {code(lifted.fingerprint)} {works} again."
    return Refresh(await fresh_card(lifted.third_party, caller, desk, lead=lead))


def _shown(overlap: Overlap) -> OverlapShown:
    return OverlapShown(overlap.party.name, overlap.old, overlap.successor, overlap.askers)


def _renewed(issued: IssuedToken, desk: Desk) -> str:
    overlap = days(desk.ports.policy.overlap)
    return (
        f"{_offered(issued)} The old token keeps working meanwhile, and {overlap} beside the new one after that, but "
        "not beyond its own expiry."
    )


def _offered(issued: IssuedToken) -> str:
    contact = person(issued.recipient.slack.slack)
    made = "A token is issued" if issued.token.origin is TokenOrigin.ISSUED else "The imported token is offered"
    lead = (
        f"{made}: {code(issued.token.fingerprint)}. I am offering its credentials to {contact} in a direct "
        f"message; they can open them once, until {instant(issued.lapses_at)}."
    )
    if issued.account_ends_at is None:
        return lead
    return (
        f"{lead} Please note: their account in this workspace ends {instant(issued.account_ends_at)}, before the token "
        f"does ({instant(issued.token.expires_at)})."
    )

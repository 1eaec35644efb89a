"""A contact's public key: given and changed by the contact, decided about by an admin."""

from access.model.ids import ContactKeyId, ThirdPartyId
from access.model.people import Caller
from access.model.rendered import Rendered
from access.operations.approve_contact_key import ApproveContactKey, approve_contact_key
from access.operations.ask_key_removal import AskKeyRemoval, ask_key_removal
from access.operations.command import OnContactKey
from access.operations.register_contact_key import (
    PreviewContactKey,
    RegisterContactKey,
    preview_contact_key,
    register_contact_key,
)
from access.operations.reject_contact_key import RejectContactKey, reject_contact_key
from handlers.answer import Answer, Refresh, Say, Show
from handlers.desk import Desk
from handlers.flows.cards import fresh_card, third_party_of
from handlers.requests import Request
from handlers.topic import speaking_of
from handlers.views.answers import sentence
from handlers.views.keys import NO_WINDOW, REGISTERED, REMOVAL_ASKED, key_form, parse_key_form
from handlers.views.notice import notice


async def open_add(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """*Add a public key*, *Change the key*. Where Slack opens no window, it shows no credentials either."""

    async def if_refused() -> Rendered:
        return sentence(NO_WINDOW)

    preview = await preview_contact_key(PreviewContactKey(caller=caller, third_party=third_party), desk.ports)
    return Show(key_form(preview.party, preview.keys), if_refused)


async def submit_add(request: Request, desk: Desk) -> Answer:
    """Take the key. The contact's messages are brought up to date by the outbox."""
    third_party, text = request.identifier(ThirdPartyId), parse_key_form(request.values)
    await register_contact_key(
        RegisterContactKey(caller=request.caller, third_party=third_party, text=text), desk.ports
    )
    return Show(notice("Thank you", REGISTERED))


async def ask_removal(key: ContactKeyId, caller: Caller, desk: Desk) -> Answer:
    """*Remove the key*: the admins are asked."""
    await ask_key_removal(AskKeyRemoval(caller=caller, key=key), desk.ports)
    return Say(sentence(REMOVAL_ASKED))


async def approve(key: ContactKeyId, caller: Caller, desk: Desk) -> Answer:
    """Approve exactly this change."""
    third_party = await third_party_of(OnContactKey(caller=caller, key=key), desk)
    async with speaking_of(third_party, desk):
        approved = await approve_contact_key(ApproveContactKey(caller=caller, key=key), desk.ports)
        lead = "The key is removed." if approved.is_removal else "The key is approved. Credentials are encrypted to it."
        return Refresh(await fresh_card(third_party, caller, desk, lead=lead))


async def reject(key: ContactKeyId, caller: Caller, desk: Desk) -> Answer:
    """Say no to it. The contact reads that."""
    third_party = await third_party_of(OnContactKey(caller=caller, key=key), desk)
    async with speaking_of(third_party, desk):
        await reject_contact_key(RejectContactKey(caller=caller, key=key), desk.ports)
        return Refresh(await fresh_card(third_party, caller, desk, lead="The change of the key is rejected."))

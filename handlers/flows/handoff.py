"""The contact's side: open → explain → reveal, and what they say afterwards.

Their direct message is rendered from the state of the handoff, so the outbox brings it up to date after each step; a
flow itself posts nothing there.
"""

from access.model.contact_key import EncryptedCredentials
from access.model.errors import ModalRefused
from access.model.ids import HandoffId
from access.model.people import Caller
from access.model.rendered import Rendered
from access.operations.collect_handoff import CollectHandoff, collect_handoff
from access.operations.confirm_handoff import ConfirmHandoff, confirm_handoff
from access.operations.decline_handoff import DeclineHandoff, decline_handoff
from access.operations.dispute_handoff import DisputeHandoff, dispute_handoff
from access.operations.preview_dispute import PreviewDispute, preview_dispute
from access.operations.preview_handoff import PreviewHandoff, preview_handoff
from access.operations.report_modal_refused import ReportModalRefused, report_modal_refused
from access.operations.report_not_seen import ReportNotSeen, report_not_seen
from handlers.answer import Answer, Nothing, Show
from handlers.desk import Desk
from handlers.error_text import explain
from handlers.views.answers import sentence
from handlers.views.handoff import credentials_view, dispute_form, encrypted_view, explain_form
from handlers.views.notice import notice


async def preview(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """Say what will happen. If Slack opens no windows for this person's organisation, that shows here, harmlessly."""

    async def if_refused() -> Rendered:
        await report_modal_refused(ReportModalRefused(caller=caller, handoff=handoff), desk.ports)
        return sentence(explain(ModalRefused()))

    offer = await preview_handoff(PreviewHandoff(caller=caller, handoff=handoff), desk.ports)
    return Show(explain_form(offer.handoff, offer.third_party_name, offer.keys), if_refused)


async def reveal(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """Show the credentials, once. What follows the commit can neither fail nor wait: it is all in memory."""
    request = CollectHandoff(caller=caller, handoff=handoff, api_url=desk.api.url)
    shown = await collect_handoff(request, desk.ports)
    if isinstance(shown, EncryptedCredentials):
        return Show(encrypted_view(shown, desk.api))
    return Show(credentials_view(shown, desk.api))


async def decline(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """*I'm not the right person*."""
    await decline_handoff(DeclineHandoff(caller=caller, handoff=handoff), desk.ports)
    return Nothing()


async def confirm(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """*It works*."""
    await confirm_handoff(ConfirmHandoff(caller=caller, handoff=handoff), desk.ports)
    return Nothing()


async def not_seen(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """*I didn't see it*: the offer of the new token comes as a new message."""
    await report_not_seen(ReportNotSeen(caller=caller, handoff=handoff), desk.ports)
    return Nothing()


async def open_dispute(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """*That wasn't me*: ask whether it is meant."""
    token, name, askers = await preview_dispute(PreviewDispute(caller=caller, handoff=handoff), desk.ports)
    return Show(dispute_form(handoff, token, name, askers))


async def dispute(handoff: HandoffId, caller: Caller, desk: Desk) -> Answer:
    """*That wasn't me*, meant."""
    suspended = await dispute_handoff(DisputeHandoff(caller=caller, handoff=handoff), desk.ports)
    if suspended is not None and suspended.is_external:
        told = "The admins and the owner are told. They have the token stopped where it was made, and decide what next."
    elif suspended is not None:
        told = "The token is refused from now on, and the admins and the owner are told. They decide how it goes on."
    else:
        told = "The admins and the owner are told. They will look into it."
    return Show(notice("Thank you", told))

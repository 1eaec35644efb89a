"""Confirming, after a restore, which third parties are to work again."""

from access.model.ids import ThirdPartyId
from access.model.people import Caller
from access.operations.confirm_restored import (
    ConfirmRestored,
    ListUnconfirmed,
    ask_to_confirm,
    confirm_restored,
    list_unconfirmed,
)
from handlers.answer import Answer, Say
from handlers.desk import Desk
from handlers.views.restored import confirm_question, confirmed, unconfirmed_page


async def show(first: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """Show those that wait, from one on."""
    page = await list_unconfirmed(ListUnconfirmed(caller=caller, first=first), desk.ports)
    return Say(unconfirmed_page(page.lines, page.total, page.following, page.now, may_confirm=page.may_confirm))


async def ask(caller: Caller, desk: Desk) -> Answer:
    """Ask whether all that wait are to be enabled."""
    return Say(confirm_question(await ask_to_confirm(ConfirmRestored(caller=caller), desk.ports)))


async def confirm(caller: Caller, desk: Desk) -> Answer:
    """Enable them."""
    return Say(confirmed(await confirm_restored(ConfirmRestored(caller=caller), desk.ports)))

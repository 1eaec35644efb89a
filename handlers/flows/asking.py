"""What a contact does by themselves: ask for a new token, see what they hold, and test their access."""

from collections.abc import Awaitable, Callable

from access.model.ids import ThirdPartyId, TokenId
from access.model.people import Caller
from access.model.rendered import Rendered
from access.model.token_request import RequestReason
from access.operations.ask_for_token import AskForToken, PreviewAsking, ask_for_token, preview_asking
from access.operations.command import Command
from access.operations.make_own_checklist import MakeOwnChecklist, make_own_checklist
from access.operations.show_holdings import show_holdings
from handlers.answer import Answer, Say, Show
from handlers.desk import Desk
from handlers.requests import Request
from handlers.views.answers import sentence
from handlers.views.asking import ASKED, ask_form, ask_plainly, parse_ask_form
from handlers.views.holdings import holdings_message, holdings_view
from handlers.views.notice import notice
from handlers.views.own_checklist import own_checklist_message, own_checklist_view


async def open_ask(token: TokenId, caller: Caller, desk: Desk) -> Answer:
    """*Ask for a new token*: ask why, in a message where Slack opens no window for this person."""
    meant, name = await preview_asking(PreviewAsking(caller=caller, token=token), desk.ports)

    async def if_refused() -> Rendered:
        return ask_plainly(meant, name)

    return Show(ask_form(meant, name), if_refused)


async def submit_ask(request: Request, desk: Desk) -> Answer:
    """Ask, for the reason that was chosen."""
    token, why = request.identifier(TokenId), parse_ask_form(request.values)
    await ask_for_token(AskForToken(caller=request.caller, token=token, why=why), desk.ports)
    return Show(notice("Thank you", ASKED[why]))


def ask(why: RequestReason) -> Callable[[TokenId, Caller, Desk], Awaitable[Answer]]:
    """Return the flow behind a button that asks for one reason."""

    async def run(token: TokenId, caller: Caller, desk: Desk) -> Answer:
        await ask_for_token(AskForToken(caller=caller, token=token, why=why), desk.ports)
        return Say(sentence(f"Thank you. {ASKED[why]}"))

    return run


async def holdings(caller: Caller, desk: Desk) -> Answer:
    """*What I hold*, in a message where Slack opens no window for this person."""
    held = await show_holdings(Command(caller=caller), desk.ports)

    async def if_refused() -> Rendered:
        return holdings_message(held)

    return Show(holdings_view(held), if_refused)


async def test_mine(third_party: ThirdPartyId, caller: Caller, desk: Desk) -> Answer:
    """*Test my access*, in a message where Slack opens no window for this person."""
    mine = await make_own_checklist(MakeOwnChecklist(caller=caller, third_party=third_party), desk.ports)

    async def if_refused() -> Rendered:
        return own_checklist_message(mine)

    return Show(own_checklist_view(mine), if_refused)

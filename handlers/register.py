"""The one place where everything from Slack arrives; dictionaries behind it say what it is for.

Bolt tries its listeners one after the other and prepares the arguments of each before it knows whether it is the one. A
middleware that answers by itself is reached first, at the same cost for every kind of request: see ADR 6.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from access.model.contact_key import is_not_to_be_kept
from access.model.ids import ContactKeyId, HandoffId, ProposalId, ThirdPartyId, TokenId, TokenRequestId
from access.model.token_request import RequestReason
from access.operations.note_person_changed import note_person_changed
from access.ports import CannotKeep
from handlers import ids
from handlers.actor import caller_of, contact_of, is_about
from handlers.commands.table import answer_command, known_command
from handlers.desk import Desk
from handlers.flows import (
    approval,
    asking,
    care,
    contacts,
    deputies,
    details,
    handoff,
    keys,
    looking,
    removal,
    restored,
    switches,
    tokens,
)
from handlers.guard import Visit, guarded
from handlers.payloads import OpenedHome, changed_person, opened_home, sound
from handlers.requests import (
    Handling,
    Request,
    about,
    about_nothing,
    about_third_party,
    by_anybody,
    by_contact,
    form_of_third_party,
    out_of_date,
)
from handlers.surfaces import CommandSurface, Place, PressSurface, SubmissionSurface
from handlers.views.home_look import MOVES, begun_anew, chosen_value, look_after, parse_look

log = structlog.get_logger()

_UNKNOWN: Final = "unknown"
_UNKNOWN_HANDLING: Final = Handling(out_of_date, contact_of)

PRESSES: Final[Mapping[str, Handling]] = {
    ids.ADD: about_nothing(details.open_add),
    ids.LIST: about_nothing(looking.overview_of_all),
    ids.DISMISS: about_nothing(removal.dismiss),
    ids.SHOW: about_third_party(looking.show),
    ids.TEST: about_third_party(looking.test),
    ids.AUDIT: about_third_party(looking.audit),
    ids.EDIT: about_third_party(details.open_edit),
    ids.PROPOSE: about_third_party(contacts.open_propose),
    ids.PROPOSE_DEPUTY: about_third_party(contacts.open_propose_deputy),
    ids.PROMOTE_DEPUTY: about(ProposalId, deputies.promote),
    ids.REMOVE_DEPUTY: about(ProposalId, deputies.remove),
    ids.ENABLE: about_third_party(switches.enable),
    ids.DISABLE: about_third_party(switches.disable),
    ids.UNCONFIRMED: about(ThirdPartyId, restored.show),
    ids.CONFIRM: about_nothing(restored.ask),
    ids.CONFIRM_NOW: about_nothing(restored.confirm),
    ids.REMOVE: about_third_party(removal.ask),
    ids.REMOVE_NOW: about_third_party(removal.remove),
    ids.ISSUE: about_third_party(tokens.issue),
    ids.RENEW: about_third_party(tokens.renew),
    ids.RESEND: about(TokenId, tokens.resend_instead),
    ids.REVOKE: about(TokenId, tokens.ask_revoke),
    ids.REVOKE_NOW: about(TokenId, tokens.revoke),
    ids.RETIRE: about(TokenId, tokens.ask_retire),
    ids.RETIRE_NOW: about(TokenId, tokens.retire),
    ids.REPLACE: about(TokenId, tokens.replace),
    ids.LIFT: about(TokenId, tokens.lift),
    ids.RENEW_REMINDED: about(TokenId, care.renew),
    ids.CLAIM: about(TokenId, care.claim),
    ids.SNOOZE: about(TokenId, care.open_snooze),
    ids.LET_LAPSE: about(TokenId, care.let_lapse),
    ids.UNDO_LAPSE: about(TokenId, care.undo),
    ids.APPROVE: Handling(approval.approve),
    ids.REJECT: about(ProposalId, approval.open_reject),
    ids.ADD_KEY: by_contact(ThirdPartyId, keys.open_add),
    ids.REMOVE_KEY: by_contact(ContactKeyId, keys.ask_removal),
    ids.APPROVE_KEY: about(ContactKeyId, keys.approve),
    ids.REJECT_KEY: about(ContactKeyId, keys.reject),
    ids.OPEN_HANDOFF: by_contact(HandoffId, handoff.preview),
    ids.DECLINE: by_contact(HandoffId, handoff.decline),
    ids.WORKS: by_contact(HandoffId, handoff.confirm),
    ids.NOT_SEEN: by_contact(HandoffId, handoff.not_seen),
    ids.NOT_ME: by_contact(HandoffId, handoff.open_dispute),
    ids.SWITCHED: by_contact(TokenId, tokens.open_switched),
    ids.ASK: by_contact(TokenId, asking.open_ask),
    ids.ASK_STILL_WORKS: by_contact(TokenId, asking.ask(RequestReason.STILL_WORKS)),
    ids.ASK_SOMEBODY_ELSE: by_contact(TokenId, asking.ask(RequestReason.SOMEBODY_ELSE)),
    ids.TEST_MINE: by_contact(ThirdPartyId, asking.test_mine),
    ids.HOLDINGS: by_anybody(asking.holdings),
    ids.GRANT_REQUEST: about(TokenRequestId, tokens.grant_request),
    ids.DECLINE_REQUEST: about(TokenRequestId, tokens.decline_request),
    ids.HOME_SEARCH: by_anybody(looking.nothing_more),
    ids.HOME_FILTER: by_anybody(looking.nothing_more),
    ids.HOME_NEXT: by_anybody(looking.nothing_more),
    ids.HOME_START: by_anybody(looking.nothing_more),
    ids.HOME_ALL: by_anybody(looking.nothing_more),
}

SUBMISSIONS: Final[Mapping[str, Handling]] = {
    ids.ADD_FORM: Handling(details.submit_add),
    ids.EDIT_FORM: Handling(details.submit_edit),
    ids.CONTACT_FORM: form_of_third_party(contacts.submit_propose),
    ids.REJECT_FORM: Handling(approval.submit_reject),
    ids.SNOOZE_FORM: Handling(care.submit_snooze),
    ids.HANDOFF_FORM: by_contact(HandoffId, handoff.reveal),
    ids.KEY_FORM: Handling(keys.submit_add, contact_of),
    ids.DISPUTE_FORM: by_contact(HandoffId, handoff.dispute),
    ids.RETIRE_FORM: by_contact(TokenId, tokens.switched),
    ids.ASK_FORM: Handling(asking.submit_ask, contact_of),
}


def register(app: AsyncApp, desk: Desk) -> None:
    """Let everything that people type, press and submit come to us.

    What comes has passed `handlers.payloads.is_understood` on its way in, before Bolt looked at it.
    """
    app.middleware(_Reception(desk))


class _Reception(AsyncMiddleware):
    """Answers every request by itself. Bolt prepares nothing for it, so a payload of a newer Slack cannot break that.

    What is nothing of ours is confirmed and left: over Socket Mode, Bolt would leave unconfirmed what it does not know,
    and Slack repeat it and tell the person that we did not respond. Only a command of another name is refused.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Receive one request."""
        if (user_id := changed_person(req.body)) is not None:
            return await self._note_changed(user_id)
        if (opened := opened_home(req.body)) is not None:
            self._show_home(opened)
            return await req.context.ack()
        visit = _visit(req.body, self._desk.for_one_request())
        if visit is not None:
            acknowledgement = await guarded(visit)
            self._show_home_anew(visit)
            return await req.context.ack(**acknowledgement)
        return await next() if req.body.get("command") else await req.context.ack()

    def _show_home(self, opened: OpenedHome) -> None:
        """Have somebody shown their Home tab: nobody waits for that, and looking leaves no record."""
        if not opened.workspaces or self._desk.workspace in opened.workspaces:
            self._desk.homes.opened(opened.user_id)
            self._desk.count("event", "app_home_opened", "done")

    def _show_home_anew(self, visit: Visit) -> None:
        """Have the Home tab shown anew in which somebody pressed: where that led, or with what it changed."""
        surface, payload = visit.surface, visit.payload
        if not isinstance(surface, PressSurface) or surface.place is not Place.HOME:
            return
        if is_about(payload, self._desk.workspace):
            look = parse_look(sound(payload["view"].get("private_metadata")))
            if any(map(is_not_to_be_kept, surface.typed())):
                look = begun_anew(look)  # and what was pasted stands in the field no more
            else:
                look = look_after(look, visit.name, sound(chosen_value(payload["actions"][0])))
            look = replace(look, unanswered=visit.desk.replies.unopened)
            self._desk.homes.moved(payload["user"]["id"], look)

    async def _note_changed(self, user_id: str) -> BoltResponse:
        """Note that an account has changed. What cannot be noted is not confirmed, so that Slack tells it again."""
        try:
            await note_person_changed(self._desk.workspace, user_id, self._desk.ports)
        except CannotKeep:
            return BoltResponse(status=503)
        except Exception:  # the last net, as around every listener
            log.exception("event_failed")
            return BoltResponse(status=503)
        return BoltResponse(status=200)


def _visit(body: dict[str, Any], desk: Desk) -> Visit | None:
    match body:
        case {"command": "/thirdparty"}:
            return _command(body, desk)
        case {"type": "block_actions", "actions": [{"action_id": str()}, *_]}:
            return _press(body, desk)
        case {"type": "view_submission", "view": {"callback_id": str()}}:
            return _submission(body, desk)
    return None


def _command(body: dict[str, Any], desk: Desk) -> Visit:
    surface = CommandSurface(sound(body.get("text")), body.get("trigger_id") or "")
    name = known_command(surface.text) or _UNKNOWN
    return Visit(surface, body, desk, name, caller_of, lambda caller: answer_command(surface.text, caller, desk))


def _press(body: dict[str, Any], desk: Desk) -> Visit:
    action, surface = body["actions"][0], PressSurface.read(body)
    name = action["action_id"] if action["action_id"] in PRESSES else _UNKNOWN
    if name in MOVES and surface.place is not Place.HOME:  # there is no such button elsewhere
        name = _UNKNOWN
    handling = PRESSES.get(name, _UNKNOWN_HANDLING)
    subject = sound(action.get("value"))
    return Visit(
        surface,
        body,
        desk,
        name,
        handling.who,
        lambda caller: handling.run(Request(caller, subject, {}), desk),
    )


def _submission(body: dict[str, Any], desk: Desk) -> Visit:
    view = body["view"]
    name = view["callback_id"] if view["callback_id"] in SUBMISSIONS else _UNKNOWN
    handling = SUBMISSIONS.get(name, _UNKNOWN_HANDLING)
    surface = SubmissionSurface((view.get("state") or {}).get("values") or {})
    subject = sound(view.get("private_metadata"))
    return Visit(
        surface,
        body,
        desk,
        name,
        handling.who,
        lambda caller: handling.run(Request(caller, subject, surface.values), desk),
    )

"""A contact asks for a new token: the form, the question to owner and admins, and what the contact reads of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.card import Who
from access.model.policy import Policy
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from access.model.token_request import RequestOutcome, RequestReason, TokenRequest
from handlers import ids
from handlers.mrkdwn import code, command, days, instant, person, strong
from handlers.views.forms import NotOurForm, State
from handlers.views.kit import View, actions, button, confirmation, message, modal, radio_input, section
from handlers.views.token_line import lift, replace, stop_elsewhere, suspended_until_decided

ASKED: Final[Mapping[RequestReason, str]] = {
    RequestReason.STILL_WORKS: (
        "I have asked the owner and the admins. What they decide, you read in my message about it."
    ),
    RequestReason.SOMEBODY_ELSE: (
        "The admins and the owner are told, and the token is to be used no more. They decide how it goes on; you read "
        "it in my message about it."
    ),
}
"""What the contact reads as soon as they have asked."""


@dataclass(frozen=True, slots=True)
class RequestShown:
    """A request with its token and the people in it. `has_waiting`: imported credentials wait to be offered."""

    party: ThirdParty
    request: TokenRequest
    token: Token
    contact: Who
    owner: Who
    decided_by: Who
    policy: Policy
    now: datetime
    has_waiting: bool = False

    @property
    def is_alarm(self) -> bool:
        """Tell whether somebody else may have the token."""
        return self.request.why is RequestReason.SOMEBODY_ELSE


def ask_form(token: Token, third_party_name: str) -> View:
    """Return the form that asks the contact why."""
    return modal(
        "Ask for a new token",
        [
            section(_question(token, third_party_name)),
            radio_input(
                ids.REASON_FIELD,
                "Why do you need a new one?",
                [
                    (RequestReason.STILL_WORKS, "The program still works", "Both tokens work for a while."),
                    (
                        RequestReason.SOMEBODY_ELSE,
                        "Somebody else may have them",
                        "This token stops at once, in your own program too.",
                    ),
                ],
            ),
            section(
                "If somebody else may have the credentials, the token is suspended as soon as you press *Ask*: *your "
                "own program is refused too* until an admin has decided, and the admins are alerted."
            ),
        ],
        callback=ids.ASK_FORM,
        about=token.id,
        submit="Ask",
        close="Cancel",
    )


def parse_ask_form(state: State) -> RequestReason:
    """Return what was chosen. Raises NotOurForm."""
    block = state.get(ids.REASON_FIELD)
    element = block.get(ids.REASON_FIELD) if isinstance(block, Mapping) else None
    option = element.get("selected_option") if isinstance(element, Mapping) else None
    value = option.get("value") if isinstance(option, Mapping) else None
    if value not in tuple(RequestReason):
        raise NotOurForm
    return RequestReason(value)


def ask_plainly(token: Token, third_party_name: str) -> Rendered:
    """Ask the same in a message, where Slack opens no window."""
    asks = confirmation("Ask for a new token?", "The owner and the admins are asked for a new one.", "Ask")
    stops = confirmation(
        "May somebody else have them?",
        "Then this token is suspended at once: your own program is refused too until an admin has decided. The admins "
        "and the owner are alerted.",
        "Stop this token",
    )
    return message(
        section(
            f"{_question(token, third_party_name)} Why do you need a new one? If somebody else may have the "
            "credentials, this token stops at once, in your own program too."
        ),
        *actions(
            button("The program still works", ids.ASK_STILL_WORKS, token.id, confirm=asks),
            button("Somebody else may have them", ids.ASK_SOMEBODY_ELSE, token.id, style="danger", confirm=stops),
        ),
    )


def token_request(shown: RequestShown, *, for_owner: bool) -> Rendered:
    """Tell owner and admins what a contact asks for, and afterwards what was decided."""
    return _alarm(shown, for_owner=for_owner) if shown.is_alarm else _renewal(shown)


def _renewal(shown: RequestShown) -> Rendered:
    asks = f"{person(shown.contact)} asks for a new token for {strong(shown.party.name)}; their program still works."
    if shown.request.outcome is not None:
        decided = {
            RequestOutcome.GRANTED: "✓ {by} offered a new token {at}.",
            RequestOutcome.DECLINED: "– {by} said _Not now_ {at}.",
            RequestOutcome.SETTLED: "– Nothing is left to decide since {at}: something else has come in between.",
        }[shown.request.outcome]
        return message(section(f"{asks} {_said(decided, shown)}"), *actions(*_show(shown)))
    if not shown.token.works(shown.now):
        ended = f"The one they have is {shown.token.state(shown.now).value} meanwhile, so it can't be renewed."
        anew = f"{ended} For a new one, an admin types {command('issue', shown.party.name)}."
        return message(section(f"{asks} {anew}"), *actions(*_show(shown)))
    if shown.token.is_external and not shown.has_waiting:
        return message(section(f"{asks} {_made_elsewhere(shown)}"), *actions(_not_now(shown), *_show(shown)))
    return message(
        section(
            f"{asks} The present one, {code(shown.token.fingerprint)}, works until {instant(shown.token.expires_at)}. "
            f"If you offer a new one, both work for {days(shown.policy.overlap)} after it was opened."
        ),
        *actions(
            button("Offer a new token", ids.GRANT_REQUEST, shown.request.id, style="primary"),
            _not_now(shown),
            *_show(shown),
        ),
    )


def _not_now(shown: RequestShown) -> Block:
    return button("Not now", ids.DECLINE_REQUEST, shown.request.id)


def _made_elsewhere(shown: RequestShown) -> str:
    return (
        f"The present one, {code(shown.token.fingerprint)}, was made elsewhere, so only there can a new one be made. "
        f"Please have {person(shown.owner)} make it there, and have it imported on my machine (`thirdparty-bot "
        f"import`). Then {command('renew', shown.party.name)} offers it."
    )


def _alarm(shown: RequestShown, *, for_owner: bool) -> Rendered:
    state, decide = shown.token.state(shown.now), []
    if state is TokenState.SUSPENDED and shown.request.outcome is None:
        what = suspended_until_decided(shown.token)
        decide = [] if for_owner else [replace(shown.token), lift(shown.token)]
    elif shown.request.outcome is RequestOutcome.GRANTED:
        what = f"{_said('Decided: {by} revoked the token {at} to replace it.', shown)}{stop_elsewhere(shown.token)}"
    elif shown.request.outcome is RequestOutcome.DECLINED:
        what = _said("Decided: {by} said {at} that it was a mistake, and let the token work again.", shown)
    else:
        what = f"The token is {state.value} and doesn't work any more, so there is nothing left to decide."
        if shown.token.is_external and state is TokenState.REVOKED:
            what = f"The token is revoked in my books.{stop_elsewhere(shown.token)}"
    said = (
        f"*Possible misuse.* {person(shown.contact)} says that somebody else may have the credentials of "
        f"{strong(shown.party.name)} (fingerprint {code(shown.token.fingerprint)}), and asks for new ones."
    )
    return message(section(said), section(what), *actions(*decide, *_show(shown)))


def token_asked(shown: RequestShown) -> Rendered:
    """Tell the contact that they have asked, and afterwards what was decided."""
    name, at = strong(shown.party.name), instant(shown.request.asked_at)
    if shown.is_alarm:
        asked = (
            f"You told me {at} that somebody else may have the credentials of {name} (fingerprint "
            f"{code(shown.token.fingerprint)}), and asked for new ones."
        )
    else:
        asked = f"You asked for a new token for {name} {at}."
    return message(section(f"{asked} {_said(_TO_CONTACT[shown.is_alarm, shown.request.outcome], shown)}"))


_SETTLED: Final = (
    "That is settled since {at}, because something else has come in between. If there is a newer message from me, it "
    "says how things are; otherwise ask {owner}."
)
_TO_CONTACT: Final[Mapping[tuple[bool, RequestOutcome | None], str]] = {
    (False, None): (
        "{owner} or an admin decides about it, and you read it here. Nothing changes until then: the present one works "
        "until {expires_at}."
    ),
    (False, RequestOutcome.GRANTED): "{by} said yes {at}: the new credentials come in a message of their own.",
    (False, RequestOutcome.DECLINED): (
        "{by} said _Not now_ {at}. The present one works until {expires_at}; if it can't wait, please talk with {by}."
    ),
    (False, RequestOutcome.SETTLED): _SETTLED,
    (True, None): (
        "The token is suspended: it is refused, in your own program too, until an admin has decided. The admins and "
        "{owner} know."
    ),
    (True, RequestOutcome.GRANTED): (
        "{by} revoked the token {at}: please remove it from your program. New credentials, if there are any, come in a "
        "message of their own; otherwise ask {owner}."
    ),
    (True, RequestOutcome.DECLINED): (
        "{by} looked into it and let the token work again {at}. If that is wrong, please ask {owner}."
    ),
    (True, RequestOutcome.SETTLED): _SETTLED,
}


def _said(text: str, shown: RequestShown) -> str:
    return text.format(
        by=person(shown.decided_by),
        owner=person(shown.owner),
        at=instant(shown.request.decided_at or shown.now),
        expires_at=instant(shown.token.expires_at),
    )


def _question(token: Token, third_party_name: str) -> str:
    return (
        f"You have the token {code(token.fingerprint)} of {strong(third_party_name)}, which works until "
        f"{instant(token.expires_at)}."
    )


def _show(shown: RequestShown) -> list[Block]:
    return [] if shown.party.removed_at else [button("Show", ids.SHOW, shown.party.id)]

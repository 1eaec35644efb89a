"""What owners and admins are told about somebody who is gone, with what has to be decided about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from access.model.card import Who
from access.model.people import Gone
from access.model.rendered import Block, Rendered
from access.model.third_party import ThirdParty
from access.model.token import Token, TokenState
from handlers import ids
from handlers.mrkdwn import code, instant, person, strong
from handlers.views.kit import button, message, section, sections
from handlers.views.token_line import NOT_ACTIVE, replace

_OWNED_SHOWN: Final = 15
_LEFT_SHOWN: Final = 6
_LIVE_SHOWN: Final = 8
_ENDED_SHOWN: Final = 5
"""So many fit into one message, whatever the third parties are called."""

_WHY: Final[Mapping[Gone | None, str]] = {
    Gone.DEACTIVATED: "their Slack account is deactivated",
    Gone.MOVED: "their Slack account belongs to another organisation now",
    Gone.OUTSIDER: "they are no full member of this workspace any more",
    Gone.UNKNOWN: "Slack does not know their account any more",
    Gone.UNREACHABLE: "they share no channel with this workspace any more, so I can't write to them",
}


@dataclass(frozen=True, slots=True)
class PartyShown:
    """A third party that somebody left. `acting_owner`: who acts as its owner, if anybody."""

    party: ThirdParty
    contact: Who
    acting_owner: Who


@dataclass(frozen=True, slots=True)
class OpenedShown:
    """A token that they opened."""

    token: Token
    party: ThirdParty


@dataclass(frozen=True, slots=True)
class GoneShown:
    """Somebody who was gone when the message was planned. `gone`: why they still are; None if they are back.

    `parties`, `opened`: what concerns the reader, those tokens first that have not ended.
    """

    person: Who
    gone: Gone | None
    parties: Sequence[PartyShown]
    opened: Sequence[OpenedShown]
    for_admins: bool
    now: datetime


def owner_gone(shown: GoneShown) -> Rendered:
    """Ask the admins for a new owner of each third party, or tell the deputy owner that they act now."""
    who = person(shown.person)
    if shown.gone is None:
        return message(
            section(f"{who} is back, so there is nothing to do: they are the owner of what they were before.")
        )
    if not shown.parties:
        settled = "Everything they owned has another owner" if shown.for_admins else "You act for nobody in their place"
        return message(section(f"{who} is gone. {settled}, so there is nothing to do."))
    owned = f"owner of {_count(len(shown.parties))} ({_WHY[shown.gone]})."
    if shown.for_admins:
        text = f"*An owner is gone:* {who}, {owned} Please name a new one: press _Edit_."
    else:
        text = (
            f"*An owner is gone:* {who}, {owned} You are the deputy owner, so you act now: I remind you, and you can "
            "renew, offer anew and revoke. An admin can name a new owner."
        )
    return message(
        section(text),
        *(_owned(each, shown) for each in shown.parties[:_OWNED_SHOWN]),
        *_more(shown.parties[_OWNED_SHOWN:], "third parties, which show here once these have another owner"),
    )


def contact_gone(shown: GoneShown) -> Rendered:
    """Say which third parties somebody was the contact of, and ask what is to be done with what they opened."""
    who = person(shown.person)
    live = [each for each in shown.opened if each.token.is_live(shown.now)]
    parties = sorted(shown.parties, key=lambda each: each.party.contact is not None)
    ended = [each for each in shown.opened if not each.token.is_live(shown.now)]
    if shown.gone is None:
        text = (
            f"{who} was gone, and is back. Nothing was undone by that; to be a contact again they have to be proposed."
        )
    else:
        text = (
            f"*A contact is gone:* {who} ({_WHY[shown.gone]}). They can receive nothing any more, and what they were "
            "offered is withdrawn."
        )
    return message(
        section(text),
        *(_without_them(each, shown) for each in parties[:_LEFT_SHOWN]),
        *_more(parties[_LEFT_SHOWN:], "third parties, which show here once these have another contact"),
        section(_what_about(live, shown)),
        *(_opened(each, shown) for each in live[:_LIVE_SHOWN]),
        *_more(live[_LIVE_SHOWN:], "tokens, which show here once some of these are replaced or revoked"),
        *sections(_ended(ended, shown)),
    )


def _owned(each: PartyShown, shown: GoneShown) -> Block:
    party = each.party
    if not shown.for_admins:
        return section(strong(party.name), button=_show(party))
    acts = (
        f"{person(each.acting_owner)}, the deputy owner, acts meanwhile" if each.acting_owner else "nobody acts for it"
    )
    spoken = f"Edit {party.name}"
    return section(f"{strong(party.name)}: {acts}", button=button("Edit", ids.EDIT, party.id, spoken=spoken))


def _without_them(each: PartyShown, shown: GoneShown) -> Block:
    party, name = each.party, strong(each.party.name)
    if party.contact is not None:
        deputy = "" if party.deputy_contact else ", and there is no deputy contact"
        return section(f"{name}: the contact is {person(each.contact)} now{deputy}", button=_show(party))
    if not shown.for_admins:
        return section(f"{name} has no contact now; an admin can propose somebody", button=_show(party))
    propose = button("Propose a contact", ids.PROPOSE, party.id, spoken=f"Propose a contact for {party.name}")
    return section(f"{name} has no contact now; please propose somebody", button=propose)


def _what_about(live: Sequence[OpenedShown], shown: GoneShown) -> str:
    if not shown.opened:
        return "They opened no credentials, so nothing else has to be done."
    if not live:
        return "No token that they opened works any more, so nothing else has to be done."
    return (
        "They opened these credentials and may still have them. Replace each of them, or leave it if you know that "
        "only the third party's program has it now. Until then it works on."
    )


def _opened(each: OpenedShown, shown: GoneShown) -> Block:
    token = each.token
    which = f"{code(token.fingerprint)} of {strong(each.party.name)}"
    if token.state(shown.now) is TokenState.SUSPENDED:
        decide = replace(token) if shown.for_admins else None
        return section(f"{which} is suspended until an admin decides", button=decide)
    return section(f"{which} works until {instant(token.retires_at or token.expires_at)}", button=replace(token))


def _ended(ended: Sequence[OpenedShown], shown: GoneShown) -> Iterator[str]:
    for each in ended[:_ENDED_SHOWN]:
        state = NOT_ACTIVE[each.token.state(shown.now)]
        yield f"{code(each.token.fingerprint)} of {strong(each.party.name)} is {state}"
    if len(ended) > _ENDED_SHOWN:
        yield f"… and {len(ended) - _ENDED_SHOWN} more that don't work any more"


def _show(party: ThirdParty) -> Block:
    return button("Show", ids.SHOW, party.id, spoken=f"Show {party.name}")


def _more(left_out: Sequence[object], what: str) -> list[Block]:
    return [section(f"… and {len(left_out)} more {what}.")] if left_out else []


def _count(count: int) -> str:
    return "a third party" if count == 1 else f"{count} third parties"

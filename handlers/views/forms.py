"""Forms, and the parsing of what they send back (`view.state.values` of the submission)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from access.model import errors
from access.model.card import ThirdPartyCard
from access.model.errors import AccessError
from access.model.ids import ProposalId
from access.model.rendered import Block
from access.model.third_party import details_hash
from handlers import ids
from handlers.mrkdwn import person, strong
from handlers.payloads import sound
from handlers.views.kit import View, modal, section, text_input, tick_input, user_input

State = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Block id → action id → what was typed or chosen."""

_CALLBACK_URL_HINT: Final = "https, or http on the same machine (localhost). May stay empty."


class NotOurForm(Exception):
    """What was submitted is not what the form of this version sends."""


@dataclass(frozen=True, slots=True)
class AddForm:
    """What was typed to register a third party."""

    name: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class EditForm:
    """New details of a third party. `owner` and `deputy_owner` are Slack user IDs."""

    name: str
    callback_url: str
    owner: str | None
    deputy_owner: str | None
    notes: str


@dataclass(frozen=True, slots=True)
class ContactForm:
    """Who was chosen, a Slack user ID, and whether as the deputy contact."""

    user_id: str | None
    deputy: bool


def add_form(name: str = "", callback_url: str = "") -> View:
    """Return the form that registers a third party, filled with what was typed already."""
    return modal(
        "Add a third party",
        [
            text_input(ids.NAME_FIELD, "Name", initial=name, hint="As people know it, at most 80 characters."),
            text_input(
                ids.CALLBACK_URL_FIELD, "Callback URL", initial=callback_url, hint=_CALLBACK_URL_HINT, optional=True
            ),
            section("You become its owner. It starts not enabled, so nothing can call the API yet."),
        ],
        callback=ids.ADD_FORM,
        submit="Add",
        close="Cancel",
    )


def parse_add_form(state: State) -> AddForm:
    """Return what was typed. Raises NotOurForm."""
    return AddForm(name=typed_in(state, ids.NAME_FIELD), callback_url=typed_in(state, ids.CALLBACK_URL_FIELD))


def edit_form(card: ThirdPartyCard) -> View:
    """Return the form that changes a third party's details. It gives back which details it showed."""
    party = card.party
    owner = card.owner.user_id if card.owner else ""
    deputy = card.deputy_owner.user_id if card.deputy_owner else ""
    return modal(
        "Edit a third party",
        [
            text_input(ids.NAME_FIELD, "Name", initial=party.name, hint="At most 80 characters."),
            text_input(
                ids.CALLBACK_URL_FIELD,
                "Callback URL",
                initial=party.callback_url or "",
                hint=_CALLBACK_URL_HINT,
                optional=True,
            ),
            user_input(ids.OWNER_FIELD, "Owner", initial=owner, hint="Responsible for it, and told what happens."),
            user_input(ids.DEPUTY_OWNER_FIELD, "Deputy owner", initial=deputy, optional=True),
            text_input(
                ids.TEXT_FIELD,
                "Notes",
                initial=party.notes,
                hint="At most 500 characters. Never put a secret here.",
                optional=True,
                lines=True,
            ),
        ],
        callback=ids.EDIT_FORM,
        about=f"{party.id}:{details_hash(party)}",
        submit="Save",
        close="Cancel",
    )


def parse_edit_form(state: State) -> EditForm:
    """Return what was typed and chosen. Raises NotOurForm."""
    return EditForm(
        name=typed_in(state, ids.NAME_FIELD),
        callback_url=typed_in(state, ids.CALLBACK_URL_FIELD),
        owner=_chosen(state, ids.OWNER_FIELD),
        deputy_owner=_chosen(state, ids.DEPUTY_OWNER_FIELD),
        notes=typed_in(state, ids.TEXT_FIELD),
    )


def contact_form(card: ThirdPartyCard, *, deputy: bool = False) -> View:
    """Return the form that proposes a contact, or, where there is one, their deputy. `deputy`: ticked already."""
    present = ""
    if card.party.contact:
        present = f" They take the place of {person(card.contact)}, unless you propose them as the deputy."
    return modal(
        "Propose a contact",
        [
            section(
                f"Who shall receive the credentials of {strong(card.party.name)}?{present} I introduce myself to "
                "that person; then another admin approves."
            ),
            user_input(ids.CONTACT_FIELD, "Contact", hint="Anybody I can write to here, guests too, but no admin."),
            *([_deputy_input(card, deputy)] if card.party.contact else []),
        ],
        callback=ids.CONTACT_FORM,
        about=card.party.id,
        submit="Propose",
        close="Cancel",
    )


def _deputy_input(card: ThirdPartyCard, deputy: bool) -> Block:
    replaces = "Takes the place of the present deputy. " if card.party.deputy_contact else ""
    return tick_input(
        ids.DEPUTY_FIELD,
        "Deputy",
        "As the deputy, who takes over when the contact has gone",
        ticked=deputy,
        hint=f"{replaces}A deputy receives no credentials until then.",
    )


def parse_contact_form(state: State) -> ContactForm:
    """Return who was chosen, and as what. Raises NotOurForm."""
    return ContactForm(_chosen(state, ids.CONTACT_FIELD), deputy=_ticked(state, ids.DEPUTY_FIELD))


def reject_form(proposal: ProposalId, third_party_name: str) -> View:
    """Return the form that asks why a proposed contact, or deputy, is rejected."""
    return modal(
        "Reject the proposal",
        [
            section(f"Whoever was proposed for {strong(third_party_name)} is told, but not why."),
            text_input(
                ids.TEXT_FIELD,
                "Reason",
                hint="Read by whoever proposed them and the admins. At most 500 characters; never put a secret here.",
                optional=True,
                lines=True,
            ),
        ],
        callback=ids.REJECT_FORM,
        about=proposal,
        submit="Reject",
        close="Cancel",
    )


def parse_reject_form(state: State) -> str:
    """Return the reason, which may be empty. Raises NotOurForm."""
    return typed_in(state, ids.TEXT_FIELD)


_FIELDS: Final[Mapping[type[AccessError], str]] = {
    errors.NameInvalid: ids.NAME_FIELD,
    errors.NameTaken: ids.NAME_FIELD,
    errors.CallbackUrlInvalid: ids.CALLBACK_URL_FIELD,
    errors.OwnerUnsuitable: ids.OWNER_FIELD,
    errors.TextTooLong: ids.TEXT_FIELD,
    errors.ContactUnsuitable: ids.CONTACT_FIELD,
    errors.ContactUnchanged: ids.CONTACT_FIELD,
    errors.DeputyUnsuitable: ids.CONTACT_FIELD,
    errors.ContactAlreadyProposed: ids.CONTACT_FIELD,
    errors.KeyUnusable: ids.KEY_FIELD,
    errors.KeyUnchanged: ids.KEY_FIELD,
}


def field_for(error: AccessError) -> str | None:
    """Return the block id of the field that an error is about, or None if it is about none."""
    return _FIELDS.get(type(error))


def typed_in(state: State, field: str) -> str:
    """Return what was typed into a field of a form. Raises NotOurForm."""
    return _value(state, field, "value") or ""


def _chosen(state: State, field: str) -> str | None:
    return _value(state, field, "selected_user") or None


def _ticked(state: Mapping[str, Any], field: str) -> bool:
    """Tell whether the one box of a field is ticked; where there was no such field, it is not. Raises NotOurForm."""
    block = state.get(field, {field: {"selected_options": []}})
    element = block.get(field) if isinstance(block, Mapping) else None
    options = element.get("selected_options") if isinstance(element, Mapping) else None
    if not isinstance(options, list):
        raise NotOurForm
    return bool(options)


def _value(state: Mapping[str, Any], field: str, of: str) -> str | None:
    """Return what a field holds. Raises NotOurForm."""
    block = state.get(field)
    element = block.get(field) if isinstance(block, Mapping) else None
    value = element.get(of) if isinstance(element, Mapping) else ...
    if not isinstance(value, str | None):
        raise NotOurForm
    return sound(value) if value else None

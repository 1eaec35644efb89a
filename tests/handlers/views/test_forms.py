from typing import Any

import pytest

from access.model import errors
from access.model.contact_key import ContactKeys
from access.model.errors import AccessError
from access.model.ids import ProposalId
from access.model.third_party import details_hash
from handlers import ids
from handlers.views.forms import (
    AddForm,
    ContactForm,
    EditForm,
    NotOurForm,
    add_form,
    contact_form,
    edit_form,
    field_for,
    parse_add_form,
    parse_contact_form,
    parse_edit_form,
    parse_reject_form,
    reject_form,
)
from handlers.views.keys import key_form
from handlers.views.kit import View
from tests.handlers.views.gallery import DORA, card_of, party

State = dict[str, dict[str, dict[str, Any]]]


def submitted(view: View, **typed: str | None) -> State:
    """What Slack sends back for a form that was filled in as given, the rest left as it was opened."""
    state: State = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element, field = block["element"], block["block_id"]
        content: dict[str, Any]
        if element["type"] == "users_select":
            content = {"selected_user": typed.get(field, element.get("initial_user"))}
        elif element["type"] == "checkboxes":
            content = {"selected_options": element.get("initial_options", [])}
        else:
            content = {"value": typed.get(field, element.get("initial_value"))}
        state[field] = {element["action_id"]: {"type": element["type"], **content}}
    return state


def test_the_add_form_gives_back_what_it_was_filled_with() -> None:
    form = add_form("Acme & <Sons>", "https://acme.example/cb")
    assert parse_add_form(submitted(form)) == AddForm("Acme & <Sons>", "https://acme.example/cb")
    assert parse_add_form(submitted(add_form())) == AddForm("", "")


def test_the_edit_form_gives_back_what_the_third_party_has() -> None:
    acme = party(callback_url="https://acme.example/cb", notes="Contract 7\nuntil May")
    form = edit_form(card_of(party=acme, deputy_owner=DORA))
    assert form["private_metadata"] == f"{acme.id}:{details_hash(acme)}"
    assert parse_edit_form(submitted(form)) == EditForm(
        "Acme Corp", "https://acme.example/cb", "U0ANNA", "U0DORA", "Contract 7\nuntil May"
    )


def test_the_edit_form_takes_what_was_changed_and_emptied() -> None:
    form = edit_form(card_of(party=party(callback_url="https://acme.example/cb"), deputy_owner=DORA))
    changed = {ids.NAME_FIELD: "Acme", ids.CALLBACK_URL_FIELD: None, ids.OWNER_FIELD: "U0BEN"}
    state = submitted(form, **changed, deputy_owner_field=None)
    assert parse_edit_form(state) == EditForm("Acme", "", "U0BEN", None, "")


def test_the_contact_form_gives_back_who_was_chosen() -> None:
    form = contact_form(card_of())
    assert form["private_metadata"] == "party"
    assert parse_contact_form(submitted(form, contact_field="U0DORA")) == ContactForm("U0DORA", deputy=False)
    assert parse_contact_form(submitted(form)) == ContactForm(None, deputy=False)


def test_the_contact_form_offers_a_deputy_where_there_is_a_contact() -> None:
    form = contact_form(card_of(), deputy=True)
    assert parse_contact_form(submitted(form, contact_field="U0DORA")) == ContactForm("U0DORA", deputy=True)
    first = submitted(contact_form(card_of(party=party(contact=None)), deputy=True), contact_field="U0DORA")
    assert ids.DEPUTY_FIELD not in first
    assert parse_contact_form(first) == ContactForm("U0DORA", deputy=False)


@pytest.mark.parametrize("sent", [None, "yes", {}, {ids.DEPUTY_FIELD: {"selected_options": "yes"}}])
def test_what_is_no_box_to_tick_is_not_our_form(sent: Any) -> None:
    state = submitted(contact_form(card_of()), contact_field="U0DORA") | {ids.DEPUTY_FIELD: sent}
    with pytest.raises(NotOurForm):
        parse_contact_form(state)


def test_the_reject_form_gives_back_the_reason() -> None:
    form = reject_form(ProposalId("p1"), "Acme Corp")
    assert form["private_metadata"] == "p1"
    assert parse_reject_form(submitted(form, text_field="Not with us")) == "Not with us"
    assert parse_reject_form(submitted(form)) == ""


FORMS: dict[type[AccessError], list[View]] = {
    errors.NameInvalid: [add_form(), edit_form(card_of())],
    errors.NameTaken: [add_form(), edit_form(card_of())],
    errors.CallbackUrlInvalid: [add_form(), edit_form(card_of())],
    errors.OwnerUnsuitable: [edit_form(card_of())],
    errors.TextTooLong: [edit_form(card_of()), reject_form(ProposalId("p1"), "Acme Corp")],
    errors.ContactUnsuitable: [contact_form(card_of())],
    errors.ContactUnchanged: [contact_form(card_of())],
    errors.DeputyUnsuitable: [contact_form(card_of())],
    errors.ContactAlreadyProposed: [contact_form(card_of())],
    errors.KeyUnusable: [key_form(party(), ContactKeys())],
    errors.KeyUnchanged: [key_form(party(), ContactKeys())],
}


@pytest.mark.parametrize("kind", AccessError.__subclasses__(), ids=lambda kind: kind.code)
def test_an_error_points_to_a_field_of_each_form_that_can_cause_it(kind: type[AccessError]) -> None:
    field = field_for(kind())
    assert (field is not None) == (kind in FORMS)
    for form in FORMS.get(kind, []):
        assert field in submitted(form)

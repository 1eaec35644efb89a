from dataclasses import replace
from datetime import timedelta

import pytest

from access.model.contact import ProposalOutcome
from access.model.third_party import details_hash
from access.model.token import TokenState
from handlers import ids
from handlers.register import PRESSES, SUBMISSIONS
from handlers.replies import Outcome
from tests.access.world import TEAM
from tests.handlers.office import Office, chosen, command, typed


def test_every_button_and_form_has_a_flow() -> None:
    names = {name: value for name, value in vars(ids).items() if name.isupper()}
    forms = {value for name, value in names.items() if name.endswith("_FORM")}
    fields = {value for name, value in names.items() if name.endswith("_FIELD")}

    assert set(SUBMISSIONS) == forms
    assert set(PRESSES) == set(names.values()) - forms - fields - {ids.REVEAL, ids.NOTICE}


ABOUT_SOMETHING = sorted(set(PRESSES) - {ids.ADD, ids.LIST, ids.DISMISS, ids.HOLDINGS, ids.CONFIRM, ids.CONFIRM_NOW})


async def test_a_malformed_value_is_out_of_date(office: Office) -> None:
    for action in ABOUT_SOMETHING:
        for value in ("", "' OR 1=1", "a" * 27, "A" * 26):
            await office.presses("UANNA", action, value)
            assert "out of date" in office.last.text, action


async def test_an_id_of_nothing_is_refused_with_words(office: Office) -> None:
    for count, action in enumerate(ABOUT_SOMETHING, start=1):
        await office.presses("UANNA", action, "a" * 26)

        assert len(office.replies.said) == count, action
        assert "went wrong" not in office.last.text


@pytest.mark.parametrize("place", ["ephemeral", "channel", "direct", "modal"])
async def test_an_unknown_button_gets_a_true_answer(office: Office, place: str) -> None:
    await office.presses("UANNA", "of_an_older_version", "x", place)

    assert "out of date" in office.last.text


async def test_an_unknown_modal_gets_a_true_answer(office: Office) -> None:
    body = await office.submits("UANNA", "of_an_older_version")

    assert body["response_action"] == "update"


@pytest.mark.parametrize(("place", "how"), [("ephemeral", "replace"), ("channel", "say"), ("modal", "update")])
async def test_a_card_takes_the_place_of_what_only_its_reader_sees(office: Office, place: str, how: str) -> None:
    await office.types("UANNA", "add Acme Corp")

    await office.presses("UANNA", "enable", (await office.card()).party.id, place)

    assert office.last.how == how
    assert "*Acme Corp* is enabled." in office.last.text


async def test_a_form_opened_in_a_modal_takes_its_place(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    await office.presses("UANNA", "propose", (await office.card()).party.id, "modal")

    assert (office.last.how, office.last.view["callback_id"]) == ("update", "contact_form")


async def test_the_story_by_buttons_and_forms(office: Office) -> None:
    await office.presses("UANNA", "add")
    body = await office.submits("UANNA", "add_form", name_field=typed("Acme Corp"), callback_url_field=typed(None))
    assert "*Acme Corp* is registered." in str(body["view"])
    party = (await office.card()).party.id

    await office.presses("UANNA", "propose", party, "modal")
    body = await office.submits("UANNA", "contact_form", party, contact_field=chosen("UCARLA"))
    assert "<@UCARLA> is proposed" in str(body["view"])
    await office.world.deliver()
    proposal = (await office.card()).proposal
    assert proposal is not None

    await office.presses("UBEN", "approve", proposal.id, "channel")
    for action in ("enable", "issue"):
        await office.presses("UANNA", action, party)
    assert "A token is issued" in office.last.text
    assert (await office.card()).live[0].token.state(office.world.clock.now()) is TokenState.PENDING


async def test_approving_in_the_channel_says_nothing_besides_the_refreshed_request(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    await office.types("UANNA", "contact Acme Corp <@UCARLA>")
    await office.world.deliver()
    proposal = (await office.card()).proposal
    assert proposal is not None
    said = len(office.replies.said)

    await office.presses("UBEN", "approve", proposal.id, "channel")
    assert len(office.replies.said) == said

    await office.presses("UBEN", "approve", proposal.id, "channel")
    assert office.last.how == "say"
    assert "approved already" in office.last.text


async def test_nobody_approves_their_own_proposal(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    await office.types("UANNA", "contact Acme Corp <@UCARLA>")
    await office.world.deliver()
    proposal = (await office.card()).proposal
    assert proposal is not None

    await office.presses("UANNA", "approve", proposal.id, "channel")

    assert "it takes two" in office.last.text
    assert (await office.card()).party.contact is None


async def test_rejecting_asks_for_a_reason_and_closes(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    await office.types("UANNA", "contact Acme Corp <@UCARLA>")
    await office.world.deliver()
    proposal = (await office.card()).proposal
    assert proposal is not None

    await office.presses("UBEN", "reject", proposal.id, "channel")
    assert office.last.view["callback_id"] == "reject_form"
    assert await office.submits("UBEN", "reject_form", proposal.id, text_field=typed("not their job")) == {}

    async with office.world.ports.read(TEAM) as reading:
        assert (await reading.proposals.get(proposal.id)).outcome is ProposalOutcome.REJECTED


async def test_a_value_that_the_rules_refuse_is_said_beneath_its_field(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    body = await office.submits("UANNA", "add_form", name_field=typed("acme  corp"), callback_url_field=typed(None))

    assert body["response_action"] == "errors"
    assert list(body["errors"]) == ["name_field"]


async def test_a_third_party_removed_while_its_form_is_open(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    party = (await office.card()).party.id
    await office.presses("UBEN", "remove_now", party)

    body = await office.submits("UANNA", "contact_form", party, contact_field=chosen("UCARLA"))

    assert "no such third party" in str(body["view"])


@pytest.mark.parametrize(("place", "how"), [("ephemeral", "delete"), ("modal", "update")])
async def test_a_question_that_was_not_meant(office: Office, place: str, how: str) -> None:
    await office.presses("UANNA", "dismiss", "", place)

    assert office.last.how == how


async def test_switching_offers_to_undo(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    body = await office.sends(command("UANNA", "enable Acme Corp"))

    undo = body["blocks"][1]["elements"][0]

    assert (undo["text"]["text"], undo["action_id"]) == ("Undo", "disable")


async def test_revoking_and_removing(office: Office) -> None:
    await office.offered()
    token = (await office.card()).live[0].token

    await office.presses("UANNA", "revoke", token.id)
    assert "Revoke this token" in office.last.text
    await office.presses("UANNA", "revoke_now", token.id)
    assert "is revoked" in office.last.text
    await office.presses("UANNA", "revoke", token.id)
    assert "revoked already" in office.last.text
    await office.presses("UANNA", "remove_now", (await office.card()).party.id)
    assert "is removed" in office.last.text


async def test_the_owner_may_offer_anew_and_others_may_not(office: Office) -> None:
    await office.offered()
    card = await office.card()
    values = {"name_field": typed("Acme Corp"), "callback_url_field": typed(None), "text_field": typed(None)}
    people = {"owner_field": chosen("UOMAR"), "deputy_owner_field": chosen(None)}
    about = f"{card.party.id}:{details_hash(card.party)}"
    await office.submits("UANNA", "edit_form", about, **values, **people)

    token = card.live[0].token.id
    office.world.clock.advance(timedelta(minutes=1))

    await office.presses("UMIA", "resend", token, "direct")
    assert "Please ask" in office.last.text
    await office.presses("UOMAR", "resend", token, "direct")
    assert "I am offering its credentials" in office.last.text
    await office.presses("UOMAR", "resend", token, "direct")
    assert "A newer offer has taken the place of this one" in office.last.text


@pytest.mark.parametrize(
    "about", ["{id}", "{id}:", "{id}:{hash}0", "{id}:{hash}:", "{id} :{hash}", ":{hash}", "{hash}"]
)
async def test_a_form_that_does_not_say_what_it_showed_is_out_of_date(office: Office, about: str) -> None:
    await office.types("UANNA", "add Acme Corp")
    party = (await office.card()).party
    values = {"name_field": typed("Acme"), "callback_url_field": typed(None), "text_field": typed(None)}
    people = {"owner_field": chosen("UANNA"), "deputy_owner_field": chosen(None)}
    metadata = about.format(id=party.id, hash=details_hash(party))

    answer = await office.submits("UANNA", "edit_form", metadata, **values, **people)

    assert "is out of date, so nothing was done" in str(answer)
    assert (await office.card()).party == party


@pytest.mark.parametrize("opening", [Outcome.NOT_NOW, Outcome.REFUSED])
async def test_a_refusal_in_a_direct_message_where_no_window_opens(office: Office, opening: Outcome) -> None:
    office.replies.opening = opening

    await office.presses("UANNA", "approve", "a" * 26, "direct")

    assert office.last.how == "say"


async def test_a_guest_whose_account_ends_before_the_token_does(office: Office) -> None:
    handoff = await office.offered()
    assert handoff
    ends_at = (await office.card()).live[0].token.expires_at.replace(day=1)
    town = office.world.town
    town.people["UCARLA"] = replace(town.people["UCARLA"], account_ends_at=ends_at)

    office.world.clock.advance(timedelta(minutes=1))
    assert "before the token does" in await office.types("UANNA", "resend Acme Corp")

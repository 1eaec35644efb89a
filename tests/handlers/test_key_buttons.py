"""The buttons of a contact's public key, and what they answer."""

import pytest

from handlers import ids
from handlers.replies import Outcome
from tests.handlers.office import Office, command, typed

KEY = "age1kaaxt7s0xewj5h6key4fxwywvjhh480xdwsh63czr0nhjcc0lgcqzv5n0v"
OTHER = "age1lsrgu6z7f9m8ksqgyzak5lc0mc2ewxetktv7nage4nwk5ke7zc9qy7tn9z"


async def given(office: Office, key: str = KEY) -> str:
    """Carla is the contact, and gives a key; return the id of the change."""
    party = (await office.card()).party.id
    body = await office.submits("UCARLA", ids.KEY_FORM, party, key_field=typed(key))
    assert "I have your public key" in str(body["view"])
    waiting = (await office.card()).keys.waiting
    assert waiting is not None
    return waiting.id


async def test_where_slack_opens_no_window_it_is_said_what_helps(office: Office) -> None:
    await office.offered()
    office.replies.opening = Outcome.REFUSED
    await office.presses("UCARLA", ids.ADD_KEY, (await office.card()).party.id, "direct")
    assert "invite you to their workspace as a guest" in office.last.text


async def test_an_admin_decides_on_the_card_and_reads_how_it_is_then(office: Office) -> None:
    await office.offered()
    key = await given(office)
    assert "*Key to approve:* <@UCARLA> gives `age`" in await office.types("UBEN", 'show "Acme Corp"')
    await office.presses("UBEN", ids.APPROVE_KEY, key)
    assert "The key is approved" in office.last.text
    assert "*Contact's key:* `age`" in office.last.text
    assert "approved by <@UBEN>" in office.last.text
    await office.presses("UBEN", ids.REJECT_KEY, await given(office, OTHER))
    assert "The change of the key is rejected" in office.last.text
    assert KEY in office.last.text
    assert OTHER not in office.last.text


async def test_a_second_decision_is_told_how_it_is_by_name(office: Office) -> None:
    await office.offered()
    key = await given(office)
    await office.presses("UBEN", ids.APPROVE_KEY, key)
    await office.presses("UANNA", ids.REJECT_KEY, key)
    assert 'approved already, so there is nothing left to decide. `/thirdparty show "Acme Corp"`' in office.last.text


async def test_the_contact_asks_for_its_removal_and_an_admin_approves_it(office: Office) -> None:
    await office.offered()
    key = await given(office)
    await office.presses("UBEN", ids.APPROVE_KEY, key)
    await office.presses("UCARLA", ids.REMOVE_KEY, key, "direct")
    assert "Until one of them has approved it, your key stays" in office.last.text
    removal = (await office.card()).keys.waiting
    assert removal is not None
    await office.presses("UBEN", ids.APPROVE_KEY, removal.id)
    assert "The key is removed" in office.last.text
    assert (await office.card()).keys.in_force is None


@pytest.mark.parametrize("about", ["", "1" * 26, f"{'a' * 26}:", f"{'a' * 26}:{'b' * 25}", f"{'a' * 26}:{'b' * 26}\n"])
async def test_an_approval_of_another_shape_is_out_of_date(office: Office, about: str) -> None:
    await office.presses("UBEN", ids.APPROVE, about, "channel")
    assert "out of date" in office.last.text


async def test_the_checklist_approves_no_key_that_it_does_not_show(office: Office) -> None:
    await office.types("UANNA", "add Globex")
    await office.types("UANNA", "contact Globex <@UCARLA>")
    await office.world.deliver()
    answer = await office.sends(command("UBEN", "test Globex"))
    assert ids.APPROVE in str(answer["blocks"])
    await office.submits("UCARLA", ids.KEY_FORM, (await office.card("Globex")).party.id, key_field=typed(KEY))
    answer = await office.sends(command("UBEN", "test Globex"))
    assert f"'action_id': '{ids.APPROVE}'" not in str(answer["blocks"])

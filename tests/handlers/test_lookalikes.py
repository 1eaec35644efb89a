"""Third parties whose names can be mistaken for one another."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from access.model.messages import MessageKind
from access.operations import register_third_party
from access.operations.note_skeletons import note_skeletons
from handlers.views.lookalike import told_apart
from tests.access.world import TEAM
from tests.handlers.office import Office, chosen, typed
from tests.handlers.story import telling

CYRILLIC = "\u0410cme Corp"
LATIN = "Acme Corp"
WARNING = "Please make sure that it is the one you mean."


async def test_adding_one_is_possible_and_says_so(office: Office) -> None:
    assert WARNING not in await office.types("UANNA", f'add "{LATIN}"')

    answer = await office.types("UBEN", f'add "{CYRILLIC}"')

    assert f"*{CYRILLIC}* is registered." in answer
    assert f"*{CYRILLIC}* looks like *{LATIN}*" in answer
    assert "(here: cyrillic capital letter a, there: latin capital letter a), another third party." in answer
    assert WARNING in answer


async def test_each_card_says_so(office: Office) -> None:
    for name in (LATIN, CYRILLIC):
        await office.types("UANNA", f'add "{name}"')

    assert f"*{LATIN}* looks like *{CYRILLIC}*" in await office.types("UANNA", f'show "{LATIN}"')
    assert f"*{CYRILLIC}* looks like *{LATIN}*" in await office.types("UANNA", f'show "{CYRILLIC}"')

    await office.presses("UANNA", "remove_now", (await office.card(CYRILLIC)).party.id)
    assert WARNING not in await office.types("UANNA", f'show "{LATIN}"')


async def test_renaming_to_one_says_so(office: Office) -> None:
    await office.types("UANNA", "add PayPal")
    await office.types("UANNA", "add Globex")
    await office.presses("UANNA", "edit", (await office.card("Globex")).party.id)
    fields = {"name_field": typed("PayPaI"), "callback_url_field": typed(None), "text_field": typed(None)}
    people = {"owner_field": chosen("UANNA"), "deputy_owner_field": chosen(None)}

    body = await office.submits("UANNA", "edit_form", office.last.view["private_metadata"], **fields, **people)

    assert "*PayPaI* looks like *PayPal*" in str(body["view"])
    assert "here: latin capital letter i, there: latin small letter l" in str(body["view"])


async def test_an_owner_learns_no_name_that_they_may_not_see(office: Office) -> None:
    for name in (LATIN, CYRILLIC):
        await office.types("UANNA", f'add "{name}"')
    await office.presses("UANNA", "edit", (await office.card(CYRILLIC)).party.id)
    fields = {"name_field": typed(CYRILLIC), "callback_url_field": typed(None), "text_field": typed(None)}
    people = {"owner_field": chosen("UMIA"), "deputy_owner_field": chosen(None)}
    await office.submits("UANNA", "edit_form", office.last.view["private_metadata"], **fields, **people)

    assert "*Next step:*" in (answer := await office.types("UMIA", f'show "{CYRILLIC}"'))
    assert LATIN not in answer
    assert LATIN not in await office.types("UMIA", 'show "Acme C0rp"')


@pytest.mark.parametrize("verb", ["show", "issue", "enable", "disable", "remove"])
async def test_a_command_means_the_exact_name_alone(office: Office, verb: str) -> None:
    for name in (LATIN, CYRILLIC):
        await office.types("UANNA", f'add "{name}"')

    await office.types("UANNA", f'enable "{CYRILLIC}"')

    assert not (await office.card(LATIN)).party.enabled
    assert (await office.card(CYRILLIC)).party.enabled
    answer = await office.types("UANNA", f'{verb} "Acme C0rp"')
    assert "I know no third party named *Acme C0rp*. There is one that only looks the same: " in answer
    assert f"`{LATIN}` (here: digit zero, there: latin small letter o)" in answer
    assert f" or `{CYRILLIC}` (here: latin capital letter a, there: cyrillic capital letter a)" in answer


async def test_one_that_only_looks_like_the_typed_one_is_not_it(office: Office) -> None:
    await office.types("UANNA", f'add "{CYRILLIC}"')

    answer = await office.types("UANNA", f"disable {LATIN} for good")

    assert f"`{CYRILLIC}` (here: latin capital letter a, there: cyrillic capital letter a)" in answer


async def test_whoever_approves_a_contact_is_warned(tmp_path: Path) -> None:
    async with telling(tmp_path) as story:
        await story.act(register_third_party, "RegisterThirdParty", "UBEN", name="Acrne & Sons")
        await story.propose()
        request = (await story.post())[MessageKind.APPROVAL_REQUEST, "admins"]

        assert request is not None
        assert "*Acme &amp; Sons* looks like *Acrne &amp; Sons*" in request.text
        assert "here: latin small letter m, there: latin small letter r and latin small letter n" in request.text


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("Modern", "Modem", "here: latin small letter r and latin small letter n, there: latin small letter m"),
        ("PAYPAI", "PayPal", "here: latin capital letter i, there: latin small letter l"),
        ("acme", "ACME", "written in another way"),
        ("a", "a\ue000", "here: nothing, there: U+E000"),
    ],
)
def test_the_difference_in_words(here: str, there: str, said: str) -> None:
    assert told_apart(here, there).casefold() == said.casefold()


async def test_names_of_an_older_version_are_looked_at_too(office: Office) -> None:
    for name in (LATIN, CYRILLIC):
        await office.types("UANNA", f'add "{name}"')
    with closing(sqlite3.connect(office.world.file)) as connection, connection:
        connection.execute("UPDATE third_parties SET skeleton = NULL")

    assert await note_skeletons(TEAM, office.world.ports) == 2

    assert f"*{LATIN}* looks like *{CYRILLIC}*" in await office.types("UANNA", f'show "{LATIN}"')
    assert await note_skeletons(TEAM, office.world.ports) == 0

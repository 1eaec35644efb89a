from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event

from access.model.people import Role
from access.model.token import TokenState
from tests.handlers.office import CHANNEL, Office


async def test_add_registers_at_once(office: Office) -> None:
    answer = await office.types("UANNA", 'add "Acme Corp" <https://acme.example/cb>')

    assert "*Acme Corp* is registered." in answer
    assert (await office.card()).party.callback_url == "https://acme.example/cb"


async def test_add_takes_a_name_without_quotes(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp <https://acme.example/cb|acme.example/cb> Ltd")

    assert (await office.card("Acme Corp acme.example/cb Ltd")).party.callback_url is None


async def test_add_without_a_name_opens_the_form_with_what_was_typed(office: Office) -> None:
    assert await office.types("UANNA", "add https://acme.example/cb") == ""

    assert office.last.how == "open"
    assert "https://acme.example/cb" in office.last.text


@pytest.mark.parametrize("text", ["", "list", "LIST acme", "list corp"])
async def test_the_overview(office: Office, text: str) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert "Acme Corp" in await office.types("UANNA", text)


@pytest.mark.parametrize("text", ['show "Acme Corp"', "show Acme Corp", "show “acme  corp”", "Show 'ACME CORP'"])
async def test_a_name_in_many_ways(office: Office, text: str) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert "*Next step:*" in await office.types("UANNA", text)


async def test_a_name_with_quotes_typed_as_the_answers_write_it(office: Office) -> None:
    await office.types("UANNA", r'add "Acme \"Best\" Corp"')

    assert 'Acme "Best" Corp' in await office.types("UANNA", r'show "Acme \"Best\" Corp"')


async def test_a_similar_name_is_suggested(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert "`Acme Corp`" in await office.types("UANNA", "show Acme Crop")


@pytest.mark.parametrize(("text", "advice"), [("isue Acme", "/thirdparty issue"), ("frobnicate", "/thirdparty help")])
async def test_an_unknown_word(office: Office, text: str, advice: str) -> None:
    assert advice in await office.types("UANNA", text)


async def test_an_open_quote(office: Office) -> None:
    assert "none at the end" in await office.types("UANNA", 'show "Acme Corp')


@pytest.mark.parametrize("text", ["show", "issue", "contact", "disable", "revoke", "help issue"])
async def test_a_missing_name_is_answered_with_the_usage(office: Office, text: str) -> None:
    assert "For example:" in await office.types("UANNA", text)


async def test_contact_proposes_who_is_mentioned(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    answer = await office.types("UANNA", "contact Acme Corp <@UCARLA|carla>")

    assert "<@UCARLA> is proposed as the contact." in answer


@pytest.mark.parametrize(
    "text", ['contact "Acme Corp" <@UERIK|erik> deputy', "contact Acme Corp <@UERIK> Deputy", "contact deputy <@UERIK>"]
)
async def test_contact_proposes_a_deputy_where_that_word_is_behind_the_person(office: Office, text: str) -> None:
    await office.offered()
    await office.types("UANNA", 'add "deputy"')

    answer = await office.types("UANNA", text)

    as_deputy = not text.startswith("contact deputy")
    assert ("<@UERIK> is proposed as the deputy contact." in answer) == as_deputy
    assert ("<@UERIK> is proposed as the contact." in answer) != as_deputy


@pytest.mark.parametrize(("text", "ticked"), [("contact Acme Corp deputy", True), ("contact Acme Corp", False)])
async def test_contact_without_a_person_opens_the_form_for_a_deputy(office: Office, text: str, ticked: bool) -> None:
    await office.offered()

    assert await office.types("UANNA", text) == ""
    assert ("initial_options" in str(office.last.view)) == ticked


async def test_a_deputy_of_nobody_is_refused_with_what_to_do_first(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    for text in ("contact Acme Corp deputy", "contact Acme Corp <@UERIK> deputy"):
        assert "propose the contact first" in await office.types("UANNA", text)


async def test_contact_without_a_person_opens_the_form(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert await office.types("UANNA", "contact Acme Corp") == ""
    assert office.last.view["callback_id"] == "contact_form"


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("contact Acme Corp @carla", "choose the person from the list"),
        ("contact Acme Corp <@UCARLA> <@UERIK>", "one person"),
    ],
)
async def test_contact_that_cannot_be_understood(office: Office, text: str, advice: str) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert advice in await office.types("UANNA", text)


async def test_disable_takes_the_longest_name_there_is_and_the_rest_as_reason(office: Office) -> None:
    await office.types("UANNA", "add Acme")
    await office.types("UANNA", "add Acme Corp")
    await office.types("UANNA", "enable Acme")
    await office.types("UANNA", "enable Acme Corp")

    assert "*Acme Corp* is disabled" in await office.types("UANNA", "disable Acme Corp under review")
    assert "*Acme* is disabled" in await office.types("UANNA", 'disable "Acme" Corp is another one')
    assert not (await office.card("Acme")).party.enabled


async def test_a_refusal_names_the_third_party_in_its_advice(office: Office) -> None:
    await office.offered()
    await office.types("UANNA", "disable Acme Corp")

    assert '/thirdparty enable "Acme Corp"' in await office.types("UANNA", "resend Acme Corp")


async def test_issue_says_where_the_offer_went_and_until_when(office: Office) -> None:
    await office.offered()
    office.world.clock.advance(timedelta(minutes=1))

    answer = await office.types("UANNA", "resend Acme Corp")

    assert "to <@UCARLA> in a direct message" in answer
    assert "<!date^" in answer


async def test_revoke_asks_about_the_live_token(office: Office) -> None:
    await office.offered()

    question = await office.types("UANNA", "revoke Acme Corp")

    assert (await office.card()).live[0].token.fingerprint in question
    assert (await office.card()).live[0].token.state(office.world.clock.now()) is TokenState.PENDING


async def test_revoke_by_fingerprint(office: Office) -> None:
    await office.offered()
    fingerprint = (await office.card()).live[0].token.fingerprint

    assert "Revoke this token" in await office.types("UANNA", f"revoke Acme Corp {fingerprint.upper()}")
    assert "no such token" in await office.types("UANNA", "revoke Acme Corp 00000000")


async def test_revoke_where_there_is_nothing_to_revoke(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert "There is no token to revoke" in await office.types("UANNA", "revoke Acme Corp")


async def test_remove_asks_first(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert "*Remove Acme Corp?*" in await office.types("UANNA", "remove Acme Corp")
    assert (await office.card()).party.removed_at is None


@pytest.mark.parametrize("command", ["test", "audit", "show"])
async def test_looking(office: Office, command: str) -> None:
    await office.types("UANNA", "add Acme Corp")

    assert "Acme Corp" in await office.types("UANNA", f"{command} Acme Corp")


@pytest.mark.parametrize("user", ["UMIA", "UCARLA"])
async def test_everybody_else_is_told_whom_to_ask_and_learns_no_name(office: Office, user: str) -> None:
    await office.types("UANNA", "add Acme Corp")

    for text in (
        "",
        "help",
        "add",
        "add X",
        "show Acme Corp",
        "show Nobody",
        "nonsense",
        'show "Acme',
        "issue Acme Corp",
    ):
        answer = await office.types(user, text)
        assert "<@UANNA>" in answer, text
        assert f"<#{CHANNEL}>" in answer, text
        assert "Acme" not in answer, text


async def test_an_auditor_may_look_and_is_told_why_no_more(office: Office) -> None:
    office.world.town.settle("UAUDIT", Role.AUDITOR)
    await office.types("UANNA", "add Acme Corp")

    assert "*Next step:*" in await office.types("UAUDIT", "show Acme Corp")
    assert "Only an admin can do this" in await office.types("UAUDIT", "edit Acme Corp")


async def test_a_form_that_slack_does_not_open(office: Office) -> None:
    office.replies.opening = office.replies.opening.NOT_NOW

    assert "try once more" in await office.types("UANNA", "add")


@pytest.mark.parametrize("text", ["show Acme Corp", "audit Acme Corp"])
async def test_the_name_and_all_else_are_read_at_one_moment(office: Office, text: str) -> None:
    await office.types("UANNA", "add Acme Corp")
    begun: list[Connection] = []

    def note(connection: Connection) -> None:
        begun.append(connection)

    event.listen(Engine, "begin", note)
    try:
        await office.types("UANNA", text)
    finally:
        event.remove(Engine, "begin", note)
    assert len(begun) == 1

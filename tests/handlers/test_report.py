"""`/thirdparty report`, for each kind of caller."""

from datetime import timedelta

import pytest

from access.model.people import Role
from handlers import ids
from tests.attacks.town import edit_fields, edit_form
from tests.handlers.office import Office

DAY = timedelta(days=1)


async def collected(office: Office, name: str) -> None:
    """Carla has the credentials of a third party, and has not said that they work."""
    handoff = await office.offered(name)
    await office.submits("UCARLA", ids.HANDOFF_FORM, handoff)


async def test_where_there_is_nothing_it_is_one_line(office: Office) -> None:
    assert (await office.types("UANNA", "report")).startswith("There is nothing to see to")


async def test_admins_and_auditors_read_of_all_and_owners_of_their_own(office: Office) -> None:
    await collected(office, "Acme Corp")
    await office.types("UANNA", 'add "Omars Own"')
    form = await edit_form(office, "Omars Own")
    await office.submits("UANNA", ids.EDIT_FORM, form, **edit_fields("Omars Own", owner="UOMAR"))
    await office.types("UANNA", 'enable "Omars Own"')
    office.world.town.settle("UAUDI", Role.AUDITOR)
    office.world.clock.advance(130 * DAY)

    for who in ("UANNA", "UBEN", "UAUDI"):
        answer = await office.types(who, "report")
        assert "*Expires in the next 60 days* (1)\nAcme Corp, " in answer
        assert "*Collected, never used as far as I know* (1)\n*Acme Corp*" in answer
        assert "*Enabled, without a token* (1)\n*Omars Own*" in answer
    answer = await office.types("UOMAR", "report")
    assert "*Omars Own*" in answer
    assert "Acme" not in answer


@pytest.mark.parametrize("who", ["UMIA", "UCARLA"])
@pytest.mark.parametrize("text", ["report", "report Acme Corp"])
async def test_nobody_else_learns_anything(office: Office, who: str, text: str) -> None:
    await collected(office, "Acme Corp")
    answer = await office.types(who, text)
    assert "Please ask <@UANNA>" in answer
    assert "Acme" not in answer


async def test_it_takes_no_name(office: Office) -> None:
    await office.types("UANNA", "add Acme Corp")
    answer = await office.types("UANNA", "report Acme Corp")
    assert "For example: `/thirdparty report`" in answer


async def test_it_is_suggested_and_explained(office: Office) -> None:
    assert "`/thirdparty report`" in await office.types("UANNA", "reprot")
    assert "`/thirdparty report` shows what expires next" in await office.types("UANNA", "help")
    assert "every Monday" in await office.types("UANNA", "help report")

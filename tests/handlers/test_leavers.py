"""What admins and owners read when somebody is gone, as it is written from a real database and kept up to date."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from access.model.people import Role
from access.model.rendered import Rendered
from access.operations.deliver_messages import claim_messages, note_posted
from access.operations.remove_third_party import RemoveThirdParty, remove_third_party
from access.operations.replace_token import ReplaceToken, replace_token
from handlers.messages import MessageRenderer
from sandbox.limits import check_message
from tests.access.place import DAY, Place, lived_in
from tests.access.world import TEAM
from tests.handlers.test_messages import labels, words


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with lived_in(tmp_path) as made:
        yield made


async def sent(place: Place, kind: str) -> dict[str, Rendered | None]:
    """Post everything that is due; return what was written of a kind, by reader."""
    renderer, written = MessageRenderer(place.world.ports), dict[str, Rendered | None]()
    users = dict(place.rows("SELECT id, user_id FROM people"))
    claimed, _ = await claim_messages(TEAM, place.world.ports, lease=DAY, limit=999)
    for queued in claimed:
        if queued.message.kind == kind:
            rendered = await renderer.render(TEAM, queued.message, sent_at=queued.sent_at)
            assert rendered is not None
            content = {"text": rendered.text, "blocks": [dict(block) for block in rendered.blocks]}
            assert check_message(content, updates=True) is None
            written[users.get(queued.message.reader, "admins")] = rendered
        await note_posted(queued, "D1", "1.0", place.world.ports)
    return written


async def test_the_admins_are_asked_for_a_new_owner_until_there_is_one(place: Place) -> None:
    acme, globex = await place.party("Acme", deputy="UOMAR"), await place.party("Globex")
    place.town.alter("UMIA", is_deactivated=True)
    await place.look()
    told = await sent(place, "owner_gone")
    assert "<@UMIA>, owner of 2 third parties (their Slack account is deactivated)" in words(told["admins"])
    assert "*Acme*: <@UOMAR>, the deputy owner, acts meanwhile" in words(told["admins"])
    assert "*Globex*: nobody acts for it" in words(told["admins"])
    assert labels(told["admins"]) == ["Edit", "Edit"]
    assert "owner of a third party (" in words(told["UOMAR"])
    assert "you act now" in words(told["UOMAR"])
    assert (labels(told["UOMAR"]), "Globex" in words(told["UOMAR"])) == (["Show"], False)

    await place.edit(await place.read_party(acme), owner="UBEN", deputy_owner="UOMAR")
    told = await sent(place, "owner_gone")
    assert set(told) == {"admins", "UOMAR"}
    assert "Acme" not in words(told["admins"])
    assert "nothing to do" in words(told["UOMAR"])
    await remove_third_party(
        RemoveThirdParty(caller=place.world.caller("UANNA"), third_party=globex), place.world.ports
    )
    told = await sent(place, "owner_gone")
    assert "nothing to do" in words(told["admins"])
    assert labels(told["admins"]) == []


async def test_an_owner_who_is_back_is_said_to_be(place: Place) -> None:
    await place.party("Acme")
    place.town.alter("UMIA", role=Role.OUTSIDER)
    await place.look()
    assert "no full member of this workspace any more" in words((await sent(place, "owner_gone"))["admins"])
    place.town.alter("UMIA", role=Role.MEMBER)
    await place.tomorrow()
    assert "is back" in words((await sent(place, "owner_gone"))["admins"])


async def test_each_owner_and_the_admins_get_the_list_of_what_a_contact_opened(place: Place) -> None:
    _, lost = await place.opened("Acme")
    first, _ = await place.opened("Globex")
    await place.opened("Initech", owner="UOMAR")
    unused = await place.party("Umbra")
    await place.contact(unused)
    request = ReplaceToken(caller=place.world.caller("UANNA"), token=lost)
    await replace_token(request, place.world.ports)
    await sent(place, "none")
    place.town.alter("UCARLA", is_reachable=False)
    await place.look()
    told = await sent(place, "contact_gone")
    assert set(told) == {"admins", "UMIA", "UOMAR"}
    admins = words(told["admins"])
    assert "<@UCARLA> (they share no channel with this workspace any more" in admins
    for name in ("Acme", "Globex", "Initech", "Umbra"):
        assert f"*{name}* has no contact now" in admins
    assert admins.index("of *Globex* works until") < admins.index("of *Acme* is revoked")
    assert labels(told["admins"]) == ["Propose a contact"] * 4 + ["Revoke and replace"] * 2
    assert labels(told["UMIA"]) == ["Show"] * 3 + ["Revoke and replace"]
    assert "Initech" not in words(told["UMIA"])
    assert labels(told["UOMAR"]) == ["Show", "Revoke and replace"]

    await place.contact(first, "UERIK")
    await place.contact(unused, "UERIK")
    mia = words((await sent(place, "contact_gone"))["UMIA"])
    assert ("*Globex* has no contact" in mia, "*Umbra*" in mia, "of *Globex* works until" in mia) == (
        False,
        False,
        True,
    )
    async with place.world.ports.read(TEAM) as reading:
        (token,) = await reading.tokens.of(first)
    await replace_token(ReplaceToken(caller=place.world.caller("UMIA"), token=token.id), place.world.ports)
    told = await sent(place, "contact_gone")
    assert "No token that they opened works any more" in words(told["UMIA"])
    assert labels(told["admins"]).count("Revoke and replace") == 1


async def test_a_contact_who_opened_nothing_leaves_nothing_to_decide_and_may_come_back(place: Place) -> None:
    party, _ = await place.opened()
    await place.contact(party, "UERIK")
    place.town.alter("UERIK", is_deactivated=True)
    await place.look()
    told = await sent(place, "contact_gone")
    assert "They opened no credentials" in words(told["UMIA"])
    place.town.alter("UCARLA", is_deactivated=True)
    await place.tomorrow()
    place.town.alter("UCARLA", is_deactivated=False)
    await place.tomorrow()
    assert "was gone, and is back" in words((await sent(place, "contact_gone"))["UMIA"])

"""Who may do what: everybody else is told whom to ask, and cannot make the audit trail grow."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from access.model.token import Verdict
from sandbox import Sandbox, Seen
from tests.scenarios.stage import ACME, Stage, got, press, secrets_in, set_stage

WHOM_TO_ASK = "Please ask @Anna Berg, @Ben Ito or write in #third-party-access"


TYPED = {
    "": "list_third_parties",
    "help": "list_third_parties",
    "frobnicate": "list_third_parties",
    'show "No Such Name"': "list_third_parties",
    f"show {ACME}": "show_third_party",
    "add Globex": "register_third_party",
    f"edit {ACME}": "show_third_party",
    f"contact {ACME} @carla": "propose_contact",
    f"enable {ACME}": "enable_third_party",
    f"disable {ACME} just because": "disable_third_party",
    f"issue {ACME}": "issue_token",
    f"resend {ACME}": "resend_token",
    f"revoke {ACME}": "show_third_party",
    f"remove {ACME}": "show_third_party",
    f"audit {ACME}": "show_audit_trail",
}
"""What somebody without a role types, and the operation under which that is refused."""


@pytest.mark.parametrize("handle", ["mia", "omar"])
async def test_a_member_who_types_is_told_whom_to_ask(stage: Stage, handle: str) -> None:
    await stage.registered()
    for typed in TYPED:
        answer = await stage.slack.people[handle].types(f"/thirdparty {typed}")
        assert WHOM_TO_ASK in answer.reading
        assert "Acme" not in answer.reading
    assert stage.refusals() == [f"{operation}!not_permitted" for operation in dict.fromkeys(TYPED.values())]
    assert stage.names() == ["Acme Corp"]


async def test_thirty_tries_leave_one_record_per_person_operation_and_hour(stage: Stage) -> None:
    await stage.registered()
    for _ in range(30):
        answer = await stage.mia.types(f"/thirdparty enable {ACME}")
        assert WHOM_TO_ASK in answer.reading
    await stage.omar.types(f"/thirdparty enable {ACME}")
    await stage.mia.types(f"/thirdparty issue {ACME}")
    first_hour = ["enable_third_party!not_permitted"] * 2 + ["issue_token!not_permitted"]
    assert stage.refusals() == first_hour
    await stage.later(hours=1)
    await stage.mia.types(f"/thirdparty enable {ACME}")
    assert stage.refusals() == [*first_hour, "enable_third_party!not_permitted"]


@pytest.mark.parametrize("handle", ["carla", "erik"])
async def test_slack_keeps_guests_and_other_organisations_from_typing(stage: Stage, handle: str) -> None:
    travelled = len(stage.slack.traffic)
    answer = await stage.slack.people[handle].types("/thirdparty", in_="#acme-shared")
    assert "can only be run by full members" in answer.reading
    assert len(stage.slack.traffic) == travelled


def an_open_channel(slack: Sandbox) -> Mapping[str, object]:
    """An admin channel that others are in, too."""
    channel = slack.changes.add_channel("access-desk", "anna", "ben", "mia", "carla", "thirdparty", private=True)
    slack.changes.share_channel("#access-desk", "erik")
    return {"channel": channel}


@pytest.mark.parametrize("handle", ["mia", "carla", "erik"])
async def test_whoever_presses_without_being_an_admin_is_told_whom_to_ask(tmp_path: Path, handle: str) -> None:
    async with set_stage(tmp_path, settings=an_open_channel) as stage:
        person = stage.slack.people[handle]
        await stage.registered()
        await stage.anna.types(f"/thirdparty contact {ACME} @omar")
        await stage.settled()
        (request,) = person.reads("#access-desk")
        for _ in range(3):
            for label in ("Approve", "Reject", "Show"):
                told = await press(person, request, label)
                assert "Please ask @Anna Berg, @Ben Ito or write in #access-desk" in told
        assert stage.refusals() == [
            "approve_contact!not_permitted",
            "reject_contact!not_permitted",
            "show_third_party!not_permitted",
        ]
        assert "Approve" in person.reads("#access-desk")[0].buttons


async def test_an_admin_who_is_none_any_more_can_press_nothing(stage: Stage) -> None:
    request = await stage.proposed()
    stage.slack.changes.make_admin("ben", is_admin=False)
    await stage.later(seconds=61)
    assert "Please ask @Anna Berg or write" in await press(stage.ben, request, "Approve")
    assert stage.refusals() == ["approve_contact!not_permitted"]


# --- auditors ---------------------------------------------------------------------------------------------------------


def mia_audits(slack: Sandbox) -> Mapping[str, object]:
    return {"auditors": (slack.person("mia").id,)}


async def test_an_auditor_may_look(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=mia_audits) as stage:
        await stage.collected()
        overview = await stage.mia.types("/thirdparty")
        assert "Acme Corp" in overview.reading
        assert got(overview.ephemeral).buttons == ["Show"]
        card = await stage.mia.types(f"/thirdparty show {ACME}")
        assert got(card.ephemeral).buttons == ["Test", "Audit trail"]
        assert "a call with this token is accepted" in (await stage.mia.types(f"/thirdparty test {ACME}")).reading
        trail = await press(stage.mia, got(card.ephemeral), "Audit trail")
        assert "@Carla Ruiz opened the credentials" in trail
        assert stage.refusals() == []


MANAGING = {
    "add": "register_third_party",
    f"edit {ACME}": "edit_third_party",
    f"contact {ACME}": "propose_contact",
    f"enable {ACME}": "enable_third_party",
    f"disable {ACME}": "disable_third_party",
    f"issue {ACME}": "issue_token",
    f"remove {ACME}": "remove_third_party",
}
"""What only an admin may type, and the operation under which that is refused."""


async def test_an_auditor_may_do_nothing_else(tmp_path: Path) -> None:
    async with set_stage(tmp_path, settings=mia_audits) as stage:
        _, token = secrets_in(await stage.collected())
        done = stage.audit()
        typed = {**MANAGING, f"resend {ACME}": "resend_token", f"revoke {ACME}": "revoke_token"}
        for command in typed:
            answer = await stage.mia.types(f"/thirdparty {command}")
            assert "Only an admin" in answer.reading
            assert "ask one" in answer.reading
            assert answer.modal is None
        refused = [f"{operation}!not_permitted" for operation in dict.fromkeys(typed.values())]
        assert stage.audit() == [*done, *refused]
        assert await stage.verdict(token) is Verdict.ACCEPTED


# --- the owner --------------------------------------------------------------------------------------------------------


async def test_the_owner_is_told_and_may_look_and_revoke(stage: Stage) -> None:
    _, token = secrets_in(await stage.collected())
    await stage.anna.types("/thirdparty add Globex")
    await stage.owned_by("omar")
    news = await stage.omar.waits_for("@Anna Berg made you the owner of Acme Corp")
    card = await press(stage.omar, news, "Show")
    assert "Owner: @Omar Haddad" in card

    overview = (await stage.omar.types("/thirdparty")).reading
    assert "Acme Corp" in overview
    assert "Globex" not in overview
    question = got((await stage.omar.types(f"/thirdparty revoke {ACME}")).ephemeral)
    assert "is revoked" in await press(stage.omar, question, "Revoke now")
    assert await stage.verdict(token) is Verdict.REVOKED
    assert stage.refusals() == []


async def test_the_history_of_what_was_removed_can_be_read(stage: Stage) -> None:
    await stage.collected()
    older = got((await stage.anna.types(f"/thirdparty show {ACME}")).ephemeral)
    await stage.removed()
    typed = (await stage.anna.types("/thirdparty audit acme corp")).reading
    assert typed == await press(stage.anna, older, "Audit trail")
    assert "Audit trail of Acme Corp, newest first" in typed
    assert "@Anna Berg removed it" in typed
    assert "@Carla Ruiz opened the credentials" in typed
    assert "I know no third party named Acme Corp" in (await stage.anna.types(f"/thirdparty show {ACME}")).reading

    await stage.registered()
    again = (await stage.anna.types(f"/thirdparty audit {ACME}")).reading
    assert "@Anna Berg registered it" in again
    assert "removed it" not in again


async def test_the_history_of_what_was_removed_is_for_those_who_may_look(stage: Stage) -> None:
    await stage.registered()
    await stage.owned_by("omar")
    await stage.removed()
    for handle in ("omar", "mia"):
        told = (await stage.slack.people[handle].types(f"/thirdparty audit {ACME}")).reading
        assert WHOM_TO_ASK in told
        assert "Acme" not in told


async def test_the_owner_may_resend(stage: Stage) -> None:
    await stage.issued()
    await stage.owned_by("omar")
    await stage.later(minutes=1)
    assert "A token is issued" in (await stage.omar.types(f"/thirdparty resend {ACME}")).reading
    await stage.settled()
    _, token = secrets_in(await stage.reveal(await stage.carla.waits_for("Show credentials")))
    assert await stage.verdict(token) is Verdict.ACCEPTED
    assert "@Carla Ruiz opened the credentials" in (await stage.omar.waits_for("opened the credentials")).reading


async def test_the_owner_may_do_nothing_else(stage: Stage) -> None:
    await stage.approved()
    await stage.owned_by("omar")
    done = stage.audit()
    typed = {**MANAGING, f"audit {ACME}": "show_audit_trail"}
    for command in typed:
        assert WHOM_TO_ASK in (await stage.omar.types(f"/thirdparty {command}")).reading
    assert stage.audit() == [*done, *(f"{operation}!not_permitted" for operation in dict.fromkeys(typed.values()))]


async def test_who_is_the_owner_no_longer_may_nothing(stage: Stage) -> None:
    await stage.issued()
    await stage.owned_by("omar")
    card: Seen = got((await stage.omar.types(f"/thirdparty show {ACME}")).ephemeral)
    await stage.owned_by("mia")
    assert WHOM_TO_ASK in await press(stage.omar, card, "Offer new ones")
    assert stage.refusals() == ["resend_token!not_permitted"]

"""An admin who would like to see a secret, or to decide alone. What two admins do together nobody stops."""

from itertools import product

from access.model.credentials import WELL_FORMED
from access.model.people import Role
from handlers import ids
from handlers.commands.table import COMMANDS
from handlers.register import PRESSES, SUBMISSIONS
from tests.attacks.town import OFFERED, OTHERS, Attacked, fields_of_every_form
from tests.handlers.office import Office, command, handoff_of, press, submission


async def test_no_admin_is_shown_a_secret_whatever_they_type_press_or_submit(town: Attacked) -> None:
    fields = fields_of_every_form("UANNA")
    for name, about in product((*PRESSES, *SUBMISSIONS), town.ids.values()):
        how = press("UANNA", name, about, "channel") if name in PRESSES else submission("UANNA", name, about, **fields)
        await town.sends(how)
    for word, name in product(COMMANDS, OTHERS):
        await town.sends(command("UANNA", f'{word} "{name}"'))
    said = town.everything_said()
    assert not WELL_FORMED.search(said)
    assert [secret for secret in town.secrets() if secret[4:30] in said] == []
    opened = town.rows("SELECT user_id FROM tokens JOIN people ON people.id = collected_by")
    assert opened == [("UCARLA",)]


async def test_a_handoff_is_nothing_to_an_admin_who_knows_its_id(town: Attacked) -> None:
    before = town.state()
    for user, action in product(
        ("UANNA", "UBEN"), (ids.OPEN_HANDOFF, ids.DECLINE, ids.WORKS, ids.NOT_SEEN, ids.NOT_ME)
    ):
        await town.sends(press(user, action, town.ids["handoff"], "direct"))
    for user, form in product(("UANNA", "UBEN"), (ids.HANDOFF_FORM, ids.DISPUTE_FORM)):
        await town.sends(submission(user, form, town.ids["handoff"]))
    assert town.state() == before


async def test_an_admin_who_lays_down_the_office_still_needs_another_to_approve_them(office: Office) -> None:
    """Once approved they are no admin's contact but a member; and nothing is shown to them as soon as they are back."""
    world = office.world
    await office.types("UANNA", 'add "Acme Corp"')
    world.town.settle("UBEN", Role.MEMBER)
    await office.types("UANNA", 'contact "Acme Corp" <@UBEN|ben>')
    await world.deliver()
    proposal = (await office.card()).proposal
    assert proposal is not None
    for user in ("UANNA", "UBEN"):
        await office.presses(user, ids.APPROVE, proposal.id, "channel")
    assert (await office.card()).party.contact is None
    world.town.settle("UDORA", Role.ADMIN)
    await office.presses("UDORA", ids.APPROVE, proposal.id, "channel")
    await office.types("UANNA", 'enable "Acme Corp"')
    await office.types("UANNA", 'issue "Acme Corp"')
    handoff = handoff_of((await office.card()).tokens[0]).id
    world.town.settle("UBEN", Role.ADMIN)
    shown = await office.submits("UBEN", ids.HANDOFF_FORM, handoff)
    assert not WELL_FORMED.search(str(shown))
    assert handoff_of((await office.card()).tokens[0]).collected_at is None


async def test_nothing_stops_two_admins_and_the_trail_names_both_and_whoever_opened_it(town: Attacked) -> None:
    office = town.office
    await office.presses("UBEN", ids.APPROVE, town.ids["proposal"], "channel")
    await office.types("UANNA", f'issue "{OFFERED}"')
    handoff = handoff_of((await office.card(OFFERED)).tokens[0]).id
    shown = await office.submits("UERIK", ids.HANDOFF_FORM, handoff)
    assert WELL_FORMED.search(str(shown))
    named = town.rows(
        "SELECT action, user_id FROM audit JOIN people ON people.id = actor ORDER BY number DESC LIMIT 20"
    )
    assert {("contact.proposed", "UANNA"), ("contact.approved", "UBEN"), ("handoff.collected", "UERIK")} <= set(named)

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.model import events
from access.model.errors import (
    AccessError,
    AlreadyDisabled,
    AlreadyEnabled,
    CallbackUrlInvalid,
    NameInvalid,
    NotTheDeputy,
    OwnerUnsuitable,
    TextTooLong,
    ThirdPartyDisabled,
    ThirdPartyNotFound,
)
from access.model.ids import ClientId, PersonId, ProposalId, ReasonHash, ThirdPartyId
from access.model.people import Role, SlackPerson, SlackUser
from access.model.third_party import (
    ThirdParty,
    checked_callback_url,
    checked_name,
    checked_text,
    details_hash,
    must_suit_as_owner,
    name_key,
    register,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA, BEN = PersonId("anna"), PersonId("ben")


def party(**changes: object) -> ThirdParty:
    made, _ = register(ThirdPartyId("tp"), ClientId("tpc_x"), name="Acme Corp", callback_url=None, owner=ANNA, now=NOW)
    if "enable" in changes:
        made, _ = made.enable(NOW)
    return made


def problem(error: pytest.ExceptionInfo[AccessError]) -> object:
    return error.value.fields["problem"]


class TestName:
    def test_spaces_are_folded(self) -> None:
        assert checked_name("  Acme \t Corp ") == "Acme Corp"

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("", "empty"),
            ("   ", "empty"),
            ("x" * 81, "too_long"),
            ("Acme\u202eproC", "invisible"),
            ("Ac\u200bme", "invisible"),
            ("Acme\u0000", "invisible"),
        ],
    )
    def test_refused(self, name: str, why: str) -> None:
        with pytest.raises(NameInvalid) as error:
            checked_name(name)
        assert problem(error) == why

    def test_eighty_characters_are_allowed(self) -> None:
        assert checked_name("ä" * 80) == "ä" * 80

    @pytest.mark.parametrize(
        "alike", ["acme corp", "ACME  CORP", "\uff21\uff43\uff4d\uff45 Corp", "acme\u00a0corp", "Acme\u3000Corp"]
    )
    def test_case_width_and_spaces_make_no_other_name(self, alike: str) -> None:
        assert name_key(alike) == name_key("Acme Corp")

    @given(st.text(max_size=80))
    def test_the_key_of_a_key_is_the_key(self, name: str) -> None:
        assert name_key(name_key(name)) == name_key(name)


class TestCallbackUrl:
    @pytest.mark.parametrize(
        "url",
        ["https://acme.example/cb?x=1", "http://localhost:8080/cb", "http://127.0.0.1/", "http://[::1]:9/"],
    )
    def test_allowed(self, url: str) -> None:
        assert checked_callback_url(f" {url} ") == url

    def test_two_thousand_characters_are_allowed(self) -> None:
        longest = "https://acme.example/".ljust(2_000, "x")
        assert checked_callback_url(longest) == longest
        with pytest.raises(CallbackUrlInvalid):
            checked_callback_url(longest + "x")

    @pytest.mark.parametrize("nothing", [None, "", "  "])
    def test_optional(self, nothing: str | None) -> None:
        assert checked_callback_url(nothing) is None

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("acme.example/cb", "not_a_url"),
            ("https://", "not_a_url"),
            ("https://[::1", "not_a_url"),
            ("https://acme.example:port/", "not_a_url"),
            ("https://acme .example/", "not_a_url"),
            ("https://äcme.example/", "not_a_url"),
            ("http://acme.example/", "not_https"),
            ("ftp://acme.example/", "not_https"),
            ("javascript://localhost/%0aalert(1)", "not_https"),
            ("https://acme.example/#", "fragment"),
            ("https://me:pw@acme.example/", "user_info"),
            ("https://@acme.example/", "user_info"),
            ("https://acme.example/" + "x" * 2_000, "too_long"),
        ],
    )
    def test_refused(self, url: str, why: str) -> None:
        with pytest.raises(CallbackUrlInvalid) as error:
            checked_callback_url(url)
        assert problem(error) == why

    @given(st.text())
    def test_whatever_is_typed_is_kept_or_refused(self, text: str) -> None:
        try:
            url = checked_callback_url(text)
        except CallbackUrlInvalid:
            return
        assert url is None or url.startswith(("https://", "http://"))


def test_a_new_one_is_what_was_said_of_it() -> None:
    made, news = register(
        ThirdPartyId("tp"), ClientId("tpc"), name=" A  B ", callback_url=" https://a.example ", owner=ANNA, now=NOW
    )
    assert made == ThirdParty(ThirdPartyId("tp"), "A B", ClientId("tpc"), ANNA, NOW, callback_url="https://a.example")
    assert news == [events.ThirdPartyRegistered(ThirdPartyId("tp"), owner=ANNA)]


def test_a_new_one_is_not_enabled_and_belongs_to_its_owner() -> None:
    assert not party().enabled
    assert party().is_owned_by(ANNA)
    assert not party().is_owned_by(BEN)


def test_the_switch() -> None:
    enabled, news = party().enable(NOW)
    assert enabled.enabled
    assert news == [events.ThirdPartyEnabled(enabled.id, owner=ANNA)]
    with pytest.raises(AlreadyEnabled):
        enabled.enable(NOW)
    disabled, news = enabled.disable(ReasonHash("why"))
    assert disabled.enabled is False
    assert news == [events.ThirdPartyDisabled(enabled.id, owner=ANNA, reason=ReasonHash("why"))]
    with pytest.raises(AlreadyDisabled):
        disabled.disable(None)
    with pytest.raises(ThirdPartyDisabled):
        disabled.must_be_enabled()
    enabled.must_be_enabled()


def test_what_was_enabled_at_the_backup_waits_until_somebody_decides() -> None:
    enabled, _ = party().enable(NOW)
    assert not enabled.awaits_confirmation
    restored, news = enabled.restore(NOW)
    assert (restored.enabled, restored.awaits_confirmation, restored.was_enabled_at_backup) == (False, True, True)
    assert news == [events.ThirdPartyDisabledByRestore(restored.id, owner=ANNA)]
    later = NOW + timedelta(days=1)
    confirmed, news = restored.confirm(later)
    assert (confirmed.enabled, confirmed.decided_at, confirmed.was_enabled_at_backup) == (True, later, True)
    assert news == [events.ThirdPartyEnabledAfterRestore(restored.id, owner=ANNA)]
    by_hand, _ = restored.enable(later)
    assert by_hand == confirmed
    disabled, _ = by_hand.disable(None)
    assert disabled.confirm(later) == (disabled, [])
    assert not restored.remove(later)[0].awaits_confirmation


def test_what_was_not_enabled_at_the_backup_waits_for_nobody() -> None:
    restored, news = party().restore(NOW)
    assert (restored.enabled, restored.awaits_confirmation, restored.was_enabled_at_backup) == (False, False, False)
    assert news == []
    assert restored.confirm(NOW) == (restored, [])
    assert restored.enable(NOW + timedelta(days=1))[0].was_enabled_at_backup is False
    assert party().was_enabled_at_backup is False


def test_what_waited_when_the_backup_was_made_waits_again() -> None:
    waits, _ = party().enable(NOW)[0].restore(NOW)
    again, news = waits.restore(NOW + timedelta(days=1))
    assert (again.awaits_confirmation, again.restored_at, news) == (True, NOW + timedelta(days=1), [])


def test_nothing_can_be_done_with_a_removed_one() -> None:
    removed, news = party(enable=None).with_contact(BEN).remove(NOW)
    assert (removed.enabled, removed.contact, removed.removed_at) == (False, None, NOW)
    assert news == [events.ThirdPartyRemoved(removed.id, owner=ANNA)]
    attempts: list[Callable[[], object]] = [
        lambda: removed.enable(NOW),
        lambda: removed.restore(NOW),
        lambda: removed.disable(None),
        lambda: removed.remove(NOW),
        removed.must_be_enabled,
        lambda: removed.with_contact(BEN),
        lambda: removed.edit(name="New", callback_url=None, owner=ANNA, deputy_owner=None, notes=""),
    ]
    for attempt in attempts:
        with pytest.raises(ThirdPartyNotFound):
            attempt()


class TestEdit:
    def test_the_record_names_the_fields_and_not_their_values(self) -> None:
        edited, news = party().edit(
            name="Acme Ltd", callback_url="https://a.example", owner=ANNA, deputy_owner=BEN, notes=" call first "
        )
        assert news == [events.ThirdPartyEdited(edited.id, fields=("name", "callback_url", "deputy_owner", "notes"))]
        assert edited.notes == "call first"
        assert edited.is_owned_by(BEN)

    def test_a_new_owner_is_told(self) -> None:
        edited, news = party().edit(name="Acme Corp", callback_url=None, owner=BEN, deputy_owner=None, notes="")
        assert events.OwnerAssigned(edited.id, owner=BEN, former=ANNA) in news

    def test_no_change_leaves_no_record(self) -> None:
        before = party()
        assert before.edit(name=" Acme  Corp", callback_url="", owner=ANNA, deputy_owner=None, notes="") == (before, [])

    def test_owner_and_deputy_are_two(self) -> None:
        with pytest.raises(OwnerUnsuitable) as error:
            party().edit(name="Acme", callback_url=None, owner=ANNA, deputy_owner=ANNA, notes="")
        assert problem(error) == "same"

    @pytest.mark.parametrize(
        "changed",
        [
            replace(party(), name="Acme"),
            replace(party(), callback_url="https://a.example"),
            replace(party(), owner=BEN),
            replace(party(), deputy_owner=BEN),
            replace(party(), notes="call first"),
        ],
    )
    def test_the_hash_tells_when_a_detail_changed(self, changed: ThirdParty) -> None:
        assert details_hash(changed) != details_hash(party())

    def test_the_hash_does_not_hang_on_what_the_form_does_not_show(self) -> None:
        assert details_hash(party(enable=True)) == details_hash(replace(party(), contact=BEN)) == details_hash(party())
        assert re.fullmatch(r"[0-9a-f]{16}", details_hash(party()))

    def test_a_long_note(self) -> None:
        assert checked_text(f" {'x' * 500}\n") == "x" * 500
        with pytest.raises(TextTooLong) as error:
            checked_text("x" * 501)
        assert error.value.fields == {"limit": 500}


class TestWithoutContact:
    def test_the_approval_is_withdrawn(self) -> None:
        alone, news = party().with_contact(BEN).without_contact()
        assert alone.contact is None
        assert news == [events.ContactWithdrawn(alone.id, contact=BEN)]

    def test_nothing_to_withdraw(self) -> None:
        assert party().without_contact() == (party(), [])


class TestDeputy:
    def test_the_deputy_is_promoted_or_withdrawn(self) -> None:
        led = party().with_deputy(BEN)
        promoted, news = led.promote_deputy(ProposalId("p"))
        assert (promoted.contact, promoted.deputy_contact) == (BEN, None)
        assert news == [events.DeputyTookOver(led.id, proposal=ProposalId("p"), contact=BEN, owner=ANNA)]
        assert led.without_deputy() == (party(), [events.DeputyWithdrawn(led.id, contact=BEN)])

    def test_where_there_is_none_there_is_nothing_to_promote_or_withdraw(self) -> None:
        assert party().without_deputy() == (party(), [])
        with pytest.raises(NotTheDeputy):
            party().promote_deputy(ProposalId("p"))

    def test_a_removed_third_party_takes_none(self) -> None:
        removed, _ = party().remove(NOW)
        with pytest.raises(ThirdPartyNotFound):
            removed.with_deputy(BEN)


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (SlackPerson(SlackUser("U", "T"), Role.OUTSIDER, is_bot=True), "bot"),
        (SlackPerson(SlackUser("U", "T"), Role.OUTSIDER, is_deactivated=True), "deactivated"),
        (SlackPerson(SlackUser("U", "T"), Role.OUTSIDER, is_guest=True), "guest"),
        (SlackPerson(SlackUser("U", "T"), Role.OUTSIDER, is_foreign=True), "foreign"),
        (SlackPerson(SlackUser("U", "T"), Role.OUTSIDER), "foreign"),
    ],
)
def test_who_cannot_be_an_owner(person: SlackPerson, why: str) -> None:
    with pytest.raises(OwnerUnsuitable) as error:
        must_suit_as_owner(person)
    assert problem(error) == why


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.MEMBER])
def test_a_full_member_can_be_an_owner(role: Role) -> None:
    must_suit_as_owner(SlackPerson(SlackUser("U", "T"), role))

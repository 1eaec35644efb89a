import re
from collections.abc import Iterator, Sequence

import pytest

from access.model import errors
from access.model.contact import ProposalOutcome
from access.model.contact_key import KeyOutcome
from access.model.credentials import contains_secret
from access.model.errors import AccessError, Safe
from access.model.handoff import HandoffEnd
from access.model.token import TokenState
from access.model.token_request import RequestOutcome
from handlers.error_text import explain
from handlers.views.command_guide import GUIDES
from handlers.views.forms import field_for
from tests.fakes import MONDAY_MORNING

CASES: dict[type[AccessError], dict[str, Sequence[Safe]]] = {
    errors.NotPermitted: {"right": ["look", "manage", "serve"]},
    errors.NameInvalid: {"problem": ["empty", "too_long", "invisible"]},
    errors.CallbackUrlInvalid: {"problem": ["not_a_url", "not_https", "fragment", "user_info", "too_long"]},
    errors.OwnerUnsuitable: {"problem": ["unknown", "bot", "deactivated", "guest", "foreign", "same"]},
    errors.ContactUnsuitable: {"problem": ["unknown", "bot", "deactivated", "admin", "stranger"]},
    errors.DeputyUnsuitable: {"problem": ["contact", "deputy"]},
    errors.ContactAlreadyProposed: {"state": ["waiting", "reached"]},
    errors.ProposalDecided: {"outcome": list(ProposalOutcome)},
    errors.TokenExists: {
        "state": [TokenState.PENDING, TokenState.ACTIVE, TokenState.OVERLAPPING, TokenState.SUSPENDED]
    },
    errors.TokenEnded: {"state": [TokenState.RETIRED, TokenState.EXPIRED, TokenState.REVOKED]},
    errors.NotOverlapping: {"state": [TokenState.PENDING, TokenState.ACTIVE, TokenState.SUSPENDED]},
    errors.TokenNotSuspended: {"state": [state for state in TokenState if state is not TokenState.SUSPENDED]},
    errors.RenewalUnneeded: {"state": ["renewed", "newer", "pending", "suspended"]},
    errors.CannotSnooze: {"problem": ["no_time", "passed"]},
    errors.AlreadySnoozed: {"until": [MONDAY_MORNING]},
    errors.MadeElsewhere: {"problem": ["renew", "resend", "replace"]},
    errors.CannotAsk: {
        "problem": ["removed", "not_opened", "ended", "suspended", "disabled", "offered", "two", "asked", "declined"]
    },
    errors.TokenRequestDecided: {"outcome": list(RequestOutcome)},
    errors.KeyUnusable: {"problem": ["empty", "several", "unknown", "old_kind", "short", "long", "damaged"]},
    errors.KeyUnchanged: {"state": ["waiting", "in_force"]},
    errors.KeyChangeDecided: {"outcome": list(KeyOutcome)},
    errors.KeyRequired: {"problem": ["offer", "reveal"]},
    errors.HandoffEnded: {"end": list(HandoffEnd)},
    errors.TextTooLong: {"limit": ["500"]},
    errors.TokenAmbiguous: {"count": ["2"]},
    errors.CredentialsUnreadable: {"problem": ["missing", "wrong", "damaged"]},
    errors.SecretPasted: {"token": ["7"]},
}
SAID_TOO: dict[type[AccessError], dict[str, Safe]] = {
    errors.CredentialsUnreadable: {"key_id": "k1"},
    errors.CannotSnooze: {"next_at": MONDAY_MORNING},
}


def _all_errors() -> Iterator[AccessError]:
    for kind in AccessError.__subclasses__():
        for field, values in CASES.get(kind, {"": [""]}).items():
            yield from (kind(**SAID_TOO.get(kind, {}), **({field: value} if field else {})) for value in values)


ALL = list(_all_errors())


@pytest.mark.parametrize("error", ALL, ids=lambda error: f"{error.code} {[*error.fields.values()]}")
def test_every_refusal_says_what_is_so_and_what_to_do_next(error: AccessError) -> None:
    text = explain(error, "Acme Corp")
    assert 20 < len(text) <= 300
    assert text.endswith((".", "`."))
    assert "{" not in re.sub(r"<!date[^>]*>", "", text)
    assert not contains_secret(text)


def test_no_error_is_of_a_class_below_the_known_ones() -> None:
    assert not any(kind.__subclasses__() for kind in AccessError.__subclasses__())


def test_commands_carry_the_name_or_its_place() -> None:
    assert explain(errors.ThirdPartyDisabled(), "Acme Corp").count('`/thirdparty enable "Acme Corp"`') == 1
    assert "`/thirdparty enable NAME`" in explain(errors.ThirdPartyDisabled())


def test_a_name_with_braces_stays_as_it_is() -> None:
    assert "{limit}" in explain(errors.ThirdPartyDisabled(), "{limit}")


def test_only_commands_that_exist_are_named() -> None:
    named = {word for error in ALL for word in re.findall(r"`/thirdparty (\w+)", explain(error))}
    assert named <= set(GUIDES)


def test_what_is_shown_at_a_field_has_no_formatting() -> None:
    shown_plainly = [error for error in ALL if field_for(error)]
    assert len(shown_plainly) > 10
    for error in shown_plainly:
        assert not set("`*_&<>").intersection(explain(error))

"""The picture of a token's life."""

from dataclasses import replace

from access.model.policy import Policy
from access.model.reminder import ReaderRole
from docs.timeline import PICTURE, drawing, life


def test_the_picture_shows_what_the_rules_decide() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawing(Policy()), "draw it anew: python -m docs.timeline"


def test_it_would_show_other_rules() -> None:
    told = life(replace(Policy(), reminder_days=(20, 2))).told
    assert told == {ReaderRole.OWNER: [20, 2, 0], ReaderRole.ADMINS: [2, 0], ReaderRole.CONTACT: [2, 0]}
    assert "Owner: 20, 2 and at expiry." in drawing(replace(Policy(), reminder_days=(20, 2)))
    assert "Nobody is reminded before the expiry." in drawing(replace(Policy(), reminder_days=()))
    assert "both work for at least 3 days" in drawing(replace(Policy(), overlap=Policy().overlap * 3 / 7))

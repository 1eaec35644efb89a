"""Several people act on one third party at once: each pair of deeds ends as if one had come after the other."""

from pathlib import Path

import pytest

from tests.access.contention import BEGINNINGS, Arena, Ending
from tests.thorough import is_thorough, some

EVERY = 199
"""So many-th pair is tried in every run; all 2,500, at each point of each, where it is thorough."""


async def must_be_right(arena: Arena, first: str, second: str) -> None:
    """However the two meet, it ends as in one order or in the other, or the first reads of the other's new contact."""
    in_order, steps = await arena.one_after_the_other(first, second)
    other, _ = await arena.one_after_the_other(second, first)
    endings = [await arena.in_the_middle(first, second, before=step) for step in range(1, steps)]
    for ending in (*endings, await arena.at_once(first, second)):
        if "contact_replaced" in ending.told[0] or "contact_replaced" in ending.told[1]:
            assert "approve" in (first, second)
            assert "new" not in "".join(ending.rows["tokens"])
        else:
            assert ending in (in_order, Ending(other.rows, other.told[::-1])), (first, second, ending.told)


@pytest.mark.timeout(7_200 if is_thorough() else 60)
@pytest.mark.parametrize("beginning", BEGINNINGS)
async def test_two_at_once_end_as_one_after_the_other(tmp_path: Path, beginning: str) -> None:
    arena = Arena(tmp_path, beginning)
    await arena.prepare()
    for first, second in some(EVERY, [(first, second) for first in arena.deeds for second in arena.deeds]):
        await must_be_right(arena, first, second)


@pytest.mark.parametrize("deed", ["issue", "resend", "replace"])
async def test_who_offers_to_a_contact_replaced_meanwhile_is_told_so(tmp_path: Path, deed: str) -> None:
    """They read that there was no approved contact, when there was a new one."""
    arena = Arena(tmp_path, {"issue": "approved", "resend": "offered", "replace": "collected"}[deed])
    await arena.prepare()
    if deed == "issue":
        await arena.propose_another()
    _, steps = await arena.one_after_the_other(deed, "approve")

    ending = await arena.in_the_middle(deed, "approve", before=steps - 1)

    assert ending.told == ("done, but contact_replaced" if deed == "replace" else "contact_replaced {}", "done")
    if deed != "replace":
        assert ending.state == (await arena.alone("approve")).state


@pytest.mark.parametrize("beginning", ["collected", "disputed", "renewed"])
async def test_a_use_that_is_written_down_meanwhile_is_as_if_before_or_after(tmp_path: Path, beginning: str) -> None:
    arena = Arena(tmp_path, beginning)
    await arena.prepare()
    for deed in ("confirm", "not_seen", "dispute", "revoke", "replace", "retire", "approve", "use"):
        await must_be_right(arena, "use", deed)


async def test_a_contact_who_declined_and_says_not_seen_reads_that_they_are_none(tmp_path: Path) -> None:
    """They were told to propose a contact, which is an admin's to do."""
    arena = Arena(tmp_path, "offered")
    await arena.prepare()

    ending, _ = await arena.one_after_the_other("decline", "not_seen")

    assert ending.told == ("done", "not_the_contact {}")

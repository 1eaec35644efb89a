"""Nothing of one workspace is ever visible to another, or touched by it; nor does anything hang on its being there.

Two workspaces of one database do whatever there is to do, in whatever order. After each act nothing of the other one's
has changed, and what came of it, be it an answer, a refusal or a row, is what comes of it in a database that the
workspace has to itself.
"""

import asyncio
import inspect
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from access import operations
from access.model.errors import AccessError
from access.model.ids import WorkspaceId
from storage.chain import verify_chain
from storage.tables import metadata
from tests.isolation import acts, everything
from tests.isolation.acts import ELSEWHERE, Doing, Drawn, answers, seen
from tests.isolation.everything import ACTS
from tests.isolation.neighbours import AUSTRAL, BOREAL, OTHER, Home, Kept, Neighbours, Rows, marker_of
from tests.isolation.tour import MOVING_IN, OLDER, TOUR, Step
from tests.thorough import attack, is_thorough, some

pytestmark = pytest.mark.timeout(900 if is_thorough() else 180)  # much of it on a processor that others use too

NO_ACTS: Final = {
    "__init__": "only says what operations are",
    "accounts": "a part of others",
    "at_machine": "a part of others",
    "caring": "a part of others",
    "change_keys": "a keyring belongs to all workspaces",
    "deputies": "a part of others",
    "leavers": "read when a message is written",
    "offering": "a part of others",
    "presented": "a part of others",
    "succession": "a part of others",
}
ADMINS: Final = ["UANNA", "UBEN"]
CONTACTS: Final = ["UCARLA", "UERIK"]
OWNERS: Final = ["UMIA", "UOMAR"]
REFUSED: Final = "refused: "
BOTH: Final = (BOREAL, AUSTRAL)
WHO: Final = st.sampled_from([BOTH, (BOREAL,), (AUSTRAL,)])


class Beside(RuleBasedStateMachine):
    """The two workspaces, a clock, and what was kept of each after the last act."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.kept: list[Kept] = []

    @initialize(
        like_ids=st.booleans(), like_names=st.booleans(), stage=st.sampled_from([0, 5, 9, *[len(MOVING_IN)] * 5])
    )
    def move_in(self, like_ids: bool, like_names: bool, stage: int) -> None:
        made = Neighbours.make(self.folder, like_ids=like_ids, like_names=like_names)
        self.neighbours = self.runner.run(made)
        self.kept = [Kept(world) for world in self.neighbours.worlds]
        self.rows = self.kept[0].read()
        for step in MOVING_IN[:stage]:
            for workspace in BOTH:
                self.goes_on(workspace, step)

    def goes_on(self, workspace: WorkspaceId, step: Step) -> str | None:
        """Do a step of a tour, and return which act was done and not refused."""
        if isinstance(step, timedelta):
            return None
        act, by, *whom = step
        client_secret, token = [*ELSEWHERE, *self.home(workspace).secrets][-2:]
        secret = client_secret if act == "revoke as client" else token
        drawn = Drawn(by, whom[0] if whom else "UCARLA", self.ids_of(workspace, int(act in OLDER)), secret, 0)
        return act if self.does(workspace, act, drawn) else None

    @rule(
        who=WHO,
        act=st.sampled_from(sorted(ACTS)),
        by=st.sampled_from([*ADMINS * 4, *CONTACTS * 3, *OWNERS]),
        whom=st.sampled_from(CONTACTS * 3 + OWNERS + ADMINS),
        drawn=st.tuples(st.integers(0, 3), st.integers(0, 11), st.sampled_from([False] * 4 + [True])),
    )
    def somebody_acts(
        self, who: tuple[WorkspaceId, ...], act: str, by: str, whom: str, drawn: tuple[int, int, bool]
    ) -> None:
        """Whoever acts may name what is the neighbour's. `drawn`: which of each kind, a number, and whether they do."""
        which, number, of_neighbour = drawn
        for workspace in who:
            whose = OTHER[workspace] if of_neighbour else workspace
            secrets = [*self.home(whose).secrets, *ELSEWHERE]
            about = Drawn(by, whom, self.ids_of(whose, which), secrets[-1 - which % len(secrets)], number)
            self.does(workspace, act, about)

    @rule(who=WHO, whom=st.sampled_from(CONTACTS + OWNERS), gone=st.booleans())
    def slack_changes(self, who: tuple[WorkspaceId, ...], whom: str, gone: bool) -> None:
        for workspace in who:
            for home in self.neighbours.homes(workspace):
                home.world.town.change(whom, is_deactivated=gone)

    @rule(
        by=st.sampled_from(
            [
                *[timedelta(minutes=5)] * 3,
                timedelta(hours=30),
                timedelta(days=8),
                timedelta(days=45),
                timedelta(days=420),
            ]
        )
    )
    def time_passes(self, by: timedelta) -> None:
        self.neighbours.clock.advance(by)

    def home(self, workspace: WorkspaceId) -> Home:
        return self.neighbours.together[workspace]

    def ids_of(self, workspace: WorkspaceId, which: int) -> dict[str, str]:
        """What names a row of each kind, the newest for 0."""
        named = {(name, "id") for name, table in metadata.tables.items() if "id" in table.c}
        ids = {}
        for name, column in (*named, ("reasons", "hash"), ("third_parties", "client_id")):
            rows = self.rows.get((name, workspace), ())
            if rows:
                place = metadata.tables[name].c.keys().index(column)
                ids["client_ids" if column == "client_id" else name] = rows[-1 - which % len(rows)][place]
        return ids

    def does(self, workspace: WorkspaceId, act: str, drawn: Drawn) -> bool:
        """Do it beside the neighbour and alone: it comes to the same, and the neighbour's rows stay as they were.

        Returns whether it was not refused.
        """
        together, alone = (self.outcome(home, act, drawn) for home in self.neighbours.homes(workspace))
        assert together == alone, act
        assert marker_of(OTHER[workspace]) not in together.lower(), act
        before, self.rows = self.rows, self.kept[0].read()
        assert of(OTHER[workspace], self.rows) == of(OTHER[workspace], before), act
        assert {whose for _, whose in self.rows} <= {*BOTH}
        own = self.kept[1 + BOTH.index(workspace)].read()
        assert of(workspace, self.rows) == own, act
        if self.rows != before:
            self.checks_are_answered_alike(act)
        return not together.startswith(REFUSED)

    def checks_are_answered_alike(self, act: str) -> None:
        """Whoever's token it is, an API is told of those of its own workspace alone."""
        made = [secret for workspace in BOTH for secret in self.home(workspace).secrets]
        secrets = list({secret.reveal(): secret for secret in (*made, *ELSEWHERE)}.values())
        for workspace in BOTH:
            together, alone = (self.runner.run(answers(home, secrets)) for home in self.neighbours.homes(workspace))
            assert together == alone, act

    def outcome(self, home: Home, act: str, drawn: Drawn) -> str:
        """What can be seen of what comes of it, be it a refusal."""

        async def do() -> object:
            return await ACTS[act](Doing(home, drawn))

        with self.neighbours.turn_of(home.workspace):
            try:
                return seen(self.runner.run(do()))
            except AccessError as refusal:
                return f"{REFUSED}{refusal.code} {refusal.fields}"

    def teardown(self) -> None:
        try:
            if self.kept:
                self.each_trail_is_whole()
        finally:
            for each in self.kept:
                each.close()
            if self.kept:
                self.runner.run(self.neighbours.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def each_trail_is_whole(self) -> None:
        """Each alone, whatever stands in the other one's: and it is the trail that there would be without that."""
        for workspace in BOTH:
            verified = [
                self.runner.run(verify_chain(home.world.database, workspace, home.world.seal))
                for home in self.neighbours.homes(workspace)
            ]
            assert verified[0] == verified[1]
            assert verified[0].wrong is None


def of(workspace: WorkspaceId, rows: Rows) -> Rows:
    """The rows of one workspace."""
    return {place: found for place, found in rows.items() if place[1] == workspace}


def test_nothing_of_one_workspace_is_seen_or_touched_by_another() -> None:
    lives = settings(
        attack(3),
        stateful_step_count=40,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if is_thorough() else [])],
    )
    run_state_machine_as_test(Beside, settings=lives)


@pytest.mark.parametrize(("behind", "like_ids"), some(4, [(9, True), (0, True), (30, True), (4, False)]))
def test_whatever_there_is_to_do_is_done_beside_somebody_who_has_the_same_names(behind: int, like_ids: bool) -> None:
    """The neighbour does it all some steps later: so one and the same id is here in one state, and there in another."""
    life, done = Beside(), set[str | None]()
    try:
        life.move_in(like_ids=like_ids, like_names=True, stage=0)
        for place, step in enumerate(TOUR):
            if isinstance(step, timedelta):
                life.time_passes(step)
            done.add(life.goes_on(BOREAL, step))
            if place >= behind:
                life.goes_on(AUSTRAL, TOUR[place - behind])
        assert ACTS.keys() - done == set()
    finally:
        life.teardown()


def test_whatever_operation_there_is_is_among_the_acts() -> None:
    used = "".join(inspect.getsource(module) for module in (acts, everything))
    files = {file.stem for file in Path(operations.__path__[0]).glob("*.py")}
    assert {name for name in files if f"from access.operations.{name} import" not in used} == NO_ACTS.keys()

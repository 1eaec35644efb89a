"""One third party's life over a real database, and what is written for each reader as it goes on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from access.model.ids import HandoffId, ThirdPartyId, TokenId
from access.model.messages import MessageKind as Kind
from access.model.messages import PlannedMessage
from access.model.policy import Policy
from access.model.rendered import Rendered
from access.operations import (
    approve_contact,
    collect_handoff,
    enable_third_party,
    issue_token,
    propose_contact,
    register_third_party,
)
from access.operations.deliver_messages import claim_messages, note_posted
from access.ports.outbox import QueuedMessage
from handlers.messages import MessageRenderer
from sandbox.limits import check_message
from tests.access.world import TEAM, World

NAME = "Acme & Sons"
Sent = dict[tuple[Kind, str], Rendered | None]
"""By kind and reader (a Slack user ID, or `admins`): what was written last."""


@dataclass
class Story:
    """One third party, owned by Anna, whose contact is Carla; and what is sent about it."""

    world: World
    renderer: MessageRenderer
    party: ThirdPartyId = field(init=False)
    token: TokenId = field(init=False)
    handoff: HandoffId = field(init=False)
    fingerprint: str = field(init=False)

    async def act(self, module: Any, command_name: str, who: str, **about: Any) -> Any:
        """Let somebody do something: `act(issue_token, "IssueToken", "UBEN", third_party=…)`."""
        operation: Callable[..., Awaitable[Any]] = getattr(module, module.__name__.rpartition(".")[2])
        request = getattr(module, command_name)(caller=self.world.caller(who), **about)
        return await operation(request, self.world.ports)

    async def claim(self) -> list[QueuedMessage]:
        due, _ = await claim_messages(TEAM, self.world.ports, lease=timedelta(minutes=2), limit=100)
        return list(due)

    async def post(self) -> Sent:
        """Write and post what is due, until nothing is due any more."""
        written: Sent = {}
        while due := await self.claim():
            for queued in due:
                rendered = await self.renderer.render(TEAM, queued.message, sent_at=queued.sent_at)
                if rendered is not None:
                    content = {"text": rendered.text, "blocks": [dict(block) for block in rendered.blocks]}
                    assert check_message(content, updates=True) is None
                written[queued.message.kind, await self.reader(queued.message)] = rendered
                is_first = rendered is not None and queued.ts is None
                left_out = rendered.left_out if rendered is not None and is_first else ()
                await note_posted(queued, "D1", "1.0", self.world.ports, left_out=left_out)
        return written

    async def reader(self, message: PlannedMessage) -> str:
        if message.reader is None:
            return "admins"
        async with self.world.ports.read(TEAM) as reading:
            account = await reading.people.slack_of(message.reader)
        return account.user_id if account else "nobody"

    async def register(self) -> None:
        self.party = (await self.act(register_third_party, "RegisterThirdParty", "UANNA", name=NAME)).id

    async def propose(self, user_id: str = "UCARLA", who: str = "UANNA") -> str:
        about = {"third_party": self.party, "user_id": user_id}
        return str((await self.act(propose_contact, "ProposeContact", who, **about)).id)

    async def approve(self, user_id: str = "UCARLA") -> None:
        proposal = await self.propose(user_id)
        await self.post()
        await self.act(approve_contact, "ApproveContact", "UBEN", proposal=proposal)

    async def offer(self) -> None:
        """Bring it to the point where Carla is offered credentials."""
        await self.approve()
        await self.act(enable_third_party, "EnableThirdParty", "UBEN", third_party=self.party)
        await self.note(await self.act(issue_token, "IssueToken", "UBEN", third_party=self.party))

    async def note(self, issued: Any) -> None:
        self.token, self.fingerprint = issued.token.id, issued.token.fingerprint
        async with self.world.ports.read(TEAM) as reading:
            self.handoff = (await reading.handoffs.of_token(self.token)).id

    async def collect(self) -> None:
        await self.press(collect_handoff, "CollectHandoff")

    async def press(self, module: Any, command_name: str) -> Any:
        """Let Carla press a button of the handoff."""
        return await self.act(module, command_name, "UCARLA", handoff=self.handoff)

    async def render(self, kind: Kind, subject: str, reader: str | None = None) -> Rendered | None:
        """Write a message of that kind, whoever planned it."""
        async with self.world.ports.write(TEAM) as uow:
            to = await uow.people.id_of(self.world.caller(reader).slack) if reader else None
            actor = await uow.people.id_of(self.world.caller("UBEN").slack)
            await uow.commit()
        return await self.renderer.render(TEAM, PlannedMessage(kind, to, self.party, subject, actor))


@asynccontextmanager
async def telling(folder: Path, policy: Policy | None = None) -> AsyncIterator[Story]:
    world = await World.make(folder, policy)
    try:
        story = Story(world, MessageRenderer(world.ports, workspace_name="Home & Co"))
        await story.register()
        yield story
    finally:
        await world.close()


@dataclass(frozen=True)
class Told:
    """What a story leaves behind, up to the moment at which Carla has her token: its files, and what it is about."""

    files: dict[str, bytes]
    about: dict[str, Any]


_told: list[Told] = []


async def lay_out(folder: Path) -> dict[str, Any]:
    """Put the files of a story there in which Carla has her token; it is told once in a process, and then copied."""
    if not _told:
        with TemporaryDirectory() as first:
            async with telling(Path(first)) as story:
                await story.offer()
                await story.collect()
                await story.post()
            about = {name: getattr(story, name) for name in ("party", "token", "handoff", "fingerprint")}
            _told.append(Told({path.name: path.read_bytes() for path in Path(first).iterdir()}, about))
    for name, content in _told[0].files.items():
        (folder / name).touch(0o600)
        (folder / name).write_bytes(content)
    return _told[0].about


@asynccontextmanager
async def retelling(folder: Path) -> AsyncIterator[Story]:
    """Go on where Carla has her token."""
    about = await lay_out(folder)
    world = await World.make(folder, seed=1)
    try:
        story = Story(world, MessageRenderer(world.ports, workspace_name="Home & Co"))
        for name, value in about.items():
            setattr(story, name, value)
        yield story
    finally:
        await world.close()

"""Write down what checks have shown."""

from access.model.check import Noted
from access.model.ids import ThirdPartyId, WorkspaceId
from access.operations.succession import plan_retirement
from access.ports import Ports


async def record_checks(workspace: WorkspaceId, noted: Noted, ports: Ports) -> None:
    """Note the last accepted check of each token, and plan anew when an old one of the same third party may retire.

    Checks are no operations: they leave no audit record. They may come late and in any order.

    Raises: TokenNotFound.
    """
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        touched: set[ThirdPartyId] = set()
        for token_id, use in noted.accepted.items():
            token = await uow.tokens.get(token_id)
            await uow.tokens.save(token.accepted(use.at, use.to))
            touched.add(token.third_party)
        for third_party in touched:
            for token in await uow.tokens.of(third_party):
                if token.succeeded_at is not None and token.is_live(now):
                    await plan_retirement(uow, ports, token, now=now)
                    await uow.reminders.reconsider([third_party], now)
        await uow.resource_servers.note_asked(noted.asked)
        await uow.commit()

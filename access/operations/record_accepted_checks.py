"""Note when tokens were last accepted."""

from collections.abc import Mapping
from datetime import datetime

from access.model.ids import ThirdPartyId, TokenId, WorkspaceId
from access.operations.succession import plan_retirement
from access.ports import Ports


async def record_accepted_checks(workspace: WorkspaceId, accepted: Mapping[TokenId, datetime], ports: Ports) -> None:
    """Note the last accepted check of each token, and plan anew when an old one of the same third party may retire.

    Checks are no operations: they leave no audit record. They may come late and in any order.

    Raises: TokenNotFound.
    """
    now = ports.clock.now()
    async with ports.write(workspace) as uow:
        touched: set[ThirdPartyId] = set()
        for token_id, at in accepted.items():
            token = await uow.tokens.get(token_id)
            await uow.tokens.save(token.accepted(at))
            touched.add(token.third_party)
        for third_party in touched:
            for token in await uow.tokens.of(third_party):
                if token.succeeded_at is not None and token.is_live(now):
                    await plan_retirement(uow, ports, token, now=now)
                    await uow.reminders.reconsider([third_party], now)
        await uow.commit()

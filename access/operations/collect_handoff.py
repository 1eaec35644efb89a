"""The reveal: show the credentials to the contact, once."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from access.model.contact_key import ContactKey, EncryptedCredentials, file_for
from access.model.credentials import Credentials
from access.model.errors import AlreadyCollected, HandoffNotFound, TookTooLong
from access.operations.command import OnHandoff, operation
from access.operations.offering import bearer_place, must_not_be_admin, secret_place
from access.operations.succession import start_overlap
from access.ports import Ports

IN_TIME: Final = timedelta(seconds=2)
"""Slack gives an acknowledgement three seconds. What is claimed later than this might be shown to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectHandoff(OnHandoff):
    """*Show credentials*: the second step. `api_url`: the API's address, for the file that is encrypted."""

    api_url: str | None = None


@operation("collect_handoff")
async def collect_handoff(cmd: CollectHandoff, ports: Ports) -> Credentials | EncryptedCredentials:
    """Claim the one reveal, delete the sealed values and return the credentials, after the commit only.

    Where the contact has a key in force at that moment they are encrypted to it here, so that no clear secret leaves;
    what cannot be encrypted is not claimed. A claim is never given back: whoever comes second gets AlreadyCollected.
    With a renewal's reveal the overlap begins.

    Raises: HandoffNotFound, NotTheContact, AlreadyCollected, HandoffEnded, HandoffPaused, CredentialsUnreadable,
    KeyRequired, CannotEncrypt, AdminCannotCollect, DirectoryUnavailable, TookTooLong.
    """
    started = asyncio.get_running_loop().time()
    await must_not_be_admin(cmd.caller, ports)
    now = ports.clock.now()
    async with ports.write(cmd.caller.workspace) as uow:
        actor = await uow.people.id_of(cmd.caller.slack)
        handoff = await uow.handoffs.get(cmd.handoff)
        party = await uow.third_parties.find(handoff.third_party)
        if party is None:
            raise HandoffNotFound
        token = await uow.tokens.get(handoff.token)
        handoff.must_open_for(actor, party, token, now)
        keys = await uow.contact_keys.of(party.id, handoff.contact)
        keys.must_do(ports.policy, problem="reveal")
        if asyncio.get_running_loop().time() - started > IN_TIME.total_seconds():
            raise TookTooLong
        if not await uow.handoffs.claim(handoff.id, now):
            raise AlreadyCollected
        sealed_secret, sealed_bearer = await uow.sealed.take(token.id)
        place = secret_place(uow.workspace, token.id)
        credentials = Credentials(
            handoff=handoff.id,
            third_party_name=party.name,
            client_id=party.client_id,
            client_secret=ports.vault.open(sealed_secret, place) if sealed_secret is not None else None,
            token=ports.vault.open(sealed_bearer, bearer_place(uow.workspace, token.id)),
            fingerprint=token.fingerprint,
            expires_at=token.expires_at,
        )
        shown = _encrypted(credentials, keys.in_force, cmd.api_url, ports) if keys.in_force else credentials
        _, news = handoff.collect(party, now, key=keys.in_force.id if keys.in_force else None)
        collected = token.collect(actor, now)
        await uow.tokens.save(collected)
        uow.record(actor, news, at=now)
        await start_overlap(uow, ports, collected, actor=actor, now=now)
        await uow.commit()
    return shown


def _encrypted(credentials: Credentials, key: ContactKey, api_url: str | None, ports: Ports) -> EncryptedCredentials:
    return EncryptedCredentials(
        handoff=credentials.handoff,
        third_party_name=credentials.third_party_name,
        client_id=credentials.client_id,
        armoured=ports.public_keys.encrypt(file_for(credentials, api_url), key.text or ""),
        key=key,
        fingerprint=credentials.fingerprint,
        expires_at=credentials.expires_at,
    )

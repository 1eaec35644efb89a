"""Around every listener: whatever happens, the person gets an answer and Bolt gets an acknowledgement.

Under `process_before_response` an exception in a listener loses the acknowledgement, and after a reveal that would be
the credentials. So nothing but a `BaseException` (a cancelled task) leaves here.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from access.model.contact_key import contains_private_key
from access.model.credentials import contains_secret, find_secrets
from access.model.errors import (
    AccessError,
    CredentialsUnreadable,
    DirectoryUnavailable,
    NotPermitted,
    PrivateKeyPasted,
)
from access.model.people import Caller, Role, SlackUser
from access.operations.command import Command, record_refusal
from access.operations.report_pasted_secret import ReportPastedSecret, report_pasted_secret
from access.ports import CannotKeep
from handlers.actor import Payload, caller_of, contact_of, is_about
from handlers.answer import Answer, Correct, Refuse
from handlers.desk import Desk
from handlers.error_text import explain
from handlers.requests import OutOfDate
from handlers.surfaces import Acknowledgement, SubmissionSurface, Surface
from handlers.topic import RefusedAbout
from handlers.views import answers
from handlers.views.forms import NotOurForm, field_for

OUT_OF_DATE: Final = "This is out of date, so nothing was done. Type `/thirdparty` to see how things are now."
ELSEWHERE: Final = (
    "I look after the third parties of another workspace, so nothing was done. Please do this in that workspace, or "
    "ask whoever runs me to look after this one too."
)
REPEATED: Final = (
    "Slack sent me this a second time, long after the first, so I did nothing this time. "
    "`/thirdparty` shows how things are now."
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Visit:
    """One request on its way to its flow.

    `name` is what is asked for, in the words of our own tables: it goes into the log. `payload` never does.
    `work` may raise AccessError, RefusedAbout and OutOfDate.
    """

    surface: Surface
    payload: Payload = field(repr=False)
    desk: Desk
    name: str
    who: Callable[[Payload, Desk], Awaitable[Caller]]
    work: Callable[[Caller], Awaitable[Answer]]


async def guarded(visit: Visit) -> Acknowledgement:
    """Find out who calls, let the flow decide the answer, and deliver it. Raises nothing."""
    reference = visit.desk.ports.random.identifier()[:8]
    with structlog.contextvars.bound_contextvars(ref=reference, kind=visit.surface.kind, action=visit.name):
        try:
            answer = await _answer(visit, reference)
            outcome = "refused" if isinstance(answer, Refuse | Correct) else "done"
        except CannotKeep as error:
            outcome = "cannot_keep"
            log.error("request_failed", outcome=outcome)
            answer = Refuse(answers.cannot_keep(reference, changing=error.writing, in_doubt=error.in_doubt))
        except Exception:  # the last net: the person gets a reference, the log the place
            outcome = "broken"
            log.exception("request_failed", outcome=outcome)
            answer = Refuse(answers.broken(reference))
        visit.desk.count(visit.surface.kind, visit.name, outcome)
        try:
            return await visit.surface.deliver(answer, visit.desk.replies)
        except Exception:  # the last net: what was done is done, and the acknowledgement has to go out
            log.exception("answer_failed")
            return {}


async def _answer(visit: Visit, reference: str) -> Answer:
    if (turned_away := await _turned_away(visit)) is not None:
        return turned_away
    role = Role.OUTSIDER
    try:
        caller = await visit.who(visit.payload, visit.desk)
        role = caller.role
        answer = await visit.work(caller)
    except RefusedAbout as about:
        return await _refused(visit, about.refusal, role, reference, about.name)
    except AccessError as refusal:
        return await _refused(visit, refusal, role, reference)
    except (OutOfDate, NotOurForm):
        log.info("request_refused", outcome="out_of_date")
        return Refuse(answers.sentence(OUT_OF_DATE))
    log.info("request_done", outcome="done")
    return answer


async def _turned_away(visit: Visit) -> Answer | None:
    """Answer what is looked at no further, whoever it comes from; None for everything else."""
    if not is_about(visit.payload, visit.desk.workspace):
        log.warning("request_refused", outcome="elsewhere")  # and no record: nobody out there makes the trail grow
        return Refuse(answers.sentence(ELSEWHERE))
    if any(map(contains_secret, visit.surface.typed())):
        return await _pasted(visit)
    if any(map(contains_private_key, visit.surface.typed())):
        return await _pasted_private_key(visit)
    if visit.desk.repeats.comes_late(visit.payload.get("trigger_id"), visit.desk.ports.clock.now()):
        log.warning("request_refused", outcome="repeated")
        return Refuse(answers.sentence(REPEATED))
    return None


async def _refused(visit: Visit, refusal: AccessError, role: Role, reference: str, name: str = "") -> Answer:
    if isinstance(refusal, CredentialsUnreadable):  # an operator has to mend that one
        log.error("request_refused", outcome="refused", code=refusal.code, key_id=refusal.fields["key_id"])
    else:
        log.info("request_refused", outcome="refused", code=refusal.code)
    block = field_for(refusal)
    if block is not None and isinstance(visit.surface, SubmissionSurface) and block in visit.surface.values:
        return Correct({block: explain(refusal, name)})
    if isinstance(refusal, NotPermitted) and role in (Role.MEMBER, Role.OUTSIDER):
        return Refuse(answers.whom_to_ask(await _admins(visit.desk), visit.desk.channel))
    return Refuse(answers.refusal(refusal, reference, name=name))


async def _admins(desk: Desk) -> Sequence[SlackUser]:
    try:
        return await desk.ports.directory.admins()
    except DirectoryUnavailable:
        return []


async def _pasted(visit: Visit) -> Answer:
    """Answer somebody who pasted a secret. Nothing else of what they typed is looked at, kept or repeated."""
    log.warning("secret_pasted", outcome="refused")
    caller = await _whoever(visit)
    found = [secret for text in visit.surface.typed() for secret in find_secrets(text)]
    try:
        pasted = await report_pasted_secret(ReportPastedSecret(caller=caller, found=found), visit.desk.ports)
    except CannotKeep:  # what to do with the secret is to be said all the same
        return Refuse(answers.pasted_secret(None, may_revoke=False))
    return Refuse(answers.pasted_secret(pasted.token, pasted.may_revoke))


async def _pasted_private_key(visit: Visit) -> Answer:
    """Answer somebody who pasted a private key. That they did is noted, and nothing else of what they typed."""
    log.warning("private_key_pasted", outcome="refused")
    with suppress(CannotKeep):  # what to do is to be said all the same
        cmd = Command(caller=await _whoever(visit))
        await record_refusal("paste_secret", cmd, PrivateKeyPasted(), visit.desk.ports)
    return Refuse(answers.pasted_private_key())


async def _whoever(visit: Visit) -> Caller:
    try:
        return await caller_of(visit.payload, visit.desk)
    except DirectoryUnavailable:
        return await contact_of(visit.payload, visit.desk)

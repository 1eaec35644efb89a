"""From `/thirdparty add` to collected credentials, as people live it."""

from access.model.token import Verdict
from tests.scenarios.stage import ACME, Stage, encodings, secrets_in


async def test_the_whole_story(either: Stage) -> None:
    stage = either
    stage.log_statements()
    answer = await stage.anna.types(f"/thirdparty add {ACME} https://acme.example/callback")
    assert "Acme Corp is registered" in answer.reading
    assert "propose the contact" in answer.reading

    answer = await stage.anna.types(f"/thirdparty contact {ACME} @carla")
    assert "@Carla Ruiz is proposed" in answer.reading
    await stage.settled()
    assert "@Anna Berg has proposed you" in stage.carla.reads()[-1].reading
    request = stage.ben.reads("#third-party-access")[-1]
    assert request.buttons == ["Approve", "Reject", "Show"]
    await request.press("Approve")
    await stage.settled()
    assert "Approved by @Ben Ito" in stage.anna.reads("#third-party-access")[-1].reading
    assert "Approved by @Ben Ito" in stage.anna.reads()[-1].reading

    assert "is enabled" in (await stage.anna.types(f"/thirdparty enable {ACME}")).reading
    assert "offering its credentials to @Carla Ruiz" in (await stage.anna.types(f"/thirdparty issue {ACME}")).reading
    await stage.settled()
    offer = stage.carla.reads()[-1]
    assert offer.buttons == ["Show credentials", "I'm not the right person", "Add a public key"]

    await offer.press("Show credentials")
    explanation = stage.carla.modal
    assert explanation is not None
    assert "closing the window loses it" in explanation.reading
    shown = await explanation.submit()
    client_secret, token = secrets_in(shown)
    assert await stage.verdict(token) is Verdict.ACCEPTED

    await stage.settled()
    after = stage.carla.reads()[-1]
    holder = ["Ask for a new token", "Test my access", "What I hold"]
    assert after.buttons == ["It works", "I didn't see it", "That wasn't me", *holder]
    await after.press("It works")
    await stage.settled()
    assert "opened the credentials of Acme Corp" in stage.anna.reads()[-1].reading

    await stage.anna.types(f"/thirdparty disable {ACME} contract under review")
    assert await stage.verdict(token) is Verdict.DISABLED
    undone = await (await stage.anna.waits_for("is disabled")).press("Undo")
    assert undone.acknowledged
    assert await stage.verdict(token) is Verdict.ACCEPTED

    question = (await stage.anna.types(f"/thirdparty revoke {ACME}")).ephemeral
    assert question is not None
    await question.press("Revoke now")
    assert await stage.verdict(token) is Verdict.REVOKED
    question = (await stage.ben.types(f"/thirdparty remove {ACME}")).ephemeral
    assert question is not None
    await question.press("Remove now")
    await stage.settled()
    assert "no third party" in (await stage.anna.types(f"/thirdparty show {ACME}")).reading

    assert stage.audit() == [
        "third_party.registered",
        "contact.proposed",
        "contact.reached",
        "contact.approved",
        "third_party.enabled",
        "token.issued",
        "handoff.offered",
        "handoff.collected",
        "handoff.confirmed",
        "third_party.disabled",
        "third_party.enabled",
        "token.revoked",
        "third_party.removed",
    ]
    nowhere_but_in_the_reveal(stage, [client_secret, token])


def nowhere_but_in_the_reveal(stage: Stage, secrets: list[str]) -> None:
    """Each secret went over the wire exactly once, in the acknowledgement of the reveal, and lies nowhere."""
    kept = stage.kept()
    assert {"keyring.json", "audit" if stage.is_on_server else "thirdparty.db"} <= kept.keys()
    places = {**kept, "log": stage.searched_log(), "audit": str(stage.rows("SELECT * FROM audit"))}
    assert "request_done" in places["log"]
    reveals = [exchange for exchange in stage.slack.traffic if any(secret in exchange.body for secret in secrets)]
    assert [exchange.kind for exchange in reveals] == ["ack"]
    for secret in secrets:
        assert secret in reveals[0].body
        for form in encodings(secret):
            assert not [place for place, text in places.items() if form in text]
            travelled = [exchange for exchange in stage.slack.traffic if form in exchange.body]
            assert all(exchange is reveals[0] for exchange in travelled)

"""Nothing personal gets out, and what is erased is gone: a province of canaries is searched.

Everything that the suite writes is looked through: logs of all processes, all records of Kafka,
metrics, refusals, all tables of all services. What may stand where is said in `canaries`.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field

import asyncpg
import httpx
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from confluent_kafka import Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from chassis.sealing import MasterKeys, WrappedKey
from chassis.topics import administrator
from contracts.topics import SUBJECT_KEYS, consumers_of, partition_for
from edu import client
from edu.demo.playing import play
from edu.demo.province import province as demonstrated
from edu.demo.province import some
from edu.embedded.process import free_ports
from edu.home import Home, new_key
from edu.testing import eventually
from edu.tokens import named_id

from .canaries import (
    CHILDREN,
    ERASED,
    GUARDIANS,
    REFUSED,
    YEAR,
    Pupil,
    canaries_of,
    canaries_of_guardian,
    canaries_of_the_demo,
)
from .mistakes import err
from .searching import Canary, Hit, Place, Suite, hits
from .small_province import Province

WITHIN = 150.0
CLEANED_AT_ONCE = {
    "segment.ms": "500",
    "max.compaction.lag.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
}
"""What the broker otherwise does within days."""


@dataclass
class Post:
    """A mail server that knows all guardians but one, and says so with the address in it."""

    port: int
    letters: dict[str, list[bytes]] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, _s: SMTP, _e: Session, mail: Envelope, address: str, _o: list[str]
    ) -> str:
        if address == REFUSED.email:
            return f"550 5.1.1 <{address}> {REFUSED.phone}: no such user"
        mail.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _s: SMTP, _e: Session, mail: Envelope) -> str:  # noqa: N802
        for address in mail.rcpt_tos:
            content = mail.content if isinstance(mail.content, bytes) else b""
            self.letters.setdefault(address, []).append(content)
        return "250 2.0.0 queued"


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    handler = Post(free_ports(1)[0])
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture(scope="module")
def settings(post: Post) -> Mapping[str, str]:
    return {
        "NOTIFICATIONS_SMTP_HOST": "127.0.0.1",
        "NOTIFICATIONS_SMTP_PORT": str(post.port),
        "NOTIFICATIONS_SMTP_SECURITY": "none",
        "NOTIFICATIONS_ALLOW_LOOPBACK_WEBHOOKS": "true",
        "PAYMENTS_VNPAY_PAY_URL": "https://pay.example.vn/vpcpay.html",
    }


@pytest.fixture
async def hook() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve a subscriber; give its address, and the bodies that it gets."""
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/hook", bodies
    await runner.cleanup()


@pytest.mark.timeout(480)
async def test_nothing_personal_gets_out_and_what_is_erased_is_gone(
    suite_told: Home, post: Post, hook: tuple[str, list[bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    everywhere = Suite(suite_told)
    async with client.Suite(suite_told) as asking, httpx.AsyncClient(timeout=30) as once:
        province = Province(asking, suite_told, once)
        await province.play(hook[0])
        demo = some(demonstrated(int(YEAR[:4]), communes=1)[8:9], rooms=1)
        await play(asking, suite_told, demo)
        await arrived(everywhere, post, hook[1])
        await bounce(province, post)
        await err(province)

        canaries = [one for pupil in CHILDREN for one in canaries_of(pupil)]
        canaries += [one for guardian in GUARDIANS for one in canaries_of_guardian(guardian)]
        canaries += canaries_of_the_demo(demo)
        searched = [*await everywhere.everything(), *province.refusals]
        found = hits(canaries, searched)
        planted = await plant(everywhere, canaries)
        say(
            capsys,
            f"{len(canaries)} canaries × {counted(searched)} outside their owner: "
            f"{len(found)} hits; planted 1, found {planted}",
        )
        assert (found, planted) == ([], 1)
        missing = [one for one in canaries if one.at_home and not at_home(one, searched)]
        assert [one.whose for one in missing if "in admissions" not in one.whose] == []

        gone = [
            *(Canary(one.secret, one.whose) for one in canaries_of(ERASED)),
            *(one for guardian in GUARDIANS[:2] for one in canaries_of_guardian(guardian)),
            *await keys(everywhere, province.ids[ERASED.number]),
        ]
        await park_a_key(everywhere, province.ids[ERASED.number])
        clean_at_once(everywhere)
        await province.forget()
        more = (Pupil(number) for number in range(len(CHILDREN), 1_000))

        async def erased() -> bool:
            # Kafka closes a segment, and then cleans it, when something is added behind it.
            await province.enrol([next(more)])
            left = hits(gone, [*everywhere.topics(), *await everywhere.tables()])
            assert left == []  # names what and where, should it stay
            return True

        await eventually(erased, within=WITHIN)
        searched = await everywhere.everything()
        found = hits(gone, searched)
        say(capsys, f"erased: {len(gone)} canaries × {counted(searched)}: {len(found)} hits")
        assert found == []
        assert ERASED.name not in str(
            await asking.query(
                "admissions", f"/v1/pupils/{province.ids[ERASED.number]}", role="auditor"
            )
        )


async def arrived(everywhere: Suite, post: Post, bodies: list[bytes]) -> None:
    """Wait until letters and calls have come, and names stand in the letters: they were opened."""

    async def look() -> bool:
        told = {one.email for one in GUARDIANS if post.letters.get(one.email)}
        waiting = "SELECT count(*) FROM letter WHERE state IN ('queued', 'sending')"
        return (
            told == {one.email for one in GUARDIANS} - {REFUSED.email}
            and len(bodies) > 20
            and not await everywhere.value("notifications", waiting)
        )

    await eventually(look, within=WITHIN)
    letter = post.letters[GUARDIANS[0].email][0]
    assert hits(canaries_of_guardian(GUARDIANS[0])[:1], [(Place("letter", "one"), letter)])


async def bounce(province: Province, post: Post) -> None:
    """A letter comes back from the server behind the server, which repeats whom it was for."""
    (guardian,) = [one for one in GUARDIANS if one.number == 3]
    letter = post.letters[guardian.email][0]
    message_id = re.search(rb"(?im)^message-id: *(<[^>]+>)", letter)
    assert message_id is not None
    text = "\r\n".join(
        (
            f"From: mailer-daemon@example.com\r\nTo: {guardian.email}",
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
            f"--b\r\nContent-Type: text/plain\r\n\r\n{guardian.email} is not here any more",
            "--b\r\nContent-Type: message/delivery-status\r\n",
            "Reporting-MTA: dns; example.com\r\n",
            f"Final-Recipient: rfc822; {guardian.email}\r\nAction: failed\r\nStatus: 5.2.1",
            f"Diagnostic-Code: smtp; 550 <{guardian.email}> {guardian.phone}\r\n",
            "--b\r\nContent-Type: text/rfc822-headers\r\n",
            f"To: {guardian.email}\r\nMessage-ID: {message_id.group(1).decode()}\r\n",
            "--b--\r\n",
        )
    )
    await province.command(
        "notifications", "POST", "/v1/receipts/email", content=text.encode(), role="service"
    )


async def plant(everywhere: Suite, canaries: list[Canary]) -> int:
    """Write a canary where it must not be, as it shows least; give how often it is found."""
    connection = await asyncpg.connect(everywhere.run["databases"]["payments"])
    statement = (
        "INSERT INTO delivery.idempotency_key (principal, route, key, body_hash, body, created) "
        "VALUES ('planted', '', '', '', convert_to(encode(convert_to($1, 'UTF8'), 'base64'), "
        "'UTF8'), now())"
    )
    try:
        await connection.execute(statement, json.dumps({"name": CHILDREN[0].name}))
        found = hits(canaries, [*everywhere.logs(), *await everywhere.tables()])
        await connection.execute("DELETE FROM delivery.idempotency_key WHERE principal = 'planted'")
    finally:
        await connection.close()
    planted = Place("table", "payments.delivery.idempotency_key")
    return len([one for one in found if one == Hit(canaries[0].whose, planted)])


def at_home(canary: Canary, searched: list[tuple[Place, bytes]]) -> bool:
    """Tell whether it stands where it may: a search for what was never written finds nothing."""
    return bool(hits([canary._replace(at_home=frozenset())], searched))


async def keys(everywhere: Suite, pupil_id: str) -> list[Canary]:
    """Return the keys of whoever is to be erased, wrapped and not."""
    master = MasterKeys(everywhere.home.secret("master-key", new_key))
    found: list[Canary] = []
    for database, statement, whose in (
        ("admissions", "SELECT pupil_id, wrapped_key, key_id FROM subject_key", [pupil_id]),
        (
            "notifications",
            "SELECT guardian_id, wrapped_key, key_id FROM guardian",
            [one.guardian_id for one in GUARDIANS[:2]],
        ),
    ):
        connection = await asyncpg.connect(everywhere.run["databases"][database])
        try:
            for of_id, wrapped, key_id in await connection.fetch(statement):
                if str(of_id) in whose:
                    key = master.unwrap(WrappedKey(wrapped, key_id), str(of_id))
                    found += [Canary(key, f"key of {of_id}"), Canary(wrapped, f"box of {of_id}")]
        finally:
            await connection.close()
    assert len(found) == 6
    return found


async def park_a_key(everywhere: Suite, pupil_id: str) -> None:
    """Let a key come in a form that nobody knows yet, as from a newer admissions; it is parked."""
    connection = await asyncpg.connect(everywhere.run["databases"]["admissions"])
    try:
        row = await connection.fetchrow("SELECT * FROM subject_key WHERE pupil_id = $1", pupil_id)
    finally:
        await connection.close()
    document = {
        "specversion": "1.0",
        "id": named_id("a newer key"),
        "source": "urn:edu:admissions",
        "type": "edu.privacy.subject-key.v2",
        "subject": pupil_id,
        "time": "2026-11-22T00:00:00Z",
        "recordedtime": "2026-11-22T00:00:00Z",
        "dataschema": "urn:edu:schema:privacy.subject-key:2.0",
        "sequence": "00000000000000000001",
        "datacontenttype": "application/json",
        "data": {"pupil_id": pupil_id, "wrapped_key": row["wrapped_key"]},
    }
    producer = Producer({"bootstrap.servers": everywhere.run["kafka"]["bootstrap"]})
    producer.produce(
        SUBJECT_KEYS.name,
        key=pupil_id,
        value=json.dumps(document).encode(),
        partition=partition_for(pupil_id, SUBJECT_KEYS.partitions),
    )
    assert producer.flush(WITHIN) == 0
    parked = [Canary(row["wrapped_key"], "a parked key")]
    tables = {
        Place("table", f"{service}.delivery.parked") for service in consumers_of(SUBJECT_KEYS)
    }

    async def look() -> bool:
        return tables <= {hit.place for hit in hits(parked, await everywhere.tables())}

    await eventually(look, within=WITHIN)


def clean_at_once(everywhere: Suite) -> None:
    """Let the broker clean the topic of keys in seconds."""
    resource = ConfigResource(ResourceType.TOPIC, SUBJECT_KEYS.name)
    for name, value in CLEANED_AT_ONCE.items():
        resource.add_incremental_config(
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        )
    admin = administrator(everywhere.run["kafka"]["bootstrap"])
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(WITHIN)


def counted(searched: list[tuple[Place, bytes]]) -> str:
    """Say how much was searched."""
    kinds = Counter(place.kind for place, _ in searched)
    parts = [f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items()]
    return " and ".join((", ".join(parts[:-1]), parts[-1]))


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Print where somebody sees it who runs the tests."""
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")

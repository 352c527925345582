"""Smart attendance: what devices send, signed, becomes roll-calls; twice changes nothing."""

import asyncio
import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from standardwebhooks import Webhook

from chassis.clock import BUSINESS_ZONE, new_id, now
from chassis.sealing import MasterKeys
from edu.testing.facts import OTHER_SCHOOL, SCHOOL
from edu.testing.service import an_id
from gradebook.app import SERVICE
from gradebook.settings import GradebookSettings

PUPILS = AN, BINH, CHI = [an_id(name) for name in ("An", "Bình", "Chi")]
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=BUSINESS_ZONE)
"""By the clock that stands; only signatures are of this moment."""


def at(hour: int, minute: int = 0) -> str:
    return NOW.replace(hour=hour, minute=minute).isoformat()


SEVEN = at(7)
CLOSE = {"day": str(TODAY), "session": "morning", "late_after": SEVEN}


@pytest.fixture
async def class_id(book: Any) -> str:
    found: str = await book.class_6a(PUPILS)
    return found


class Gate:
    """A device that signs what it sends."""

    def __init__(self, book: Any, device_id: str, secret: str) -> None:
        self.book, self.device_id, self.secret = book, device_id, secret

    async def send(
        self,
        seen: dict[str, str],
        *,
        close: dict[str, str] | None = None,
        expect: int = 200,
        message_id: str = "",
        sent: datetime | None = None,
        wrong: dict[str, str] | None = None,
    ) -> Any:
        """Send one message; ``wrong`` replaces headers."""
        rows = [{"pupil_id": pupil, "at": when} for pupil, when in seen.items()]
        content = json.dumps({"check_ins": rows, "close": close})
        message_id, moment = message_id or new_id(), sent or now().astimezone(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(message_id, moment, content),
        } | (wrong or {})
        path = f"/v1/devices/{self.device_id}/check-ins"
        answer = await self.book.client.post(path, content=content, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
async def gate(book: Any, class_id: str) -> Gate:
    assert class_id
    device = await book.post(f"/schools/{SCHOOL}/devices", {"name": "Cổng chính"}, expect=201)
    assert "secret" not in device
    read = await book.get(f"/devices/{device['device_id']}/secret")
    return Gate(book, device["device_id"], read["secret"])


async def roll(book: Any, class_id: str) -> Any:
    read = await book.get(f"/classes/{class_id}/roll-calls/{TODAY}/morning")
    return read["version"], {p["pupil_id"]: p["state"] for p in read["pupils"]}


async def test_a_session_that_is_closed_becomes_the_roll_call(
    book: Any, gate: Gate, class_id: str
) -> None:
    await gate.send({AN: at(6, 50)})
    done = await gate.send({BINH: at(7, 1)}, close=CLOSE)
    assert (done["taken"], done["called"], done["corrected"]) == (1, [class_id], [])
    assert await roll(book, class_id) == (1, {AN: None, BINH: "late", CHI: "without-leave"})
    [fact] = await book.outbox("attendance-marked")
    assert (fact.data["marked_by"], fact.data["pupils_due"]) == (None, 3)


async def test_the_same_message_again_changes_nothing(book: Any, gate: Gate, class_id: str) -> None:
    first = await gate.send({AN: at(6, 50)}, close=CLOSE, message_id="msg_1")
    assert await gate.send({AN: at(6, 50)}, close=CLOSE, message_id="msg_1") == first
    other_id = await gate.send({AN: at(6, 50)}, close=CLOSE)
    assert (other_id["called"], other_id["corrected"]) == ([], [])
    await gate.send({AN: at(6, 51)}, close=CLOSE, message_id="msg_1", expect=409)
    assert len(await book.outbox("attendance-marked")) == 1
    assert (await roll(book, class_id))[0] == 1


async def test_who_checks_in_after_the_roll_call_came_late(
    book: Any, gate: Gate, class_id: str
) -> None:
    path = f"/classes/{class_id}/roll-calls/{TODAY}/morning"
    absent = [{"pupil_id": one, "state": "without-leave"} for one in (AN, BINH)]
    await book.put(path, {"version": 0, "absent": absent}, token=book.teacher)
    async with book.database.transaction() as session:
        await session.execute(text("UPDATE roll_call SET marked_at = :at"), {"at": NOW})
    # Before it a person looked and did not find them; after it they came.
    assert (await gate.send({AN: at(9, 29)}))["corrected"] == []
    assert (await gate.send({BINH: at(9, 31)}))["corrected"] == [class_id]
    assert await roll(book, class_id) == (2, {AN: "without-leave", BINH: "late", CHI: None})
    assert (await gate.send({BINH: at(9, 31)}))["corrected"] == []
    fact = (await book.outbox("attendance-marked"))[-1].data
    assert (fact["pupils"], fact["after"], fact["marked_by"]) == ([BINH], ["late"], None)


async def test_a_roll_that_a_person_called_is_not_called_again(
    book: Any, gate: Gate, class_id: str
) -> None:
    path = f"/classes/{class_id}/roll-calls/{TODAY}/morning"
    await book.put(path, {"version": 0, "absent": []}, token=book.teacher)
    done = await gate.send({AN: at(6, 50)}, close=CLOSE)
    assert done["called"] == []
    assert await roll(book, class_id) == (1, dict.fromkeys(PUPILS))


async def test_a_class_of_which_nobody_checked_in_waits_for_a_person(
    book: Any, gate: Gate, class_id: str
) -> None:
    assert (await gate.send({}, close=CLOSE))["called"] == []
    assert (await roll(book, class_id))[0] == 0
    assert await book.outbox("attendance-marked") == []


async def test_the_first_check_in_stands_whatever_comes_in_whatever_order(
    book: Any, gate: Gate, class_id: str
) -> None:
    await gate.send({AN: at(7, 30)})
    await gate.send({AN: at(6, 45)})
    await gate.send({AN: at(9)}, close=CLOSE)
    assert (await roll(book, class_id))[1][AN] is None


async def test_what_a_device_sends_late_counts_as_if_it_had_come_in_time(
    book: Any, gate: Gate, class_id: str
) -> None:
    """A second gate was offline when the first one closed the session."""
    await gate.send({AN: at(7, 5)}, close=CLOSE)
    done = await gate.send({AN: at(6, 40), BINH: at(6, 55), CHI: at(7, 20)})
    assert done["corrected"] == [class_id]
    assert await roll(book, class_id) == (2, {AN: None, BINH: None, CHI: "late"})
    # Once a person has called it, only who comes after that is late.
    path = f"/classes/{class_id}/roll-calls/{TODAY}/morning"
    missed = [{"pupil_id": AN, "state": "without-leave"}]
    await book.put(path, {"version": 2, "absent": missed}, token=book.teacher)
    assert (await gate.send({AN: at(6, 30)}))["corrected"] == []


async def test_cards_of_nobody_here_are_named_and_the_others_taken(book: Any, gate: Gate) -> None:
    elsewhere = an_id("elsewhere")
    await book.hear(book.facts.school(OTHER_SCHOOL, code="80002"))
    await book.hear(book.facts.enrolled(elsewhere, school_id=OTHER_SCHOOL))
    old = (NOW - timedelta(days=8)).isoformat()
    ahead = (NOW + timedelta(hours=1)).isoformat()
    done = await gate.send(
        {elsewhere: SEVEN, an_id("nobody"): SEVEN, AN: old, BINH: ahead, CHI: SEVEN}
    )
    assert done["taken"] == 1
    assert [(one["row"], one["why"]) for one in done["ignored"]] == [
        (0, "not-in-a-class-here"),
        (1, "not-in-a-class-here"),
        (2, "too-old"),
        (3, "in-future"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-timestamp": "0"},
        {"webhook-timestamp": "soon"},
    ],
    ids=["forged", "unsigned", "old", "malformed"],
)
async def test_what_is_not_signed_now_by_the_device_is_refused(
    book: Any, gate: Gate, wrong: dict[str, str]
) -> None:
    await gate.send({AN: SEVEN}, close=CLOSE, expect=401, wrong=wrong)
    assert await book.rows("SELECT 1 FROM arrival") == []


async def test_a_message_is_good_for_five_minutes(gate: Gate) -> None:
    await gate.send({AN: SEVEN}, sent=now().astimezone(UTC) - timedelta(minutes=6), expect=401)
    await gate.send({AN: SEVEN}, sent=now().astimezone(UTC) - timedelta(minutes=4))


async def test_another_devices_secret_and_an_old_one_open_nothing(book: Any, gate: Gate) -> None:
    other = await book.post(f"/schools/{SCHOOL}/devices", {"name": "Cổng sau"}, expect=201)
    read = await book.get(f"/devices/{other['device_id']}/secret")
    await Gate(book, gate.device_id, read["secret"]).send({AN: SEVEN}, expect=401)
    await Gate(book, new_id(), gate.secret).send({AN: SEVEN}, expect=401)
    await book.post(f"/devices/{gate.device_id}/rotate")
    await gate.send({AN: SEVEN}, expect=401)
    fresh = await book.get(f"/devices/{gate.device_id}/secret")
    await Gate(book, gate.device_id, fresh["secret"]).send({AN: SEVEN})
    await book.ask("DELETE", f"/devices/{gate.device_id}")
    await Gate(book, gate.device_id, fresh["secret"]).send({AN: SEVEN}, expect=401)
    listed = await book.get(f"/schools/{SCHOOL}/devices")
    assert [one["name"] for one in listed["devices"]] == ["Cổng sau"]


async def test_a_session_that_is_not_over_is_not_closed(gate: Gate) -> None:
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    close = {"day": tomorrow[:10], "session": "morning", "late_after": tomorrow}
    await gate.send({}, close=close, expect=422)


async def test_devices_are_kept_by_the_own_school(book: Any, gate: Gate) -> None:
    other = f"principal/{new_id()}/{OTHER_SCHOOL}"
    for token in (other, book.teacher, "auditor"):
        await book.get(f"/devices/{gate.device_id}/secret", token=token, expect=403)
        await book.get(f"/schools/{SCHOOL}/devices", token=token, expect=403)
    await book.get(f"/devices/{new_id()}/secret", token="department-officer", expect=404)


async def test_a_new_master_key_leaves_devices_their_secrets(
    book: Any, gate: Gate, settings: GradebookSettings
) -> None:
    new = base64.b64encode(bytes(31) + b"1").decode()
    renewed = settings.model_copy(
        update={"master_key": SecretStr(new), "older_master_keys": (settings.master_key,)}
    )
    assert await asyncio.to_thread(SERVICE.jobs["rewrap-keys"], renewed, []) == 0
    book.app.state.keys = MasterKeys(new)
    assert (await book.get(f"/devices/{gate.device_id}/secret"))["secret"] == gate.secret
    await gate.send({AN: SEVEN})


async def test_two_devices_that_close_a_session_at_once_call_its_roll_once(
    book: Any, gate: Gate, class_id: str
) -> None:
    done = await asyncio.gather(*(gate.send({one: SEVEN}, close=CLOSE) for one in PUPILS))
    assert sorted(one["called"] for one in done) == [[], [], [class_id]]
    facts = [one.data for one in await book.outbox("attendance-marked")]
    assert [one["before_pupils_due"] for one in facts].count(0) == 1
    assert (await roll(book, class_id))[1] == dict.fromkeys(PUPILS)

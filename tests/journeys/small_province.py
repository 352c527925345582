"""A small province, played through the public interfaces of all five services.

One class, its guardians, and everything that people do with it and write about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from edu import client
from edu.bootstrap import COMMUNE
from edu.home import Home
from edu.tokens import named_id, token
from payments.vnpay.signing import signed_query

from .canaries import CHILDREN, ERASED, GUARDIANS, HEADER, SCHOOL, TODAY, YEAR, Pupil
from .searching import Place

CLASS, TEACHER = named_id("class of canaries"), named_id("teacher of canaries")
TERMINAL, SECRET = "CANARY01", "a-secret-of-sixteen-letters-or-more"
COMING = frozenset(
    {
        "school-unknown", "school-year-unknown", "class-unknown", "pupil-unknown", "not-found",
        "pupils-not-enrolled-here", "pupils-not-here",
    }
)  # fmt: skip
"""What is refused until another service's fact has come."""


@dataclass
class Province:
    """Plays it; keeps the ids that it made and what it was refused with."""

    suite: client.Suite
    home: Home
    asking: httpx.AsyncClient
    """For what is refused: it asks once and takes the answer as it is."""
    school_id: str = ""
    ids: dict[int, str] = field(default_factory=dict)
    refusals: list[tuple[Place, bytes]] = field(default_factory=list)
    charge_item: str = ""
    sheet: str = ""

    def token(self, role: str, subject: str | None = None) -> str:
        """Return the token of somebody who works at the school."""
        return token(self.home, role, subject=subject, school=self.school_id or None)

    async def command(
        self, service: str, method: str, path: str, body: object = None, **options: Any
    ) -> Any:
        """Give a command as a program does that repeats it until it is answered."""
        key = named_id(f"{method} {path} {body!r} {options.get('content')!r}")
        return await self.suite.command(
            service, method, path, key=key, body=body, waits_for=COMING, **options
        )

    async def refused(
        self, service: str, method: str, path: str, *, role: str = "department-officer", **sent: Any
    ) -> httpx.Response:
        """Ask for what is refused, and keep the whole answer."""
        headers = {
            "Authorization": f"Bearer {self.token(role, TEACHER if role == 'teacher' else None)}",
            "Idempotency-Key": named_id(f"refused {len(self.refusals)}"),
        } | sent.pop("headers", {})
        url = self.suite.url(service) + path
        answer = await self.asking.request(method, url, headers=headers, **sent)
        place = Place("error", f"{len(self.refusals) + 1}: {method} {service} {answer.status_code}")
        assert 400 <= answer.status_code < 500, (place, answer.text)
        self.refusals.append((place, repr(answer.headers.raw).encode() + answer.content))
        return answer

    async def play(self, hook: str) -> None:
        """Play everything but the erasure."""
        await self.register()
        await self.enrol(CHILDREN)
        await self.open_class()
        await self.meet_guardians(hook)
        await self.teach()
        await self.collect()

    async def register(self) -> None:
        """The department registers the school."""
        units = await self.suite.query(
            "admissions", "/v1/units", role="department-officer", params={"code": COMMUNE}
        )
        school = {
            "code": SCHOOL,
            "name": "Trường THCS Chim Hoàng Yến",
            "levels": ["THCS"],
            "ownership": "public",
            "unit_id": units["items"][0]["unit_id"],
            "valid_from": units["items"][0]["valid_from"],
        }
        registered = await self.command("admissions", "POST", "/v1/schools", school)
        self.school_id = registered["school_id"]

    async def enrol(self, pupils: Sequence[Pupil]) -> None:
        """The school sends its list, and sends it again before it is answered."""
        content = "\n".join((HEADER, *(pupil.row() for pupil in pupils))).encode()
        path, params = "/v1/enrolments/import", {"school_year": YEAR, "day": f"{YEAR[:4]}-09-05"}
        sent = (
            self.suite.command(
                "admissions", "POST", path, key=key, content=content, params=params,
                waits_for={"enrolled-meanwhile"},
            )
            for key in (named_id(f"{content!r} 1"), named_id(f"{content!r} 2"))
        )  # fmt: skip
        await asyncio.gather(*sent)
        page = await self.suite.query(
            "admissions",
            f"/v1/schools/{self.school_id}/pupils",
            role="department-officer",
            params={"limit": 500},
        )
        by_code = {one["code"]: one["pupil_id"] for one in page["items"]}
        self.ids |= {pupil.number: by_code[pupil.code] for pupil in pupils}

    async def open_class(self) -> None:
        """The school opens a class and seats everybody."""
        room = {
            "class_id": CLASS,
            "school_id": self.school_id,
            "school_year": YEAR,
            "grade": "6",
            "name": "6A1",
            "homeroom_teacher_id": TEACHER,
        }
        path = f"/v1/classes/{CLASS}"
        await self.command("gradebook", "POST", "/v1/classes", {"classes": [room]})
        seats = {"pupil_ids": list(self.ids.values()), "removed_ids": []}
        await self.command("gradebook", "PUT", f"{path}/pupils", seats)
        teaching = {"teaching": [{"subject": "TOAN", "teacher_ids": [TEACHER]}]}
        await self.command("gradebook", "PUT", f"{path}/teaching", teaching)

    async def meet_guardians(self, hook: str) -> None:
        """The school registers guardians; a program subscribes to everything that can be heard."""
        wanted = [
            {
                "guardian_id": one.guardian_id,
                "name": one.name,
                "email": one.email,
                "phone": one.phone,
                "pupils": [
                    {"pupil_id": self.ids[number], "relation": "mother"} for number in one.pupils
                ],
                "consents": [
                    {"purpose": purpose, "evidence_kind": "paper-form", "evidence": one.evidence}
                    for purpose in ("scores", "fees", "enrolment", "attendance")
                ],
            }
            for one in GUARDIANS
        ]
        await self.command("notifications", "POST", "/v1/guardians", {"guardians": wanted})
        wishes = {"version": 0, "channels": ["email"], "quiet": None, "digest": False}
        for one in GUARDIANS:
            path = f"/v1/guardians/{one.guardian_id}/preferences"
            await self.command("notifications", "PUT", path, wishes)
        types = await self.suite.query("notifications", "/v1/webhooks/types", role="service")
        endpoint = {"url": hook, "types": types["types"], "description": ""}
        await self.command("notifications", "POST", "/v1/webhooks", endpoint, role="service")

    async def teach(self) -> None:
        """The teacher enters and publishes scores, and corrects one with words about the pupil."""
        teacher = self.token("teacher", TEACHER)
        column = {
            "class_id": CLASS,
            "subject": "TOAN",
            "term": "HK1",
            "kind": "midterm",
            "position": 1,
        }
        opened = await self.command(
            "gradebook", "PUT", "/v1/sheets", {"sheets": [column]}, token=teacher
        )
        self.sheet = opened["sheets"][0]["sheet_id"]
        path = f"/v1/sheets/{self.sheet}/cells"
        cells = [cell(pupil_id, "7.5", 0) for pupil_id in self.ids.values()]
        await self.command("gradebook", "PUT", path, {"cells": cells}, token=teacher)
        shown = {"sheet_ids": [self.sheet], "published": True}
        await self.command("gradebook", "PUT", "/v1/publications", shown, token=teacher)
        for pupil in CHILDREN:
            corrected = {
                "cells": [cell(self.ids[pupil.number], "8", 1)],
                "reason_code": "other",
                "reason": pupil.said("gradebook"),
            }
            await self.command("gradebook", "PUT", path, corrected, token=teacher)
        absent = [{"pupil_id": one, "state": "without-leave"} for one in self.ids.values()]
        called = {"version": 0, "absent": absent}
        path = f"/v1/classes/{CLASS}/roll-calls/{TODAY}/morning"
        await self.command("gradebook", "PUT", path, called, token=teacher)

    async def collect(self) -> None:
        """The school charges the class; cashier and principal take, correct and undo."""
        cashier, principal = self.token("cashier"), self.token("principal")
        item = {
            "school_id": self.school_id,
            "school_year": YEAR,
            "name": "Nước uống",
            "kind": "drinking-water",
            "legal_basis": "Nghị quyết của Hội đồng nhân dân",
            "mandatory": True,
            "unit": "day",
            "amount": 2_000,
            "due_on": str(TODAY + timedelta(days=10)),
        }
        made = await self.command("payments", "POST", "/v1/fee-items", item, token=principal)
        self.charge_item = made["fee_item_id"]
        path = f"/v1/fee-items/{self.charge_item}"
        period = f"{TODAY:%Y-%m}"
        round_ = {"period": period, "class_id": CLASS, "quantity": 10}
        await self.command("payments", "POST", f"{path}/assessments", round_, token=cashier)
        for pupil in CHILDREN:
            taken = {
                "pupil_id": self.ids[pupil.number],
                "amount": 15_000,
                "method": "cash",
                "note": pupil.said("payments"),
            }
            body = {"school_id": self.school_id, "payments": [taken]}
            paid = await self.command("payments", "POST", "/v1/payments", body, token=cashier)
            words = pupil.said("reversal")
            undo = {"reason_code": "other", "reason": words}
            of_payment = f"/v1/payments/{paid['payments'][0]['payment_id']}/reversals"
            asked = await self.command("payments", "POST", of_payment, undo, token=cashier)
            decided = {"approve": False, "reason": words}
            decision = f"/v1/reversals/{asked['reversal_id']}/decision"
            await self.command("payments", "POST", decision, decided, token=principal)
            corrected = {
                "period": period,
                "pupils": [{"pupil_id": self.ids[pupil.number], "quantity": 11, "exemption": None}],
                "reason_code": "other",
                "reason": pupil.said("correction"),
            }
            await self.command(
                "payments", "POST", f"{path}/corrections", corrected, token=principal
            )
        await self._pay_online(cashier, principal)

    async def _pay_online(self, cashier: str, principal: str) -> None:
        """The pupil who will be erased pays through VNPAY."""
        channel = {
            "enabled": True,
            "terminal": TERMINAL,
            "secret": SECRET,
            "return_url": "https://pay.example.vn/back",
        }
        path = f"/v1/schools/{self.school_id}/channels/vnpay"
        await self.command("payments", "PUT", path, channel, token=principal)
        asking = f"/v1/pupils/{self.ids[0]}/vnpay-requests"
        body = {"school_id": self.school_id}
        page = await self.command("payments", "POST", asking, body, token=cashier)
        report = {
            "vnp_Amount": str(page["amount"] * 100),
            "vnp_TmnCode": TERMINAL,
            "vnp_TxnRef": page["reference"],
            "vnp_TransactionNo": "14226112",
            "vnp_ResponseCode": "00",
            "vnp_TransactionStatus": "00",
            "vnp_PayDate": f"{TODAY:%Y%m%d}101500",
        }
        params = dict(parse_qsl(signed_query(report, SECRET.encode())))
        answer = await self.suite.query("payments", "/v1/vnpay/ipn", params=params)
        assert answer["RspCode"] == "00"

    async def forget(self) -> None:
        """A pupil leaves and is erased; so is a guardian who asks for it."""
        pupil_id = self.ids[ERASED.number]
        left = {
            "version": 1,
            "day": str(TODAY),
            "reason_code": "left-province",
            "note": ERASED.said("admissions"),
        }
        await self.command("admissions", "POST", f"/v1/pupils/{pupil_id}/withdraw", left)
        await self.command("admissions", "POST", f"/v1/pupils/{pupil_id}/erase", {"version": 2})
        path = f"/v1/guardians/{GUARDIANS[1].guardian_id}/erase"
        await self.command("notifications", "POST", path, {"version": 1})


def cell(pupil_id: str, score: str, version: int) -> Mapping[str, object]:
    """Return a cell of a save."""
    return {"pupil_id": pupil_id, "score": score, "state": None, "version": version}

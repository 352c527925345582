"""Ids that the suite really holds, so that generated requests get past the first 404."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from chassis.auth import Role
from chassis.auth.issuer import mint, open_key
from edu.bootstrap import CODE, TEACHER, name_of_year
from edu.client import Suite
from edu.home import Home
from edu.issuer import AUDIENCE, ISSUER
from edu.register import OFFICER
from edu.testing import eventually
from edu.tokens import named_id

PUPILS = 12
TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
YEAR, MONTH = name_of_year(TODAY), f"{TODAY:%Y-%m}"
COMING = frozenset(
    {"school-unknown", "school-year-unknown", "class-unknown", "pupil-unknown", "not-found"}
) | {"pupils-not-enrolled-here", "pupils-not-here"}
"""What is refused until another service's fact has come."""

Known = Mapping[str, list[str]]
"""By the name of a field or parameter."""


@dataclass(frozen=True)
class Acquaintance:
    """Somebody who may do everything at one school, and what there is to do it with."""

    token: str
    known: Known


async def make(home: Home) -> Acquaintance:
    """Let a school of every service have a little of everything; return what it is called by."""
    async with Suite(home) as suite:
        schools = await suite.query("admissions", "/v1/schools", role=OFFICER)
        (school_id,) = [one["school_id"] for one in schools["items"] if one["code"] == CODE]
        token = everybody(home, school_id)
        return Acquaintance(token, await _School(suite, token, school_id).known())


def everybody(home: Home, school_id: str) -> str:
    """Mint the token of somebody in all roles, teacher and guardian of the same pupils."""
    return mint(
        open_key(home.folder, environment="development"),
        issuer=ISSUER,
        audience=AUDIENCE,
        subject=TEACHER,
        roles=list(Role),
        school=school_id,
    )


@dataclass(frozen=True)
class _School:
    """The school of the development tokens, as the one who may do everything fills it."""

    suite: Suite
    token: str
    school_id: str

    async def command(
        self, service: str, method: str, path: str, body: object = None, **options: Any
    ) -> Any:
        key = named_id(f"{method} {path} {body!r}")
        return await self.suite.command(
            service, method, path, key=key, body=body, token=self.token, waits_for=COMING, **options
        )

    async def read(self, service: str, path: str, **params: str) -> Any:
        return await self.suite.query(service, path, token=self.token, params=params)

    async def known(self) -> Known:
        pupils = await self._enrolled()
        classes, sheets = await self._taught(pupils)
        guardian = await self._guarded(pupils)
        money = await self._charged(classes[0], pupils)
        webhook = await self._subscribed()
        await self._scored(sheets[0], pupils)
        device = await self.command(
            "gradebook", "POST", f"/v1/schools/{self.school_id}/devices", {"name": "Cổng chính"}
        )
        messages = await self._items(f"/v1/schools/{self.school_id}/messages")
        deliveries = await self._items(f"/v1/webhooks/{webhook}/deliveries")
        units = (await self.read("admissions", "/v1/units"))["items"]
        catalogue = (await self.read("ioc-aggregator", "/indicators/catalogue"))["indicators"]
        unit_ids = [one["unit_id"] for one in units]
        return money | {
            "school_id": [self.school_id],
            "school_year": [YEAR],
            "unit_id": unit_ids,
            "unit": [self.school_id, *unit_ids[:2]],
            "period": [YEAR, f"{YEAR}/HK1", MONTH],
            "indicator": [one["indicator"] for one in catalogue],
            "pupil_id": pupils,
            "class_id": classes,
            "sheet_id": sheets,
            "device_id": [device["device_id"]],
            "reopening_id": [await self._reopened(sheets[0])],
            "guardian_id": [guardian],
            "message_id": [one["message_id"] for one in messages],
            "webhook_id": [webhook],
            "event_id": [one["event_id"] for one in deliveries],
        }

    async def _enrolled(self) -> list[str]:
        born = int(YEAR[:4]) - 11
        rows = [
            f"FUZZ-{number:03d};Nguyễn An;01/02/{born};Nữ;Kinh;6;{CODE}" for number in range(PUPILS)
        ]
        header = "Mã định danh;Họ và tên;Ngày sinh;Giới tính;Dân tộc;Khối;Mã trường"
        params = {"school_year": YEAR, "day": str(TODAY)}
        content = "\n".join((header, *rows)).encode()
        path = "/v1/enrolments/import"
        await self.command("admissions", "POST", path, content=content, params=params)
        page = await self.read("admissions", f"/v1/schools/{self.school_id}/pupils")
        return [one["pupil_id"] for one in page["items"]]

    async def _taught(self, pupils: list[str]) -> tuple[list[str], list[str]]:
        path = "/v1/classes"
        found = await self.read("gradebook", path, school_id=self.school_id, school_year=YEAR)
        classes = [one["class_id"] for one in found["classes"]]
        seats = {"pupil_ids": pupils, "removed_ids": []}
        await self.command("gradebook", "PUT", f"{path}/{classes[0]}/pupils", seats)
        columns = [
            {
                "class_id": classes[0],
                "subject": "TOAN",
                "term": "HK1",
                "kind": kind,
                "position": 1,
            }
            for kind in ("regular", "midterm")
        ]
        opened = await self.command("gradebook", "PUT", "/v1/sheets", {"sheets": columns})
        return classes, [one["sheet_id"] for one in opened["sheets"]]

    async def _scored(self, sheet: str, pupils: list[str]) -> None:
        """Save scores, of which subscribers are told, and publish them: guardians are, too."""
        cells = [{"pupil_id": pupil, "score": "8", "state": None, "version": 0} for pupil in pupils]
        await self.command("gradebook", "PUT", f"/v1/sheets/{sheet}/cells", {"cells": cells})
        shown = {"sheet_ids": [sheet], "published": True}
        await self.command("gradebook", "PUT", "/v1/publications", shown)

    async def _reopened(self, sheet: str) -> str:
        """Ask that a column may be written again."""
        asked = {"hours": 1, "reason_code": "late"}
        path = f"/v1/sheets/{sheet}/reopenings"
        return str((await self.command("gradebook", "POST", path, asked))["reopening_id"])

    async def _items(self, path: str) -> Any:
        """Return what notifications list there, once there is something."""
        return await eventually(lambda: self._listed(path), within=60)

    async def _listed(self, path: str) -> Any:
        return (await self.read("notifications", path))["items"]

    async def _guarded(self, pupils: list[str]) -> str:
        """Let the teacher be a guardian, who wants to hear of scores."""
        guardian = {
            "guardian_id": TEACHER,
            "name": "Trần Bình",
            "email": "binh@example.com",
            "phone": None,
            "pupils": [{"pupil_id": pupil, "relation": "father"} for pupil in pupils[:3]],
            "consents": [{"purpose": "scores", "evidence_kind": "online", "evidence": None}],
        }
        await self.command("notifications", "POST", "/v1/guardians", {"guardians": [guardian]})
        return TEACHER

    async def _subscribed(self) -> str:
        """Register an endpoint; nobody listens there, so its deliveries have failed attempts."""
        hook = {"url": "http://127.0.0.1:1024/", "types": ["edu.gradebook.score-entered.v1"]}
        made = await self.command("notifications", "POST", "/v1/webhooks", hook)
        return str(made["webhook_id"])

    async def _charged(self, class_id: str, pupils: list[str]) -> dict[str, list[str]]:
        """Charge the class, let some pay, and let one payment be asked back."""
        item = {
            "school_id": self.school_id,
            "school_year": YEAR,
            "name": "Nước uống",
            "kind": "drinking-water",
            "legal_basis": "Nghị quyết",
            "mandatory": True,
            "unit": "month",
            "amount": 20_000,
            "due_on": str(TODAY + timedelta(days=10)),
        }
        made = await self.command("payments", "POST", "/v1/fee-items", item)
        path = f"/v1/fee-items/{made['fee_item_id']}"
        round_ = {"period": MONTH, "class_id": class_id, "quantity": 1}
        assessed = await self.command("payments", "POST", f"{path}/assessments", round_)
        taken = [{"pupil_id": one, "amount": 15_000, "method": "cash"} for one in pupils[:4]]
        body = {"school_id": self.school_id, "payments": taken}
        paid = (await self.command("payments", "POST", "/v1/payments", body))["payments"]
        undo = {"reason_code": "entry-error", "reason": "nhập nhầm"}
        undoing = f"/v1/payments/{paid[0]['payment_id']}/reversals"
        asked = await self.command("payments", "POST", undoing, undo)
        account = await self.read("payments", f"/v1/pupils/{pupils[0]}/account")
        reference = await self._paid_online(pupils[-1])
        return {
            "fee_item_id": [made["fee_item_id"]],
            "charge_id": [one["charge_id"] for one in assessed["charges"]],
            "payment_id": [one["payment_id"] for one in paid],
            "reversal_id": [asked["reversal_id"]],
            "reference": [account["reference"], reference],
        }

    async def _paid_online(self, pupil: str) -> str:
        """Open the cashless channels, and ask for a payment through one."""
        path = f"/v1/schools/{self.school_id}/channels"
        account = {"enabled": True, "bank_bin": "970405", "account": "8888001234567"}
        await self.command("payments", "PUT", f"{path}/bank-transfer", account)
        terminal = {
            "enabled": True,
            "terminal": "FUZZ0001",
            "secret": "a-secret-of-sixteen-letters-or-more",
            "return_url": "https://pay.example.vn/back",
        }
        await self.command("payments", "PUT", f"{path}/vnpay", terminal)
        asking = f"/v1/pupils/{pupil}/vnpay-requests"
        asked = await self.command("payments", "POST", asking, {"school_id": self.school_id})
        return str(asked["reference"])


def introduce(case: Any, known: Known, lots: Random) -> None:
    """Put known ids where a generated case has made-up ones."""
    for part in ("path_parameters", "query", "body"):
        value = getattr(case, part)
        if isinstance(value, dict) and value:
            setattr(case, part, _introduced(value, known, lots))


def _introduced(value: Any, known: Known, lots: Random) -> Any:
    if isinstance(value, dict):
        return {
            name: _of(name, part, known, lots) or _introduced(part, known, lots)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [_introduced(part, known, lots) for part in value]
    return value


def _of(name: str, value: Any, known: Known, lots: Random) -> Any:
    """Give a known id for an id, a list of them for a list; None for everything else."""
    if name == "version" and isinstance(value, int):
        return lots.choice((1, 2))  # as it is read of what nobody has changed often
    plain = name.removeprefix("removed_").removeprefix("into_")
    if isinstance(value, str) and known.get(plain):
        return lots.choice(known[plain])
    if isinstance(value, list) and known.get(plain.removesuffix("s")):
        ids = known[plain.removesuffix("s")]
        return lots.sample(ids, min(len(value), len(ids)))
    return None

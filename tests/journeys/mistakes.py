"""Requests that every service refuses, each with a person's data in it."""

from __future__ import annotations

from edu.tokens import named_id

from .canaries import CHILDREN, GUARDIANS, HEADER, SCHOOL, TODAY, YEAR, Guardian, Pupil
from .searching import Place
from .small_province import CLASS, TERMINAL, Province, cell


async def err(province: Province) -> None:
    """Give every service requests that it refuses, each with a person's data in it."""
    pupil, guardian = CHILDREN[1], GUARDIANS[1]
    names = [pupil.name, guardian.name, guardian.email, guardian.phone, pupil.code]
    await _err_in_admissions(province, pupil)
    await _err_in_gradebook(province, pupil)
    await _err_in_payments(province, pupil)
    await _err_in_notifications(province, guardian, pupil)
    for service in ("admissions", "gradebook", "payments", "notifications", "ioc-aggregator"):
        known = {"ioc-aggregator": "/units", "notifications": "/v1/templates"}
        known |= {"gradebook": "/v1/classes", "payments": "/v1/fee-items"}
        for said in names:
            await province.refused(service, "GET", f"/v1/{said}/nowhere")
            path = known.get(service, "/v1/schools")
            await province.refused(service, "GET", path, params={said: said})
            await province.refused(
                service, "GET", "/metrics/nowhere", headers={"Authorization": said.encode()}
            )
    for said in names:
        for path in ("/indicators", "/histograms", "/feed"):
            params = {"unit": said, "subject": said, "after": said}
            await province.refused("ioc-aggregator", "GET", path, params=params)


async def _err_in_admissions(province: Province, pupil: Pupil) -> None:
    path, params = "/v1/enrolments/import", {"school_year": YEAR}
    cells = pupil.row().split(";")
    rows = [";".join([*cells[:at], pupil.name * 3, *cells[at + 1 :]]) for at in (0, 2, 3, 5, 6)]
    for content in (
        "\n".join((HEADER, *rows)),
        "\n".join((HEADER, *[";".join([cells[0], f"{pupil.name}9", *cells[2:]])])),
        "\n".join((HEADER, ";".join([*cells[:4], "7", SCHOOL]))),
        f'{HEADER}\n"{pupil.row()}',
        pupil.row(),
    ):
        await province.refused(
            "admissions", "POST", path, params=params, content=content.encode("utf-8")
        )
    step = f"/v1/pupils/{province.ids[pupil.number]}"
    body = {"version": 1, "day": str(TODAY), "reason_code": "moved", "note": pupil.name}
    for change in (
        {"name": pupil.name + "7"},
        {"birth_date": pupil.name},
        {"reason_code": pupil.name},
        {"school_id": named_id("nowhere"), "name": pupil.name},
        {pupil.name: pupil.name},
        {"version": 7},
    ):
        await province.refused("admissions", "POST", f"{step}/transfer", json=body | change)
    await province.refused("admissions", "POST", f"{step}/erase", content=pupil.name.encode())
    await province.refused("admissions", "GET", f"/v1/pupils/{pupil.name}")


async def _err_in_gradebook(province: Province, pupil: Pupil) -> None:
    path, pupil_id = f"/v1/sheets/{province.sheet}/cells", province.ids[pupil.number]
    for body in (
        {"cells": [cell(pupil_id, pupil.name[:12], 2)]},
        {"cells": [cell(pupil_id, "85", 2)]},
        {"cells": [cell(pupil_id, "9", 1)], "reason_code": "other", "reason": pupil.name},
        {"cells": [cell(pupil_id, "9", 2)], "reason_code": pupil.name},
        {"cells": [cell(pupil.name, "9", 2)]},
        {"cells": [], pupil.name: pupil.name},
    ):
        await province.refused("gradebook", "PUT", path, role="teacher", json=body)
    seats = {"pupil_ids": [pupil.code], "removed_ids": [pupil.name]}
    await province.refused("gradebook", "PUT", f"/v1/classes/{CLASS}/pupils", json=seats)


async def _err_in_payments(province: Province, pupil: Pupil) -> None:
    taken = {"pupil_id": province.ids[pupil.number], "amount": 1_000, "method": "cash"}
    for change in (
        {"note": pupil.name * 40},
        {"method": pupil.name},
        {"external_id": pupil.code},
        {"pupil_id": pupil.name},
        {"day": pupil.name},
    ):
        body = {"school_id": province.school_id, "payments": [taken | change]}
        await province.refused("payments", "POST", "/v1/payments", role="cashier", json=body)
    await province.refused("payments", "GET", f"/v1/references/{pupil.name}", role="cashier")
    query = {"vnp_TmnCode": TERMINAL, "vnp_OrderInfo": pupil.name, "vnp_SecureHash": pupil.name}
    refused = await province.suite.query("payments", "/v1/vnpay/ipn", params=query)
    province.refusals.append((Place("error", "an unsigned report"), repr(refused).encode()))


async def _err_in_notifications(province: Province, guardian: Guardian, pupil: Pupil) -> None:
    known = {
        "guardian_id": guardian.guardian_id,
        "name": guardian.name,
        "email": guardian.email,
        "phone": guardian.phone,
        "pupils": [{"pupil_id": province.ids[pupil.number], "relation": "mother"}],
        "consents": [],
    }
    for change in (
        {},
        {"email": f"{guardian.email}@@"},
        {"phone": guardian.phone * 2},
        {"name": guardian.name * 20},
        {"pupils": [{"pupil_id": guardian.phone, "relation": guardian.name}]},
        {"pupils": [{"pupil_id": named_id("nobody"), "relation": "mother"}]},
        {guardian.name: guardian.email},
    ):
        body = {"guardians": [known | change]}
        await province.refused("notifications", "POST", "/v1/guardians", json=body)
    contacts = {name: known[name] for name in ("name", "email", "phone")} | {"version": 9}
    path = f"/v1/guardians/{guardian.guardian_id}/contacts"
    await province.refused("notifications", "PUT", path, json=contacts)
    hook = {"url": f"http://127.0.0.1:1/{guardian.phone}", "types": [guardian.name]}
    await province.refused("notifications", "POST", "/v1/webhooks", role="service", json=hook)
    letter = f"To: {guardian.name} <{guardian.email}>\n\n{pupil.name}".encode()
    await province.refused(
        "notifications", "POST", "/v1/receipts/email", role="service", content=letter
    )

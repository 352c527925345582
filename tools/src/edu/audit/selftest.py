"""`./edu audit selftest`: many edits over HTTP, what the history says of them, and an own model."""

from __future__ import annotations

import asyncio
import os
from random import Random
from typing import Any

import asyncpg

from chassis.clock import new_id
from edu.audit.drawing import Model, Save, draw
from edu.audit.fetching import public_key, whole_chain, witnessed
from edu.audit.verify_history import Verdict, verify
from edu.bench.school import School, opened
from edu.bench.stage import suite
from edu.client import Suite
from edu.failure import Failure
from edu.supervisor import Supervisor
from edu.testing import facts
from edu.tokens import token

OPENED, EVERY = 600, 20
"""Of 600 open columns every twentieth is filled: three in each of ten classes."""

SIGNED_SECONDS = "1"
WITNESSED_SECONDS = 120.0


def run(seed: int) -> int:
    """Print what came of it; 0 where the history answers as the model does."""
    print(f"seed {seed}")
    os.environ.setdefault("GRADEBOOK_HISTORY_SIGNED_SECONDS", SIGNED_SECONDS)
    with suite("gradebook", "ioc-aggregator") as here:
        faults = asyncio.run(_tested(here, seed))
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


async def _tested(here: Supervisor, seed: int) -> list[str]:
    school = await opened(here, OPENED)
    sheets = {one.sheet_id: one.pupils for one in school.sheets[::EVERY]}
    auditor = token(here.home, "auditor")
    model = Model()
    random = Random(seed)
    async with Suite(here.home) as client:
        saves = 0
        for save in draw(seed, sheets, model):
            await _send(client, school, save)
            saves += 1
        faults = await _compared(client, auditor, school, model)
        before = await _verified(here, client, saves)
        print(f"chain: {before}")
        altered = await _alter(here.databases["gradebook"], random)
        after = await _verdict(here, client)
    found = next((fault for fault in after.faults if fault.startswith("chain broken")), "")
    print(f"one stored row of link {altered} altered: {found or 'nothing found'}")
    if before.faults:
        faults.append("the chain did not hold before anything was altered")
    if not found.startswith(f"chain broken at #{altered}:"):
        faults.append(f"the altered row was in link {altered}")
    return faults


async def _send(client: Suite, school: School, save: Save) -> None:
    body: dict[str, Any] = {
        "cells": [
            {"pupil_id": one.pupil_id, "score": one.score, "version": one.version}
            for one in save.entries
        ]
    }
    if not save.first:
        body |= {"reason_code": "entry-error", "reason": "nhập nhầm dòng"}
    await client.command(
        "gradebook",
        "PUT",
        f"/v1/sheets/{save.sheet_id}/cells",
        key=new_id(),
        body=body,
        token=school.teacher,
    )


async def _compared(client: Suite, auditor: str, school: School, model: Model) -> list[str]:
    """Hold what the history says against the model; print the line, and return what differs."""
    params = {"school_id": school.school_id, "school_year": facts.YEAR}
    effect = await client.query("gradebook", "/v1/history/effect", token=auditor, params=params)
    history = await client.query(
        "gradebook", "/v1/history", token=auditor, params=params | {"edited": "true"}
    )
    faults = []
    summary = effect["summary"]
    told = {
        pupil["pupil_id"]: {
            cell["sheet_id"]: (_tenths(cell["before"]), _tenths(cell["after"]))
            for cell in pupil["cells"]
            if cell["effect"] != "unchanged"
        }
        for pupil in effect["pupils"]
    }
    told = {pupil: cells for pupil, cells in told.items() if cells}
    affected = model.affected()
    if (summary["up"], summary["down"]) != (model.edits["up"], model.edits["down"]):
        faults.append(f"the model counts {model.edits['up']} up and {model.edits['down']} down")
    if told != affected:
        differing = {one for one in told | affected if told.get(one) != affected.get(one)}
        faults.append(f"of {len(differing)} pupils the model knows another effect")
    if summary["pupils"] != len(affected):
        faults.append(f"the model knows {len(affected)} pupils")
    lines = sum(len(save["changes"]) for save in history["saves"])
    if lines != model.changes - len(model.first):
        faults.append(f"the model knows {model.changes - len(model.first)} changes, not {lines}")
    print(
        f"{summary['edits']} edits = {summary['up']} up + {summary['down']} down, true effect of "
        f"{summary['pupils']} pupils {'≠' if faults else '='} independent model"
    )
    return faults


def _tenths(score: str | None) -> int | None:
    if score is None:
        return None
    whole, _, tenth = score.partition(".")
    return int(whole) * 10 + int(tenth or "0")


async def _verified(here: Supervisor, client: Suite, saves: int) -> Verdict:
    """Wait until every save is signed and witnessed, then verify."""
    loop = asyncio.get_running_loop()
    until = loop.time() + WITNESSED_SECONDS
    while not any(one["size"] >= saves for one in await witnessed(client)):
        if loop.time() > until:
            raise Failure(f"the witness does not know all {saves} saves")
        await asyncio.sleep(0.5)
    return await _verdict(here, client)


async def _verdict(here: Supervisor, client: Suite) -> Verdict:
    pages = await whole_chain(client, token(here.home, "auditor"))
    return verify(pages, public_key(here.home), await witnessed(client))


async def _alter(database: str, random: Random) -> int:
    """Do what no service can: raise one stored value by a tenth. Return the number of its link."""
    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch(
            "SELECT c.ctid::text AS place, s.number FROM cell_change c "
            "JOIN score_save s USING (sheet_id, save_id) "
            "WHERE c.after < 1000 ORDER BY s.number, c.pupil_id"
        )
        row = random.choice(rows)
        await connection.execute("ALTER TABLE cell_change DISABLE TRIGGER USER")
        await connection.execute(
            "UPDATE cell_change SET after = after + 10 WHERE ctid = $1::text::tid", row["place"]
        )
        return int(row["number"])
    finally:
        await connection.close()

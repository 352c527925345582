"""A service whose clock is a day off: its order, its numbers and everybody's counts stay right."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from chassis.auth import issuer
from edu import tokens

from .faults import pause
from .province import Sheet
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, Process, Stage
from .traffic import flowing

DAY = timedelta(hours=24)
ROUNDS = ((API, RELAY), DAY), ((AGGREGATOR,), -DAY), ((API, RELAY), -DAY), ((AGGREGATOR,), DAY)


def clock_off_by(difference: timedelta) -> Mapping[str, str]:
    """Give the settings that shift a process's clock, and no other of its times."""
    folder = Path(__file__).with_name("another_clock")
    seconds = int(difference.total_seconds())
    return {"PYTHONPATH": str(folder), "CHAOS_CLOCK_SECONDS": str(seconds)}


def off_by(process: Process) -> timedelta:
    """Return how far a service's clock is off, as it says itself."""
    said = parsedate_to_datetime(httpx.get(f"{process.url}/livez").headers["Date"])
    return said - datetime.now(UTC)


@contextlib.contextmanager
def issuing(ago: timedelta) -> Iterator[None]:
    """Let every token be one that was given so long ago."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuer, "now", lambda: datetime.now(UTC) - ago)
        yield


def of_teacher(stage: Stage, sheet: Sheet) -> str:
    """Return a new token for whoever fills a sheet."""
    claims = json.loads(base64.urlsafe_b64decode(sheet.token.split(".")[1] + "=="))
    return tokens.token(stage.home, "teacher", subject=claims["sub"], school=claims.get("school"))


def refused(api: Process, sheet: Sheet, token: str) -> bool:
    """Tell whether a token is refused, and that the answer says so to a client."""
    answer = httpx.get(
        f"{api.url}/v1/sheets/{sheet.sheet_id}", headers={"Authorization": f"Bearer {token}"}
    )
    known = answer.headers.get("WWW-Authenticate", "").startswith("Bearer")
    return answer.status_code == HTTPStatus.UNAUTHORIZED and known and "type" in answer.json()


def test_f14_a_services_clock_is_a_day_off(stage: Stage, scenario: Scenario) -> None:
    sheets = stage.ledger.sheets
    before = [sheet.token for sheet in sheets]
    off: list[timedelta] = []
    rejected = cells = 0
    try:
        # Tokens that are good at every clock that is met here.
        with issuing(DAY * 2):
            for sheet in sheets:
                sheet.token = of_teacher(stage, sheet)
            for parts, difference in ROUNDS:
                shifted = clock_off_by(difference)
                playing = stage.play(API, RELAY, AGGREGATOR, settings=dict.fromkeys(parts, shifted))
                [shown] = [one for one in playing if one.part == parts[0]]
                off.append(abs(off_by(shown)))
                if API in parts:
                    # One that has expired there, or one that is given in what is the future there.
                    ahead = difference > timedelta()
                    with issuing(tokens.LIFETIME - DAY / 2 if ahead else timedelta()):
                        rejected += refused(shown, sheets[0], of_teacher(stage, sheets[0]))
                with flowing(stage, scenario.lots, rate=30) as flow:
                    pause(2)
                assert flow.answered
                cells = scenario.check(stage).cells
    finally:
        for sheet, token in zip(sheets, before, strict=True):
            sheet.token = token
    scenario.report(rounds=len(ROUNDS), rejected=rejected, cells=cells)
    scenario.saw(min(off) > DAY - timedelta(minutes=5), "a clock was not off")
    assert rejected == 2

"""The demo's school day, small: what guardians and a subscriber have to hear arrives, once."""

from datetime import UTC, datetime

import pytest

from edu import totals, verify
from edu.client import Suite
from edu.demo.arrivals import arrived
from edu.demo.canaries import canaries
from edu.demo.playing import play
from edu.demo.province import province, some
from edu.embedded.postgres import in_thread
from edu.freshness import wait_until_counted
from edu.home import Home
from edu.letterbox import Letterbox

SCHOOLS = some(province(2026, 1)[8:10], rooms=1)
"""Two lower-secondary schools with a class each: 80 pupils and guardians, 10 of whom get letters.
"""


async def messages_counted(suite: Suite) -> int:
    """Give the province's N52."""
    answer = await suite.query(
        "ioc-aggregator", "/indicators", role="service", params={"indicator": "N52"}
    )
    return int(answer["indicators"][0]["number"]["numerator"])


async def test_a_school_day_arrives_whole_and_a_second_one_changes_nothing(
    suite: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    letterbox = Letterbox.of(suite)
    async with Suite(suite) as client:
        first = await play(client, suite, SCHOOLS)
        found = await arrived(letterbox, first)
        assert found.letters == first.letters
        assert len(first.letters) == 10
        assert len(first.pupils) == len(first.guardians) == 80
        assert set(found.calls) == {*first.stage.facts, "message-delivered"}

        again = await play(client, suite, SCHOOLS)
        assert (again.pupils, again.letters) == (first.pupils, first.letters)
        assert await arrived(letterbox, again) == found

        moments = dict.fromkeys(("notifications", "payments"), datetime.now(UTC))
        await wait_until_counted(client, client.answered | moments)
        assert await messages_counted(client) == found.letters.total()
    mail = b"".join(path.read_bytes() for path in letterbox.letters_folder.iterdir())
    heard = {pupil.guardian.email for school in SCHOOLS for pupil in school.heard}
    sent = {one.text for one in canaries(SCHOOLS) if one.kind == "email"}
    assert {address for address in sent if address.encode() in mail} == heard
    capsys.readouterr()
    assert in_thread(totals.main, []) == 0
    assert verify.main([]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("records, 0 differ")

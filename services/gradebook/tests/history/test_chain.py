"""The chain: made outside of saves, signed, and broken by whatever somebody alters afterwards."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from contracts.checkpoints import HistoryCheckpointed
from contracts.envelope import Tombstone
from edu.audit import verify_history
from edu.audit.drawing import Model, Save, draw
from edu.audit.verify_history import Verdict, verify
from edu.testing.facts import SCHOOL, YEAR
from gradebook.history import commands
from gradebook.history.chaining import Chaining

PUPILS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(6)]
WANTED = {"up": 12, "down": 16, "same": 5, "gone": 3}
AUDITOR = "auditor"


async def drawn(book: Any, seed: int) -> tuple[str, Model, int]:
    """Let a drawn history happen in two columns."""
    class_id = await book.class_6a(PUPILS)
    sheets = {await book.sheet(class_id, position=at): PUPILS for at in (1, 2)}
    model = Model()
    saves = 0
    for save in draw(seed, sheets, model, WANTED):
        await send(book, save)
        saves += 1
    return class_id, model, saves


async def send(book: Any, save: Save) -> None:
    cells = [
        {"pupil_id": one.pupil_id, "score": one.score, "version": one.version}
        for one in save.entries
    ]
    why = {} if save.first else {"reason_code": "other", "reason": "sửa ở bàn số 1"}
    await book.save(save.sheet_id, cells, **why)


async def pages(book: Any, limit: int = 7) -> list[dict[str, Any]]:
    """Read the whole chain in small pages."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        params = {"after": after, "limit": limit}
        found.append(await book.get("/history/chain", params=params, token=AUDITOR))
        if found[-1]["next"] == after:
            return found
        after = found[-1]["next"]


async def verdict(book: Any, key: str, witness: Sequence[dict[str, Any]] = ()) -> Verdict:
    return verify(await pages(book), key, witness)


async def tamper(book: Any, *statements: str) -> None:
    """Do what the service's own triggers refuse."""
    async with book.database.transaction() as session:
        for table in ("cell_change", "score_save"):
            await session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            await session.execute(text(statement))
        for table in ("cell_change", "score_save"):
            await session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))


@pytest.mark.parametrize("seed", [1, 20260104])
async def test_the_history_of_a_seed_is_what_an_own_model_knows(
    book: Any, chaining: Chaining, public_key: str, seed: int
) -> None:
    class_id, model, saves = await drawn(book, seed)
    found = await book.get("/history/effect", params={"class_id": class_id}, token=AUDITOR)
    assert (found["summary"]["up"], found["summary"]["down"]) == (12, 16)
    assert model.edits == {"up": 12, "down": 16}
    affected = model.affected()
    assert found["summary"]["pupils"] == len(affected)
    assert {
        one["pupil_id"]: {
            cell["sheet_id"] for cell in one["cells"] if cell["effect"] != "unchanged"
        }
        for one in found["pupils"]
        if any(cell["effect"] != "unchanged" for cell in one["cells"])
    } == {pupil: set(cells) for pupil, cells in affected.items()}
    await chaining.turn()
    verdict_ = await verdict(book, public_key)
    assert verdict_.faults == []
    assert (verdict_.links, verdict_.changes, verdict_.whole) == (saves, model.changes, True)
    assert verdict_.signed == saves


async def test_a_part_proves_itself_by_inclusion(
    book: Any, chaining: Chaining, public_key: str
) -> None:
    class_id, _, saves = await drawn(book, 3)
    await chaining.turn()
    params = {"class_id": class_id, "edited": "true", "format": "json"}
    part = await book.get("/history/export", params=params, token=AUDITOR)
    found = verify([part], public_key)
    assert (found.faults, found.whole) == ([], False)
    assert found.signed == found.links == saves - 2
    entry = part["links"][4]["entry"]
    entry["cells"][0][4] = 1000 if entry["cells"][0][4] != 1000 else 990
    part["links"][4]["hash"] = "of no use"
    assert f"chain broken at #{entry['number']}: the signed root does not hold it" in "\n".join(
        verify([part], public_key).faults
    )


async def test_what_is_younger_than_the_checkpoint_says_so(
    book: Any, chaining: Chaining, public_key: str
) -> None:
    class_id = await book.class_6a(PUPILS)
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": PUPILS[0], "score": "8"}])
    await chaining.turn()
    await book.save(sheet_id, [{"pupil_id": PUPILS[1], "score": "8"}])
    await Chaining(book.database, None, every_seconds=0).turn()
    params = {"class_id": class_id, "format": "json"}
    part = await book.get("/history/export", params=params, token=AUDITOR)
    assert [link["inclusion"] for link in part["links"]] == [[], None]
    found = verify([part], public_key)
    assert (found.faults, found.links, found.signed) == ([], 2, 1)


ALTERED = {
    "a value": "UPDATE cell_change SET after = after + 10 WHERE {this} AND after < 1000",
    "the value before": "UPDATE cell_change SET before = 10 WHERE {this}",
    "who": "UPDATE cell_change SET changed_by = gen_random_uuid() WHERE {this}",
    "when": "UPDATE cell_change SET changed_at = changed_at - interval '1 s' WHERE {this}",
    "the day": "UPDATE cell_change SET day = day - 1 WHERE {this}",
    "the reason": "UPDATE cell_change SET reason = 'khác' WHERE {this}",
    "its code": "UPDATE cell_change SET reason_code = 'remarked' WHERE {this}",
    "from where": "UPDATE score_save SET device = 'another' WHERE save_id = '{save}'",
    "a row": "DELETE FROM cell_change WHERE {this}",
    "the column": "UPDATE sheet SET position = 9 WHERE sheet_id = '{sheet}'",
}


@pytest.mark.parametrize("what", ALTERED)
async def test_one_altered_row_breaks_the_chain_at_its_link(
    book: Any, chaining: Chaining, public_key: str, what: str
) -> None:
    await drawn(book, 5)
    await chaining.turn()
    rows = await book.rows(
        "SELECT c.sheet_id, c.pupil_id, c.version, c.save_id, s.number FROM cell_change c "
        "JOIN score_save s USING (sheet_id, save_id) WHERE c.before > 10 AND c.after < 1000 "
        "AND c.reason_code IS NOT NULL ORDER BY s.number LIMIT 1 OFFSET 3"
    )
    sheet_id, pupil_id, version, save_id, number = rows[0]
    this = f"sheet_id = '{sheet_id}' AND pupil_id = '{pupil_id}' AND version = {version}"
    await tamper(book, ALTERED[what].format(this=this, save=save_id, sheet=sheet_id))
    faults = (await verdict(book, public_key)).faults
    broken = [fault for fault in faults if fault.startswith("chain broken at")]
    if what == "the column":
        assert len(broken) > 1
    else:
        assert broken[0].startswith(f"chain broken at #{number}:")


async def test_a_chain_made_anew_is_not_what_was_signed(
    book: Any, chaining: Chaining, public_key: str
) -> None:
    await drawn(book, 6)
    await chaining.turn()
    kept = (await book.get("/history/checkpoints"))["checkpoints"]
    assert (await verdict(book, public_key, kept)).witnessed == 1
    await tamper(
        book,
        "UPDATE cell_change SET after = 1000 WHERE version = 1 AND after < 1000",
        "UPDATE score_save SET number = NULL, hash = NULL",
        "TRUNCATE chain_node",
    )
    # Whoever owns the database makes the whole chain anew …
    async with book.database.transaction() as session:
        while await commands.chain(session):
            pass
    faults = (await verdict(book, public_key, kept)).faults
    assert any("is not the one that was signed" in fault for fault in faults)
    # … and signs it again: then the witness knows better.
    await tamper(book, "TRUNCATE chain_checkpoint")
    await chaining.turn()
    faults = (await verdict(book, public_key, kept)).faults
    assert [fault for fault in faults if fault.startswith("the witness keeps another root")]


async def test_a_chain_that_was_cut_off_shows(
    book: Any, chaining: Chaining, public_key: str
) -> None:
    await drawn(book, 7)
    await chaining.turn()
    await tamper(book, "DELETE FROM score_save WHERE number > 5")
    faults = (await verdict(book, public_key)).faults
    assert any(fault.startswith("chain cut off at #5") for fault in faults)


async def test_another_key_is_not_ours(book: Any, chaining: Chaining) -> None:
    await drawn(book, 8)
    await chaining.turn()
    other = "A" * 43 + "="
    assert any("not signed by the key" in one for one in (await verdict(book, other)).faults)


async def test_forgotten_words_break_nothing(
    book: Any, chaining: Chaining, public_key: str
) -> None:
    class_id = await book.class_6a(PUPILS[:2])
    sheet_id = await book.sheet(class_id)
    cells = [{"pupil_id": one, "score": "8"} for one in PUPILS[:2]]
    await book.save(sheet_id, cells)
    again = [{"pupil_id": one, "score": "9", "version": 1} for one in PUPILS[:2]]
    await book.save(sheet_id, again, reason_code="other", reason="đổi chỗ với bạn An")
    await chaining.turn()
    for pupil, salted in ((PUPILS[0], True), (PUPILS[1], False)):
        await book.hear(Tombstone(pupil))
        ((salt, digest),) = await book.rows(
            "SELECT reason_salt, reason_digest FROM score_save WHERE number = 2"
        )
        assert (salt is not None, digest is not None) == (salted, True)
        assert (await verdict(book, public_key)).faults == []
    assert "đổi chỗ" not in str(await pages(book))


async def test_saves_wait_for_nobody_and_one_makes_the_chain(
    book: Any, chaining: Chaining, public_key: str
) -> None:
    class_id = await book.class_6a(PUPILS)
    sheets = [await book.sheet(class_id, position=at) for at in (1, 2, 3)]
    async with book.database.transaction() as leading:
        assert await commands.take_turn(leading)
        # While somebody makes the chain, everybody saves …
        for sheet_id in sheets:
            await book.save(sheet_id, [{"pupil_id": one, "score": "8"} for one in PUPILS])
        # … and nobody else makes it.
        assert not await chaining.turn()
        assert await book.rows("SELECT 1 FROM score_save WHERE number IS NOT NULL") == []
    other = Chaining(book.database, None, every_seconds=0)
    await asyncio.gather(chaining.turn(), other.turn())
    await chaining.turn()
    found = await verdict(book, public_key)
    assert (found.faults, found.links, found.signed) == ([], 3, 3)


async def test_a_checkpoint_is_told_to_the_witness(book: Any, chaining: Chaining) -> None:
    class_id = await book.class_6a(PUPILS)
    for at in (1, 2, 3):
        sheet_id = await book.sheet(class_id, position=at)
        await book.save(sheet_id, [{"pupil_id": PUPILS[0], "score": "8"}])
        await chaining.turn()
        await chaining.turn()
    told = [
        HistoryCheckpointed.read(json.dumps(one.data))
        for one in await book.outbox("history-checkpointed")
    ]
    assert [(one.before_size, one.size, len(one.consistency)) for one in told] == [
        (0, 1, 0),
        (1, 2, 1),
        (2, 3, 1),
    ]
    answered = (await book.get("/history/checkpoints", token="guardian"))["checkpoints"]
    assert [one["root"] for one in answered] == [one.root for one in told]


async def test_a_save_that_changes_nothing_is_no_link(book: Any, chaining: Chaining) -> None:
    class_id = await book.class_6a(PUPILS)
    sheet_id = await book.sheet(class_id)
    cells = [{"pupil_id": PUPILS[0], "score": "8"}]
    await book.save(sheet_id, cells)
    await book.save(sheet_id, [cells[0] | {"version": 1}])
    await chaining.turn()
    assert (await pages(book))[0]["head"] == 1


async def test_the_history_of_a_school_names_every_class(book: Any) -> None:
    one = await book.class_6a(PUPILS[:3])
    other = await book.class_6a(PUPILS[3:], name="6B")
    for class_id, pupil in ((one, PUPILS[0]), (other, PUPILS[3])):
        sheet_id = await book.sheet(class_id)
        await book.save(sheet_id, [{"pupil_id": pupil, "score": "8"}])
    params = {"school_id": SCHOOL, "school_year": YEAR}
    found = await book.get("/history", params=params, token=AUDITOR)
    assert sorted(one["class_name"] for one in found["columns"]) == ["6A", "6B"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE score_save SET device = 'another'",
        "UPDATE score_save SET number = 7 WHERE number = 1",
        "UPDATE score_save SET reason_digest = NULL",
        "DELETE FROM score_save",
        "UPDATE cell_change SET save_id = gen_random_uuid()",
    ],
)
async def test_the_database_itself_refuses_to_alter_a_link(
    book: Any, chaining: Chaining, statement: str
) -> None:
    class_id = await book.class_6a(PUPILS)
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": PUPILS[0], "score": "8"}])
    cells = [{"pupil_id": PUPILS[0], "score": "9", "version": 1}]
    await book.save(sheet_id, cells, reason_code="other", reason="lý do")
    await chaining.turn()
    with pytest.raises(Exception, match="append-only"):
        async with book.database.transaction() as session:
            await session.execute(text(statement))


def written(folder: Path, found: Sequence[dict[str, Any]]) -> list[str]:
    """Write pages to files; give their names."""
    names = []
    for number, page in enumerate(found):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(page, ensure_ascii=False), "utf-8")
        names.append(str(path))
    return names


async def test_the_public_script_needs_the_files_and_the_key_alone(
    book: Any,
    chaining: Chaining,
    public_key: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await drawn(book, 9)
    await chaining.turn()
    kept = await book.get("/history/checkpoints")
    *names, witness = written(tmp_path, [*await pages(book), kept])
    options = ["--key", public_key, "--witness", witness]
    script = [sys.executable, "-I", verify_history.__file__, *names, *options]
    alone = await asyncio.to_thread(
        subprocess.run, script, capture_output=True, text=True, check=False
    )
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.endswith("1 roots witnessed: holds\n")
    altered = json.loads(json.dumps(await pages(book), ensure_ascii=False).replace("bàn", "ban"))
    written(tmp_path, altered)
    assert verify_history.main([*names, *options]) == 1
    assert "its reason is not the one that was given" in capsys.readouterr().out

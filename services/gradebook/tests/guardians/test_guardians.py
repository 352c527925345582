"""A guardian reads the scores of the own children, for as long as they are."""

from typing import Any

from edu.testing.facts import linked, unlinked

AN, BINH = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(2))
MOTHER = "00000000-0000-4000-8000-00000000000a"
TOKEN = f"guardian/{MOTHER}"


async def scored(book: Any) -> tuple[str, str]:
    """Give both pupils a corrected score and publish it; return their class and sheet."""
    class_id = await book.class_6a([AN, BINH])
    sheet_id = await book.sheet(class_id)
    await book.save(sheet_id, [{"pupil_id": pupil, "score": "8"} for pupil in (AN, BINH)])
    again = [{"pupil_id": pupil, "score": "9", "version": 1} for pupil in (AN, BINH)]
    await book.save(sheet_id, again, reason_code="other", reason="nhầm với em Bình")
    await book.put("/publications", {"sheet_ids": [sheet_id], "published": True})
    return class_id, sheet_id


async def test_a_guardian_reads_the_own_childs_row_and_nothing_else(book: Any) -> None:
    class_id, sheet_id = await scored(book)
    await book.get(f"/pupils/{AN}/scores", token=TOKEN, expect=404)
    await book.hear(linked(MOTHER, AN))
    row = await book.get(f"/pupils/{AN}/scores", token=TOKEN)
    [column] = row["columns"]
    assert (row["pupil_id"], column["score"]) == (AN, "9")
    assert [(one["what"], one["after"], one["reason_code"]) for one in column["history"]] == [
        ("entered", "8", None),
        ("corrected", "9", "other"),
    ]
    # Words may be about another child.
    assert "Bình" not in str(row)
    assert "Bình" in str(await book.get(f"/pupils/{AN}/scores"))
    for path, status in (
        (f"/pupils/{BINH}/scores", 404),
        (f"/sheets/{sheet_id}", 404),
        (f"/classes/{class_id}/sheets", 404),
        (f"/classes/{class_id}", 403),
    ):
        await book.get(path, token=TOKEN, expect=status)
    cells = [{"pupil_id": AN, "score": "10", "version": 2}]
    await book.save(sheet_id, cells, reason_code="remarked", token=TOKEN, expect=403)


async def test_who_is_no_guardian_any_more_reads_nothing_whatever_comes_late(book: Any) -> None:
    await scored(book)
    await book.hear(linked(MOTHER, AN), linked(MOTHER, BINH), unlinked(MOTHER, AN, version=2))
    await book.get(f"/pupils/{AN}/scores", token=TOKEN, expect=404)
    await book.get(f"/pupils/{BINH}/scores", token=TOKEN)
    await book.hear(linked(MOTHER, AN, version=1))
    await book.get(f"/pupils/{AN}/scores", token=TOKEN, expect=404)
    await book.hear(linked(MOTHER, AN, version=3))
    await book.get(f"/pupils/{AN}/scores", token=TOKEN)


async def test_only_a_guardians_token_says_so(book: Any) -> None:
    await scored(book)
    await book.hear(linked(MOTHER, AN))
    for token in (f"teacher/{MOTHER}", "guardian/nobody", f"guardian/{AN}"):
        await book.get(f"/pupils/{AN}/scores", token=token, expect=404)

"""Control totals: the owners' books against the statistics' cells."""

from edu import totals
from edu.verify.recount import Cells, Key

SCHOOL, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
EVERYBODY = dict.fromkeys({book.owner for book in totals.BOOKS}, "postgres://")


def cell(
    family: str, name: str, school: str = SCHOOL, year: str = "2026-2027"
) -> tuple[str, Key, str]:
    return family, (("school", school), ("school_year", year)), name


CELLS: Cells = {
    cell("scores", "sum"): 850,
    cell("scores", "sum", OTHER): 400,
    cell("scores", "sum", year="2025-2026"): 1000,
    cell("charges", "billed"): 500_000,
    cell("settled", "collected"): 200_000,
    cell("links", "links", year="2025-2026"): 3,
    cell("links", "links"): -1,
    cell("pupils", "count"): 0,
}


def test_cells_come_to_the_totals_of_their_owners() -> None:
    assert totals.of_statistics(CELLS, EVERYBODY) == {
        ("sum_of_scores", "2026-2027"): 1250,
        ("sum_of_scores", "2025-2026"): 1000,
        ("billed", "2026-2027"): 500_000,
        ("receivable", "2026-2027"): 300_000,
        ("links", ""): 2,
    }
    assert totals.of_statistics(CELLS, {"notifications": ""}) == {("links", ""): 2}


def test_what_moves_is_asked_again_until_it_rests() -> None:
    owned = iter([{("links", ""): 1}, {("links", ""): 2}])
    found = totals.settled(lambda: next(owned), lambda: {("links", ""): 2}, pause=0)
    assert found == ({("links", ""): 2}, {("links", ""): 2})


def test_what_differs_is_given_as_it_is() -> None:
    found = totals.settled(lambda: {("links", ""): 1}, dict, seconds=0, pause=0)
    assert found == ({("links", ""): 1}, {})

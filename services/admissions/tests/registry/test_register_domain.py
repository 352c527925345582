"""The rules of the register by examples and by properties."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admissions.registry import domain
from admissions.registry.domain import School, Unit
from chassis.errors import Conflict, Invalid, Problem
from contracts.lists import Level, Ownership, UnitKind

START = date(2025, 7, 1)
PROVINCE = domain.register(
    {}, code="80", name="Tây Ninh", kind=UnitKind.PROVINCE, parent_id=None, valid_from=START
)


def commune(tree: dict[str, Unit], code: str, valid_from: date = START) -> Unit:
    unit = domain.register(
        tree,
        code=code,
        name=f"Xã {code}",
        kind=UnitKind.COMMUNE,
        parent_id=PROVINCE.id,
        valid_from=valid_from,
    )
    tree[unit.id] = unit
    return unit


@pytest.fixture
def tree() -> dict[str, Unit]:
    units = {PROVINCE.id: PROVINCE}
    for code in ("25459", "25480", "25486"):
        commune(units, code)
    return units


def units_of(tree: dict[str, Unit]) -> list[Unit]:
    return [unit for unit in tree.values() if unit.kind is UnitKind.COMMUNE]


def test_an_id_follows_from_code_and_day() -> None:
    assert domain.unit_id("80", START) == PROVINCE.id
    assert domain.unit_id("80", date(2020, 1, 1)) != PROVINCE.id
    assert domain.school_id("80", START) != PROVINCE.id
    # Lasting: whatever was registered keeps its id for ever.
    assert PROVINCE.id == "d3d04ebd-f02f-5e33-bc4e-0d1def40457b"


def test_a_code_is_free_again_when_its_unit_has_ended(tree: dict[str, Unit]) -> None:
    one, other, _ = units_of(tree)
    ended = domain.merge(tree, one, other, version=1, valid_from=date(2026, 7, 1))
    tree[one.id] = ended
    with pytest.raises(Conflict, match="unit-code-in-use"):
        commune(tree, one.code, date(2026, 6, 30))
    assert commune(tree, one.code, date(2026, 7, 1)).id != one.id


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"code": "254590"}, "rule-broken"),
        ({"parent_id": None}, "rule-broken"),
        ({"parent_id": "nobody"}, "rule-broken"),
        ({"kind": UnitKind.PROVINCE, "code": "72"}, "rule-broken"),
        ({"valid_from": START - timedelta(days=1)}, "rule-broken"),
        ({"code": "25459"}, "unit-known"),
    ],
)
def test_a_unit_that_breaks_a_rule_is_refused(
    tree: dict[str, Unit], change: dict[str, object], slug: str
) -> None:
    wanted: dict[str, object] = {
        "code": "25489",
        "name": "Tân Lập",
        "kind": UnitKind.COMMUNE,
        "parent_id": PROVINCE.id,
        "valid_from": START,
    }
    with pytest.raises(Problem, match=slug):
        domain.register(tree, **(wanted | change))  # type: ignore[arg-type]


def test_a_unit_under_a_commune_is_refused(tree: dict[str, Unit]) -> None:
    with pytest.raises(Invalid, match="cấp xã"):
        domain.register(
            tree,
            code="25489",
            name="Tân Lập",
            kind=UnitKind.COMMUNE,
            parent_id=units_of(tree)[0].id,
            valid_from=START,
        )


def test_a_commune_may_become_a_ward_but_no_province(tree: dict[str, Unit]) -> None:
    unit = units_of(tree)[0]
    ward = domain.rename(
        unit, version=1, name=unit.name, kind=UnitKind.WARD, valid_from=date(2026, 1, 1)
    )
    assert (ward.kind, ward.version, ward.valid_from) == (UnitKind.WARD, 2, START)
    for kind, day in ((UnitKind.PROVINCE, date(2026, 1, 1)), (UnitKind.WARD, date(2025, 6, 30))):
        with pytest.raises(Invalid):
            domain.rename(unit, version=1, name="Khác", kind=kind, valid_from=day)
    with pytest.raises(Invalid, match="như cũ"):
        domain.rename(unit, version=1, name=unit.name, kind=None, valid_from=START)


def test_the_rules_of_a_merger(tree: dict[str, Unit]) -> None:
    one, other, third = units_of(tree)
    day = date(2026, 7, 1)

    def refused(unit: Unit, into: Unit, slug: str, when: date = day) -> None:
        with pytest.raises(Problem, match=slug):
            domain.merge(tree, unit, into, version=unit.version, valid_from=when)

    refused(one, one, "rule-broken")
    refused(PROVINCE, one, "unit-has-parts")
    refused(one, other, "rule-broken", START - timedelta(days=1))
    with pytest.raises(Conflict, match="version-conflict"):
        domain.merge(tree, one, other, version=2, valid_from=day)
    tree[one.id] = domain.merge(tree, one, other, version=1, valid_from=day)
    refused(tree[one.id], third, "unit-ended")
    refused(other, tree[one.id], "merge-cycle")
    refused(other, tree[one.id], "merge-cycle", date(2026, 1, 1))
    refused(third, tree[one.id], "unit-ended")
    refused(other, third, "unit-receives-later", date(2026, 1, 1))
    assert domain.merge(tree, third, tree[one.id], version=1, valid_from=date(2026, 1, 1))


MERGERS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.dates(START, date(2030, 1, 1))), max_size=12
)


@given(MERGERS)
def test_every_unit_has_one_living_successor_on_every_day(
    mergers: list[tuple[int, int, date]],
) -> None:
    tree: dict[str, Unit] = {PROVINCE.id: PROVINCE}
    units = [commune(tree, f"2545{number}") for number in range(6)]
    for one, other, day in mergers:
        unit = tree[units[one].id]
        try:
            ended = domain.merge(
                tree, unit, tree[units[other].id], version=unit.version, valid_from=day
            )
        except Problem:
            continue
        tree[unit.id] = ended
    for unit in tree.values():
        step, day = unit, unit.valid_from
        while step.merged_into_id is not None:
            assert step.ended_on is not None
            assert step.ended_on >= day
            day = step.ended_on
            step = tree[step.merged_into_id]
            assert step.lives_on(day)
        assert step.ended_on is None


SCHOOL = domain.new_school(
    code="80001",
    name="THCS Tân Ninh",
    levels=[Level.THPT, Level.THCS, Level.THPT],
    ownership=Ownership.PUBLIC,
    unit_id=domain.unit_id("25459", START),
    valid_from=START,
)


def test_levels_stand_once_and_in_order() -> None:
    assert SCHOOL.levels == (Level.THCS, Level.THPT)


def test_a_school_changes_from_the_version_that_was_read() -> None:
    closed = replace(SCHOOL, open=False, valid_from=date(2026, 8, 1))
    assert domain.change_school(SCHOOL, closed) == replace(closed, version=2)
    assert domain.change_school(SCHOOL, replace(SCHOOL, version=9)) is SCHOOL
    with pytest.raises(Conflict, match="version-conflict"):
        domain.change_school(SCHOOL, replace(closed, version=2))
    with pytest.raises(Invalid, match="Ngày hiệu lực"):
        domain.change_school(SCHOOL, replace(SCHOOL, name="Khác", valid_from=date(2024, 1, 1)))


def test_a_school_stands_in_a_living_commune(tree: dict[str, Unit]) -> None:
    def what(school: School) -> str:
        fault = domain.check_commune(school, tree)
        return fault.what if fault else ""

    assert what(SCHOOL) == ""
    assert "Không có" in what(replace(SCHOOL, unit_id="nobody"))
    assert "không phải" in what(replace(SCHOOL, unit_id=PROVINCE.id))
    one, other, _ = units_of(tree)
    tree[one.id] = domain.merge(tree, one, other, version=1, valid_from=date(2026, 7, 1))
    assert what(SCHOOL) == ""
    assert f"nay thuộc {other.name}" in what(replace(SCHOOL, valid_from=date(2026, 7, 1)))

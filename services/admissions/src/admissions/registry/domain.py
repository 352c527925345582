"""The rules of the register, without I/O and without a clock.

A unit lives from ``valid_from`` until the day before ``ended_on``. It never changes what it was:
a merger ends it and points to the unit that goes on, so both borders can be shown for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID, uuid5

from chassis.errors import Conflict, FieldError, Invalid
from contracts.lists import Level, Ownership, UnitKind

_NAMESPACE = UUID("0b7c1d5e-7a53-5c0e-9d6b-3f6f2f0c8a11")
"""Never change it: the ids of everything registered follow from it."""

PROVINCE_CODE, PROVINCE_NAME = "80", "Tây Ninh"
MERGER_DAY = date(2025, 7, 1)
"""From this day there are two tiers, and Tây Ninh is 80, which was Long An's code before."""

_CODE_DIGITS = {
    UnitKind.PROVINCE: 2,
    UnitKind.DISTRICT: 3,
    UnitKind.COMMUNE: 5,
    UnitKind.WARD: 5,
    UnitKind.TOWNSHIP: 5,
    UnitKind.SPECIAL_ZONE: 5,
}
COMMUNE_KINDS = frozenset(kind for kind, digits in _CODE_DIGITS.items() if digits == 5)  # noqa: PLR2004
"""What a school stands in."""


def unit_id(code: str, valid_from: date) -> str:
    """Return the id of the unit that has ``code`` from this day: imports are repeatable by it."""
    return str(uuid5(_NAMESPACE, f"unit:{code}:{valid_from}"))


def school_id(code: str, valid_from: date) -> str:
    """Return the id of the school that was first registered under ``code`` from this day."""
    return str(uuid5(_NAMESPACE, f"school:{code}:{valid_from}"))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the administration (đơn vị hành chính) as it now is."""

    id: str
    version: int
    code: str
    name: str
    kind: UnitKind
    parent_id: str | None
    valid_from: date
    named_from: date
    ended_on: date | None = None
    merged_into_id: str | None = None

    def lives_on(self, day: date) -> bool:
        """Tell whether the unit exists on ``day``."""
        return self.valid_from <= day and (self.ended_on is None or day < self.ended_on)


Tree = Mapping[str, Unit]
"""All units, by id."""


def register(
    tree: Tree, *, code: str, name: str, kind: UnitKind, parent_id: str | None, valid_from: date
) -> Unit:
    """Return the new unit, or the one that the very same registration made before."""
    unit = Unit(
        unit_id(code, valid_from), 1, code, name, kind, parent_id, valid_from, named_from=valid_from
    )
    if (known := tree.get(unit.id)) is not None:
        if known != unit:
            raise Conflict(
                "unit-known",
                f"Đơn vị mã {code} từ ngày {_day(valid_from)} đã đăng ký: {known.name}.",
                unit_id=known.id,
            )
        return unit
    _check_code(tree, unit)
    _check_parent(tree, unit)
    return unit


def rename(unit: Unit, *, version: int, name: str, kind: UnitKind | None, valid_from: date) -> Unit:
    """Return the unit under its name (and kind: xã becomes phường) from ``valid_from`` on."""
    _check_version(unit, version)
    _check_living(unit)
    if valid_from < unit.named_from:
        raise _too_early("valid_from", unit.named_from, f"{unit.name} mang tên hiện nay")
    renamed = replace(
        unit,
        version=unit.version + 1,
        name=name,
        kind=unit.kind if kind is None else kind,
        named_from=valid_from,
    )
    if _CODE_DIGITS.get(renamed.kind) != _CODE_DIGITS.get(unit.kind):
        raise _invalid("kind", "Đổi tên không đổi được cấp của đơn vị.", "Giữ cùng cấp hành chính.")
    if (renamed.name, renamed.kind) == (unit.name, unit.kind):
        raise _invalid("name", "Tên và loại vẫn như cũ.", "Nhập tên mới hoặc loại mới.")
    return renamed


def merge(tree: Tree, unit: Unit, into: Unit, *, version: int, valid_from: date) -> Unit:
    """Return ``unit`` ended on ``valid_from`` and become part of ``into``."""
    _check_version(unit, version)
    if unit.id == into.id:
        raise _invalid("into_id", "Không thể nhập một đơn vị vào chính nó.", "Chọn đơn vị khác.")
    _check_living(unit)
    if any(step.id == unit.id for step in _destiny(tree, into)):
        raise Conflict("merge-cycle", f"{into.name} đã được nhập vào {unit.name}: thành vòng lặp.")
    if valid_from < (earliest := max(unit.valid_from, unit.named_from, into.valid_from)):
        raise _too_early("valid_from", earliest, "các đơn vị này có hiệu lực")
    if not into.lives_on(valid_from):
        raise Conflict("unit-ended", f"{into.name} không còn tồn tại vào ngày {_day(valid_from)}.")
    for other in tree.values():
        if other.parent_id == unit.id and (other.ended_on is None or other.ended_on > valid_from):
            raise Conflict("unit-has-parts", f"{unit.name} còn đơn vị trực thuộc: {other.name}.")
        if other.merged_into_id == unit.id and other.ended_on and other.ended_on >= valid_from:
            raise Conflict(
                "unit-receives-later",
                f"{other.name} được nhập vào {unit.name} từ ngày {_day(other.ended_on)}, "
                f"nên {unit.name} không thể kết thúc trước ngày đó.",
            )
    return replace(unit, version=unit.version + 1, ended_on=valid_from, merged_into_id=into.id)


def _destiny(tree: Tree, unit: Unit) -> Iterable[Unit]:
    """Yield the unit and what it becomes part of, one merger after the other."""
    step: Unit | None = unit
    while step is not None:
        yield step
        step = tree.get(step.merged_into_id) if step.merged_into_id else None


def _check_code(tree: Tree, unit: Unit) -> None:
    digits = _CODE_DIGITS.get(unit.kind)
    if digits is not None and len(unit.code) != digits:
        raise _invalid("code", f"Mã đơn vị loại này có {digits} chữ số.", "Sửa lại mã.")
    for other in tree.values():
        if other.code == unit.code and (other.ended_on is None or unit.valid_from < other.ended_on):
            raise Conflict(
                "unit-code-in-use",
                f"Mã {unit.code} đang là mã của {other.name}.",
                unit_id=other.id,
            )


def _check_parent(tree: Tree, unit: Unit) -> None:
    if unit.parent_id is None:
        if unit.kind is not UnitKind.PROVINCE:
            raise _invalid("parent_id", "Chỉ tỉnh không có đơn vị cấp trên.", "Chọn tỉnh.")
        return
    parent = tree.get(unit.parent_id)
    if unit.kind is UnitKind.PROVINCE:
        raise _invalid("parent_id", "Tỉnh không thuộc đơn vị nào.", "Viết null.")
    if parent is None:
        raise _invalid("parent_id", "Không có đơn vị này.", "Lấy mã ở GET /v1/units.")
    if parent.kind in COMMUNE_KINDS:
        raise _invalid("parent_id", f"{parent.name} là cấp xã.", "Chọn tỉnh.")
    if not parent.lives_on(unit.valid_from):
        raise _invalid(
            "parent_id",
            f"{parent.name} không tồn tại vào ngày {_day(unit.valid_from)}.",
            "Chọn đơn vị còn hiệu lực vào ngày đó.",
        )


def _check_living(unit: Unit) -> None:
    if unit.ended_on is not None:
        raise Conflict("unit-ended", f"{unit.name} đã kết thúc từ ngày {_day(unit.ended_on)}.")


@dataclass(frozen=True, slots=True)
class School:
    """A school (cơ sở giáo dục) as it now is."""

    id: str
    version: int
    code: str
    name: str
    levels: tuple[Level, ...]
    ownership: Ownership
    unit_id: str
    valid_from: date
    open: bool = True


def new_school(
    *,
    code: str,
    name: str,
    levels: Iterable[Level],
    ownership: Ownership,
    unit_id: str,
    valid_from: date,
) -> School:
    """Return a school that opens; its id follows from code and day."""
    return School(
        id=school_id(code, valid_from),
        version=1,
        code=code,
        name=name,
        levels=in_order(levels),
        ownership=ownership,
        unit_id=unit_id,
        valid_from=valid_from,
    )


def same_school(known: School, wanted: School) -> School:
    """Return the school that the very same registration made before; refuse another one."""
    if known != wanted:
        raise Conflict(
            "school-known",
            f"Trường mã {wanted.code} từ ngày {_day(wanted.valid_from)} đã đăng ký: {known.name}.",
            school_id=known.id,
        )
    return known


def change_school(present: School, wanted: School) -> School:
    """Return ``wanted`` with its next version; equal to ``present`` when nothing changes."""
    if replace(wanted, version=present.version) == present:
        return present
    _check_version(present, wanted.version)
    if wanted.valid_from < present.valid_from:
        raise _too_early("valid_from", present.valid_from, "thông tin hiện nay có hiệu lực")
    return replace(wanted, version=present.version + 1)


def check_commune(school: School, tree: Tree) -> FieldError | None:
    """Return what is wrong with the place of a school that is registered or changed."""
    unit = tree.get(school.unit_id)
    how = "Chọn xã, phường nơi trường đóng, lấy ở GET /v1/units."
    if unit is None:
        return FieldError("unit_id", "Không có đơn vị hành chính này.", how)
    if unit.kind not in COMMUNE_KINDS:
        return FieldError("unit_id", f"{unit.name} không phải là xã, phường.", how)
    if unit.lives_on(school.valid_from):
        return None
    successor = tree.get(unit.merged_into_id or "")
    became = f"; nay thuộc {successor.name}" if successor else ""
    what = f"{unit.name} không tồn tại vào ngày {_day(school.valid_from)}{became}."
    return FieldError("unit_id", what, how)


def in_order(levels: Iterable[Level]) -> tuple[Level, ...]:
    """Return the levels once each, from preschool up."""
    chosen = set(levels)
    return tuple(level for level in Level if level in chosen)


def _check_version(present: Unit | School, version: int) -> None:
    if version != present.version:
        raise Conflict(
            "version-conflict",
            f"{present.name} đã được người khác thay đổi. Hãy tải lại rồi sửa.",
            version=present.version,
        )


def _too_early(where: str, earliest: date, since: str) -> Invalid:
    return _invalid(
        where,
        f"Ngày hiệu lực trước ngày {since} ({_day(earliest)}).",
        f"Nhập từ ngày {_day(earliest)} trở đi.",
    )


def _invalid(where: str, what: str, how: str) -> Invalid:
    return Invalid("rule-broken", what, errors=[FieldError(where, what, how)])


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"

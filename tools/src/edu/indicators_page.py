"""`docs/indicators.md`: every statistic, what it counts, and whether its events are emitted yet.

`python -m edu.indicators_page` writes it; with `--check` it says whether it is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from edu.home import ROOT
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import Group, Indicator

FILE = ROOT / "docs" / "indicators.md"

TITLES = {
    Group.PUPILS: "Trường, lớp, học sinh · Schools, classes, pupils",
    Group.STAFF: "Đội ngũ · Staff",
    Group.SCORES: "Sổ điểm · Gradebooks",
    Group.RESULTS: "Kết quả giáo dục, chuyên cần · Results and attendance",
    Group.TRANSCRIPTS: "Học bạ số · Digital transcripts",
    Group.ADMISSION: "Tuyển sinh · Admission",
    Group.CONTACT: "Liên lạc · Contact",
    Group.FEES: "Khoản thu · Fees",
    Group.ADOPTION: "Chuyển đổi số, kiểm định · Adoption and accreditation",
    Group.SYSTEM: "Hệ thống · System",
}

_HEAD = """\
# Indicators

Every statistic of IOC-EDU. Written by `python -m edu.indicators_page` from the aggregator's
catalogue, never by hand; `./edu check` compares.

A percentage is numerator ÷ denominator, both always shown, recomputed from sums. Each number
carries its as-of, and n of the N schools that it applies to. Ids are those of the province's list;
a digit more is a further number of the same entry.

Where a source was never heard of, the page shows "chưa có nguồn", never 0. **draft** marks an
indicator that rests on an event which no service emits yet: the event stands in the contracts in
its lasting shape, outside the gate, and only a simulator sends it. **report** marks one whose
numbers other systems own: they come as files through admissions
(`POST /v1/reports/{kind}/import`), and no number is ever typed in.
"""


def page() -> str:
    """Give the whole text."""
    lines = [_HEAD]
    drafts = [indicator.id for indicator in CATALOGUE.values() if indicator.draft]
    lines.append(
        f"{len(CATALOGUE)} indicators; {len(CATALOGUE) - len(drafts)} rest on events that services "
        f"emit, {len(drafts)} on at least one draft.\n"
    )
    for group in Group:
        members = [one for one in CATALOGUE.values() if one.group is group]
        lines.append(f"## {TITLES[group]}\n")
        for indicator in members:
            lines += _entry(indicator)
    return "\n".join(lines).rstrip() + "\n"


def _entry(indicator: Indicator) -> Iterator[str]:
    marks = [
        mark
        for mark, wanted in (("draft", indicator.draft), ("report", _is_reported(indicator)))
        if wanted
    ]
    marked = "".join(f" · **{mark}**" for mark in marks)
    yield f"### {indicator.id} {indicator.name.vi} · {indicator.name.en}{marked}\n"
    yield f"{indicator.definition.vi}\n"
    yield f"{indicator.definition.en}\n"
    yield "| | |"
    yield "|---|---|"
    yield f"| unit | {indicator.unit_name.vi} · {indicator.unit_name.en} (`{indicator.unit}`) |"
    yield f"| numerator | {indicator.numerator_name.vi} · {indicator.numerator_name.en} |"
    if indicator.denominator_name is not None:
        below = indicator.denominator_name
        yield f"| denominator | {below.vi} · {below.en} |"
    yield f"| by | {_listed((*indicator.dims, *indicator.fine_dims))} |"
    yield f"| periods | {', '.join(sorted(indicator.periods))} |"
    yield f"| levels | {', '.join(sorted(indicator.levels - {'other'}))} |"
    yield f"| streams | {_listed([stream.name for stream in indicator.streams])} |"
    yield f"| events | {_events(indicator)} |"
    yield f"| legal basis | {indicator.legal_basis} |"
    yield f"| version | {indicator.version} |\n"


def _events(indicator: Indicator) -> str:
    named = (
        f"`{event.schema_name()}`{' (draft)' if event.DRAFT else ''}" for event in indicator.events
    )
    return ", ".join(named) or "the register, and that a school was heard from"


def _is_reported(indicator: Indicator) -> bool:
    return any(stream.name == "admissions.reports.v1" for stream in indicator.streams)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` compare it; 1 if it is not what it should be."""
    wanted = page()
    if "--check" in arguments:
        if FILE.exists() and FILE.read_text("utf-8") == wanted:
            return 0
        print(f"{FILE.relative_to(ROOT)} is not up to date: python -m edu.indicators_page")
        return 1
    FILE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

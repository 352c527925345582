"""The queries. All are answered from memory, and show small numbers to whom they concern."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chassis.errors import FieldError, Invalid
from chassis.http import PrincipalDep, QueryRouter
from chassis.spreadsheets import CSV, XLSX
from contracts.lists import ColumnKind, Grade, Subject, Term
from ioc_aggregator.access import EngineDep, ScopeDep
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import Group, Indicator
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.policy import POLICY, READ_DUMP
from ioc_aggregator.rollups import journal, periods
from ioc_aggregator.views import (
    answers,
    catalogue,
    closes,
    dump,
    export,
    freshness,
    histograms,
    indicators,
    places,
)

router = QueryRouter(tags=["numbers"])

UnitQuery = Annotated[
    str | None,
    Query(description="A unit's or school's id; the whole when left out.", max_length=64),
]
DayQuery = Annotated[
    date | None,
    Query(alias="on", description="The day whose borders, names and schools apply; today."),
]
PeriodQuery = Annotated[
    str | None,
    Query(
        description="A school year 2026-2027, a term 2026-2027/HK1; a day 2026-11-20, a week "
        "2026-W47, a month 2026-11: what happened on them, or what stood at their end.",
        pattern=periods.PATTERN,
    ),
]
AsOfQuery = Annotated[
    date | None, Query(description="As it was counted at the end of this past day.")
]
_MOST_FILTERS = 16


async def _numbers(
    *,
    request: Request,
    engine: EngineDep,
    scope: ScopeDep,
    unit: UnitQuery = None,
    indicator: Annotated[
        list[str] | None,
        Query(description="Ids such as N26, repeated; else the first page's, in a file all."),
    ] = None,
    period: PeriodQuery = None,
    by: Annotated[
        str | None, Query(description="One dimension to break down by.", max_length=32)
    ] = None,
    dims: Annotated[
        list[str] | None,
        Query(
            description="Filters such as sex:female, repeated; only where small numbers are shown.",
            max_length=_MOST_FILTERS,
        ),
    ] = None,
    group: Annotated[
        Group | None, Query(description="All indicators of one group, instead of their ids.")
    ] = None,
    day: DayQuery = None,
    as_of: AsOfQuery = None,
) -> answers.IndicatorsAnswer:
    in_a_file = request.url.path.endswith("/export")
    wanted = [item for item in CATALOGUE.values() if item.headline or in_a_file]
    if group is not None:
        wanted = [item for item in CATALOGUE.values() if item.group is group]
    if indicator is not None:
        wanted = [_known(name) for name in dict.fromkeys(indicator)]
    known = {dim for item in wanted for dim in (*item.dims, *item.fine_dims)}
    if by is not None and by not in known:
        raise _unknown("by", by)
    where: dict[str, list[str]] = {}
    for item in dims or []:
        name, _, text = item.partition(":")
        if name not in known or not text:
            raise _unknown("dims", item)
        where.setdefault(name, []).append(text)
    return await indicators.answer(
        engine,
        scope=scope,
        day=day,
        as_of=as_of,
        unit_id=unit,
        wanted=wanted,
        period_text=period,
        by=by,
        where=where,
    )


NumbersDep = Annotated[answers.IndicatorsAnswer, Depends(_numbers)]


@router.get("/indicators", public=True, transactional=False)
async def read_indicators(numbers: NumbersDep) -> answers.IndicatorsAnswer:
    """The numbers of a unit and of the units below it, and the N at which they stand."""
    return numbers


@router.get(
    "/export",
    public=True,
    transactional=False,
    response_class=Response,
    responses={200: {"content": {CSV: {}, XLSX: {}, export.JSON: {}}}},
)
async def read_export(
    engine: EngineDep,
    numbers: NumbersDep,
    form: Annotated[
        Literal["csv", "xlsx", "json"],
        Query(alias="format", description="A table, a workbook with a sheet per group, or JSON."),
    ] = "xlsx",
) -> Response:
    """The same numbers as a file, each row with its definition, as-of, n and N."""
    async with engine.exporting:
        content = await asyncio.to_thread(export.made, numbers, form)
    name = f"ioc-edu-{numbers.day}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=export.KINDS[form], headers=headers)


@router.get("/indicators/catalogue", public=True, transactional=False)
async def read_catalogue() -> answers.CatalogueAnswer:
    """What every indicator means."""
    return catalogue.answer()


@router.get("/histograms", public=True, transactional=False)
async def read_histogram(
    *,
    engine: EngineDep,
    scope: ScopeDep,
    subject: Subject,
    unit: UnitQuery = None,
    school_year: Annotated[str | None, Query(pattern=r"^20[0-9]{2}-20[0-9]{2}$")] = None,
    grade: Grade | None = None,
    term: Term | None = None,
    kind: ColumnKind | None = None,
    day: DayQuery = None,
    as_of: AsOfQuery = None,
) -> answers.HistogramAnswer:
    """How the scores of a subject spread; what is left out is summed over."""
    where = {
        "subject": subject,
        "school_year": school_year,
        "grade": grade,
        "term": term,
        "kind": kind,
    }
    return histograms.answer(
        engine,
        standing=await places.standing_at(engine, as_of, histograms.FAMILIES),
        scope=scope,
        day=day or as_of or places.day_of(None),
        unit_id=unit,
        where={name: None if text is None else str(text) for name, text in where.items()},
    )


@router.get("/periods", public=True, transactional=False)
async def read_periods(engine: EngineDep) -> answers.PeriodsAnswer:
    """The past days that can be asked for, and the periods that closed with them."""
    return await closes.days(engine)


@router.get("/restatements", public=True, transactional=False)
async def read_restatements(
    *,
    engine: EngineDep,
    scope: ScopeDep,
    indicator: Annotated[str, Query(description="An id such as N26.", max_length=8)],
    period: Annotated[str, Query(description="A closed period.", pattern=periods.PATTERN)],
    unit: UnitQuery = None,
) -> answers.RestatementsAnswer:
    """What later facts did to a number after its period was closed: when, who, by how much."""
    return await closes.restatements(
        engine, scope=scope, unit_id=unit, indicator=_known(indicator), text=period
    )


@router.get("/completeness", public=True, transactional=False)
async def read_completeness(
    *,
    engine: EngineDep,
    indicator: Annotated[str, Query(description="An id such as N26.", max_length=8)],
    period: PeriodQuery = None,
    unit: UnitQuery = None,
) -> answers.CompletenessAnswer:
    """Which schools should have reported in a period and have not, and since when."""
    return await closes.completeness(engine, unit_id=unit, indicator=_known(indicator), text=period)


@router.get("/units", public=True, transactional=False)
async def read_units(engine: EngineDep, day: DayQuery = None) -> answers.UnitsAnswer:
    """The names of units, schools and periods."""
    return places.register(engine.follower.state, places.day_of(day))


@router.get("/freshness", public=True, transactional=False)
async def read_freshness(engine: EngineDep) -> answers.FreshnessAnswer:
    """How far each source is counted."""
    return freshness.answer(engine)


@router.get("/dump", transactional=False, response_class=StreamingResponse)
async def read_dump(
    engine: EngineDep,
    principal: PrincipalDep,
    entries: Annotated[
        bool, Query(alias="journal", description="Name the journal's entries, too.")
    ] = False,
    as_of: AsOfQuery = None,
) -> StreamingResponse:
    """Everything at one moment as NDJSON: positions, cells, facts and numbers, unsuppressed."""
    POLICY.authorise(principal, READ_DUMP)
    # A rebuild may have switched a moment ago: who compares everything must not get the old one.
    await engine.refresh()
    kept: list[tuple[str, int, int, int]] = []
    standing = await places.standing_at(engine, as_of, FAMILIES)
    if standing.end is not None:
        taken = await dump.take_past(standing.state, standing.end, engine.follower.generation)
    else:
        if entries:
            async with engine.database.reading() as session:
                kept = await journal.boundaries(session, engine.follower.generation)
        taken = await dump.take(engine, kept)

    async def pieces() -> AsyncIterator[bytes]:
        for piece in taken.pieces():
            yield piece

    return StreamingResponse(pieces(), media_type="application/x-ndjson")


def _known(indicator: str) -> Indicator:
    if indicator not in CATALOGUE:
        raise _unknown("indicator", indicator)
    return CATALOGUE[indicator]


def _unknown(where: str, text: str) -> Invalid:
    return Invalid(
        "unknown-value",
        "Tham số có giá trị không có trong danh mục.",
        errors=[FieldError(where, f"không có {text!r}", "xem /indicators/catalogue")],
    )

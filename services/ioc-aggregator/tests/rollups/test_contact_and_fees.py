"""Contact and fees as numbers: of schools, communes and the province, and who may see them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.envelope import Envelope
from contracts.event import Event
from contracts.lists import MeasureUnit
from contracts.notifications import Channel
from contracts.payments import FeeKind, PaymentMethod
from ioc_aggregator.indicators.catalogue import CATALOGUE
from ioc_aggregator.indicators.indicator import AsOf, Sum
from ioc_aggregator.intake.streams import FOLDS
from ioc_aggregator.rollups import numbers
from ioc_aggregator.rollups.hiding import hidden_from_the_public
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.state import State

YEAR = "2026-2027"
TODAY = date(2026, 11, 20)
PAST, COMING = date(2026, 10, 31), date(2026, 11, 30)
Documents = Callable[[Event], Envelope]

Draw = Callable[..., "Drawn"]


class Drawn:
    """A province of two communes and four schools, one of them closed, and what was told of it."""

    def __init__(self, state: State, day: date) -> None:
        self.state = state
        self.day = day
        self.borders = state.borders(day)

    def of(self, indicator: str, year: str = YEAR, by: str | None = None) -> dict[Any, Any]:
        """Give the numbers of an indicator that are not nothing, by place (and value)."""
        table = numbers.table(
            self.state, self.borders, CATALOGUE[indicator], Period(year), day=self.day, by=by
        )
        found: dict[Any, Any] = {}
        for (index, at), top in np.ndenumerate(table.numerator):
            place = self.name(index)
            name = (place, table.values[at]) if by else place
            below = 0 if table.denominator is None else int(table.denominator[index, at])
            if top or below:
                found[name] = int(top) if table.denominator is None else (int(top), below)
        return found

    def name(self, index: int) -> Any:
        """Call a place by the number of its id."""
        ending = self.borders.places[index].id[-3:]
        return int(ending) if index and ending.isdigit() else ending if index else "whole"


@pytest.fixture(scope="session")
def draw(make: Any, document: Documents) -> Draw:
    """``draw(event, …)`` is that province after these events."""
    register = (
        make.unit(1, code="80"),
        make.unit(2, parent=1),
        make.unit(3, parent=1),
        make.calendar(),
        make.school(11, 2),
        make.school(12, 2),
        make.school(13, 3),
        make.school(14, 3, is_open=False),
    )

    def drawn(*events: Event, day: date = TODAY) -> Drawn:
        state = State()
        for event in (*register, *events):
            folded = FOLDS[event.TOPIC.name]([document(event)])
            assert folded.refused == []
            state.add(folded.delta)
        return Drawn(state, day)

    return drawn


def test_a_school_has_a_contact_book_once_a_guardian_is_linked(make: Any, draw: Draw) -> None:
    nobody = draw()
    assert nobody.of("N50") == {
        "whole": (0, 3),
        2: (0, 2),
        3: (0, 1),
        11: (0, 1),
        12: (0, 1),
        13: (0, 1),
    }
    linked = draw(
        make.link(None, 11),
        make.link(None, 11),
        make.link(None, 13),
        make.link(None, 14),
        make.link(None, 99),
    )
    assert linked.of("N50") == {
        "whole": (2, 3),
        2: (1, 2),
        3: (1, 1),
        11: (1, 1),
        12: (0, 1),
        13: (1, 1),
    }


def test_a_link_follows_its_pupil_and_ends(make: Any, draw: Draw) -> None:
    moved = draw(
        make.link(None, 11),
        make.link(None, 11),
        make.link(11, 12),
        make.link(None, 13),
        make.link(13, None),
    )
    assert moved.of("N50")["whole"] == (2, 3)
    assert (moved.of("N50")[12], moved.of("N50")[13]) == ((1, 1), (0, 1))


def test_what_lasts_stands_in_later_years_and_is_kept_for_those_that_passed(
    make: Any, draw: Draw
) -> None:
    told = (
        make.link(None, 11, day=date(2025, 9, 1)),
        make.link(None, 12, day=date(2026, 9, 1)),
        make.link(11, None, day=date(2026, 10, 1)),
    )
    now = draw(*told)
    assert now.of("N50", "2024-2025")["whole"] == (0, 3)
    assert now.of("N50", "2025-2026")["whole"] == (1, 3)
    assert now.of("N50", "2025-2026")[11] == (1, 1)
    assert now.of("N50")["whole"] == (1, 3)
    assert now.of("N50")[12] == (1, 1)
    # In August the calendar's year has not begun, but what was linked since counts already.
    august = draw(*told, make.link(None, 13, day=date(2027, 8, 20)), day=date(2027, 8, 21))
    assert august.of("N50")["whole"] == (2, 3)
    assert august.of("N50", "2025-2026")["whole"] == (1, 3)


def test_enabled_is_not_yet_active(make: Any, draw: Draw) -> None:
    vnpay = PaymentMethod.VNPAY
    first = make.pay(11, 500_000, method=vnpay)
    told = (
        make.channels(11, 0, 1),
        make.channels(12, 0, 1),
        make.channels(12, 1, 2),
        make.channels(13, 0, 1),
        make.channels(13, 1, 0),
        first,
        make.pay(13, 900_000, method=vnpay),
    )
    now = draw(*told)
    assert now.of("N62")["whole"] == (2, 3)
    # 12 has taken nothing yet, 13 has closed its channel.
    assert now.of("N63") == {"whole": (1, 2), 2: (1, 2), 11: (1, 1), 12: (0, 1)}
    # Cash is a payment, too: whatever the channel, it ends as one.
    assert draw(*told, make.pay(12, 700_000)).of("N63")["whole"] == (2, 2)
    assert draw(*told, make.reverse(first)).of("N63")["whole"] == (0, 2)
    assert now.of("N63", "2025-2026") == {}
    in_august = draw(make.channels(11, 0, 1), make.pay(11, 1, day=date(2026, 8, 1), method=vnpay))
    in_july = draw(make.channels(11, 0, 1), make.pay(11, 1, day=date(2026, 7, 31), method=vnpay))
    assert (in_august.of("N63")["whole"], in_july.of("N63")["whole"]) == ((1, 1), (0, 1))


@pytest.fixture(scope="session")
def fees(make: Any, draw: Draw) -> Drawn:
    """Two schools with something late, something to come, something taken back."""
    mistaken = make.pay(11, 400_000, due_on=PAST)
    return draw(
        make.assess(11, [500_000] * 6, due_on=PAST),
        make.assess(11, [300_000, 300_000, None], [500_000, None, 500_000], due_on=PAST),
        make.assess(11, [100_000] * 5, due_on=COMING, kind=FeeKind.TUITION),
        make.assess(13, [1_000_000] * 5, due_on=date(2026, 11, 19)),
        make.assess(13, [1] * 5, due_on=TODAY),
        make.pay(11, 450_000, due_on=PAST),
        mistaken,
        make.reverse(mistaken),
        make.pay(11, 50_000, due_on=COMING, kind=FeeKind.TUITION, method=PaymentMethod.VNPAY),
        make.pay(13, 2_000_000, due_on=date(2026, 11, 19), method=PaymentMethod.BANK_TRANSFER),
    )


def test_billed_collected_and_overdue_are_exact(fees: Drawn) -> None:
    billed: dict[Any, int] = {11: 2_600_000 + 500_000, 13: 5_000_005}
    assert fees.of("N64") == billed | {"whole": 8_100_005, 2: billed[11], 3: billed[13]}
    assert fees.of("N641") == {
        "whole": 2_500_000,
        2: 500_000,
        3: 2_000_000,
        11: 500_000,
        13: 2_000_000,
    }
    # What is due today is not late, nor is what was paid.
    late: dict[Any, int] = {11: 2_600_000 - 450_000, 13: 3_000_000}
    assert fees.of("N642") == late | {"whole": 5_150_000, 2: late[11], 3: late[13]}
    assert fees.of("N65")["whole"] == (2_500_000, 8_100_005)
    assert fees.of("N651")["whole"] == (2_050_000, 2_500_000)
    assert fees.of("N64", "2025-2026") == {}


def test_amounts_are_broken_down_by_kind_method_and_due_date(fees: Drawn) -> None:
    kinds = fees.of("N64", by="fee_kind")
    assert kinds[11, "tuition"] == 500_000
    assert kinds[11, "tuition"] + kinds[11, "boarding-meals"] == fees.of("N64")[11]
    methods = fees.of("N641", by="method")
    assert {value: n for (place, value), n in methods.items() if place == "whole"} == {
        "cash": 450_000,
        "vnpay": 50_000,
        "bank-transfer": 2_000_000,
    }
    assert fees.of("N642", by="due_on")[11, str(PAST)] == fees.of("N642")[11]


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([11, 12, 13, 99]),
            st.lists(st.none() | st.integers(0, 10**12), min_size=1, max_size=3),
            st.dates(date(2026, 11, 18), date(2026, 11, 22)),
        ),
        max_size=6,
    ),
    st.lists(
        st.tuples(
            st.sampled_from([11, 12, 13, 99]),
            st.integers(1, 10**12),
            st.dates(date(2026, 11, 18), date(2026, 11, 22)),
            st.booleans(),
        ),
        max_size=6,
    ),
)
def test_every_place_is_the_sum_of_its_schools(
    make: Any,
    draw: Draw,
    billed: list[tuple[int, list[int | None], date]],
    paid: list[tuple[int, int, date, bool]],
) -> None:
    cash, vnpay = PaymentMethod.CASH, PaymentMethod.VNPAY
    drawn = draw(
        *(make.assess(school, after, due_on=due_on) for school, after, due_on in billed),
        *(
            make.pay(school, amount, due_on=due_on, method=vnpay if cashless else cash)
            for school, amount, due_on, cashless in paid
        ),
    )
    inside = {"whole": {11, 12, 13, 99}, 2: {11, 12}, 3: {13}, 11: {11}, 12: {12}, 13: {13}}
    for place, schools in inside.items():
        owed = [(sum(filter(None, after)), due) for s, after, due in billed if s in schools]
        came = [(amount, due, cashless) for s, amount, due, cashless in paid if s in schools]
        late = sum(amount for amount, due in owed if due < TODAY)
        late -= sum(amount for amount, due, _ in came if due < TODAY)
        collected = sum(amount for amount, _, _ in came)
        assert drawn.of("N64").get(place, 0) == sum(amount for amount, _ in owed)
        assert drawn.of("N641").get(place, 0) == collected
        assert drawn.of("N642").get(place, 0) == late
        share = (sum(amount for amount, _, cashless in came if cashless), collected)
        assert drawn.of("N651").get(place, (0, 0)) == share


def test_messages_count_with_their_parts_by_channel(make: Any, draw: Draw) -> None:
    now = draw(
        make.delivered(11, [2, 0, 3]),
        make.delivered(12, [1], channel=Channel.EMAIL),
        make.delivered(12, [1], channel=Channel.EMAIL, day=date(2026, 11, 11)),
    )
    assert now.of("N52") == {"whole": 5, 2: 5, 11: 3, 12: 2}
    assert now.of("N521")["whole"] == 7
    assert now.of("N521", by="channel")["whole", "sms"] == 5
    assert now.of("N52", by="day")[12, "2026-11-11"] == 1


def hidden(drawn: Drawn, indicator: str) -> dict[str | int, set[str]]:
    """Give, by place, what of the total ("") and of its breakdowns is hidden."""
    item = CATALOGUE[indicator]
    marks = hidden_from_the_public(drawn.state, drawn.borders, item, Period(YEAR), day=drawn.day)
    found: dict[str | int, set[str]] = {}
    for by in (None, *item.dims):
        values = drawn.state.codes[by].texts if by else [""]
        for place, value in np.argwhere(marks.of(by)):
            found.setdefault(drawn.name(place), set()).add(values[value])
    return found


def test_amounts_behind_which_few_stand_are_not_for_the_public(make: Any, draw: Draw) -> None:
    drawn = draw(
        make.assess(11, [500_000] * 4),
        make.assess(12, [500_000] * 30),
        make.assess(13, [500_000] * 40),
        *[make.pay(12, 500_000)] * 9,
        *[make.pay(13, 500_000)] * 8,
        *[make.pay(13, 500_000, method=PaymentMethod.VNPAY)] * 4,
    )
    # Four pupils are charged at 11; 12 would give them away.
    assert set(hidden(drawn, "N64")) == {11, 12}
    for indicator in ("N641", "N642", "N65", "N651"):
        assert hidden(drawn, indicator).keys() >= {11, 12}
    methods = hidden(drawn, "N641")
    assert {"vnpay", "cash"} <= methods[13]
    assert {"", "cash", "vnpay"} <= methods[12]


def test_few_payments_hide_what_they_brought_but_not_what_was_billed(make: Any, draw: Draw) -> None:
    drawn = draw(
        *(make.assess(school, [500_000] * 30) for school in (11, 12, 13)),
        *[make.pay(11, 500_000)] * 3,
        *[make.pay(12, 500_000)] * 9,
        *[make.pay(13, 500_000)] * 9,
    )
    assert hidden(drawn, "N64") == {}
    for indicator in ("N641", "N642", "N65", "N651"):
        assert {11, 12} <= set(hidden(drawn, indicator)), indicator


def test_schools_are_no_secret_and_messages_are_like_pupils(make: Any, draw: Draw) -> None:
    drawn = draw(
        make.link(None, 11),
        make.channels(11, 0, 1),
        make.delivered(11, [1, 1]),
        make.delivered(13, [1] * 9),
    )
    assert [hidden(drawn, each) for each in ("N50", "N62", "N63")] == [{}, {}, {}]
    assert 11 in hidden(drawn, "N52")
    assert hidden(drawn, "N52") == hidden(drawn, "N521")


@pytest.mark.parametrize("item", CATALOGUE.values(), ids=lambda item: str(item.id))
def test_a_declaration_fits_together(item: Any) -> None:
    dims = {*item.dims, *item.fine_dims}
    assert not set(item.dims) & set(item.fine_dims)
    assert all(set(by) <= set(item.dims) and len(by) <= 1 for by in item.published)
    assert (item.denominator is None) == (item.denominator_name is None)
    assert item.unit is not MeasureUnit.PERCENT or item.denominator is not None
    assert item.name.vi != item.definition.vi
    if not isinstance(item.numerator, AsOf):
        assert all(dims <= set(term.family.dims) for term in item.sums)
        assert all(isinstance(term, Sum) for term in item.judges)
        assert {term.family.name for term in (*item.sums, *item.judges)} <= set(item.families)
    assert item.lasting is (item.id in {"N50", "N62"})

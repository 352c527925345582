"""What changes of a cell amount to, against a naive reading of each case."""

from random import Random

import pytest

from gradebook.history.domain import Effect, Net, edits, net


@pytest.mark.parametrize(
    ("after", "edited"),
    [
        ([800], [None]),
        ([800, 900], [None, 800]),
        ([800, None, 800], [None, None, None]),
        ([800, None, 900], [None, None, 800]),
        ([800, None, None, 700], [None, None, None, 800]),
        ([800, None], [None, None]),
        ([None, 500, 500], [None, None, None]),
        ([0, None, 1], [None, None, 0]),
    ],
)
def test_deleting_and_entering_again_is_one_edit(
    after: list[int | None], edited: list[int | None]
) -> None:
    assert edits(after) == edited


@pytest.mark.parametrize(
    ("earlier", "within", "expected"),
    [
        ([800], [None, 900], Net(800, 900, Effect.RAISED)),
        ([800], [None, 800], Net(800, 800, Effect.UNCHANGED)),
        ([800], [900, 700], Net(800, 700, Effect.LOWERED)),
        ([800], [None], Net(800, None, Effect.REMOVED)),
        ([800, None], [900], Net(800, 900, Effect.RAISED)),
        ([], [500, 400], Net(500, 400, Effect.LOWERED)),
        ([], [None], Net(None, None, Effect.UNCHANGED)),
    ],
)
def test_the_net_effect_of_a_period(
    earlier: list[int | None], within: list[int | None], expected: Net
) -> None:
    assert net(earlier, within) == expected


@pytest.mark.parametrize("seed", range(20))
def test_edits_add_up_to_the_net_effect(seed: int) -> None:
    random = Random(seed)
    after = [random.choice([None, *range(0, 1001, 100)]) for _ in range(12)]
    known = [value for value in after if value is not None]
    total = sum(
        value - was
        for value, was in zip(after, edits(after), strict=True)
        if was is not None and value is not None
    )
    assert total == (known[-1] - known[0] if known else 0)

"""The same moves, chosen by Hypothesis: what it finds it shrinks to the fewest moves that fail."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from .schedule import FAULTS, MOVES
from .world import World

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

Move = tuple[str, dict[str, Any]]


def _move(name: str) -> st.SearchStrategy[Move]:
    _, choices = MOVES[name]
    arguments = {key: st.sampled_from(options) for key, options in choices.items()}
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


@st.composite
def _fault(draw: st.DrawFn) -> Move:
    role, faults = draw(st.sampled_from(FAULTS))
    fault, skip = draw(st.sampled_from(faults)), draw(st.integers(0, 2))
    return "go_wrong", {"role": role, "fault": fault, "skip": skip}


class Play(RuleBasedStateMachine):
    """Any moves in any order; afterwards everything must come right."""

    world: World

    @initialize(seed=st.integers(0, 9))
    def begin(self, seed: int) -> None:
        self.world = World(seed).__enter__()

    @rule(move=st.one_of(_fault(), *map(_move, MOVES)))
    def move(self, move: Move) -> None:
        name, arguments = move
        getattr(self.world, name)(**arguments)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            if not self.world.truth.violations:
                self.world.finish()
        finally:
            self.world.__exit__(None, None, None)


TestPlay = Play.TestCase
TestPlay.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

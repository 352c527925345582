"""Whoever takes commands, and what they stand on, die: nothing that was answered is lost."""

from __future__ import annotations

from .faults import pause
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, Stage
from .traffic import flowing

READY_SECONDS = 5.0


def test_f01_the_service_is_killed_again_and_again_under_load(
    stage: Stage, scenario: Scenario
) -> None:
    api, *_ = stage.play(API, RELAY, AGGREGATOR)
    kills = 20
    ready: list[float] = []
    with flowing(stage, scenario.lots, rate=200) as flow:
        for _ in range(kills):
            pause(scenario.lots.uniform(0.2, 1.5))
            api.kill()
            api.start()
            ready.append(api.wait_ready())
    unanswered = sum(one.status == 0 for one in flow.tries)
    scenario.report(kills=kills, ready=max(ready), answered=flow.answered, repeated=unanswered)
    scenario.check(stage)
    scenario.saw(unanswered >= kills, "no request was under way when the service died")
    assert max(ready) <= READY_SECONDS

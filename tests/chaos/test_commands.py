"""Whoever takes commands, and what they stand on, die: nothing that was answered is lost."""

from __future__ import annotations

import time
from functools import partial
from urllib.parse import urlsplit

from edu.embedded.process import free_ports

from . import faults
from .faults import pause
from .proxy import Proxy
from .scenario import Scenario
from .stage import AGGREGATOR, API, RELAY, Stage, until
from .traffic import Flow, flowing

READY_SECONDS = 5.0
RESUMED_SECONDS = 5.0
ANSWER_SECONDS = 2.0


def answers_since(flow: Flow, moment: float) -> bool:
    """Tell whether a command that was sent after this moment is done."""
    return any(one.at >= moment and one.status == 200 for one in flow.tries)


def test_f01_the_service_is_killed_again_and_again_under_load(
    stage: Stage, scenario: Scenario
) -> None:
    api, *_ = stage.play(API, RELAY, AGGREGATOR)
    kills = 3 if scenario.short else 20
    ready: list[float] = []
    with flowing(stage, scenario.lots, rate=200) as flow:
        for _ in range(kills):
            until(partial(answers_since, flow, time.monotonic()), "commands are answered")
            pause(scenario.lots.uniform(0.2, 1.5))
            api.kill()
            api.start()
            ready.append(api.wait_ready())
    unanswered = sum(one.status == 0 for one in flow.tries)
    scenario.report(kills=kills, ready=max(ready), answered=flow.answered, repeated=unanswered)
    scenario.check(stage)
    scenario.saw(unanswered >= kills, "no request was under way when the service died")
    assert max(ready) <= READY_SECONDS


def test_f04_the_database_is_killed_in_the_middle(stage: Stage, scenario: Scenario) -> None:
    processes = stage.play(API, RELAY, AGGREGATOR)
    before = [one.child.pid for one in processes]
    resumed: list[float] = []
    with flowing(stage, scenario.lots, rate=60) as flow:
        for _ in range(2 if scenario.short else 5):
            until(partial(answers_since, flow, time.monotonic()), "commands are answered")
            pause(scenario.lots.uniform(0.2, 1.5))
            assert stage.postgres.child is not None
            faults.kill(stage.postgres.child)
            pause(scenario.lots.uniform(0.0, 1.0))
            stage.postgres.start()
            stage.postgres.wait_ready()
            again = partial(answers_since, flow, time.monotonic())
            resumed.append(until(again, "commands are answered again"))
    refused = sum(one.status != 200 for one in flow.tries)
    scenario.report(kills=len(resumed), resumed=max(resumed), refused=refused)
    scenario.check(stage)
    scenario.saw(refused, "no command met a dead database")
    assert [one.child.pid for one in processes] == before
    assert all(one.child.running for one in processes)
    assert max(resumed) <= RESUMED_SECONDS


def test_f11_the_line_to_the_database_is_cut(stage: Stage, scenario: Scenario) -> None:
    [port] = free_ports(1)
    line = Proxy(stage.background, port, stage.postgres.port)
    line.open()
    url = stage.suite.databases[API.service]
    there = url.replace(f":{urlsplit(url).port}/", f":{port}/")
    stage.play(API, RELAY, AGGREGATOR, settings={API: {"GRADEBOOK_DATABASE_URL": there}})
    with flowing(stage, scenario.lots, rate=60) as flow:
        until(partial(answers_since, flow, time.monotonic()), "commands are answered")
        pause(1.0)
        began = time.monotonic()
        with line.cut():
            pause(5.0 if scenario.short else 20.0)
            ended = time.monotonic()
        resumed = until(partial(answers_since, flow, ended), "commands are answered again")
    cut = [one for one in flow.between(began, ended - ANSWER_SECONDS) if one.status != 200]
    slowest = max((one.seconds for one in cut), default=0.0)
    scenario.report(refused=len(cut), slowest=slowest, resumed=resumed)
    stage.play(API, RELAY, AGGREGATOR)
    line.close()
    scenario.check(stage)
    scenario.saw(cut and line.bytes_held, "nobody wanted anything while the line was cut")
    assert {(one.status, one.retry_after) for one in cut} == {(503, True)}
    assert slowest <= ANSWER_SECONDS
    assert resumed <= RESUMED_SECONDS

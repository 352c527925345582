"""What may befall the world, and plays made of it: by a seed, the same one each time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from .cast import LANES, PUPILS
from .world import World

COMMITS = tuple(
    ("commit", fault)
    for fault in ("kill before", "kill after", "fail before", "fail after", "full")
)
SENDS = tuple(
    ("send", fault)
    for fault in ("kill before", "kill after", "refuse", "no answer", "late", "lose")
)
SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8)
PROCESSES = ("office", "relay 1", "relay 2", "left", "right")

MOVES: dict[str, tuple[int, dict[str, Sequence[Any]]]] = {
    "wait": (12, {"seconds": SECONDS}),
    "command": (30, {"pupil": PUPILS, "seconds": (0.0, 0.0, 0.05, 0.2)}),
    "kill": (2, {"name": PROCESSES}),
    "pause": (4, {"name": (*PROCESSES, "left", "right"), "seconds": (0.2, 1.0, 2.0)}),
    "rebalance": (2, {}),
    "rewind": (1, {"name": ("left", "right"), "back": (3, 1000)}),
    "stop_database": (1, {"name": ("source", "copy"), "seconds": SECONDS}),
    "fill_disk": (1, {"seconds": SECONDS}),
    "stop_kafka": (1, {"seconds": SECONDS}),
    "poison": (2, {"pupil": PUPILS}),
    "cure": (2, {}),
    "send_again": (1, {"lane": LANES, "first": (1, 3, 6), "most": (1, 5)}),
    "replay": (3, {}),
}
"""How often each move is made, and what it chooses from."""
FAULTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("office", COMMITS),
    ("relay", COMMITS + SENDS),
    ("member", COMMITS),
)
"""Where commits and sends go wrong, and how."""


def moves(random: Random, steps: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the moves of one play."""
    names = list(MOVES)
    weights = [weight for weight, _ in MOVES.values()]
    for name in random.choices(names, weights, k=steps):
        yield name, {key: random.choice(options) for key, options in MOVES[name][1].items()}
        if random.random() < 0.12:
            role, faults = random.choice(FAULTS)
            yield (
                "go_wrong",
                {
                    "role": role,
                    "fault": random.choice(faults),
                    "skip": random.randint(0, 2),
                },
            )


def play(seed: int, steps: int = 40, *, say: Callable[[str], None] | None = None) -> Counter[str]:
    """Play ``seed`` to its end and return what happened; an invariant that fails raises.

    ``say`` is told of each move.
    """
    random = Random(seed)
    with World(seed) as world:
        for name, arguments in moves(random, steps):
            if say:
                say(f"{world.loop.time():7.3f} s  {name} {arguments}")
            getattr(world, name)(**arguments)
        world.finish()
        return world.seen()

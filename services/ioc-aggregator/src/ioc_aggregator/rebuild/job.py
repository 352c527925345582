"""``python -m ioc_aggregator rebuild``: count the whole log again, beside the live service."""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import insert, text

from chassis import clock
from chassis.database import Database, Session
from chassis.kafka import OPEN, Security
from ioc_aggregator.intake.streams import TOPICS
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rebuild import generations
from ioc_aggregator.rebuild.beside import EVERYTHING, Advance, Beside, Outcome, Shown
from ioc_aggregator.rebuild.reading import UnreadableError
from ioc_aggregator.rollups import ends, journal
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.journal import REPLAYED
from ioc_aggregator.rollups.tables import GENERATION
from ioc_aggregator.settings import Settings

_FORGET = (
    "UPDATE delivery.consumer_position SET next = 0",
    "DELETE FROM delivery.source_sequence",
    "DELETE FROM delivery.sequence_gap",
    "DELETE FROM delivery.parked",
)
_TENTHS = 10


def options(prog: str) -> argparse.ArgumentParser:
    """Say what may be asked for."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Count the log again beside the live service; where both are equal at the "
        "same position vector, answer from what was counted. A run that was killed goes on.",
    )
    one_of = parser.add_mutually_exclusive_group()
    one_of.add_argument("--back", action="store_true", help="answer from what was before, again")
    one_of.add_argument("--check", action="store_true", help="compare, but do not switch")
    one_of.add_argument("--plant", action="store_true", help="a drill: flip one bit, and find it")
    one_of.add_argument(
        "--accept",
        type=_families,
        default=frozenset(),
        metavar="FAMILY,…",
        help="switch also where cells of these families differ, which /readyz names",
    )
    one_of.add_argument(
        "--accept-differences", action="store_true", help="switch also where any cell differs"
    )
    one_of.add_argument(
        "--in-place", action="store_true", help="forget the state first; until then nothing shows"
    )
    parser.add_argument("--anew", action="store_true", help="do not go on with a killed run")
    return parser


def _families(text: str) -> frozenset[str]:
    names = frozenset(text.split(","))
    if unknown := sorted(names - FAMILIES.keys()):
        message = f"no family is called {', '.join(unknown)}"
        raise argparse.ArgumentTypeError(message)
    return names


def rebuild(settings: Settings, arguments: list[str]) -> int:
    """Run the job."""
    asked = options("python -m ioc_aggregator rebuild").parse_args(arguments)
    database = Database(settings.database_url.get_secret_value(), application="ioc-rebuild")
    bootstrap, security = settings.kafka_bootstrap_servers, settings.kafka_security
    return asyncio.run(run(asked, database, bootstrap, security, shown=_lines))


async def run(
    asked: argparse.Namespace,
    database: Database,
    bootstrap: Sequence[str],
    security: Security = OPEN,
    *,
    shown: Shown,
) -> int:
    """Do what is asked, and say what came of it; 1 where nothing was switched for a reason."""
    try:
        if asked.in_place:
            async with database.transaction() as session:
                number = await begin(session)
            _say(f"generation {number} counts the log from its beginning")
            return 0
        if asked.back:
            number = await back(database)
            _say(f"generation {number} is live again; it reads what came since")
            return 0
        if asked.anew:
            async with database.transaction() as session:
                await generations.give_up(session)
        beside = Beside(database, bootstrap, security=security, shown=shown)
        accept = EVERYTHING if asked.accept_differences else asked.accept
        outcome = await beside.run(accept=accept, plant=asked.plant, compare_only=asked.check)
    except (UnreadableError, generations.NoGenerationError) as error:
        _say(f"not rebuilt: {error}")
        return 1
    finally:
        await database.close()
    for line in words(outcome):
        _say(line)
    return 1 if outcome.differences and outcome.generation is None else 0


async def back(database: Database) -> int:
    """Make the generation before live again, in one step; return its number.

    Raises:
        NoGenerationError: there is none, or parked records were applied since.
    """
    before, now = Follower(TOPICS), Follower(TOPICS)
    async with database.transaction() as session:
        await generations.hold(session)
        number, _ = await generations.previous(session)
        await before.load(session, number)
        await now.refresh(session)
        if now.state.vector.get(REPLAYED, 0):
            message = "parked records were applied since: rebuild instead of going back"
            raise generations.NoGenerationError(message)
        vector = {lane: at for lane, at in before.state.vector.items() if lane != REPLAYED}
        return await generations.back(session, vector)


def words(outcome: Outcome) -> Iterator[str]:
    """Say what was compared, and what came of it."""
    lanes: dict[str, list[str]] = {}
    for (topic, partition), position in sorted(outcome.vector.items()):
        lanes.setdefault(topic, []).append(f"{partition}={position}")
    yield "position vector"
    for topic, positions in lanes.items():
        yield f"  {topic} {' '.join(positions)}"
    yield f"live    {outcome.live}"
    yield f"counted {outcome.counted}"
    for difference in outcome.differences:
        yield f"differ at {difference}"
    if outcome.accepted:
        yield f"{outcome.accepted} cells differ, as was accepted"
    elif not outcome.differences:
        yield "equal"
    if outcome.generation is not None:
        yield f"switched to generation {outcome.generation}; `rebuild --back` returns"


async def begin(session: Session) -> int:
    """Begin in place; return the new generation's number.

    The positions go back to the start in the same transaction: a consumer that is running is fenced
    by it and seeks back. The feed goes on with its N: it says nothing until a watermark of each
    source is reached again, and then only what came out different.
    """
    # First the positions: slices that are being applied hold these rows, so they end before.
    for statement in _FORGET:
        await session.execute(text(statement))
    number = await journal.live_generation(session) + 1
    await generations.give_up(session)
    await session.execute(GENERATION.update().values(live=False))
    row = {"number": number, "live": True, "begun_at": clock.now(), "families": sorted(FAMILIES)}
    await session.execute(insert(GENERATION).values(row))
    await journal.forget(session)
    await ends.forget(session)
    return number


@contextmanager
def _lines(title: str, total: int) -> Iterator[Advance]:
    """Show a line at every tenth, as logs have it: done, rate, time left."""
    began, done = time.monotonic(), 0

    def advance(more: int) -> None:
        nonlocal done
        tenth, done = done * _TENTHS // max(total, 1), done + more
        if done * _TENTHS // max(total, 1) > tenth:
            rate = done / max(time.monotonic() - began, 0.001)
            left = (total - done) / rate
            _say(f"{title}: {done:,} of {total:,}, {rate:,.0f}/s, {left:.0f} s left")

    yield advance


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

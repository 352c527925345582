"""Six million messages to guardians: round by round over all classes; some never arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np

from contracts.event import Event
from contracts.notifications import (
    Channel,
    FailureReason,
    MessageDelivered,
    MessageFailed,
    Outcome,
    Purpose,
)
from edu.simulator.documents import GUARDIAN, MESSAGE, Writer, made_ids, quoted
from edu.simulator.province import PUPILS, Province, Room
from edu.simulator.register import Tally, school_days

WANTED = 6_000_000
"""In the whole province; a part of it has as many less as it has pupils less."""
FAILED, BOUNCED = 0.015, 0.002
"""The shares that are never taken, and that come back after they were."""
_CHANNELS = ((Channel.ZALO, 0.55, 200), (Channel.SMS, 0.3, 320), (Channel.EMAIL, 0.15, 0))
"""With the share of the classes, and what a message costs, in đồng."""
_ROUNDS = (
    (Purpose.ENROLMENT, "enrolled"),
    (Purpose.SCORES, "score-saved"),
    (Purpose.FEES, "fee-assessed"),
    (Purpose.SCORES, "score-saved"),
    (Purpose.ATTENDANCE, "pupil-absent"),
)
_WEEK = 5


def wanted(here: Province) -> int:
    """Give how many messages the year of this province has."""
    return WANTED * here.pupils // sum(PUPILS.values())


def write(writer: Writer, here: Province, tally: Tally, done: Callable[[int], object]) -> None:
    """Tell every pupil's guardian something, round by round, until that many are told."""
    letters = _Letters(writer, here, tally)
    left = wanted(here)
    days = school_days()
    rounds = -(-left // here.pupils)
    for number in range(rounds):
        first = number * (len(days) - _WEEK) // rounds
        for room in here.rooms:
            if not (rows := min(room.size, left)):
                return
            # The classes of a round are told on the days of a week.
            letters.write(_ROUNDS[number % len(_ROUNDS)], days[first + room.number % 5], room, rows)
            done(rows)
            left -= rows


class _Letters:
    """What classes are told; every message has a number of its own."""

    def __init__(self, writer: Writer, here: Province, tally: Tally) -> None:
        self._writer, self._here, self._tally = writer, here, tally
        self._lots = np.random.default_rng([here.seed, 7])
        ends = np.cumsum([share for _, share, _ in _CHANNELS])[:-1]
        self._channel = np.searchsorted(ends, self._lots.random(len(here.rooms))).tolist()
        self._sent = 0

    def write(self, what: tuple[Purpose, str], day: date, room: Room, rows: int) -> None:
        """Tell a class: what failed is another fact, and so is what came back later."""
        messages = made_ids(MESSAGE, self._here.seed, range(self._sent, self._sent + rows))
        guardians = made_ids(GUARDIAN, self._here.seed, range(room.first, room.first + rows))
        self._sent += rows
        lot = self._lots.random(rows)
        failed = np.flatnonzero(lot < FAILED).tolist()
        bounced = np.flatnonzero((lot >= FAILED) & (lot < FAILED + BOUNCED)).tolist()
        # Most classes have none, and then it is all of them.
        arrived = np.flatnonzero(lot >= FAILED).tolist() if failed else range(rows)
        table = _Table(self._writer, room.school.id, _CHANNELS[self._channel[room.number]], what)
        if arrived:
            table.write(day, [messages[at] for at in arrived], [guardians[at] for at in arrived])
        for rows_of, reason, back in (
            (failed, FailureReason.ADDRESS_REFUSED, None),
            (bounced, FailureReason.BOUNCED, day),
        ):
            if rows_of:
                table.write(
                    day if back is None else day + timedelta(1),
                    [messages[at] for at in rows_of],
                    [guardians[at] for at in rows_of],
                    reason=reason,
                    back=back,
                )
        delivered = rows - len(failed) - len(bounced)
        self._tally["messages", "delivered"] += delivered
        self._tally["messages", "parts"] += delivered
        self._tally["sendings", "delivered"] += delivered
        self._tally["sendings", "failed"] += rows - delivered
        self._tally["sendings", "cost"] += rows * table.cost


class _Table:
    """Facts about messages that are alike."""

    def __init__(
        self, writer: Writer, school: str, channel: tuple[Channel, float, int],
        what: tuple[Purpose, str],
    ) -> None:  # fmt: skip
        self._writer, self._school = writer, school
        name, _, self.cost = channel
        purpose, template = what
        self._head = (
            f'{{"school_id":"{school}","channel":"{name}","purpose":"{purpose}",'
            f'"template":"{template}","day":"'
        )

    def write(
        self,
        day: date,
        messages: Sequence[str],
        guardians: Sequence[str],
        *,
        reason: FailureReason | None = None,
        back: date | None = None,
    ) -> None:
        """Write one fact: delivered, or failed for a reason; ``back``: delivered on that day."""
        rows = len(messages)
        none = '{"at":[],"value":[]}'
        before = days = none
        if back is not None:
            at = ",".join(map(str, range(rows)))
            before = f'{{"at":[{at}],"value":[{quoted([str(Outcome.DELIVERED)] * rows)}]}}'
            days = f'{{"at":[{at}],"value":[{quoted([str(back)] * rows)}]}}'
        data = (
            f'{self._head}{day}","messages":[{quoted(messages)}],'
            f'"guardians":[{quoted(guardians)}],"parts":[{",".join(["1"] * rows)}],'
            f'"costs":[{",".join([str(self.cost)] * rows)}],'
            f'"before":{before},"before_days":{days}'
        )
        event: type[Event] = MessageDelivered
        if reason is not None:
            event, data = MessageFailed, f'{data},"reason_code":"{reason}"'
        school = self._school
        self._writer.write(event, school, school, f"{day}T11:00:00.000000Z", f"{data}}}")

"""The rules of sending, by examples and against what they promise."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.notifications import FailureReason
from notifications.messages.domain import (
    AttemptOutcome,
    CancelReason,
    End,
    LetterState,
    Result,
    Send,
    Wait,
    Waiting,
    after_crash,
    after_quiet,
    after_receipt,
    after_result,
    backoff,
    concerns,
    decide,
    next_digest,
    share_of_parts,
)

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NIGHT = (time(21, 0), time(6, 30))
moments = st.timedeltas(timedelta(), timedelta(days=1000)).map(
    lambda passed: datetime(2026, 1, 1, tzinfo=ZONE) + passed
)
times = st.times()


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, 12, hour, minute, tzinfo=ZONE)


MIDNIGHT = at(23, 59)


def waiting(
    *,
    expires_at: datetime = MIDNIGHT,
    crashes: int = 0,
    messages_left: int = 1,
    reachable: bool = True,
    names_known: bool = True,
    quiet: tuple[time, time] | None = NIGHT,
) -> Waiting:
    return Waiting(expires_at, crashes, messages_left, reachable, names_known, quiet)


@pytest.mark.parametrize(
    ("letter", "local", "verdict"),
    [
        (waiting(), at(12), Send(repeat=False)),
        (waiting(crashes=1), at(12), Send(repeat=True)),
        (waiting(), at(6, 29), Wait(at(6, 30))),
        (waiting(), at(22), Wait(at(6, 30) + timedelta(days=1))),
        (waiting(quiet=None), at(22), Send(repeat=False)),
        (waiting(names_known=False), at(12), Wait(at(12, 1))),
        (waiting(messages_left=0), at(12), End(LetterState.CANCELLED, CancelReason.NOTHING_LEFT)),
        (waiting(reachable=False), at(12), End(LetterState.CANCELLED, CancelReason.NO_ADDRESS)),
        (waiting(expires_at=at(12)), at(12), End(LetterState.FAILED, FailureReason.EXPIRED)),
        # Whatever happens to it, what may have arrived is never called withdrawn or expired.
        *(
            (letter, at(12), End(LetterState.UNKNOWN, FailureReason.OUTCOME_UNKNOWN))
            for letter in (
                waiting(crashes=1, messages_left=0),
                waiting(crashes=1, reachable=False),
                waiting(crashes=1, expires_at=at(12)),
            )
        ),
    ],
)
def test_what_becomes_of_a_letter_whose_time_has_come(
    letter: Waiting, local: datetime, verdict: Send | Wait | End
) -> None:
    assert decide(letter, local) == verdict


def test_only_the_first_crash_is_followed_by_another_attempt() -> None:
    assert [after_crash(crashes) for crashes in (1, 2, 3)] == [
        LetterState.QUEUED,
        LetterState.UNKNOWN,
        LetterState.UNKNOWN,
    ]


@pytest.mark.parametrize(
    ("result", "state", "reason"),
    [
        (Result(AttemptOutcome.ACCEPTED, "250"), LetterState.DELIVERED, None),
        (Result(AttemptOutcome.REFUSED, "554"), LetterState.FAILED, FailureReason.REFUSED),
        (
            Result(AttemptOutcome.REFUSED, "550", address_refused=True),
            LetterState.FAILED,
            FailureReason.ADDRESS_REFUSED,
        ),
        (Result(AttemptOutcome.RETRY, "451"), LetterState.QUEUED, None),
        (
            Result(AttemptOutcome.UNKNOWN, "timeout"),
            LetterState.UNKNOWN,
            FailureReason.OUTCOME_UNKNOWN,
        ),
    ],
)
def test_what_an_answer_makes_of_a_letter(
    result: Result, state: LetterState, reason: FailureReason | None
) -> None:
    assert after_result(result) == (state, reason)


@pytest.mark.parametrize("state", list(LetterState))
@pytest.mark.parametrize("outcome", [one for one in AttemptOutcome if one != "crashed"])
def test_a_late_answer_never_begins_anything_again(
    state: LetterState, outcome: AttemptOutcome
) -> None:
    result = Result(outcome, "")
    if state is not LetterState.SENDING and concerns(result, state):
        assert after_result(result)[0] in (LetterState.DELIVERED, LetterState.FAILED)
        assert state in (LetterState.QUEUED, LetterState.UNKNOWN)


@pytest.mark.parametrize(
    ("action", "state", "crashes", "becomes"),
    [
        ("failed", LetterState.DELIVERED, 0, LetterState.FAILED),
        ("failed", LetterState.UNKNOWN, 2, LetterState.FAILED),
        ("delivered", LetterState.UNKNOWN, 2, LetterState.DELIVERED),
        ("relayed", LetterState.QUEUED, 1, LetterState.DELIVERED),
        ("delivered", LetterState.QUEUED, 0, None),
        ("delivered", LetterState.DELIVERED, 0, None),
        ("failed", LetterState.FAILED, 0, None),
        ("failed", LetterState.CANCELLED, 0, None),
        ("delayed", LetterState.DELIVERED, 0, None),
        ("", LetterState.UNKNOWN, 1, None),
    ],
)
def test_what_a_receipt_makes_of_a_letter(
    action: str, state: LetterState, crashes: int, becomes: LetterState | None
) -> None:
    assert after_receipt(action, state, crashes) is becomes


@given(moments, times, times)
def test_after_quiet_is_outside_the_quiet_hours_and_not_later_than_needed(
    moment: datetime, begins: time, ends: time
) -> None:
    free = after_quiet((begins, ends), moment)
    assert moment <= free < moment + timedelta(days=1)
    assert after_quiet((begins, ends), free) == free
    assert free == moment or free.time() == ends


@given(moments)
def test_the_next_digest_is_at_its_hour_within_a_day(moment: datetime) -> None:
    slot = next_digest(moment)
    assert moment < slot <= moment + timedelta(days=1)
    assert slot.time() == time(18, 0)
    assert next_digest(slot) == slot + timedelta(days=1)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_grows_to_its_cap_and_never_beyond(attempts: int, share: float) -> None:
    assert timedelta() <= backoff(attempts, share) <= timedelta(hours=6)
    assert backoff(attempts, 1) <= backoff(attempts + 1, 1)


def test_the_whole_schedule_of_pauses() -> None:
    minutes = [backoff(attempt, 1) / timedelta(minutes=1) for attempt in range(1, 12)]
    assert minutes == [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360]


@given(st.integers(0, 5), st.integers(0, 10_000), st.integers(1, 20))
def test_shares_add_up_to_the_letter(parts: int, cost: int, messages: int) -> None:
    shares = share_of_parts(parts, cost, messages)
    assert len(shares) == messages
    assert tuple(map(sum, zip(*shares, strict=True))) == (parts, cost)

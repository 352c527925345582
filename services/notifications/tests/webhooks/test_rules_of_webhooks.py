"""The schedule, what answers mean, and signatures that others verify."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from notifications.webhooks.client import retry_after, signatures
from notifications.webhooks.domain import (
    SCHEDULE,
    Answer,
    AttemptOutcome,
    DeliveryState,
    after,
    outcome_of,
)

FIRST = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECOND = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
SPEC = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
# Of the specification's own tests, and with Vietnamese text, as other languages' libraries sign it.
VECTORS = [
    ((FIRST,), *SPEC, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    (
        (FIRST, SECOND),
        *SPEC,
        (
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
            "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44="
        ),
    ),
    (
        (FIRST,),
        "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        1795250013,
        '{"type":"score.entered","timestamp":"2026-11-21T08:33:33Z",'
        '"data":{"student_name":"Nguyễn Thị Ánh","score":8.5}}'.encode(),
        "v1,tNmf/CecezkxoJKCY4NMBtO9Yz/Z3Qxds+gUVYveqdA=",
    ),
]


@pytest.mark.parametrize("hours", [0, 7, -5])
@pytest.mark.parametrize(("secrets", "event_id", "second", "body", "signature"), VECTORS)
def test_a_signature_is_the_one_that_others_make(  # noqa: PLR0917 - a vector's columns
    secrets: tuple[str, ...], event_id: str, second: int, body: bytes, signature: str, hours: int
) -> None:
    # The library mistakes the clock's face in any zone for UTC: we never let it.
    moment = datetime.fromtimestamp(second, timezone(timedelta(hours=hours)))
    assert signatures(secrets, event_id, moment, body) == signature


def test_what_we_sign_verifies_and_what_was_touched_does_not() -> None:
    moment = datetime.now(UTC)
    body = '{"name":"Nguyễn Thị Ánh"}'.encode()
    headers = {
        "webhook-id": "event",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signatures((FIRST, SECOND), "event", moment, body),
    }
    for secret in (FIRST, SECOND):
        assert Webhook(secret).verify(body, headers) == {"name": "Nguyễn Thị Ánh"}
    for changed in (
        {"webhook-id": "other"},
        {"webhook-timestamp": str(int(moment.timestamp()) + 1)},
        {"webhook-timestamp": str(int(moment.timestamp()) - 301)},
        {"webhook-signature": "v1,AAAA"},
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(FIRST).verify(body, headers | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(FIRST).verify(body + b" ", headers)


def test_the_whole_schedule() -> None:
    refused = Answer(AttemptOutcome.REFUSED, 500)
    pauses = [after(refused, step, 0).pause for step in range(len(SCHEDULE))]
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert pauses == [timedelta(hours=hour) for hour in hours]
    assert sum(SCHEDULE, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert after(refused, len(SCHEDULE), 0).state is DeliveryState.FAILED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "accepted"),
        (204, "accepted"),
        (299, "accepted"),
        (301, "refused"),
        (308, "refused"),
        (400, "refused"),
        (410, "gone"),
        (429, "refused"),
        (503, "refused"),
    ],
)
def test_only_2xx_is_success(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome


@given(
    st.sampled_from(AttemptOutcome),
    st.integers(0, 20),
    st.floats(0, 1),
    st.none() | st.timedeltas(timedelta(), timedelta(days=400)),
)
def test_every_answer_has_a_verdict_that_ends(
    outcome: AttemptOutcome, step: int, share: float, wish: timedelta | None
) -> None:
    verdict = after(Answer(outcome, 500, wish), step, share)
    assert (verdict.pause is None) == (verdict.state is not DeliveryState.PENDING)
    assert verdict.disable == (outcome is AttemptOutcome.GONE)
    if verdict.pause is not None:
        assert timedelta(seconds=5) <= verdict.pause <= timedelta(hours=24) * 1.1
        assert outcome is AttemptOutcome.LEFT_ALONE or verdict.step == step + 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("120", 120),
        ("0", 0),
        ("-5", None),
        ("soon", None),
        ("9" * 5000, None),
        ("864000", 864000),
        ("Sun, 22 Nov 2026 06:01:00 GMT", 60),
        ("Sun, 22 Nov 2020 06:01:00 GMT", 0),
        ("Sun, 22 Nov 2026 06:01:00 -0000", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: int | None) -> None:
    wish = retry_after(text, datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
    assert wish == (None if seconds is None else timedelta(seconds=seconds))


def test_a_wish_to_be_left_alone_is_heard_for_a_day_at_most() -> None:
    wish = Answer(AttemptOutcome.REFUSED, 429, timedelta(days=10))
    assert after(wish, 0, 0).pause == timedelta(hours=24)
    assert after(Answer(AttemptOutcome.REFUSED, 429, timedelta(hours=1)), 0, 0).pause == timedelta(
        hours=1
    )

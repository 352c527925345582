"""The reader stops exactly at the vector, on a real broker."""

from confluent_kafka import Producer

from contracts import topics
from edu.verify.log import Log

LANE = (topics.SCORES.name, 3)


def write(kafka: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 0})
    for number in range(count):
        producer.produce(LANE[0], partition=LANE[1], key=b"k", value=str(number).encode())
    producer.flush()


def test_every_record_below_the_vector_is_read_and_none_at_it(kafka: str) -> None:
    write(kafka, 1200)
    log = Log(kafka, {LANE: 1000, (topics.SCORES.name, 0): 0, (topics.UNITS.name, 0): 0})
    records = list(log)
    assert [record.value for record in records] == [str(n).encode() for n in range(1000)]
    assert {(record.topic, record.partition) for record in records} == {LANE}
    assert log.short == {}


def test_a_log_that_ends_before_the_vector_is_named(kafka: str) -> None:
    write(kafka, 3)
    log = Log(kafka, {LANE: 5})
    assert len(list(log)) == 3
    assert log.short == {LANE: 3}


def test_a_step_begins_where_the_one_before_ended(kafka: str) -> None:
    write(kafka, 30)
    steps = [Log(kafka, {LANE: 12}), Log(kafka, {LANE: 12}, after={LANE: 12})]
    steps.append(Log(kafka, {LANE: 30}, after={LANE: 12}))
    assert [[record.offset for record in step] for step in steps] == [
        list(range(12)),
        [],
        list(range(12, 30)),
    ]

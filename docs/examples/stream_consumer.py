"""Follow a stream: python stream_consumer.py BOOTSTRAP TOPIC STATE  (needs confluent-kafka)."""

import json
import sqlite3
import sys

from confluent_kafka import Consumer, Message, TopicPartition

bootstrap, topic, path = sys.argv[1:]
state = sqlite3.connect(path)
state.execute("CREATE TABLE IF NOT EXISTS at (name PRIMARY KEY, n)")
state.execute("CREATE TABLE IF NOT EXISTS fact (id PRIMARY KEY, document)")
at = dict(state.execute("SELECT name, n FROM at"))


def take(record: Message) -> None:
    """Apply one record: up to the last sequence is a duplicate, beyond the next one a gap."""
    if (value := record.value()) is None:
        return  # a tombstone: whatever is known of this key is to be forgotten
    event = json.loads(value)
    lane, sequence = f"{event['source']}/{record.partition()}", int(event["sequence"])
    last = at.get(lane, sequence - 1)
    if sequence > last + 1:
        sys.stderr.write(f"{lane}: {last + 1} to {sequence - 1} are missing\n")
    if sequence > last:
        at[lane] = sequence
        state.execute("INSERT INTO fact VALUES (?, ?)", (f"{event['source']} {event['id']}", value))


client = Consumer({"bootstrap.servers": bootstrap, "group.id": "-", "enable.auto.commit": False})
known = client.list_topics(topic, 30).topics[topic].partitions
client.assign([TopicPartition(topic, one, at.get(str(one), 0)) for one in known])
while True:
    with state:  # the position is ours, not Kafka's: it moves together with the effect
        for record in [one for one in client.consume(500, 1.0) if one.error() is None]:
            take(record)
            at[str(record.partition())] = (record.offset() or 0) + 1
        state.executemany("INSERT OR REPLACE INTO at VALUES (?, ?)", at.items())

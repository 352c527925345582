"""Looking for what must not stand somewhere, everywhere in a running suite.

A secret is looked for in every spelling and encoding in which programs write things down, in
everything that a suite leaves behind: logs, records, metrics, answers, rows.
"""

from __future__ import annotations

import base64
import json
import quopri
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import asyncpg
import httpx
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from edu.home import Home

SECONDS = 20.0
TABLES = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n
    ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


class Place(NamedTuple):
    """One thing that is searched."""

    kind: str
    name: str


class Canary(NamedTuple):
    """What must not get out, and where alone it may stand."""

    secret: str | bytes
    whose: str
    at_home: frozenset[Place] = frozenset()


class Hit(NamedTuple):
    """A canary outside its home."""

    whose: str
    place: Place


@dataclass(frozen=True)
class Suite:
    """A running suite, as somebody sees it who may look everywhere."""

    home: Home

    @property
    def run(self) -> Mapping[str, Any]:
        """What runs, and where."""
        run = self.home.run()
        assert run is not None, "nothing runs here"
        return run

    def logs(self) -> Iterator[tuple[Place, bytes]]:
        """Yield every log file."""
        for path in sorted(self.home.logs.iterdir()):
            yield Place("log", path.name), path.read_bytes()

    def topics(self) -> Iterator[tuple[Place, bytes]]:
        """Yield every record of every topic, Kafka's own among them: key, value and headers."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.run["kafka"]["bootstrap"],
                "group.id": "search",  # required by the client; assign() never uses it
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        try:
            topics = consumer.list_topics(timeout=SECONDS).topics
            found = {name: bytearray() for name in topics}
            lanes = {
                (name, number) for name, topic in topics.items() for number in topic.partitions
            }
            consumer.assign([TopicPartition(*lane, OFFSET_BEGINNING) for lane in lanes])
            while lanes:
                message = consumer.poll(SECONDS)
                assert message is not None, f"Kafka sent nothing of {sorted(lanes)}"
                topic, error = str(message.topic()), message.error()
                if error is not None:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    lanes.discard((topic, int(message.partition() or 0)))
                    continue
                headers = [part for header in message.headers() or () for part in header]
                for part in (message.key(), message.value(), *headers):
                    found[topic] += b"\0" + _bytes_of(part)
        finally:
            consumer.close()
        for name, content in found.items():
            yield Place("topic", name), bytes(content)

    async def metrics(self) -> list[tuple[Place, bytes]]:
        """Give what every service measures about itself."""
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            return [
                (Place("metric", name), (await client.get(f"{one['url']}/metrics")).content)
                for name, one in self.run["services"].items()
            ]

    async def tables(self) -> list[tuple[Place, bytes]]:
        """Give every row of every table, whatever its schema."""
        found = []
        for database, url in self.run["databases"].items():
            connection = await asyncpg.connect(url)
            try:
                for schema, table in await connection.fetch(TABLES):
                    # The names are the database's own.
                    rows = await connection.fetch(f'SELECT * FROM "{schema}"."{table}"')  # noqa: S608
                    content = b"\0".join(_bytes_of(value) for row in rows for value in row)
                    found.append((Place("table", f"{database}.{schema}.{table}"), content))
            finally:
                await connection.close()
        return found

    async def value(self, database: str, statement: str) -> Any:
        """Ask one database for one value."""
        connection = await asyncpg.connect(self.run["databases"][database])
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    async def everything(self) -> list[tuple[Place, bytes]]:
        """Give all of it but what somebody was answered, which nothing keeps."""
        return [*self.logs(), *self.topics(), *await self.metrics(), *await self.tables()]


def hits(canaries: Collection[Canary], content: Iterable[tuple[Place, bytes]]) -> list[Hit]:
    """Give every canary that stands where it is not at home."""
    found = []
    for place, text in content:
        searched = text.lower()
        found += [
            Hit(canary.whose, place)
            for canary in canaries
            if place not in canary.at_home
            and any(form in searched for form in forms(canary.secret))
        ]
    return found


@cache
def forms(secret: str | bytes) -> frozenset[bytes]:
    """Give how a secret may be written, with small ASCII letters."""
    if isinstance(secret, bytes):
        return _lower({secret, *_encoded(secret)})
    plain = {form for text in _spellings(secret) for form in (text.encode(), _escaped(text))}
    composed = (unicodedata.normalize(how, secret) for how in ("NFC", "NFD"))
    written = {form for text in composed for form in _written(text)}
    return _lower(plain | written)


def _spellings(text: str) -> frozenset[str]:
    """Give the text composed and decomposed, in capitals, and without its tone marks."""
    apart = unicodedata.normalize("NFD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    whole = unicodedata.normalize("NFC", text)
    forms = ((one, one.lower(), one.upper()) for one in (apart, bare, whole))
    return frozenset(form for three in forms for form in three)


def _written(text: str) -> Iterator[bytes]:
    """Yield the text in the encodings of addresses, letters, logs and databases."""
    raw = text.encode()
    yield from _encoded(raw)
    yield from _encoded(_escaped(text))
    yield from (quote(text, safe="").encode(), quote_plus(text).encode())
    yield from (quopri.encodestring(raw).rstrip(b"=\n"), text.encode("utf-16-le"))
    yield text.encode("unicode_escape")


def _escaped(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()


def _encoded(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield from _base64(raw)


def _lower(forms: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(form.lower() for form in forms)


def _base64(raw: bytes) -> Iterator[bytes]:
    """Yield the letters that stand for the bytes wherever in an encoded text they begin."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + raw)
        # The first and the last letter may also stand for a part of a neighbour.
        inner = encoded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def _bytes_of(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")

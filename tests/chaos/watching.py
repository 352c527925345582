"""What the checker has the databases remember while a scenario plays."""

from __future__ import annotations

import asyncpg

STATEMENTS = """
CREATE SCHEMA chaos;
CREATE TABLE chaos.moved (
    id bigserial PRIMARY KEY,
    topic text NOT NULL,
    partition int NOT NULL,
    before bigint NOT NULL,
    after bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION chaos.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos.moved (topic, partition, before, after)
    VALUES (new.topic, new.partition, old.next, new.next);
    RETURN new;
END $$;
CREATE TRIGGER note AFTER UPDATE ON delivery.consumer_position
    FOR EACH ROW WHEN (old.next <> new.next) EXECUTE FUNCTION chaos.note();
"""


async def note_positions(url: str) -> None:
    """Keep every move of a service's positions (I5): before, after, and when."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(STATEMENTS)
    finally:
        await connection.close()

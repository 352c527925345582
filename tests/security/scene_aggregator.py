"""The aggregator with no number yet: who is answered at all.

Which small numbers somebody sees is asked in the service's own ``views/test_scopes.py``, for every
asker on every route.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.auth import WORKS_AT
from edu.testing.service import an_id, in_process, settings_of
from ioc_aggregator.app import SERVICE
from ioc_aggregator.policy import IN_OWN_UNIT, POLICY, READ_DUMP
from ioc_aggregator.settings import Settings

from .places import ELSEWHERE, PUBLIC, Place, Scene


def settings(database_url: str) -> Settings:
    """Give the settings of the service for its HTTP."""
    return settings_of(Settings, database_url)


@asynccontextmanager
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """Let it have read its journal, in which nothing stands."""
    async with in_process(SERVICE, settings(database_url)) as (client, app):
        async with app.state.database.reading() as session:
            await app.state.engine.follower.refresh(session)
        public = {
            f"GET {path}": (Place(PUBLIC),)
            for path in (
                *("/indicators", "/indicators/catalogue", "/units", "/freshness", "/feed"),
                *("/export", "/periods", "/checkpoints"),
            )
        }
        yield Scene(
            client,
            app,
            POLICY,
            {},
            {
                WORKS_AT: an_id("who works there"),
                IN_OWN_UNIT: an_id("officer"),
                ELSEWHERE: an_id("who works elsewhere"),
            },
            public
            | {
                "GET /histograms": (Place(PUBLIC, params={"subject": "TOAN"}),),
                "GET /completeness": (Place(PUBLIC, params={"indicator": "N04"}),),
                # Nothing is closed yet; what the public sees of it, the service's own test asks.
                "GET /restatements": (),
                # An answer without end; who sees what in it, the service's own test asks.
                "GET /feed/stream": (),
                "GET /session": (Place(PUBLIC),),
                "GET /dump": (Place(READ_DUMP),),
            },
        )

"""A line between a service and what it stands on, which can be cut, one way or both, or slowed.

Nothing is reset while it is cut: what was sent waits in the line, as on a network that loses
packets until it is mended.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

HOST = "127.0.0.1"
CHUNK = 1 << 16

Result = TypeVar("Result")


class Background:
    """An event loop in a thread of its own, so that faults and traffic go on side by side."""

    def __init__(self) -> None:
        """Start it."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result], *, within: float = 60.0) -> Result:
        """Run work there to its end."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(within)

    def stop(self) -> None:
        """End it, and whatever still runs in it."""
        self.run(self._cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class Proxy:
    """Listens on ``port`` and passes on to ``target``, both on this machine."""

    background: Background
    port: int
    target: int
    delay: float = 0.0
    """Seconds by which each piece is late, in both directions."""
    bytes_held: int = 0
    """How much stood in the line when it was cut, in both directions: was there traffic at all?"""
    _losing: bool = field(default=False, init=False)
    _server: asyncio.Server | None = field(default=None, init=False)
    _requests: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _replies: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def open(self) -> None:
        """Begin to listen."""
        self._requests.set()
        self._replies.set()
        self._server = self.background.run(asyncio.start_server(self._serve, HOST, self.port))

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self.background.loop.call_soon_threadsafe(self._server.close)

    @contextlib.contextmanager
    def cut(
        self, *, requests: bool = True, replies: bool = True, lose: bool = False
    ) -> Iterator[None]:
        """Let nothing through in these directions until the block ends.

        ``lose`` what is sent meanwhile, as when the machine that would send it again dies too.
        """
        call = self.background.loop.call_soon_threadsafe
        directions = [(self._requests, requests), (self._replies, replies)]
        self.bytes_held, self._losing = 0, lose
        for gate, wanted in directions:
            if wanted:
                call(gate.clear)
        try:
            yield
        finally:
            for gate, _ in directions:
                call(gate.set)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._requests.wait()
        try:
            there, towards = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(
            self._pass_on(reader, towards, self._requests),
            self._pass_on(there, writer, self._replies),
        )

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event
    ) -> None:
        try:
            while piece := await reader.read(CHUNK):
                if not gate.is_set():
                    self.bytes_held += len(piece)
                    if self._losing:
                        writer.transport.abort()
                        return
                await gate.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
            await gate.wait()  # that somebody has hung up is news like any other
        except OSError:
            await gate.wait()
        finally:
            writer.close()

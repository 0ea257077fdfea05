"""Feed of a venue: its clock, requests, events and notes, read by control calls and handed to the pages that are open.

Nothing is read while no page is open. All pages share one reader, and what they have not read yet has a bound.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import msgspec

from tallystick.client.clock import monotonic
from tallystick.client.errors import ClientError, LeverRefused
from tallystick.client.levers import AsyncLevers
from tallystick.console.calls import exact

EVERY_S: Final = 0.1
"""Pause between two looks at the venue."""
AGAIN_S: Final = 1.0
"""Pause after a look that failed; also the longest time without a word to the pages."""
BATCH: Final = 1_000
"""Requests, and entries of the journal, that one look takes in at most."""
REQUESTS_EACH: Final = 100
"""Requests that one look takes in; of more the newest: to tell of each would cost a busy venue a tenth of its rate."""
BEFORE: Final = 500
"""Entries before the first look whose events are shown."""
REQUESTS_MAX: Final = 2_000
EVENTS_MAX: Final = 5_000
NOTES_MAX: Final = 500
"""Rows that are kept for a page that opens later."""
READERS_MAX: Final = 16
WAITING_MAX: Final = 100
"""Messages that may wait for one page. A page that is further behind is let go, and begins anew."""

Message = dict[str, Any]


class Full(Exception):
    """Too many pages are open."""


class Feed:
    """Feed of the venue behind `levers`."""

    def __init__(self, levers: AsyncLevers) -> None:
        self._levers = levers
        self._readers: set[asyncio.Queue[bytes | None]] = set()
        # They get all that is kept after the next look: before it, what is kept may be old.
        self._new: set[asyncio.Queue[bytes | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._begin(0, 0)

    def _begin(self, generation: int, seq: int) -> None:
        """Forget what is known of another generation, and go on after entry `seq`."""
        self._generation, self._seq = generation, seq
        self._number = self._noted = 0
        self._clock: Message = {}
        self._said = monotonic()
        self._requests: deque[Any] = deque(maxlen=REQUESTS_MAX)
        self._events: deque[Any] = deque(maxlen=EVENTS_MAX)
        self._notes: deque[Any] = deque(maxlen=NOTES_MAX)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[asyncio.Queue[bytes | None]]:
        """Queue of messages, a line of JSON each; the first has all that is kept, and None is the end.

        Raises Full where 16 pages are open.
        """
        if len(self._readers) >= READERS_MAX:
            raise Full
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_MAX)
        self._readers.add(queue)
        self._new.add(queue)
        if self._task is None:
            self._task = asyncio.create_task(self._read())
        try:
            yield queue
        finally:
            self._readers.discard(queue)
            self._new.discard(queue)
            if not self._readers:
                await self.close()

    async def close(self) -> None:
        """Stop reading."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for queue in self._readers:
            _end(queue)

    def _whole(self) -> Message:
        return {
            "begins": True,
            "clock": self._clock,
            "requests": list(self._requests),
            "events": list(self._events),
            "notes": list(self._notes),
        }

    async def _read(self) -> None:
        lost = ""
        while True:
            try:
                more = await self._look()
                lost, pause = "", 0.0 if more else EVERY_S
            except ClientError as problem:
                if str(problem) != lost or self._new:
                    lost = str(problem)
                    # A venue that has halted, or that starts, is there and refuses.
                    answers = isinstance(problem, LeverRefused)
                    self._tell({"lost": lost, "hint": problem.hint, "answers": answers})
                pause = AGAIN_S
            await asyncio.sleep(pause)

    async def _look(self) -> bool:
        """Look once and tell what is new. True where more is there to be taken in."""
        if not self._clock:
            await self._begin_anew()
            return True
        # One after the other they would take three times as long, and an event would wait for it.
        health, asked, happened = await asyncio.gather(
            self._levers.health(),
            self._levers.requests(after=str(self._number), limit=str(REQUESTS_EACH)),
            self._levers.events(after=str(self._seq), limit=str(BATCH)),
        )
        if health.generation != self._generation or happened.generation != self._generation:
            await self._begin_anew()
            return True
        message: Message = {}
        if asked.newest < self._number:
            # Another process serves the venue now, and counts its requests from 1.
            self._number = 0
        elif asked.requests:
            self._number = max(asked.requests[-1].number, asked.newest - REQUESTS_EACH)
            message["requests"] = [row.raw for row in asked.requests]
        if happened.next > self._seq:
            self._seq = happened.next
            message |= await self._noted_since()
            message["events"] = [row.raw for row in happened.events]
        self._take(dict(health.raw), message)
        return health.seq > self._seq

    async def _begin_anew(self) -> None:
        """Begin with the generation that there is, and tell the pages so."""
        health, asked = await asyncio.gather(self._levers.health(), self._levers.requests(after="0", limit=str(BATCH)))
        # Notes go on being counted; those of another generation are not this one's.
        noted = (await self._levers.notes(after="0", limit="1")).newest if self._generation else 0
        self._begin(health.generation, max(0, health.seq - BEFORE))
        self._noted = noted
        self._clock = dict(health.raw)
        self._number = max(asked.requests[-1].number, asked.newest - REQUESTS_EACH) if asked.requests else 0
        self._requests.extend(row.raw for row in asked.requests)
        self._tell(self._whole())

    async def _noted_since(self) -> Message:
        """Notes since the last look."""
        noted = await self._levers.notes(after=str(self._noted), limit=str(BATCH))
        if not noted.notes:
            return {}
        self._noted = noted.notes[-1].number
        return {"notes": [row.raw for row in noted.notes]}

    def _take(self, clock: Message, message: Message) -> None:
        """Keep what is new, and tell it where there is anything, or where nothing was told for a while."""
        changed = _standing(clock) != _standing(self._clock)
        self._clock = clock
        for name, kept in (("requests", self._requests), ("events", self._events), ("notes", self._notes)):
            kept.extend(message.get(name, ()))
        if message or changed or self._new or monotonic() - self._said >= AGAIN_S:
            self._tell(message | {"clock": clock})

    def _tell(self, message: Message) -> None:
        self._said = monotonic()
        said, new = line(message), self._new
        self._new = set()
        whole = line(self._whole()) if new and self._clock else None
        for queue in list(self._readers):
            if queue.full():
                self._readers.discard(queue)
                _end(queue)
                continue
            if queue in new and whole is not None:
                queue.put_nowait(whole)
            if queue not in new or whole is None or "lost" in message:
                queue.put_nowait(said)


def _standing(clock: Message) -> Message:
    """Health without the time, which passes by itself."""
    return {name: value for name, value in clock.items() if name not in ("now", "now_ms")}


def _end(queue: asyncio.Queue[bytes | None]) -> None:
    """Tell a reader that it is let go."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)


def line(message: Message) -> bytes:
    return msgspec.json.encode(exact(message)) + b"\n"

"""Sends what a corpus makes, many at a time, and says what should not have come back."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tests.torture.corpus import Corpus, Sent

AT_ONCE = 48
ANSWER_SECONDS = 1.0
"""Without a word for so long, the venue waits for the rest: it is told that none comes."""
END_SECONDS_MAX = 60
"""By then a connection has ended whose client says no more."""
CUT = frozenset(("cut",))
STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
ACCEPTED = b"HTTP/1.1 101 "
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)\r\n")


@dataclass
class Found:
    """What came of it. `statuses` counts answers by kind and status, `wrong` says what nobody should get."""

    sent: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


async def sends(corpus: Corpus, port: int, count: int, told: Callable[[int], None] = lambda done: None) -> Found:
    """`count` requests, each on a connection of its own."""
    found, requests = Found(), islice(corpus, count)
    await asyncio.gather(*(_worker(requests, port, found, told) for _ in range(AT_ONCE)))
    return found


async def _worker(requests: Iterator[Sent], port: int, found: Found, told: Callable[[int], None]) -> None:
    for request in requests:
        answer = await _exchange(request, port, found)
        found.sent += 1
        told(found.sent)
        statuses = [int(text) for text in STATUS.findall(answer)]
        found.statuses[f"{request.kind} {statuses[0] if statuses else 'closed'}"] += 1
        if any(status >= 500 for status in statuses):
            found.wrong.append(f"{statuses} for {request!r:.2000}")


async def _exchange(request: Sent, port: int, found: Found) -> bytes:
    """All that came back until one side ended it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = bytearray()
    try:
        writer.write(request.raw)
        if request.kind in CUT:
            return b""
        await _read(reader, answer, ANSWER_SECONDS)
        if request.frames and answer.startswith(ACCEPTED):
            writer.write(b"".join(request.frames))
            await _read(reader, answer, ANSWER_SECONDS, to_the_end=True)
        if request.frames or not _whole(answer):
            if not reader.at_eof():
                writer.write_eof()
            await _ended(reader, answer, request, found)
    except (ConnectionError, OSError):
        # Closed over what was still on its way: an end as well.
        pass
    finally:
        writer.transport.abort()
    return bytes(answer)


async def _read(reader: asyncio.StreamReader, answer: bytearray, seconds: float, *, to_the_end: bool = False) -> None:
    """Until there is a whole answer or the end, or not within some time."""
    try:
        async with asyncio.timeout(seconds):
            while (to_the_end or not _whole(answer)) and (piece := await reader.read(65_536)):
                answer += piece
    except TimeoutError:
        return


def _whole(answer: bytearray) -> bool:
    head, blank, body = bytes(answer).partition(b"\r\n\r\n")
    length = LENGTH.search(head + b"\r\n")
    return bool(blank) and (head.startswith(ACCEPTED) or (length is not None and len(body) >= int(length[1])))


async def _ended(reader: asyncio.StreamReader, answer: bytearray, request: Sent, found: Found) -> None:
    try:
        async with asyncio.timeout(END_SECONDS_MAX):
            while piece := await reader.read(65_536):
                answer += piece
    except TimeoutError:
        found.wrong.append(f"no end after {bytes(answer[:200])!r} for {request!r:.2000}")

"""Random servers, byte by byte, against a model of what was truly sent and answered: nothing twice or mixed up."""

from __future__ import annotations

import asyncio
import os
import random
import select
import socket
from collections import Counter
from contextlib import suppress
from typing import Any, Final

import pytest

from tallystick.client.steps import Failed, Received
from tests.client.peers import Peer, Peers, Run, run, step, transport_to

__all__ = ["run"]
EXCHANGES: Final = int(os.environ.get("TALLY_EXCHANGES", "1500"))
WORKERS: Final = 16
LATE_S: Final = 0.4
PATIENT_S: Final = 60.0


class Model:
    """A server that does at random what servers and networks do, and notes what it has read and said."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.touched: set[int] = set()
        """Numbers of requests of which at least the first line was read."""
        self.read: Counter[int] = Counter()
        self.answered: set[int] = set()
        """Numbers of requests whose answer was sent whole."""
        self.clean: set[int] = set()
        """Numbers of answered requests after which the connection stayed as it was."""

    async def serve(self, server: Peers) -> None:
        """Take connections until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._connection(await server.next()))

    async def _connection(self, peer: Peer) -> None:
        # What is sent is on its way at once, so that what is there can be told from what is yet to come.
        peer.plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(EOFError, OSError):
            while await self._exchange(peer):
                pass
        peer.close(reset=self.chance.random() < 0.3)

    async def _exchange(self, peer: Peer) -> bool:
        """One request and what becomes of it. False closes the connection."""
        chance = self.chance
        if chance.random() < 0.03:
            await peer.some(chance.randrange(1, 50))
            self._touch(peer)
            return False
        try:
            request = await peer.request()
        finally:
            self._touch(peer)
        number = int(request.split(b" ")[1].rpartition(b"/")[2])
        self.touched.add(number)
        self.read[number] += 1
        fate = chance.choices(
            ["whole", "last", "doubled", "cut", "silent", "late", "spoken later"], [60, 8, 6, 12, 4, 2, 8]
        )[0]
        answer, ends = self._answer(number)
        if fate == "silent":
            return False
        if fate == "late":
            await asyncio.sleep(LATE_S)
        if fate == "cut":
            while b"ength" not in answer and b"chunked" not in answer:
                # Where nothing tells the length, a cut answer is a shorter one.
                answer, _ = self._answer(number)
            await self._say(peer, answer[: chance.randrange(len(answer))])
            return False
        if fate == "doubled":
            extra = self._answer(number)[0]
            self.answered.add(number)
            await peer.say(answer + extra[: chance.randrange(1, len(extra) + 1)])
            return not ends and chance.random() < 0.5
        await self._say(peer, answer)
        self.answered.add(number)
        if fate == "whole" and not ends:
            self.clean.add(number)
        if fate == "spoken later" and not ends and not select.select([peer.plug], [], [], 0)[0]:
            peer.plug.send(self._answer(number)[0])
        return fate != "last" and not ends

    def _touch(self, peer: Peer) -> None:
        line, end, _ = peer._read.partition(b" HTTP")
        if end:
            self.touched.add(int(line.split(b" ")[1].rpartition(b"/")[2]))

    def _answer(self, number: int) -> tuple[bytes, bool]:
        """An answer that says which request it is to, in one of the forms of HTTP; and whether the connection ends."""
        chance = self.chance
        body = b"%d " % number + b"x" * chance.choice([0, 1, 100, 3_000])
        early = chance.choice([b"", b"", b"HTTP/1.1 103 Early\r\nA: b\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
        head = early + b"HTTP/1.1 200 OK\r\n"
        match chance.randrange(8):
            case 0:
                return head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body, True
            case 1:
                return head + b"\r\n" + body, True
            case 2 | 3:
                at = chance.randrange(1, len(body))
                chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:at], body[at:]) if part)
                return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n", False
            case _:
                return head + b"Content-Length: %d\r\n\r\n" % len(body) + body, False

    async def _say(self, peer: Peer, answer: bytes) -> None:
        """Send an answer, whole or in pieces."""
        while answer and self.chance.random() < 0.5:
            at = self.chance.randrange(len(answer))
            await peer.say(answer[:at])
            answer = answer[at:]
            await asyncio.sleep(0)
        await peer.say(answer)


async def played(seed: int) -> tuple[Model, dict[int, Received | Failed]]:
    """Workers that ask one after the other; the results by the number of the request."""
    model, chance = Model(seed), random.Random(-seed)
    found: dict[int, Received | Failed] = {}
    numbers = iter(range(EXCHANGES))
    with Peers() as server:
        serving = asyncio.ensure_future(model.serve(server))
        async with transport_to(server.url) as transport:

            async def work() -> None:
                for number in numbers:
                    body = b"b" * chance.choice([0, 0, 10, 70_000])
                    within_s = LATE_S / 2 if chance.random() < 0.02 else PATIENT_S
                    request = step(f"/r/{number}", method="POST", body=body, within_s=within_s)
                    sending = asyncio.ensure_future(transport.send(request))
                    if chance.random() < 0.02:
                        for _ in range(chance.randrange(6)):
                            await asyncio.sleep(0)
                        sending.cancel()
                    with suppress(asyncio.CancelledError):
                        found[number] = await sending
                    for _ in range(chance.randrange(4)):
                        await asyncio.sleep(0)

            await asyncio.gather(*(work() for _ in range(WORKERS)))
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    return model, found


def faults(model: Model, found: dict[int, Received | Failed]) -> list[str]:
    """What of this must not be."""
    told = [f"{number} was read {times} times" for number, times in model.read.items() if times > 1]
    for number, result in found.items():
        if isinstance(result, Received):
            if result.body.split(b" ")[0] != b"%d" % number:
                told.append(f"{number} has the answer {result.body[:20]!r}")
            if number not in model.answered:
                told.append(f"{number} has an answer that was not given whole")
        elif not result.sent and number in model.touched:
            told.append(f"{number} is said not to be sent, and was: {result.reason}")
    return told


@pytest.mark.parametrize("seed", range(1, 3))
def test_random_servers(run: Run[Any], seed: int) -> None:
    model, found = run(played(seed))
    assert faults(model, found) == []
    answers = sum(isinstance(result, Received) for result in found.values())
    assert EXCHANGES // 2 < answers < EXCHANGES
    # What went well on the server's side came through, but for what was cancelled or had little time.
    assert sum(isinstance(found.get(number), Received) for number in model.clean) > 0.95 * len(model.clean)


def test_what_must_not_be_is_seen() -> None:
    model = Model(0)
    model.read.update([1, 1, 2, 3])
    model.touched |= {1, 2, 3}
    model.answered |= {1, 2}
    found: dict[int, Received | Failed] = {
        1: Received(200, b"1 x"),
        2: Received(200, b"1 x"),
        3: Received(200, b"3 "),
        4: Failed(False, "x"),
    }
    assert [line.split()[0] for line in faults(model, found | {3: Failed(False, "x")})] == ["1", "2", "3"]
    assert faults(model, found)[-1] == "3 has an answer that was not given whole"

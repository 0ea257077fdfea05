"""Answers leave after their commit: at once, or in their turn, and not for clients that have gone."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tallystick.server import carrying_out
from tallystick.server.turns import ROUND_SECONDS
from tallystick.store.api import StoreError, WriteBatch
from tests.server.harness import Socket, over_socket
from tests.server.test_raw_http import HOST, until


class HeldDisk:
    """Disk of a served venue that takes its time. `refuses` has the write under way fail once it is let go on."""

    def __init__(self, socket: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.refuses = False
        store = socket.world.venue.line.writer._store
        self.write_at_once = store.write
        monkeypatch.setattr(store, "write", self.write)

    def write(self, batch: WriteBatch) -> None:
        self.begun.set()
        assert self.go_on.wait(30)
        if self.refuses:
            raise StoreError("disk full")
        self.write_at_once(batch)


def switching(socket: Socket) -> bytes:
    body = b'{"autoRepay":true}'
    target = "/api/v5/account/set-auto-repay"
    headers = socket.world.headers(socket.world.alice, "POST", target, body) | {"content-length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    return b"POST " + target.encode() + b" HTTP/1.1\r\n" + HOST + lines + b"\r\n" + body


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("refuses", [False, True])
def test_an_answer_leaves_after_its_commit_without_a_task_and_in_its_turn_if_many_wait(
    monkeypatch: pytest.MonkeyPatch, *, busy: bool, refuses: bool
) -> None:
    async def story(socket: Socket) -> None:
        await socket.world.control("POST", "users/alice/spot-borrow", {"enabled": True})
        disk = HeldDisk(socket, monkeypatch)
        asked: list[object] = []
        turns = socket.everybody.turns
        ask = turns.ask

        def noted(owner: Any, *rest: Any) -> None:
            asked.append(owner)
            ask(owner, *rest)

        monkeypatch.setattr(turns, "ask", noted)
        ends = [await socket.open() for _ in range(3)]
        for _, writer in ends:
            writer.write(switching(socket))
        await until(lambda: [end.active is not None and end.active.begun for end in socket.connections] == [True] * 3)
        await until(disk.begun.is_set)
        assert not socket.everybody.tasks
        assert all(end.written_bytes == 0 for end in socket.connections)
        asked.clear()
        # No time passes but what is given here, so that a slow machine is not taken for a busy one.
        monkeypatch.setattr(carrying_out, "stopwatch", lambda: 0.0)
        turns.spent = ROUND_SECONDS if busy else 0.0
        disk.refuses = refuses
        disk.go_on.set()
        for reader, writer in ends:
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503" if refuses else b"HTTP/1.1 200")
            writer.close()
        # They may be in two groups, of which the second comes when the round of the first is over.
        assert bool(asked) is busy

    over_socket(story)


def test_a_query_that_waits_for_the_disk_and_its_turn_ends_with_its_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(socket: Socket) -> None:
        await socket.world.control("POST", "users/alice/spot-borrow", {"enabled": True})
        disk = HeldDisk(socket, monkeypatch)
        _, first = await socket.open()
        first.write(switching(socket))
        await until(disk.begun.is_set)
        (poster,) = socket.connections
        _, second = await socket.open()
        headers = socket.world.headers(socket.world.alice, "GET", "/api/v5/account/config")
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        second.write(b"GET /api/v5/account/config HTTP/1.1\r\n" + HOST + lines + b"\r\n")
        await until(lambda: any(end is not poster and end.active is not None for end in socket.connections))
        (asker,) = socket.connections - {poster}
        asker.transport.abort()
        await until(lambda: asker.gone)
        socket.everybody.turns.spent = ROUND_SECONDS
        disk.go_on.set()
        await until(lambda: poster.written_bytes > 0)
        await until(lambda: not socket.everybody.turns.line)
        assert asker.written_bytes == 0
        assert [seen.status for seen in socket.world.services.seen.after(0, 9)][-2:] == [200, 400]
        assert not caplog.messages
        first.close()
        second.close()

    over_socket(story)

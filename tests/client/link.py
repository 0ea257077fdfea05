"""A network without a network: requests go straight into a venue, one of them goes wrong, and time is the venue's.

Whatever a client waits for, the venue's clock moves by that much, so that a minute costs no minute. A late request
arrives when its time has come, whoever still waits for it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from tallystick.client import steps
from tallystick.client.clock import Clock
from tallystick.client.files import Kept
from tallystick.client.flows import Flow, Session
from tallystick.client.hosts import host_of
from tallystick.client.making import remove_told
from tallystick.client.safe.intents import Intent
from tallystick.client.secrets import Key
from tallystick.client.steps import Drop, Failed, Keep, ListKept, Received, Result, Send, Step, Tell, Wait
from tallystick.server.request import Whole
from tallystick.venue.keys import Credentials
from tests.server import harness

T = TypeVar("T")

LATENCY_MS: Final = 20
HTML: Final = b"<html><body>502 Bad Gateway</body></html>"
TIMEOUT: Final = Received(400, b'{"code":"50004","data":[],"msg":"API endpoint request timeout"}')
FAULTS: Final = (
    "dropped before",
    "dropped after",
    "doubled, first answer",
    "doubled, second answer",
    "late, in its time",
    "late, beyond 60 s",
    "cut",
    "HTML, not done",
    "HTML, done",
    "50004, not done",
    "50004, done",
)


class Link:
    """A venue and the line to it. `fault` hits the request number `at`, counted from 0; None hits none."""

    def __init__(self, runner: asyncio.Runner, world: harness.World, fault: str = "", at: int | None = None) -> None:
        self.runner = runner
        self.world = world
        self.fault, self.at = fault, at
        self.sent = 0
        self.posts: list[str] = []
        self.late: list[tuple[int, int, Send]] = []
        self.late_by_ms = 65_000
        self.told: list[tuple[str, str]] = []

    # ---- time

    @property
    def now_ms(self) -> int:
        return self.world.venue.now_ms()

    def monotonic(self) -> float:
        return self.now_ms / 1000

    def pass_ms(self, ms: int) -> None:
        """Let time pass; what is late arrives in its time."""
        end = self.now_ms + ms
        while self.late and self.late[0][0] <= end:
            due, _, step = heapq.heappop(self.late)
            self._advance(due - self.now_ms)
            self.deliver(step)
        self._advance(end - self.now_ms)

    def _advance(self, ms: int) -> None:
        if ms > 0:
            answer = self.runner.run(self.world.control("POST", "clock/advance", {"ms": ms}))
            assert answer.status == 200, answer.body

    # ---- requests

    def deliver(self, step: Send) -> Received:
        """The request reaches the venue and is carried out."""
        pairs = [(name.lower().encode(), value.encode()) for name, value in step.headers.items()]
        pairs.append((b"host", b"venue"))
        if step.body:
            pairs.append((b"content-length", b"%d" % len(step.body)))
        whole = Whole(step.method, step.target.encode(), pairs, step.body, peer="127.0.0.1")
        status, body, _ = self.runner.run(self.world.app.answer(whole))
        return Received(status, body)

    def send(self, step: Send) -> Received | Failed:
        number, self.sent = self.sent, self.sent + 1
        if step.method == "POST":
            self.posts.append(step.target)
        self.pass_ms(LATENCY_MS)
        result = self._with_fault(step) if number == self.at else self.deliver(step)
        self.pass_ms(LATENCY_MS)
        return result

    def _with_fault(self, step: Send) -> Received | Failed:
        match self.fault:
            case "dropped before":
                return Failed(True, "cut")
            case "dropped after":
                self.deliver(step)
                return Failed(True, "cut")
            case "doubled, first answer":
                first = self.deliver(step)
                self.deliver(step)
                return first
            case "doubled, second answer":
                self.deliver(step)
                return self.deliver(step)
            case "late, in its time" | "late, beyond 60 s":
                by_ms = 15_000 if self.fault == "late, in its time" else self.late_by_ms
                heapq.heappush(self.late, (self.now_ms + by_ms, self.sent, step))
                self.pass_ms(max(int((step.deadline - self.monotonic()) * 1000), 0))
                return Failed(True, "no answer in time")
            case "cut":
                body = self.deliver(step).body
                return Received(200, body[: len(body) // 2])
            case "HTML, not done" | "HTML, done":
                if self.fault == "HTML, done":
                    self.deliver(step)
                return Received(502, HTML)
            case "50004, not done" | "50004, done":
                if self.fault == "50004, done":
                    self.deliver(step)
                return TIMEOUT
        raise AssertionError(self.fault)

    # ---- clients

    def session(self, key: Credentials | None = None) -> Session:
        key = key or self.world.alice
        return Session(
            host=host_of("http://127.0.0.1"),
            key=Key(key.api_key, key.secret_key, key.passphrase),
            clock=Clock(wall=self.monotonic, monotonic=self.monotonic),
            paced=False,
            chance=lambda: 0.5,
        )

    def run(self, flow: Flow[T], kept: Kept | None = None, stop_at: int | None = None) -> T:
        """Carry the steps of a flow out. Raises Stopped before the step number `stop_at`, as if the client had died."""
        number = 0
        if kept is not None:
            remove_told(kept, self.told)
        try:
            step = next(flow)
            while True:
                if number == stop_at:
                    flow.close()
                    self.told.clear()
                    raise Stopped
                number += 1
                step = flow.send(self._carry_out(step, kept))
        except StopIteration as end:
            result: T = end.value
            return result

    def _carry_out(self, step: Step, kept: Kept | None) -> Result:
        match step:
            case Send():
                return self.send(step)
            case Wait():
                self.pass_ms(max(int(step.seconds * 1000), 1))
            case Keep() if kept is not None:
                return steps.Kept(there=not kept.write_new(step.name, step.content))
            case Drop() if kept is not None:
                kept.remove(step.name, step.mark)
            case Tell() if kept is not None:
                kept.replace(step.name, step.mark, step.content)
                self.told.append((step.name, step.mark))
            case ListKept():
                return steps.Kept(kept.all() if kept else ())
            case Keep():
                return steps.Kept()
        return None

    # ---- the truth, read without faults

    def ask(self, method: str, target: str, body: object = None) -> list[Any]:
        raw = self.runner.run(self.world.signed(method, target, body)).body
        envelope = msgspec.json.decode(raw)
        assert envelope["code"] == "0", envelope
        rows: list[Any] = envelope["data"]
        return rows

    def debt(self, ccy: str) -> Decimal:
        (row,) = self.ask("GET", "/api/v5/trade/one-click-repay-currency-list-v2")
        return next((Decimal(each["debtAmt"]) for each in row["debtData"] if each["debtCcy"] == ccy), Decimal(0))

    def control(self, path: str, body: Mapping[str, object]) -> None:
        answer = self.runner.run(self.world.control("POST", path, body))
        assert answer.status == 200, answer.body


class Stopped(Exception):
    """The client died."""


@contextmanager
def linked(**settings: Any) -> Iterator[Link]:
    """A link to a venue of its own; `link.reset()` begins the venue anew."""
    with asyncio.Runner() as runner:
        context = harness.world(**settings)
        world = runner.run(context.__aenter__())
        world.app.services.wall_ms = world.venue.now_ms  # type: ignore[method-assign]
        try:
            yield Link(runner, world)
        finally:
            runner.run(context.__aexit__(None, None, None))


def waiting(kept: Kept) -> list[str]:
    """Names of the intents without an outcome."""
    return [name for name, content in kept.all() if msgspec.json.decode(content, type=Intent).said is None]


def kept_in(folder: Path) -> Kept:
    return Kept(folder)

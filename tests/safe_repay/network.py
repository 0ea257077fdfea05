"""A network whose time is the venue's: requests go into a venue in memory, whose own fault rules hit them.

Three faults are the network's own, since they last: a request that arrives late, an answer that arrives late, and a
second copy of a request that arrives later than the first. Whatever anybody waits for, the venue's clock moves by so
much, so that a minute costs no minute.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tallystick.client.steps import Failed, Received, Send
from tallystick.contract import ENDPOINTS
from tallystick.server.faults import delivery
from tallystick.server.request import Whole
from tallystick.venue.sequencer import GroupWriter
from tests.server import harness

LATENCY_MS: Final = 20
NAMES: Final = {endpoint.path: endpoint.name for endpoint in ENDPOINTS}
LATE: Final = "late"
LATE_ANSWER: Final = "late-answer"
SECOND_COPY: Final = "second-copy"
OWN_FAULTS: Final = (LATE, LATE_ANSWER, SECOND_COPY)
NO_BYTE: Final = (delivery.close, delivery.reset, delivery.cut_head)


class Fault(NamedTuple):
    """One fault at one request: the `nth` for the endpoint `on`, or of all with "*". `by_ms` is how late."""

    on: str
    kind: str
    nth: int = 1
    by_ms: int = 0
    values: Mapping[str, str] = MappingProxyType({})

    def __str__(self) -> str:
        more = f" by {self.by_ms} ms" if self.by_ms else "".join(f" {value}" for value in self.values.values())
        return f"{self.kind}{more} at {self.on} #{self.nth}"


class Sent(NamedTuple):
    """A request as the client sent it, and the venue's time then."""

    at_ms: int
    name: str
    step: Send


class Network:
    """The line to one venue. `after_each` is called whenever the venue may have changed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, world: harness.World) -> None:
        self.run = loop.run_until_complete
        self.world = world
        self.venue = world.venue
        self.sent: list[Sent] = []
        self.fault: Fault | None = None
        self.fired = 0
        self.after_each: Callable[[], None] = lambda: None
        self.before_each: Callable[[int], None] = lambda number: None
        self.stands = False
        """True while the venue's clock stands still, whatever anybody waits for."""
        self.waited_ms = 0
        self._late: list[tuple[int, int, Send]] = []
        self._met = 0

    # ---- time

    @property
    def now_ms(self) -> int:
        return self.venue.now_ms()

    def now_s(self) -> float:
        return self.now_ms / 1000

    def monotonic_s(self) -> float:
        """The client's own clock: it goes on while the venue's stands still."""
        return (self.now_ms + self.waited_ms) / 1000

    def wait_ms(self, ms: int) -> None:
        """A client waits."""
        if self.stands:
            self.waited_ms += ms
        else:
            self.pass_ms(ms)

    def pass_ms(self, ms: int) -> None:
        """Let time pass; late requests arrive when their time has come."""
        end = self.now_ms + ms
        while self._late and self._late[0][0] <= end:
            due_ms, _, step = heapq.heappop(self._late)
            self._advance(due_ms - self.now_ms)
            self.deliver(step)
        self._advance(end - self.now_ms)

    def _advance(self, ms: int) -> None:
        if ms > 0:
            self.run(self.venue.advance(by_ms=ms))
            self.after_each()

    # ---- levers

    def control(self, method: str, path: str, body: object = None) -> Any:
        answer = self.run(self.world.control(method, path, body))
        assert answer.status == 200, answer.body
        return answer.json()

    def begin(self) -> None:
        """Begin the venue anew, with nothing under way."""
        self.control("POST", "reset", {})
        self.sent.clear()
        self._late.clear()
        self.fault, self.fired, self._met = None, 0, 0
        self.stands, self.waited_ms = False, 0
        self.after_each = lambda: None
        self.before_each = lambda number: None

    def hit(self, fault: Fault) -> None:
        """Have one request go wrong."""
        self.fault = fault
        if fault.kind not in OWN_FAULTS:
            rule = {"on": fault.on, "fault": fault.kind, "nth": fault.nth, "count": 1, **fault.values}
            self.control("POST", "faults", rule)

    def fired_now(self) -> int:
        """How often the fault was met."""
        rules: list[dict[str, int]] = self.control("GET", "faults")["faults"]
        return self.fired + sum(rule["fired"] for rule in rules)

    # ---- requests

    def deliver(self, step: Send) -> Received | Failed:
        """The request reaches the venue; what comes back is what a socket would tell."""
        pairs = [(name.lower().encode(), value.encode()) for name, value in step.headers.items()]
        pairs.append((b"host", b"venue"))
        if step.body:
            pairs.append((b"content-length", b"%d" % len(step.body)))
        whole = Whole(step.method, step.target.encode(), pairs, step.body, peer="127.0.0.1")
        status, body, _ = self.run(self.world.app.answer(whole))
        self.after_each()
        if whole.delivery in NO_BYTE:
            return Failed(True, "the connection ended without an answer")
        if whole.delivery is delivery.cut_body:
            return Failed(True, "the answer was cut off")
        return Received(status, body)

    def send(self, step: Send) -> Received | Failed:
        """One request of a client, with the fault that hits it."""
        name = NAMES[step.target.partition("?")[0]]
        self.before_each(len(self.sent))
        self.sent.append(Sent(self.now_ms, name, step))
        self.wait_ms(LATENCY_MS)
        return self._hit(step) if self._is_hit(name) else self.deliver(step)

    def _is_hit(self, name: str) -> bool:
        fault = self.fault
        if fault is None or fault.kind not in OWN_FAULTS or fault.on not in (name, "*"):
            return False
        self._met += 1
        return self._met == fault.nth

    def _hit(self, step: Send) -> Received | Failed:
        assert self.fault is not None
        self.fired += 1
        due = (self.now_ms + self.fault.by_ms, len(self.sent), step)
        if self.fault.kind == SECOND_COPY:
            heapq.heappush(self._late, due)
            return self.deliver(step)
        if self.fault.kind == LATE:
            heapq.heappush(self._late, due)
        else:
            self.deliver(step)
        self.wait_ms(max(round((step.deadline - self.monotonic_s()) * 1000), 0))
        return Failed(True, "no answer in time")


class Turns(asyncio.SelectorEventLoop):
    """Loop that runs what is ready, one after the other, and asks the system for nothing while something is.

    Neither a socket nor a timer takes part here; whatever waits for another thread waits as in any loop.
    """

    def run_until_complete(self, future: Any) -> Any:
        ready: deque[Any] = self._ready  # type: ignore[attr-defined]
        asyncio._set_running_loop(self)
        try:
            task = asyncio.ensure_future(future, loop=self)
            while ready and not task.done():
                handle = ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(None)
        return task.result() if task.done() else super().run_until_complete(task)


class AtOnce:
    """Queue of a venue's writer that has each group written when it is put, by the thread that puts it.

    The store is memory: another thread would gain nothing, and two changes of threads cost more than the write.
    """

    def __init__(self, writer: GroupWriter) -> None:
        self._writer = writer
        self._groups: deque[Any] = deque()

    def put(self, group: Any) -> None:
        self._groups += (group, None)
        self._writer._write_groups()

    def get(self) -> Any:
        return self._groups.popleft()


def write_at_once(writer: GroupWriter) -> None:
    """End the writer's thread. Nothing may be under way."""
    assert writer.settled
    assert writer._thread is not None
    writer._queue.put(None)
    writer._thread.join()
    writer._thread = None
    writer._queue = AtOnce(writer)  # type: ignore[assignment]


@contextmanager
def network(**settings: Any) -> Iterator[Network]:
    """A network to a venue of its own, in memory and with a frozen clock."""
    with asyncio.Runner(loop_factory=Turns) as runner:
        context = harness.world(**settings)
        world = runner.run(context.__aenter__())
        world.app.services.wall_ms = world.venue.now_ms  # type: ignore[method-assign]
        write_at_once(world.venue.line.writer)
        try:
            yield Network(runner.get_loop(), world)
        finally:
            runner.run(context.__aexit__(None, None, None))

"""Venues that the kit serves itself: each in memory, in a thread of its own, on a free port of this machine."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from tallystick.contract import by_route
from tallystick.contract.core import Endpoint
from tallystick.server import serve
from tallystick.server.answers import Answer
from tallystick.server.app import OWN_PREFIX, App
from tallystick.server.auth import KEY
from tallystick.server.connections import Bounds, Connections
from tallystick.server.control.service import Control
from tallystick.server.door import Door
from tallystick.server.event_loop import new_event_loop
from tallystick.server.faults.rules import Rule
from tallystick.server.lint import HEADER
from tallystick.server.request import Request
from tallystick.server.services import Services
from tallystick.venue import boot
from tallystick.venue.keys import new_token

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 5
THREAD = "tallystick"
KEY_SEED = "tally"
"""Keys follow from it, so that two runs of a test have the same."""
HEARD_MAX = 10_000
"""Requests that are kept for the report of a failing test; of more the last ones."""

WELL = b'{"code":"0",'
"""Beginning of an answer that refuses nothing."""
REFUSAL_BYTES_MAX = 10_000
"""Bytes that are kept of an answer that refuses; a batch of 20 orders needs less."""


class Place(Struct, frozen=True):
    """Settings of a venue that no control call changes: market, surface and rate limits."""

    market: str
    surface: str
    limits: str


class Heard(Struct, frozen=True):
    """A request of the API that the venue answered, after entry `seq` of the journal; `lint` are the remarks on it.

    `fault` is the kind that it met, "" for none; `refusal` is the answer where its code is not 0, else empty.
    """

    seq: int
    at_ms: int
    method: str
    target: str
    api_key: str
    status: int
    lint: str
    fault: str = ""
    refusal: bytes = b""

    @property
    def operation(self) -> str:
        """Name of the operation, "" for a path that has none."""
        endpoint = by_route.get(self.target.partition("?")[0], {}).get(self.method)
        return "" if endpoint is None else endpoint.name


class HearingApp(App):
    """The app of a venue in tests, which notes the requests of the API in `heard`."""

    def __init__(self, heard: deque[Heard], services: Services, control: Control) -> None:
        super().__init__(services, control)
        self.heard = heard
        self._met: dict[int, str] = {}

    def rule_of(self, endpoint: Endpoint, request: Request) -> Rule | None:
        rule = super().rule_of(endpoint, request)
        if rule is not None:
            self._met[id(request)] = rule.kind.name
        return rule

    async def answer(self, request: Request) -> Answer:
        try:
            answer = await super().answer(request)
        finally:
            fault = self._met.pop(id(request), "")
        if not request.path.startswith(OWN_PREFIX):
            status, body, headers = answer
            lint = next((value for name, value in headers if name == HEADER), b"")
            venue = self.services.venue
            self.heard.append(
                Heard(
                    seq=venue.state.seq,
                    at_ms=venue.now_ms(),
                    method=request.method,
                    target=request.target.decode("latin-1"),
                    api_key=request.headers.get(KEY, b"").decode("latin-1"),
                    status=status,
                    lint=lint.decode("latin-1"),
                    fault=fault,
                    refusal=b"" if body.startswith(WELL) else body[:REFUSAL_BYTES_MAX],
                )
            )
        return answer


class ServedVenue:
    """A venue of this process. `heard` are the requests of the API that it answered, oldest first."""

    def __init__(self, place: Place, opened: boot.Opened) -> None:
        self.place = place
        self.heard: deque[Heard] = deque(maxlen=HEARD_MAX)
        self._opened = opened
        self._listener = serve.bind("127.0.0.1", 0)
        self.url = serve.url_of(self._listener)
        self.token = self._opened.connection.control_token
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._begun = threading.Event()
        self._problem: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)

    @classmethod
    def fresh(cls, place: Place, at_ms: int) -> ServedVenue:
        """A new venue without users, whose clock is frozen at that time. `start` begins to answer."""
        opened = boot.open_venue(None, place.market, mode="frozen", at_ms=at_ms, users=False, key_seed=KEY_SEED)
        return cls(place, opened)

    @property
    def left_over(self) -> list[str]:
        """Names of the snapshots that there are."""
        return [saved.name for saved in self._opened.store.saved()]

    def fork(self) -> ServedVenue:
        """A second venue that goes on from the same past, and shares nothing with this one. It answers already."""
        if self._loop is None:
            raise RuntimeError("the venue of the tests is not served")
        venue = asyncio.run_coroutine_threadsafe(self._opened.venue.fork(), self._loop).result(START_SECONDS_MAX)
        connection = replace(self._opened.connection, control_token=new_token())
        forked = ServedVenue(self.place, boot.Opened(venue, venue.store, connection, None))
        forked.start()
        return forked

    def start(self) -> None:
        """Begin to answer. Raises RuntimeError: the venue does not start."""
        silence_lint()
        self._thread.start()
        if not self._begun.wait(START_SECONDS_MAX) or self._problem is not None:
            raise RuntimeError("the venue of the tests does not start") from self._problem

    def stop(self) -> None:
        """End all connections, then the venue and its thread."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_SECONDS_MAX)
        self._listener.close()
        self._opened.close()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as problem:
            self._problem = problem
        finally:
            self._begun.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._opened.venue.start()
        try:
            settings = serve.Settings(surface=self.place.surface, limits=self.place.limits)
            app = serve.app_of(self._opened, settings, partial(HearingApp, self.heard))
            everybody = Connections(app, Bounds())
            sweeper = asyncio.create_task(everybody.keep_sweeping())
            door = Door(self._listener, everybody)
            door.let_in()
            self._begun.set()
            try:
                await self._stop.wait()
            finally:
                door.close()
                everybody.drop_all()
                await everybody.stop(STOP_SECONDS_MAX)
                sweeper.cancel()
        finally:
            await self._opened.venue.stop()


def silence_lint() -> None:
    """Keep remarks on requests out of the log of the tests; the report of a test that fails has them."""
    logging.getLogger("tallystick.lint").addFilter(said_elsewhere)


def said_elsewhere(record: logging.LogRecord) -> bool:
    """Test whether a remark is of another venue than those of the kit."""
    return record.threadName != THREAD

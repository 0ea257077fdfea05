"""The venue the guide's examples talk to: by-hand prices, a frozen clock, a real socket, its folder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tallystick.server import serve
from tallystick.server.door import Door
from tallystick.venue import boot

FOLDER = ".tally-guide"
COMMAND = f"tally serve --data {FOLDER} --market by-hand --frozen --at 2026-01-20T09:00:00Z --limits off"
"""What the guide tells the reader to start."""
AT_MS = 1_768_899_600_000
"""2026-01-20 09:00 UTC."""


@contextmanager
def venue(folder: Path) -> Iterator[None]:
    """The venue of `COMMAND` in `folder`, at a free port."""
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            loop.run_until_complete(_serve(folder / FOLDER, ready, ended))
        except BaseException as fault:
            faults.append(fault)
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    try:
        if faults:
            raise faults[0]
        yield
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)
        thread.join()
    if faults:
        raise faults[0]


async def _serve(folder: Path, ready: threading.Event, ended: asyncio.Event) -> None:
    opened = boot.open_venue(folder, boot.BY_HAND, mode="frozen", at_ms=AT_MS)
    settings = serve.Settings(limits="off")
    everybody = serve.connections_of(serve.app_of(opened, settings), settings)
    await opened.venue.start()
    listener = serve.bind("127.0.0.1", 0)
    door = Door(listener, everybody)
    door.let_in()
    try:
        opened.served_at(serve.url_of(listener), settings.surface)
        ready.set()
        await ended.wait()
    finally:
        door.close()
        listener.close()
        everybody.drop_all()
        await everybody.nobody.wait()
        await opened.venue.stop()
        opened.close()

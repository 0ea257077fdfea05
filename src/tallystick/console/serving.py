"""Serving of the console until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import BinaryIO

from aiohttp import web

from tallystick.console.admission import Admission
from tallystick.console.app import SHUTDOWN_S, Console, Venue


def serve(
    listener: socket.socket,
    venue: Venue,
    admission: Admission,
    ready: Callable[[], None] = lambda: None,
    ends_with: BinaryIO | None = None,
) -> None:
    """Serve the console of a venue until SIGINT or SIGTERM, or until `ends_with`, on which nothing comes, is closed.

    `ready` is called once it answers.
    """
    asyncio.run(_serve(listener, venue, admission, ready, ends_with))


async def _serve(
    listener: socket.socket,
    venue: Venue,
    admission: Admission,
    ready: Callable[[], None],
    ends_with: BinaryIO | None,
) -> None:
    runner = web.AppRunner(
        Console(venue, admission).application(), access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False
    )
    await runner.setup()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if ends_with is not None:
        loop.add_reader(ends_with, stopped.set)
    try:
        await web.SockSite(runner, listener).start()
        ready()
        await stopped.wait()
    finally:
        if ends_with is not None:
            loop.remove_reader(ends_with)
        await runner.cleanup()

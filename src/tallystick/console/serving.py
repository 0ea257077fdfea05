"""Serving of the console until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable

from aiohttp import web

from tallystick.console.admission import Admission
from tallystick.console.app import SHUTDOWN_S, Console, Venue


def serve(listener: socket.socket, venue: Venue, hosts: frozenset[str], ready: Callable[[str], None]) -> None:
    """Serve the console of a venue until SIGINT or SIGTERM. `ready` is called with its code once it answers."""
    asyncio.run(_serve(listener, venue, hosts, ready))


async def _serve(listener: socket.socket, venue: Venue, hosts: frozenset[str], ready: Callable[[str], None]) -> None:
    admission = Admission(hosts)
    runner = web.AppRunner(
        Console(venue, admission).application(), access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False
    )
    await runner.setup()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        await web.SockSite(runner, listener).start()
        ready(admission.code)
        await stopped.wait()
    finally:
        await runner.cleanup()

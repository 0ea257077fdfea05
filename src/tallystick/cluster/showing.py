"""What one server of several shows while it runs: a leader all that happens, a follower what it answered by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from tallystick.server.app import App
from tallystick.server.watcher import Row, Watcher
from tallystick.venue.interfaces import Listener

Show: TypeAlias = Callable[[list[Row]], None]


class FollowersWatcher(Watcher):
    """Watcher of the requests alone. What happens is shown by the leader, who decides it."""

    def gather(self) -> None:
        if self.show is not None and (rows := self.requests()):
            self.show(rows)


@asynccontextmanager
async def leaders(app: App, listener: Listener, show: Show | None) -> AsyncIterator[None]:
    """Have a leader's venue tell `listener`, keep notes, and show what happens there, if anything is to be shown."""
    watcher = Watcher(app.services, listener, show)
    app.services.venue.listen(watcher)
    async with _running(watcher):
        yield


@asynccontextmanager
async def followers(app: App, show: Show | None) -> AsyncIterator[None]:
    """Show what a follower answers by itself, if anything is to be shown."""
    if show is None:
        yield
        return
    async with _running(FollowersWatcher(app.services, app.sockets.hub, show)):
        yield


@asynccontextmanager
async def _running(watcher: Watcher) -> AsyncIterator[None]:
    running = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        watcher.gather()

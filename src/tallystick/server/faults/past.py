"""Stale reads: the app over the past of its venue, for rules whose answers are some time behind."""

from __future__ import annotations

import asyncio
from copy import copy
from typing import TYPE_CHECKING, Final

from tallystick.server.answers import Answer
from tallystick.server.auth import KEY
from tallystick.server.faults.delays import Dropped
from tallystick.server.request import Request
from tallystick.server.services import Services
from tallystick.venue.past import Past

if TYPE_CHECKING:
    from tallystick.server.app import App

PASTS_MAX: Final = 4
"""Cap on rules of stale reads: each keeps a whole venue in memory (chosen)."""


class StaleApp:
    """App that answers as its venue was some time ago, and never as before it was made. It counts no rate limits."""

    def __init__(self, app: App, past: Past) -> None:
        present = app.services
        self._present = present
        self._past = past
        self._app = copy(app)
        self._app.services = Services(past.venue, surface=present.surface, generosity=0, strict=present.strict)
        self._turn = asyncio.Lock()
        self._over = False
        self._ending: asyncio.Task[None] | None = None

    @property
    def of_now(self) -> bool:
        """True if it is the past of the venue as it goes on now."""
        return not (self._over or self._past.over)

    async def answer(self, request: Request, ms: int) -> Answer | None:
        """Answer as it was `ms` ago; None for the key of a user who was not there yet. Raises Dropped after the end."""
        async with self._turn:
            venue = self._present.venue
            if self._over or not await self._past.reach(venue.now_ms() - ms):
                raise Dropped
            key = venue.keys.get(request.headers.get(KEY, b"").decode("latin-1"))
            if key is not None and key.user_id not in self._past.venue.state.users:
                return None
            return await self._app.carry_out(request, venue.now_ms() - self._past.venue.now_ms())

    def end(self) -> None:
        """Let go of the past, after the answers under way."""
        self._over = True
        self._ending = asyncio.get_running_loop().create_task(self._end())

    async def _end(self) -> None:
        async with self._turn:
            await self._past.end()

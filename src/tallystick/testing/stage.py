"""Stage of a served venue: packaged scenarios are played on it, one at a time, by the player of `tally scenario run`.

The venue is reset first and has nobody but the people of the story. Others may go on to call it. What they change
changes the story: a reset, a restore or an advance of theirs ends it, and the playing says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from msgspec.structs import replace

from tallystick.engine.rejects import Rejected
from tallystick.server.app import App
from tallystick.server.control.text import iso
from tallystick.server.staging import NotPlayed, Packaged, Playing
from tallystick.testing import scenario as language
from tallystick.testing.runner import Player
from tallystick.testing.scenario import BadScenario, Scenario
from tallystick.venue.markets import BY_HAND
from tallystick.venue.venue import Overtaken, UnderWay, VenueHalted

log = logging.getLogger("tallystick")

OTHER: Final = "the venue was reset or restored meanwhile"
PERCENT_MAX: Final = 99
"""Most that is told before the end, at which it is checked what must hold."""


class ScenarioStage:
    """Stage of the server with this app. `sleep` lets real seconds pass between two steps."""

    def __init__(self, app: App, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._app = app
        self._sleep = sleep
        self._last: Playing | None = None
        self._task: asyncio.Task[None] | None = None
        self._known: list[Packaged] = []

    def packaged(self) -> list[Packaged]:
        if not self._known:
            self._known = [self._row(name) for name in language.names()]
        return self._known

    def last(self) -> Playing | None:
        return self._last

    async def begin(self, name: str, variant: str, pause_ms: int, *, wait: bool) -> Playing:
        told = self._story(name, variant)
        if self._last is not None and self._last.state == "running":
            raise NotPlayed(
                409,
                f"{self._last.name} is being played, at {self._last.percent} %",
                "wait for its end, or stop it with DELETE scenarios",
            )
        venue = self._app.services.venue
        if (advancing := venue.advancing) is not None:
            raise NotPlayed(
                409,
                f"the clock is being put forward, until {iso(advancing.to_ms)}",
                "wait until it gets there, or stop it with POST clock and a mode",
            )
        # The reset begins the next generation.
        begun = Playing(
            name=name,
            variant=variant,
            state="running",
            percent=0,
            generation=venue.generation + 1,
            held=[],
            complaints=[],
        )
        self._last = last = begun
        try:
            await venue.set_clock("frozen")
            await venue.reset(told.start_ms, seeded=False)
        except BaseException as problem:
            self._last = replace(last, state="failed", complaints=[str(problem)])
            raise
        self._app.control.after_reset()
        self._task = asyncio.get_running_loop().create_task(self._play(told, last, pause_ms / 1_000))
        if wait:
            await asyncio.shield(self._task)
        return self._last

    async def stop(self) -> Playing:
        task, last = self._task, self._last
        if task is None or last is None or last.state != "running":
            raise NotPlayed(409, "no scenario is being played", "begin one with POST scenarios/NAME/play")
        task.cancel()
        await asyncio.wait((task,))
        venue = self._app.services.venue
        if venue.advancing is not None:
            await venue.set_clock("frozen")
        found = self._last or last
        self._last = replace(found, state="stopped") if found.state == "running" else found
        return self._last

    def _row(self, name: str) -> Packaged:
        told = language.load(name)
        return Packaged(
            name=name,
            title=told.title,
            title_zh=told.title_zh,
            about=told.about.strip(),
            # Lines of Chinese join without a blank.
            about_zh="".join(told.about_zh.splitlines()),
            market=told.market,
            variants=[variant.name for variant in told.variants],
            plays=self._has(told.market),
        )

    def _has(self, market: str) -> bool:
        return market in (BY_HAND, self._app.control.about.get("market"))

    def _story(self, name: str, variant: str) -> Scenario:
        """The packaged story; of one with variants the first, if none is named. Raises NotPlayed."""
        if name not in language.names():
            raise NotPlayed(404, f"there is no packaged scenario {name!r}", f"there are: {', '.join(language.names())}")
        try:
            told = language.plays(language.load(name), variant)[0]
        except BadScenario as problem:
            raise NotPlayed(400, str(problem), "GET scenarios lists the variants of each") from None
        if not self._has(told.market):
            own = self._app.control.about.get("market")
            raise NotPlayed(
                409,
                f"{name} needs the market {told.market}, and this venue has {own}",
                f"`tally serve --market {told.market}` in another folder, or `tally scenario run {name}`",
            )
        return told

    async def _play(self, told: Scenario, last: Playing, pause_s: float) -> None:
        venue = self._app.services.venue
        generation = venue.generation

        def progress(share: float) -> None:
            self._last = replace(last, percent=min(PERCENT_MAX, int(share * 100)))

        def over(state: Literal["held", "failed"], complaints: list[str], held: list[str]) -> None:
            percent = 100 if state == "held" else self._last.percent if self._last is not None else 0
            self._last = replace(last, state=state, percent=percent, held=held, complaints=complaints)

        async def before() -> None:
            await self._sleep(pause_s)
            if venue.generation != generation:
                raise BadScenario(OTHER)

        try:
            played = await Player(told, self._app).play(progress, before)
        except (Overtaken, UnderWay):
            over("failed", ["the clock was moved by another call meanwhile"], [])
        except (BadScenario, Rejected, VenueHalted) as problem:
            over("failed", [OTHER if venue.generation != generation else str(problem)], [])
        except Exception as problem:
            # Another caller may have taken away what the story counts on, which no step foresees.
            if venue.generation == generation:
                log.error("a story broke off: %s", told.title, exc_info=problem)
            over("failed", [OTHER if venue.generation != generation else f"the story broke off: {problem!r}"], [])
        else:
            same = venue.generation == generation
            over("held" if same and not played.faults else "failed", played.faults if same else [OTHER], played.held)

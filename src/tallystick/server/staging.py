"""Stage of a server: what plays packaged scenarios on its venue. Stories and their player stand above the server."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct


class Packaged(Struct, frozen=True, kw_only=True):
    """Packaged scenario: its titles, what it is about, the market it needs, and the names of its variants.

    `about_zh` is "" where nobody wrote it in Chinese. `plays` is false where the venue has another market than the
    scenario needs.
    """

    name: str
    title: str
    title_zh: str
    about: str
    about_zh: str
    market: str
    variants: list[str]
    plays: bool


class Playing(Struct, frozen=True, kw_only=True):
    """Playing of a scenario, the last one that was begun.

    `generation` is that of the venue it is played in. `held` are the conditions that hold at its end; `complaints` are
    those that do not, or why it ended early. It has failed where there is one.
    """

    name: str
    variant: str
    state: Literal["running", "held", "failed", "stopped"]
    percent: int
    generation: int
    held: list[str]
    complaints: list[str]


class NotPlayed(Exception):
    """The scenario is not played: there is none of the name, something is under way, or it needs another venue."""

    def __init__(self, status: int, why: str, cure: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.cure = cure


class Stage(Protocol):
    """Stage of one server."""

    def packaged(self) -> list[Packaged]:
        """The packaged scenarios by name."""

    def last(self) -> Playing | None:
        """The playing under way, or the last one that was."""

    async def begin(self, name: str, variant: str, pause_ms: int, *, wait: bool) -> Playing:
        """Reset the venue and begin to play. With `wait` it returns at the end of the story.

        `pause_ms` pass in real time before each step. Raises NotPlayed, before anything is changed.
        """

    async def stop(self) -> Playing:
        """End the playing under way where it is. Raises NotPlayed: there is none."""


class NoStage:
    """Stage of a server that plays nothing."""

    def packaged(self) -> list[Packaged]:
        return []

    def last(self) -> Playing | None:
        return None

    async def begin(self, name: str, variant: str, pause_ms: int, *, wait: bool) -> Playing:
        raise NotPlayed(
            409, "this server plays no scenario", f"`tally scenario run {name}` plays it on a venue of its own"
        )

    async def stop(self) -> Playing:
        raise NotPlayed(409, "no scenario is being played", "begin one with POST scenarios/NAME/play")

"""Books that a command line names: the state of a venue, the crowd of a scenario, or a list of loans or accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from tallystick.engine.state import State
from tallystick.lab import lists
from tallystick.store.api import StoreError, StoreInUse
from tallystick.testing import scenario as language
from tallystick.testing.runner import Player
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recovery import recover
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.stores import open_kept

SETTLED = language.Step(after="10s", wait=True)
"""Step after which the loans of a crowd are settled."""


class BadBook(ValueError):
    """Error for a book that is not there or cannot be read. The text says why."""


class NamedBook(NamedTuple):
    """State of a book, and sentences on what the book does not tell and how it is taken."""

    state: State
    notes: tuple[str, ...] = ()


def book_named(name: str, prices: Mapping[str, int], yearly: Mapping[str, int], markets: Path) -> NamedBook:
    """Book by its name, with these rates a year set; prices are for lists alone. Raises BadBook, BadList, OSError."""
    if name.endswith((".csv", ".json")):
        parameters = lists.with_rates(load_parameters(), yearly)
        listed = lists.listed_in(Path(name), parameters)
        return NamedBook(lists.state_of(listed, parameters, prices), listed.notes)
    if prices:
        raise BadBook("--price is for a book from a list: a venue and a scenario have prices of their own")
    state = _of_folder(Path(name)) if Path(name).is_dir() else _of_scenario(name, markets)
    state.parameters = lists.with_rates(state.parameters, yearly)
    return NamedBook(state)


def _of_folder(folder: Path) -> State:
    """State at the end of the journal of a folder that no venue serves now. Nothing is written."""
    try:
        with closing(open_kept(folder)) as store:
            return recover(store, load_parameters(), 0).state
    except (StoreError, StoreInUse) as problem:
        raise BadBook(str(problem)) from None


def _of_scenario(name: str, markets: Path) -> State:
    """State of a scenario once its crowds have their loans, before its first step."""
    try:
        told = replace(language.load(name), steps=[SETTLED], expect=[], outcome=None, holds=[], variants=[])
        player = Player.alone(told, markets=markets)
        asyncio.run(_gather(player))
    except (language.BadScenario, VenueHalted) as problem:
        raise BadBook(f"{problem}; a book is also a data folder, or a file ending in .csv or .json") from None
    return player.venue.state


async def _gather(player: Player) -> None:
    await player.start()
    try:
        await player.play()
    finally:
        await player.stop()

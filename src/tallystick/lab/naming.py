"""Models by the names and settings that a manifest keeps: what `Model.told` says, read back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tallystick.lab.given import given_in
from tallystick.lab.models import BadModel, Blocks, Model, Shock, Walk, Window
from tallystick.venue.markets import UnknownMarket, source_of
from tallystick.venue.sources import Source

YEARLY = "yearly "


def model_of(told: Mapping[str, str], markets: Path) -> Model:
    """Model of what it has told. Imported markets are looked for in `markets`. Raises BadModel."""
    kind = told.get("model", "")
    try:
        if kind == "blocks":
            return Blocks(market_named(told.get("market", ""), markets), length=int(told["length"]))
        if kind == "window":
            return Window(market_named(told.get("market", ""), markets), start=int(told["start"]))
        if kind == "walk":
            yearly = {name.removeprefix(YEARLY): float(size) for name, size in told.items() if name.startswith(YEARLY)}
            usual, together = float(told["usual"]), float(told["together"])
            jumps, jump = float(told["jumps_per_year"]), float(told["jump"])
            return Walk(yearly=yearly, usual=usual, together=together, jumps_per_year=jumps, jump=jump)
        if kind == "file":
            given = given_in(Path(told["file"]))
            if told.get("sha256", given.sha256) != given.sha256:
                raise BadModel(f"{given.file} has changed since the run was begun")
            return given
        if kind == "shock":
            prices = {name: price for name, price in told.items() if name not in ("model", "fall", "hours")}
            return Shock(prices, fall=told["fall"], hours=int(told["hours"]))
    except (KeyError, ValueError, OSError) as problem:
        raise problem if isinstance(problem, BadModel) else BadModel(f"model {kind}: {problem}") from None
    raise BadModel(f"no model is called {kind!r}; there are blocks, walk, window, shock and file")


def market_named(name: str, markets: Path) -> Source:
    """Recorded market by its name; imported ones are looked for in `markets`. Raises BadModel."""
    try:
        found = source_of(name, markets)
    except UnknownMarket as problem:
        raise BadModel(str(problem)) from None
    if found is None:
        raise BadModel("prices by hand are no recording: name a walk, such as walk:39, or an imported market")
    return found

"""Numbers of a local venue: the packaged ones with those that its levers have changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tallystick.client.levers import Levers
from tallystick.engine.parameters import CONSTANTS, CURRENCIES, INSTRUMENTS, Parameters
from tallystick.engine.settings import with_settings
from tallystick.venue.parameters import load_parameters
from tallystick.venue.settings import Patch, command_of


def parameters_of_venue(folder: Path) -> Parameters:
    """Parameters in force at the venue of a data folder. Raises ClientError."""
    with Levers.of_data(folder) as levers:
        shown = levers.parameters.show().raw
    return with_changes(load_parameters(), shown)


def with_changes(packaged: Parameters, shown: Any) -> Parameters:
    """Parameters with all that an answer of the parameters' lever says to be changed."""
    rows = {table: {row: _changed(cells) for row, cells in shown[table].items()} for table in (INSTRUMENTS, CURRENCIES)}
    patch = Patch(instruments=rows[INSTRUMENTS], currencies=rows[CURRENCIES], constants=_changed(shown[CONSTANTS]))
    return with_settings(packaged, command_of(patch).settings)


def _changed(cells: Any) -> dict[str, Any]:
    return {name: cell["value"] for name, cell in cells.items() if cell["changed"]}

"""Files of what happened in a scenario: tables as CSV, all of them as JSON, and a picture of the hours."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tallystick.testing.drawing import drawing
from tallystick.testing.runner import Played, Player
from tallystick.testing.tables import HOURS, LIQUIDATIONS, LOANS, Row, tables_of


def write_tables(folder: Path, player: Player, played: Played) -> None:
    """Write the tables of a playing into a folder, over those that are there; a variant has a folder of its own below.

    Raises OSError.
    """
    variant = player.scenario.title.rpartition(": ")[2] if ": " in player.scenario.title else ""
    place = folder / re.sub("[^a-z0-9]+", "-", variant.lower()).strip("-") if variant else folder
    place.mkdir(parents=True, exist_ok=True)
    tables = tables_of(player.store, player.names)
    pairs = list(dict.fromkeys(name for row in tables.hours for name in row if name not in HOURS))
    for name, columns, rows in (
        ("loans", LOANS, tables.loans),
        ("liquidations", LIQUIDATIONS, tables.liquidations),
        ("hours", (*HOURS, *pairs), tables.hours),
    ):
        (place / f"{name}.csv").write_bytes(_csv(columns, rows))
    told = {
        "title": player.scenario.title,
        "market": player.scenario.market,
        "seeds": [crowd.seed for crowd in player.scenario.crowd],
        "entries": played.seq,
        "state": played.state_hash,
        "summary": played.summary,
        "faults": played.faults,
        "loans": tables.loans,
        "liquidations": tables.liquidations,
        "hours": tables.hours,
    }
    (place / "tables.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
    (place / "hours.svg").write_bytes(drawing(player.scenario.title, tables.hours).encode())


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()

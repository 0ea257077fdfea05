"""Lines of what a venue does: for people, coloured on a terminal, or as JSON for machines."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click
import msgspec

CLOSING_S: Final = 2
"""Longest time that the last lines may take."""
WAITING_MAX: Final = 100
"""Batches of lines that may wait for a terminal that does not take them."""
GOOD = ("0", "")
LOUD = ("SpotWarned", "LiquidationStarted", "LiquidationEnded", "LoanWarned", "DebtCovered")
"""Kinds of events that stand out."""


def line(row: Mapping[str, Any]) -> str:
    """A line for a request, an event or a note, as `requests` and `events` of the control calls give them."""
    at = str(row["at"]).replace("T", " ").removesuffix("Z")
    if "operation" in row:
        return f"{at}  {row['user'] or '-':10} {_request(row)}"
    if "fields" in row:
        words = click.style(row["words"], fg="magenta", bold=True) if row["kind"] in LOUD else row["words"]
        return f"{at}  {row['user'] or 'venue':10} {words}"
    return click.style(f"{at}  {'venue':10} {row['words']}", dim=True)


def _request(row: Mapping[str, Any]) -> str:
    good = row["code"] in GOOD and int(row["status"]) < 400
    code = click.style(row["code"] or row["status"], fg="green" if good else "red")
    said = f"{row['method']} {row['operation']} {code} {int(row['us']) / 1000:.1f} ms"
    for why in row["why"]:
        levers = f": {' or '.join(why['levers'])}" if why["levers"] else ""
        item = f"item {why['item']}: " if why["item"] else ""
        said += click.style(f"  {item}{why['reason']}{levers}", fg="yellow")
    if row["fault"]:
        said += click.style(f"  fault {row['fault']}", fg="yellow")
    return said + (click.style(f"  lint: {row['lint']}", fg="yellow") if row["lint"] else "")


def json_line(row: object) -> str:
    return msgspec.json.encode(row).decode()


class Printer:
    """Prints rows from a thread of its own, so that a terminal that is held up holds up nobody else."""

    def __init__(self, *, as_json: bool) -> None:
        self._make: Callable[[Any], str] = json_line if as_json else _of_record
        self._waiting: queue.Queue[Iterable[Any] | None] = queue.Queue(WAITING_MAX)
        self._thread = threading.Thread(target=self._print, name="lines", daemon=True)
        self._thread.start()

    def show(self, rows: Iterable[Any]) -> None:
        """Print these rows soon. They are dropped if too many wait already."""
        try:
            self._waiting.put_nowait(rows)
        except queue.Full:
            return

    def close(self) -> None:
        """Print what waits, and end; what a terminal does not take soon is dropped."""
        try:
            self._waiting.put(None, timeout=CLOSING_S)
        except queue.Full:
            return
        self._thread.join(CLOSING_S)

    def _print(self) -> None:
        try:
            while (rows := self._waiting.get()) is not None:
                click.echo("\n".join(map(self._make, rows)))
        except (OSError, ValueError):
            # Nobody reads any more.
            return


def _of_record(row: Any) -> str:
    return line(msgspec.json.decode(msgspec.json.encode(row)))

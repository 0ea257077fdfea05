"""Pictures of a run and of a sweep as SVG, drawn by matplotlib: survival curves, a fan of LTVs, and a heat map.

The same run gives the same bytes with the same matplotlib: no date, no random names, and text as text.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tallystick.data.install import advice
from tallystick.engine.interest import HOUR_MS
from tallystick.lab.columns import MARGIN, columns_of
from tallystick.lab.counting import NEVER_MS, times_of
from tallystick.lab.draws import Floats
from tallystick.lab.forms import Manifest, PathOutcome
from tallystick.lab.jobs import LabFailed
from tallystick.lab.naming import model_of
from tallystick.lab.panels import Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tallystick.lab.running import Run
    from tallystick.lab.sweeping import Sweep

COLOURS: Final = {"not warned": "#d68910", "not liquidated": "#c0392b"}
BANDS: Final = ((5, 95), (25, 75))
FAN_PATHS: Final = 200
"""Most paths that a fan is drawn of, the first ones."""


class Curves:
    """Curves over the hours of a run: how many loans and accounts are left, counted path by path.

    One that is liquidated counts as warned.
    """

    def __init__(self, members: int, hour_ms: int, hours: int) -> None:
        self._members = members
        self._hour_ms = hour_ms
        self._paths = 0
        self._gone = {name: np.zeros(hours + 1, dtype=np.int64) for name in COLOURS}

    def take(self, path: PathOutcome) -> None:
        """Count the next path."""
        self._paths += 1
        called, liquidated = times_of(path)
        for gone, at_ms in zip(self._gone.values(), (np.minimum(called, liquidated), liquidated), strict=True):
            hour = (at_ms[at_ms < NEVER_MS] - self._hour_ms) // HOUR_MS
            gone += np.bincount(np.minimum(hour, len(gone) - 1), minlength=len(gone))

    def left(self) -> dict[str, list[int]]:
        """Loans and accounts of all paths that are left at the end of each hour."""
        total = self._members * self._paths
        return {name: (total - np.add.accumulate(gone)).tolist() for name, gone in self._gone.items()}


def survival(told: Manifest, left: Mapping[str, Sequence[int]]) -> str:
    """Curves over the hours: the share of all loans and accounts on all paths to which the event has not come."""
    members = told.loans + told.accounts
    total = members * told.paths
    kind = "loans and accounts" if told.accounts else "loans"
    figure, axes = _figure(f"{kind}: {members}; paths: {told.paths}")
    for name, counts in left.items():
        axes.plot([100 * count / total if total else 100 for count in counts], color=COLOURS[name], label=name)
    axes.set(xlabel="hours", ylabel=f"% of the {kind}", xlim=(0, told.hours), ylim=(0, 101))
    axes.legend(loc="lower left", frameon=False)
    return _svg(figure)


def fan(run: Run) -> str:
    """Fan of the book's LTV: its median and bands over the first paths, as if no loan were ever liquidated."""
    told = run.manifest
    figure, axes = _figure(f"LTV of all loans together, as if none were liquidated; loans: {told.loans}")
    ltvs = fan_of(run)
    for low, high in BANDS:
        below, above = (np.percentile(ltvs, share, axis=0) for share in (low, high))
        axes.fill_between(
            np.arange(ltvs.shape[1]), below, above, color="#2471a3", alpha=0.2, linewidth=0, label=f"{low} to {high} %"
        )
    axes.plot(np.median(ltvs, axis=0), color="#1a5276", label="median")
    axes.set(xlabel="hours", ylabel="LTV", xlim=(0, told.hours), ylim=(0, None))
    axes.legend(loc="upper left", frameon=False)
    return _svg(figure)


def fan_of(run: Run) -> Floats:
    """LTV of all loans together: a row for each path, a column for the beginning and each hour."""
    told, book = run.manifest, run.book
    layers = max((len(loan.debts) for loan in book.loans), default=0)
    columns = columns_of(book, book.loans, MARGIN, layers)
    owed = np.zeros((told.hours + 1, len(book.coins)))
    for ccy in book.yearly:
        total = sum(loan.debts.get(ccy, 0) for loan in book.loans)
        grown = book.grown(ccy, total, 0, told.hours)
        owed[:, book.coins.index(ccy)] = [debt / 10**18 for debt in grown]
    path = model_of(told.model, Path(told.markets)).paths(book, told.seed, told.hours, told.points)
    found = np.zeros((min(told.paths, FAN_PATHS), told.hours + 1))
    for number in range(len(found)):
        usd = Panel(book, path(number)).usd[:: told.points]
        worth = usd @ columns.amount.sum(axis=0)
        found[number] = np.divide((usd * owed).sum(axis=1), worth, out=np.zeros(len(worth)), where=worth > 0)
    return found


def heat(found: Sweep) -> str:
    """Heat map of a sweep: the share of the loans that is liquidated in each cell."""
    down = found.axes[0]
    across = found.axes[1] if len(found.axes) > 1 else None
    shares = [100 * (cell.answer.each_liquidated.value or 0.0) for cell in found.cells]
    grid = np.array(shares).reshape(len(down.values), -1)
    figure, axes = _figure("% of the loans that is liquidated")
    axes.pcolormesh(grid, cmap="YlOrRd", vmin=0, vmax=max(1.0, float(grid.max())), edgecolors="white")
    for (row, column), share in np.ndenumerate(grid):
        dark = share > 0.6 * max(1.0, float(grid.max()))
        axes.text(column + 0.5, row + 0.5, f"{share:.1f}", ha="center", va="center", color="white" if dark else "black")
    axes.set_yticks(np.arange(len(down.values)) + 0.5, down.values)
    axes.set_xticks(np.arange(grid.shape[1]) + 0.5, across.values if across else [""])
    axes.set(ylabel=down.name, xlabel=across.name if across else "")
    return _svg(figure)


def _figure(title: str) -> tuple[Figure, Axes]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise LabFailed(f"pictures are drawn by matplotlib, which is not installed: {advice('lab')}") from None
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    return figure, axes


def _svg(figure: Figure) -> str:
    from matplotlib import rc_context

    made = io.StringIO()
    with rc_context({"svg.hashsalt": "tallystick", "svg.fonttype": "none"}):
        figure.savefig(made, format="svg", metadata={"Date": None})
    return made.getvalue()

"""Draws the plots of the guide from the runs in `docs.runs`, in English and Chinese. Each names the digest of its run.

Needs matplotlib (requirements-docs.lock). The same run gives the same file, byte for byte. English letters are drawn as
paths. Chinese ones are text in the reader's own sans-serif font, so that no Chinese font is needed to draw them.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import matplotlib.pyplot as plt

from docs.chinese import phrase
from docs.runs import SERIES, Series

IMAGES = Path(__file__).resolve().parent / "guide" / "img"
CHINESE = ".zh-CN"
"""Stands before the ending of a picture in Chinese."""
INK, RED, AMBER, GREEN, BLUE = "#222222", "#c0392b", "#d68910", "#1e8449", "#2471a3"
STYLE: Any = {
    "svg.hashsalt": "tallystick",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "figure.facecolor": "white",
    "path.simplify": True,
}


Say = Callable[[str], str]
"""A label of a plot in the language of the picture."""


def crash(series: Series, say: Say) -> Any:
    figure, (price, ltv) = plt.subplots(2, 1, figsize=(8, 5.4), sharex=True, height_ratios=(1, 2))
    times = _times(series)
    price.plot(times, series.numbers("price"), color=INK, linewidth=1)
    price.set_ylabel("SOL-USDT")
    _ltv(ltv, series, "", INK, say)
    _thresholds(ltv, series, say)
    hit = sorted({at_ms for at_ms, what in series.marks if what.startswith("partial_liquidation")})
    full = sorted({at_ms for at_ms, what in series.marks if what.startswith("forced_liquidation")})
    for moments, color, style, label in (
        (hit, AMBER, ":", "partial liquidation"),
        (full, RED, "-", "full liquidation"),
    ):
        for place, at_ms in enumerate(moments):
            ltv.axvline(_moment(at_ms), color=color, linestyle=style, linewidth=0.9, label="" if place else say(label))
    ltv.legend(loc="lower right", frameon=False, fontsize=8)
    _days(ltv, say)
    return figure


def peg(series: Series, say: Say) -> Any:
    figure, (price, ltv) = plt.subplots(2, 1, figsize=(8, 5.4), sharex=True, height_ratios=(1, 2))
    times = _times(series)
    price.plot(times, series.numbers("price"), color=INK, linewidth=1)
    price.set_ylabel("USDC-USDT")
    _ltv(ltv, series, "bold ", RED, say)
    _ltv(ltv, series, "careful ", BLUE, say)
    for label, color in (("bold ", RED), ("careful ", BLUE)):
        ltv.plot(times, series.numbers(f"{label}liquidation"), color=color, linestyle="--", linewidth=0.9)
    ltv.set_title(say("dashed: liquidation LTV of each"), fontsize=8, loc="left")
    ltv.legend(loc="center right", frameon=False)
    _days(ltv, say)
    return figure


def interest(series: Series, say: Say) -> Any:
    figure, (debt, hourly) = plt.subplots(2, 1, figsize=(8, 4.6), sharex=True)
    hours = series.numbers("hour")
    debt.step(hours, series.numbers("debt"), where="post", color=INK, linewidth=1.2)
    debt.set_ylabel(say("debt, USDT"))
    debt.ticklabel_format(axis="y", useOffset=False)
    hourly.bar(hours[1:], series.numbers("interest")[1:], color=BLUE, width=0.8)
    hourly.set_ylabel(say("interest of the hour, USDT"))
    hourly.set_xlabel(say("hours since the borrow; the rate is doubled after 25"))
    return figure


def repay_legs(series: Series, say: Say) -> Any:
    figure, (usdt, debt) = plt.subplots(2, 1, figsize=(8, 4.6), sharex=True)
    seconds = [at / 1000 for at in series.numbers("ms")]
    usdt.step(seconds, series.numbers("usdt"), where="post", color=GREEN, linewidth=1.4)
    usdt.set_ylabel(say("USDT raised"))
    usdt.set_ylim(-60, 1400)
    debt.step(seconds, series.numbers("debt"), where="post", color=RED, linewidth=1.4)
    debt.set_ylabel(say("USDC owed"))
    debt.set_xlabel(say("seconds since the request"))
    for at_ms, words in series.marks:
        for axes in (usdt, debt):
            axes.axvline(at_ms / 1000, color=INK, linewidth=0.6, linestyle=":")
        usdt.annotate(say(words), (at_ms / 1000, 1390), ha="left", va="top", xytext=(3, 0), textcoords="offset points")
    usdt.set_xlim(-0.3, 12.5)
    return figure


def spot_ladder(series: Series, say: Say) -> Any:
    figure, (ratio, debt) = plt.subplots(2, 1, figsize=(8, 4.8), sharex=True)
    price = series.numbers("price")
    ratio.plot(price, series.numbers("ratio"), color=INK, linewidth=1.2)
    ratio.set_yscale("log")
    ratio.set_ylabel(say("margin ratio (log)"))
    for level, color, label in (
        (3, AMBER, "warning at 3"),
        (1.2, GREEN, "ends above 1.2"),
        (1, RED, "liquidation at 1"),
    ):
        ratio.axhline(level, color=color, linewidth=0.9, linestyle="--", label=say(label))
    ratio.legend(loc="upper right", frameon=False)
    debt.plot(price, series.numbers("debt"), color=RED, linewidth=1.2, drawstyle="steps-post")
    debt.set_ylabel(say("debt, USDT"))
    debt.set_xlabel(say("BTC-USDT, falling to the right"))
    debt.invert_xaxis()
    return figure


def cascade(series: Series, say: Say) -> Any:
    figure, axes = plt.subplots(figsize=(8, 4.4))
    sold, price, who = series.numbers("sold"), series.numbers("price"), series.columns["who"]
    colors = dict(zip(dict.fromkeys(who), (RED, AMBER, BLUE), strict=True))
    known: set[str] = set()
    for before, after, at, name in zip([0.0, *sold], sold, price, who, strict=False):
        axes.fill_between((before, after), at, 48_500, color=colors[name], alpha=0.18, linewidth=0)
        label = "" if name in known else say(f"sold for {name}")
        axes.plot((before, after), (at, at), color=colors[name], linewidth=2.2, label=label)
        known.add(name)
    last = sold[-1] * 1.02
    for name in ("ann", "ben", "cas", "lea"):
        due = series.numbers(f"due {name}")[0]
        axes.axhline(due, color=INK, linewidth=0.8, linestyle="--")
        axes.annotate(
            say(f"{name} is due"), (last, due), xytext=(0, 2), textcoords="offset points", fontsize=8, ha="right"
        )
    axes.set_xlim(0, last)
    axes.set_ylim(48_500, 50_300)
    axes.set_ylabel(say("BTC-USDT, which is the index"))
    axes.set_xlabel(say("BTC sold by force, all at 09:15:00"))
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.82), frameon=False, fontsize=8)
    return figure


def _ltv(axes: Any, series: Series, who: str, color: str, say: Say) -> None:
    label = say(f"LTV of {who.strip()}" if who else "LTV")
    axes.plot(_times(series), series.numbers(f"{who}ltv"), color=color, linewidth=1.2, label=label)
    axes.set_ylabel("LTV")


def _thresholds(axes: Any, series: Series, say: Say) -> None:
    lines = (("liquidation", RED), ("margin_call", AMBER), ("initial", GREEN))
    for what, color in lines:
        label = say(f"{what} LTV".replace("_", " "))
        axes.plot(_times(series), series.numbers(what), color=color, linewidth=0.9, linestyle="--", label=label)


def _times(series: Series) -> list[dt.datetime]:
    return [_moment(int(at_ms)) for at_ms in series.columns["at_ms"]]


def _moment(at_ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC)


def _days(axes: Any, say: Say) -> None:
    dates: Any = mdates
    axes.xaxis.set_major_locator(dates.DayLocator())
    axes.xaxis.set_major_formatter(dates.DateFormatter(say("%-d %b")))


DRAWN: dict[str, Callable[[Series, Say], Any]] = {
    "crash": crash,
    "interest": interest,
    "repay-legs": repay_legs,
    "peg": peg,
    "spot-ladder": spot_ladder,
    "cascade": cascade,
}


FAMILY = re.compile(r"(font(?:-family)?: ?[^;\"]*?)'DejaVu Sans'[^;\"]*(?=[;\"])")


def draw(name: str, *, chinese: bool) -> Path:
    """Draw one plot in one language, and return where it is."""
    series = SERIES[name]()
    # Words of a Chinese picture stay text; the font that measures them here has no shapes for them.
    style = {**STYLE, "svg.fonttype": "none"} if chinese else STYLE
    path = IMAGES / f"{name}{CHINESE if chinese else ''}.svg"
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from font", UserWarning)
        figure = DRAWN[name](series, phrase if chinese else str)
        if chinese:
            for axes in figure.axes:
                axes.yaxis.label.set_rotation_mode("anchor")
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None, "Creator": None, "Description": f"run {series.digest}"})
        plt.close(figure)
    if chinese:
        path.write_text(FAMILY.sub(r"\1sans-serif", path.read_text(encoding="utf-8")), encoding="utf-8")
    return path


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    mpl.use("svg")
    for name in SERIES:
        for chinese in (False, True):
            path = draw(name, chinese=chinese)
            print(f"drew {path.name}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

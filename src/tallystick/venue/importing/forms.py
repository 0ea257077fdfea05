"""Forms of candle files: their columns, the unit of their times, and how each is told from the others by content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

UNITS: Final = {"seconds": (10**9, 10**10), "milliseconds": (10**12, 10**13), "microseconds": (10**15, 10**16)}
"""Times from 2001 to 2286, by unit: their number of digits tells it."""


class Form(Struct, frozen=True):
    """Form of a file: how many columns a row has, and which of them are read.

    `columns` are the places of time, open, high, low, close and volume; `name` that of the instrument, `confirm` that
    of a mark which is 1 on a finished candle; -1 is none. `newest_first` says that rows may stand the newest first.
    """

    title: str
    count: int
    columns: tuple[int, int, int, int, int, int]
    units: tuple[str, ...]
    name: int = -1
    confirm: int = -1
    newest_first: bool = False


KRAKEN: Final = Form("Kraken OHLCVT", 7, (0, 1, 2, 3, 4, 5), ("seconds",))
KRAKEN_VWAP: Final = Form("Kraken OHLC with average price", 8, (0, 1, 2, 3, 4, 6), ("seconds",))
BINANCE: Final = Form("Binance klines", 12, (0, 1, 2, 3, 4, 5), ("milliseconds", "microseconds"))
CCXT: Final = Form("ccxt fetch_ohlcv", 6, (0, 1, 2, 3, 4, 5), ("milliseconds",))
OKX_REST: Final = Form("OKX REST", 9, (0, 1, 2, 3, 4, 5), ("milliseconds",), confirm=8, newest_first=True)
PLAIN: Final = {form.count: form for form in (CCXT, KRAKEN, KRAKEN_VWAP, BINANCE)}
"""Forms of CSV without a header, by their number of columns."""
JSON: Final = {form.count: form for form in (CCXT, OKX_REST, BINANCE)}
"""Forms of JSON rows, by their number of columns."""

_TIMES: Final = ("open_time", "opentime", "open_timestamp", "ts", "timestamp", "time")
_VOLUMES: Final = ("vol", "volume", "vol_base", "base_volume")
_NAMES: Final = ("instrument_name", "instid", "symbol", "instrument")
_TRADES: Final = ("trade_id", "side", "size")


class NotCandles(ValueError):
    """Error for a file in no known form. The text says why."""


def with_header(names: Sequence[str]) -> Form:
    """Form of a CSV with these column names. Raises NotCandles: a column that is needed is not there."""
    known = [name.strip().strip('"').split("/")[0].lower() for name in names]
    if len(set(known)) != len(known):
        raise NotCandles(f"the header names a column twice: {', '.join(names)}"[:200])
    if all(name in known for name in _TRADES):
        raise NotCandles("these are trades, and candles are needed")

    def place(choices: Sequence[str]) -> int:
        return next((known.index(choice) for choice in choices if choice in known), -1)

    columns = (place(_TIMES), *(place((name,)) for name in ("open", "high", "low", "close")), place(_VOLUMES))
    if -1 in columns:
        lacks = ("a time", "open", "high", "low", "close", "a volume")[columns.index(-1)]
        raise NotCandles(f"the header has no column for {lacks}: {', '.join(names)}"[:200])
    title, units = _dialect(known)
    time, first, high, low, last, volume = columns
    return Form(
        title=title,
        count=len(known),
        columns=(time, first, high, low, last, volume),
        units=units,
        name=place(_NAMES),
        confirm=place(("confirm",)),
    )


def _dialect(known: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Title of a form with these columns, and the units its times may have."""
    if "instrument_name" in known:
        return "OKX historical data", ("milliseconds",)
    if "exchange" in known or "local_timestamp" in known:
        return "tardis.dev", ("microseconds",)
    if "close_time" in known:
        return "Binance klines", ("milliseconds", "microseconds")
    return "CSV with a header", ("milliseconds",)


def without_header(first_row: Sequence[str]) -> Form:
    """Form of a CSV whose first line is a candle. Raises NotCandles."""
    found = PLAIN.get(len(first_row))
    if found is None:
        counts = ", ".join(f"{form.title} has {count}" for count, form in PLAIN.items())
        raise NotCandles(f"its first line has {len(first_row)} columns and no names: {counts}")
    return found


def unit_of(time: int) -> str:
    """Unit of a time by its size; "" for none that is known."""
    return next((unit for unit, (least, beyond) in UNITS.items() if least <= time < beyond), "")


# ---- the instrument

_QUOTES: Final = ("USDT", "USDC", "USD", "EUR", "BTC", "ETH", "OKB")
_PAIR: Final = re.compile(
    rf"(?:^|[^A-Za-z0-9])([A-Za-z0-9]{{2,10}}?)[-_/]?({'|'.join(_QUOTES)})(?![A-Za-z0-9])", re.ASCII | re.IGNORECASE
)
_OTHER_NAMES: Final = {"XBT": "BTC", "XDG": "DOGE"}
"""Kraken's names of coins that others call otherwise."""


def instrument_in(text: str) -> str:
    """Pair named in a text, such as BTC-USDT in "BTCUSDT-1m-2024-01.csv"; "" if there is none, or more than one."""
    found = {f"{_coin(base)}-{quote.upper()}" for base, quote in _PAIR.findall(text)}
    return found.pop() if len(found) == 1 else ""


def _coin(name: str) -> str:
    return _OTHER_NAMES.get(name.upper(), name.upper())

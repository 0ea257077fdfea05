"""Makes files of candles in every form that people have them in, all of one short walk of BTC-USDT."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

FIRST_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC."""
MINUTE_MS = 60_000
Candle = tuple[int, str, str, str, str, str]


def walk(count: int = 1_440, *, seed: int = 7, first_ms: int = FIRST_MS, step_ms: int = MINUTE_MS) -> list[Candle]:
    """(time, open, high, low, close, volume) as text, two decimals, one after the other."""
    draw = random.Random(seed)
    price = 4_300_000
    found: list[Candle] = []
    for number in range(count):
        opened, price = price, max(1_000_000, price + draw.randint(-2_000, 2_000))
        high, low = max(opened, price) + draw.randint(0, 500), min(opened, price) - draw.randint(0, 500)
        first, top, bottom, last = (f"{one // 100}.{one % 100:02}" for one in (opened, high, low, price))
        found.append((first_ms + number * step_ms, first, top, bottom, last, f"{draw.randint(0, 9)}.5"))
    return found


def okx_zip(candles: list[Candle]) -> bytes:
    lines = ["instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm"]
    lines += [f"BTC-USDT,{o},{h},{lo},{c},{v},{v},1.5,{at},1" for at, o, h, lo, c, v in candles]
    return zipped("BTC-USDT-candlesticks-2024-01.csv", lines_of(lines))


def okx_rest(candles: list[Candle]) -> bytes:
    rows = [[str(at), o, h, lo, c, v, v, "1.5", "1"] for at, o, h, lo, c, v in reversed(candles)]
    return json.dumps({"code": "0", "msg": "", "data": rows}).encode()


def binance(candles: list[Candle], unit: int = 1) -> bytes:
    lines = []
    for at, o, h, lo, c, v in candles:
        lines.append(f"{at * unit},{o},{h},{lo},{c},{v},{(at + MINUTE_MS) * unit - 1},1.5,3,1.0,1.0,0")
    return lines_of(lines)


def binance_us(candles: list[Candle]) -> bytes:
    return binance(candles, 1_000)


def ccxt(candles: list[Candle]) -> bytes:
    return ("[" + ", ".join(f"[{at}, {o}, {h}, {lo}, {c}, {v}]" for at, o, h, lo, c, v in candles) + "]").encode()


def ccxt_csv(candles: list[Candle]) -> bytes:
    return lines_of([f"{at},{o},{h},{lo},{c},{v}" for at, o, h, lo, c, v in candles])


def kraken(candles: list[Candle]) -> bytes:
    return lines_of([f"{at // 1_000},{o},{h},{lo},{c},{v},4" for at, o, h, lo, c, v in candles])


def tardis(candles: list[Candle]) -> bytes:
    lines = ["exchange,symbol,open_timestamp,close_timestamp,open,high,low,close,volume,trades"]
    lines += [f"okex,BTC-USDT,{at}000,{at + MINUTE_MS}000,{o},{h},{lo},{c},{v},4" for at, o, h, lo, c, v in candles]
    return gzip.compress(lines_of(lines), mtime=0)


def own(candles: list[Candle]) -> bytes:
    return lines_of(["ts,open,high,low,close,vol", *(",".join(map(str, candle)) for candle in candles)])


FORMS: dict[str, tuple[str, Callable[[list[Candle]], bytes], str]] = {
    "okx-zip": ("anything.zip", okx_zip, "OKX historical data"),
    "okx-rest": ("BTC-USDT.json", okx_rest, "OKX REST"),
    "binance": ("BTCUSDT-1m-2024-01.csv", binance, "Binance klines"),
    "binance-us": ("BTCUSDT-1m-2025-01.csv", binance_us, "Binance klines"),
    "ccxt": ("btc_usdt.json", ccxt, "ccxt fetch_ohlcv"),
    "ccxt-csv": ("BTC-USDT_1m.csv", ccxt_csv, "ccxt fetch_ohlcv"),
    "kraken": ("XBTUSDT_1.csv", kraken, "Kraken OHLCVT"),
    "tardis": ("okex_2024.csv.gz", tardis, "tardis.dev"),
    "own": ("BTC-USDT.csv", own, "CSV with a header"),
}
"""By name: a file's name, its bytes from candles, and what it is recognised as."""


def lines_of(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def zipped(name: str, raw: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo(name), raw)
    return buffer.getvalue()


def written(folder: Path, form: str, candles: list[Candle]) -> Path:
    name, make, _ = FORMS[form]
    path = folder / name
    path.write_bytes(make(candles))
    return path

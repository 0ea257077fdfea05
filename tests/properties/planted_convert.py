"""Planted bugs of convert and easy convert, and what catches each."""

from __future__ import annotations

from tests.properties import directed, edges
from tests.properties.planting import Bug

CONVERT = (
    # ---- convert
    Bug(
        "a quote ends a millisecond early",
        "convert.trade_quote",
        "work.stamp.at_ms > quote.expires_at_ms",
        "work.stamp.at_ms >= quote.expires_at_ms",
        ("C1",),
    ),
    Bug(
        "a quote lives a millisecond longer",
        "convert.trade_quote",
        "work.stamp.at_ms > quote.expires_at_ms",
        "work.stamp.at_ms > quote.expires_at_ms + 1",
        ("C1",),
    ),
    Bug("a quote is used twice", "convert._traded", ".traded = True", ".traded = False", ("convert_trade", "C2")),
    Bug(
        "rounded for the user",
        "convert.sizes",
        "base = cut(size * ONE // price, SIZE_UNIT)",
        "base = lift(size * ONE // price, SIZE_UNIT)",
        edges.convert,
    ),
    Bug(
        "rounded for the user, in runs",
        "convert.sizes",
        "base = cut(size * ONE // price, SIZE_UNIT)",
        "base = lift(size * ONE // price, SIZE_UNIT)",
        ("C3", "C1"),
    ),
    Bug("no spread", "convert.quote_price", "ONE + spread if buying else ONE - spread", "ONE", ("L7", "C3")),
    Bug(
        "a third leg",
        "convert._traded",
        "for ccy in (event.base_ccy, event.quote_ccy):",
        "ledger.post(state, event.base_ccy, (trading, 1), ('desk', -1))\n"
        "    for ccy in (event.base_ccy, event.quote_ccy):",
        ("C4", "L12"),
    ),
    Bug(
        "a refused trade has a size",
        "convert.trade_quote",
        "quote_size=0 if refused else paid",
        "quote_size=paid",
        directed.a_refused_trade,
    ),
)

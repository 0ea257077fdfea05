"""Channels of streams as typed subscriptions.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client import rows
from tallystick.client.stream.subscription import Subscription
from tallystick.contract.channels import by_name


def bbo_tbt(*, instId: str) -> Subscription[rows.channel_rows.BestRow]:
    """Best bid and ask. On the public path."""
    return Subscription(by_name["bbo-tbt"], {"instId": instId}, rows.channel_rows.BestRow)


def books_l2_tbt(*, instId: str) -> Subscription[rows.channel_rows.BookRow]:
    """As books, every 10 ms. On the public path, behind a login."""
    return Subscription(by_name["books-l2-tbt"], {"instId": instId}, rows.channel_rows.BookRow)


def books50_l2_tbt(*, instId: str) -> Subscription[rows.channel_rows.BookRow]:
    """As books, 50 levels every 10 ms. On the public path, behind a login."""
    return Subscription(by_name["books50-l2-tbt"], {"instId": instId}, rows.channel_rows.BookRow)


def books(*, instId: str) -> Subscription[rows.channel_rows.BookRow]:
    """The book, 400 levels a side, and then its changes. On the public path."""
    return Subscription(by_name["books"], {"instId": instId}, rows.channel_rows.BookRow)


def books5(*, instId: str) -> Subscription[rows.channel_rows.FiveRow]:
    """Five levels a side. On the public path."""
    return Subscription(by_name["books5"], {"instId": instId}, rows.channel_rows.FiveRow)


def tickers(*, instId: str) -> Subscription[rows.market.TickerRow]:
    """Last price, best quotes and 24 hour figures. On the public path."""
    return Subscription(by_name["tickers"], {"instId": instId}, rows.market.TickerRow)


def trades(*, instId: str) -> Subscription[rows.channel_rows.TradeRow]:
    """Trades, matches at one price together. On the public path."""
    return Subscription(by_name["trades"], {"instId": instId}, rows.channel_rows.TradeRow)


def index_tickers(*, instId: str) -> Subscription[rows.index.IndexTickersRow]:
    """Index prices. On the public path."""
    return Subscription(by_name["index-tickers"], {"instId": instId}, rows.index.IndexTickersRow)


def mark_price(*, instId: str) -> Subscription[rows.public.MarkPriceRow]:
    """Mark prices. On the public path."""
    return Subscription(by_name["mark-price"], {"instId": instId}, rows.public.MarkPriceRow)


def price_limit(*, instId: str) -> Subscription[rows.public.PriceLimitRow]:
    """Highest and lowest price an order may have. On the public path."""
    return Subscription(by_name["price-limit"], {"instId": instId}, rows.public.PriceLimitRow)


def instruments(
    *, instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]
) -> Subscription[rows.market.InstrumentsRow]:
    """Instruments, and then those that change. On the public path."""
    return Subscription(by_name["instruments"], {"instType": instType}, rows.market.InstrumentsRow)


def status() -> Subscription[rows.channel_rows.StatusRow]:
    """Maintenance; there never is any here. On the public path."""
    return Subscription(by_name["status"], {}, rows.channel_rows.StatusRow)


def account(*, ccy: str | None = None, extraParams: str | None = None) -> Subscription[rows.channel_rows.AccountRow]:
    """Balances, debts and margin, as they change. On the private path, behind a login."""
    return Subscription(by_name["account"], {"ccy": ccy, "extraParams": extraParams}, rows.channel_rows.AccountRow)


def balance_and_position() -> Subscription[rows.channel_rows.BalanceAndPositionRow]:
    """Cash balances as they change, and why. On the private path, behind a login."""
    return Subscription(by_name["balance_and_position"], {}, rows.channel_rows.BalanceAndPositionRow)


def positions(
    *,
    instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"],
    instFamily: str | None = None,
    instId: str | None = None,
) -> Subscription[rows.channel_rows.PositionRow]:
    """Positions; Spot mode has none. On the private path, behind a login."""
    return Subscription(
        by_name["positions"],
        {"instType": instType, "instFamily": instFamily, "instId": instId},
        rows.channel_rows.PositionRow,
    )


def liquidation_warning(
    *,
    instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"],
    instFamily: str | None = None,
    instId: str | None = None,
) -> Subscription[rows.channel_rows.PositionRow]:
    """Warnings about positions; Spot mode has none. On the private path, behind a login."""
    return Subscription(
        by_name["liquidation-warning"],
        {"instType": instType, "instFamily": instFamily, "instId": instId},
        rows.channel_rows.PositionRow,
    )


def orders(
    *,
    instType: Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"],
    instFamily: str | None = None,
    instId: str | None = None,
) -> Subscription[rows.channel_rows.OrdersRow]:
    """Every change of every order. On the private path, behind a login."""
    return Subscription(
        by_name["orders"],
        {"instType": instType, "instFamily": instFamily, "instId": instId},
        rows.channel_rows.OrdersRow,
    )


def fills(*, instId: str | None = None) -> Subscription[rows.channel_rows.FillsRow]:
    """Fills of your orders. On the private path, behind a login."""
    return Subscription(by_name["fills"], {"instId": instId}, rows.channel_rows.FillsRow)


def trades_all(*, instId: str) -> Subscription[rows.channel_rows.SingleTradeRow]:
    """Trades, one by one. On the business path."""
    return Subscription(by_name["trades-all"], {"instId": instId}, rows.channel_rows.SingleTradeRow)


def candles(
    *,
    instId: str,
    bar: Literal[
        "1s",
        "1m",
        "3m",
        "5m",
        "15m",
        "30m",
        "1H",
        "2H",
        "4H",
        "6H",
        "12H",
        "1D",
        "2D",
        "3D",
        "1W",
        "1M",
        "3M",
        "6Hutc",
        "12Hutc",
        "1Dutc",
        "2Dutc",
        "3Dutc",
        "1Wutc",
        "1Mutc",
        "3Mutc",
        "5D",
        "5Dutc",
    ],
) -> Subscription[rows.candles.CandlesRow]:
    """Candles. On the business path."""
    return Subscription(by_name[f"candle{bar}"], {"instId": instId}, rows.candles.CandlesRow)


def index_candles(
    *,
    instId: str,
    bar: Literal[
        "1m",
        "3m",
        "5m",
        "15m",
        "30m",
        "1H",
        "2H",
        "4H",
        "6H",
        "12H",
        "1D",
        "2D",
        "3D",
        "1W",
        "1M",
        "3M",
        "6Hutc",
        "12Hutc",
        "1Dutc",
        "2Dutc",
        "3Dutc",
        "1Wutc",
        "1Mutc",
        "3Mutc",
        "5D",
        "5Dutc",
    ],
) -> Subscription[rows.candles.IndexCandlesRow]:
    """Candles of an index. On the business path."""
    return Subscription(by_name[f"index-candle{bar}"], {"instId": instId}, rows.candles.IndexCandlesRow)


def mark_price_candles(
    *,
    instId: str,
    bar: Literal[
        "1m",
        "3m",
        "5m",
        "15m",
        "30m",
        "1H",
        "2H",
        "4H",
        "6H",
        "12H",
        "1D",
        "2D",
        "3D",
        "1W",
        "1M",
        "3M",
        "6Hutc",
        "12Hutc",
        "1Dutc",
        "2Dutc",
        "3Dutc",
        "1Wutc",
        "1Mutc",
        "3Mutc",
        "5D",
        "5Dutc",
    ],
) -> Subscription[rows.candles.IndexCandlesRow]:
    """Candles of a mark price. On the business path."""
    return Subscription(by_name[f"mark-price-candle{bar}"], {"instId": instId}, rows.candles.IndexCandlesRow)

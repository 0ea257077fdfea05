"""Facts that a prediction stands on, read from the account and the public market."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tallystick.client.errors import BadParameter, Refused
from tallystick.client.flows import Flow, Session, call
from tallystick.contract import account, account_limits, account_modes, asset, flexible_loan, index, market, orders
from tallystick.contract.core import Endpoint

Row = Mapping[str, Any]
QUOTES: Final = ("USDT", "USDC")
"""Coins that pairs are quoted in."""
LEVELS: Final = 400
COINS_MAX: Final = 20
"""Coins that one question for leverage may name."""


class Facts(NamedTuple):
    """Rows as they were sent. `books` are by instrument, `leverage` by coin.

    `collateral` says which coins count; accounts whose mode leaves no choice are not asked.
    """

    at_ms: int
    config: Row
    balance: Row
    funding: Sequence[Row]
    loans: Sequence[Row]
    instruments: Sequence[Row]
    tickers: Sequence[Row]
    indices: Sequence[Row]
    fees: Row
    leverage: Mapping[str, str]
    collateral: Sequence[Row]
    orders: int
    books: Mapping[str, Row]


def coins_of(body: object) -> Iterator[str]:
    """Coins that a request names, in their order."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            if isinstance(value, str) and name.lower().endswith("ccy"):
                yield value
            elif name == "repayCcyList":
                yield from value
            else:
                yield from coins_of(value)
    elif isinstance(body, list):
        for item in body:
            yield from coins_of(item)


def facts_of(session: Session, coins: Sequence[str], *, books: bool) -> Flow[Facts]:
    """Read the facts. `books` of the pairs that these coins are sold and bought in are read where legs are filled."""
    config = yield from _one(session, account.CONFIG)
    balance = yield from _one(session, account.BALANCE)
    instruments = yield from _rows(session, market.INSTRUMENTS, {"instType": "SPOT"})
    listed = {row["instId"] for row in instruments}
    pairs = [f"{ccy}-{quote}" for ccy in dict.fromkeys((*coins, QUOTES[1])) for quote in QUOTES] if books else []
    tickers = yield from _rows(session, market.TICKERS, {"instType": "SPOT"})
    indices: list[Row] = []
    for quote in QUOTES:
        indices += yield from _rows(session, index.INDEX_TICKERS, {"quoteCcy": quote}, if_refused=())
    named = next((row["instId"] for row in instruments), "")
    fees = yield from _rows(session, account_limits.TRADE_FEE, {"instType": "SPOT", "instId": named})
    owed = [row["ccy"] for row in balance["details"] if row.get("liab") not in ("", "0", None)]
    traded = {row[side] for row in instruments for side in ("baseCcy", "quoteCcy")}
    borrowed = list(dict.fromkeys((*(ccy for ccy in coins if ccy in traded), *owed)))
    chosen = config["acctLv"] in account_modes.SET_COLLATERAL_ASSETS.modes
    found: dict[str, Row] = {}
    for pair in pairs:
        if pair in listed:
            rows = yield from _rows(session, market.BOOKS, {"instId": pair, "sz": LEVELS}, if_refused=())
            if rows:
                found[pair] = rows[0]
    return Facts(
        at_ms=int((yield from _one(session, market.TIME))["ts"]),
        config=config,
        balance=balance,
        funding=(yield from _rows(session, asset.ASSET_BALANCES)),
        loans=(yield from _rows(session, flexible_loan.LOAN_INFO, if_refused=())),
        instruments=instruments,
        tickers=tickers,
        indices=indices,
        fees=fees[0] if fees else {},
        leverage=(yield from _leverage(session, borrowed)),
        collateral=(yield from _rows(session, account_modes.COLLATERAL_ASSETS)) if chosen else (),
        orders=len((yield from _rows(session, orders.ORDERS_PENDING))),
        books=found,
    )


def _leverage(session: Session, coins: Sequence[str]) -> Flow[Mapping[str, str]]:
    """Leverage of each coin that is owed, or may be."""
    if not coins:
        return {}
    fields = {"ccy": coins[:COINS_MAX], "mgnMode": "cross"}
    rows = yield from _rows(session, account.LEVERAGE_INFO, fields, if_refused=())
    return {row["ccy"]: row["lever"] for row in rows}


def _one(session: Session, endpoint: Endpoint) -> Flow[Row]:
    row: Row = (yield from _rows(session, endpoint))[0]
    return row


def _rows(
    session: Session, endpoint: Endpoint, fields: Mapping[str, object] | None = None, if_refused: Any = None
) -> Flow[Sequence[Row]]:
    """Rows of a call, or something else where an account of this kind has no such call."""
    try:
        return (yield from call(session, endpoint, fields or {})).rows
    except BadParameter:
        raise
    except Refused as error:
        if if_refused is None or error.retry:
            raise
        found: Sequence[Row] = if_refused
        return found

"""Control calls of prices and books."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, TypeAlias

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.engine import commands
from tallystick.server.control.form import Body, Called, Coins, ControlEndpoint, Spelling, Wrong
from tallystick.server.control.text import amount

Inst: TypeAlias = Annotated[str, doc("Instrument, such as BTC-USDT", "交易对，如 BTC-USDT")]


class PriceBody(Body, frozen=True, kw_only=True):
    """Price of an instrument; `px` is decimal text above 0."""

    instId: Inst
    px: Annotated[Coins, doc("Price", "价格")]


class PricesBody(Body, frozen=True, kw_only=True):
    """Prices by instrument, set together; each is decimal text above 0."""

    prices: Annotated[dict[str, str], doc("Instruments, each with its price", "交易对及其价格，逐对给出")]


class BookBody(Body, frozen=True, kw_only=True):
    """House quotes of an instrument; each level is [price, size] in decimal text, the best first."""

    instId: Inst
    bids: Annotated[
        list[tuple[Coins, Coins]], doc("Price and size of a bid, the best first", "买盘的价格和数量，最优在前")
    ]
    asks: Annotated[
        list[tuple[Coins, Coins]], doc("Price and size of an ask, the best first", "卖盘的价格和数量，最优在前")
    ]


class InstrumentBody(Body, frozen=True, kw_only=True):
    instId: Inst


class Price(Struct, frozen=True, kw_only=True):
    instId: str
    px: Coins


class Prices(Struct, frozen=True, kw_only=True):
    prices: dict[str, str]


class Instrument(Struct, frozen=True, kw_only=True):
    instId: str


async def set_price(call: Called, body: PriceBody) -> Price:
    await _set(call, ((body.instId, amount(body.px, "px")),))
    return Price(instId=body.instId, px=body.px)


async def set_prices(call: Called, body: PricesBody) -> Prices:
    if not body.prices:
        raise Wrong(400, "prices: none given", 'a price for each instrument, such as {"BTC-USDT": "30000"}')
    await _set(call, tuple((instrument, amount(px, f"prices.{instrument}")) for instrument, px in body.prices.items()))
    return Prices(prices=body.prices)


async def _set(call: Called, prices: tuple[tuple[str, int], ...]) -> None:
    """Set all of these prices in one command, so that debts are judged once."""
    await call.venue.submit(commands.SetPrices(prices=prices))


async def set_book(call: Called, body: BookBody) -> Instrument:
    bids, asks = levels(body.bids, "bids"), levels(body.asks, "asks")
    if any(a[0] <= b[0] for a, b in pairwise(bids)):
        raise Wrong(400, "bids must fall from the best to the worst")
    if any(a[0] >= b[0] for a, b in pairwise(asks)):
        raise Wrong(400, "asks must rise from the best to the worst")
    if bids and asks and bids[0][0] >= asks[0][0]:
        raise Wrong(400, "the best bid must be below the best ask")
    await call.venue.submit(commands.SetBook(instrument=body.instId, bids=bids, asks=asks))
    return Instrument(instId=body.instId)


async def release(call: Called, body: InstrumentBody) -> Instrument:
    await call.venue.submit(commands.ReleaseMarket(instrument=body.instId))
    return Instrument(instId=body.instId)


def levels(rows: list[tuple[str, str]], name: str) -> tuple[tuple[int, int], ...]:
    """Levels in atoms of price and size. Raises Wrong 400."""
    found = tuple((amount(price, name), amount(size, name)) for price, size in rows)
    if any(not price or not size for price, size in found):
        raise Wrong(400, f"{name}: prices and sizes must be above zero")
    return found


ENDPOINTS = (
    ControlEndpoint(
        "POST",
        "market/price",
        PriceBody,
        Price,
        set_price,
        Doc("Set a price; the market maker quotes around it", "设定价格，平台报价随之围绕该价格"),
        ('{"instId": "BTC-USDT", "px": "30000"}',),
    ),
    ControlEndpoint(
        "POST",
        "market/prices",
        body=PricesBody,
        answer=Prices,
        handler=set_prices,
        words=Doc(
            "Set several prices at once; debts are checked when all of them are set",
            "同时设定多个价格；负债按全部新价格一并评估",
        ),
        samples=('{"prices": {"BTC-USDT": "30000", "ETH-USDT": "1500"}}',),
        spelling=Spelling("prices set", ("prices",)),
    ),
    ControlEndpoint(
        "POST",
        "market/book",
        BookBody,
        Instrument,
        set_book,
        Doc("Set the exact quotes of an order book", "设定精确的平台报价"),
        ('{"instId": "BTC-USDT", "bids": [["29990", "1"]], "asks": [["30000", "1"]]}',),
        spelling=Spelling("book set", ("instId",)),
    ),
    ControlEndpoint(
        "POST",
        "market/release",
        InstrumentBody,
        Instrument,
        release,
        Doc("Return price and quotes to the market", "恢复由行情决定价格和报价"),
        ('{"instId": "BTC-USDT"}',),
        spelling=Spelling("prices release", ("instId",)),
    ),
)

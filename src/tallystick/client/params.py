"""Typed dictionaries of what requests have inside.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from tallystick.client.kinds import AmountLike, Number


class PlaceOrder(TypedDict):
    """`PlaceOrder` of the contract."""

    instId: str
    """Instrument, such as BTC-USDT."""
    tdMode: Literal["cash", "cross", "isolated", "spot_isolated"]
    """Trade mode; Spot mode uses cash."""
    ccy: NotRequired[str]
    """Currency."""
    clOrdId: NotRequired[str]
    """Your own id for the order."""
    tag: NotRequired[str]
    """Broker's tag."""
    side: Literal["buy", "sell"]
    """Buy or sell; borrow or repay where that is the question."""
    posSide: NotRequired[Literal["net", "long", "short"]]
    """Position side; spot orders leave it out."""
    ordType: Literal[
        "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
    ]
    """Order type."""
    sz: AmountLike
    """Size."""
    px: NotRequired[AmountLike]
    """Limit price; not used for market orders."""
    reduceOnly: NotRequired[bool]
    """Only ever reduce a position."""
    tgtCcy: NotRequired[Literal["base_ccy", "quote_ccy"]]
    """Unit of a market order's size."""
    banAmend: NotRequired[bool]
    """Refuse a market order rather than shrink it."""
    pxAmendType: NotRequired[Literal["0", "1"]]
    """Whether a price beyond the limit is pulled to it."""
    tradeQuoteCcy: NotRequired[str]
    """Quote currency to trade in."""
    slippagePct: NotRequired[str]
    """Most the price may slip; none is kept, so only 0."""
    stpMode: NotRequired[Literal["cancel_maker", "cancel_taker", "cancel_both"]]
    """What gives way when you meet yourself."""
    isElpTakerAccess: NotRequired[bool]
    """May match enhanced liquidity orders."""
    rpiTakerAccess: NotRequired[bool]
    """May match orders with retail price improvement."""
    rpiPxRound: NotRequired[bool]
    """Of orders with retail price improvement."""


class AmendOrder(TypedDict):
    """`AmendOrder` of the contract."""

    instId: str
    """Instrument, such as BTC-USDT."""
    cxlOnFail: NotRequired[bool]
    """Cancel the order where it cannot be changed."""
    ordId: NotRequired[Number]
    """Order or loan number."""
    clOrdId: NotRequired[str]
    """Your own id for the order."""
    reqId: NotRequired[str]
    """Your own id for the change."""
    newSz: NotRequired[AmountLike]
    """New size in all, what is filled included."""
    newPx: NotRequired[AmountLike]
    """New price."""
    pxAmendType: NotRequired[Literal["0", "1"]]
    """Whether a price beyond the limit is pulled to it."""
    rpiTakerAccess: NotRequired[bool]
    """May match orders with retail price improvement."""
    rpiPxRound: NotRequired[bool]
    """Of orders with retail price improvement."""


class CancelOrder(TypedDict):
    """`CancelOrder` of the contract."""

    instId: str
    """Instrument, such as BTC-USDT."""
    ordId: NotRequired[Number]
    """Order or loan number."""
    clOrdId: NotRequired[str]
    """Your own id for the order."""


class CcyAmount(TypedDict):
    """`CcyAmount` of the contract."""

    ccy: str
    """Currency."""
    amt: AmountLike
    """Amount."""

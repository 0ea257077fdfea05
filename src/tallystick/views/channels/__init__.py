"""Channel name -> what tells a subscription of it. Complete: a test compares it with the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallystick.contract.channels import BUSINESS
from tallystick.engine.state import State
from tallystick.views.channels import account, books, market, orders
from tallystick.views.channels.core import Each, Latest, Say, Silent, Teller, Topic, topics_of
from tallystick.views.core import Refusal

__all__ = ["TELLERS", "Each", "Latest", "Say", "Teller", "Topic", "require_known", "teller_of", "topics_of"]

CANDLE = "candle"
CANDLES_OF = {"": market.candles_of, "index-": market.index_candles_of, "mark-price-": market.mark_candles_of}
"""Before "candle" in the name of a channel: whose candles; behind it stands the bar."""


def _candles(channel: str) -> Callable[[Any, int], Teller]:
    whose, _, bar = channel.partition(CANDLE)
    return CANDLES_OF[whose](bar)


TELLERS: dict[str, Callable[[Any, int], Teller]] = {
    "tickers": market.tickers,
    "bbo-tbt": lambda arg, user_id: books.Best(arg.instId, 1),
    "books": lambda arg, user_id: books.Book(arg.instId, 400),
    "books5": lambda arg, user_id: books.Best(arg.instId, 5),
    "books-l2-tbt": lambda arg, user_id: books.Book(arg.instId, 400),
    "books50-l2-tbt": lambda arg, user_id: books.Book(arg.instId, 50),
    "trades": lambda arg, user_id: market.Trades(arg.instId),
    "index-tickers": market.index_tickers,
    "mark-price": market.mark_price,
    "price-limit": market.price_limit,
    "instruments": lambda arg, user_id: market.InstrumentList(arg.instType),
    "status": lambda arg, user_id: Silent(),
    "account": lambda arg, user_id: account.Account(user_id, arg.ccy, arg.extraParams),
    "balance_and_position": lambda arg, user_id: account.BalanceAndPosition(user_id),
    "positions": lambda arg, user_id: Silent(snapshot=True),
    "liquidation-warning": lambda arg, user_id: Silent(),
    "orders": lambda arg, user_id: orders.Orders(user_id, arg.instType, arg.instId),
    "fills": lambda arg, user_id: orders.Fills(user_id, arg.instId),
    "trades-all": lambda arg, user_id: market.SingleTrades(arg.instId),
    **{channel.name: _candles(channel.name) for channel in BUSINESS[1:]},
}


def teller_of(channel: str, argument: Any, user_id: int) -> Teller:
    return TELLERS[channel](argument, user_id)


def require_known(channel: str, argument: Any, state: State) -> None:
    """Refused: 60018 for an instrument or a currency there is not, 60033 for extra parameters that are none.

    A filter of another type's orders may name what it likes: there are none.
    """
    name = getattr(argument, "instId", "")
    if name and name not in state.parameters.instruments and getattr(argument, "instType", "SPOT") == "SPOT":
        raise Refusal("60018", what=f"channel:{channel},instId:{name}")
    ccy = getattr(argument, "ccy", "")
    if ccy and ccy not in state.parameters.currencies:
        raise Refusal("60018", what=f"channel:{channel},ccy:{ccy}")
    try:
        account.events_only(getattr(argument, "extraParams", ""))
    except (ValueError, RecursionError):
        raise Refusal("60033", param="extraParams") from None

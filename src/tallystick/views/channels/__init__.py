"""Channels: name -> function that makes the teller of a subscription. A test compares the names with the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tallystick.contract.channels import (
    BUSINESS,
    NoArgument,
    OfAccount,
    OfFills,
    OfInstrument,
    OfOrders,
    OfPositions,
    OfType,
)
from tallystick.contract.core import Request
from tallystick.engine.state import State
from tallystick.views.channels import account, books, market, orders
from tallystick.views.channels.core import Each, Latest, Say, Silent, Teller, Topic, topics_of
from tallystick.views.core import Refusal

__all__ = ["TELLERS", "Each", "Latest", "Say", "Teller", "Topic", "require_known", "teller_of", "topics_of"]

A = TypeVar("A", bound=Request)


def told(arguments: type[A], teller: Callable[[A, int], Teller]) -> Callable[[Request, int], Teller]:
    """Function (arguments of this class, user id) -> teller of a subscription. Raises TypeError for another class."""

    def made(argument: Request, user_id: int) -> Teller:
        if not isinstance(argument, arguments):
            raise TypeError(f"{type(argument).__name__} is no {arguments.__name__}")
        return teller(argument, user_id)

    return made


TELLERS: dict[str, Callable[[Request, int], Teller]] = {
    "tickers": told(OfInstrument, market.tickers),
    "bbo-tbt": told(OfInstrument, lambda arg, user_id: books.Best(arg.instId, 1)),
    "books": told(OfInstrument, lambda arg, user_id: books.Book(arg.instId, 400)),
    "books5": told(OfInstrument, lambda arg, user_id: books.Best(arg.instId, 5)),
    "books-l2-tbt": told(OfInstrument, lambda arg, user_id: books.Book(arg.instId, 400)),
    "books50-l2-tbt": told(OfInstrument, lambda arg, user_id: books.Book(arg.instId, 50)),
    "trades": told(OfInstrument, lambda arg, user_id: market.Trades(arg.instId)),
    "index-tickers": told(OfInstrument, market.index_tickers),
    "mark-price": told(OfInstrument, market.mark_price),
    "price-limit": told(OfInstrument, market.price_limit),
    "instruments": told(OfType, lambda arg, user_id: market.InstrumentList(arg.instType)),
    "status": told(NoArgument, lambda arg, user_id: Silent()),
    "account": told(OfAccount, lambda arg, user_id: account.Account(user_id, arg.ccy, arg.extraParams)),
    "balance_and_position": told(NoArgument, lambda arg, user_id: account.BalanceAndPosition(user_id)),
    "positions": told(OfPositions, lambda arg, user_id: Silent(snapshot=True)),
    "liquidation-warning": told(OfPositions, lambda arg, user_id: Silent()),
    "orders": told(OfOrders, lambda arg, user_id: orders.Orders(user_id, arg.instType, arg.instId)),
    "fills": told(OfFills, lambda arg, user_id: orders.Fills(user_id, arg.instId)),
    "trades-all": told(OfInstrument, lambda arg, user_id: market.SingleTrades(arg.instId)),
    **{channel.name: told(OfInstrument, market.candles_of(channel.name)) for channel in BUSINESS[1:]},
}


def teller_of(channel: str, argument: Request, user_id: int) -> Teller:
    return TELLERS[channel](argument, user_id)


def require_known(channel: str, argument: Request, state: State) -> None:
    """Check the arguments. Refused: an unknown instrument or currency (60018), unusable `extraParams` (60033).

    A filter for orders of another type may name any instrument: there are none.
    """
    match argument:
        case OfInstrument() | OfFills():
            _require_instrument(channel, argument.instId, state)
        case OfOrders() if argument.instType in ("SPOT", "MARGIN"):
            _require_instrument(channel, argument.instId, state)
        case OfAccount():
            if argument.ccy and argument.ccy not in state.parameters.currencies:
                raise Refusal("60018", what=f"channel:{channel},ccy:{argument.ccy}")
            try:
                account.events_only(argument.extraParams)
            except (ValueError, RecursionError):
                raise Refusal("60033", param="extraParams") from None


def _require_instrument(channel: str, name: str, state: State) -> None:
    if name and name not in state.parameters.instruments:
        raise Refusal("60018", what=f"channel:{channel},instId:{name}")

"""Commands that move the market, by the recording or by hand. Resting orders that are crossed fill at once."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import orders, risk
from tallystick.engine.commands import MoveMarket, ReleaseMarket, SetBook, SetPrices
from tallystick.engine.events import BookHeld, MarketMoved, MarketReleased, PriceHeld
from tallystick.engine.prices import dollar_pair, quoted, require_instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Work


def move_market(work: Work, command: MoveMarket) -> None:
    """Take new recorded prices for every instrument whose price is not set by hand.

    Emits: MarketMoved, then fills of crossed orders, then what the prices do to debts (`risk.review`).
    """
    moved = moved_by(command)
    markets = quoted(work.state, command.instruments)
    if markets is None or min(command.prices, default=0) <= 0 or any(market.held for market, _ in markets):
        places = _places(work.state, command)
        if not places:
            return
        moved = replace(
            moved,
            instruments=tuple(moved.instruments[place] for place in places),
            prices=tuple(moved.prices[place] for place in places),
            ranges=tuple(moved.ranges[place] for place in places) if moved.ranges else (),
        )
    work.emit(moved)
    if work.state.orders:
        for instrument in moved.instruments:
            orders.fill_crossed(work, instrument)
    risk.review(work)


def _places(state: State, command: MoveMarket) -> list[int]:
    """Places of the prices that move the market."""
    known, markets, prices = state.parameters.instruments, state.markets, command.prices
    return [
        place
        for place, instrument in enumerate(command.instruments)
        if instrument in known and prices[place] > 0 and not (instrument in markets and markets[instrument].held)
    ]


def moved_by(command: MoveMarket) -> MarketMoved:
    """Event of a command whose every price moves the market."""
    return MarketMoved(
        instruments=command.instruments, prices=command.prices, ranges=command.ranges, decimals=command.decimals
    )


def set_prices(work: Work, command: SetPrices) -> None:
    """Set prices by hand, all of them or none. Debts are judged once, by all new prices together.

    Rejects, instrument by instrument: UNKNOWN_INSTRUMENT, PRICE_NOT_POSITIVE.
    Emits: PriceHeld for each, then fills, then the events of debts judged by the prices (`risk.review`).
    """
    dollar = dollar_pair(work.state)
    for instrument, price in command.prices:
        if instrument != dollar:
            require_instrument(work.state, instrument)
        if price <= 0:
            raise Rejected(Reject.PRICE_NOT_POSITIVE).because(instrument=instrument, asked=price)
    for instrument, price in command.prices:
        work.emit(PriceHeld(instrument=instrument, price=price))
    for instrument, _ in command.prices:
        if instrument != dollar:
            orders.fill_crossed(work, instrument)
    risk.review(work)


def set_book(work: Work, command: SetBook) -> None:
    """Replace the house's depth by exactly this one.

    Rejects: UNKNOWN_INSTRUMENT, PRICE_NOT_POSITIVE (also sizes, disorder, a crossed book), PRICE_OFF_TICK,
    SIZE_OFF_LOT (what fills must obey the lot). Emits: BookHeld, then fills.
    """
    instrument = require_instrument(work.state, command.instrument)
    for levels, falling in ((command.bids, True), (command.asks, False)):
        prices = [price for price, _ in levels]
        ordered = sorted(set(prices), reverse=falling)
        if prices != ordered or any(price <= 0 or size <= 0 for price, size in levels):
            raise Rejected(Reject.PRICE_NOT_POSITIVE).because("book")
    if command.bids and command.asks and command.bids[0][0] >= command.asks[0][0]:
        no, bid, ask = Rejected(Reject.PRICE_NOT_POSITIVE), command.bids[0][0], command.asks[0][0]
        raise no.because("crossed", bid=bid, ask=ask)
    levels = (*command.bids, *command.asks)
    if any(price % instrument.tick for price, _ in levels):
        raise Rejected(Reject.PRICE_OFF_TICK).because("book", instrument=command.instrument, unit=instrument.tick)
    if any(size % instrument.lot for _, size in levels):
        raise Rejected(Reject.SIZE_OFF_LOT).because("book", instrument=command.instrument, unit=instrument.lot)
    work.emit(BookHeld(instrument=command.instrument, bids=command.bids, asks=command.asks))
    orders.fill_crossed(work, command.instrument)


def release_market(work: Work, command: ReleaseMarket) -> None:
    """Give an instrument back to the recording. Rejects: UNKNOWN_INSTRUMENT.

    Emits: MarketReleased, then fills. The transit coin goes back to 1 USD at once, and debts are judged by that.
    """
    if command.instrument != dollar_pair(work.state):
        require_instrument(work.state, command.instrument)
    work.emit(MarketReleased(instrument=command.instrument))
    if command.instrument != dollar_pair(work.state):
        orders.fill_crossed(work, command.instrument)
    else:
        risk.review(work)

"""Prices and the house's quotes.

The index of a currency is the index of its pair with the transit coin (`Parameters.transit_ccy`) times the index of
the transit coin. If a currency has only a pair with the bridge coin (`Parameters.bridge_ccy`), its index is that of
the pair times the index of the bridge coin. The index of a pair is the recorded (or hand-set) price; with
`index_own_share` the venue's own last trade since then has a share in it (decisions/015). The house quotes a ladder
round the recorded price. Its cumulative size follows the recorded depth profile, and its distances widen with the
candle's range. Size taken from the ladder stays taken until the next quote.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import NamedTuple

from tallystick.engine import transient
from tallystick.engine.amounts import ONE, cut, lift, mul_down, unit_of
from tallystick.engine.events import BookHeld, MarketMoved, MarketReleased, PriceHeld, PricesExpired
from tallystick.engine.kinds import BookSide
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Market, State
from tallystick.engine.work import Stamp, Work, applies

HELD_POINTS_MAX = 5_000
"""Most prices set by hand that are kept for candles; older ones are dropped."""

LADDER: tuple[tuple[int, int], ...] = (
    # (distance from the middle in 1/100 basis points, share of the depth within 1 % in 1/1000)
    # Observed: mean of both sides of BTC-USDT on 2022-05-13, thinned to 20 levels.
    (15, 4), (50, 6), (100, 8), (150, 10), (200, 12), (300, 14), (400, 16), (500, 20), (750, 26), (1000, 34),
    (1250, 60), (1500, 80), (1750, 90), (2000, 100), (2500, 80), (3000, 70), (4000, 80), (5000, 90), (7500, 110),
    (10000, 90),
)  # fmt: skip
_DISTANCE_ONE = 1_000_000
_SHARE_ONE = 1_000


def dollar_pair(state: State) -> str:
    """Name of the one index that is no instrument: the transit coin in USD, such as USDT-USD."""
    return f"{state.parameters.transit_ccy}-USD"


def usd_index(state: State, ccy: str) -> int:
    """Index: USD per coin, per 10**18; 0 without a price (then nothing may be borrowed, redeemed or judged)."""
    transit, markets = state.parameters.transit_ccy, state.markets
    dollar = markets.get(f"{transit}-USD")
    transit_index = dollar.index if dollar else ONE
    if ccy == transit:
        return transit_index
    market = markets.get(f"{ccy}-{transit}")
    if market:
        return mul_down(market.index, transit_index)
    bridged = _bridged(state, ccy)
    return mul_down(bridged.index, usd_index(state, state.parameters.bridge_ccy)) if bridged else 0


def _bridged(state: State, ccy: str) -> Market | None:
    """Market that prices a coin without a pair with the transit coin: its pair with the bridge coin."""
    bridge = state.parameters.bridge_ccy
    if ccy == bridge or f"{ccy}-{state.parameters.transit_ccy}" in state.parameters.instruments:
        return None
    return state.markets.get(f"{ccy}-{bridge}")


def lost(state: State, ccy: str) -> bool:
    """Test whether a coin has lost its price: coins that counted before must not count as nothing now (F13).

    A coin that never had a price never counted, so it blocks nobody.
    """
    market = state.markets.get(f"{ccy}-{state.parameters.transit_ccy}") or _bridged(state, ccy)
    return market is not None and market.index <= 0 < market.priced_at_ms


class Quotes(NamedTuple):
    """Prices that judge loans: the index of each coin (see `usd_index`), and the coins that have lost theirs."""

    usd: Mapping[str, int]
    lost: Container[str] = ()


class _Indices(dict[str, int]):
    """Indices of a state, each worked out when it is first asked for."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __missing__(self, ccy: str) -> int:
        found = self[ccy] = usd_index(self._state, ccy)
        return found


class _Lost:
    """Coins of a state that have lost their price, each looked up when it is first asked for."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[object, bool] = {}

    def __contains__(self, ccy: object) -> bool:
        found = self._known.get(ccy)
        if found is None:
            found = self._known[ccy] = isinstance(ccy, str) and lost(self._state, ccy)
        return found


def indices(state: State) -> Mapping[str, int]:
    """Present index of each coin. They are those of one price: not to be kept until the next."""
    return _Indices(state)


def quotes(state: State) -> Quotes:
    """Quotes of the present prices, likewise."""
    return Quotes(_Indices(state), _Lost(state))


def usd_value(state: State, ccy: str, amount: int) -> int:
    """Value in USD, atoms, cut."""
    return mul_down(amount, usd_index(state, ccy))


def reference(market: Market) -> int:
    """Last trade, or the index if nothing traded (chosen: decisions/006)."""
    return market.last or market.index


def require_instrument(state: State, instrument: str) -> Instrument:
    """Require a known instrument. Rejects: UNKNOWN_INSTRUMENT."""
    found = state.parameters.instruments.get(instrument)
    if found is None:
        known = " ".join(state.parameters.instruments)
        raise Rejected(Reject.UNKNOWN_INSTRUMENT, instId=instrument).because(instrument=instrument, known=known)
    return found


def house_levels(state: State, instrument: Instrument, side: BookSide) -> list[tuple[int, int]]:
    """Levels (price, size) the house still shows on `side` ("bids" or "asks"), best first; sizes cut to the lot."""
    market = state.markets.get(instrument.instrument)
    if market is None:
        return []
    buying = side == "bids"
    taken = market.taken_bids if buying else market.taken_asks
    held = market.bids if buying else market.asks
    levels = held if market.book_held else _ladder(instrument, market, buying)
    if not taken:
        return list(levels)
    left = [(price, size - taken.get(str(price), 0)) for price, size in levels]
    return [(price, size) for price, size in left if size > 0]


def _ladder(instrument: Instrument, market: Market, buying: bool) -> list[tuple[int, int]]:
    middle = market.recorded
    if middle <= 0:
        return []
    widening = ONE + 20 * market.range_rate
    levels: dict[int, int] = {}
    for distance, share in LADDER:
        away = middle * distance * widening // (_DISTANCE_ONE * ONE)
        price = cut(middle - away, instrument.tick) if buying else lift(middle + away, instrument.tick)
        if price <= 0:
            continue
        size = cut(instrument.depth_quote * share * ONE // (_SHARE_ONE * price), instrument.lot)
        if size > 0:
            levels[price] = levels.get(price, 0) + size
    return sorted(levels.items(), reverse=buying)


QUOTED_MAX = 64
"""Most groups of instruments whose markets are kept."""


def quoted(state: State, instruments: tuple[str, ...]) -> list[tuple[Market, int]] | None:
    """Market and tick of each instrument; None if one is unknown or has had no price.

    They are kept, as the same instruments move together again and again: neither goes away, and ticks are fixed.
    """
    kept = transient.of(state).quoted
    found = kept.get(instruments)
    if found is None:
        markets, known = state.markets, state.parameters.instruments
        if not all(name in markets and name in known for name in instruments):
            return None
        if len(kept) >= QUOTED_MAX:
            kept.clear()
        found = kept[instruments] = [(markets[name], known[name].tick) for name in instruments]
    return found


# ---- the index


def set_index(state: State, market: Market, index: int) -> None:
    """Set an index. Only this function and `_market_moved` do so; code that judges debts reads `index_changes`."""
    if market.index != index:
        market.index = index
        transient.of(state).index_changes += 1


def reindex(state: State, market: Market) -> None:
    """Recompute the index of a pair: the recorded price, mixed with the venue's own last trade since that price; cut.

    Without a recorded price there is no index, even if the pair trades.
    """
    share = state.parameters.index_own_share
    index = market.recorded
    if share and index > 0 and market.last_size:
        index = (market.recorded * (ONE - share) + market.last * share) // ONE
    set_index(state, market, index)


def traded(state: State, market: Market, price: int, size: int) -> None:
    """Record a fill: it is the last trade, and moves the index by its share. For appliers only."""
    market.last = price
    market.last_size = size
    reindex(state, market)


# ---- age


def due_at_ms(state: State) -> int | None:
    """Time at which the next recorded price will be too old; None while any age is allowed."""
    if state.parameters.price_age_max_ms == 0:
        return None
    given = (market.priced_at_ms for market in state.markets.values() if _grows_old(state, market))
    first = min(given, default=None)
    return None if first is None else first + state.parameters.price_age_max_ms + 1


def _grows_old(state: State, market: Market) -> bool:
    return market.recorded > 0 and not market.held and market.instrument != dollar_pair(state)


def expire(work: Work) -> None:
    """Forget every recorded price that is too old. Emits: PricesExpired. Source: chosen (decisions/020)."""
    latest_ms = work.stamp.at_ms - work.state.parameters.price_age_max_ms
    state = work.state
    old = tuple(m.instrument for m in state.markets.values() if _grows_old(state, m) and m.priced_at_ms < latest_ms)
    work.emit(PricesExpired(instruments=old))


# ---- events


def market_of(state: State, instrument: str) -> Market:
    """Record of an instrument, made if there is none; for appliers only."""
    market = state.markets.get(instrument)
    if market is None:
        market = state.markets[instrument] = Market(instrument)
    return market


def _recorded(state: State, market: Market, price: int, last: int, at_ms: int) -> None:
    """Take a price from the recording or by hand: earlier trades no longer count, so it is the index (`reindex`)."""
    market.recorded = price
    market.priced_at_ms = at_ms
    market.last = last
    market.last_size = 0
    set_index(state, market, price)


def _remember(market: Market, at_ms: int, price: int) -> None:
    market.held_points.append((at_ms, price))
    del market.held_points[:-HELD_POINTS_MAX]


def _quote_anew(market: Market) -> None:
    market.taken_bids.clear()
    market.taken_asks.clear()


@applies(MarketMoved)
def _market_moved(state: State, stamp: Stamp, event: MarketMoved) -> None:
    # `_recorded` and `_quote_anew`, written out: nine prices move at once, and that more than a thousand times a day.
    moved = quoted(state, event.instruments)
    if moved is None:
        instruments = state.parameters.instruments
        moved = [(market_of(state, name), instruments[name].tick) for name in event.instruments]
    at_ms, unit, changes = stamp.at_ms, unit_of(event.decimals), 0
    for (market, tick), recorded in zip(moved, event.prices, strict=True):
        price = recorded * unit
        market.recorded = price
        market.priced_at_ms = at_ms
        market.last = price - price % tick
        # Writing costs more than looking, and few prices follow a trade of the venue's own.
        if market.last_size:
            market.last_size = 0
        if market.index != price:
            market.index = price
            changes += 1
        if (market.taken_bids or market.taken_asks) and not market.book_held:
            _quote_anew(market)
    transient.of(state).index_changes += changes
    if event.ranges:
        for (market, _), range_rate in zip(moved, event.ranges, strict=True):
            market.range_rate = range_rate


@applies(PriceHeld)
def _price_held(state: State, stamp: Stamp, event: PriceHeld) -> None:
    market = market_of(state, event.instrument)
    market.held = True
    instrument = state.parameters.instruments.get(event.instrument)
    last = cut(event.price, instrument.tick) if instrument else event.price
    _recorded(state, market, event.price, last, stamp.at_ms)
    market.range_rate = 0
    _remember(market, stamp.at_ms, event.price)
    if not market.book_held:
        _quote_anew(market)


@applies(PricesExpired)
def _prices_expired(state: State, stamp: Stamp, event: PricesExpired) -> None:
    for instrument in event.instruments:
        market = state.markets[instrument]
        market.recorded = 0
        reindex(state, market)
        if not market.book_held:
            _quote_anew(market)


@applies(BookHeld)
def _book_held(state: State, stamp: Stamp, event: BookHeld) -> None:
    market = market_of(state, event.instrument)
    market.book_held = True
    market.bids = list(event.bids)
    market.asks = list(event.asks)
    _quote_anew(market)


@applies(MarketReleased)
def _market_released(state: State, stamp: Stamp, event: MarketReleased) -> None:
    market = market_of(state, event.instrument)
    if market.held:
        _remember(market, stamp.at_ms, 0)
    market.held = False
    market.book_held = False
    market.bids = []
    market.asks = []
    if event.instrument == dollar_pair(state):
        _recorded(state, market, ONE, ONE, stamp.at_ms)
    _quote_anew(market)

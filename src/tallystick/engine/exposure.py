"""Loss that an account's open orders would bring if they filled, and their fees.

An account is judged as if every open order had filled that lowers the collateral value of its coins: one after the
other, the oldest first, each on top of those before. The estimated fees of all its open orders are taken off as
well, also of those that would gain (decisions/012). An order lowers the value if

    amount it gives x slope of that coin  >  amount it gets x slope of that coin

The slope of a coin is its index times the discount rate of the slice its equity stands in. As long as the equities
stay within slices, an order's answer depends on its own ratio of give to get alone, wherever it stands in the line:
orders that swap the same two coins are kept sorted by that ratio with running sums, so one look into the list finds
those that lose and their total. An answer may depend on the orders before it, because fills carry an equity over the
end of a slice or roundings decide. Then shorter pieces of the line are asked the same way, and at last single orders.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from tallystick.engine.amounts import mul_down, mul_up
from tallystick.engine.commands import PlaceOrder
from tallystick.engine.discount import Valuation
from tallystick.engine.state import Order, State

RATIO_ONE = 10**36
"""Scale of the ratios of give to get, which are cut."""
SLOPE_ONE = 10**36
"""Scale of slopes, see `Valuation.usd_slopes`."""
LENGTHS = (1_024, 256, 64)
"""Lengths of the pieces of the line: if a longer one cannot be filled at once, shorter ones are tried.

Each is a multiple of the next.
"""
FEW = 16
"""Most orders that are faster to ask one by one."""
SPARSE = 4
"""Ratio of positions to orders above which the line is cut anew."""


def highest_fee(state: State) -> int:
    """Highest fee rate of a fill; whether it is the taker's or the maker's is not known before."""
    return max(state.parameters.taker_fee, state.parameters.maker_fee)


def fill_changes(state: State, order: Order | PlaceOrder, size: int) -> dict[str, int]:
    """Changes when `size` of a limit order fills at its limit and pays the higher fee; atoms per currency."""
    instrument = state.parameters.instruments[order.instrument]
    fee = highest_fee(state)
    if order.side == "buy":
        return {instrument.quote_ccy: -mul_up(size, order.price), instrument.base_ccy: size - mul_up(size, fee)}
    proceeds = mul_down(size, order.price)
    return {instrument.base_ccy: -size, instrument.quote_ccy: proceeds - mul_up(proceeds, fee)}


class Fill(NamedTuple):
    """An open order, filled before its fee: `gives` and `gets` are amounts.

    `fee` is the estimate of its fee, in the quote coin at the limit; a buy will pay it in the coin it gets.
    """

    give_ccy: str
    gives: int
    get_ccy: str
    gets: int
    fee_ccy: str
    fee: int

    @property
    def ratio(self) -> int:
        """Ratio of give to get, cut; a fill that gets nothing is above all others."""
        return self.gives * RATIO_ONE // self.gets if self.gets else self.gives * RATIO_ONE**2


def limit_fill(state: State, order: Order | PlaceOrder, size: int) -> Fill:
    """Fill of `size` at the limit, with the higher fee; a buy pays rounded up to an atom, a sale gets rounded down."""
    pair = state.parameters.instruments[order.instrument]
    if order.side == "buy":
        quote = mul_up(size, order.price)
        return Fill(pair.quote_ccy, quote, pair.base_ccy, size, pair.quote_ccy, mul_up(quote, highest_fee(state)))
    quote = mul_down(size, order.price)
    return Fill(pair.base_ccy, size, pair.quote_ccy, quote, pair.quote_ccy, mul_up(quote, highest_fee(state)))


def fill_of(state: State, order: Order) -> Fill | None:
    """Fill of the rest of an open order at its limit; None for an order without a limit, which never rests."""
    left = order.size - order.filled_size
    return None if order.price == 0 or left <= 0 else limit_fill(state, order, left)


def fill_if_losing(values: Valuation, equities: dict[str, int], one: Fill) -> None:
    """Fill one order in thought if that lowers the sum."""
    given, got = equities.get(one.give_ccy, 0) - one.gives, equities.get(one.get_ccy, 0) + one.gets
    before = values.usd_value(one.give_ccy, given + one.gives) + values.usd_value(one.get_ccy, got - one.gets)
    if values.usd_value(one.give_ccy, given) + values.usd_value(one.get_ccy, got) < before:
        equities[one.give_ccy], equities[one.get_ccy] = given, got


class Swaps:
    """Orders that swap one coin for another, sorted by ratio, with running sums."""

    __slots__ = ("_line", "_stale", "gets", "gives", "least_get", "least_give", "ratios")

    def __init__(self) -> None:
        self._line: list[tuple[int, int]] = []
        """Line of (ratio, order id), rising."""
        self._stale = True

    def add(self, order_id: int, fill: Fill) -> None:
        insort(self._line, (fill.ratio, order_id))
        self._stale = True

    def remove(self, order_id: int, fill: Fill) -> None:
        place = bisect_right(self._line, (fill.ratio, order_id)) - 1
        del self._line[place]
        self._stale = True

    def __len__(self) -> int:
        return len(self._line)

    def sum_up(self, fills: dict[int, Fill]) -> None:
        """Compute the running sums again if the line has changed."""
        if not self._stale:
            return
        self._stale = False
        self.ratios = [ratio for ratio, _ in self._line]
        gives = [fills[order_id].gives for _, order_id in self._line]
        gets = [fills[order_id].gets for _, order_id in self._line]
        self.gives = list(accumulate(gives, initial=0))
        self.gets = list(accumulate(gets, initial=0))
        self.least_give, self.least_get = min(gives), min(gets)

    def split(self, give: tuple[int, int, int], get: tuple[int, int, int]) -> tuple[int, int]:
        """Split the line: (place up to which no order can lose, place from which every order loses).

        `give` and `get` are the slopes of the two coins, see `Valuation.usd_slopes`.
        """
        count = len(self.ratios)
        give_least, give_most, give_noise = give
        get_least, get_most, get_noise = get
        noise = (give_noise + get_noise) * SLOPE_ONE
        if give_most == 0:
            return count, count
        sure = get_least + -noise // self.least_get if self.least_get else 0
        # A ratio that was cut may be larger by less than one.
        gaining = bisect_right(self.ratios, sure * RATIO_ONE // give_most - 1) if sure > 0 else 0
        sure = give_least + -noise // self.least_give
        losing = bisect_right(self.ratios, get_most * RATIO_ONE // sure) if sure > 0 else count
        return gaining, losing


class Piece:
    """Some orders of the line, oldest first, and the same orders by the coins they swap."""

    __slots__ = ("_swaps", "fills")

    def __init__(self) -> None:
        self.fills: dict[int, Fill] = {}
        self._swaps: dict[tuple[str, str], Swaps] = {}

    def put(self, order_id: int, fill: Fill) -> None:
        """Add an order, or change one where it stands."""
        self._take_out(order_id)
        self.fills[order_id] = fill
        coins = (fill.give_ccy, fill.get_ccy)
        swaps = self._swaps.get(coins)
        if swaps is None:
            swaps = self._swaps[coins] = Swaps()
        swaps.add(order_id, fill)

    def remove(self, order_id: int) -> None:
        self._take_out(order_id)
        del self.fills[order_id]

    def _take_out(self, order_id: int) -> None:
        fill = self.fills.get(order_id)
        if fill is None:
            return
        coins = (fill.give_ccy, fill.get_ccy)
        self._swaps[coins].remove(order_id, fill)
        if not len(self._swaps[coins]):
            del self._swaps[coins]

    def swapped(self) -> Iterable[tuple[str, str]]:
        """The coins that are swapped, (given, got)."""
        return self._swaps.keys()

    def fill_at_once(self, values: Valuation, equities: dict[str, int], without: int) -> bool:
        """Fill the orders that lose, if none depends on its position; else none. Returns whether it was done."""
        for swaps in self._swaps.values():
            swaps.sum_up(self.fills)
        splits = dict.fromkeys(self._swaps, (0, 0))
        for _ in range(2):
            slopes = {
                ccy: values.usd_slopes(ccy, low, high) for ccy, (low, high) in self._reached(equities, splits).items()
            }
            splits = {coins: swaps.split(slopes[coins[0]], slopes[coins[1]]) for coins, swaps in self._swaps.items()}
            if all(gaining == losing for gaining, losing in splits.values()):
                self.fill_once(equities, splits, without)
                return True
        return False

    def _reached(
        self, equities: dict[str, int], splits: dict[tuple[str, str], tuple[int, int]]
    ) -> dict[str, tuple[int, int]]:
        """Least and greatest equity an order may find or leave; orders below the first place are known not to lose."""
        reached: dict[str, tuple[int, int]] = {}
        for coins, swaps in self._swaps.items():
            gaining = splits[coins][0]
            gives = swaps.gives[-1] - swaps.gives[gaining]
            gets = swaps.gets[-1] - swaps.gets[gaining]
            for ccy, less, more in ((coins[0], gives, 0), (coins[1], 0, gets)):
                low, high = reached.get(ccy) or (equities.get(ccy, 0), equities.get(ccy, 0))
                reached[ccy] = (low - less, high + more)
        # The range is at least one atom wide, so that there is a slope.
        return {ccy: (low, max(high, low + 1)) for ccy, (low, high) in reached.items()}

    def fill_once(self, equities: dict[str, int], splits: dict[tuple[str, str], tuple[int, int]], without: int) -> None:
        spared = self.fills.get(without)
        for coins, swaps in self._swaps.items():
            losing = splits[coins][1]
            gives = swaps.gives[-1] - swaps.gives[losing]
            gets = swaps.gets[-1] - swaps.gets[losing]
            if spared is not None and coins == (spared.give_ccy, spared.get_ccy):
                place = bisect_right(swaps.ratios, spared.ratio) - 1
                if place >= losing:
                    gives, gets = gives - spared.gives, gets - spared.gets
            for ccy, delta in ((coins[0], -gives), (coins[1], gets)):
                equities[ccy] = equities.get(ccy, 0) + delta

    def fill_one_by_one(self, values: Valuation, equities: dict[str, int], without: int) -> None:
        """Fill the orders that lose, one after the other."""
        worth: dict[str, int] = {}
        for order_id, (give_ccy, gives, get_ccy, gets, _, _) in self.fills.items():
            if order_id == without:
                continue
            for ccy in (give_ccy, get_ccy):
                if ccy not in worth:
                    worth[ccy] = values.usd_value(ccy, equities.get(ccy, 0))
            given, got = equities.get(give_ccy, 0) - gives, equities.get(get_ccy, 0) + gets
            given_usd, got_usd = values.usd_value(give_ccy, given), values.usd_value(get_ccy, got)
            if given_usd + got_usd < worth[give_ccy] + worth[get_ccy]:
                equities[give_ccy], equities[get_ccy] = given, got
                worth[give_ccy], worth[get_ccy] = given_usd, got_usd


class Exposure:
    """Fills of one account's open orders, in one line and cut into pieces of several lengths.

    `_fees` are the estimated fees of all orders together, by coin.
    """

    __slots__ = ("_fees", "_lengths", "_next", "_positions", "_whole", "fee")

    def __init__(self, state: State, orders: Iterable[Order]) -> None:
        self.fee = highest_fee(state)
        """Fee rate with which the fills were computed."""
        self._whole = Piece()
        self._fees: dict[str, int] = {}
        self._begin()
        for order in orders:
            self.put(state, order)

    def _begin(self) -> None:
        self._positions: dict[int, int] = {}
        """Order id -> its position in the line, counted from the oldest order that was there at the beginning."""
        self._next = 0
        self._lengths: list[dict[int, Piece]] = [{} for _ in LENGTHS]
        """Pieces for each of `LENGTHS`: number of a piece -> orders whose position is within it."""

    def put(self, state: State, order: Order) -> None:
        """Add the newest order, or change one where it stands."""
        fill = fill_of(state, order)
        if fill is None:
            self.remove(order.order_id)
            return
        self._forget_fee(order.order_id)
        self._fees[fill.fee_ccy] = self._fees.get(fill.fee_ccy, 0) + fill.fee
        self._put(order.order_id, fill)

    def _forget_fee(self, order_id: int) -> None:
        known = self._whole.fills.get(order_id)
        if known is not None:
            self._fees[known.fee_ccy] -= known.fee

    def _put(self, order_id: int, fill: Fill) -> None:
        position = self._positions.get(order_id)
        if position is None:
            position = self._positions[order_id] = self._next
            self._next += 1
        self._whole.put(order_id, fill)
        for length, pieces in zip(LENGTHS, self._lengths, strict=True):
            piece = pieces.get(position // length)
            if piece is None:
                piece = pieces[position // length] = Piece()
            piece.put(order_id, fill)

    def remove(self, order_id: int) -> None:
        """Forget an order, if it is there."""
        position = self._positions.pop(order_id, None)
        if position is None:
            return
        self._forget_fee(order_id)
        self._whole.remove(order_id)
        for length, pieces in zip(LENGTHS, self._lengths, strict=True):
            piece = pieces[position // length]
            piece.remove(order_id)
            if not piece.fills:
                del pieces[position // length]
        if self._next > SPARSE * (LENGTHS[0] + len(self._positions)):
            self._begin()
            for order_id, fill in tuple(self._whole.fills.items()):
                self._put(order_id, fill)

    def coins(self) -> Iterator[str]:
        """Every coin an order gives or gets; some more than once."""
        for swapped in self._whole.swapped():
            yield from swapped

    def fees(self, without: int = 0) -> dict[str, int]:
        """Estimated fees of all orders, by coin; the order `without` is left out."""
        spared = self._whole.fills.get(without)
        if spared is None:
            return self._fees
        return {**self._fees, spared.fee_ccy: self._fees[spared.fee_ccy] - spared.fee}

    def fill_losing(self, values: Valuation, equities: dict[str, int], without: int = 0) -> None:
        """Fill in thought each order that lowers the sum, at its limit and before its fee; `without` is left out."""
        if len(self._positions) <= FEW:
            self._whole.fill_one_by_one(values, equities, without)
            return
        if self._whole.fill_at_once(values, equities, without):
            return
        for number, piece in self._lengths[0].items():
            known = len(piece.fills) == len(self._positions)
            self._fill_piece(0, number, known, (values, equities, without))

    def _fill_piece(self, level: int, number: int, known: bool, asked: tuple[Valuation, dict[str, int], int]) -> None:
        """Fill one piece at once, else the pieces it consists of. `known`: the piece cannot be filled at once."""
        piece = self._lengths[level].get(number)
        if piece is None or (not known and len(piece.fills) > FEW and piece.fill_at_once(*asked)):
            return
        if level + 1 == len(LENGTHS) or len(piece.fills) <= FEW:
            piece.fill_one_by_one(*asked)
            return
        share = LENGTHS[level] // LENGTHS[level + 1]
        for part in range(number * share, (number + 1) * share):
            within = self._lengths[level + 1].get(part)
            same = within is not None and len(within.fills) == len(piece.fills)
            self._fill_piece(level + 1, part, same, asked)

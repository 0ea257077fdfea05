"""The part of the oracle that knows one-click repay: how large a leg is, and when nothing can come of the legs.

Written from the rules in exact fractions. The documented history fixes the sizes; that nothing is sold in vain, and
that a leg asks for no more than is owed when it comes, stands in decisions/006.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from tallystick.engine import commands as c
from tests.properties.oracle import COIN, SLACK, Oracle, Run


def half_up(size: Fraction) -> int:
    """At 16 decimals."""
    return floor(size / 100 + Fraction(1, 2)) * 100


class OneClick(Oracle):
    # ---- prices

    def reference(self, pair: str) -> int:
        """Last trade, or the index where there is none."""
        return self.last_price.get(pair) or self.index.get(pair.split("-")[0], 0)

    def inside(self, pair: str, sign: int) -> int:
        """The largest tick strictly below the reference and half a percent (`sign` 1) or less half a percent (-1)."""
        tick = self.p.instruments[pair].tick
        exact = Fraction(self.reference(pair) * (COIN + sign * self.p.repay_bound), COIN)
        return (ceil(exact / tick) - 1) * tick if exact else 0

    def with_fee(self, amount: int) -> int:
        """What must be there, so that `amount` is left after the fee."""
        return ceil(amount / (1 - Fraction(self.p.taker_fee, COIN)))

    def sold_in(self, ccy: str) -> str:
        """The pair a coin is sold in; "" where there is none."""
        names = (f"{ccy}-{quote}" for quote in (self.p.transit_ccy, self.p.bridge_ccy))
        return next((name for name in names if name in self.p.instruments), "")

    # ---- sizes

    def to_buy(self, debt_ccy: str, owed: int) -> int:
        lot = self.p.instruments[f"{debt_ccy}-{self.p.transit_ccy}"].lot
        return ceil(Fraction(self.with_fee(owed), lot)) * lot

    def to_raise(self, debt_ccy: str, owed: int, raised: int) -> int:
        if debt_ccy == self.p.transit_ccy:
            return self.with_fee(owed)
        price = self.reference(f"{debt_ccy}-{self.p.transit_ccy}")
        return ceil(Fraction(self.to_buy(debt_ccy, owed) * price, COIN)) - raised

    def to_offer(self, pair: str, debt_ccy: str, target: int) -> int:
        """Of a listed coin, whatever is there of it; `target` is what is to be raised of USDT."""
        quote, price = pair.split("-")[1], self.inside(pair, -1)
        if price <= 0 or target <= 0:
            return 0
        onward = f"{quote}-{self.p.transit_ccy}"
        if quote != self.p.transit_ccy:
            worst = self.reference(onward) if quote == debt_ccy else self.inside(onward, -1)
            if worst <= 0:
                return 0
            target = ceil(Fraction(target * COIN, worst))
            target = target if quote == debt_ccy else self.with_fee(target)
        return half_up(Fraction(target * COIN, price))

    def to_offer_onward(self, debt_ccy: str, owed: int, raised: int) -> int:
        """Of the bridge coin, in the second hop."""
        pair = f"{self.p.bridge_ccy}-{self.p.transit_ccy}"
        target, price = self.to_raise(debt_ccy, owed, raised), self.inside(pair, -1)
        return half_up(Fraction(target * COIN, price)) if target > 0 and price > 0 else 0

    def to_ask(self, debt_ccy: str, owed: int, raised: int) -> int:
        """Of the debt coin, for what was raised gross; 0 where that is no order."""
        pair = f"{debt_ccy}-{self.p.transit_ccy}"
        row = self.p.instruments[pair]
        if self.inside(pair, 1) <= 0:
            return 0
        worst = Fraction(self.reference(pair) * (COIN + self.p.repay_bound), COIN)
        size = min(self.to_buy(debt_ccy, owed), half_up(raised * COIN / worst))
        return size if size // row.lot * row.lot >= row.min_size else 0

    def is_order(self, pair: str, size: int) -> bool:
        row = self.p.instruments[pair]
        return size // row.lot * row.lot >= row.min_size

    def fetched(self, pair: str, size: int) -> int:
        """Gross proceeds of a sale that fills at the reference."""
        lot = self.p.instruments[pair].lot
        return floor(Fraction(size // lot * lot * self.reference(pair), COIN))

    def owed_now(self, user: int, run: Run) -> int:
        """What a leg may ask for: what remains of the request, or what is owed where that is less."""
        return min(run.target, self.debt(user, run.debt_ccy))

    # ---- nothing is sold in vain

    def in_vain(self, user: int, debt_ccy: str, coins: tuple[str, ...], owed: int) -> bool:
        """Whether, by the references, no leg would repay anything of `owed`."""
        transit, raised = self.p.transit_ccy, 0
        for ccy in coins:
            target = self.to_raise(debt_ccy, owed, raised)
            if ccy == debt_ccy or target <= 0:
                continue
            if ccy == transit:
                cost = ceil(Fraction(self.to_buy(debt_ccy, owed) * self.reference(f"{debt_ccy}-{transit}"), COIN))
                most = ceil(Fraction(cost * (COIN + self.p.repay_bound), COIN))
                raised += max(0, min(self.available(user, ccy), most - raised))
                continue
            pair = self.sold_in(ccy)
            size = min(self.to_offer(pair, debt_ccy, target), self.available(user, ccy)) if pair else 0
            if not pair or not self.is_order(pair, size):
                continue
            gross, quote = self.fetched(pair, size), pair.split("-")[1]
            if quote == debt_ccy:
                return False
            if quote != transit:
                got = gross - ceil(Fraction(gross * self.p.taker_fee, COIN))
                onward = min(got, self.to_offer_onward(debt_ccy, owed, raised))
                if not self.is_order(f"{quote}-{transit}", onward):
                    continue
                gross = self.fetched(f"{quote}-{transit}", onward)
            raised += gross
        if debt_ccy == transit:
            return not raised
        return not raised or not self.to_ask(debt_ccy, owed, raised)

    def nothing_follows(self, user: int, run: Run, from_coin: int) -> bool:
        """Whether no coin after this can raise more."""
        target = self.to_raise(run.debt_ccy, self.owed_now(user, run), run.gross)
        for ccy in run.coins[from_coin:]:
            pair = self.sold_in(ccy)
            if ccy == run.debt_ccy:
                continue
            if ccy == self.p.transit_ccy or (
                pair and self.is_order(pair, min(self.to_offer(pair, run.debt_ccy, target), self.available(user, ccy)))
            ):
                return False
        return True

    # ---- the request

    def _on_RepayDebt(self, command: c.RepayDebt, at_ms: int) -> str | None:
        user, debt_ccy, coins = command.user_id, command.debt_ccy, command.repay_ccys
        if not {debt_ccy, *coins} <= set(self.p.currencies):
            return "UNKNOWN_CCY"
        if not self.debt(user, debt_ccy):
            return "NO_DEBT"
        if not self.p.currencies[debt_ccy].borrowable:
            return "DEBT_NOT_BORROWABLE"
        if len(coins) > self.p.repay_coins_max:
            return "TOO_MANY_COINS"
        if self.available(user, debt_ccy) > 0 and coins[0] != debt_ccy:
            return "DEBT_COIN_NOT_FIRST"
        values = {ccy: self.usd(ccy, self.available(user, ccy)) for ccy in coins}
        others = [ccy for ccy in coins if ccy != debt_ccy]
        if any(abs(values[ccy] - self.p.repay_min_usd) < SLACK for ccy in others):
            return None
        if any(values[ccy] < self.p.repay_min_usd for ccy in others):
            return "COIN_IS_DUST"
        sold_in = (self.p.transit_ccy, self.p.bridge_ccy)
        for ccy in others:
            if not self.p.currencies[ccy].collateral:
                return "COIN_NOT_COLLATERAL"
            if ccy not in sold_in and not any(f"{ccy}-{quote}" in self.p.instruments for quote in sold_in):
                return "COIN_UNSUPPORTED"
        whole = debt_ccy in coins and self.available(user, debt_ccy) >= self.debt(user, debt_ccy)
        bought_in = f"{debt_ccy}-{self.p.transit_ccy}"
        bought = others and not whole and debt_ccy != self.p.transit_ccy
        if bought and (bought_in not in self.p.instruments or self.inside(bought_in, 1) <= 0):
            return "COIN_UNSUPPORTED"
        total = sum(values.values(), Fraction(0))
        if not whole:
            if abs(total - self.p.repay_min_usd) < SLACK:
                return None
            if total < self.p.repay_min_usd:
                return "BELOW_MIN_REPAYMENT"
        direct = min(self.available(user, debt_ccy), self.debt(user, debt_ccy)) if debt_ccy in coins else 0
        if others and not direct and self.in_vain(user, debt_ccy, coins, self.debt(user, debt_ccy)):
            return "BELOW_MIN_REPAYMENT"
        if user in self.runs:
            return "RUN_IN_PROGRESS"
        return "" if self.p.repay_enabled else "REPAY_OFF"

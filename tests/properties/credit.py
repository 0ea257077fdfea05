"""The part of the shadow that follows spot credit: lending at fills, rates, leverage, liquidation, lenders leaving."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import ceil, floor

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tests.properties.one_click import OneClick
from tests.properties.oracle import COIN, HOUR_MS, SLACK, Open, add, need, verdict

NEAR = Fraction(1, 10**9)
"""Ratios nearer than this to a line are left to the engine."""
FORCED = ("full_liquidation", "twap", "auto_conversion")
STEPS = (90, 93, 95, 97, 100)
"""Percent of the way to a conversion at which its gauge rises."""


class SpotCredit(OneClick):
    command: c.Command
    at_ms: int
    converted: set[str]
    """Coins that were over their limit when a debt was paid by force in this command."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.seen: Counter[str] = Counter()
        """States that a set of runs must have been in, by their names in `sightings`."""
        self.credit: e.Borrowed | None = None
        """Borrowed for the fill that must come next."""
        self.handed_in: dict[int, int] = {}
        """By user, USDT that went to the fund right before: of the last fee a liquidation took."""
        self.claims: dict[str, int] = {}
        """What a pool may claim of all debtors together: one sum that grows by the hour, each time cut."""
        self.bids: dict[str, tuple[tuple[int, int], ...]] = {}
        self.rates = {ccy: self.money_price(ccy) for ccy in self.p.currencies}
        self.next_rates: dict[str, int] = dict(self.rates)

    def see(self, state: str, truth: object = True) -> None:
        if truth:
            self.seen[state] += 1

    # ---- rates

    def money_price(self, ccy: str) -> int:
        """Rate a year of an hour that begins now: by hand, or from how much of the pool is lent out."""
        if self.p.currencies[ccy].rate_per_year:
            return self.p.currencies[ccy].rate_per_year
        owed = self.claims.get(ccy, 0)
        if self.bids.get(ccy):
            asked = {rate for _, rate in self.bids[ccy]}
            enough = [most for most in asked if sum(size for size, rate in self.bids[ccy] if rate <= most) >= owed]
            return min(max(min(enough, default=max(asked)), self.p.rate_least), self.p.rate_most)
        deposits = owed + self.pool[ccy] - self.called.get(ccy, 0)
        share = min(Fraction(1), Fraction(owed, deposits)) if deposits > 0 else Fraction(bool(owed))
        used, kink = Fraction(floor(share * COIN), COIN), Fraction(self.p.rate_kink, COIN)
        rate = self.p.rate_base + floor(self.p.rate_slope * min(used, kink) / kink)
        if used > kink:
            rate += floor(self.p.rate_slope_beyond * (used - kink) / (1 - kink))
        return min(max(rate, self.p.rate_least), self.p.rate_most)

    def _on_SetBids(self, command: c.SetBids, at_ms: int) -> str:
        if command.ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        possible = all(size > 0 and self.p.rate_least <= rate <= self.p.rate_most for size, rate in command.bids)
        return "" if possible else "BID_IMPOSSIBLE"

    def _BidsSet(self, event: e.BidsSet) -> None:
        said = self.command
        asked = sorted(said.bids) if isinstance(said, c.SetBids) and said.ccy == event.ccy else None
        need(sorted(event.bids) == asked, "L11", event)
        self.bids[event.ccy] = event.bids

    def _RatesFixed(self, event: e.RatesFixed) -> None:
        for ccy, rate in event.rates:
            need(rate != self.rates[ccy], "I4", f"{ccy} was at {rate} already")
            self.rates[ccy] = rate

    def claim(self, ccy: str, delta: int) -> None:
        self.claims[ccy] = max(0, self.claims.get(ccy, 0) + delta)

    def hour_began(self) -> None:
        for ccy, amount in self.claims.items():
            self.claims[ccy] = amount + floor(Fraction(amount * self.rates[ccy], 8760 * COIN))
        self.next_rates = {ccy: self.money_price(ccy) for ccy in self.p.currencies}

    def judge_rates(self) -> None:
        need(self.rates == self.next_rates, "I4", f"rates {self.rates}, expected {self.next_rates}")

    # ---- leverage

    def _LeverageSet(self, event: e.LeverageSet) -> None:
        said = self.command
        need(isinstance(said, c.SetLeverage) and (event.ccy, event.leverage) == (said.ccy, said.leverage), "L11", event)
        self.accounts[event.user_id].leverage[event.ccy] = event.leverage

    # ---- borrowing for a fill

    def lend(self, event: e.Borrowed) -> None:
        account = self.accounts[event.user_id]
        need(self.credit is None and event.amount > 0, "B7", event)
        need(account.borrows and self.p.currencies[event.ccy].borrowable and not account.closed, "B6", event)
        room = self.lendable(event.ccy)
        need(event.amount <= room, "B5", f"{event} of {room}")
        owed = self.debt(event.user_id, event.ccy) + event.amount
        together = self.family_debt(event.user_id, event.ccy) + event.amount
        need(together <= self.quota(event.user_id, event.ccy), "B4", f"{event}: {together} owed by all")
        need(self.tier_allows(event.ccy, owed, self.leverage(event.user_id, event.ccy)), "B4", event)
        self.credit = event

    def judge_credit(self, event: e.OrderFilled, order: Open, spent: int) -> None:
        """B7: exactly what the fill lacks is borrowed for it, after the coins that are there."""
        borrowed = 0
        if self.credit is not None:
            need((self.credit.user_id, self.credit.ccy) == (order.user, order.ccy), "B7", f"{self.credit} for {event}")
            borrowed = self.credit.amount
        at_hand = self.available(order.user, order.ccy) - borrowed + event.released
        need(borrowed == max(0, spent - at_hand), "B7", f"{borrowed} borrowed, {spent} spent, {at_hand} there: {event}")
        self.credit = None

    def leaving(self, user: int, ccy: str, amount: int, *, may_borrow: bool) -> str | None:
        """Refusal of coins that leave; those that are not there and may be borrowed count with what orders promise."""
        lacking = self.possible(user, ccy, amount)
        if not may_borrow:
            return super().leaving(user, ccy, amount, may_borrow=False)
        room = self.quota(user, ccy) - self.family_debt(user, ccy)
        owed, leverage = self.debt(user, ccy) + lacking, self.leverage(user, ccy)
        lends = self.accounts[user].borrows and self.p.currencies[ccy].borrowable
        allowed = lends and lacking <= min(room, self.lendable(ccy)) and self.tier_allows(ccy, owed, leverage)
        if lacking and not allowed:
            return "TRANSFER_ABOVE_AVAILABLE"
        return verdict(self.may(user, {ccy: -amount}), "TRANSFER_RISK")

    def judge_transfer(self, event: e.Transferred) -> None:
        """B7: a transfer that may borrow has borrowed exactly what it takes and is not there."""
        said, credit = self.command, self.credit
        if credit is None:
            return
        need(isinstance(said, c.Transfer) and said.may_borrow and event.source == "trading", "B7", event)
        need((credit.user_id, credit.ccy) == (event.user_id, event.ccy), "B7", event)
        self.see("a transfer borrows what it takes")
        need(self.available(event.user_id, event.ccy) == event.amount, "B7", f"{credit} for {event}")
        self.credit = None

    # ---- trouble

    def ratio(self, user: int) -> Fraction | None:
        """Margin ratio; None without a debt, or while a price is missing."""
        account = self.accounts[user]
        counted = [ccy for ccy, amount in account.trading.items() if amount and self.p.currencies[ccy].collateral]
        owed = [ccy for ccy, amount in account.debt.items() if amount]
        promised = [order.ccy for order in self.orders.values() if order.user == user and order.beyond]
        if not owed or not all(map(self.priced, (*owed, *promised))) or any(map(self.lost, counted)):
            return None
        return self.adjusted(user) / self.maintenance(user)

    def _SpotWarned(self, event: e.SpotWarned) -> None:
        account, ratio = self.accounts[event.user_id], self.ratio(event.user_id)
        line = Fraction(self.p.spot_warning_ratio, COIN) + NEAR
        need(ratio is not None and ratio < line and not account.closed, "B6", f"{event} at {ratio}")
        need(not account.warned_at_ms or self.at_ms - account.warned_at_ms >= HOUR_MS, "B6", f"{event} again")
        account.warned_at_ms = self.at_ms

    def _LiquidationStarted(self, event: e.LiquidationStarted) -> None:
        ratio = self.ratio(event.user_id)
        need(ratio is not None and ratio < 1 + NEAR, "B6", f"{event} at {ratio}")
        need(not self.accounts[event.user_id].closed, "B6", event)
        self.see("liquidation while the same user's repay was queued", event.user_id in self.runs)
        self.accounts[event.user_id].closed = True

    def _LiquidationEnded(self, event: e.LiquidationEnded) -> None:
        ratio = self.ratio(event.user_id)
        target = Fraction(self.p.spot_liquidation_target, COIN) - NEAR
        need(ratio is None or ratio > target, "B6", f"{event} at {ratio}")
        need(self.accounts[event.user_id].closed, "B6", event)
        self.accounts[event.user_id].closed = False

    def _LiquidationFeeTaken(self, event: e.LiquidationFeeTaken) -> None:
        account = self.accounts[event.user_id]
        need(account.closed and event.amount > 0, "B6", event)
        add(account.trading, event.ccy, -event.amount)
        add(self.venue["insurance"], event.ccy, event.amount)
        account.exempt[event.ccy] = max(0, account.exempt.get(event.ccy, 0) - event.amount)
        self.handed_in[event.user_id] = event.amount if event.ccy == "USDT" else 0

    def _DebtCovered(self, event: e.DebtCovered) -> None:
        account, fund = self.accounts[event.user_id], self.venue["insurance"]
        need(account.closed and 0 < event.amount == account.debt.get(event.ccy, 0), "B2", event)
        left = 0 if event.ccy == "USDT" else account.trading.get("USDT", 0)
        given = self.usd("USDT", self.handed_in.pop(event.user_id, 0))
        need(left <= 1 or given >= self.usd(event.ccy, event.amount) - 1, "B2", f"{left} USDT are kept at {event}")
        need(event.own == min(event.amount, fund.get(event.ccy, 0)), "L3", event)
        account.debt[event.ccy] = 0
        self.claim(event.ccy, -event.amount)
        account.exempt[event.ccy] = 0
        add(fund, event.ccy, -event.own)
        add(self.venue["market"], event.ccy, event.own - event.amount)
        self.pool[event.ccy] += event.amount
        add(fund, event.transit_ccy, -event.insurance)
        add(self.venue["bad_debt"], event.transit_ccy, -event.bad_debt)
        add(self.venue["market"], event.transit_ccy, event.insurance + event.bad_debt)
        need(event.bad_debt == 0 or fund.get(event.transit_ccy, 0) == 0, "F6", event)
        key = (event.user_id, event.ccy)
        self.repaid[key] = self.repaid.get(key, 0) + event.amount

    # ---- collateral limits

    def backed(self, ccy: str) -> Fraction:
        """Dollars of all debts that stand on a coin: each user's by its share of what he has."""
        total = Fraction(0)
        for user, account in self.accounts.items():
            equity = {coin: account.trading.get(coin, 0) - account.debt.get(coin, 0) for coin in self.p.currencies}
            worths = {coin: self.worth(coin, amount) for coin, amount in equity.items() if amount > 0}
            if worths.get(ccy):
                total += self.owed_usd(user) * worths[ccy] / sum(worths.values())
        return total

    def to_be_sold(self) -> set[str]:
        """Coins that back so much more than they may that they are sold."""
        begins = Fraction(self.p.collateral_conversion, COIN) - NEAR
        capped = {ccy: currency.collateral_limit for ccy, currency in self.p.currencies.items()}
        return {ccy for ccy, most in capped.items() if most and self.backed(ccy) > most * begins}

    def _CollateralJudged(self, event: e.CollateralJudged) -> None:
        for ccy, level, gauge in event.levels:
            need(self.levels.get(ccy, (0, 0)) != (level, gauge), "B6", f"said already: {event}")
            self.levels[ccy] = (level, gauge)

    def judge_levels(self) -> None:
        """After a price or an hour every coin stands where its debts put it."""
        for ccy, currency in self.p.currencies.items():
            if not currency.collateral_limit:
                need(ccy not in self.levels, "B6", f"{ccy} has no limit")
                continue
            used = self.backed(ccy) / currency.collateral_limit
            way = used * COIN / self.p.collateral_conversion
            lines = (abs(used - Fraction(9, 10)), abs(used - 1), *(abs(way - Fraction(step, 100)) for step in STEPS))
            if min(lines) > NEAR:
                level = 2 if used > 1 else 1 if used > Fraction(9, 10) else 0
                expected = (level, sum(way * 100 > step for step in STEPS))
                need(self.levels.get(ccy, (0, 0)) == expected, "B6", f"{ccy}: {self.levels}, expected {expected}")

    def judge_new_order(self, event: e.OrderPlaced) -> None:
        """An order on credit at a limit: carried, filled and paid for, by coins that are not restricted."""
        needed = self.margin(event.user_id, {event.held_ccy: -event.held - event.beyond})
        if event.kind in ("limit", "post_only"):
            worth = self.adjusted(event.user_id, free=True, more=event)
            need(worth > needed - SLACK, "F2", f"{event} needs {needed}, worth at rest {worth}")
        base, quote = event.instrument.split("-")
        exact = Fraction(event.size * event.price, COIN)
        value = ceil(exact) if event.side == "buy" else floor(exact)
        fee = ceil(
            (event.size if event.side == "buy" else value) * Fraction(max(self.p.taker_fee, self.p.maker_fee), COIN)
        )
        changes = (
            {quote: -value, base: event.size - fee} if event.side == "buy" else {base: -event.size, quote: value - fee}
        )
        need(self.adjusted(event.user_id, changes, free=True) > needed - SLACK, "B6", f"{event} needs {needed}")

    def judge_forced_order(self, event: e.OrderPlaced) -> None:
        """Immediate-or-cancel, of own coins, at most the bound off the index."""
        user = self.accounts[event.user_id]
        need(event.kind == "ioc" and event.beyond == 0 and event.held > 0, "O4", event)
        need(event.category != "full_liquidation" or user.closed, "B6", f"{event} of an account in order")
        base = event.instrument.split("-")[0]
        if event.category == "auto_conversion":
            self.converted |= self.to_be_sold()
            need(event.side == "buy" or base in self.converted, "B6", f"{event}, but over are {self.converted}")
        tick = self.p.instruments[event.instrument].tick
        bound, sign = Fraction(self.p.spot_liquidation_bound, COIN), 1 if event.side == "buy" else -1
        worst = self.index[base] * (1 + sign * bound)
        need(0 <= sign * (worst - event.price) < tick, "O7", f"{event} is not just inside {float(worst)}")

    def judge_accounts(self) -> None:
        """After a price or an hour nobody stands at or under the line who is not being liquidated."""
        for user, account in self.accounts.items():
            ratio = None if account.closed else self.ratio(user)
            need(
                ratio is None or ratio > Fraction(self.p.spot_liquidation_ratio, COIN) - NEAR, "B6", f"{user}: {ratio}"
            )

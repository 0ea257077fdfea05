"""A second model of multi-currency and portfolio margin, written from docs/rules/account-modes.md.

It has one signed number for each coin and shares no arithmetic with the engine: sums are of whole atoms, products are
whole at a finer scale (`FINE`), every quotient is an exact `Fraction`. Balances, interest and fees must agree to the
atom, values in USD to a millionth of a millionth, since the engine rounds there. Of fills it takes price and size as
seen; what is refused, what is cancelled, what is warned of and what is liquidated it works out itself. Whatever differs
is `Different`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import NamedTuple

from tallystick.engine.parameters import Currency, Parameters

COIN = 10**18
FINE = COIN * COIN
"""Parts of an atom that values are counted in, so that coins times a rate times a price are whole."""
GRAIN = 100
"""Atoms of the last of 16 decimals, at which interest is rounded up."""
SLACK = Fraction(COIN, 10**12)
"""Values closer than this are equal: the engine rounds each of them a few times."""
ALWAYS_COLLATERAL = ("USDT",)


class Different(AssertionError):
    """The engine and this model part."""


class Open(NamedTuple):
    pair: str
    side: str
    price: int
    left: int

    @property
    def gives(self) -> tuple[str, int]:
        base, quote = self.pair.split("-")
        return (quote, ceil(Fraction(self.left * self.price, COIN))) if self.side == "buy" else (base, self.left)

    @property
    def gets(self) -> tuple[str, int]:
        base, quote = self.pair.split("-")
        return (base, self.left) if self.side == "buy" else (quote, floor(Fraction(self.left * self.price, COIN)))

    @property
    def worth(self) -> int:
        """Quote coins that change hands."""
        return self.gives[1] if self.side == "buy" else self.gets[1]


Amounts = dict[str, int]


@dataclass
class Model:
    parameters: Parameters
    mode: int = 3
    auto_loan: bool = True
    out: list[str] = field(default_factory=list)
    leverage: dict[str, int] = field(default_factory=dict)
    own: Amounts = field(default_factory=dict)
    """Balance of each coin; below zero it is owed."""
    orders: dict[int, Open] = field(default_factory=dict)
    index: dict[str, int] = field(default_factory=dict)
    """USD for one coin, per 10**18."""
    warned_ms: int = 0

    # ---- one currency

    def debts(self) -> Amounts:
        return {ccy: -amount for ccy, amount in self.own.items() if amount < 0}

    def frozen(self) -> Amounts:
        found: Amounts = {}
        for order in self.orders.values():
            ccy, amount = order.gives
            found[ccy] = found.get(ccy, 0) + amount
        return found

    def possible(self, changes: Amounts | None = None, frozen: Amounts | None = None) -> Amounts:
        """|min(0, eq - frozen)| of each coin."""
        frozen, changes = self.frozen() if frozen is None else frozen, changes or {}
        found = {}
        for ccy in {*self.own, *frozen, *changes}:
            lacking = frozen.get(ccy, 0) - self.own.get(ccy, 0) - changes.get(ccy, 0)
            if lacking > 0:
                found[ccy] = lacking
        return found

    def lacking(self, ccy: str, need: int) -> int:
        """Coins that open orders and this need give beyond what is there, debts left out."""
        return max(0, self.frozen().get(ccy, 0) + need - max(0, self.own.get(ccy, 0)))

    def hour(self) -> None:
        """Interest on what is below zero; with auto-loan off only on what is above the quota of its coin."""
        costly = {ccy: owed if self.auto_loan else max(0, owed - self.quota(ccy)) for ccy, owed in self.debts().items()}
        for ccy, amount in costly.items():
            rate = self.parameters.currencies[ccy].rate_per_year
            self.own[ccy] -= ceil(Fraction(amount * rate, 8760 * COIN * GRAIN)) * GRAIN

    def quota(self, ccy: str) -> int:
        """Interest-free quota: the coin's own, and what the account has of the coins that add to it."""
        row = self.parameters.currencies[ccy]
        return row.free_quota + sum(max(0, self.own.get(coin, 0)) for coin in row.free_quota_equity)

    def above(self) -> Amounts:
        """Debts that the automatic exchange is due for."""
        if self.auto_loan:
            return {}
        return {ccy: owed for ccy, owed in self.debts().items() if owed > self.quota(ccy)}

    def free(self, ccy: str) -> int:
        """Coins that no order holds."""
        return max(0, self.own.get(ccy, 0) - self.frozen().get(ccy, 0))

    # ---- value

    def value(self, ccy: str, amount: int, out: tuple[str, ...] | None = None) -> int:
        """USD in `FINE` parts of atoms: a debt in full, coins by the tiers of their discount, those taken out as 0."""
        price = self.index.get(ccy, 0)
        if amount <= 0:
            return amount * price * COIN
        taken_out = tuple(self.out) if self.mode == 3 else ()
        if ccy in (taken_out if out is None else out):
            return 0
        return counted(self.parameters.currencies[ccy], amount) * price

    def worth(
        self, changes: Amounts | None = None, extra: Open | None = None, out: tuple[str, ...] | None = None
    ) -> Fraction:
        """adjEq: each open order that would lower it is filled, oldest first, and the fees of all are paid."""
        own = dict(self.own)
        for ccy, delta in (changes or {}).items():
            own[ccy] = own.get(ccy, 0) + delta
        fee_rate = max(self.parameters.taker_fee, self.parameters.maker_fee)
        fees = 0
        for order in (*self.orders.values(), *([extra] if extra else [])):
            (give, gives), (get, gets) = order.gives, order.gets
            before = self.value(give, own.get(give, 0), out) + self.value(get, own.get(get, 0), out)
            after = self.value(give, own.get(give, 0) - gives, out) + self.value(get, own.get(get, 0) + gets, out)
            if after < before:
                own[give], own[get] = own.get(give, 0) - gives, own.get(get, 0) + gets
            quote = order.pair.split("-")[1]
            fees += ceil(Fraction(order.worth * fee_rate, COIN)) * self.index.get(quote, 0) * COIN
        return Fraction(sum(self.value(ccy, amount, out) for ccy, amount in own.items()) - fees, FINE)

    def imr(self, amounts: Amounts) -> Fraction:
        total = Fraction(0)
        for ccy, amount in amounts.items():
            tier = tier_of(self.parameters.currencies[ccy], amount)
            by_leverage = Fraction(COIN, self.leverage.get(ccy, self.parameters.leverage))
            rate = max(by_leverage, Fraction(tier[2], COIN))
            total += amount * Fraction(self.index[ccy], COIN) * rate
        return total

    def mmr(self, amounts: Amounts, fee: int = 0) -> Fraction:
        total = Fraction(0)
        for ccy, amount in amounts.items():
            rate = Fraction(tier_of(self.parameters.currencies[ccy], amount)[1] + fee, COIN)
            total += amount * Fraction(self.index[ccy], COIN) * rate
        return total

    def needed(self, amounts: Amounts) -> Fraction:
        return self.mmr(amounts, self.parameters.taker_fee)

    # ---- what is refused

    def sound(self, changes: Amounts, need: tuple[str, int] | None = None, extra: Open | None = None) -> bool | None:
        """True if an order or a transfer keeps the account sound; None where the engine's roundings decide."""
        held = self.frozen()
        if need:
            held[need[0]] = held.get(need[0], 0) + need[1]
        filled, resting, now = self.possible(changes), self.possible(frozen=held), self.possible()
        if not (filled or now or (extra and resting)):
            return True
        pairs = [(self.worth(changes), self.imr(filled))]
        if extra:
            pairs.append((self.worth(extra=extra), self.imr(resting)))
        gaps = [equity - margin for equity, margin in pairs]
        present = self.worth() - self.imr(now)
        improves = (pairs[0][0] - self.worth()) - (pairs[0][1] - self.imr(now))
        if any(abs(gap) < SLACK for gap in (*gaps, present, improves)):
            return None
        if min(gaps) >= 0:
            return True
        if present >= 0 or any(resting[ccy] > now.get(ccy, 0) for ccy in resting):
            return False
        return improves >= 0

    def refusal_of_order(self, order: Open, *, rests: bool, pool: Amounts) -> str | None:
        """Name of the refusal, "" where it is accepted, None where roundings decide."""
        ccy, need = order.gives
        lacking, owed = self.lacking(ccy, need), self.debts().get(ccy, 0)
        if lacking:
            if refused := self.over_limit(ccy, lacking, owed, pool):
                return refused
        elif not self.debts() and not self.possible():
            return ""
        fee_rate = max(self.parameters.taker_fee, self.parameters.maker_fee)
        got, gets = order.gets
        changes = {ccy: -need, got: gets - ceil(Fraction(gets * fee_rate, COIN))}
        found = self.sound(changes, order.gives, order if rests else None)
        if found is None:
            return None
        if found:
            return ""
        return "ORDER_LOWERS_EQUITY" if self.worth() < self.imr(self.possible()) else "MARGIN_INSUFFICIENT"

    def over_limit(self, ccy: str, lacking: int, owed: int, pool: Amounts) -> str:
        currency = self.parameters.currencies[ccy]
        if not self.auto_loan:
            return "AUTO_LOAN_OFF"
        leverage = self.leverage.get(ccy, self.parameters.leverage)
        bounds = [upper for upper, _, initial in tiers(currency) if initial * leverage <= FINE]
        if lacking > max(0, (bounds[-1] if bounds else 0) - owed):
            return "CROSS_ORDER_ABOVE_TIER"
        if lacking > max(0, currency.quota - owed):
            return "ORDER_ABOVE_QUOTA"
        return "ORDER_POOL_EXHAUSTED" if lacking > pool.get(ccy, 0) else ""

    def refusal_of_leaving(self, ccy: str, amount: int, *, may_borrow: bool, pool: Amounts) -> str | None:
        if not self.auto_loan and self.debts():
            return "NEGATIVE_BALANCES"
        lacking = self.lacking(ccy, amount)
        if lacking and (not may_borrow or self.over_limit(ccy, lacking, self.debts().get(ccy, 0), pool)):
            return "TRANSFER_ABOVE_AVAILABLE"
        found = self.sound({ccy: -amount})
        return None if found is None else "" if found else "TRANSFER_RISK"

    def refusal_of_choice(self, ccys: tuple[str, ...], *, enabled: bool) -> str | None:
        if self.mode != 3:
            return "OTHER_MODE"
        if enabled:
            return ""
        if any(ccy in ALWAYS_COLLATERAL for ccy in ccys):
            return "COLLATERAL_FIXED"
        if any(ccy in self.debts() for ccy in ccys):
            return "COLLATERAL_BORROWED"
        if any(ccy in self.frozen() for ccy in ccys):
            return "COLLATERAL_IN_ORDERS"
        needed = self.imr(self.possible())
        left = self.worth(out=(*self.out, *ccys)) - needed
        if not needed:
            return ""
        return None if abs(left) < SLACK else "COLLATERAL_NEEDED" if left < 0 else ""

    def refusal_of_switch(self, mode: int) -> str | None:
        if mode == self.mode:
            return ""
        if self.orders:
            return "SWITCH_ORDERS"
        if not self.debts():
            return ""
        left = self.worth(out=tuple(self.out) if mode == 3 else ()) - self.imr(self.debts())
        return None if abs(left) < SLACK else "SWITCH_MARGIN" if left < 0 else ""


@cache
def tiers(currency: Currency) -> tuple[tuple[int, int, int], ...]:
    """All borrow tiers: (upper bound, maintenance, initial), the listed ones and those of equal steps after them."""
    found = list(currency.margin_tiers)
    while found[-1][2] + currency.margin_step <= COIN:
        upper, maintenance, initial = found[-1]
        step = currency.margin_step
        found.append((upper + currency.margin_step_size, maintenance + step, initial + step))
    return tuple(found)


def tier_of(currency: Currency, amount: int) -> tuple[int, int, int]:
    known = tiers(currency)
    return next((tier for tier in known if amount <= tier[0]), known[-1])


def counted(currency: Currency, amount: int) -> int:
    """Coins that count as collateral, per 10**18 of an atom: each slice at its own rate."""
    if not currency.collateral:
        return 0
    total, lower, rate = 0, 0, 0
    for upper, rate in currency.discount_tiers:
        total += max(0, min(amount, upper) - lower) * rate
        lower = upper
    if not currency.discount_step or not currency.discount_step_size:
        return total + max(0, amount - lower) * rate
    while amount > lower and rate > currency.discount_step:
        rate -= currency.discount_step
        upper = lower + currency.discount_step_size
        total += max(0, min(amount, upper) - lower) * rate
        lower = upper
    return total

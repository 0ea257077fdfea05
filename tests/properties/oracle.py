"""A second model of the venue, slow and obvious, written from the rules and not from the engine.

It follows balances, debts, holds, loans, quotes and repay runs, and shares no arithmetic with the
engine: sums are of whole atoms, and every product or quotient is an exact `Fraction` that is rounded
by `floor` or `ceil` from the standard library. What the rules determine it works out from the
command and the prices alone (`predict` says whether and why a command is refused); of fills it takes
price and size as seen and judges whether they were allowed. Whatever differs is `Broken`, under the
identifier of the invariant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.kinds import OrderKind, Side
from tallystick.engine.parameters import Parameters
from tests.properties.slices import counted

COIN = 10**18
HOUR_MS = 3_600_000
SLACK = COIN // 10**9
"""Judgements of value closer than this to their limit are left to the engine: it rounds there, we do not."""


class Broken(AssertionError):
    """An invariant does not hold."""

    def __init__(self, identifier: str, detail: str) -> None:
        super().__init__(f"{identifier}: {detail}")
        self.identifier = identifier


def need(truth: bool, identifier: str, detail: object = "") -> None:
    if not truth:
        raise Broken(identifier, str(detail))


Amounts = dict[str, int]


def add(amounts: Amounts, ccy: str, delta: int) -> None:
    amounts[ccy] = amounts.get(ccy, 0) + delta


def clean(amounts: Mapping[str, int]) -> Amounts:
    return {ccy: amount for ccy, amount in amounts.items() if amount}


@dataclass
class Account:
    name: str
    main: int = 0
    """The main account of a sub-account."""
    level: str = "Lv1"
    """Of a main account."""
    gives: bool = False
    """Of a sub-account: it may hand coins to another one without being told to."""
    borrows: bool = False
    auto: bool = False
    closed: bool = False
    """Being liquidated."""
    warned_at_ms: int = 0
    leverage: Amounts = field(default_factory=dict)
    trading: Amounts = field(default_factory=dict)
    funding: Amounts = field(default_factory=dict)
    debt: Amounts = field(default_factory=dict)
    exempt: Amounts = field(default_factory=dict)
    transfer_ids: dict[str, int] = field(default_factory=dict)
    trade_ids: dict[str, int] = field(default_factory=dict)
    loan_ids: dict[str, int] = field(default_factory=dict)
    loans_under_way: set[str] = field(default_factory=set)
    """Client ids of loan requests that wait to be settled."""


@dataclass
class Open:
    """An order between its placing and its end."""

    user: int
    instrument: str
    side: Side
    kind: OrderKind
    price: int
    size: int
    in_quote: bool
    ccy: str
    held: int
    number: int
    filled: int = 0
    turnover: int = 0
    received: int = 0
    fee: int = 0
    beyond: int = 0
    """What it may still spend that was not there when it was placed."""
    stp: str = ""
    tag: str = ""


@dataclass
class Lent:
    user: int
    e_mode: bool = False
    warned_at_ms: int = 0
    debts: Amounts = field(default_factory=dict)
    locked: Amounts = field(default_factory=dict)


@dataclass
class Run:
    """A one-click repay under way, as far as it can be known from outside."""

    run_id: int
    debt_ccy: str
    coins: tuple[str, ...]
    target: int
    debt: int
    promised: int
    """Repaid according to the record."""
    done: int = 0
    """Repaid according to the repayments."""
    raised: int = 0
    """Transit coins the run may spend, fees taken off."""
    gross: int = 0
    """The same with the fees: what the sizes go by."""
    bridged: int = 0
    """USDC a sale brought that are to be sold on."""
    last_coin: int = -1
    legs: int = 0
    direct: int = 0
    """What the debt coin itself paid at once."""
    charged_at_leg: int = 0
    """Legs there were when interest was last charged on the debt."""


class Oracle:
    def __init__(self, parameters: Parameters, at_ms: int) -> None:
        self.p = parameters
        self.accounts: dict[int, Account] = {}
        self.orders: dict[int, Open] = {}
        self.loans: dict[int, Lent] = {}
        self.quotes: dict[str, e.QuoteGiven] = {}
        self.traded: set[str] = set()
        self.runs: dict[int, Run] = {}
        self.recorded: dict[str, int] = {}
        self.own: dict[str, int] = {}
        """Last fill since the recorded price, per coin."""
        self.index: dict[str, int] = {}
        self.quoted: dict[str, str] = {}
        """What the price of a coin is in."""
        """Price of every coin that ever had one; 0 where it was lost."""
        self.priced_at: dict[str, int] = {}
        """When a price was last given, by instrument, unless it was by hand."""
        self.by_hand: dict[str, int] = {}
        """When a price was set by hand that still holds."""
        self.usdt = COIN
        self.pool = {ccy: currency.pool for ccy, currency in parameters.currencies.items()}
        self.venue: dict[str, Amounts] = {
            name: {} for name in ("fee", "market", "desk", "outside", "insurance", "bad_debt")
        }
        for ccy, amount in self.pool.items():
            add(self.venue["outside"], ccy, -amount)
        add(self.venue["insurance"], parameters.transit_ccy, parameters.insurance_fund)
        add(self.venue["outside"], parameters.transit_ccy, -parameters.insurance_fund)
        self.transit: dict[int, Amounts] = {}
        self.called: Amounts = {}
        """What lenders wait for."""
        self.hour_ms = at_ms // HOUR_MS * HOUR_MS
        self.last_ref = 0
        self.sides: dict[int, str] = {}
        """Row of the loan history -> what it moved: owed, locked, sold or retired."""
        self.last_trade = 0
        self.placed = 0
        self.charged: list[tuple[Any, ...]] = []
        self.borrowed: dict[tuple[int, str], int] = {}
        self.repaid: dict[tuple[int, str], int] = {}
        self.interest: dict[tuple[int, str], int] = {}
        self.levels: dict[str, tuple[int, int]] = {}
        """(restriction, gauge) of coins near their collateral limit, as last said."""
        self.last_price: dict[str, int] = {}
        """Last trade of an instrument, or its last price."""

    # ---- simple questions

    def cash(self, user: int, ccy: str) -> int:
        return self.accounts[user].trading.get(ccy, 0)

    def frozen(self, user: int, ccy: str) -> int:
        return sum(order.held for order in self.orders.values() if order.user == user and order.ccy == ccy)

    def available(self, user: int, ccy: str) -> int:
        return self.cash(user, ccy) - self.frozen(user, ccy)

    def debt(self, user: int, ccy: str) -> int:
        return self.accounts[user].debt.get(ccy, 0)

    def usd(self, ccy: str, amount: int) -> Fraction:
        """Value in atoms of a dollar, exact."""
        index = COIN if ccy == "USDT" else self.index.get(ccy, 0)
        if self.quoted.get(ccy, "USDT") != "USDT":
            return self.usd(self.quoted[ccy], 1) * Fraction(amount * index, COIN)
        return Fraction(amount * index * self.usdt, COIN * COIN)

    def reprice(self, ccy: str) -> None:
        """What judges: the recorded price, moved by the share of the way to the last fill since, cut."""
        recorded = self.recorded.get(ccy)
        if recorded:
            way = Fraction((self.own.get(ccy, recorded) - recorded) * self.p.index_own_share, COIN)
            self.index[ccy] = floor(recorded + way)
        elif recorded == 0:
            self.index[ccy] = 0

    def priced(self, ccy: str) -> bool:
        return ccy == "USDT" or self.index.get(ccy, 0) > 0

    def counted(self, ccy: str, amount: int) -> Fraction:
        """Atoms of a plus that count as collateral: each slice at the rate of its own tier."""
        currency = self.p.currencies[ccy]
        if not currency.collateral:
            return Fraction(0)
        return counted(currency.discount_tiers, currency.discount_step, currency.discount_step_size, amount)

    def worth(self, ccy: str, amount: int) -> Fraction:
        """Discounted value of an equity: a minus has no haircut."""
        if amount <= 0:
            return self.usd(ccy, amount)
        return self.usd(ccy, 1) * self.counted(ccy, amount)

    def adjusted(
        self, user: int, changes: Amounts | None = None, *, free: bool = False, more: e.OrderPlaced | None = None
    ) -> Fraction:
        """Discounted equities after `changes`, with every open order filled that would lower them, less all their fees.

        A fee is estimated from the limit, in the coin the price is in. `free` leaves out what is held of coins over
        their collateral limit. `more` is one more order, not yet among the open ones.
        """
        account = self.accounts[user]
        equity: Amounts = dict(account.trading)
        for ccy, amount in account.debt.items():
            add(equity, ccy, -amount)
        for ccy, amount in (changes or {}).items():
            add(equity, ccy, amount)
        rate, fees = Fraction(max(self.p.taker_fee, self.p.maker_fee), COIN), Fraction(0)
        resting = [(o, o.size - o.filled) for o in self.orders.values() if o.user == user]
        for order, left in (*resting, *([(more, more.size)] if more else ())):
            base, quote = order.instrument.split("-")
            after = dict(equity)
            value = Fraction(left * order.price, COIN)
            sign = 1 if order.side == "buy" else -1
            add(after, quote, -ceil(sign * value))
            add(after, base, sign * left)
            fees += self.usd(quote, 1) * value * rate
            if (
                sum(
                    self.worth(coin, after.get(coin, 0)) - self.worth(coin, equity.get(coin, 0))
                    for coin in (base, quote)
                )
                < 0
            ):
                equity = after
        barred = {ccy for ccy, (level, _) in self.levels.items() if free and level == 2}
        left = {ccy: amount for ccy, amount in equity.items() if amount < 0 or ccy not in barred}
        return sum((self.worth(ccy, amount) for ccy, amount in left.items()), -fees)

    def lendable(self, ccy: str) -> int:
        """What may be lent of a coin; nothing at all while the fund has no USDT."""
        return self.pool[ccy] - self.called.get(ccy, 0) if self.venue["insurance"].get(self.p.transit_ccy) else 0

    def owed_usd(self, user: int) -> Fraction:
        return sum((self.usd(ccy, amount) for ccy, amount in self.accounts[user].debt.items()), Fraction(0))

    def possible(self, user: int, ccy: str, gone: int = 0) -> int:
        """What all open orders would borrow of a currency, with `gone` of its coins taken away."""
        needs = sum(
            order.held + order.beyond for order in self.orders.values() if (order.user, order.ccy) == (user, ccy)
        )
        return max(0, needs - self.cash(user, ccy) + gone)

    def tier_rates(self, ccy: str, amount: int) -> tuple[Fraction, Fraction, bool]:
        """(maintenance, initial margin rate) of a debt of so much, and whether there is a tier so large.

        The announced tiers, then equal ones, each dearer by the same, up to an initial margin of all of the value.
        """
        currency = self.p.currencies[ccy]
        upper = maintenance = initial = 0
        for upper, maintenance, initial in currency.margin_tiers:
            if amount <= upper:
                return Fraction(maintenance, COIN), Fraction(initial, COIN), True
        wanted = ceil(Fraction(amount - upper, currency.margin_step_size))
        there = floor(Fraction(COIN - initial, currency.margin_step))
        more = min(wanted, there) * currency.margin_step
        return Fraction(maintenance + more, COIN), Fraction(initial + more, COIN), wanted <= there

    def tier_allows(self, ccy: str, amount: int, leverage: Fraction) -> bool:
        _, initial, there = self.tier_rates(ccy, amount)
        return there and initial * leverage <= 1

    def maintenance(self, user: int) -> Fraction:
        """mmr and liquidation fee of all debts."""
        total = Fraction(0)
        for ccy, amount in self.accounts[user].debt.items():
            total += self.usd(ccy, amount) * (self.tier_rates(ccy, amount)[0] + Fraction(self.p.taker_fee, COIN))
        return total

    def leverage(self, user: int, ccy: str) -> Fraction:
        return Fraction(self.accounts[user].leverage.get(ccy, self.p.leverage), COIN)

    def margin(self, user: int, changes: Amounts | None = None) -> Fraction:
        """Initial margin of what is owed and of what open orders would borrow after `changes`."""
        total = Fraction(0)
        account = self.accounts[user]
        for ccy in self.p.currencies:
            owed = account.debt.get(ccy, 0) + self.possible(user, ccy, -(changes or {}).get(ccy, 0))
            if owed:
                rate = max(1 / self.leverage(user, ccy), self.tier_rates(ccy, owed)[1])
                total += self.usd(ccy, owed) * rate
        return total

    def sound(self, user: int, changes: Amounts | None = None) -> bool | None:
        """Whether the debts are covered; None where it is too close to say."""
        if self.unpriced(user, changes):
            return None
        margin = self.margin(user, changes)
        if not margin:
            return True
        room = self.adjusted(user, changes) - margin
        return None if abs(room) < SLACK else room > 0

    def unpriced(self, user: int, changes: Amounts | None = None) -> bool:
        """Whether something is owed, or could be after `changes`, that has no price: no judgement then (F13)."""
        owed = clean(self.accounts[user].debt)
        possible = [ccy for ccy in self.p.currencies if self.possible(user, ccy, -(changes or {}).get(ccy, 0))]
        return not all(self.priced(ccy) for ccy in (*owed, *possible))

    def lost(self, ccy: str) -> bool:
        """Whether a coin had a price and has none any more. One that never had a price counts nothing."""
        return ccy != "USDT" and self.index.get(ccy, 1) == 0

    def blinded(self, user: int, changes: Amounts) -> bool:
        """Whether a debtor gets coins, new to him, whose price is lost: he could hide behind them."""
        owes = any(clean(self.accounts[user].debt)) or any(
            self.possible(user, ccy, -changes.get(ccy, 0)) for ccy in self.p.currencies
        )
        return owes and any(
            delta > 0
            and self.lost(ccy)
            and self.p.currencies[ccy].collateral
            and not self.cash(user, ccy)
            and not self.debt(user, ccy)
            for ccy, delta in changes.items()
        )

    def may(self, user: int, changes: Amounts) -> bool | None:
        """Whether a movement out of the trading account is allowed: sound after, or no worse than before."""
        if all(delta >= 0 for delta in changes.values()):
            return not self.blinded(user, changes)
        if self.unpriced(user, changes) or self.blinded(user, changes):
            return False
        margin = self.margin(user, changes)
        room = self.adjusted(user, changes, free=True) - margin
        if not margin or abs(room) >= SLACK < room:
            return True
        if abs(room) < SLACK:
            return None
        if any(self.possible(user, ccy, -delta) > self.possible(user, ccy) for ccy, delta in changes.items()):
            return False
        falls = [self.adjusted(user, free=free) - self.adjusted(user, changes, free=free) for free in (True, False)]
        if any(fall >= SLACK for fall in falls):
            return False
        return None if any(abs(fall) < SLACK for fall in falls) else True

    def total_usd(self, amounts: Amounts) -> Fraction:
        return sum((self.usd(ccy, amount) for ccy, amount in amounts.items()), Fraction(0))

    def counted_usd(self, amounts: Amounts) -> Fraction:
        return sum((self.worth(ccy, amount) for ccy, amount in amounts.items()), Fraction(0))

    def loan_room(self, debts: Amounts, locked: Amounts, e_mode: bool = False) -> Fraction:
        """Discounted collateral less 1.4 times what is owed; in E-Mode 0.9 of the plain value less what is owed."""
        if e_mode:
            return self.total_usd(locked) * Fraction(self.p.loan_e_mode_initial, COIN) - self.total_usd(debts)
        return self.counted_usd(locked) - self.total_usd(debts) * Fraction(self.p.loan_initial, COIN)

    def within(self, debts: Amounts, locked: Amounts, e_mode: bool = False) -> bool | None:
        if not all(self.priced(ccy) for ccy in (*debts, *locked)):
            return False
        room = self.loan_room(debts, locked, e_mode)
        return None if abs(room) < SLACK else room > 0

    def paired(self, debts: Amounts, locked: Amounts) -> bool:
        return all((pledged, owed) in self.p.loan_e_mode_pairs for pledged in locked for owed in debts)

    def ltv(self, loan: Lent) -> Fraction | None:
        """What is owed over what is pledged; None while a price is missing or nothing is pledged."""
        value = self.total_usd(loan.locked)
        known = all(map(self.priced, clean(loan.debts))) and not any(map(self.lost, clean(loan.locked)))
        return self.total_usd(loan.debts) / value if known and value else None

    def lines(self, loan: Lent) -> tuple[Fraction, Fraction]:
        """(margin call, liquidation), cut to four decimals."""
        if loan.e_mode:
            return Fraction(self.p.loan_e_mode_margin_call, COIN), Fraction(self.p.loan_e_mode_liquidation, COIN)
        counted = self.counted_usd(loan.locked) / self.total_usd(loan.locked) * COIN
        initial, liquidation = (
            Fraction(floor(counted / divisor * 10**4), 10**4)
            for divisor in (self.p.loan_initial, self.p.loan_liquidation)
        )
        return max(initial, liquidation - Fraction(self.p.loan_margin_call_gap, COIN)), liquidation

    def head(self, user: int) -> int:
        """The main account of a user, which may be the user."""
        return self.accounts[user].main or user

    def quota(self, user: int, ccy: str) -> int:
        """What a main account and its sub-accounts may owe together."""
        level = self.accounts[self.head(user)].level
        for named, number in self.p.currencies[ccy].level_quotas:
            if named == level:
                return number
        (times,) = [number for named, number in self.p.quota_levels if named == level]
        return floor(Fraction(self.p.currencies[ccy].quota * times, COIN))

    def family_debt(self, user: int, ccy: str) -> int:
        return sum(
            account.debt.get(ccy, 0) for one, account in self.accounts.items() if self.head(one) == self.head(user)
        )

    def fine(self, ccy: str, amount: int) -> bool:
        """Whether an amount has no more digits than its currency."""
        return bool(amount % 10 ** (18 - self.p.currencies[ccy].decimals) == 0)

    def spendable(self, user: int, ccy: str) -> int:
        """What auto repay may take of a currency at this instant."""
        return self.unreserved(user, ccy) - self.accounts[user].exempt.get(ccy, 0)

    def unreserved(self, user: int, ccy: str) -> int:
        """Available coins that no repay run has set aside."""
        run = self.runs.get(user)
        aside = {self.p.transit_ccy: run.raised, self.p.bridge_ccy: run.bridged} if run else {}
        return self.available(user, ccy) - aside.get(ccy, 0)

    # ---- what a command must come to

    def predict(self, command: c.Command, at_ms: int) -> str | None:
        """The reason it must be refused for, "" when it must be accepted, None where the rules leave it to the book."""
        teller = getattr(self, f"_on_{type(command).__name__}", None)
        if teller is None:
            return None
        user = getattr(command, "user_id", None) or None
        if user is not None and user not in self.accounts and not isinstance(command, c.CreateUser):
            return "UNKNOWN_USER"
        if user in self.accounts and self.accounts[user].closed and closed_to(command):
            return "IN_LIQUIDATION"
        answer: str | None = teller(command, at_ms)
        return answer

    def _on_CreateUser(self, command: c.CreateUser, at_ms: int) -> str:
        taken = command.user_id in self.accounts or command.name in {a.name for a in self.accounts.values()}
        if taken:
            return "USER_EXISTS"
        if command.master_id and command.master_id not in self.accounts:
            return "UNKNOWN_USER"
        return "NOT_A_MAIN_ACCOUNT" if command.master_id and self.accounts[command.master_id].main else ""

    def _on_SetLevel(self, command: c.SetLevel, at_ms: int) -> str:
        if self.accounts[command.user_id].main:
            return "NOT_A_MAIN_ACCOUNT"
        return "" if command.level in {level for level, _ in self.p.quota_levels} else "UNKNOWN_LEVEL"

    def _on_SetTransferOut(self, command: c.SetTransferOut, at_ms: int) -> str:
        own = {one for one, account in self.accounts.items() if account.main == command.user_id}
        return "" if set(command.sub_ids) <= own else "NO_SUCH_SUB_ACCOUNT"

    def _on_SwitchSpotBorrow(self, command: c.SwitchSpotBorrow, at_ms: int) -> str:
        promised = any(order.beyond for order in self.orders.values() if order.user == command.user_id)
        owes = promised or any(self.accounts[command.user_id].debt.values())
        return "DEBT_OUTSTANDING" if owes and not command.enabled else ""

    def _on_SetAutoRepay(self, command: c.SetAutoRepay, at_ms: int) -> str:
        return "" if self.accounts[command.user_id].borrows else "BORROWING_NOT_ENABLED"

    def _on_AdjustBalance(self, command: c.AdjustBalance, at_ms: int) -> str | None:
        user, ccy, delta = command.user_id, command.ccy, command.delta
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not self.fine(ccy, abs(delta)):
            return "AMOUNT_TOO_FINE"
        if delta >= 0:
            return ""
        if command.account == "funding":
            return "WOULD_BE_NEGATIVE" if self.accounts[user].funding.get(ccy, 0) < -delta else ""
        if self.available(user, ccy) < -delta:
            return "WOULD_BE_NEGATIVE"
        return verdict(self.may(user, {ccy: delta}), "MARGIN_INSUFFICIENT")

    def _on_Transfer(self, command: c.Transfer, at_ms: int) -> str | None:
        user, ccy, amount = command.user_id, command.ccy, command.amount
        account = self.accounts[user]
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not self.fine(ccy, amount):
            return "AMOUNT_TOO_FINE"
        if command.source == command.target:
            return "SAME_ACCOUNT"
        taken = account.transfer_ids.get(command.client_id)
        if command.client_id and taken is not None and at_ms - taken < 14 * 24 * HOUR_MS:
            return "DUPLICATE_CLIENT_ID"
        if command.source == "funding":
            if account.funding.get(ccy, 0) < amount:
                return "FUNDING_INSUFFICIENT"
            return verdict(self.may(user, {ccy: amount}), "MARGIN_INSUFFICIENT")
        return self.leaving(user, ccy, amount, may_borrow=command.may_borrow)

    def leaving(self, user: int, ccy: str, amount: int, *, may_borrow: bool) -> str | None:
        own = min(self.cash(user, ccy) - self.debt(user, ccy), self.available(user, ccy))
        poor = own < amount
        return "FUNDING_INSUFFICIENT" if poor else verdict(self.may(user, {ccy: -amount}), "MARGIN_INSUFFICIENT")

    def _on_TransferBetween(self, command: c.TransferBetween, at_ms: int) -> str | None:
        user, giver, receiver = command.user_id, command.giver_id, command.receiver_id
        ccy, amount = command.ccy, command.amount
        if any(one not in self.accounts or self.head(one) != self.head(user) for one in (giver, receiver)):
            return "NO_SUCH_SUB_ACCOUNT"
        if giver == receiver:
            return "SAME_SUB_ACCOUNT"
        if user not in (giver, self.head(user)):
            return "NOT_THE_GIVER"
        if user != self.head(user) != receiver and not self.accounts[user].gives:
            return "TRANSFER_OUT_OFF"
        if command.source == "trading" and self.accounts[giver].closed:
            return "IN_LIQUIDATION"
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not self.fine(ccy, amount):
            return "AMOUNT_TOO_FINE"
        taken = self.accounts[user].transfer_ids.get(command.client_id)
        if command.client_id and taken is not None and at_ms - taken < 14 * 24 * HOUR_MS:
            return "DUPLICATE_CLIENT_ID"
        gets = command.target != "trading" or self.may(receiver, {ccy: amount})
        if command.source == "funding":
            poor = self.accounts[giver].funding.get(ccy, 0) < amount
            return "FUNDING_INSUFFICIENT" if poor else verdict(gets, "MARGIN_INSUFFICIENT")
        if min(self.cash(giver, ccy) - self.debt(giver, ccy), self.available(giver, ccy)) < amount:
            return "FUNDING_INSUFFICIENT"
        return verdict(gets and self.may(giver, {ccy: -amount}), "MARGIN_INSUFFICIENT")

    def _on_SetLeverage(self, command: c.SetLeverage, at_ms: int) -> str | None:
        user, ccy = command.user_id, command.ccy
        account = self.accounts[user]
        if not account.borrows:
            return "BORROWING_NOT_ENABLED"
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not COIN <= command.leverage <= 10 * COIN:
            return "LEVERAGE_TOO_LOW" if command.leverage < COIN else "LEVERAGE_TOO_HIGH"
        owed = self.debt(user, ccy) + self.possible(user, ccy)
        if not self.tier_allows(ccy, owed, Fraction(command.leverage, COIN)):
            return "LEVERAGE_ABOVE_TIER"
        if not owed or command.leverage >= self.leverage(user, ccy) * COIN:
            return ""
        before, account.leverage = account.leverage, {**account.leverage, ccy: command.leverage}
        room = Fraction(-COIN) if self.unpriced(user) else self.adjusted(user) - self.margin(user)
        account.leverage = before
        return verdict(None if abs(room) < SLACK else room > 0, "LEVERAGE_MARGIN")

    def _on_ManualBorrow(self, command: c.ManualBorrow, at_ms: int) -> str | None:
        user, ccy, amount = command.user_id, command.ccy, command.amount
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        currency = self.p.currencies[ccy]
        if not self.accounts[user].borrows or not currency.borrowable:
            return "NOT_BORROWABLE"
        if not self.fine(ccy, amount):
            return "AMOUNT_TOO_FINE"
        if amount < currency.min_borrow:
            return "BELOW_MIN_BORROW"
        owed = amount + self.debt(user, ccy)
        together = amount + self.family_debt(user, ccy)
        if together > self.quota(user, ccy) or not self.tier_allows(ccy, owed, self.leverage(user, ccy)):
            return "ABOVE_BORROW_LIMIT"
        if not self.priced(ccy) or self.unpriced(user):
            return "MARGIN_INSUFFICIENT"
        room = self.adjusted(user, free=True) - self.margin(user) - self.usd(ccy, amount) / self.leverage(user, ccy)
        if abs(room) < SLACK:
            return None
        if room < 0:
            return "MARGIN_INSUFFICIENT"
        return "POOL_EXHAUSTED" if amount > self.lendable(ccy) else ""

    def _on_ManualRepay(self, command: c.ManualRepay, at_ms: int) -> str:
        user, ccy = command.user_id, command.ccy
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        debt = self.debt(user, ccy)
        if not (0 < debt <= command.amount or self.fine(ccy, command.amount)):
            return "AMOUNT_TOO_FINE"
        if not debt:
            return "NO_DEBT"
        return "" if self.available(user, ccy) > 0 else "NOTHING_AVAILABLE"

    def _loan_request(self, command: c.BorrowLoan | c.RepayLoan, at_ms: int) -> str:
        account = self.accounts[command.user_id]
        what = "borrow" if isinstance(command, c.BorrowLoan) else "repay"
        key = f"{what} {command.client_order_id}"
        if key in account.loans_under_way:
            return "LOAN_REQUEST_UNDER_WAY"
        last = account.loan_ids.get(key)
        if last is not None and at_ms - last < self.p.loan_request_window_ms:
            return "LOAN_REQUEST_DUPLICATE"
        waits = command.settles_later and self.p.loan_settlement_delay_ms
        return "TOO_MANY_LOAN_REQUESTS" if waits and len(account.loans_under_way) >= 100 else ""

    def _on_BorrowLoan(self, command: c.BorrowLoan, at_ms: int) -> str | None:
        return self._loan_request(command, at_ms) or self.borrowable(command)

    def borrowable(self, command: c.BorrowLoan) -> str | None:
        """The reason a loan cannot be had now, apart from its client id."""
        user, ccy, amount = command.user_id, command.ccy, command.amount
        loan = self.loans.get(command.loan_id) if command.loan_id else Lent(user, command.e_mode)
        if loan is None or loan.user != user:
            return "UNKNOWN_LOAN"
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not self.p.currencies[ccy].loanable:
            return "LOAN_CCY_NOT_BORROWABLE"
        if not self.fine(ccy, amount):
            return "AMOUNT_TOO_FINE"
        if not command.loan_id and not command.collateral:
            return "COLLATERAL_MISSING"
        debts, locked, pledged = dict(loan.debts), dict(loan.locked), dict[str, int]()
        add(debts, ccy, amount)
        for coin, size in command.collateral:
            if coin not in self.p.currencies:
                return "UNKNOWN_CCY"
            if debts.get(coin):
                return "COLLATERAL_IS_LOAN_CCY"
            if not self.p.currencies[coin].collateral:
                return "CCY_NOT_COLLATERAL"
            if not self.fine(coin, size):
                return "AMOUNT_TOO_FINE"
            add(locked, coin, size)
            add(pledged, coin, size)
        if any(size > self.accounts[user].funding.get(coin, 0) for coin, size in pledged.items()):
            return "FUNDING_INSUFFICIENT"
        if clean(locked).get(ccy):
            return "COLLATERAL_IS_LOAN_CCY"
        if loan.e_mode and not self.paired(clean(debts), clean(locked)):
            return "NO_E_MODE_PAIR"
        owed = sum(other.debts.get(ccy, 0) for other in self.loans.values() if other.user == user)
        if owed + amount > self.p.currencies[ccy].loan_max or amount > self.lendable(ccy):
            return "ABOVE_LOAN_LIMIT"
        return verdict(self.within(clean(debts), clean(locked), loan.e_mode), "ABOVE_LOAN_LIMIT")

    def _on_RepayLoan(self, command: c.RepayLoan, at_ms: int) -> str:
        return self._loan_request(command, at_ms) or self.repayable(command)

    def repayable(self, command: c.RepayLoan, *, fine: bool = False) -> str:
        """The reason a loan cannot be repaid now, apart from the client id; `fine`: its digits were judged before."""
        user, ccy = command.user_id, command.ccy
        loan = self.loans.get(command.loan_id)
        if loan is None or loan.user != user:
            return "UNKNOWN_LOAN"
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not loan.debts.get(ccy):
            return "NOT_LOAN_CCY"
        if command.amount < loan.debts[ccy] and not fine and not self.fine(ccy, command.amount):
            return "AMOUNT_TOO_FINE"
        enough = self.accounts[user].funding.get(ccy, 0) >= min(command.amount, loan.debts[ccy])
        return "" if enough else "FUNDING_INSUFFICIENT"

    def _on_AdjustCollateral(self, command: c.AdjustCollateral, at_ms: int) -> str | None:
        user, ccy, amount = command.user_id, command.ccy, command.amount
        mine = [loan_id for loan_id, loan in self.loans.items() if loan.user == user]
        if not command.loan_id and not mine:
            return "LOAN_WITHOUT_DEBT"
        loan_id = command.loan_id or min(mine)
        if loan_id not in mine:
            return "UNKNOWN_LOAN"
        loan = self.loans[loan_id]
        if ccy not in self.p.currencies:
            return "UNKNOWN_CCY"
        if not self.fine(ccy, amount):
            return "AMOUNT_TOO_FINE"
        if command.add:
            if loan.debts.get(ccy):
                return "COLLATERAL_IS_LOAN_CCY"
            if not self.p.currencies[ccy].collateral:
                return "CCY_NOT_COLLATERAL"
            if loan.e_mode and not self.paired(clean(loan.debts), {ccy: amount}):
                return "NO_E_MODE_PAIR"
            if self.accounts[user].funding.get(ccy, 0) < amount:
                return "FUNDING_INSUFFICIENT"
            return "CCY_NOT_COLLATERAL" if self.lost(ccy) and not loan.locked.get(ccy) else ""
        if not loan.locked.get(ccy):
            return "NOT_IN_COLLATERAL"
        if amount > loan.locked[ccy]:
            return "ABOVE_REDEEMABLE"
        left = {**clean(loan.locked), ccy: loan.locked[ccy] - amount}
        return verdict(self.within(clean(loan.debts), left, loan.e_mode), "ABOVE_REDEEMABLE")

    def _quote_price(self, base: str, quote: str, side: str) -> int:
        spread = desk_spread(self.p, base, quote)
        price = self.usd(base, COIN) / self.usd(quote, COIN) * (COIN + spread if side == "buy" else COIN - spread)
        unit = 10**10 if price >= COIN else 100
        return (ceil(price / unit) if side == "buy" else floor(price / unit)) * unit

    def counter(self, side: str, price: int, size: int, in_quote: bool) -> tuple[int, int]:
        """(base, quote) at a price: the side that is worked out goes against the user at 8 decimals."""
        exact = Fraction(size * COIN, price) if in_quote else Fraction(size * price, COIN)
        against = floor if (side == "buy") == in_quote else ceil
        other = against(exact / 10**10) * 10**10
        return (other, size) if in_quote else (size, other)

    def _on_AskQuote(self, command: c.AskQuote, at_ms: int) -> str | None:
        base, quote = command.base_ccy, command.quote_ccy
        if not {base, quote} <= set(self.p.currencies):
            return "UNKNOWN_CCY"
        if base == quote or command.size_ccy not in (base, quote) or not (self.priced(base) and self.priced(quote)):
            return "NO_SUCH_PAIR"
        price = self._quote_price(base, quote, command.side)
        if price == 0:
            return "NO_SUCH_PAIR"
        if not self.fine(command.size_ccy, command.size):
            return "AMOUNT_TOO_FINE"
        if 0 in self.counter(command.side, price, command.size, command.size_ccy == quote):
            return "RESULT_TOO_SMALL"
        value = self.usd(command.size_ccy, command.size)
        most = Fraction(self.p.convert_max_quote) * (
            Fraction(self.p.convert_large_factor, COIN) if command.large else 1
        )
        if min(abs(value - limit) for limit in (self.p.convert_min_quote, most)) < SLACK:
            return None
        if value < self.p.convert_min_quote:
            return "BELOW_CONVERT_MIN"
        return "ABOVE_CONVERT_MAX" if value > most else ""

    def _on_TradeQuote(self, command: c.TradeQuote, at_ms: int) -> str | None:
        user, given = command.user_id, self.quotes.get(command.quote_id)
        if given is None or given.user_id != user:
            return "UNKNOWN_QUOTE"
        used = self.accounts[user].trade_ids.get(command.client_trade_id)
        if command.client_trade_id and used is not None and at_ms - used < 7 * 24 * HOUR_MS:
            return "DUPLICATE_CLIENT_ID"
        if command.quote_id in self.traded:
            return "QUOTE_TRADED"
        if at_ms > given.expires_at_ms:
            return "QUOTE_EXPIRED"
        said = (command.base_ccy, command.quote_ccy, command.side, command.size_ccy, command.large)
        if said != (given.base_ccy, given.quote_ccy, given.side, given.size_ccy, given.large):
            return "QUOTE_ALTERED"
        if not self.fine(command.size_ccy, command.size):
            return "AMOUNT_TOO_FINE"
        if command.size > given.size:
            return "ABOVE_QUOTED_SIZE"
        base, quote = self.counter(given.side, given.price, command.size, given.size_ccy == given.quote_ccy)
        if not base or not quote:
            return "RESULT_TOO_SMALL"
        sign = 1 if given.side == "buy" else -1
        changes = {given.base_ccy: sign * base, given.quote_ccy: -sign * quote}
        if any(self.available(user, ccy) + delta < 0 for ccy, delta in changes.items() if delta < 0):
            return "INSUFFICIENT_BALANCE"
        return verdict(self.may(user, changes), "MARGIN_INSUFFICIENT")


def desk_spread(p: Parameters, one: str, other: str) -> int:
    """The dearest class among the two coins is what both cost: stable coins, majors, all others."""
    classes = {0 if ccy in p.stable_ccys else 1 if ccy in p.major_ccys else 2 for ccy in (one, other)}
    return (p.convert_half_spread_stable, p.convert_half_spread, p.convert_half_spread_other)[max(classes)]


def closed_to(command: c.Command) -> bool:
    """Whether an account that is being liquidated is closed to this; paying in and paying back stay open."""
    if isinstance(command, c.Transfer):
        return command.source == "trading"
    if isinstance(command, c.EasyConvert):
        return command.account == "trading"
    return isinstance(
        command,
        c.ManualBorrow | c.RepayDebt | c.SetLeverage | c.TradeQuote | c.PlaceOrder | c.CancelOrder | c.AmendOrder,
    )


def verdict(allowed: bool | None, otherwise: str) -> str | None:
    return None if allowed is None else "" if allowed else otherwise

"""The part of the shadow that follows what the exchange itself does: its numbers, missing prices, small balances."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.listing import CoinsListed, ListCoins
from tests.properties.credit import SpotCredit
from tests.properties.oracle import COIN, SLACK, add, desk_spread, need, verdict

RANGES: dict[str, tuple[str, str]] = {
    "instruments.depth_quote": ("0", "1000000000000"),
    "instruments.min_size": ("0.000000000000000001", "1000000000000"),
    "currencies.quota": ("0", "1000000000000"),
    "currencies.margin_step": ("0.001", "1"),
    "currencies.margin_step_size": ("0.00000001", "1000000000000"),
    "currencies.min_borrow": ("0.000000000000000001", "1000000000000"),
    "currencies.loan_max": ("0", "1000000000000"),
    "currencies.rate_per_year": ("0", "10"),
    "constants.index_own_share": ("0", "1"),
    "constants.orders_max_per_instrument": ("0.000000000000000001", "0.000000000001"),
    "constants.orders_max": ("0.000000000000000001", "0.000000000001"),
    "constants.price_age_max_ms": ("0", "0.000000031536"),
    "constants.taker_fee": ("0", "0.1"),
    "constants.maker_fee": ("0", "0.1"),
    "constants.leverage": ("1", "10"),
    "constants.repay_bound": ("0", "0.5"),
    "constants.convert_half_spread": ("0", "0.5"),
    "constants.convert_half_spread_other": ("0", "0.5"),
    "constants.convert_large_factor": ("1", "1000000"),
    "constants.convert_min_quote": ("0", "1000000000000"),
    "constants.loan_initial": ("1", "100"),
    "constants.loan_liquidation_fee": ("0", "0.2"),
    "constants.loan_settlement_delay_ms": ("0", "0.0000000000036"),
    "constants.easy_convert_max_usd": ("0", "1000000000000"),
    "constants.forced_repayment_usage": ("0.1", "1"),
}
"""Least and most of the numbers that random runs change, both allowed. Written out here, not read from the engine."""
FLAGS = ("borrowable", "collateral", "loanable", "repay_enabled")
FIXED = ("tick", "lot", "pool", "transit_ccy", "insurance_fund")


def apart(values: Sequence[int | Fraction]) -> bool:
    return all(left <= right for left, right in pairwise(values))


class Exchange(SpotCredit):
    # ---- numbers

    def _on_ChangeParameters(self, command: c.ChangeParameters, at_ms: int) -> str:
        for setting in command.settings:
            if setting.table == "instruments" and setting.row not in self.p.instruments:
                return "UNKNOWN_INSTRUMENT"
            if setting.table == "currencies" and setting.row not in self.p.currencies:
                return "UNKNOWN_CCY"
            if setting.field in FIXED:
                return "PARAMETER_FIXED"
            if not self._possible(setting):
                return "PARAMETER_OUT_OF_RANGE"
        after = self._changed(command.settings)
        together = (
            all(
                Fraction(maintenance + after.taker_fee, COIN)
                < max(Fraction(floor(Fraction(COIN * COIN, after.leverage)), COIN), Fraction(initial, COIN))
                for row in after.currencies.values()
                for _, maintenance, initial in row.margin_tiers
            ),
            after.convert_min_quote <= after.convert_max_quote,
            Fraction(COIN, after.loan_initial)
            <= Fraction(COIN, after.loan_liquidation) - Fraction(after.loan_margin_call_gap, COIN),
            all(row.min_size % row.lot == 0 for row in after.instruments.values()),
        )
        return "" if all(together) else "PARAMETERS_DISAGREE"

    def _possible(self, setting: c.Setting) -> bool:
        value: Any = setting.value
        if setting.field in FLAGS:
            return isinstance(value, bool)
        if setting.field == "discount_tiers":
            bounds, rates = [bound for bound, _ in value], [-rate for _, rate in value]
            return apart(bounds) and len(set(bounds)) == len(bounds) and apart(rates) and -rates[0] <= COIN
        if setting.field == "margin_tiers":
            bounds, *both = (list(numbers) for numbers in zip(*value, strict=True))
            fine = all(apart(rates) and rates[0] > 0 and rates[-1] <= COIN for rates in both)
            return apart(bounds) and len(set(bounds)) == len(bounds) and fine
        least, most = (Fraction(text) * COIN for text in RANGES[f"{setting.table}.{setting.field}"])
        return bool(least <= value <= most)

    def _changed(self, settings: tuple[c.Setting, ...]) -> Any:
        after: Any = self.p
        for setting in settings:
            change: dict[str, Any] = {setting.field: setting.value}
            if setting.table == "constants":
                after = replace(after, **change)
            else:
                rows = dict(getattr(after, setting.table))
                rows[setting.row] = replace(rows[setting.row], **change)
                after = replace(after, **{setting.table: rows})
        return after

    def _ParametersChanged(self, event: e.ParametersChanged) -> None:
        """Exactly those numbers that are others than before, each as it was asked for last."""
        said = self.command
        need(isinstance(said, c.ChangeParameters), "L11", event)
        settings = said.settings if isinstance(said, c.ChangeParameters) else ()
        wanted = {(one.table, one.row, one.field): one.value for one in settings}
        news = {key: value for key, value in wanted.items() if value != self._number(*key)}
        found = {(one.table, one.row, one.field): one.value for one in event.settings}
        cut = {f"{one.table}.{one.row}.{one.field}" for one in event.settings}
        need(found == news and len(event.settings) == len(news), "L11", f"{event}, expected {news}")
        self.p = self._changed(event.settings)
        for account in self.accounts.values():
            for ccy, debt in account.debt.items():
                self.see(
                    "quota cut below use", f"currencies.{ccy}.quota" in cut and debt > self.p.currencies[ccy].quota
                )
        for ccy in self.recorded:
            self.reprice(ccy)

    def _number(self, table: str, row: str, field: str) -> Any:
        rows = self.p if table == "constants" else getattr(self.p, table)[row]
        return getattr(rows, field)

    def _on_ListCoins(self, command: ListCoins, at_ms: int) -> str:
        coins, pairs = [one.ccy for one in command.currencies], [one.instrument for one in command.instruments]
        known = {*self.p.currencies, *coins}
        there = any(name in self.p.currencies for name in coins) or any(name in self.p.instruments for name in pairs)
        apart = all({one.base_ccy, one.quote_ccy} <= known for one in command.instruments)
        return "" if apart and not there else "LISTING_IMPOSSIBLE"

    def _CoinsListed(self, event: CoinsListed) -> None:
        """The rows that were asked for; a coin begins with a full pool, and its rate is that of an unused one."""
        said = self.command
        asked = isinstance(said, ListCoins) and (said.currencies, said.instruments)
        need((event.currencies, event.instruments) == asked, "L11", event)
        currencies = {**self.p.currencies, **{one.ccy: one for one in event.currencies}}
        instruments = {**self.p.instruments, **{one.instrument: one for one in event.instruments}}
        self.p = replace(self.p, currencies=currencies, instruments=instruments)
        for one in event.currencies:
            self.pool[one.ccy] = one.pool
            add(self.venue["outside"], one.ccy, -one.pool)
            self.rates[one.ccy] = self.next_rates[one.ccy] = self.money_price(one.ccy)

    # ---- the fund

    def _on_MoveFund(self, command: c.MoveFund, at_ms: int) -> str:
        return "WOULD_BE_NEGATIVE" if self.venue["insurance"].get(self.p.transit_ccy, 0) < -command.delta else ""

    def _FundMoved(self, event: e.FundMoved) -> None:
        said = (self.p.transit_ccy, getattr(self.command, "delta", 0))
        need((event.ccy, event.delta) == said, "L11", event)
        add(self.venue["insurance"], event.ccy, event.delta)
        add(self.venue["outside"], event.ccy, -event.delta)

    # ---- prices

    def _on_SetPrices(self, command: c.SetPrices, at_ms: int) -> str:
        for instrument, price in command.prices:
            if instrument != "USDT-USD" and instrument not in self.p.instruments:
                return "UNKNOWN_INSTRUMENT"
            if price <= 0:
                return "PRICE_NOT_POSITIVE"
        return ""

    def _on_MoveMarket(self, command: c.MoveMarket, at_ms: int) -> str:
        return ""

    def _PricesExpired(self, event: e.PricesExpired) -> None:
        """Exactly the recorded prices that are older than they may be."""
        limit = self.p.price_age_max_ms
        old = {name for name, given in self.priced_at.items() if self.at_ms - given > limit}
        need(limit > 0 and set(event.instruments) == old != set(), "F13", f"{event}, too old are {old}")
        self.see("price older than its limit")
        for name in old:
            del self.priced_at[name]
            self.recorded[name.split("-")[0]] = 0
            self.reprice(name.split("-")[0])

    # ---- easy convert

    def _on_EasyConvert(self, command: c.EasyConvert, at_ms: int) -> str | None:
        user, target = command.user_id, command.target_ccy
        if len(command.source_ccys) > self.p.easy_convert_coins_max:
            return "TOO_MANY_COINS"
        if not {target, *command.source_ccys} <= set(self.p.currencies):
            return "UNKNOWN_CCY"
        if target not in self.p.easy_convert_ccys or target in command.source_ccys:
            return "CCY_NOT_CONVERTIBLE"
        changes: dict[str, int] = {target: 0}
        for ccy in command.source_ccys:
            if not self.priced(ccy) or not self.priced(target):
                return "CONVERT_UNAVAILABLE"
            whole, free = self._small(user, command.account, ccy)
            given = free - free % 10**10
            if given <= 0:
                return "NOTHING_AVAILABLE"
            if abs(self.usd(ccy, whole) - self.p.easy_convert_max_usd) < SLACK:
                return None
            if self.usd(ccy, whole) > self.p.easy_convert_max_usd:
                return "NOT_DUST"
            got = self._fetched(ccy, target, given)
            if got == 0:
                return "RESULT_TOO_SMALL"
            changes[target] += got
            changes[ccy] = -given
        if command.account == "funding":
            return ""
        return verdict(self.may(user, changes), "MARGIN_INSUFFICIENT")

    def _small(self, user: int, account: str, ccy: str) -> tuple[int, int]:
        """(whole balance, what no order holds)."""
        if account == "trading":
            return self.cash(user, ccy), self.available(user, ccy)
        held = self.accounts[user].funding.get(ccy, 0)
        return held, held

    def _fetched(self, source: str, target: str, amount: int) -> int:
        """At the index less half the spread of the convert desk, cut at 16 decimals."""
        spread = desk_spread(self.p, source, target)
        exact = self.usd(source, amount) / self.usd(target, 1) * Fraction(COIN - spread, COIN)
        return floor(exact / 100) * 100

    def _EasyConverted(self, event: e.EasyConverted) -> None:
        said = self.command
        asked = isinstance(said, c.EasyConvert) and event.source_ccy in said.source_ccys
        need(asked and event.target_ccy == getattr(said, "target_ccy", ""), "C1", event)
        whole, free = self._small(event.user_id, event.account, event.source_ccy)
        need(self.usd(event.source_ccy, whole) < self.p.easy_convert_max_usd + SLACK, "C1", f"{event} of {whole}")
        need(event.source_amount == free - free % 10**10, "C3", f"{event} of {free}")
        fetched = self._fetched(event.source_ccy, event.target_ccy, event.source_amount)
        need(event.target_amount == fetched, "C3", f"{event}, by the index {fetched}")
        account = self.accounts[event.user_id]
        side = account.trading if event.account == "trading" else account.funding
        for ccy, delta in ((event.source_ccy, -event.source_amount), (event.target_ccy, event.target_amount)):
            add(side, ccy, delta)
            add(self.venue["desk"], ccy, -delta)
            need(side[ccy] >= 0, "L3", event)
        if event.account == "trading":
            self._spend(event.user_id, event.source_ccy, event.source_amount)

    def _spend(self, user: int, ccy: str, amount: int) -> None:
        exempt = self.accounts[user].exempt
        exempt[ccy] = max(0, exempt.get(ccy, 0) - amount)

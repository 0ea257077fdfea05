"""Book of the lab: the open loans and the owing accounts of a venue's state, their prices, and the rates they pay.

Nothing in it changes. Amounts are atoms, prices are per 10**18, times are Unix milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tallystick.engine import core, ledger, prices, rates
from tallystick.engine.amounts import unit_of
from tallystick.engine.interest import loan_hours, spot_hours
from tallystick.engine.prices import Quotes
from tallystick.engine.state import Market, State, User

DOLLAR_UNIT: Final = unit_of(6)
"""Step of the transit coin's price in USD, which is no instrument and has no tick."""


class Held(NamedTuple):
    """Loan as the lab sees it: debts and collateral in atoms per coin; `warned_at_ms` 0 is never."""

    loan_id: int
    debts: dict[str, int]
    collateral: dict[str, int]
    e_mode: bool
    warned_at_ms: int


class Account(NamedTuple):
    """Trading account that owes, as the lab sees it: coins held and debts in atoms per coin, and the engine's record.

    Nothing of the record is changed.
    """

    user: User
    held: dict[str, int]
    debts: dict[str, int]

    @property
    def equities(self) -> dict[str, int]:
        """Coins held less those owed."""
        return {ccy: self.held.get(ccy, 0) - self.debts.get(ccy, 0) for ccy in sorted({**self.held, **self.debts})}


class Book:
    """Loans, owing accounts, present prices and rates of a state, which must not change while the book is used."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.parameters = state.parameters
        self.hour_ms = state.hour_ms
        self.loans = tuple(
            Held(loan.loan_id, ledger.loan_debts(state, loan), dict(loan.collateral), loan.e_mode, loan.warned_at_ms)
            for loan in state.loans.values()
        )
        self.accounts = tuple(
            Account(user, dict(state.ledger.get(f"trading:{user_id}", {})), debts)
            for user_id, user in sorted(state.users.items())
            if (debts := ledger.debts(state, user_id))
        )
        coins = {ccy for loan in self.loans for ccy in (*loan.debts, *loan.collateral)}
        if self.accounts:
            # A forced sale leaves some of it, whatever was held and owed.
            coins.add(self.parameters.transit_ccy)
        self.coins = tuple(sorted(coins.union(*(priced_coins(state, account) for account in self.accounts))))
        self.chains = {ccy: _chain(state, ccy) for ccy in self.coins}
        """Instruments whose prices, multiplied, are the index of a coin in USD."""
        self.pairs = tuple(dict.fromkeys(pair for chain in self.chains.values() for pair in chain))
        self.units = tuple(self._unit(pair) for pair in self.pairs)
        """Step of the price of each pair."""
        self.first = tuple(self._index(pair) for pair in self.pairs)
        """Present price of each pair."""
        self.quoted_anew = False
        """Tells that these prices are not those of the state, so that the house quotes anew at them."""
        self.yearly = {
            ccy: (rates.in_force(state, ccy), rates.now(state, ccy))
            for ccy in sorted({ccy for debts in self._debts() for ccy in debts})
        }
        """Rates a year of each owed coin: of the running hour, and of every later one."""
        self._priced = State(self.parameters)
        for market in state.markets.values():
            made = self._priced.markets[market.instrument] = Market(market.instrument)
            made.index, made.priced_at_ms = market.index, market.priced_at_ms

    def _debts(self) -> Iterator[dict[str, int]]:
        yield from (loan.debts for loan in self.loans)
        yield from (account.debts for account in self.accounts)

    def _unit(self, pair: str) -> int:
        instrument = self.parameters.instruments.get(pair)
        return instrument.tick if instrument else DOLLAR_UNIT

    def _index(self, pair: str) -> int:
        market = self.state.markets.get(pair)
        return market.index if market else unpriced_index(pair, self.state)

    def quotes(self, indices: tuple[int, ...]) -> Quotes:
        """Quotes of the coins where the pairs have these indices, by the rule of the engine."""
        for pair, index in zip(self.pairs, indices, strict=True):
            market = self._priced.markets.get(pair)
            if market is None:
                market = self._priced.markets[pair] = Market(pair)
            market.index, market.priced_at_ms = index, 1
        usd = {ccy: prices.usd_index(self._priced, ccy) for ccy in (*self.coins, self.parameters.transit_ccy)}
        return Quotes(usd)

    def grown(self, ccy: str, debt: int, since: int, hours: int, *, spot: bool = False) -> list[int]:
        """Debt at the end of hour `since` and of each hour up to `hours`, by the engine's interest of an hour.

        The debt is that of a loan, or of an account (`spot`). Hours are counted from the book's own; the running hour
        ends as hour 1.
        """
        running, later = self.yearly[ccy]
        hours_of = spot_hours if spot else loan_hours
        found = [debt]
        if since == 0 < hours:
            found += hours_of(debt, running, 1)
        found += hours_of(found[-1], later, hours - since - (len(found) - 1))
        return found

    def encoded(self) -> bytes:
        """The state of the book as bytes, for another process."""
        return core.encode_state(self.state)


def priced_coins(state: State, account: Account) -> set[str]:
    """Coins whose prices judge an account or may be sold for it: those it owes, and collateral that it holds."""
    currencies = state.parameters.currencies
    return {*account.debts, *(ccy for ccy in account.held if currencies[ccy].collateral)}


def unpriced_index(pair: str, state: State) -> int:
    """Index of a pair without a market: 1 USD for the transit coin, 0 (no price) for any other."""
    return 10**18 if pair == prices.dollar_pair(state) else 0


def _chain(state: State, ccy: str) -> tuple[str, ...]:
    """Pairs that price a coin, the dollar's last (`prices.usd_index`)."""
    parameters, dollar = state.parameters, prices.dollar_pair(state)
    if ccy == parameters.transit_ccy:
        return (dollar,)
    pair, bridge = f"{ccy}-{parameters.transit_ccy}", parameters.bridge_ccy
    if pair in parameters.instruments or ccy == bridge:
        return (pair, dollar)
    return (f"{ccy}-{bridge}", f"{bridge}-{parameters.transit_ccy}", dollar)

"""Records of debts, as `tally debts --json` prints them. Amounts are decimal text, times ISO 8601."""

from __future__ import annotations

from msgspec import Struct


class SpotDebt(Struct, frozen=True):
    """Debt of one coin in the trading account. `interest_24h` was charged in the last day, `next_interest` is to come.

    `quota_left` is what may still be borrowed of the quota, "" where the exchange does not say.
    """

    ccy: str
    debt: str
    rate_per_hour: str
    rate_per_year: str
    interest_24h: str
    next_interest: str
    available: str
    quota_left: str


class RunLeg(Struct, frozen=True):
    """One order of a one-click repay. `fill_px` and `fill_sz` are "" without a fill."""

    inst_id: str
    side: str
    px: str
    sz: str
    fill_px: str
    fill_sz: str
    state: str


class RepayRun(Struct, frozen=True):
    """A one-click repay, newest leg first."""

    at: str
    debt_ccy: str
    using: list[str]
    status: str
    repaid: str
    legs: list[RunLeg]


class CoinAmount(Struct, frozen=True):
    """An amount of one coin."""

    ccy: str
    amt: str


class LoanDebt(Struct, frozen=True):
    """A flexible loan with its LTV and the lines it is warned and liquidated at.

    `ord_id` is "" on the older surface, which does not number loans. `interest_24h` and `rate_per_year` are by coin.
    """

    ord_id: str
    debts: list[CoinAmount]
    collateral: list[CoinAmount]
    ltv: str
    warns_at: str
    liquidates_at: str
    debt_usd: str
    collateral_usd: str
    rate_per_year: list[CoinAmount]
    interest_24h: list[CoinAmount]


class Margin(Struct, frozen=True):
    """Margin ratio of the trading account, "" without a debt, and the lines it is warned and liquidated at."""

    ratio: str
    warns_at: str
    liquidates_at: str
    equity_usd: str
    debt_usd: str


class Debts(Struct, frozen=True):
    """All that an account owes. `now` is the exchange's clock; interest is next charged at `next_interest_at`."""

    uid: str
    now: str
    next_interest_at: str
    seconds_left: int
    auto_repay: bool
    spot: list[SpotDebt]
    running: list[RepayRun]
    loans: list[LoanDebt]
    margin: Margin

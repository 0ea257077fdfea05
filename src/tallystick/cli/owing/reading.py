"""Reading of debts over all kinds from an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tallystick.cli.frame.text import exact, iso
from tallystick.cli.owing.records import CoinAmount, Debts, LoanDebt, Margin, RepayRun, RunLeg, SpotDebt
from tallystick.client import rows
from tallystick.client.errors import KeyRefused, RateLimited, Refused
from tallystick.client.methods.account import Account
from tallystick.client.methods.borrow import Borrow
from tallystick.client.methods.flexible_loan import FlexibleLoan
from tallystick.client.methods.market import Market
from tallystick.client.methods.repay import Repay
from tallystick.client.waiting import Waiting

if TYPE_CHECKING:
    from tallystick.client.sync import Client

T = TypeVar("T")


class Reader(Waiting, Account, Borrow, FlexibleLoan, Market, Repay):
    """Client with the endpoints that tell debts, which loads sooner than one with all."""


DAY: Final = timedelta(hours=24)
HOUR: Final = timedelta(hours=1)
WARNS_AT: Final = {"3": "3", "-1": "3", "0": ""}
"""Margin ratio of the warning by `liquidationGear`: 3 and -1 stand for 300 %, 0 for none (documented)."""
LIQUIDATES_AT: Final = "1"
"""Margin ratio at which an account is liquidated (docs/rules/margin.md#margin-ratio)."""
ROWS_MAX: Final = 2_000
"""Rows of interest that are added up: a day of 80 coins."""


def debts_of(client: Reader | Client) -> Debts:
    """All that the account owes, by the exchange's clock. Raises what calls raise."""
    balance, config = client.balance(), client.config()
    now = clock_of(client)
    spot = [row for row in balance.details if row.liab]
    limits = _limits(client)
    next_at = limits.nextInterestTime if limits else now.replace(minute=0, second=0, microsecond=0) + HOUR
    return Debts(
        uid=config.uid,
        now=iso(now),
        next_interest_at=iso(next_at),
        seconds_left=max(0, int((next_at - now).total_seconds())),
        auto_repay=config.spotBorrowAutoRepay,
        spot=_spot(client, spot, limits, now) if spot else [],
        running=[run for run in runs_of(client) if run.status == "running"],
        loans=loans_of(client, now),
        margin=Margin(
            ratio=exact(balance.mgnRatio),
            warns_at=WARNS_AT.get(config.liquidationGear, ""),
            liquidates_at=LIQUIDATES_AT,
            equity_usd=exact(balance.totalEq),
            debt_usd=exact(balance.notionalUsdForBorrow),
        ),
    )


def clock_of(client: Reader | Client) -> datetime:
    """The exchange's clock, asked for now."""
    return client.time().ts


def runs_of(client: Reader | Client) -> list[RepayRun]:
    """One-click repays of the newest page, newest first."""
    return [_run(row) for row in first(client.one_click_repay_history_v2(), 100)]


def first(history: Iterable[T], most: int) -> list[T]:
    """At most so many rows of a history."""
    found = []
    for row in history:
        found.append(row)
        if len(found) == most:
            break
    return found


def loans_of(client: Reader | Client, now: datetime) -> list[LoanDebt]:
    """Open flexible loans, oldest first."""
    loans: list[rows.flexible_loan.LoanInfoRow] = _or(client.loan_info, [])
    if not loans:
        return []
    charged = first(client.loan_interest_accrued(since=now - DAY), ROWS_MAX)
    return [_loan(loan, charged) for loan in loans]


def _limits(client: Reader | Client) -> rows.borrow.InterestLimitsRow | None:
    """Interest and quotas of the account, None where borrowing is off."""
    found: list[rows.borrow.InterestLimitsRow] = _or(lambda: [client.interest_limits()], [])
    return found[0] if found else None


def _spot(client: Reader | Client, details: list[Any], limits: Any, now: datetime) -> list[SpotDebt]:
    rates = {row.ccy: row.interestRate for row in client.interest_rate()}
    quotas = {record.ccy: record for record in limits.records} if limits else {}
    charged = first(client.interest_accrued(since=now - DAY), ROWS_MAX)
    return [_spot_debt(row, rates.get(row.ccy), quotas.get(row.ccy), charged) for row in details]


def _spot_debt(row: Any, rate: Any, quota: Any, charged: list[rows.borrow.InterestAccruedRow]) -> SpotDebt:
    owed = row.liab
    costly = owed - ((quota.interestFreeLiab if quota else None) or 0)
    interest = sum((each.interest for each in charged if each.ccy == row.ccy), Decimal(0))
    return SpotDebt(
        ccy=row.ccy,
        debt=exact(owed),
        rate_per_hour=exact(rate),
        rate_per_year=exact(rate.yearly.normalize()) if rate is not None else "",
        interest_24h=exact(interest),
        next_interest=exact(_rounded(costly * rate)) if rate is not None else "",
        available=exact(row.availBal),
        quota_left=exact(quota.surplusLmt) if quota else "",
    )


def _rounded(amount: Decimal) -> Decimal:
    """An estimate to 16 digits behind the point, as interest is counted (docs/rules/interest.md#rounding)."""
    return amount.quantize(Decimal(1).scaleb(-16), "ROUND_UP").normalize()


def _loan(row: Any, charged: list[rows.flexible_loan.LoanInterestAccruedRow]) -> LoanDebt:
    coins = [each.ccy for each in row.loanData]
    last = {each.ccy: each.interestRate for each in reversed(charged)}
    sums = {ccy: sum((each.interest for each in charged if each.ccy == ccy), Decimal(0)) for ccy in coins}
    return LoanDebt(
        ord_id=row.ordId or "",
        debts=[CoinAmount(each.ccy, exact(each.amt)) for each in row.loanData],
        collateral=[CoinAmount(each.ccy, exact(each.amt)) for each in row.collateralData],
        ltv=exact(row.curLTV),
        warns_at=exact(row.marginCallLTV),
        liquidates_at=exact(row.liqLTV),
        debt_usd=exact(row.loanNotionalUsd),
        collateral_usd=exact(row.collateralNotionalUsd),
        rate_per_year=[CoinAmount(ccy, exact(last[ccy])) for ccy in coins if ccy in last],
        interest_24h=[CoinAmount(ccy, exact(sums[ccy])) for ccy in coins],
    )


def _run(row: rows.repay.OneClickRepayHistoryV2Row) -> RepayRun:
    return RepayRun(
        at=iso(row.ts),
        debt_ccy=row.debtCcy,
        using=list(row.repayCcyList),
        status=row.status,
        repaid=exact(row.fillDebtSz),
        legs=[_leg(leg.raw) for leg in row.ordIdInfo],
    )


def _leg(raw: Any) -> RunLeg:
    return RunLeg(
        inst_id=raw["instId"],
        side=raw["side"],
        px=raw["px"],
        sz=raw["sz"],
        fill_px=raw["fillPx"],
        fill_sz=raw["fillSz"],
        state=raw["state"],
    )


def _or(ask: Callable[[], T], otherwise: T) -> T:
    """What a call answers, or something else where an account of this kind has no such call."""
    try:
        return ask()
    except (RateLimited, KeyRefused):
        raise
    except Refused:
        return otherwise

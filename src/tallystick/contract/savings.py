"""Simple earn: of it only what everybody may ask, the rates at which pools lend."""

from __future__ import annotations

from typing import Annotated

from tallystick.contract.core import (
    UNSET,
    Ccy,
    Endpoint,
    Limit,
    LimitNumber,
    Ms,
    Page,
    Request,
    Row,
    Since,
    Unset,
    doc,
    documented,
)

SECTION = "savings"
SIX_PER_S = (Limit(6, 1_000, "ip"),)


class LendingRateSummary(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""


class LendingRateSummaryRow(Row, frozen=True, kw_only=True):
    """The amounts are no longer filled (documented)."""

    ccy: str
    avgAmt: str = ""
    avgAmtUsd: str = ""
    avgRate: Annotated[str, doc("Mean borrowing rate a year of the last 24 hours", "过去 24 小时平均借币年利率")]
    preRate: Annotated[str, doc("Borrowing rate a year of the running hour", "当前小时的借币年利率")]
    estRate: Annotated[str, doc("Borrowing rate a year the next hour would have now", "预计下一小时的借币年利率")]


class LendingRateHistory(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class LendingRateHistoryRow(Row, frozen=True, kw_only=True):
    """One hour of one pool. The amount is no longer filled (documented)."""

    ccy: str
    amt: str = ""
    rate: Annotated[str, doc("Borrowing rate a year", "借币年利率")]
    lendingRate: Annotated[
        str | Unset, Since("2026-08"), doc("What lenders earn of it a year", "出借方的年化收益率")
    ] = UNSET
    ts: Annotated[str, doc("The full hour it begins with, Unix milliseconds", "所属小时的起点，Unix 毫秒")]


LENDING_RATE_SUMMARY = Endpoint(
    name="lending_rate_summary",
    method="GET",
    path="/api/v5/finance/savings/lending-rate-summary",
    section=SECTION,
    title=doc("Borrowing rates of the pools: of a day, now and next", "市场借币利率：日均、当前和预计"),
    request=LendingRateSummary,
    answer=LendingRateSummaryRow,
    permission=None,
    limits=SIX_PER_S,
    envelope="code,msg,data",
    source=documented("financial-product-simple-earn-flexible-get-public-borrow-info-public"),
)

LENDING_RATE_HISTORY = Endpoint(
    name="lending_rate_history",
    method="GET",
    path="/api/v5/finance/savings/lending-rate-history",
    section=SECTION,
    title=doc("Borrowing rates of the pools, hour by hour, newest first", "市场借币利率逐小时历史，新的在前"),
    request=LendingRateHistory,
    answer=LendingRateHistoryRow,
    permission=None,
    limits=SIX_PER_S,
    envelope="code,msg,data",
    page=Page(cursor="ts", inclusive=False, retention_ms=None, whole=True),
    source=documented("financial-product-simple-earn-flexible-get-public-borrow-history-public"),
)

ENDPOINTS = (LENDING_RATE_SUMMARY, LENDING_RATE_HISTORY)

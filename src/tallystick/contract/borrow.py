"""Borrowing in Spot mode: by hand, its history, and the switch for automatic repayment."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    SPOT_ONLY,
    TRADE,
    Amount,
    Ccy,
    Endpoint,
    Flag,
    Limit,
    LimitNumber,
    Ms,
    Page,
    Request,
    Row,
    doc,
    documented,
)

SECTION = "borrow"
FIVE_PER_2S = (Limit(5, 2_000, "user_id"),)

BorrowSide: TypeAlias = Literal["borrow", "repay"]
SpotBorrowType: TypeAlias = Literal["auto_borrow", "auto_repay", "manual_borrow", "manual_repay"]


class SetAutoRepay(Request, frozen=True, kw_only=True):
    autoRepay: Flag


class SetAutoRepayRow(Row, frozen=True, kw_only=True):
    autoRepay: bool


class SpotManualBorrowRepay(Request, frozen=True, kw_only=True):
    ccy: Ccy
    side: BorrowSide
    amt: Amount


class SpotManualBorrowRepayRow(Row, frozen=True, kw_only=True):
    """`amt` is what was really borrowed or repaid, which may be less than asked."""

    ccy: str
    side: BorrowSide
    amt: str


class SpotBorrowRepayHistory(Request, frozen=True, kw_only=True):
    ccy: Annotated[Ccy, doc("Rows of this currency only", "只返回该币种的记录")] = ""
    type: SpotBorrowType | None = None
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class SpotBorrowRepayHistoryRow(Row, frozen=True, kw_only=True):
    accBorrowed: str
    amt: str
    ccy: str
    ts: str
    type: SpotBorrowType


SET_AUTO_REPAY = Endpoint(
    name="set_auto_repay",
    method="POST",
    path="/api/v5/account/set-auto-repay",
    section=SECTION,
    title=doc("Switch automatic repayment on or off", "开启或关闭自动还币"),
    request=SetAutoRepay,
    answer=SetAutoRepayRow,
    permission=TRADE,
    limits=FIVE_PER_2S,
    envelope="code,msg,data",
    modes=SPOT_ONLY,
    needs_spot_borrow=True,
    source=documented("trading-account-rest-api-set-auto-repay"),
)

SPOT_MANUAL_BORROW_REPAY = Endpoint(
    name="spot_manual_borrow_repay",
    method="POST",
    path="/api/v5/account/spot-manual-borrow-repay",
    section=SECTION,
    title=doc("Borrow or repay by hand", "手动借币或还币"),
    request=SpotManualBorrowRepay,
    answer=SpotManualBorrowRepayRow,
    permission=TRADE,
    limits=(Limit(1, 3_000, "user_id"),),
    modes=SPOT_ONLY,
    needs_spot_borrow=True,
    source=documented("trading-account-rest-api-manual-borrow-repay"),
)

SPOT_BORROW_REPAY_HISTORY = Endpoint(
    name="spot_borrow_repay_history",
    method="GET",
    path="/api/v5/account/spot-borrow-repay-history",
    section=SECTION,
    title=doc("Borrowings and repayments in Spot mode", "现货模式的借还币记录"),
    request=SpotBorrowRepayHistory,
    answer=SpotBorrowRepayHistoryRow,
    permission=READ,
    limits=FIVE_PER_2S,
    modes=SPOT_ONLY,
    page=Page(table="spot_borrow_repay", cursor="ts", inclusive=True, retention_ms=None),
    source=documented("trading-account-rest-api-get-borrow-repay-history"),
)

ENDPOINTS = (SET_AUTO_REPAY, SPOT_MANUAL_BORROW_REPAY, SPOT_BORROW_REPAY_HISTORY)

"""Methods of borrow.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import AmountLike, Moment
from tallystick.client.walk import Span


class Borrow(Half):
    """Endpoints of borrow."""

    def set_auto_repay(self, *, autoRepay: bool) -> rows.borrow.SetAutoRepayRow:
        """Switch automatic repayment on or off. Trade permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.borrow.SET_AUTO_REPAY, {"autoRepay": autoRepay}),
                rows.borrow.SetAutoRepayRow,
            )
        )

    def spot_manual_borrow_repay(
        self, *, ccy: str, side: Literal["borrow", "repay"], amt: AmountLike
    ) -> rows.borrow.SpotManualBorrowRepayRow:
        """Borrow or repay by hand. Trade permission; 1 in 3 s for a user."""
        return self._run(
            one(
                call(self._session, contract.borrow.SPOT_MANUAL_BORROW_REPAY, {"ccy": ccy, "side": side, "amt": amt}),
                rows.borrow.SpotManualBorrowRepayRow,
            )
        )

    def spot_borrow_repay_history(
        self,
        *,
        ccy: str | None = None,
        type: Literal["auto_borrow", "auto_repay", "manual_borrow", "manual_repay"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.borrow.SpotBorrowRepayHistoryRow]:
        """Borrowings and repayments in Spot mode. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.borrow.SPOT_BORROW_REPAY_HISTORY,
            {"ccy": ccy, "type": type},
            rows.borrow.SpotBorrowRepayHistoryRow,
            span,
        )

    def interest_accrued(
        self,
        *,
        type: Literal["2"] | None = None,
        ccy: str | None = None,
        instId: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.borrow.InterestAccruedRow]:
        """Interest charged in the last year, hour by hour. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.borrow.INTEREST_ACCRUED,
            {"type": type, "ccy": ccy, "instId": instId, "mgnMode": mgnMode},
            rows.borrow.InterestAccruedRow,
            span,
        )

    def interest_rate(self, *, ccy: str | None = None) -> list[rows.borrow.InterestRateRow]:
        """What borrowing costs an hour. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(call(self._session, contract.borrow.INTEREST_RATE, {"ccy": ccy}), rows.borrow.InterestRateRow)
        )

    def interest_limits(
        self, *, type: Literal["2"] | None = None, ccy: str | None = None
    ) -> rows.borrow.InterestLimitsRow:
        """Debts, rates a day and borrowing limits. Read permission; 5 in 2 s for a user."""
        return self._run(
            one(
                call(self._session, contract.borrow.INTEREST_LIMITS, {"type": type, "ccy": ccy}),
                rows.borrow.InterestLimitsRow,
            )
        )

    def max_loan(
        self,
        *,
        mgnMode: Literal["cross", "isolated"],
        instId: list[str] | tuple[str, ...] | None = None,
        ccy: str | None = None,
        mgnCcy: str | None = None,
        tradeQuoteCcy: str | None = None,
    ) -> list[rows.borrow.MaxLoanRow]:
        """Most that could be borrowed, by instrument or currency. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.borrow.MAX_LOAN,
                    {
                        "mgnMode": mgnMode,
                        "instId": instId,
                        "ccy": ccy,
                        "mgnCcy": mgnCcy,
                        "tradeQuoteCcy": tradeQuoteCcy,
                    },
                ),
                rows.borrow.MaxLoanRow,
            )
        )


class AsyncBorrow(AsyncHalf):
    """Endpoints of borrow, awaited."""

    async def set_auto_repay(self, *, autoRepay: bool) -> rows.borrow.SetAutoRepayRow:
        """Switch automatic repayment on or off. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.borrow.SET_AUTO_REPAY, {"autoRepay": autoRepay}),
                rows.borrow.SetAutoRepayRow,
            )
        )

    async def spot_manual_borrow_repay(
        self, *, ccy: str, side: Literal["borrow", "repay"], amt: AmountLike
    ) -> rows.borrow.SpotManualBorrowRepayRow:
        """Borrow or repay by hand. Trade permission; 1 in 3 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.borrow.SPOT_MANUAL_BORROW_REPAY, {"ccy": ccy, "side": side, "amt": amt}),
                rows.borrow.SpotManualBorrowRepayRow,
            )
        )

    def spot_borrow_repay_history(
        self,
        *,
        ccy: str | None = None,
        type: Literal["auto_borrow", "auto_repay", "manual_borrow", "manual_repay"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.borrow.SpotBorrowRepayHistoryRow]:
        """Borrowings and repayments in Spot mode. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.borrow.SPOT_BORROW_REPAY_HISTORY,
            {"ccy": ccy, "type": type},
            rows.borrow.SpotBorrowRepayHistoryRow,
            span,
        )

    def interest_accrued(
        self,
        *,
        type: Literal["2"] | None = None,
        ccy: str | None = None,
        instId: str | None = None,
        mgnMode: Literal["cross", "isolated"] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.borrow.InterestAccruedRow]:
        """Interest charged in the last year, hour by hour. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.borrow.INTEREST_ACCRUED,
            {"type": type, "ccy": ccy, "instId": instId, "mgnMode": mgnMode},
            rows.borrow.InterestAccruedRow,
            span,
        )

    async def interest_rate(self, *, ccy: str | None = None) -> list[rows.borrow.InterestRateRow]:
        """What borrowing costs an hour. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(call(self._session, contract.borrow.INTEREST_RATE, {"ccy": ccy}), rows.borrow.InterestRateRow)
        )

    async def interest_limits(
        self, *, type: Literal["2"] | None = None, ccy: str | None = None
    ) -> rows.borrow.InterestLimitsRow:
        """Debts, rates a day and borrowing limits. Read permission; 5 in 2 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.borrow.INTEREST_LIMITS, {"type": type, "ccy": ccy}),
                rows.borrow.InterestLimitsRow,
            )
        )

    async def max_loan(
        self,
        *,
        mgnMode: Literal["cross", "isolated"],
        instId: list[str] | tuple[str, ...] | None = None,
        ccy: str | None = None,
        mgnCcy: str | None = None,
        tradeQuoteCcy: str | None = None,
    ) -> list[rows.borrow.MaxLoanRow]:
        """Most that could be borrowed, by instrument or currency. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.borrow.MAX_LOAN,
                    {
                        "mgnMode": mgnMode,
                        "instId": instId,
                        "ccy": ccy,
                        "mgnCcy": mgnCcy,
                        "tradeQuoteCcy": tradeQuoteCcy,
                    },
                ),
                rows.borrow.MaxLoanRow,
            )
        )

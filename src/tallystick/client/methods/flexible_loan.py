"""Methods of flexible loan.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, none, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import AmountLike, Moment, Number
from tallystick.client.params import CcyAmount
from tallystick.client.walk import Span


class FlexibleLoan(Half):
    """Endpoints of flexible loan."""

    def loan_currencies(self) -> list[rows.flexible_loan.LoanCurrenciesRow]:
        """Currencies that can be borrowed. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(call(self._session, contract.flexible_loan.LOAN_CURRENCIES, {}), rows.flexible_loan.LoanCurrenciesRow)
        )

    def loan_collateral_assets(
        self, *, ccy: str | None = None, ordId: Number | None = None
    ) -> list[rows.flexible_loan.LoanCollateralAssetsRow]:
        """What could be locked as collateral, with its value. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.flexible_loan.LOAN_COLLATERAL_ASSETS, {"ccy": ccy, "ordId": ordId}),
                rows.flexible_loan.LoanCollateralAssetsRow,
            )
        )

    def loan_max_loan(
        self,
        *,
        borrowCcy: str,
        ordId: Number | None = None,
        supCollateral: list[CcyAmount] | tuple[CcyAmount, ...] | None = None,
    ) -> rows.flexible_loan.LoanMaxLoanRow:
        """Most that could be borrowed, with more collateral in thought.

        Read permission; 5 in 2 s for a user.
        """
        return self._run(
            one(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_MAX_LOAN,
                    {"borrowCcy": borrowCcy, "ordId": ordId, "supCollateral": supCollateral},
                ),
                rows.flexible_loan.LoanMaxLoanRow,
            )
        )

    def loan_max_redeem(self, *, ccy: str, ordId: Number | None = None) -> list[rows.flexible_loan.LoanMaxRedeemRow]:
        """Most of a collateral currency that could be released. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.flexible_loan.LOAN_MAX_REDEEM, {"ccy": ccy, "ordId": ordId}),
                rows.flexible_loan.LoanMaxRedeemRow,
            )
        )

    def loan_borrow(
        self,
        *,
        ordId: Number | None = None,
        loanData: CcyAmount,
        collateralData: list[CcyAmount] | tuple[CcyAmount, ...] | None = None,
        eMode: Literal["0", "1"] | None = None,
        clOrdId: str,
    ) -> rows.flexible_loan.LoanBorrowRow:
        """Open a loan or borrow more on one. Trade permission; 2 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_BORROW,
                    {
                        "ordId": ordId,
                        "loanData": loanData,
                        "collateralData": collateralData,
                        "eMode": eMode,
                        "clOrdId": clOrdId,
                    },
                ),
                rows.flexible_loan.LoanBorrowRow,
            )
        )

    def loan_repay(self, *, ordId: Number, ccy: str, amt: AmountLike, clOrdId: str) -> rows.flexible_loan.LoanRepayRow:
        """Repay a loan, in part or whole. Trade permission; 2 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_REPAY,
                    {"ordId": ordId, "ccy": ccy, "amt": amt, "clOrdId": clOrdId},
                ),
                rows.flexible_loan.LoanRepayRow,
            )
        )

    def loan_adjust_collateral(
        self,
        *,
        type: Literal["add", "reduce"],
        collateralCcy: str,
        collateralAmt: AmountLike,
        ordId: Number | None = None,
    ) -> None:
        """Lock more collateral or release some. Trade permission; 5 in 2 s for a user."""
        return self._run(
            none(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_ADJUST_COLLATERAL,
                    {"type": type, "collateralCcy": collateralCcy, "collateralAmt": collateralAmt, "ordId": ordId},
                )
            )
        )

    def loan_info(self, *, ordId: Number | None = None) -> list[rows.flexible_loan.LoanInfoRow]:
        """Loans as they stand, with their loan to value. Read permission; 5 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.flexible_loan.LOAN_INFO, {"ordId": ordId}), rows.flexible_loan.LoanInfoRow
            )
        )

    def loan_history(
        self,
        *,
        type: Literal[
            "borrowed",
            "repaid",
            "collateral_locked",
            "collateral_released",
            "forced_repayment_buy",
            "forced_repayment_sell",
            "forced_liquidation",
            "partial_liquidation",
            "sell_collateral",
            "buy_transition_coin",
            "sell_transition_coin",
            "buy_borrowed_coin",
        ]
        | None = None,
        ordId: Number | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.flexible_loan.LoanHistoryRow]:
        """Everything that happened to the loans. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.flexible_loan.LOAN_HISTORY,
            {"type": type, "ordId": ordId},
            rows.flexible_loan.LoanHistoryRow,
            span,
        )

    def loan_interest_accrued(
        self,
        *,
        ccy: str | None = None,
        ordId: Number | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.flexible_loan.LoanInterestAccruedRow]:
        """Interest charged in the last thirty days, hour by hour. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.flexible_loan.LOAN_INTEREST_ACCRUED,
            {"ccy": ccy, "ordId": ordId},
            rows.flexible_loan.LoanInterestAccruedRow,
            span,
        )

    def loan_e_mode_info(self) -> list[rows.flexible_loan.LoanEModeInfoRow]:
        """Pairs of currencies that efficiency mode takes. Public; 5 in 2 s for an address."""
        return self._run(
            many(call(self._session, contract.flexible_loan.LOAN_E_MODE_INFO, {}), rows.flexible_loan.LoanEModeInfoRow)
        )


class AsyncFlexibleLoan(AsyncHalf):
    """Endpoints of flexible loan, awaited."""

    async def loan_currencies(self) -> list[rows.flexible_loan.LoanCurrenciesRow]:
        """Currencies that can be borrowed. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(call(self._session, contract.flexible_loan.LOAN_CURRENCIES, {}), rows.flexible_loan.LoanCurrenciesRow)
        )

    async def loan_collateral_assets(
        self, *, ccy: str | None = None, ordId: Number | None = None
    ) -> list[rows.flexible_loan.LoanCollateralAssetsRow]:
        """What could be locked as collateral, with its value. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.flexible_loan.LOAN_COLLATERAL_ASSETS, {"ccy": ccy, "ordId": ordId}),
                rows.flexible_loan.LoanCollateralAssetsRow,
            )
        )

    async def loan_max_loan(
        self,
        *,
        borrowCcy: str,
        ordId: Number | None = None,
        supCollateral: list[CcyAmount] | tuple[CcyAmount, ...] | None = None,
    ) -> rows.flexible_loan.LoanMaxLoanRow:
        """Most that could be borrowed, with more collateral in thought.

        Read permission; 5 in 2 s for a user.
        """
        return await self._run(
            one(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_MAX_LOAN,
                    {"borrowCcy": borrowCcy, "ordId": ordId, "supCollateral": supCollateral},
                ),
                rows.flexible_loan.LoanMaxLoanRow,
            )
        )

    async def loan_max_redeem(
        self, *, ccy: str, ordId: Number | None = None
    ) -> list[rows.flexible_loan.LoanMaxRedeemRow]:
        """Most of a collateral currency that could be released. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.flexible_loan.LOAN_MAX_REDEEM, {"ccy": ccy, "ordId": ordId}),
                rows.flexible_loan.LoanMaxRedeemRow,
            )
        )

    async def loan_borrow(
        self,
        *,
        ordId: Number | None = None,
        loanData: CcyAmount,
        collateralData: list[CcyAmount] | tuple[CcyAmount, ...] | None = None,
        eMode: Literal["0", "1"] | None = None,
        clOrdId: str,
    ) -> rows.flexible_loan.LoanBorrowRow:
        """Open a loan or borrow more on one. Trade permission; 2 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_BORROW,
                    {
                        "ordId": ordId,
                        "loanData": loanData,
                        "collateralData": collateralData,
                        "eMode": eMode,
                        "clOrdId": clOrdId,
                    },
                ),
                rows.flexible_loan.LoanBorrowRow,
            )
        )

    async def loan_repay(
        self, *, ordId: Number, ccy: str, amt: AmountLike, clOrdId: str
    ) -> rows.flexible_loan.LoanRepayRow:
        """Repay a loan, in part or whole. Trade permission; 2 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_REPAY,
                    {"ordId": ordId, "ccy": ccy, "amt": amt, "clOrdId": clOrdId},
                ),
                rows.flexible_loan.LoanRepayRow,
            )
        )

    async def loan_adjust_collateral(
        self,
        *,
        type: Literal["add", "reduce"],
        collateralCcy: str,
        collateralAmt: AmountLike,
        ordId: Number | None = None,
    ) -> None:
        """Lock more collateral or release some. Trade permission; 5 in 2 s for a user."""
        return await self._run(
            none(
                call(
                    self._session,
                    contract.flexible_loan.LOAN_ADJUST_COLLATERAL,
                    {"type": type, "collateralCcy": collateralCcy, "collateralAmt": collateralAmt, "ordId": ordId},
                )
            )
        )

    async def loan_info(self, *, ordId: Number | None = None) -> list[rows.flexible_loan.LoanInfoRow]:
        """Loans as they stand, with their loan to value. Read permission; 5 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.flexible_loan.LOAN_INFO, {"ordId": ordId}), rows.flexible_loan.LoanInfoRow
            )
        )

    def loan_history(
        self,
        *,
        type: Literal[
            "borrowed",
            "repaid",
            "collateral_locked",
            "collateral_released",
            "forced_repayment_buy",
            "forced_repayment_sell",
            "forced_liquidation",
            "partial_liquidation",
            "sell_collateral",
            "buy_transition_coin",
            "sell_transition_coin",
            "buy_borrowed_coin",
        ]
        | None = None,
        ordId: Number | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.flexible_loan.LoanHistoryRow]:
        """Everything that happened to the loans. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.flexible_loan.LOAN_HISTORY,
            {"type": type, "ordId": ordId},
            rows.flexible_loan.LoanHistoryRow,
            span,
        )

    def loan_interest_accrued(
        self,
        *,
        ccy: str | None = None,
        ordId: Number | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.flexible_loan.LoanInterestAccruedRow]:
        """Interest charged in the last thirty days, hour by hour. Read permission; 5 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.flexible_loan.LOAN_INTEREST_ACCRUED,
            {"ccy": ccy, "ordId": ordId},
            rows.flexible_loan.LoanInterestAccruedRow,
            span,
        )

    async def loan_e_mode_info(self) -> list[rows.flexible_loan.LoanEModeInfoRow]:
        """Pairs of currencies that efficiency mode takes. Public; 5 in 2 s for an address."""
        return await self._run(
            many(call(self._session, contract.flexible_loan.LOAN_E_MODE_INFO, {}), rows.flexible_loan.LoanEModeInfoRow)
        )

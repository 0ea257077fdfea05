"""Methods of subaccounts.

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


class Subaccounts(Half):
    """Endpoints of subaccounts."""

    def subaccount_list(
        self,
        *,
        enable: Literal["true", "false"] | None = None,
        subAcct: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.subaccounts.SubaccountListRow]:
        """Sub-accounts of a main account. Read permission; 20 in 2 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.subaccounts.SUBACCOUNT_LIST,
            {"enable": enable, "subAcct": subAcct},
            rows.subaccounts.SubaccountListRow,
            span,
        )

    def subaccount_apikey(
        self, *, subAcct: str, apiKey: str | None = None
    ) -> list[rows.subaccounts.SubaccountApikeyRow]:
        """Keys of a sub-account, without their secrets. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.subaccounts.SUBACCOUNT_APIKEY, {"subAcct": subAcct, "apiKey": apiKey}),
                rows.subaccounts.SubaccountApikeyRow,
            )
        )

    def subaccount_balance(self, *, subAcct: str) -> rows.subaccounts.SubaccountBalanceRow:
        """Balances, debts and margin of a sub-account's trading account.

        Read permission; 6 in 2 s for a user.
        """
        return self._run(
            one(
                call(self._session, contract.subaccounts.SUBACCOUNT_BALANCE, {"subAcct": subAcct}),
                rows.subaccounts.SubaccountBalanceRow,
            )
        )

    def subaccount_funding(
        self, *, subAcct: str, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.asset.AssetBalancesRow]:
        """Balances of a sub-account's funding account. Read permission; 6 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.subaccounts.SUBACCOUNT_FUNDING, {"subAcct": subAcct, "ccy": ccy}),
                rows.asset.AssetBalancesRow,
            )
        )

    def subaccount_max_withdrawal(
        self, *, subAcct: str, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.account_limits.MaxWithdrawalRow]:
        """What a sub-account can move to its funding account. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.subaccounts.SUBACCOUNT_MAX_WITHDRAWAL, {"subAcct": subAcct, "ccy": ccy}),
                rows.account_limits.MaxWithdrawalRow,
            )
        )

    def subaccount_bills(
        self,
        *,
        ccy: str | None = None,
        type: Literal["0", "1"] | None = None,
        subAcct: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.subaccounts.SubaccountBillsRow]:
        """Transfers between the main account and its sub-accounts. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.subaccounts.SUBACCOUNT_BILLS,
            {"ccy": ccy, "type": type, "subAcct": subAcct},
            rows.subaccounts.SubaccountBillsRow,
            span,
        )

    def subaccount_transfer(
        self,
        *,
        ccy: str,
        amt: AmountLike,
        from_: Literal["6", "18"],
        to: Literal["6", "18"],
        fromSubAccount: str,
        toSubAccount: str,
        loanTrans: bool | None = None,
        omitPosRisk: Literal["true", "false"] | None = None,
    ) -> rows.subaccounts.SubaccountTransferRow:
        """Move funds from one sub-account to another. Trade permission; 1 in 1 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.subaccounts.SUBACCOUNT_TRANSFER,
                    {
                        "ccy": ccy,
                        "amt": amt,
                        "from": from_,
                        "to": to,
                        "fromSubAccount": fromSubAccount,
                        "toSubAccount": toSubAccount,
                        "loanTrans": loanTrans,
                        "omitPosRisk": omitPosRisk,
                    },
                ),
                rows.subaccounts.SubaccountTransferRow,
            )
        )

    def set_transfer_out(
        self, *, subAcct: str, canTransOut: bool | None = None
    ) -> list[rows.subaccounts.SetTransferOutRow]:
        """Whether sub-accounts may move funds to other sub-accounts.

        Trade permission; 1 in 1 s for a user.
        """
        return self._run(
            many(
                call(
                    self._session,
                    contract.subaccounts.SET_TRANSFER_OUT,
                    {"subAcct": subAcct, "canTransOut": canTransOut},
                ),
                rows.subaccounts.SetTransferOutRow,
            )
        )


class AsyncSubaccounts(AsyncHalf):
    """Endpoints of subaccounts, awaited."""

    def subaccount_list(
        self,
        *,
        enable: Literal["true", "false"] | None = None,
        subAcct: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.subaccounts.SubaccountListRow]:
        """Sub-accounts of a main account. Read permission; 20 in 2 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.subaccounts.SUBACCOUNT_LIST,
            {"enable": enable, "subAcct": subAcct},
            rows.subaccounts.SubaccountListRow,
            span,
        )

    async def subaccount_apikey(
        self, *, subAcct: str, apiKey: str | None = None
    ) -> list[rows.subaccounts.SubaccountApikeyRow]:
        """Keys of a sub-account, without their secrets. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.subaccounts.SUBACCOUNT_APIKEY, {"subAcct": subAcct, "apiKey": apiKey}),
                rows.subaccounts.SubaccountApikeyRow,
            )
        )

    async def subaccount_balance(self, *, subAcct: str) -> rows.subaccounts.SubaccountBalanceRow:
        """Balances, debts and margin of a sub-account's trading account.

        Read permission; 6 in 2 s for a user.
        """
        return await self._run(
            one(
                call(self._session, contract.subaccounts.SUBACCOUNT_BALANCE, {"subAcct": subAcct}),
                rows.subaccounts.SubaccountBalanceRow,
            )
        )

    async def subaccount_funding(
        self, *, subAcct: str, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.asset.AssetBalancesRow]:
        """Balances of a sub-account's funding account. Read permission; 6 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.subaccounts.SUBACCOUNT_FUNDING, {"subAcct": subAcct, "ccy": ccy}),
                rows.asset.AssetBalancesRow,
            )
        )

    async def subaccount_max_withdrawal(
        self, *, subAcct: str, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.account_limits.MaxWithdrawalRow]:
        """What a sub-account can move to its funding account. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.subaccounts.SUBACCOUNT_MAX_WITHDRAWAL, {"subAcct": subAcct, "ccy": ccy}),
                rows.account_limits.MaxWithdrawalRow,
            )
        )

    def subaccount_bills(
        self,
        *,
        ccy: str | None = None,
        type: Literal["0", "1"] | None = None,
        subAcct: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.subaccounts.SubaccountBillsRow]:
        """Transfers between the main account and its sub-accounts. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.subaccounts.SUBACCOUNT_BILLS,
            {"ccy": ccy, "type": type, "subAcct": subAcct},
            rows.subaccounts.SubaccountBillsRow,
            span,
        )

    async def subaccount_transfer(
        self,
        *,
        ccy: str,
        amt: AmountLike,
        from_: Literal["6", "18"],
        to: Literal["6", "18"],
        fromSubAccount: str,
        toSubAccount: str,
        loanTrans: bool | None = None,
        omitPosRisk: Literal["true", "false"] | None = None,
    ) -> rows.subaccounts.SubaccountTransferRow:
        """Move funds from one sub-account to another. Trade permission; 1 in 1 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.subaccounts.SUBACCOUNT_TRANSFER,
                    {
                        "ccy": ccy,
                        "amt": amt,
                        "from": from_,
                        "to": to,
                        "fromSubAccount": fromSubAccount,
                        "toSubAccount": toSubAccount,
                        "loanTrans": loanTrans,
                        "omitPosRisk": omitPosRisk,
                    },
                ),
                rows.subaccounts.SubaccountTransferRow,
            )
        )

    async def set_transfer_out(
        self, *, subAcct: str, canTransOut: bool | None = None
    ) -> list[rows.subaccounts.SetTransferOutRow]:
        """Whether sub-accounts may move funds to other sub-accounts.

        Trade permission; 1 in 1 s for a user.
        """
        return await self._run(
            many(
                call(
                    self._session,
                    contract.subaccounts.SET_TRANSFER_OUT,
                    {"subAcct": subAcct, "canTransOut": canTransOut},
                ),
                rows.subaccounts.SetTransferOutRow,
            )
        )

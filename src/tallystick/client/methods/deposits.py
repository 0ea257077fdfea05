"""Methods of deposits.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.history import AsyncHistory, History
from tallystick.client.kinds import AmountLike, Moment, Number
from tallystick.client.walk import Span


class Deposits(Half):
    """Endpoints of deposits."""

    def asset_valuation(
        self,
        *,
        ccy: Literal[
            "BTC",
            "USDT",
            "USD",
            "CNY",
            "JP",
            "KRW",
            "RUB",
            "EUR",
            "VND",
            "IDR",
            "INR",
            "PHP",
            "THB",
            "TRY",
            "AUD",
            "SGD",
            "ARS",
            "SAR",
            "AED",
            "IQD",
        ]
        | None = None,
    ) -> rows.deposits.AssetValuationRow:
        """Value of everything the account has. Read permission; 1 in 1 s for a user."""
        return self._run(
            one(call(self._session, contract.deposits.ASSET_VALUATION, {"ccy": ccy}), rows.deposits.AssetValuationRow)
        )

    def non_tradable_assets(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.deposits.NonTradableAssetsRow]:
        """Coins that cannot be traded, of which there are none. Read permission; 6 in 1 s for a user."""
        return self._run(
            many(
                call(self._session, contract.deposits.NON_TRADABLE_ASSETS, {"ccy": ccy}),
                rows.deposits.NonTradableAssetsRow,
            )
        )

    def deposit_address(self, *, ccy: str) -> list[rows.deposits.DepositAddressRow]:
        """Where coins can be sent to, which is nowhere. Read permission; 6 in 1 s for a user."""
        return self._run(
            many(call(self._session, contract.deposits.DEPOSIT_ADDRESS, {"ccy": ccy}), rows.deposits.DepositAddressRow)
        )

    def deposit_history(
        self,
        *,
        ccy: str | None = None,
        depId: str | None = None,
        fromWdId: str | None = None,
        txId: str | None = None,
        type: Literal["3", "4"] | None = None,
        state: str | None = None,
        toAddrType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.deposits.DepositHistoryRow]:
        """Deposits from a chain, of which there are none. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.deposits.DEPOSIT_HISTORY,
            {
                "ccy": ccy,
                "depId": depId,
                "fromWdId": fromWdId,
                "txId": txId,
                "type": type,
                "state": state,
                "toAddrType": toAddrType,
            },
            rows.deposits.DepositHistoryRow,
            span,
        )

    def withdrawal(
        self,
        *,
        ccy: str,
        amt: AmountLike,
        dest: Literal["3", "4"],
        toAddr: str,
        chain: str | None = None,
        areaCode: str | None = None,
        clientId: str | None = None,
        toAddrType: str | None = None,
    ) -> rows.deposits.WithdrawalRow:
        """Send coins away, which this venue cannot. Withdraw permission; 6 in 1 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.deposits.WITHDRAWAL,
                    {
                        "ccy": ccy,
                        "amt": amt,
                        "dest": dest,
                        "toAddr": toAddr,
                        "chain": chain,
                        "areaCode": areaCode,
                        "clientId": clientId,
                        "toAddrType": toAddrType,
                    },
                ),
                rows.deposits.WithdrawalRow,
            )
        )

    def cancel_withdrawal(self, *, wdId: Number) -> rows.deposits.CancelWithdrawalRow:
        """Call a withdrawal back. Trade permission; 6 in 1 s for a user."""
        return self._run(
            one(
                call(self._session, contract.deposits.CANCEL_WITHDRAWAL, {"wdId": wdId}),
                rows.deposits.CancelWithdrawalRow,
            )
        )

    def withdrawal_history(
        self,
        *,
        ccy: str | None = None,
        wdId: str | None = None,
        clientId: str | None = None,
        txId: str | None = None,
        type: Literal["3", "4"] | None = None,
        state: str | None = None,
        toAddrType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> History[rows.deposits.WithdrawalHistoryRow]:
        """Withdrawals, of which there are none. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return History(
            self,
            contract.deposits.WITHDRAWAL_HISTORY,
            {
                "ccy": ccy,
                "wdId": wdId,
                "clientId": clientId,
                "txId": txId,
                "type": type,
                "state": state,
                "toAddrType": toAddrType,
            },
            rows.deposits.WithdrawalHistoryRow,
            span,
        )

    def deposit_status(
        self,
        *,
        wdId: str | None = None,
        txId: str | None = None,
        ccy: str | None = None,
        to: str | None = None,
        chain: str | None = None,
    ) -> list[rows.deposits.DepositStatusRow]:
        """How a deposit or withdrawal stands. Read permission; 1 in 2 s for a user."""
        return self._run(
            many(
                call(
                    self._session,
                    contract.deposits.DEPOSIT_STATUS,
                    {"wdId": wdId, "txId": txId, "ccy": ccy, "to": to, "chain": chain},
                ),
                rows.deposits.DepositStatusRow,
            )
        )

    def exchange_list(self) -> list[rows.deposits.ExchangeListRow]:
        """Other exchanges a withdrawal may name, of which there are none.

        Public; 6 in 1 s for an address.
        """
        return self._run(many(call(self._session, contract.deposits.EXCHANGE_LIST, {}), rows.deposits.ExchangeListRow))


class AsyncDeposits(AsyncHalf):
    """Endpoints of deposits, awaited."""

    async def asset_valuation(
        self,
        *,
        ccy: Literal[
            "BTC",
            "USDT",
            "USD",
            "CNY",
            "JP",
            "KRW",
            "RUB",
            "EUR",
            "VND",
            "IDR",
            "INR",
            "PHP",
            "THB",
            "TRY",
            "AUD",
            "SGD",
            "ARS",
            "SAR",
            "AED",
            "IQD",
        ]
        | None = None,
    ) -> rows.deposits.AssetValuationRow:
        """Value of everything the account has. Read permission; 1 in 1 s for a user."""
        return await self._run(
            one(call(self._session, contract.deposits.ASSET_VALUATION, {"ccy": ccy}), rows.deposits.AssetValuationRow)
        )

    async def non_tradable_assets(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.deposits.NonTradableAssetsRow]:
        """Coins that cannot be traded, of which there are none. Read permission; 6 in 1 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.deposits.NON_TRADABLE_ASSETS, {"ccy": ccy}),
                rows.deposits.NonTradableAssetsRow,
            )
        )

    async def deposit_address(self, *, ccy: str) -> list[rows.deposits.DepositAddressRow]:
        """Where coins can be sent to, which is nowhere. Read permission; 6 in 1 s for a user."""
        return await self._run(
            many(call(self._session, contract.deposits.DEPOSIT_ADDRESS, {"ccy": ccy}), rows.deposits.DepositAddressRow)
        )

    def deposit_history(
        self,
        *,
        ccy: str | None = None,
        depId: str | None = None,
        fromWdId: str | None = None,
        txId: str | None = None,
        type: Literal["3", "4"] | None = None,
        state: str | None = None,
        toAddrType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.deposits.DepositHistoryRow]:
        """Deposits from a chain, of which there are none. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.deposits.DEPOSIT_HISTORY,
            {
                "ccy": ccy,
                "depId": depId,
                "fromWdId": fromWdId,
                "txId": txId,
                "type": type,
                "state": state,
                "toAddrType": toAddrType,
            },
            rows.deposits.DepositHistoryRow,
            span,
        )

    async def withdrawal(
        self,
        *,
        ccy: str,
        amt: AmountLike,
        dest: Literal["3", "4"],
        toAddr: str,
        chain: str | None = None,
        areaCode: str | None = None,
        clientId: str | None = None,
        toAddrType: str | None = None,
    ) -> rows.deposits.WithdrawalRow:
        """Send coins away, which this venue cannot. Withdraw permission; 6 in 1 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.deposits.WITHDRAWAL,
                    {
                        "ccy": ccy,
                        "amt": amt,
                        "dest": dest,
                        "toAddr": toAddr,
                        "chain": chain,
                        "areaCode": areaCode,
                        "clientId": clientId,
                        "toAddrType": toAddrType,
                    },
                ),
                rows.deposits.WithdrawalRow,
            )
        )

    async def cancel_withdrawal(self, *, wdId: Number) -> rows.deposits.CancelWithdrawalRow:
        """Call a withdrawal back. Trade permission; 6 in 1 s for a user."""
        return await self._run(
            one(
                call(self._session, contract.deposits.CANCEL_WITHDRAWAL, {"wdId": wdId}),
                rows.deposits.CancelWithdrawalRow,
            )
        )

    def withdrawal_history(
        self,
        *,
        ccy: str | None = None,
        wdId: str | None = None,
        clientId: str | None = None,
        txId: str | None = None,
        type: Literal["3", "4"] | None = None,
        state: str | None = None,
        toAddrType: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        position: str | None = None,
    ) -> AsyncHistory[rows.deposits.WithdrawalHistoryRow]:
        """Withdrawals, of which there are none. Read permission; 6 in 1 s for a user."""
        span = Span(since, until, position)
        return AsyncHistory(
            self,
            contract.deposits.WITHDRAWAL_HISTORY,
            {
                "ccy": ccy,
                "wdId": wdId,
                "clientId": clientId,
                "txId": txId,
                "type": type,
                "state": state,
                "toAddrType": toAddrType,
            },
            rows.deposits.WithdrawalHistoryRow,
            span,
        )

    async def deposit_status(
        self,
        *,
        wdId: str | None = None,
        txId: str | None = None,
        ccy: str | None = None,
        to: str | None = None,
        chain: str | None = None,
    ) -> list[rows.deposits.DepositStatusRow]:
        """How a deposit or withdrawal stands. Read permission; 1 in 2 s for a user."""
        return await self._run(
            many(
                call(
                    self._session,
                    contract.deposits.DEPOSIT_STATUS,
                    {"wdId": wdId, "txId": txId, "ccy": ccy, "to": to, "chain": chain},
                ),
                rows.deposits.DepositStatusRow,
            )
        )

    async def exchange_list(self) -> list[rows.deposits.ExchangeListRow]:
        """Other exchanges a withdrawal may name, of which there are none.

        Public; 6 in 1 s for an address.
        """
        return await self._run(
            many(call(self._session, contract.deposits.EXCHANGE_LIST, {}), rows.deposits.ExchangeListRow)
        )

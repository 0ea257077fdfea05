"""Methods of account.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.kinds import AmountLike


class Account(Half):
    """Endpoints of account."""

    def balance(self, *, ccy: list[str] | tuple[str, ...] | None = None) -> rows.account.BalanceRow:
        """Balances, debts and margin of the trading account. Read permission; 10 in 2 s for a user."""
        return self._run(one(call(self._session, contract.account.BALANCE, {"ccy": ccy}), rows.account.BalanceRow))

    def config(self) -> rows.account.ConfigRow:
        """Settings of the account and of the key that asks. Read permission; 5 in 2 s for a user."""
        return self._run(one(call(self._session, contract.account.CONFIG, {}), rows.account.ConfigRow))

    def set_leverage(
        self,
        *,
        lever: AmountLike,
        mgnMode: Literal["cross", "isolated"],
        ccy: str | None = None,
        instId: str | None = None,
        posSide: Literal["long", "short"] | None = None,
    ) -> rows.account.SetLeverageRow:
        """Set the borrowing leverage of a currency. Trade permission; 20 in 2 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.account.SET_LEVERAGE,
                    {"lever": lever, "mgnMode": mgnMode, "ccy": ccy, "instId": instId, "posSide": posSide},
                ),
                rows.account.SetLeverageRow,
            )
        )

    def leverage_info(
        self,
        *,
        mgnMode: Literal["cross", "isolated"],
        instId: list[str] | tuple[str, ...] | None = None,
        ccy: list[str] | tuple[str, ...] | None = None,
    ) -> list[rows.account.LeverageInfoRow]:
        """Borrowing leverage of currencies. Read permission; 20 in 2 s for a user."""
        return self._run(
            many(
                call(self._session, contract.account.LEVERAGE_INFO, {"mgnMode": mgnMode, "instId": instId, "ccy": ccy}),
                rows.account.LeverageInfoRow,
            )
        )


class AsyncAccount(AsyncHalf):
    """Endpoints of account, awaited."""

    async def balance(self, *, ccy: list[str] | tuple[str, ...] | None = None) -> rows.account.BalanceRow:
        """Balances, debts and margin of the trading account. Read permission; 10 in 2 s for a user."""
        return await self._run(
            one(call(self._session, contract.account.BALANCE, {"ccy": ccy}), rows.account.BalanceRow)
        )

    async def config(self) -> rows.account.ConfigRow:
        """Settings of the account and of the key that asks. Read permission; 5 in 2 s for a user."""
        return await self._run(one(call(self._session, contract.account.CONFIG, {}), rows.account.ConfigRow))

    async def set_leverage(
        self,
        *,
        lever: AmountLike,
        mgnMode: Literal["cross", "isolated"],
        ccy: str | None = None,
        instId: str | None = None,
        posSide: Literal["long", "short"] | None = None,
    ) -> rows.account.SetLeverageRow:
        """Set the borrowing leverage of a currency. Trade permission; 20 in 2 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.account.SET_LEVERAGE,
                    {"lever": lever, "mgnMode": mgnMode, "ccy": ccy, "instId": instId, "posSide": posSide},
                ),
                rows.account.SetLeverageRow,
            )
        )

    async def leverage_info(
        self,
        *,
        mgnMode: Literal["cross", "isolated"],
        instId: list[str] | tuple[str, ...] | None = None,
        ccy: list[str] | tuple[str, ...] | None = None,
    ) -> list[rows.account.LeverageInfoRow]:
        """Borrowing leverage of currencies. Read permission; 20 in 2 s for a user."""
        return await self._run(
            many(
                call(self._session, contract.account.LEVERAGE_INFO, {"mgnMode": mgnMode, "instId": instId, "ccy": ccy}),
                rows.account.LeverageInfoRow,
            )
        )

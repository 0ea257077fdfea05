"""Methods of asset.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick import contract
from tallystick.client import rows
from tallystick.client.flows import call
from tallystick.client.halves import AsyncHalf, Half, many, one
from tallystick.client.kinds import AmountLike, Number


class Asset(Half):
    """Endpoints of asset."""

    def asset_currencies(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.asset.AssetCurrenciesRow]:
        """Currencies of the venue, one row per chain. Read permission; 6 in 1 s for a user."""
        return self._run(
            many(call(self._session, contract.asset.ASSET_CURRENCIES, {"ccy": ccy}), rows.asset.AssetCurrenciesRow)
        )

    def asset_balances(self, *, ccy: list[str] | tuple[str, ...] | None = None) -> list[rows.asset.AssetBalancesRow]:
        """Balances of the funding account. Read permission; 6 in 1 s for a user."""
        return self._run(
            many(call(self._session, contract.asset.ASSET_BALANCES, {"ccy": ccy}), rows.asset.AssetBalancesRow)
        )

    def transfer(
        self,
        *,
        type: Literal["0", "1", "2", "3", "4"] | None = None,
        ccy: str,
        amt: AmountLike,
        from_: Literal["6", "18"],
        to: Literal["6", "18"],
        subAcct: str | None = None,
        loanTrans: bool | None = None,
        omitPosRisk: Literal["true", "false"] | None = None,
        clientId: str | None = None,
        instId: str | None = None,
        toInstId: str | None = None,
    ) -> rows.asset.TransferRow:
        """Move funds between funding and trading account, main and sub-accounts.

        Trade permission; 2 in 1 s for a user and ccy.
        """
        return self._run(
            one(
                call(
                    self._session,
                    contract.asset.TRANSFER,
                    {
                        "type": type,
                        "ccy": ccy,
                        "amt": amt,
                        "from": from_,
                        "to": to,
                        "subAcct": subAcct,
                        "loanTrans": loanTrans,
                        "omitPosRisk": omitPosRisk,
                        "clientId": clientId,
                        "instId": instId,
                        "toInstId": toInstId,
                    },
                ),
                rows.asset.TransferRow,
            )
        )

    def transfer_state(
        self,
        *,
        transId: Number | None = None,
        clientId: str | None = None,
        type: Literal["0", "1", "2", "3", "4"] | None = None,
    ) -> rows.asset.TransferStateRow:
        """How a transfer stands. Read permission; 10 in 1 s for a user."""
        return self._run(
            one(
                call(
                    self._session,
                    contract.asset.TRANSFER_STATE,
                    {"transId": transId, "clientId": clientId, "type": type},
                ),
                rows.asset.TransferStateRow,
            )
        )


class AsyncAsset(AsyncHalf):
    """Endpoints of asset, awaited."""

    async def asset_currencies(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.asset.AssetCurrenciesRow]:
        """Currencies of the venue, one row per chain. Read permission; 6 in 1 s for a user."""
        return await self._run(
            many(call(self._session, contract.asset.ASSET_CURRENCIES, {"ccy": ccy}), rows.asset.AssetCurrenciesRow)
        )

    async def asset_balances(
        self, *, ccy: list[str] | tuple[str, ...] | None = None
    ) -> list[rows.asset.AssetBalancesRow]:
        """Balances of the funding account. Read permission; 6 in 1 s for a user."""
        return await self._run(
            many(call(self._session, contract.asset.ASSET_BALANCES, {"ccy": ccy}), rows.asset.AssetBalancesRow)
        )

    async def transfer(
        self,
        *,
        type: Literal["0", "1", "2", "3", "4"] | None = None,
        ccy: str,
        amt: AmountLike,
        from_: Literal["6", "18"],
        to: Literal["6", "18"],
        subAcct: str | None = None,
        loanTrans: bool | None = None,
        omitPosRisk: Literal["true", "false"] | None = None,
        clientId: str | None = None,
        instId: str | None = None,
        toInstId: str | None = None,
    ) -> rows.asset.TransferRow:
        """Move funds between funding and trading account, main and sub-accounts.

        Trade permission; 2 in 1 s for a user and ccy.
        """
        return await self._run(
            one(
                call(
                    self._session,
                    contract.asset.TRANSFER,
                    {
                        "type": type,
                        "ccy": ccy,
                        "amt": amt,
                        "from": from_,
                        "to": to,
                        "subAcct": subAcct,
                        "loanTrans": loanTrans,
                        "omitPosRisk": omitPosRisk,
                        "clientId": clientId,
                        "instId": instId,
                        "toInstId": toInstId,
                    },
                ),
                rows.asset.TransferRow,
            )
        )

    async def transfer_state(
        self,
        *,
        transId: Number | None = None,
        clientId: str | None = None,
        type: Literal["0", "1", "2", "3", "4"] | None = None,
    ) -> rows.asset.TransferStateRow:
        """How a transfer stands. Read permission; 10 in 1 s for a user."""
        return await self._run(
            one(
                call(
                    self._session,
                    contract.asset.TRANSFER_STATE,
                    {"transId": transId, "clientId": clientId, "type": type},
                ),
                rows.asset.TransferStateRow,
            )
        )
